# SPDX-License-Identifier: Apache-2.0
"""Mean average precision on the labelled photos of the shared test data, by pycocotools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from shared_data import shared_data

DATA = shared_data()
CLASSES = 80


def mean_average_precision(pictures: list[dict[str, Any]]) -> float:
    """AP over IoU 0.5...0.95 by pycocotools."""
    coco = pytest.importorskip("pycocotools.coco", reason="measures the precision")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    truth = coco.COCO()
    truth.dataset = {
        "info": {},
        "images": [
            {"id": i, "width": picture["width"], "height": picture["height"]}
            for i, picture in enumerate(pictures)
        ],
        "categories": [{"id": i} for i in range(CLASSES)],
        "annotations": labelled_objects(pictures),
    }
    truth.createIndex()
    found = [
        {
            "image_id": i,
            "category_id": item["class"],
            "bbox": left_top_size(item["box"]),
            "score": item["score"],
        }
        for i, picture in enumerate(pictures)
        for item in picture["detections"]
    ]
    evaluator = evaluation.COCOeval(truth, truth.loadRes(found), "bbox")
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()
    return float(evaluator.stats[0])


def labelled_objects(pictures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of class, centre and size as fractions of the photo."""
    objects: list[dict[str, Any]] = []
    for i, picture in enumerate(pictures):
        photo = Path(picture["file"])
        labels = DATA / "coco8" / "labels" / photo.parent.name / f"{photo.stem}.txt"
        for line in labels.read_text().splitlines():
            index, *values = (float(value) for value in line.split())
            scale = (picture["width"], picture["height"])
            width, height = values[2] * scale[0], values[3] * scale[1]
            left, top = values[0] * scale[0] - width / 2, values[1] * scale[1] - height / 2
            objects.append(
                {
                    "id": len(objects) + 1,
                    "image_id": i,
                    "category_id": int(index),
                    "bbox": [left, top, width, height],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    return objects


def left_top_size(box: list[float]) -> list[float]:
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]
