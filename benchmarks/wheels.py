# SPDX-License-Identifier: Apache-2.0
"""Times a few calls of the installed edgefirst_hal on one thread: run it with the Python of every
environment whose wheels are to be compared, in turns.

    .venv/bin/python benchmarks/wheels.py
    build/portable-x86_64/venv/bin/python benchmarks/wheels.py
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ["EDGEFIRST_THREADS"] = "1"

import edgefirst_hal as ef
import numpy as np

ROUNDS = 30
ANCHORS = 8400


def image(width: int, height: int, pixel_format: ef.PixelFormat, dtype: str = "uint8") -> ef.Tensor:
    return ef.Tensor.image(width, height, pixel_format, ef.TensorMemory.MEM, dtype)


def photo() -> ef.Tensor:
    y, x = np.mgrid[0:1080, 0:1920]
    ramps = np.stack([x % 256, y % 256, (x + y) % 256], -1)
    noise = np.random.default_rng(1).integers(-20, 20, ramps.shape)
    result = image(1920, 1080, ef.PixelFormat.Rgb)
    result.from_numpy(np.clip(ramps + noise, 0, 255).astype(np.uint8))
    return result


def yolo() -> tuple[ef.Decoder, ef.Tensor]:
    dims = [["batch", 1], ["num_features", 84], ["num_boxes", ANCHORS]]
    output = {"type": "detection", "shape": [1, 84, ANCHORS], "dshape": dims}
    scores = np.zeros((1, 84, ANCHORS), np.float32)
    scores[0, 4:] = np.random.default_rng(2).random((80, ANCHORS)) * 0.2
    return ef.Decoder({"outputs": [output]}, 0.25, 0.7), ef.Tensor.wrap(scores)


def calls() -> dict[str, Callable[[], object]]:
    picture, nv12 = photo(), image(1920, 1080, ef.PixelFormat.Nv12)
    data = picture.encode_jpeg(88)
    target = image(1920, 1080, ef.PixelFormat.Rgb)
    rgb = image(640, 640, ef.PixelFormat.Rgb)
    planes = image(640, 640, ef.PixelFormat.PlanarRgb, "float32")
    processor = ef.ImageProcessor(backend="cpu")
    decoder, outputs = yolo()
    return {
        "decode a JPEG, 1080p": lambda: target.decode_image(data),
        "encode a JPEG, 1080p": lambda: picture.encode_jpeg(88),
        "1080p RGB to 640 x 640": lambda: processor.convert(picture, rgb),
        "1080p RGB to float planes": lambda: processor.convert(picture, planes),
        "1080p NV12 to 640 x 640": lambda: processor.convert(nv12, rgb),
        "YOLOv8, 8400 anchors": lambda: decoder.decode([outputs]),
    }


def best(call: Callable[[], object]) -> float:
    """Milliseconds of the fastest round."""
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


if __name__ == "__main__":
    print(ef.build_info())
    for name, call in calls().items():
        print(f"{best(call):8.2f} ms  {name}")
