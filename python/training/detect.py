# SPDX-License-Identifier: Apache-2.0
"""Runs the exported ONNX file and decodes its two outputs into boxes, classes and masks.

A plain reference for measuring the model; it is not the library's decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]
from letterbox import INPUT_SIZE, Letterbox, apply_letterbox, letterbox_for
from PIL import Image
from scenes import CLASS_NAMES, ByteArray, IntArray, box_iou
from textures import FloatArray


@dataclass(frozen=True)
class Detections:
    """Best score first. Boxes and masks are in the model input's pixels."""

    boxes: FloatArray
    classes: IntArray
    scores: FloatArray
    masks: npt.NDArray[np.bool_]
    fit: Letterbox


@dataclass(frozen=True)
class Limits:
    """What the decoder keeps. `across_classes` lets NMS remove a box of another class."""

    score: float = 0.001
    iou: float = 0.7
    across_classes: bool = False
    count: int = 100


def suppress(boxes: FloatArray, classes: IntArray, scores: FloatArray, limits: Limits) -> IntArray:
    """Greedy non-maximum suppression; indices, best first."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    overlap = box_iou(boxes, boxes)
    if not limits.across_classes:
        overlap = overlap * (classes[:, None] == classes[None, :])
    for i in order:
        if len(kept) == limits.count:
            break
        if not kept or float(overlap[i, kept].max()) <= limits.iou:
            kept.append(int(i))
    return np.array(kept, dtype=np.int64)


def _masks(coefficients: FloatArray, prototypes: FloatArray, boxes: FloatArray) -> ByteArray:
    """Assembled masks, enlarged to the model input and cut at the boxes."""
    steps = np.arange(INPUT_SIZE, dtype=np.float32) + np.float32(0.5)
    masks = np.zeros((len(boxes), INPUT_SIZE, INPUT_SIZE), np.bool_)
    for i, (x0, y0, x1, y1) in enumerate(boxes):
        logits = np.tensordot(coefficients[i], prototypes, axes=1).astype(np.float32)
        size = (INPUT_SIZE, INPUT_SIZE)
        large = Image.fromarray(logits).resize(size, Image.Resampling.BILINEAR)
        inside = ((steps > y0) & (steps < y1))[:, None] & ((steps > x0) & (steps < x1))[None, :]
        masks[i] = (np.asarray(large) > 0) & inside
    return masks.view(np.uint8)


class SampleModel:
    """The ONNX file, loaded."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def detect(self, image: ByteArray, limits: Limits) -> Detections:
        fit = letterbox_for(image.shape[1], image.shape[0])
        boxed = apply_letterbox(image, fit)
        tensor = np.ascontiguousarray(boxed.transpose(2, 0, 1)[None], dtype=np.float32) / 255
        rows, prototypes = self.session.run(None, {"images": tensor})
        table = rows[0].T
        scores = table[:, 4 : 4 + len(CLASS_NAMES)]
        table = table[scores.max(1) >= limits.score]
        scores = table[:, 4 : 4 + len(CLASS_NAMES)]
        half = table[:, 2:4] / 2
        boxes = np.concatenate((table[:, :2] - half, table[:, :2] + half), axis=1)
        classes, best = scores.argmax(1), scores.max(1)
        kept = suppress(boxes, classes, best, limits)
        coefficients = table[kept, 4 + len(CLASS_NAMES) :]
        masks = _masks(coefficients, prototypes[0], boxes[kept]).view(np.bool_)
        return Detections(boxes[kept], classes[kept], best[kept], masks, fit)
