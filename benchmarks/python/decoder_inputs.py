# SPDX-License-Identifier: Apache-2.0
"""What the decoder and tracker cases work on, the same bytes for every contestant."""

from __future__ import annotations

import numpy as np
from inputs import ANCHORS, F32, MODEL, yolo_output
from numpy.typing import NDArray


def weak_yolo_output() -> F32:
    """[1, 84, 8400] where nearly every anchor reaches a threshold of .001."""
    random = np.random.default_rng(4)
    table = np.empty((1, 84, ANCHORS), np.float32)
    table[0, 4:] = random.random((80, ANCHORS), np.float32) ** 8 * 0.3
    table[0, :2] = random.random((2, ANCHORS), np.float32)
    table[0, 2:4] = random.random((2, ANCHORS), np.float32) * 0.2 + 0.02
    return table


def mask_output() -> tuple[F32, F32]:
    """[1, 116, 8400] and prototypes [1, 160, 160, 32]; forty objects of some 50 x 50 cells."""
    random = np.random.default_rng(5)
    table = np.concatenate([yolo_output(), np.zeros((1, 32, ANCHORS), np.float32)], axis=1)
    table[0, 2:4] = np.where(table[0, 2:4] > 0, table[0, 2:4] + 0.1, 0)
    table[0, 84:] = random.uniform(-1, 1, (32, ANCHORS))
    return table, random.uniform(-1, 1, (1, 160, 160, 32)).astype(np.float32)


def split_output() -> list[tuple[str, int, F32]]:
    """(role, stride, [1, side, side, channels]) of a 640 x 640 head: DFL bins and class logits."""
    random = np.random.default_rng(6)
    outputs = []
    for stride in (8, 16, 32):
        side = MODEL // stride
        outputs.append(("boxes", stride, random.normal(0, 2, (1, side, side, 64))))
        scores = random.normal(-7, 1, (1, side, side, 80))
        for y, x in random.integers(0, side, (24, 2)):
            scores[0, y, x, random.integers(80)] = random.uniform(0, 4)
        outputs.append(("scores", stride, scores))
    return [(role, stride, values.astype(np.float32)) for role, stride, values in outputs]


def drifting_boxes(count: int) -> list[tuple[F32, F32, NDArray[np.uint64]]]:
    """Boxes that drift, thirty frames or, for large scenes, three: (boxes, scores, labels)."""
    random = np.random.default_rng(3)
    centres = random.random((count, 2)) * 0.8 + 0.1
    steps = random.normal(0, 0.002, (count, 2))
    frames = []
    for frame in range(30 if count <= 300 else 3):
        at = centres + steps * frame
        half = 0.02 if count <= 300 else 0.004
        boxes = np.concatenate([at - half, at + half], axis=1).astype(np.float32)
        scores = (0.72 + 0.2 * random.random(count)).astype(np.float32)
        frames.append((boxes, scores, np.zeros(count, np.uint64)))
    return frames
