# SPDX-License-Identifier: Apache-2.0
"""What the cases work on, the same bytes for every contestant."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

FRAME = (1080, 1920)
FRAMES = {"720p": (720, 1280), "1080p": (1080, 1920), "4k": (2160, 3840)}
GREY = 114  # the colour around a letterboxed picture
MODEL = 640
ANCHORS = 8400
SCORE, IOU = 0.25, 0.7


def picture(height: int, width: int) -> U8:
    """Smooth shapes with fine texture: close to what cameras deliver."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / (17 + 5 * c)) * np.cos(y / (23 - 4 * c)) for c in range(3)]
    texture = np.random.default_rng(0).normal(0, 6, (height, width, 3))
    return (127 + 90 * np.stack(waves, axis=-1) + texture).clip(0, 255).astype(np.uint8)


def jpeg_bytes() -> bytes:
    """The 1080p picture as a 4:2:0 JPEG; the runner writes the file once for all contestants."""
    return Path(os.environ["EDGEFIRST_BENCH_JPEG"]).read_bytes()


def lossless_jpeg_bytes() -> bytes:
    """The same picture as a lossless JPEG, each sample predicted from its two neighbours."""
    import imagecodecs

    return bytes(imagecodecs.jpeg8_encode(picture(*FRAME), lossless=True, predictor=7))


def png_bytes() -> bytes:
    """The same picture as a PNG: every row through another filter."""
    rows = picture(*FRAME).reshape(FRAME[0], -1).astype(np.int16)
    left = np.pad(rows, ((0, 0), (3, 0)))[:, :-3]
    above = np.pad(rows, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(rows, ((1, 0), (3, 0)))[:-1, :-3]
    distances = np.abs(np.stack([above - corner, left - corner, above + left - 2 * corner]))
    nearest = distances.argmin(axis=0)
    guess = np.choose(nearest, [left, above, corner])
    guesses = [np.zeros_like(rows), left, above, (left + above) >> 1, guess]
    kinds = np.arange(FRAME[0]) % 5
    filtered = (rows - np.stack(guesses)[kinds, np.arange(FRAME[0])]).astype(np.uint8)
    data = zlib.compress(np.concatenate([kinds[:, None].astype(np.uint8), filtered], 1).tobytes())

    def chunk(name: bytes, payload: bytes) -> bytes:
        body = name + payload
        return struct.pack(">I", len(payload)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", FRAME[1], FRAME[0], 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def hailo_output() -> F32:
    """A transposed model output: (1, 116, 8400) over memory of (1, 8400, 116)."""
    values = np.random.default_rng(1).random((1, ANCHORS, 116), np.float32)
    return values.transpose(0, 2, 1)


def yolo_output() -> F32:
    """[1, 84, 8400] with some two hundred confident anchors around forty objects."""
    random = np.random.default_rng(2)
    table = np.zeros((1, 84, ANCHORS), np.float32)
    table[0, 4:] = random.random((80, ANCHORS), np.float32) * 0.2
    anchors = random.choice(ANCHORS, 200, replace=False)
    objects = random.random((40, 4), np.float32) * [0.8, 0.8, 0.2, 0.2] + [0.1, 0.1, 0.05, 0.05]
    for i, anchor in enumerate(anchors):
        jitter = random.normal(0, 0.005, 4)
        table[0, :4, anchor] = objects[i % 40] + jitter
        table[0, 4 + i % 40, anchor] = 0.5 + 0.4 * random.random()
    return table


def moving_boxes(count: int = 100) -> list[tuple[F32, F32, NDArray[np.uint64]]]:
    """Boxes that drift, thirty frames or, for large scenes, three: (boxes, scores, labels)."""
    random = np.random.default_rng(3)
    centres = random.random((count, 2)) * 0.8 + 0.1
    steps = random.normal(0, 0.002, (count, 2))
    frames = []
    for frame in range(30 if count <= 300 else 3):
        at = centres + steps * frame
        boxes = np.concatenate([at - 0.02, at + 0.02], axis=1).astype(np.float32)
        scores = (0.72 + 0.2 * random.random(count)).astype(np.float32)
        frames.append((boxes, scores, np.zeros(count, np.uint64)))
    return frames


def image_bytes(size: str, samples: float) -> U8:
    """An image of that many bytes per pixel: 1.5 for NV12, 2 for YUYV, 3, 4."""
    height, width = FRAMES[size]
    return np.resize(picture(height, width), int(height * width * samples))


def content_rows(size: str) -> slice:
    """The rows of the model's input that a letterboxed frame of 16:9 fills."""
    height, width = FRAMES[size]
    rows = height * MODEL // width
    top = (MODEL - rows) // 2
    return slice(top, top + rows)


def mask_scene(count: int = 40) -> tuple[F32, F32, F32]:
    """(boxes, coefficients, prototypes) of a segmentation model."""
    random = np.random.default_rng(4)
    at = random.random((count, 2), np.float32) * 0.7
    size = 0.1 + random.random((count, 2), np.float32) * 0.2
    return (
        np.concatenate([at, at + size], axis=1),
        random.normal(0, 1, (count, 32)).astype(np.float32),
        random.normal(0, 1, (160, 160, 32)).astype(np.float32),
    )


def segmentation_output(count: int = 40) -> tuple[F32, F32]:
    """[1, 116, 8400] of YOLO with masks that decodes to mask_scene(), and its prototypes."""
    boxes, coefficients, protos = mask_scene(count)
    table = np.zeros((1, 116, ANCHORS), np.float32)
    for i in range(count):
        anchor = 200 * i + 7
        table[0, :2, anchor] = (boxes[i, :2] + boxes[i, 2:]) / 2
        table[0, 2:4, anchor] = boxes[i, 2:] - boxes[i, :2]
        table[0, 4 + i, anchor] = 0.9
        table[0, 84:, anchor] = coefficients[i]
    return table, protos[None]


def instance_masks(count: int) -> tuple[F32, list[U8]]:
    """(boxes, a mask of 0 and 255 for each): discs."""
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    disc = np.where(x * x + y * y < 0.9, 255, 0).astype(np.uint8)[..., None]
    return mask_scene(count)[0], [disc] * count
