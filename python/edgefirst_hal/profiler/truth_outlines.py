# SPDX-License-Identifier: Apache-2.0
"""Outlines of COCO files, checked for what pycocotools would raise at, crash or never return from.

Polygons are lists of coordinates; run lengths are {"size": [height, width], "counts": ...}, where
counts are a list, or text of six bits a character (cocoapi, maskApi.c, rleToString).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

Size = tuple[int, int]
"""Width, height."""

_SMALLEST = 6
LARGEST = 2**31 - 1
_FINITE = 1e300
"""Python's integers have no end, and comparing them with a float does not overflow."""


def outline(value: Any, declared: Size | None) -> Any | None:
    """In the form that pycocotools reads; None where there is none. Raises ValueError."""
    if value is None or value in ("", [], {}, [[]]):
        return None
    if isinstance(value, dict):
        return _run_lengths(value, declared)
    if not isinstance(value, list):
        raise ValueError("segmentation is neither polygons nor run lengths")
    if all(type(each) in (int, float) for each in value):
        value = [value]  # one polygon that is not in a list of its own
    kept = [each for each in value if each != []]
    for polygon in kept:
        count = len(numbers(polygon, "an outline"))
        if count < _SMALLEST or count % 2:
            raise ValueError(f"an outline has an even count from 6, not {count}")
    return kept or None


def fits(segmentation: Any, size: Size) -> bool:
    """Whether it can be an outline in that picture: pycocotools walks along every edge."""
    if isinstance(segmentation, dict):
        return bool(segmentation["size"] == [size[1], size[0]])
    reach = 2 * max(size)
    return all(-reach <= value <= 2 * reach for polygon in segmentation for value in polygon)


def corners_of(polygons: list[list[float]]) -> list[float]:
    """The box around them: left, top, width, height."""
    xs = [x for polygon in polygons for x in polygon[::2]]
    ys = [y for polygon in polygons for y in polygon[1::2]]
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def numbers(values: Any, what: str) -> list[float]:
    if not isinstance(values, list):
        raise ValueError(f"{what} is no list of numbers")
    for value in values:
        if type(value) not in (int, float) or not -_FINITE < value < _FINITE:
            raise ValueError(f"{what} holds what is no finite number")
    return values


def whole(value: Any, what: str) -> int:
    """Some tools write 3.0 for 3, and true for 1."""
    if not isinstance(value, (int, float)) or not (0 <= value <= LARGEST and value == int(value)):
        raise ValueError(f"{what} is no whole number from 0 to {LARGEST}")
    return int(value)


def _run_lengths(value: dict[str, Any], declared: Size | None) -> dict[str, Any]:
    counts, size = value.get("counts"), value.get("size")
    if not isinstance(counts, (list, str)):
        raise ValueError("run lengths have counts, a list or a text")
    if isinstance(counts, list):
        runs = [whole(count, "a run length") for count in counts]
    else:
        runs = list(_unpacked(counts))
    if size is None and declared is not None:
        size = [declared[1], declared[0]]
    if not isinstance(size, list) or len(size) != 2:
        raise ValueError("run lengths have a size of two numbers")
    extents = [whole(extent, "a size of run lengths") for extent in size]
    if sum(runs) != math.prod(extents) or not runs:
        raise ValueError("the run lengths do not fill their size")
    return {"size": extents, "counts": counts if isinstance(counts, str) else runs}


def _unpacked(text: str) -> Iterator[int]:
    """Five bits a character, low ones first; from the fourth, differences to the last but one."""
    before: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 30:
            raise ValueError("the text of run lengths holds other characters")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        if len(before) > 2:
            value += before[-2]
        if value < 0:
            raise ValueError("a run length is negative")
        before.append(value)
        yield value
        value = shift = 0
    if shift:
        raise ValueError("the text of run lengths is cut off")
