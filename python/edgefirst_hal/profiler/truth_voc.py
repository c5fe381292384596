# SPDX-License-Identifier: Apache-2.0
"""Ground truth as Pascal VOC annotations: an .xml file a picture, boxes with class names.

Pixels count from 1 and both corners belong to the box; objects marked difficult are neither
required nor wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Annotation, BoxTruth, ByName


def read(folder: Path, files: Sequence[Path]) -> BoxTruth:
    """Class names are numbered in alphabetical order. Raises ProfilerError."""
    trees = [_parsed(file) for file in files]
    found = {_text(entry, "name", files[i]) for i, t in enumerate(trees) for entry in _objects(t)}
    ids = {name: i for i, name in enumerate(sorted(found))}
    for file, tree in zip(files, trees):  # what is damaged is told before the run
        for entry in _objects(tree):
            _annotation(entry, ids, file)
    names = ByName((file.relative_to(folder).as_posix(), file) for file in files)
    return BoxTruth(f"VOC, {len(names)} pictures", names, False, _reader(ids), ids)


def _reader(ids: dict[str, int]) -> Callable[[Path, tuple[int, int]], list[Annotation]]:
    def read_objects(file: Path, size: tuple[int, int]) -> list[Annotation]:
        return [_annotation(entry, ids, file) for entry in _objects(_parsed(file))]

    return read_objects


def _parsed(file: Path) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(file.read_bytes())
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # or of no known encoding
        raise ProfilerError(f"{file}: not a VOC annotation ({error})") from error


def _objects(root: ElementTree.Element) -> list[ElementTree.Element]:
    return root.findall("object")


def _annotation(entry: ElementTree.Element, ids: dict[str, int], file: Path) -> Annotation:
    try:
        left, top, right, bottom = (
            float(_text(entry, f"bndbox/{edge}", file)) for edge in ("xmin", "ymin", "xmax", "ymax")
        )
    except ValueError as error:
        raise ProfilerError(f"{file}: {error}") from None
    if not all(math.isfinite(edge) for edge in (left, top, right, bottom)):
        raise ProfilerError(f"{file}: an edge of a bndbox is no finite number")
    width, height = right - left + 1, bottom - top + 1
    return {
        "category_id": ids[_text(entry, "name", file)],
        "bbox": [left - 1, top - 1, width, height],
        "area": width * height,
        "iscrowd": int(entry.findtext("difficult", "0").strip() == "1"),
    }


def _text(entry: ElementTree.Element, name: str, file: Path) -> str:
    text = entry.findtext(name)
    if text is None:
        raise ProfilerError(f"{file}: an object without {name}")
    return text.strip()
