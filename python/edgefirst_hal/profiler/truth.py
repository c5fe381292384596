# SPDX-License-Identifier: Apache-2.0
"""Known objects of pictures, read from COCO, YOLO or Pascal VOC files.

What is damaged in them is passed over and told in `remarks`; a truth of nothing else is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from edgefirst_hal.profiler.class_names import ClassNames
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth_match import Assignment, ByName, Entry, folder_of
from edgefirst_hal.profiler.truth_text import Remarks, shown

__all__ = ["Annotation", "BoxTruth", "ByName", "Entry", "Truth", "open_truth"]

Annotation = dict[str, Any]
"""category_id, bbox (left, top, width, height), area, iscrowd, and segmentation if known."""

_FILES = "a COCO .json file or a folder of YOLO .txt or VOC .xml files"
_NO_DOCUMENTS = frozenset({".txt", ".xml", ".yaml", ".yml", ".csv", ".zip"})


class Truth(Protocol):
    description: str
    has_masks: bool
    """Whether any object has an outline."""
    remarks: Remarks

    def prepare(self, paths: Sequence[Path], names: Sequence[str]) -> list[str]:
        """Decides which entry each picture of a run has, and what the model's classes are.

        Returns sentences on what was left open. Optional: without it each picture stands alone.
        """

    def knows(self, path: Path) -> bool:
        """Whether the picture has known objects, or is known to have none."""

    def category(self, index: int, name: str | None) -> int | None:
        """The id of the model's class; None for a class that the truth does not know."""

    def category_name(self, identity: int) -> str | None:
        """None where the truth has no names."""

    def declared_size(self, path: Path) -> tuple[int, int] | None:
        """Width and height that the truth gives the picture, where it gives some."""

    def objects(self, path: Path, size: tuple[int, int]) -> list[Annotation] | None:
        """Of the picture of that width and height; None where it is not among the truth."""


@dataclass
class BoxTruth:
    """Objects in a file a picture, as YOLO and VOC have them."""

    description: str
    files: ByName[Path]
    has_masks: bool
    read: Callable[[Path, tuple[int, int]], list[Annotation] | None]
    """Returns None for a file that holds nothing readable."""
    remarks: Remarks
    classes: ClassNames | None = None
    """None where classes are the model's own numbers."""
    size_of: Callable[[Path], tuple[int, int] | None] = lambda file: None
    has_backgrounds: bool = False
    """Whether a picture without a file has no objects, where others of its folder have files."""
    numbered: bool = False
    """Whether the names only explain the numbers, which are the model's unless they differ."""
    _by_number: bool = False
    """Whether the names turned out to be of another language or purpose."""
    _found: Assignment[Path] = field(default_factory=Assignment)

    def prepare(self, paths: Sequence[Path], names: Sequence[str]) -> list[str]:
        self._found = self.files.assign(paths)
        remarks = list(self._found.remarks)
        backgrounds = sum(self._is_background(path) for path in paths)
        if backgrounds:
            count = "1 picture counts" if backgrounds == 1 else f"{backgrounds} pictures count"
            remarks.append(f"{count} as background for want of a label file, as is YOLO's rule")
        self._by_number = self.numbered
        if self.numbered and self.classes is not None and names:
            self._compare_names(self.classes, names, remarks)
        return remarks

    def knows(self, path: Path) -> bool:
        return self._file(path) is not None or self._is_background(path)

    def _compare_names(self, classes: ClassNames, names: Sequence[str], remarks: list[str]) -> None:
        """The names beside labels tell when their numbers are not the model's."""
        found = [classes.find(name) for name in names]
        self._by_number = all(identity is None for identity in found)
        if self._by_number:
            remarks.append("the class names of the labels are not the model's; numbers decided")
        elif any(identity not in (None, index) for index, identity in enumerate(found)):
            remarks.append("the labels number the classes otherwise than the model; names decided")

    def category(self, index: int, name: str | None) -> int | None:
        if self.classes is None or self._by_number or (self.numbered and name is None):
            return index
        return self.classes.find(name or "")

    def category_name(self, identity: int) -> str | None:
        if self.classes is None or self._by_number:
            return None
        return self.classes.name(identity)

    def declared_size(self, path: Path) -> tuple[int, int] | None:
        file = self._file(path)
        return None if file is None else self.size_of(file)

    def objects(self, path: Path, size: tuple[int, int]) -> list[Annotation] | None:
        file = self._file(path)
        if file is None:
            return [] if self._is_background(path) else None
        return self.read(file, size)

    def _file(self, path: Path) -> Path | None:
        return self._found.entries.get(path) if path in self._found.asked else self.files.find(path)

    def _is_background(self, path: Path) -> bool:
        found = self._found
        if path in found.entries or path in found.disputed or path not in found.asked:
            return False
        folder = folder_of(path)
        return self.has_backgrounds and (folder in found.related or self.files.serves(folder))


class FilesOfAKind(Protocol):
    remarks: Remarks

    @property
    def usable(self) -> tuple[int, int]:
        """Files with objects, and files that could be read."""

    @property
    def first(self) -> str:
        """The name of one of them."""

    def truth(self) -> BoxTruth: ...


def open_truth(path: Path) -> Truth:
    """A COCO .json file, or a folder of YOLO .txt or VOC .xml files. Raises ProfilerError."""
    from edgefirst_hal.profiler import truth_coco

    try:
        if path.is_file() and path.suffix.lower() in _NO_DOCUMENTS:
            raise ProfilerError(f"ground truth {path}: one file of another kind; expected {_FILES}")
        if path.is_file():
            return truth_coco.read(path)
        return _read_folder(path)
    except OSError as error:
        raise ProfilerError(f"ground truth {path}: {error.strerror or error}") from error


def told_before(truth: Truth, paths: Sequence[Path], names: Sequence[str]) -> list[str]:
    """What is known to be wrong with the ground truth of these pictures before a frame is read."""
    remarks = [*truth.remarks.sentences, *truth.prepare(paths, names)]
    if paths and not any(truth.knows(path) for path in paths):
        remarks.append("no picture has any; are its names those of the pictures?")
    return remarks


def _read_folder(folder: Path) -> Truth:
    from edgefirst_hal.profiler import truth_voc, truth_yolo

    files = sorted(file for file in folder.rglob("*") if file.is_file())
    texts = [file for file in files if file.suffix.lower() == ".txt"]
    documents = [file for file in files if file.suffix.lower() == ".xml"]
    if not texts and not documents:
        given = [file for file in files if file.suffix.lower() == ".json"]
        hint = f"; {shown(given[0], folder)} lies in it" if given else ""
        raise ProfilerError(f"ground truth {folder}: expected {_FILES}{hint}")
    labels = truth_yolo.Labels(folder, texts)
    annotations = truth_voc.Annotations(folder, documents)
    kinds: list[FilesOfAKind] = [labels, annotations]
    chosen, other = sorted(kinds, key=lambda kind: kind.usable, reverse=True)
    if not chosen.usable[1]:
        raise ProfilerError(f"ground truth {folder}: {labels.reason or annotations.reason}")
    if other.usable == chosen.usable:
        raise ProfilerError(
            f"ground truth {folder}: it holds {labels.usable[1]} YOLO labels and as many VOC "
            "annotations; which are meant? Give the folder of one kind"
        )
    if other.usable[1]:
        count = f"{other.usable[1]} beside {chosen.usable[1]}"
        chosen.remarks.add(f"labels of another kind, {count}, are passed over", other.first)
    return chosen.truth()
