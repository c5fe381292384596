# SPDX-License-Identifier: Apache-2.0
"""Ground truth as Pascal VOC annotations: an .xml file a picture, boxes with class names.

Pixels count from 1 and both corners belong to the box; objects marked difficult are neither
required nor wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from edgefirst_hal.profiler.class_names import ClassNames
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Annotation, BoxTruth, ByName, Entry
from edgefirst_hal.profiler.truth_match import folder_of
from edgefirst_hal.profiler.truth_text import Remarks, encoding_of, shown

_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.\-]+)["'][^>]*\?>""")
_LONGEST_REASON = 80


class Annotations:
    """The annotations below a folder. All are read here, so that faults are told before the run."""

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        """Raises OSError."""
        self.remarks = Remarks()
        self.reason = ""
        self._folder = folder
        self._objects: dict[Path, list[tuple[str, Annotation]] | None] = {}
        self._sizes: dict[Path, tuple[int, int] | None] = {}
        for file in files:
            self._try(file)

    @property
    def usable(self) -> tuple[int, int]:
        readable = [objects for objects in self._objects.values() if objects is not None]
        return sum(map(bool, readable)), len(readable)

    @property
    def first(self) -> str:
        readable = (file for file, objects in self._objects.items() if objects is not None)
        return next(shown(file, self._folder) for file in readable)

    def truth(self) -> BoxTruth:
        """Class names are numbered in alphabetical order."""
        found = {name for objects in self._objects.values() for name, _ in objects or []}
        ids = {name: i for i, name in enumerate(sorted(found))}
        for objects in self._objects.values():
            for name, known in objects or []:
                known["category_id"] = ids[name]
        names = ByName(self._entry(file) for file in self._objects)
        truth = BoxTruth(f"VOC, {self.usable[1]} pictures", names, False, self._read, self.remarks)
        truth.classes = ClassNames((identity, name) for name, identity in ids.items())
        truth.size_of = self._sizes.get
        return truth

    def _entry(self, file: Path) -> Entry[Path]:
        folder = folder_of(file)
        homes = [folder.parent / "JPEGImages", folder.parent / "images", folder]
        return Entry(file.relative_to(self._folder).as_posix(), file, tuple(homes))

    def _read(self, file: Path, size: tuple[int, int]) -> list[Annotation] | None:
        objects = self._objects[file]
        return None if objects is None else [dict(known) for _, known in objects]

    def _try(self, file: Path) -> None:
        try:
            root = _parsed(file)
        except ProfilerError as error:
            self._refuse(file, str(error))
            return
        objects, faults = [], []
        for i, entry in enumerate(root.findall("object"), start=1):
            try:
                objects.append((_name(entry), _annotation(entry)))
            except ValueError as error:
                faults.append(f"object {i}: {error}")
        if faults and not objects:
            self._refuse(file, faults[0])
            return
        for fault in faults:
            self.remarks.add(
                "{n} object{s} of annotations {are} passed over",
                f"{shown(file, self._folder)}, {fault}",
            )
        self._objects[file] = objects
        self._sizes[file] = _size(root)

    def _refuse(self, file: Path, reason: str) -> None:
        text = f"{shown(file, self._folder)}: {reason}"
        self.remarks.add("{n} .xml file{s} {are} passed over", text)
        self.reason = self.reason or text
        self._objects[file] = None
        self._sizes[file] = None


def _parsed(file: Path) -> ElementTree.Element:
    """Raises ProfilerError for what is no annotation, OSError."""
    data = file.read_bytes()
    try:
        root = ElementTree.fromstring(_as_text(data))
    except (ElementTree.ParseError, LookupError, RecursionError, ValueError) as error:
        reason = str(error)[:_LONGEST_REASON]
        raise ProfilerError(f"not a VOC annotation ({reason})") from error
    if root.tag != "annotation":
        raise ProfilerError(f"not a VOC annotation (it holds a '{root.tag[:40]}')")
    return root


def _as_text(data: bytes) -> str:
    """Expat reads no double-byte encoding, and people declare one and save in another."""
    encoding = encoding_of(data)
    declared = _DECLARATION.match(data[:200])
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if declared is not None:
            return data.decode(declared[1].decode("ascii"))
    return data.decode(encoding, "replace")


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    try:
        width, height = (int(float(root.findtext(f"size/{e}", "0"))) for e in ("width", "height"))
    except (OverflowError, ValueError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _annotation(entry: ElementTree.Element) -> Annotation:
    """Raises ValueError."""
    edges = [_number(entry, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
    left, top, right, bottom = edges
    width, height = right - left + 1, bottom - top + 1
    if width <= 0 or height <= 0:
        raise ValueError("its bndbox has no extent")
    return {
        "bbox": [left - 1, top - 1, width, height],
        "area": width * height,
        "iscrowd": int(entry.findtext("difficult", "0").strip() == "1"),
    }


def _name(entry: ElementTree.Element) -> str:
    name = _text(entry, "name")
    if "\ufffd" in name:
        raise ValueError("its name is in another encoding than UTF-8, and none is declared")
    return name


def _number(entry: ElementTree.Element, name: str) -> float:
    text = _text(entry, name)
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} '{text[:20]}' is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} is no finite number")
    return value


def _text(entry: ElementTree.Element, name: str) -> str:
    text = entry.findtext(name)
    if text is None or not text.strip():
        raise ValueError(f"an object without {name}")
    return text.strip()
