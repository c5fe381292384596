# SPDX-License-Identifier: Apache-2.0
"""The cases through edgefirst_hal: this tree's and the published wheels', which share the API."""

from __future__ import annotations

from typing import Any, Callable

import edgefirst_hal as ef
import numpy as np
from cases_decoder import (  # noqa: F401
    decode_per_scale_int8,
    decode_segmentation_float32,
    decode_segmentation_int8,
    decode_yolo_float32,
    decode_yolo_float32_all,
    decode_yolo_int8,
    track_100_boxes,
    track_300_boxes,
    track_2000_boxes,
)
from inputs import (
    ANCHORS,
    FRAME,
    FRAMES,
    GREY,
    IOU,
    MODEL,
    SCORE,
    content_rows,
    hailo_output,
    image_bytes,
    jpeg_bytes,
    lossless_jpeg_bytes,
    picture,
    png_bytes,
    segmentation_output,
)

MEM = ef.TensorMemory.MEM
RGB = ef.PixelFormat.Rgb
Call = Callable[[], object]


def filled(array: Any) -> Any:
    tensor = ef.Tensor(list(array.shape), array.dtype.name, MEM)
    tensor.from_numpy(array)
    return tensor


def frame_image(pixel_format: Any = RGB) -> Any:
    height, width = FRAME
    image = ef.Tensor.image(width, height, pixel_format, MEM)
    size = image.shape
    image.from_numpy(np.resize(picture(height, width), size))
    return image


def from_numpy_contiguous() -> Call:
    array = np.ascontiguousarray(hailo_output())
    tensor = ef.Tensor(list(array.shape), "float32", MEM)
    return lambda: tensor.from_numpy(array)


def from_numpy_transposed() -> Call:
    array = hailo_output()
    tensor = ef.Tensor(list(array.shape), "float32", MEM)
    return lambda: tensor.from_numpy(array)


def map_and_unmap(memory: Any) -> Call:
    """A thousand times, so that calling the case does not count."""
    tensor = ef.Tensor([MODEL, MODEL, 3], "uint8", memory)

    def call() -> None:
        for _ in range(1000):
            tensor.map().unmap()

    return call


def map_and_unmap_heap() -> Call:
    return map_and_unmap(MEM)


def map_and_unmap_shared() -> Call:
    return map_and_unmap(ef.TensorMemory.SHM)


def normalize_float32() -> Call:
    image = ef.Tensor.image(MODEL, MODEL, RGB, MEM)
    target = np.empty((MODEL, MODEL, 3), np.float32)
    return lambda: image.normalize_to_numpy(target, ef.Normalization.UNSIGNED)


def decode_jpeg() -> Call:
    data = jpeg_bytes()
    tensor = ef.Tensor.image(FRAME[1], FRAME[0], RGB, MEM)
    return lambda: tensor.decode_image(data, RGB)


def decode_lossless_jpeg() -> Call:
    data = lossless_jpeg_bytes()
    tensor = ef.Tensor.image(FRAME[1], FRAME[0], RGB, MEM)
    return lambda: tensor.decode_image(data, RGB)


def decode_png() -> Call:
    data = png_bytes()
    tensor = ef.Tensor.image(FRAME[1], FRAME[0], RGB, MEM)
    return lambda: tensor.decode_image(data, RGB)


def save_jpeg() -> Call:
    image = frame_image()
    return lambda: image.save_jpeg("/dev/shm/edgefirst_bench.jpg", 80)


def image_of(size: str, pixel_format: str) -> Any:
    height, width = FRAMES[size]
    image = ef.Tensor.image(width, height, getattr(ef.PixelFormat, pixel_format), MEM)
    image.from_numpy(image_bytes(size, image.size / (height * width)).reshape(image.shape))
    return image


def filter_options(name: str) -> dict[str, Any]:
    """The published wheels have their one filter only, which is the anti-aliased one."""
    return {} if name == "antialias" else {"filter": getattr(ef.Filter, name.capitalize())}


def letterbox(source: str, target: str, dtype: str, filter: str, size: str = "1080p") -> Call:
    """From a camera frame to the input of a model."""
    processor, image = ef.ImageProcessor(), image_of(size, source)
    rows = content_rows(size)
    options = filter_options(filter)
    options["dst_crop"] = ef.Rect(0, rows.start, MODEL, rows.stop - rows.start)
    options["dst_color"] = [GREY, GREY, GREY, 255]
    pixels = processor.create_image(MODEL, MODEL, getattr(ef.PixelFormat, target), dtype)
    try:
        processor.convert(image, pixels, **options)
    except RuntimeError:  # a wheel without float outputs: its users scale with NumPy
        assert dtype == "float32"
        pixels = processor.create_image(MODEL, MODEL, getattr(ef.PixelFormat, target))
        view = np.asarray(pixels.map())
        floats = np.empty(view.shape, np.float32)

        def call() -> None:
            processor.convert(image, pixels, **options)
            np.multiply(view, np.float32(1 / 255), out=floats, casting="unsafe")

        return call
    return lambda: processor.convert(image, pixels, **options)


def resize(pixel_format: str, size: str, to: str, filter: str) -> Call:
    processor, image = ef.ImageProcessor(), image_of(size, pixel_format)
    height, width = FRAMES[to]
    target = ef.Tensor.image(width, height, getattr(ef.PixelFormat, pixel_format), MEM)
    options = filter_options(filter)
    return lambda: processor.convert(image, target, **options)


def recolor(source: str, target: str) -> Call:
    processor, image = ef.ImageProcessor(), image_of("1080p", source)
    pixels = ef.Tensor.image(FRAME[1], FRAME[0], getattr(ef.PixelFormat, target), MEM)
    return lambda: processor.convert(image, pixels)


def rotate(pixel_format: str, angle: str) -> Call:
    processor, image = ef.ImageProcessor(), image_of("1080p", pixel_format)
    height, width = FRAME if angle == "180" else FRAME[::-1]
    target = ef.Tensor.image(width, height, getattr(ef.PixelFormat, pixel_format), MEM)
    rotation = ef.Rotation.degrees_clockwise(int(angle))
    return lambda: processor.convert(image, target, rotation)


def segmentation_decoder() -> Any:
    config = {
        "outputs": [
            {"type": "detection", "shape": [1, 116, ANCHORS], "normalized": True},
            {"type": "protos", "shape": [1, 160, 160, 32]},
        ]
    }
    return ef.Decoder(config, SCORE, IOU)


def masks_scaled() -> Call:
    processor, outputs = ef.ImageProcessor(), [filled(o) for o in segmentation_output()]
    boxes, scores, classes, protos = segmentation_decoder().decode_proto(outputs)
    size = ef.MaskResolution.Scaled(FRAME[1], FRAME[0])
    assert len(boxes) == 40
    return lambda: processor.materialize_masks(boxes, scores, classes, protos, resolution=size)


def draw_masks(*tracked: str) -> Call:
    """Decode and draw forty objects on a 720p picture."""
    processor, outputs = ef.ImageProcessor(), [filled(o) for o in segmentation_output()]
    decoder, canvas = segmentation_decoder(), image_of("720p", "Rgba")
    background = image_of("720p", "Rgba")
    if not tracked:
        return lambda: processor.draw_masks(decoder, outputs, canvas, background=background)
    tracker, clock = ef.ByteTrack(), iter(range(1 << 40))

    def call() -> None:
        now = next(clock) * 33_000_000
        processor.draw_masks(decoder, outputs, canvas, tracker, now, background=background)

    return call
