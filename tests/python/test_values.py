# SPDX-License-Identifier: Apache-2.0
"""Rect, Letterbox, MaskResolution, Quantization, Colorimetry."""

from __future__ import annotations

import copy
import pickle

import edgefirst_hal as ef
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st


def test_rect_is_compared_by_value_and_writable() -> None:
    rect = ef.Rect(1, 2, width=3, height=4)
    assert (rect.left, rect.top, rect.width, rect.height) == (1, 2, 3, 4)
    assert rect == ef.Rect(1, 2, 3, 4)
    assert rect != ef.Rect(1, 2, 3, 5)
    assert rect != (1, 2, 3, 4)
    rect.height = 9
    assert rect.height == 9
    with pytest.raises(AttributeError):
        del rect.left
    with pytest.raises(TypeError):
        hash(rect)


def test_rect_takes_unsigned_numbers_only() -> None:
    with pytest.raises(OverflowError):
        ef.Rect(-1, 0, 1, 1)
    with pytest.raises(TypeError):
        ef.Rect(0.5, 0, 1, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ef.Rect(0, 0, 1)  # type: ignore[call-arg]
    assert ef.Rect(np.int32(3), 0, 1, 1).left == 3  # type: ignore[arg-type]


def test_letterbox_centres_the_picture() -> None:
    fit = ef.letterbox(1280, 720, 640, 640)
    assert fit.content == ef.Rect(0, 140, 640, 360)
    assert fit.normalized == pytest.approx((0, 140 / 640, 1, 500 / 640))
    assert (fit.source_width, fit.target_height) == (1280, 640)


def test_letterbox_maps_boxes_back_to_pixels() -> None:
    fit = ef.letterbox(1280, 720, 640, 640)
    boxes = np.array([[0, 140 / 640, 1, 500 / 640], [-1, 0, 2, 1]], np.float32)
    assert fit.to_source(boxes) == pytest.approx(np.array([[0, 0, 1280, 720]] * 2), abs=0.01)
    assert fit.to_source(np.empty((0, 4), np.float32)).shape == (0, 4)
    with pytest.raises(TypeError):
        fit.to_source(boxes.astype(np.float64))


def test_letterbox_refuses_empty_pictures() -> None:
    with pytest.raises(ef.InvalidArgumentError):
        ef.letterbox(0, 10, 640, 640)


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000), st.integers(1, 2000))
def test_letterbox_content_touches_two_sides(
    source_width: int, source_height: int, width: int, height: int
) -> None:
    content = ef.letterbox(source_width, source_height, width, height).content
    assert content.left + content.width <= width
    assert content.top + content.height <= height
    assert content.width == width or content.height == height


def test_mask_resolution_texts() -> None:
    assert repr(ef.MaskResolution.Proto()) == "MaskResolution.Proto()"
    scaled = ef.MaskResolution.Scaled(640, height=480)
    assert repr(scaled) == "MaskResolution.Scaled(width=640, height=480)"
    assert ef.MaskResolution.Scaled(0, 1) is not None
    assert len({ef.MaskResolution.Proto(), ef.MaskResolution.Proto()}) == 2


def test_quantization_per_tensor() -> None:
    value = ef.Quantization.per_tensor(0.5, -3)
    assert (value.scale, value.zero_point, value.axis) == ([0.5], [-3], None)
    assert value.is_per_tensor
    assert not value.is_per_channel
    assert not value.is_symmetric
    assert str(value) == "Quantization(per_tensor, scale=[0.5], symmetric=false)"


def test_quantization_symmetric_has_no_zero_point() -> None:
    value = ef.Quantization.per_tensor_symmetric(2)
    assert value.zero_point is None
    assert value.is_symmetric
    assert str(value) == "Quantization(per_tensor, scale=[2.0], symmetric=true)"
    assert ef.Quantization.per_tensor(1, 0).is_symmetric


def test_quantization_per_channel() -> None:
    value = ef.Quantization.per_channel([0.5, 0.25], (1, 2), axis=1)
    assert (value.scale, value.zero_point, value.axis) == ([0.5, 0.25], [1, 2], 1)
    assert value.is_per_channel
    assert str(value) == ("Quantization(per_channel, num_scales=2, symmetric=false, axis=Some(1))")
    assert ef.Quantization.per_channel_symmetric(np.array([0.5, 1.0]), 0).zero_point is None


def test_quantization_refuses_what_does_not_fit() -> None:
    with pytest.raises(ef.InvalidQuantizationError):
        ef.Quantization.per_channel([], [], 0)
    with pytest.raises(ef.InvalidQuantizationError):
        ef.Quantization.per_channel([1.0, 2.0], [1], 0)
    with pytest.raises(OverflowError):
        ef.Quantization.per_tensor(1.0, 1 << 31)
    with pytest.raises(TypeError):
        ef.Quantization.per_tensor("1", 0)  # type: ignore[arg-type]


def test_scales_are_held_as_float32() -> None:
    assert ef.Quantization.per_tensor(0.1, 0).scale == [float(np.float32(0.1))]


def test_colorimetry_defaults_to_bt709_limited() -> None:
    value = ef.Colorimetry()
    assert value.encoding is ef.ColorEncoding.Bt709
    assert value.range is ef.ColorRange.Limited
    assert value == ef.Colorimetry(range=ef.ColorRange.Limited)
    assert value != ef.Colorimetry(encoding=ef.ColorEncoding.Bt601)


VALUES = [
    ef.PixelFormat.Nv12,
    ef.Nms.Auto,
    ef.Rect(1, 2, 3, 4),
    ef.letterbox(640, 480, 320, 320),
    ef.Colorimetry(range=ef.ColorRange.Full),
    ef.Quantization.per_tensor(0.5, 3),
    ef.Quantization.per_tensor_symmetric(0.5),
    ef.Quantization.per_channel([0.5, 1], [1, 2], 0),
    ef.Quantization.per_channel_symmetric([0.5, 1], 1),
    ef.TrackInfo("0" * 32, [0, 0, 1, 1], 1, 2, 3),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_copied_and_pickled(value: object) -> None:
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(again) is type(value)
        assert str(again) == str(value)
        if hasattr(value, "name"):  # a member of an enumeration
            assert again is value
