# SPDX-License-Identifier: Apache-2.0
"""Runs of validate and profile whose detections are known, and records made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
from edgefirst_hal.pipeline import Span
from edgefirst_hal.profiler.records import STAGES, FrameRecord
from pictures import ramp
from synthetic_models import ULTRALYTICS, flat_table, write_model

SIDE = 64
WIDTH, HEIGHT = 128, 96
CAT = (16.0, 32.0, 16.0, 16.0, 0, 0.9)
DOG = (48.0, 32.0, 8.0, 24.0, 1, 0.6)
# 128 x 96 fits 64 x 64 at scale 1/2 with 8 grey rows above: pixel = 2 * (model - (0, 8)).
CAT_BOX = (16.0, 32.0, 48.0, 64.0)
DOG_BOX = (88.0, 24.0, 104.0, 72.0)


def write_cats_model(folder: Path) -> Path:
    """Finds CAT and DOG in every picture."""
    table = flat_table(2, 84, [CAT, DOG])
    return write_model(folder / "cats.onnx", {"output0": table}, [1, 3, SIDE, SIDE], ULTRALYTICS)


def write_pictures(folder: Path, count: int) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    image = ef.Tensor.wrap(np.ascontiguousarray(ramp(WIDTH, HEIGHT)), ef.PixelFormat.Rgb)
    paths = [folder / f"{i:04d}.jpg" for i in range(count)]
    for path in paths:
        image.save_jpeg(str(path))
    return paths


def write_coco(path: Path, pictures: list[Path], cat_offset: float = 0.0) -> Path:
    """Each picture has the cat, moved to the right, and the dog; ids as COCO's, not the model's."""
    annotations = []
    for i in range(len(pictures)):
        for category, (x0, y0, x1, y1) in ((17, CAT_BOX), (18, DOG_BOX)):
            left = x0 + (cat_offset if category == 17 else 0.0)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": 100 + i,
                    "category_id": category,
                    "bbox": [left, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": 0,
                }
            )
    images = [{"id": 100 + i, "file_name": picture.name} for i, picture in enumerate(pictures)]
    categories = [{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}]
    document = {"images": images, "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(document))
    return path


def read_json(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def made_records(count: int, times_ms: dict[str, float], period_ms: float) -> list[FrameRecord]:
    """Frames of constant stage times that enter every `period_ms` and never wait."""
    records = []
    for i in range(count):
        start = entered = round(i * period_ms * 1e6)
        spans = {}
        for stage in STAGES:
            end = start + round(times_ms[stage] * 1e6)
            spans[stage] = Span(start, end)
            start = end
        records.append(FrameRecord(i, f"{i}.jpg", entered, start, spans))
    return records
