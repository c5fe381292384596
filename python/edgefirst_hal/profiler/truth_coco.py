# SPDX-License-Identifier: Apache-2.0
"""Ground truth in COCO's instances format (cocodataset.org, "Data format")."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Annotation, ByName

_LONGEST_REASON = 150
_SMALLEST_OUTLINE = 6
_LARGEST = 2**31 - 1
_FINITE = 1e300
"""Python's integers have no end, and comparing them with a float does not overflow."""


@dataclass
class CocoTruth:
    description: str
    images: ByName[int]
    annotations: dict[int, list[Annotation]]
    categories: list[tuple[int, str]]
    """Id and name, by id."""
    has_masks: bool
    _by_name: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._by_name = {name: identity for identity, name in self.categories}

    def category(self, index: int, name: str | None) -> int | None:
        """By name; without one the model's classes are taken in the order of the ids."""
        if name is not None:
            return self._by_name.get(name)
        return self.categories[index][0] if index < len(self.categories) else None

    def objects(self, path: Path, size: tuple[int, int]) -> list[Annotation] | None:
        image = self.images.find(path)
        return None if image is None else self.annotations.get(image, [])


def read(path: Path) -> CocoTruth:
    """Raises ProfilerError, OSError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _truth(path, document)
    except (
        ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
    ) as error:  # fmt: skip
        reason = f"no '{error.args[0]}'" if isinstance(error, KeyError) else str(error)
        raise ProfilerError(
            f"ground truth {path}: not a COCO file ({reason[:_LONGEST_REASON]})"
        ) from error


def _truth(path: Path, document: dict[str, Any]) -> CocoTruth:
    annotations: dict[int, list[Annotation]] = {}
    for i, entry in enumerate(document["annotations"]):
        try:
            annotations.setdefault(entry["image_id"], []).append(_annotation(entry))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"no '{error.args[0]}'" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"annotations[{i}]: {reason}") from error
    every = [kept for entries in annotations.values() for kept in entries]
    categories = sorted(
        (_whole(entry["id"], "a category's id"), str(entry["name"]))
        for entry in document["categories"]
    )
    images = ByName((image["file_name"], image["id"]) for image in document["images"])
    has_masks = bool(every) and all("segmentation" in kept for kept in every)
    description = f"COCO, {len(images)} pictures, {len(every)} objects"
    return CocoTruth(description, images, annotations, categories, has_masks)


def _annotation(entry: dict[str, Any]) -> Annotation:
    """What pycocotools reads, of the kinds that it can read."""
    bbox = _numbers(entry["bbox"], "bbox")
    if len(bbox) != 4:
        raise ValueError(f"bbox has {len(bbox)} numbers, not 4")
    kept: Annotation = {
        "category_id": _whole(entry["category_id"], "category_id"),
        "bbox": bbox,
        "area": _numbers([entry.get("area", bbox[2] * bbox[3])], "area")[0],
        "iscrowd": _whole(entry.get("iscrowd", 0), "iscrowd"),
    }
    if entry.get("segmentation"):
        kept["segmentation"] = _segmentation(entry["segmentation"])
    return kept


def _segmentation(value: Any) -> Any:
    """Outlines, or run lengths: {"size": [height, width], "counts": [...] or text}."""
    if isinstance(value, list):
        for outline in value:
            count = len(_numbers(outline, "an outline"))
            if count < _SMALLEST_OUTLINE or count % 2:
                raise ValueError(f"an outline has an even count from 6, not {count}")
        return value
    size, counts = value["size"], value["counts"]
    if len(size) != 2 or not isinstance(counts, (list, str)):
        raise ValueError("run lengths have a size of two numbers, and counts")
    lengths = [_whole(extent, "a size of run lengths") for extent in size]
    if isinstance(counts, list) and sum(_whole(n, "a run length") for n in counts) != math.prod(
        lengths
    ):
        raise ValueError("the run lengths do not fill their size")
    return value


def _numbers(values: Any, what: str) -> list[float]:
    if not isinstance(values, list):
        raise ValueError(f"{what} is no list of numbers")
    for value in values:
        if type(value) not in (int, float) or not -_FINITE < value < _FINITE:
            raise ValueError(f"{what} holds what is no finite number")
    return values


def _whole(value: Any, what: str) -> int:
    """Some tools write 3.0 for 3, and true for 1."""
    if not isinstance(value, (int, float)) or not (0 <= value <= _LARGEST and value == int(value)):
        raise ValueError(f"{what} is no whole number from 0 to {_LARGEST}")
    return int(value)
