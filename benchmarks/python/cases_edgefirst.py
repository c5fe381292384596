# SPDX-License-Identifier: Apache-2.0
"""The cases through edgefirst_hal: this tree's and the published wheels', which share the API."""

from __future__ import annotations

from typing import Any, Callable

import edgefirst_hal as ef
import numpy as np
from inputs import (
    ANCHORS,
    FRAME,
    IOU,
    MODEL,
    SCORE,
    hailo_output,
    jpeg_bytes,
    moving_boxes,
    picture,
    yolo_output,
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


def call() -> None:
        with tensor.map():
            pass

    return call


def normalize_float32() -> Call:
    image = ef.Tensor.image(MODEL, MODEL, RGB, MEM)
    target = np.empty((MODEL, MODEL, 3), np.float32)
    return lambda: image.normalize_to_numpy(target, ef.Normalization.UNSIGNED)


def decode_jpeg() -> Call:
    data = jpeg_bytes()
    tensor = ef.Tensor.image(FRAME[1], FRAME[0], RGB, MEM)
    return lambda: tensor.decode_image(data, RGB)


def save_jpeg() -> Call:
    image = frame_image()
    return lambda: image.save_jpeg("/dev/shm/edgefirst_bench.jpg", 80)


def resize_rgb() -> Call:
    processor, image = ef.ImageProcessor(), frame_image()
    target = processor.create_image(MODEL, MODEL, RGB)
    return lambda: processor.convert(image, target)


def nv12_to_rgb() -> Call:
    processor, image = ef.ImageProcessor(), frame_image(ef.PixelFormat.Nv12)
    target = processor.create_image(MODEL, MODEL, RGB)
    return lambda: processor.convert(image, target)


def yolo_decoder() -> Any:
    config = {"outputs": [{"type": "detection", "shape": [1, 84, ANCHORS], "normalized": True}]}
    return ef.Decoder(config, SCORE, IOU)


def decode_yolo_float32() -> Call:
    decoder, outputs = yolo_decoder(), [filled(yolo_output())]
    return lambda: decoder.decode(outputs)


def decode_yolo_int8() -> Call:
    output = {"type": "detection", "shape": [1, 84, ANCHORS], "normalized": True}
    decoder = ef.Decoder({"outputs": [{**output, "quantization": [1 / 256, -128]}]}, SCORE, IOU)
    table = (yolo_output() * 256 - 128).clip(-128, 127).astype(np.int8)
    outputs = [filled(table)]
    return lambda: decoder.decode(outputs)


def track_100_boxes() -> Call:
    frames, tracker = moving_boxes(), ef.ByteTrack()
    clock = iter(range(1 << 40))

    def call() -> None:
        for boxes, scores, labels in frames:
            tracker.update(boxes, scores, labels, next(clock) * 33_000_000)

    return call
