# SPDX-License-Identifier: Apache-2.0
"""Ground truth in COCO's instances format (cocodataset.org, "Data format")."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Annotation, ByName

_KEPT = ("category_id", "bbox", "area", "iscrowd", "segmentation")


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
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f"no '{error.args[0]}'" if isinstance(error, KeyError) else str(error)
        raise ProfilerError(f"ground truth {path}: not a COCO file ({reason})") from error


def _truth(path: Path, document: dict[str, Any]) -> CocoTruth:
    annotations: dict[int, list[Annotation]] = {}
    for entry in document["annotations"]:
        kept = {key: entry[key] for key in _KEPT if key in entry}
        kept.setdefault("iscrowd", 0)
        kept.setdefault("area", kept["bbox"][2] * kept["bbox"][3])
        annotations.setdefault(entry["image_id"], []).append(kept)
    every = [kept for entries in annotations.values() for kept in entries]
    categories = sorted((entry["id"], str(entry["name"])) for entry in document["categories"])
    images = ByName((image["file_name"], image["id"]) for image in document["images"])
    has_masks = bool(every) and all("segmentation" in kept for kept in every)
    description = f"COCO, {len(images)} pictures, {len(every)} objects"
    return CocoTruth(description, images, annotations, categories, has_masks)
