# SPDX-License-Identifier: Apache-2.0
"""The same cases through NumPy, OpenCV, simplejpeg and Pillow, as their users would write them.

A case that a library does not offer is left out; the runner then skips it and says so.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
from inputs import (
    F32,
    FRAME,
    FRAMES,
    GREY,
    IOU,
    MODEL,
    SCORE,
    U8,
    content_rows,
    hailo_output,
    image_bytes,
    jpeg_bytes,
    lossless_jpeg_bytes,
    picture,
    png_bytes,
    yolo_output,
)

Call = Callable[[], object]


def numpy_from_numpy_contiguous() -> Call:
    array = np.ascontiguousarray(hailo_output())
    target = np.empty_like(array)
    return lambda: np.copyto(target, array)


def numpy_from_numpy_transposed() -> Call:
    array = hailo_output()
    target = np.empty(array.shape, np.float32)
    return lambda: np.copyto(target, array)


def opencv_from_numpy_transposed() -> Call:
    import cv2

    array = np.ascontiguousarray(hailo_output()[0].T)
    target = np.empty((array.shape[1], array.shape[0]), np.float32)
    return lambda: cv2.transpose(array, target)


def numpy_normalize_float32() -> Call:
    image = picture(MODEL, MODEL)
    target = np.empty(image.shape, np.float32)
    return lambda: np.multiply(image, np.float32(1 / 255), out=target, casting="unsafe")


def opencv_decode_jpeg() -> Call:
    import cv2

    data = np.frombuffer(jpeg_bytes(), np.uint8)
    return lambda: cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def simplejpeg_decode_jpeg() -> Call:
    import simplejpeg

    data = jpeg_bytes()
    target = np.empty((*FRAME, 3), np.uint8)
    return lambda: simplejpeg.decode_jpeg(data, "RGB", buffer=target)


def imagecodecs_decode_lossless_jpeg() -> Call:
    """libjpeg-turbo 3 without its headers."""
    import imagecodecs

    data = lossless_jpeg_bytes()
    target = np.empty((*FRAME, 3), np.uint8)
    return lambda: imagecodecs.jpeg8_decode(data, out=target)


def opencv_decode_png() -> Call:
    import cv2

    data = np.frombuffer(png_bytes(), np.uint8)
    return lambda: cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def pillow_decode_png() -> Call:
    from io import BytesIO

    from PIL import Image

    data = png_bytes()
    return lambda: Image.open(BytesIO(data)).load()


def opencv_save_jpeg() -> Call:
    import cv2

    image = picture(*FRAME)
    options = [cv2.IMWRITE_JPEG_QUALITY, 80]
    return lambda: cv2.imwrite("/dev/shm/edgefirst_bench_cv.jpg", image, options)


def simplejpeg_save_jpeg() -> Call:
    import simplejpeg

    image = picture(*FRAME)

    def call() -> None:
        data = simplejpeg.encode_jpeg(image, 80, "RGB", "420")
        with open("/dev/shm/edgefirst_bench_simple.jpg", "wb") as file:
            file.write(data)

    return call


def opencv_filter(name: str) -> int:
    """INTER_AREA is OpenCV's anti-aliased filter for shrinking; it has none for growing."""
    import cv2

    return int({"antialias": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR}[name])


