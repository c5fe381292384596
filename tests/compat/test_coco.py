# SPDX-License-Identifier: Apache-2.0
"""Trained models on the labelled photos: the decoder loses nothing, and the precision is the known.

Deep job: `make compat`. The same outputs go through the decoder and through plain NumPy, which must
find the same boxes. Precision on eight photos is a noisy figure: moving the picture by one pixel
inside the letterbox changes it by 0.014 to 0.031 (standard deviation), the engine's choice of
kernels by as much. So it is measured at nine places of the picture, and their mean, give or take
its standard error, must reach what a plain decode scored elsewhere.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "python")]

from coco_precision import DATA, mean_average_precision  # noqa: E402
from decoder_cases import Array, Case  # noqa: E402
from decoder_numpy import Found, corners, select  # noqa: E402
from edgefirst_hal.models import Model, ModelOptions, load_model  # noqa: E402

pytest.importorskip("ai_edge_litert", reason="the trained models are TFLite files")
pytest.importorskip("pycocotools", reason="measures the precision")
pytestmark = pytest.mark.skipif(
    not (DATA / "models").is_dir(), reason=f"no shared test data in {DATA}"
)

SCORE, IOU = 0.001, 0.7
SHIFTS = range(-4, 5)
KNOWN = {
    "yolov8n_coco_int8_640": 0.691,
    "yolov8n_coco_w8f32io_640": 0.689,
    "yolov8n_coco_split9_int8_640": None,
    "yolo11n-seg_coco_int8_640": 0.609,
    "yolo11n-seg_coco_e2e300x38_f32io_640": 0.673,
    "yolo26n_coco_e2e_f32io_320": None,
}
"""Mean average precision (IoU 0.5 to 0.95) that is known of a model; the others: at least 0.6."""


@dataclass
class Placed:
    """A photo in a model's input: content is its rectangle there."""

    file: Path
    width: int
    height: int
    content: ef.Rect

    def record(self, model: Model, boxes: Array, scores: Array, labels: Array) -> dict[str, Any]:
        """Boxes as fractions of the input become pixels of the photo."""
        inside, size = self.content, np.tile([self.width, self.height], 2)
        pixels = boxes * np.tile([model.picture_input.width, model.picture_input.height], 2)
        pixels = (pixels - np.tile([inside.left, inside.top], 2)) * size
        pixels = np.clip(pixels / np.tile([inside.width, inside.height], 2), 0, size)
        found = [
            {"box": box, "score": float(score), "class": int(label)}
            for box, score, label in zip(pixels.tolist(), scores, labels)
        ]
        return {
            "file": str(self.file),
            "width": self.width,
            "height": self.height,
            "detections": found,
        }


def place(model: Model, file: Path, shift: int) -> Placed:
    """Letterboxed by the plain bilinear filter, moved by some pixels where there is padding."""
    plan = model.picture_input
    frame = ef.Tensor.load(str(file), ef.PixelFormat.Rgb)
    width, height = frame.width or 0, frame.height or 0
    fit = ef.letterbox(width, height, plan.width, plan.height).content
    left = int(np.clip(fit.left + shift, 0, plan.width - fit.width))
    top = int(np.clip(fit.top + shift, 0, plan.height - fit.height))
    content = ef.Rect(left, top, fit.width, fit.height)
    canvas = np.empty((plan.height, plan.width, 3), np.uint8)
    ef.ImageProcessor().convert(
        frame,
        ef.Tensor.wrap(canvas, ef.PixelFormat.Rgb),
        dst_crop=content,
        dst_color=(114, 114, 114, 255),
        filter=ef.Filter.Bilinear,
    )
    values = canvas.astype(np.float32) * np.float32(1 / 255)
    spec, array = model.session.input, model.session.input_array()
    if spec.scale is not None:
        values = np.rint(values / np.float32(spec.scale)) + spec.zero_point
        values = np.clip(values, *(getattr(np.iinfo(spec.dtype), end) for end in ("min", "max")))
    np.copyto(array[0], values, casting="unsafe")
    return Placed(file, width, height, content)


def plain_split(tables: list[Array]) -> tuple[Array, Array]:
    """Boxes by the distances of 16 bins a side, over grids of 80, 40 and 20 cells."""
    boxes, scores = [], []
    for side in (80, 40, 20):
        grid = {t.shape[-1]: t[0] for t in tables if t.shape[1] == side}
        bins = grid[64].reshape(side, side, 4, 16).astype(np.float64)
        weight = np.exp(bins - bins.max(-1, keepdims=True))
        edge = (weight / weight.sum(-1, keepdims=True)) @ np.arange(16)
        y, x = np.mgrid[0:side, 0:side] + 0.5
        parts = [x - edge[..., 0], y - edge[..., 1], x + edge[..., 2], y + edge[..., 3]]
        boxes.append(np.stack(parts, -1).reshape(-1, 4) / side)
        scores.append(grid[80].reshape(-1, 80))
    return np.concatenate(boxes).astype(np.float32), np.concatenate(scores).T


def plain_decode(model: Model, arrays: list[Array]) -> Found:
    tables = []
    for array, spec in zip(arrays, model.session.output_specs()):
        real = array.astype(np.float32)
        if spec.scale is not None:
            real = (real - np.float32(spec.zero_point)) * np.float32(spec.scale)
        tables.append(real)
    case = Case("coco", "det", {}, SCORE, IOU, "ClassAware")
    if len(tables) == 9:
        return select(case, *plain_split(tables))
    table = next(t for t in tables if t.ndim == 3)[0]
    if table.shape[1] > 100:
        return select(case, corners(table[:4]), table[4:84])
    found, kept = Found(), table[:, 4] >= np.float32(SCORE)
    found.boxes, found.scores = table[kept, :4], table[kept, 4]
    found.labels = np.round(table[kept, 5]).astype(np.int64)
    return found


def photos() -> list[Path]:
    files = sorted((DATA / "coco8" / "images").rglob("*.jpg"))
    assert len(files) == 8
    return files


def open_model(name: str) -> Model:
    options = ModelOptions(score=SCORE, iou=IOU, max_det=300, across_classes=False)
    return load_model(DATA / "models" / f"{name}.tflite", options)


@pytest.mark.parametrize("name", KNOWN)
def test_precision_is_that_of_a_plain_decode_and_of_the_known(name: str) -> None:
    model, known = open_model(name), KNOWN[name]
    precisions = []
    for shift in SHIFTS:
        pictures, plain = [], []
        for file in photos():
            placed = place(model, file, shift)
            arrays = [np.array(array) for array in model.session.run()]
            boxes, scores, labels = model.decoder.decode_proto(model.wrap(arrays), 300)[:3]
            expected = plain_decode(model, arrays)
            np.testing.assert_allclose(scores, expected.scores, rtol=0, atol=1e-6)
            np.testing.assert_array_equal(labels, expected.labels)
            np.testing.assert_allclose(boxes, expected.boxes, rtol=0, atol=1e-5)
            pictures.append(placed.record(model, boxes, scores, labels))
            plain.append(placed.record(model, expected.boxes, expected.scores, expected.labels))
        precisions.append(mean_average_precision(pictures))
        assert precisions[-1] >= mean_average_precision(plain) - 1e-4
    mean = float(np.mean(precisions))
    error = float(np.std(precisions, ddof=1) / np.sqrt(len(precisions)))
    print(f"\n{name}: mAP50-95 {mean:.3f} +- {error:.3f}, known {known}")
    assert mean >= (known or 0.6) - error
