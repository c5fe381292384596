# SPDX-License-Identifier: Apache-2.0
"""The image cases through the newer wheels, whose convert has a letterbox of its own instead of
rectangles: edgefirst-hal 0.28 (anti-aliased) and edgefirst-image 0.38 (plain bilinear)."""

from __future__ import annotations

from typing import Any, Callable

from inputs import FRAMES, GREY, MODEL, image_bytes

try:
    import edgefirst.image as ei  # type: ignore[import-not-found]

    FILTER = "bilinear"
except ImportError:
    import edgefirst_hal as ei

    FILTER = "antialias"

Call = Callable[[], object]
MEM = ei.TensorMemory.MEM


def image_of(size: str, pixel_format: str) -> Any:
    height, width = FRAMES[size]
    image = ei.Tensor.image(width, height, getattr(ei.PixelFormat, pixel_format), MEM, "readwrite")
    image.from_numpy(image_bytes(size, image.size / (height * width)).reshape(image.shape))
    return image


def check(filter: str) -> None:
    if filter != FILTER:
        raise TypeError(f"no {filter} filter")


def letterbox(source: str, target: str, dtype: str, filter: str, size: str = "1080p") -> Call:
    check(filter)
    processor, image = ei.ImageProcessor(), image_of(size, source)
    pixels = processor.create_image(MODEL, MODEL, getattr(ei.PixelFormat, target), dtype)
    pad = (GREY, GREY, GREY, 255)
    return lambda: processor.convert(image, pixels, letterbox=pad)


def resize(pixel_format: str, size: str, to: str, filter: str) -> Call:
    check(filter)
    processor, image = ei.ImageProcessor(), image_of(size, pixel_format)
    height, width = FRAMES[to]
    target = ei.Tensor.image(width, height, getattr(ei.PixelFormat, pixel_format), MEM)
    return lambda: processor.convert(image, target)


def recolor(source: str, target: str) -> Call:
    processor, image = ei.ImageProcessor(), image_of("1080p", source)
    height, width = FRAMES["1080p"]
    pixels = ei.Tensor.image(width, height, getattr(ei.PixelFormat, target), MEM)
    return lambda: processor.convert(image, pixels)


def rotate(pixel_format: str, angle: str) -> Call:
    processor, image = ei.ImageProcessor(), image_of("1080p", pixel_format)
    height, width = FRAMES["1080p"] if angle == "180" else FRAMES["1080p"][::-1]
    target = ei.Tensor.image(width, height, getattr(ei.PixelFormat, pixel_format), MEM)
    rotation = {"180": ei.Rotation.Rotate180, "90": ei.Rotation.Clockwise90}[angle]
    return lambda: processor.convert(image, target, rotation=rotation)
