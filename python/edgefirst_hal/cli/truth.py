# SPDX-License-Identifier: Apache-2.0
"""Compares what was found with the known objects of the sample pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefirst_hal._files import real_path
from edgefirst_hal.cli.results import Box, Found, PictureResult

_OVERLAP = 0.5


@dataclass
class Comparison:
    """Counts over pictures at IoU 0.5; a match needs the same class."""

    pictures: int = 0
    matched: int = 0
    missed: int = 0
    false: int = 0
    identities: int = 0
    """Objects of sequences that were matched and tracked."""
    identity_changes: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {"iou": _OVERLAP, **asdict(self)}

    def __str__(self) -> str:
        total = self.matched + self.missed
        text = f"{self.matched} of {total} matched, {self.missed} missed, {self.false} false"
        if self.identities:
            text += f"; {self.identities} tracked, {self.identity_changes} changed identity"
        return f"truth: {text} (IoU {_OVERLAP})"


def compare(results: Iterable[PictureResult], truth_file: Path) -> Comparison:
    """Pictures are looked up relative to the truth file's folder; unlisted ones are passed over."""
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    folder = real_path(truth_file.parent)
    entries = {(folder / entry["file"]): entry for part in truth.values() for entry in part}
    comparison = Comparison()
    seen: dict[int, int] = {}
    for result in results:
        entry = entries.get(real_path(result.picture.path))
        if entry is not None:
            comparison.pictures += 1
            _compare_picture(result.found, entry["objects"], comparison, seen)
    comparison.identities = len(seen)
    return comparison


def _compare_picture(
    found: Sequence[Found],
    objects: Sequence[dict[str, Any]],
    comparison: Comparison,
    seen: dict[int, int],
) -> None:
    """Best score first, each takes the free object it overlaps most. `seen`: object to track."""
    free = list(objects)
    for item in sorted(found, key=lambda item: -item.score):
        best = max(free, key=lambda known: _fit(item, known), default=None)
        if best is None or _fit(item, best) < _OVERLAP:
            comparison.false += 1
            continue
        free.remove(best)
        comparison.matched += 1
        if item.track is not None and "id" in best:
            before = seen.setdefault(best["id"], item.track)
            comparison.identity_changes += before != item.track
            seen[best["id"]] = item.track
    comparison.missed += len(free)


def _fit(item: Found, known: dict[str, Any]) -> float:
    """Overlap with an object of the same class, else 0."""
    return overlap(item.box, tuple(known["bbox"])) if item.name == known["name"] else 0.0


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    area_a, area_b = ((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (area_a + area_b - width * height)
