# SPDX-License-Identifier: Apache-2.0
"""Known objects of pictures, read from COCO, YOLO or Pascal VOC files.

Pictures are found by name: where several share one, by the folders above it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Generic, Protocol, TypeVar

from edgefirst_hal.profiler.libraries import ProfilerError

Annotation = dict[str, Any]
"""category_id, bbox (left, top, width, height), area, iscrowd, and segmentation if known."""

T = TypeVar("T")


class Truth(Protocol):
    description: str
    has_masks: bool

    def category(self, index: int, name: str | None) -> int | None:
        """The id of the model's class; None for a class that the truth does not know."""

    def objects(self, path: Path, size: tuple[int, int]) -> list[Annotation] | None:
        """Of the picture of that width and height; None where it is not among the truth."""


class ByName(Generic[T]):
    """Finds entries by file name without suffix, preferring those whose folders agree."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._entries: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        for name, entry in entries:
            path = PurePosixPath(name)
            self._entries.setdefault(path.stem, []).append((path.parent.parts, entry))

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._entries.values())

    def find(self, path: Path) -> T | None:
        candidates = self._entries.get(path.stem, [])
        folders = path.resolve().parent.parts
        best = max(candidates, key=lambda each: _shared_end(each[0], folders), default=None)
        return None if best is None else best[1]


@dataclass
class BoxTruth:
    """Objects given by class index or by class name, as YOLO and VOC files have them."""

    description: str
    files: ByName[Path]
    has_masks: bool
    read: Any
    """(file, size) -> annotations."""
    names: dict[str, int] | None = None
    """Ids by class name; None where classes are the model's own numbers."""

    def category(self, index: int, name: str | None) -> int | None:
        return index if self.names is None else self.names.get(name or "")

    def objects(self, path: Path, size: tuple[int, int]) -> list[Annotation] | None:
        file = self.files.find(path)
        if file is None:
            return None
        annotations: list[Annotation] = self.read(file, size)
        return annotations


def open_truth(path: Path) -> Truth:
    """A COCO .json file, or a folder of YOLO .txt or VOC .xml files. Raises ProfilerError."""
    from edgefirst_hal.profiler import truth_coco, truth_voc, truth_yolo

    try:
        if path.is_file():
            return truth_coco.read(path)
        texts, documents = sorted(path.rglob("*.txt")), sorted(path.rglob("*.xml"))
        if documents:
            return truth_voc.read(path, documents)
        if texts:
            return truth_yolo.read(path, texts)
    except OSError as error:
        raise ProfilerError(f"ground truth {path}: {error.strerror or error}") from error
    raise ProfilerError(
        f"ground truth {path}: expected a COCO .json file or a folder of YOLO .txt or VOC .xml"
    )


def _shared_end(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for left, right in zip(reversed(a), reversed(b)):
        if left != right:
            break
        count += 1
    return count
