# SPDX-License-Identifier: Apache-2.0
"""Conversions that this tree and the published 0.24.2 wheel both offer, and how to run one.

Runs in the environment of either; nothing here knows which one it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import edgefirst_hal as ef
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Rectangle = tuple[int, int, int, int]
"""left, top, width, height"""

COLOR = (200, 100, 50, 25)
EVERY = ("Rgb", "Rgba", "Bgra", "Grey", "Yuyv", "Nv16", "PlanarRgb", "PlanarRgba")
PACKED = ("Rgb", "Rgba", "Bgra")
# What the wheel converts: the table of the contract, 57 of 100 pairs.
PAIRS: dict[str, tuple[str, ...]] = {
    "Rgb": EVERY,
    "Rgba": EVERY,
    "Bgra": ("Bgra",),
    "Grey": EVERY,
    "Yuyv": EVERY,
    "Vyuy": tuple("Vyuy" if name == "Yuyv" else name for name in EVERY),
    "Nv12": EVERY,
    "Nv16": PACKED,
    "PlanarRgb": PACKED,
    "PlanarRgba": PACKED,
}
YUV = ("Yuyv", "Vyuy", "Nv12", "Nv16")
SOURCE = (64, 48)


@dataclass(frozen=True)
class Geometry:
    """Where the pixels of a source of 64 x 48 go."""

    name: str
    size: tuple[int, int] = SOURCE
    source: Rectangle | None = None
    place: Rectangle | None = None
    fills: bool = False
    turn: int = 0
    flip: int = 0

    def resizes(self) -> bool:
        sizes = [self.source[2:] if self.source else SOURCE]
        sizes.append(self.place[2:] if self.place else self.size)
        return sizes[0] != (sizes[1][::-1] if self.turn % 2 else sizes[1])

    def is_plain(self) -> bool:
        """Pixels correspond in order."""
        return not self.resizes() and self.turn == 0 and self.flip == 0


GEOMETRIES = (
    Geometry("same size"),
    Geometry("shrink", (40, 30)),
    Geometry("shrink much", (16, 10)),
    Geometry("grow", (96, 70)),
    Geometry("crop", (32, 24), source=(16, 8, 32, 24)),
    Geometry("crop and resize", (40, 40), source=(16, 8, 32, 24)),
    Geometry("letterbox", (80, 80), place=(0, 10, 80, 60), fills=True),
    Geometry("letterbox same size", (80, 60), place=(8, 6, 64, 48), fills=True),
    Geometry("part kept", (80, 60), place=(8, 6, 48, 36)),
    Geometry("clockwise", (48, 64), turn=1),
    Geometry("half turn", (40, 30), turn=2),
    Geometry("counterclockwise", (30, 40), turn=3),
    Geometry("mirror", flip=2),
    Geometry("upside down", (40, 30), flip=1),
    Geometry("turned mirror, square", (40, 40), turn=1, flip=2),
    Geometry("turned mirror", (48, 64), turn=1, flip=2),
    Geometry("turned part kept", (80, 60), place=(8, 6, 36, 48), turn=1),
)


@dataclass(frozen=True)
class Conversion:
    source: str
    target: str
    dtype: str
    geometry: Geometry
    content: str

    @property
    def name(self) -> str:
        parts = (self.source, self.target, self.dtype, self.geometry.name, self.content)
        return " ".join(parts)


def conversions() -> list[Conversion]:
    return [
        Conversion(source, target, dtype, geometry, content)
        for source, targets in PAIRS.items()
        for target, geometry, content in product(targets, GEOMETRIES, ("noise", "waves"))
        for dtype in (("uint8", "int8") if content == "waves" else ("uint8",))
    ]


def samples(content: str, pixel_format: str, shape: list[int], seed: int) -> U8:
    """Waves of YUV stay inside the RGB cube, noise does not."""
    if content == "noise":
        return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    height = 25 if pixel_format in YUV else 100
    grid = np.indices(shape).reshape(len(shape), -1).astype(np.float64)
    phases = np.array([11.0, 7.0, 3.0])[: len(shape), None] + seed % 5
    waves = 127.5 + height * np.sin(grid / phases).prod(axis=0)
    return waves.round().astype(np.uint8).reshape(shape)


@cache
def processor() -> Any:
    return ef.ImageProcessor()


def image(size: tuple[int, int], pixel_format: str, content: str, seed: int, dtype: str) -> Any:
    tensor = processor().create_image(*size, getattr(ef.PixelFormat, pixel_format), dtype)
    with tensor.map() as view:
        array = np.asarray(view)
        array[...] = samples(content, pixel_format, list(array.shape), seed).view(array.dtype)
    return tensor


def background(case: Conversion, shape: list[int]) -> U8:
    """What the destination holds before."""
    return samples("noise", case.target, shape, 2)


def run(case: Conversion) -> U8:
    """The bytes of the destination."""
    geometry = case.geometry
    turn = list((ef.Rotation.Rotate0, ef.Rotation.Clockwise90, ef.Rotation.Rotate180))
    turn.append(ef.Rotation.CounterClockwise90)
    flip = (ef.Flip.NoFlip, ef.Flip.Vertical, ef.Flip.Horizontal)[geometry.flip]
    options: dict[str, Any] = {}
    if geometry.source:
        options["src_crop"] = ef.Rect(*geometry.source)
    if geometry.place:
        options["dst_crop"] = ef.Rect(*geometry.place)
    if geometry.fills:
        options["dst_color"] = list(COLOR)
    src = image(SOURCE, case.source, case.content, 1, "uint8")
    dst = image(geometry.size, case.target, "noise", 2, case.dtype)
    processor().convert(src, dst, turn[geometry.turn], flip, **options)
    with dst.map() as view:
        return np.array(view).view(np.uint8)
