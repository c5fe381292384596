# SPDX-License-Identifier: Apache-2.0
"""Every call of ImageProcessor that is refused raises its class and leaves dst's bytes alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import noise

MEM = ef.TensorMemory.MEM
FORMATS = list(ef.PixelFormat.__members__.values())
PAINTED = (ef.PixelFormat.Rgb, ef.PixelFormat.Rgba, ef.PixelFormat.Bgra)
WIDTH, HEIGHT = 12, 10
HUGE = 2**64 - 1

OUTSIDE = [
    (0, 0, WIDTH + 1, HEIGHT),
    (1, 0, WIDTH, HEIGHT),
    (0, 1, WIDTH, HEIGHT),
    (0, HEIGHT, 1, 1),
    (WIDTH, 0, 1, 1),
    (HUGE, 0, 2, 2),
    (0, 2, 2, HUGE),
    (HUGE, HUGE, HUGE, HUGE),
]
Arguments = dict[str, Any]
Spoil = Callable[[Arguments], object]


@pytest.fixture(scope="module")
def processor() -> ef.ImageProcessor:
    return ef.ImageProcessor(backend="cpu")


def image(pixel_format: ef.PixelFormat, dtype: str = "uint8") -> ef.Tensor:
    return ef.Tensor.image(WIDTH, HEIGHT, pixel_format, MEM, dtype)


def memory_of(tensor: ef.Tensor) -> Any:
    """The tensor's bytes, to read and to fill."""
    array = np.asarray(tensor.map())
    memory = array.reshape(-1).view(np.uint8)
    assert np.shares_memory(array, memory)
    return memory


def refused(error: type[Exception], dst: ef.Tensor, call: Callable[[], object]) -> None:
    memory = memory_of(dst)
    memory[...] = noise(5, memory.size)
    before = memory.copy()
    with pytest.raises(error) as caught:
        call()
    assert isinstance(caught.value, (RuntimeError, TypeError, ValueError, OverflowError))
    assert np.array_equal(memory, before)


def put(key: str, value: Any) -> Spoil:
    return lambda arguments: arguments.update({key: value})


CONVERSIONS: list[tuple[type[Exception], Spoil]] = [
    *((ef.InvalidRectError, put("src_crop", ef.Rect(*rect))) for rect in OUTSIDE),
    *((ef.InvalidRectError, put("dst_crop", ef.Rect(*rect))) for rect in OUTSIDE),
    (ef.NotAnImageError, put("src", ef.Tensor([HEIGHT, WIDTH, 3], "uint8", MEM))),
    *(
        (ef.NotSupportedError, put("src", image(ef.PixelFormat.Rgb, dtype)))
        for dtype in ("int8", "uint16", "float16", "float32", "float64")
    ),
    (ef.AliasedBuffersError, lambda a: a.update(src=a["dst"])),
    (TypeError, put("rotation", 1)),
    (TypeError, put("flip", 4)),
    (TypeError, put("filter", 7)),
    (TypeError, put("src", None)),
    (TypeError, put("dst_crop", (0, 0, 2, 2))),
    (ValueError, put("dst_color", (1, 2, 3))),
    (OverflowError, put("dst_color", (1, 2, 3, 256))),
    (ValueError, put("scale", (1.0, 2.0))),
    (ValueError, put("offset", (1.0, 2.0, 3.0, 4.0, 5.0))),
    (ef.InvalidArgumentError, put("scale", math.nan)),
    (ef.InvalidArgumentError, put("offset", (0.0, math.inf, 0.0))),
]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "float16", "float32"])
@pytest.mark.parametrize("pixel_format", FORMATS, ids=lambda f: f.name)
def test_refused_conversions_leave_the_destination_alone(
    processor: ef.ImageProcessor, pixel_format: ef.PixelFormat, dtype: str
) -> None:
    for error, spoil in CONVERSIONS:
        dst = image(pixel_format, dtype)
        arguments: Arguments = {"src": image(ef.PixelFormat.Rgb), "dst": dst}
        arguments["dst_color"] = (1, 2, 3, 4)
        spoil(arguments)
        refused(error, dst, lambda arguments=arguments: processor.convert(**arguments))


