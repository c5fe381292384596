# SPDX-License-Identifier: Apache-2.0
"""Ground truth as YOLO text files: a line an object, class and fractions of the picture.

Four fractions are centre and extent of a box, six or more the corners of an outline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Annotation, BoxTruth, ByName

_SMALLEST_OUTLINE = 6
_LARGEST_CLASS = 2**31 - 1


def read(folder: Path, files: Sequence[Path]) -> BoxTruth:
    """Every file is read here already, so that what is damaged is told before the run.

    Raises ProfilerError.
    """
    names = ByName((file.relative_to(folder).as_posix(), file) for file in files)
    has_masks = False
    for file in files:
        has_masks |= any("segmentation" in known for known in read_objects(file, (1, 1)))
    return BoxTruth(f"YOLO, {len(names)} pictures", names, has_masks, read_objects)


def read_objects(file: Path, size: tuple[int, int]) -> list[Annotation]:
    """Raises ProfilerError for lines of another form, OSError."""
    objects = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ProfilerError(f"{file}: not a text in UTF-8 (byte {error.start})") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                objects.append(_object(line.split(), size))
            except ValueError as error:
                raise ProfilerError(f"{file}, line {number}: {error}") from None
    return objects


def _object(words: Sequence[str], size: tuple[int, int]) -> Annotation:
    index, values = _class_index(words[0]), [_number(word) for word in words[1:]]
    scaled = [value * size[i % 2] for i, value in enumerate(values)]
    if len(values) == 4:
        x, y, width, height = scaled
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
        raise ValueError(f"the class is a whole number from 0 to {_LARGEST_CLASS}, not {word:.40}")
    return int(value)


def _number(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise ValueError(f"{word:.40} is no finite number")
    return value
