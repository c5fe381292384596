# SPDX-License-Identifier: Apache-2.0
"""Measures the ONNX file: COCO-style average precision, and hits and misses on the samples.

python evaluate.py --model shapes.onnx [--samples DIRECTORY]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from dataset import HELD_OUT_SEED, jpeg_round_trip, varied_scene
from detect import Detections, Limits, SampleModel
from letterbox import letterbox_labels
from PIL import Image
from scenes import CLASS_NAMES, IntArray, Scene, box_iou
from textures import FloatArray

THRESHOLDS = np.arange(0.5, 0.951, 0.05)
RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass
class ClassRecord:
    """All detections of one class over all pictures: score, and hit or not at each threshold."""

    scores: list[float] = field(default_factory=list)
    hits: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    objects: int = 0


def match(overlap: FloatArray) -> npt.NDArray[np.bool_]:
    """Hits (detections, thresholds): each detection, best first, takes its best free object."""
    hits = np.zeros((overlap.shape[0], len(THRESHOLDS)), np.bool_)
    for column, threshold in enumerate(THRESHOLDS):
        free = np.ones(overlap.shape[1], np.bool_)
        for row in range(overlap.shape[0]):
            candidates = np.where(free, overlap[row], 0.0)
            if candidates.size and float(candidates.max()) >= threshold:
                free[int(candidates.argmax())] = False
                hits[row, column] = True
    return hits


def average_precision(record: ClassRecord) -> FloatArray:
    """Area under the interpolated precision-recall curve (101 points) at each threshold."""
    if not record.scores or record.objects == 0:
        return np.zeros(len(THRESHOLDS), np.float32)
    order = np.argsort(-np.array(record.scores), kind="stable")
    hits = np.array(record.hits)[order].cumsum(axis=0)
    recall = hits / record.objects
    precision = hits / np.arange(1, len(order) + 1)[:, None]
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    result = np.zeros(len(THRESHOLDS), np.float32)
    for column in range(len(THRESHOLDS)):
        at = np.searchsorted(recall[:, column], RECALLS, side="left")
        padded = np.append(precision[:, column], 0.0)
        result[column] = padded[at].mean()
    return result


class Scoreboard:
    """Collects matches picture by picture, for boxes or for masks."""

    def __init__(self) -> None:
        self.records = [ClassRecord() for _ in CLASS_NAMES]

    def add(self, found: Detections, truth: IntArray, overlap: FloatArray) -> None:
        for class_id, record in enumerate(self.records):
            mine, objects = found.classes == class_id, truth == class_id
            record.objects += int(objects.sum())
            record.scores.extend(found.scores[mine].tolist())
            record.hits.extend(match(overlap[mine][:, objects]))

    def summary(self) -> dict[str, float]:
        table = np.array([average_precision(record) for record in self.records if record.objects])
        return {"mAP50": float(table[:, 0].mean()), "mAP50-95": float(table.mean())}


def mask_iou(found: Detections, scene: Scene) -> FloatArray:
    """Intersection over union of masks, in the model input's pixels."""
    labels = letterbox_labels(scene.instances, found.fit).ravel()
    truth = np.arange(1, len(scene.classes) + 1)[:, None] == labels[None]
    flat = found.masks.reshape(len(found.masks), labels.size).astype(np.float32)
    shared = flat @ truth.T.astype(np.float32)
    union = flat.sum(1)[:, None] + truth.sum(1)[None] - shared
    return np.asarray(shared / np.maximum(union, 1), dtype=np.float32)


def evaluate_scenes(model_path: Path, first_seed: int, count: int) -> dict[str, object]:
    """Average precision over `count` held-out scenes, JPEG-compressed at quality 90."""
    model = SampleModel(model_path)
    boxes, masks = Scoreboard(), Scoreboard()
    for seed in range(first_seed, first_seed + count):
        scene = varied_scene(seed)
        found = model.detect(jpeg_round_trip(scene.image, 90, 2), Limits())
        boxes.add(found, scene.classes, box_iou(found.boxes, found.fit.to_model(scene.boxes)))
        masks.add(found, scene.classes, mask_iou(found, scene))
    objects = sum(record.objects for record in boxes.records)
    return {
        "scenes": count,
        "objects": objects,
        "box": boxes.summary(),
        "mask": masks.summary(),
    }


def evaluate_samples(model_path: Path, directory: Path, limits: Limits) -> dict[str, object]:
    """Hits, misses and false alarms on the sample files, IoU >= 0.5 and the right class."""
    model = SampleModel(model_path)
    truth = json.loads((directory / "truth.json").read_text(encoding="utf-8"))
    counts = {"objects": 0, "hits": 0, "false_alarms": 0}
    lowest = 1.0
    trouble: list[str] = []
    for entry in truth["pictures"] + truth["sequence"]:
        found = model.detect(np.asarray(Image.open(directory / entry["file"])), limits)
        boxes = np.array([o["bbox"] for o in entry["objects"]], np.float32).reshape(-1, 4)
        classes = np.array([o["class"] for o in entry["objects"]], np.int64)
        overlap = box_iou(found.fit.to_picture(found.boxes), boxes)
        overlap = overlap * (found.classes[:, None] == classes[None])
        good = match(np.asarray(overlap, dtype=np.float32))[:, 0]
        counts["objects"] += len(boxes)
        if good.any():
            lowest = min(lowest, float(found.scores[good].min()))
        hits, extra = int(good.sum()), int((~good).sum())
        counts["hits"] += hits
        counts["false_alarms"] += extra
        if extra > 0 or hits < len(boxes):
            trouble.append(f"{entry['file']}: {hits} of {len(boxes)}, {extra} extra")
    return {**counts, "lowest_score_of_a_hit": round(lowest, 3), "not_perfect": trouble}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=300, help="held-out scenes to measure on")
    parser.add_argument("--samples", type=Path, help="a directory with truth.json")
    options = parser.parse_args()
    if options.scenes > 0:
        print(json.dumps(evaluate_scenes(options.model, HELD_OUT_SEED, options.scenes), indent=2))
    if options.samples is not None:
        for iou in (0.7, 0.45):
            limits = Limits(score=0.25, iou=iou, across_classes=True)
            result = evaluate_samples(options.model, options.samples, limits)
            print(f"samples at score 0.25, NMS {iou}:", json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
