# SPDX-License-Identifier: Apache-2.0
"""Trained models, photos and a video outside the repository, and runs of the command over them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal.cli import main
from PIL import Image
from shared_data import shared_data

ROOT = Path(__file__).resolve().parents[2]
DATA = shared_data()
VIDEO = ROOT / "build/profiler/usr/share/doc/opencv-doc/examples/data/vtest.avi"
PHOTOS, LABELS = DATA / "coco8/images", DATA / "coco8/labels"
INT8, FLOAT = "yolov8n_coco_int8_640.tflite", "yolov8n_coco_w8f32io_640.tflite"
SEGMENTATION = "yolo11n-seg_coco_int8_640.tflite"

needs_data = pytest.mark.skipif(
    not (DATA / "models").is_dir(), reason=f"no shared test data in {DATA}"
)
needs_video = pytest.mark.skipif(
    not VIDEO.is_file(), reason="vtest.avi is not there; make profiler downloads it"
)


def run(folder: Path, command: str, model: str, *arguments: object) -> dict[str, Any]:
    """The run's document. Every frame must have been done."""
    given = [command, str(DATA / "models" / model), "-o", str(folder), "--quiet"]
    assert main([*given, *(str(argument) for argument in arguments)]) == 0
    document: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return document


def video_truth_as_coco(target: Path, frames: int) -> dict[str, int]:
    """The people of MOT's PETS09-S2L1, whose pictures vtest.avi has; image ids by label."""
    annotations = []
    for line in next((DATA / "mot/PETS09-S2L1").rglob("gt.txt")).read_text().splitlines():
        frame, _, left, top, width, height, *_ = (float(value) for value in line.split(","))
        if frame <= frames:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": int(frame),
                    "category_id": 1,
                    "bbox": [left - 1, top - 1, width, height],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    images = [{"id": i + 1, "file_name": f"vtest_{i:06d}.jpg"} for i in range(frames)]
    categories = [{"id": 1, "name": "person"}]
    document = {"images": images, "annotations": annotations, "categories": categories}
    target.write_text(json.dumps(document))
    return {f"vtest.avi#{i:06d}": i + 1 for i in range(frames)}


def labels_as_coco(target: Path) -> dict[str, int]:
    """The YOLO labels of the photos as a COCO file, converted here; image ids by label."""
    images, annotations, ids = [], [], {}
    for number, photo in enumerate(sorted(PHOTOS.rglob("*.jpg")), start=1):
        label = photo.relative_to(PHOTOS).as_posix()
        ids[label] = number
        with Image.open(photo) as picture:
            width, height = picture.size
        images.append({"id": number, "file_name": label, "width": width, "height": height})
        lines = (LABELS / label).with_suffix(".txt").read_text().splitlines()
        for values in (line.split() for line in lines):
            x, y, w, h = (float(value) for value in values[1:])
            box = [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(values[0]),
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
    categories = [{"id": i, "name": str(i)} for i in range(80)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    target.write_text(json.dumps(document))
    return ids
