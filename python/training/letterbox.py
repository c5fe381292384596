# SPDX-License-Identifier: Apache-2.0
"""Fits a picture of any size into the square model input, and maps boxes there and back.

Same arithmetic as Ultralytics: ratio = min(size/w, size/h), sizes rounded, padding halved and
rounded after subtracting 0.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scenes import ByteArray
from textures import FloatArray

INPUT_SIZE = 320
PAD_VALUE = 114


@dataclass(frozen=True)
class Letterbox:
    """Where the picture lies in the model input: model = picture * ratio + (left, top)."""

    ratio: float
    width: int
    height: int
    left: int
    top: int

    def to_model(self, boxes: FloatArray) -> FloatArray:
        offset = np.array([self.left, self.top, self.left, self.top], dtype=np.float32)
        return boxes * np.float32(self.ratio) + offset

    def to_picture(self, boxes: FloatArray) -> FloatArray:
        offset = np.array([self.left, self.top, self.left, self.top], dtype=np.float32)
        return (boxes - offset) / np.float32(self.ratio)


def letterbox_for(width: int, height: int, size: int = INPUT_SIZE) -> Letterbox:
    ratio = min(size / width, size / height)
    new_width, new_height = round(width * ratio), round(height * ratio)
    left = round((size - new_width) / 2 - 0.1)
    top = round((size - new_height) / 2 - 0.1)
    return Letterbox(ratio, new_width, new_height, left, top)


def _resize(image: ByteArray, width: int, height: int, antialias: bool) -> ByteArray:
    picture = Image.fromarray(image)
    if picture.size == (width, height):
        return image
    if antialias:
        resized = picture.resize((width, height), Image.Resampling.BILINEAR)
    else:
        matrix = (image.shape[1] / width, 0.0, 0.0, 0.0, image.shape[0] / height, 0.0)
        resized = picture.transform(
            (width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )
    return np.asarray(resized)


def apply_letterbox(
    image: ByteArray, fit: Letterbox, size: int = INPUT_SIZE, antialias: bool = False
) -> ByteArray:
    """The picture in the model input; bilinear as OpenCV does it, or anti-aliased."""
    padded = np.full((size, size, 3), PAD_VALUE, np.uint8)
    rows = slice(fit.top, fit.top + fit.height)
    padded[rows, fit.left : fit.left + fit.width] = _resize(image, fit.width, fit.height, antialias)
    return padded


def letterbox_labels(labels: ByteArray, fit: Letterbox, size: int = INPUT_SIZE) -> ByteArray:
    """An instance map in the model input, 0 in the padding."""
    padded = np.zeros((size, size), np.uint8)
    resized = Image.fromarray(labels).resize((fit.width, fit.height), Image.Resampling.NEAREST)
    rows = slice(fit.top, fit.top + fit.height)
    padded[rows, fit.left : fit.left + fit.width] = np.asarray(resized)
    return padded
