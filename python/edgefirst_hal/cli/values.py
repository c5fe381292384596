# SPDX-License-Identifier: Apache-2.0
"""Types of arguments: text becomes a checked value, or argparse says what was expected."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

_LARGEST_SIDE = 16384

T = TypeVar("T", int, float)


def integer(low: int, high: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        value = _number(int, text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not within {low}...{high}")
        return value

    return convert


def fraction(text: str) -> float:
    value = _number(float, text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not within 0...1")
    return value


def rate(text: str) -> float:
    value = _number(float, text)
    if not (math.isfinite(value) and 0.001 <= value <= 1e6):
        raise argparse.ArgumentTypeError(f"{text} is not within 0.001...1000000")
    return value


def size(text: str) -> tuple[int, int]:
    """WxH or one side; the result is height, width."""
    sides = [integer(1, _LARGEST_SIDE)(side) for side in text.lower().split("x")]
    if len(sides) > 2:
        raise argparse.ArgumentTypeError(f"'{text}' is not WxH")
    return sides[-1], sides[0]


def _number(kind: type[T], text: str) -> T:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None


def named_integer(names: Sequence[str], low: int, high: int) -> Callable[[str], tuple[str, int]]:
    """NAME=N with one of the names."""

    def convert(text: str) -> tuple[str, int]:
        name, equals, number = text.partition("=")
        if not equals or name not in names:
            raise argparse.ArgumentTypeError(
                f"'{text}' is not NAME=N with one of {', '.join(names)}"
            )
        return name, integer(low, high)(number)

    return convert