def opencv_to_rgb(source: str, size: str) -> tuple[U8, int | None]:
    """A frame as OpenCV holds it, and the code that makes it RGB."""
    import cv2

    height, width = FRAMES[size]
    shape, samples, code = {
        "Nv12": ((height * 3 // 2, width), 1.5, cv2.COLOR_YUV2RGB_NV12),
        "Yuyv": ((height, width, 2), 2, cv2.COLOR_YUV2RGB_YUYV),
        "Rgba": ((height, width, 4), 4, cv2.COLOR_RGBA2RGB),
        "Rgb": ((height, width, 3), 3, None),
    }[source]
    return image_bytes(size, samples).reshape(shape), code


def opencv_letterbox(
    source: str, target: str, dtype: str, filter: str, size: str = "1080p"
) -> Call:
    """Packed pixels are shrunk before they lose their alpha, YUV after it has become RGB."""
    import cv2

    frame, code = opencv_to_rgb(source, size)
    interpolation, rows = opencv_filter(filter), content_rows(size)
    height, width = FRAMES[size]
    full = np.empty((height, width, 3), np.uint8)
    canvas = np.full((MODEL, MODEL, 3), GREY, np.uint8)
    content = canvas[rows]
    wide = np.empty((content.shape[0], MODEL, 4), np.uint8)
    planes = np.empty((3, MODEL, MODEL), np.uint8)
    floats = np.empty((3, MODEL, MODEL), np.float32)

    def call() -> None:
        canvas[: rows.start] = GREY
        canvas[rows.stop :] = GREY
        if source == "Rgba":
            cv2.resize(frame, (MODEL, content.shape[0]), wide, interpolation=interpolation)
            cv2.cvtColor(wide, cv2.COLOR_RGBA2RGB, content)
        else:
            picture = frame if code is None else cv2.cvtColor(frame, code, full)
            cv2.resize(picture, (MODEL, content.shape[0]), content, interpolation=interpolation)
        if dtype == "int8":
            np.bitwise_xor(canvas, 0x80, out=canvas)
        if target == "PlanarRgb":
            cv2.split(canvas, list(planes))
        if dtype == "float32":
            np.multiply(planes, np.float32(1 / 255), out=floats)

    return call


def opencv_resize(pixel_format: str, size: str, to: str, filter: str) -> Call:
    import cv2

    frame, _ = opencv_to_rgb(pixel_format, size)
    height, width = FRAMES[to]
    target = np.empty((height, width, frame.shape[2]), np.uint8)
    grows = height > frame.shape[0]
    interpolation = cv2.INTER_LINEAR if grows else opencv_filter(filter)
    return lambda: cv2.resize(frame, (width, height), target, interpolation=interpolation)


def opencv_recolor(source: str, target: str) -> Call:
    import cv2

    if source == "Rgb" and target == "PlanarRgb":
        pixels, _ = opencv_to_rgb(source, "1080p")
        planes = list(np.empty((3, *FRAME), np.uint8))
        return lambda: cv2.split(pixels, planes)
    codes = {("Rgb", "Rgba"): cv2.COLOR_RGB2RGBA, ("Rgb", "Bgra"): cv2.COLOR_RGB2BGRA}
    if (source, target) in codes:
        frame, code = opencv_to_rgb(source, "1080p")[0], codes[source, target]
        full = np.empty((*FRAME, 4), np.uint8)
    elif target == "Rgb":
        frame, from_source = opencv_to_rgb(source, "1080p")
        assert from_source is not None
        code, full = from_source, np.empty((*FRAME, 3), np.uint8)
    else:
        raise TypeError(f"no {source} to {target}")
    return lambda: cv2.cvtColor(frame, code, full)


def opencv_rotate(pixel_format: str, angle: str) -> Call:
    import cv2

    frame, _ = opencv_to_rgb(pixel_format, "1080p")
    code = cv2.ROTATE_180 if angle == "180" else cv2.ROTATE_90_CLOCKWISE
    height, width = FRAME if angle == "180" else FRAME[::-1]
    target = np.empty((height, width, frame.shape[2]), np.uint8)
    return lambda: cv2.rotate(frame, code, target)


def candidates(table: F32) -> tuple[F32, F32, F32]:
    """(xywh boxes, scores, classes) above the threshold, vectorised."""
    best = table[0, 4:].argmax(axis=0)
    scores = table[0, 4:].max(axis=0)
    keep = scores >= SCORE
    boxes = table[0, :4, keep]
    boxes[:, :2] -= boxes[:, 2:] / 2
    return boxes, scores[keep], best[keep].astype(np.float32)


def numpy_decode_yolo_float32() -> Call:
    """Vectorised candidates, then NMS as a loop over the sorted boxes."""
    table = yolo_output()

    def call() -> list[int]:
        boxes, scores, _ = candidates(table)
        order = scores.argsort()[::-1]
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
        area = boxes[:, 2] * boxes[:, 3]
        kept: list[int] = []
        while order.size:
            first, rest = order[0], order[1:]
            kept.append(int(first))
            size = np.minimum(corners[first, 2:], corners[rest, 2:]) - np.maximum(
                corners[first, :2], corners[rest, :2]
            )
            inner = size.clip(0).prod(axis=1)
            order = rest[inner <= IOU * (area[first] + area[rest] - inner)]
        return kept

    return call


def opencv_decode_yolo_float32() -> Call:
    import cv2

    table = yolo_output()

    def call() -> object:
        boxes, scores, _ = candidates(table)
        return cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), SCORE, IOU)

    return call
