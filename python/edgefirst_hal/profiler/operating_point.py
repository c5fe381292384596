# SPDX-License-Identifier: Apache-2.0
"""Precision, recall and F1 at the score threshold of a deployment, from pycocotools' matches.

IoU 0.5, all sizes, at most 100 detections a picture. pycocotools matches the best score first, so
the matches above a threshold are those that it would make without the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

_IOU_50 = 0


@dataclass
class Counts:
    true_positives: int = 0
    false_positives: int = 0
    misses: int = 0

    def add(self, true_positives: int, false_positives: int, misses: int) -> None:
        self.true_positives += true_positives
        self.false_positives += false_positives
        self.misses += misses

    def as_dict(self) -> dict[str, float]:
        """Undefined numbers are 0: precision without detections, recall without objects."""
        right, wrong, missed = self.true_positives, self.false_positives, self.misses
        return {
            "precision": right / (right + wrong) if right + wrong else 0.0,
            "recall": right / (right + missed) if right + missed else 0.0,
            "f1": f1(right, wrong, missed),
            "true_positives": right,
            "false_positives": wrong,
            "misses": missed,
        }


@dataclass
class OperatingPoint:
    threshold: float
    total: Counts = field(default_factory=Counts)
    by_class: dict[str, Counts] = field(default_factory=dict)
    by_image: dict[int, Counts] = field(default_factory=dict)


def f1(right: float, wrong: float, missed: float) -> float:
    total = 2 * right + wrong + missed
    return 2 * right / total if total else 0.0


def at_threshold(evaluator: Any, names: dict[int, str], threshold: float) -> OperatingPoint:
    """`names` of categories by id. Classes without detections and objects count nothing."""
    point = OperatingPoint(threshold, by_class={name: Counts() for name in names.values()})
    point.by_image = {image: Counts() for image in evaluator.params.imgIds}
    every_size = evaluator.params.areaRng[0]
    for entry in evaluator.evalImgs:
        if entry is None or entry["aRng"] != every_size:
            continue
        counts = _counts(entry, threshold)
        point.total.add(*counts)
        point.by_class[names[entry["category_id"]]].add(*counts)
        point.by_image[entry["image_id"]].add(*counts)
    return point


def _counts(entry: dict[str, Any], threshold: float) -> tuple[int, int, int]:
    """True positives, false positives, misses of one class in one picture."""
    counted = np.array(entry["dtScores"]) >= threshold
    counted &= ~np.array(entry["dtIgnore"][_IOU_50], bool)
    matched = np.array(entry["dtMatches"][_IOU_50]) > 0
    right = int((counted & matched).sum())
    objects = int((~np.array(entry["gtIgnore"], bool)).sum())
    return right, int((counted & ~matched).sum()), objects - right
