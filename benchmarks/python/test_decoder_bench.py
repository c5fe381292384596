# SPDX-License-Identifier: Apache-2.0
"""The cases of area decoder against every contestant."""

from __future__ import annotations

from conftest import Compare


def test_decode_yolo_float32(compare: Compare) -> None:
    compare("decode_yolo_float32")


def test_decode_yolo_int8(compare: Compare) -> None:
    compare("decode_yolo_int8")


def test_decode_yolo_float32_all(compare: Compare) -> None:
    compare("decode_yolo_float32_all")


def test_decode_segmentation_float32(compare: Compare) -> None:
    compare("decode_segmentation_float32")


def test_decode_segmentation_int8(compare: Compare) -> None:
    compare("decode_segmentation_int8")


def test_decode_per_scale_int8(compare: Compare) -> None:
    compare("decode_per_scale_int8")
