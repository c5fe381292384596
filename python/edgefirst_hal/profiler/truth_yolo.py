# SPDX-License-Identifier: Apache-2.0
"""Ground truth as YOLO text files: a line an object, class and fractions of the picture.

Four fractions are centre and extent of a box, six or more the corners of an outline.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import edgefirst_hal as ef
from edgefirst_hal._core import document_as_json
from edgefirst_hal.profiler.class_names import ClassNames
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Annotation, BoxTruth, ByName, Entry
from edgefirst_hal.profiler.truth_match import folder_of
from edgefirst_hal.profiler.truth_text import Remarks, decoded, shown, tolerantly_decoded

_SMALLEST_OUTLINE = 6
_LARGEST_CLASS = 2**31 - 1
_MOST_NAMES = 1 << 16
_SLACK = 0.01
"""Rounded fractions may lie that far outside the picture."""
_DESCRIPTIONS = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
"""Of a data set, at its root; labels lie at most two folders below."""
_NAME_FILES = frozenset({"classes.txt", "obj.names", "predefined_classes.txt", "labels.txt"})


class Labels:
    """The labels below a folder. Every line is tried here, so that it is told before the run."""

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        """Raises OSError."""
        self.remarks = Remarks()
        self.reason = ""
        """What is wrong with the first line that is no label."""
        self._folder = folder
        self._files: dict[Path, tuple[int, int]] = {}
        """Lines that are labels, and lines that are none."""
        self._name_files = [file for file in files if file.name.lower() in _NAME_FILES]
        self._has_outlines = False
        for file in files:
            self._try(file)

    @property
    def usable(self) -> tuple[int, int]:
        filled = sum(good > 0 for good, _ in self._files.values())
        return filled, filled + sum(good == bad == 0 for good, bad in self._files.values())

    @property
    def first(self) -> str:
        usable = (file for file, (good, bad) in self._files.items() if good or not bad)
        return next(shown(file, self._folder) for file in usable)

    def truth(self) -> BoxTruth:
        names = ByName(self._entry(file) for file in self._files)
        description = f"YOLO, {self.usable[1]} pictures"
        truth = BoxTruth(description, names, self._has_outlines, self._read, self.remarks)
        truth.has_backgrounds = truth.numbered = True
        truth.classes = self._classes()
        return truth

    def _entry(self, file: Path) -> Entry[Path]:
        """Pictures lie beside their labels, or in `images` where these lie in `labels`."""
        folder = folder_of(file)
        homes = [folder]
        parts = list(folder.parts)
        if "labels" in parts:
            last = len(parts) - 1 - parts[::-1].index("labels")
            homes.insert(0, Path(*parts[:last], "images", *parts[last + 1 :]))
        return Entry(file.relative_to(self._folder).as_posix(), file, tuple(homes))

    def _try(self, file: Path) -> None:
        objects, faults = _parsed(file, (1, 1))
        if faults and not objects:
            if file.name.lower() in _NAME_FILES:
                return
            kind = "{n} .txt file{s} without a label {are} passed over"
            self.remarks.add(kind, f"{shown(file, self._folder)}, {faults[0]}")
        elif faults:
            for fault in faults:
                kind = "{n} line{s} of labels {are} passed over"
                self.remarks.add(kind, f"{shown(file, self._folder)}, {fault}")
        if faults:
            self.reason = self.reason or f"{shown(file, self._folder)}, {faults[0]}"
        self._files[file] = (len(objects), len(faults))
        self._has_outlines |= any("segmentation" in known for known in objects)

    def _read(self, file: Path, size: tuple[int, int]) -> list[Annotation] | None:
        """Raises ProfilerError for a file that was changed since, OSError."""
        objects, faults = _parsed(file, size)
        if (len(objects), len(faults)) != self._files[file]:
            raise ProfilerError(f"{file}: it was changed during the run")
        return None if faults and not objects else objects

    def _classes(self) -> ClassNames | None:
        """Those of a classes.txt or data.yaml; of several that differ none counts."""
        roots = (self._folder, *folder_of(self._folder / "x").parents[:2])
        described = [root / name for root in roots for name in _DESCRIPTIONS]
        lists: list[list[str]] = []
        for file in [*self._name_files, *(each for each in described if each.is_file())]:
            try:
                text = decoded(file.read_bytes())
            except UnicodeDecodeError:
                kind = "{n} list{s} of class names in another encoding than UTF-8 {are} passed over"
                self.remarks.add(kind, shown(file, self._folder))
                continue
            names = _described_names(text) if file.name in _DESCRIPTIONS else text.splitlines()
            lists += [[name.strip() for name in names]] if names else []
        if any(names != lists[0] for names in lists):
            kind = "the lists of class names differ and are passed over"
            self.remarks.add(kind, " and ".join(f"{names[0]}, ..." for names in lists[:2]))
            return None
        if not lists:
            return None
        return ClassNames((i, name) for i, name in enumerate(lists[0]) if name)


def _described_names(text: str) -> list[str]:
    """The key `names` of a data.yaml: a list, or a mapping from numbers."""
    try:
        names = json.loads(document_as_json(text)).get("names")
    except (ef.Error, AttributeError, ValueError):
        return []
    if isinstance(names, list):
        return [str(name) for name in names]
    if not isinstance(names, dict) or not all(str(key).isdecimal() for key in names):
        return []
    by_number = {int(key): str(name) for key, name in names.items()}
    if not by_number or max(by_number) >= _MOST_NAMES:
        return []
    return [by_number.get(i, "") for i in range(max(by_number) + 1)]


def _parsed(file: Path, size: tuple[int, int]) -> tuple[list[Annotation], list[str]]:
    """Objects, and what is wrong with which other line. Raises OSError."""
    objects, faults = [], []
    for number, line in enumerate(tolerantly_decoded(file.read_bytes()).splitlines(), start=1):
        if line.strip():
            try:
                objects.append(_object(line.split(), size))
            except ValueError as error:
                faults.append(f"line {number}: {error}")
    return objects, faults


def _object(words: Sequence[str], size: tuple[int, int]) -> Annotation:
    index, values = _class_index(words[0]), [_number(word) for word in words[1:]]
    for value in values:
        if not -_SLACK <= value <= 1 + _SLACK:
            raise ValueError(f"{value:g} is no fraction of the picture from 0 to 1")
    scaled = [value * size[i % 2] for i, value in enumerate(values)]
    if len(values) == 4:
        x, y, width, height = scaled
        if width < 0 or height < 0:
            raise ValueError("the extent of a box is negative")
        box = [x - width / 2, y - height / 2, width, height]
        return {"category_id": index, "bbox": box, "area": width * height, "iscrowd": 0}
    if len(values) < _SMALLEST_OUTLINE or len(values) % 2:
        raise ValueError(f"a box has 4 numbers, an outline an even count from 6, not {len(values)}")
    return _outlined(index, scaled)


def _outlined(index: int, outline: list[float]) -> Annotation:
    xs, ys = outline[::2], outline[1::2]
    box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
    corners = list(zip(xs, ys))
    pairs = zip(corners, corners[1:] + corners[:1])
    area = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2
    kind = {"category_id": index, "iscrowd": 0}
    return {**kind, "bbox": box, "area": area, "segmentation": [outline]}


def _class_index(word: str) -> int:
    """Some tools write 3.0 for 3."""
    value = _number(word)
    if not (value.is_integer() and 0 <= value <= _LARGEST_CLASS):
        raise ValueError(f"the class is a whole number from 0 to {_LARGEST_CLASS}, not {word:.20}")
    return int(value)


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"'{word:.20}' is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{word:.20} is no finite number")
    return value
