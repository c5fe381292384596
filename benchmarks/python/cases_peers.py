# SPDX-License-Identifier: Apache-2.0
"""The same cases through NumPy, OpenCV and simplejpeg, as their users would write them.

A case that a library does not offer is left out; the runner then skips it and says so.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
from inputs import F32, FRAME, IOU, MODEL, SCORE, hailo_output, jpeg_bytes, picture, yolo_output

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


def opencv_resize_rgb() -> Call:
    """INTER_AREA is OpenCV's anti-aliased filter for shrinking."""
    import cv2

    image, target = picture(*FRAME), np.empty((MODEL, MODEL, 3), np.uint8)
    return lambda: cv2.resize(image, (MODEL, MODEL), target, interpolation=cv2.INTER_AREA)


def opencv_nv12_to_rgb() -> Call:
    import cv2

    height, width = FRAME
    image = np.resize(picture(height, width), (height * 3 // 2, width))
    full = np.empty((height, width, 3), np.uint8)
    target = np.empty((MODEL, MODEL, 3), np.uint8)

    def call() -> None:
        cv2.cvtColor(image, cv2.COLOR_YUV2RGB_NV12, full)
        cv2.resize(full, (MODEL, MODEL), target, interpolation=cv2.INTER_AREA)

    return call


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