@pytest.mark.parametrize("dtype", ["uint32", "int32", "uint64", "int64", "float64"])
def test_element_types_that_convert_does_not_write(
    processor: ef.ImageProcessor, dtype: str
) -> None:
    src, dst = image(ef.PixelFormat.Rgb), image(ef.PixelFormat.Rgb, dtype)
    refused(ef.NotSupportedError, dst, lambda: processor.convert(src, dst))


def test_a_destination_without_format(processor: ef.ImageProcessor) -> None:
    src, dst = image(ef.PixelFormat.Rgb), ef.Tensor([HEIGHT, WIDTH, 3], "uint8", MEM)
    refused(ef.NotAnImageError, dst, lambda: processor.convert(src, dst))


BOX = np.array([[0.2, 0.2, 0.8, 0.8]], np.float32)
SCORE, LABEL = np.array([0.9], np.float32), np.array([0], np.uint64)
MASK = np.full((1, 1, 1), 255, np.uint8)
TRACK = ef.TrackInfo("12345678123456781234567812345678", [0.2, 0.2, 0.8, 0.8], 1, 0, 0)
NAN = float("nan")

DRAWINGS: list[tuple[type[Exception], Spoil]] = [
    (ef.NotAnImageError, put("background", ef.Tensor([HEIGHT, WIDTH, 3], "uint8", MEM))),
    (ef.InvalidShapeError, put("background", image(ef.PixelFormat.Grey))),
    (ef.InvalidShapeError, put("background", ef.Tensor.image(4, 4, ef.PixelFormat.Rgb, MEM))),
    (ef.AliasedBuffersError, lambda a: a.update(background=a["dst"])),
    (ef.InvalidArgumentError, put("letterbox", (0.0, 0.0, NAN, 1.0))),
    (ValueError, put("letterbox", (0.0, 0.0, 1.0))),
    (ef.InvalidShapeError, put("seg", [MASK, MASK])),
    (ef.InvalidShapeError, put("seg", [MASK[..., :0]])),
    (ef.InvalidShapeError, put("seg", np.zeros((1, 4, 4, 0), np.uint8))),
    (ef.InvalidShapeError, put("tracks", [TRACK, TRACK])),
    (ef.InvalidShapeError, put("bbox", BOX[:, :3])),
    (ef.InvalidShapeError, put("scores", np.repeat(SCORE, 2))),
    (ef.InvalidShapeError, put("classes", np.repeat(LABEL, 2))),
    (TypeError, put("bbox", BOX.tolist())),
    (TypeError, put("bbox", BOX.astype(np.float64))),
    (TypeError, put("classes", LABEL.astype(np.int32))),
    (TypeError, put("seg", [MASK.astype(np.float32)])),
    (TypeError, put("seg", [MASK[0, 0]])),
    (TypeError, put("seg", None)),
    (TypeError, put("color_mode", 1)),
    (TypeError, put("labels", 2)),
]


@pytest.mark.parametrize("pixel_format", PAINTED, ids=lambda f: f.name)
def test_refused_drawings_leave_the_destination_alone(
    processor: ef.ImageProcessor, pixel_format: ef.PixelFormat
) -> None:
    for error, spoil in DRAWINGS:
        dst = image(pixel_format)
        arguments: Arguments = {"dst": dst, "bbox": BOX, "scores": SCORE, "classes": LABEL}
        arguments["seg"] = [MASK]
        spoil(arguments)
        refused(error, dst, lambda arguments=arguments: processor.draw_decoded_masks(**arguments))


def test_formats_and_element_types_that_cannot_be_painted(processor: ef.ImageProcessor) -> None:
    for pixel_format in FORMATS:
        for dtype in ("uint8", "int8", "float32"):
            if pixel_format in PAINTED and dtype == "uint8":
                continue
            dst = image(pixel_format, dtype)
            refused(
                ef.NotSupportedError,
                dst,
                lambda dst=dst: processor.draw_decoded_masks(dst, BOX, SCORE, LABEL),
            )
