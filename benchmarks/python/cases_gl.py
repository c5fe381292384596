# SPDX-License-Identifier: Apache-2.0
"""The cases on OpenGL through edgefirst_hal, this tree's and the published wheels': images in pixel
buffers, one map of the result included. Processor time of all threads, those of a driver that
renders on the CPU too: it depends less on what else runs than the wall clock."""

from __future__ import annotations

import os
from time import process_time as clock  # noqa: F401
from typing import Any, Callable

import edgefirst_hal as ef
import numpy as np
from inputs import (
    FRAME,
    GREY,
    IOU,
    MODEL,
    SCORE,
    content_rows,
    image_bytes,
    instance_masks,
    segmentation_output,
)

RGBA = ef.PixelFormat.Rgba
COUNT = 8  # objects drawn
ANCHORS = 2100  # few, so that decoding them takes little of the time of drawing
Call = Callable[[], object]


def driver() -> Any:
    """A processor whose images are pixel buffers."""
    processor = ef.ImageProcessor()
    if processor.create_image(4, 4, RGBA).memory != ef.TensorMemory.PBO:
        raise RuntimeError("OpenGL offers no pixel buffers here")
    return processor


def usable() -> Call:
    driver()
    return lambda: None


def image_of(processor: Any, height: int, width: int, pixel_format: Any) -> Any:
    image = processor.create_image(width, height, pixel_format)
    image.from_numpy(np.resize(image_bytes("1080p", 4), image.shape))
    return image


def map_once(image: Any) -> None:
    """Ended by dropping the map: after unmap() the wheel unmaps a pixel buffer once more when it
    drops the map, and its next request finds that error and fails."""
    image.map()


def bytes_of(image: Any) -> Any:
    return np.array(memoryview(image.map())).ravel()


def letterbox(source: str, filter: str) -> Call:
    """The filter of the wheels is the plain one on OpenGL."""
    has_filters = hasattr(ef, "Filter")
    if filter != "bilinear" and not has_filters:
        raise TypeError(f"no {filter} filter on OpenGL")
    processor = driver()
    image = image_of(processor, *FRAME, getattr(ef.PixelFormat, source))
    pixels = processor.create_image(MODEL, MODEL, RGBA)
    rows = content_rows("1080p")
    options: dict[str, Any] = {
        "dst_crop": ef.Rect(0, rows.start, MODEL, rows.stop - rows.start),
        "dst_color": [GREY, GREY, GREY, 255],
    }
    if has_filters:
        options["filter"] = getattr(ef.Filter, filter.capitalize())

    def call() -> None:
        processor.convert(image, pixels, **options)
        map_once(pixels)

    return call


def background_of(processor: Any, memory: str) -> Any:
    if memory == "pbo":
        return image_of(processor, MODEL, MODEL, RGBA)
    image = ef.Tensor.image(MODEL, MODEL, RGBA, ef.TensorMemory.MEM)
    image.from_numpy(np.resize(image_bytes("1080p", 4), image.shape))
    return image


def draw_masks(memory: str) -> Call:
    """Frames and masks of eight instances over a background in that memory."""
    processor = driver()
    background = background_of(processor, memory)
    canvas = processor.create_image(MODEL, MODEL, RGBA)
    boxes, masks = instance_masks(COUNT)
    scores, classes = np.full(COUNT, 0.9, np.float32), np.arange(COUNT, dtype=np.uint64)

    def call() -> None:
        processor.draw_decoded_masks(
            canvas, boxes, scores, classes, seg=masks, background=background
        )
        map_once(canvas)

    return call


def quantized(array: Any) -> tuple[Any, float]:
    """int8 values and what one of them is worth."""
    scale = float(np.abs(array).max()) / 127
    return np.round(array / scale).astype(np.int8), scale


def draw_protos_int8(logits: str) -> Call:
    """As draw_protos, all int8; ours makes the logits on the CPU or by compute shader. The wheel
    0.24.2 returns the boxes and leaves the picture alone."""
    os.environ["EDGEFIRST_PROTO_COMPUTE"] = "1" if logits == "compute" else "0"
    return draw_protos("heap", quantized)


def draw_protos(
    memory: str, prepare: Callable[[Any], tuple[Any, float]] = lambda array: (array, 0.0)
) -> Call:
    """Decodes a small output and draws its eight objects straight from the prototypes."""
    processor = driver()
    background = background_of(processor, memory)
    canvas = processor.create_image(MODEL, MODEL, RGBA)
    table, protos = segmentation_output(COUNT)
    outputs = []
    for array in (np.ascontiguousarray(table[..., :ANCHORS]), protos):
        values, scale = prepare(array)
        tensor = ef.Tensor(list(values.shape), values.dtype.name, ef.TensorMemory.MEM)
        tensor.from_numpy(values)
        if scale != 0:
            tensor.set_quantization_per_tensor(scale, 0)
        outputs.append(tensor)
    config = {
        "outputs": [
            {"type": "detection", "shape": [1, 116, ANCHORS], "normalized": True},
            {"type": "protos", "shape": [1, 160, 160, 32]},
        ]
    }
    decoder = ef.Decoder(config, SCORE, IOU)

    def call() -> int:
        boxes = processor.draw_masks(decoder, outputs, canvas, background=background)[0]
        map_once(canvas)
        return len(boxes)

    assert call() == COUNT
    if np.array_equal(bytes_of(canvas), bytes_of(background)):
        raise TypeError("draws nothing")
    return call
