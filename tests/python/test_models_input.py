# SPDX-License-Identifier: Apache-2.0
"""Pictures reach the model's input in its layout, dtype and quantisation."""

from __future__ import annotations

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.picture_input import is_planar, plan_input, resolve_shape
from edgefirst_hal.models.session import TensorSpec, first_line

UNIT = 1 / 255
SIDE = 32


def spec(dtype: str, *shape: int | None, scale: float | None = None, zero: int = 0) -> TensorSpec:
    return TensorSpec("images", shape, dtype, scale, zero)


def ramp(width: int, height: int) -> ef.Tensor:
    pixels = np.arange(width * height * 3, dtype=np.uint32).reshape(height, width, 3) % 256
    return ef.Tensor.wrap(pixels.astype(np.uint8), ef.PixelFormat.Rgb)


@pytest.mark.parametrize(
    ("declared", "size", "expected"),
    [
        ((1, 3, 480, 640), None, (1, 3, 480, 640)),
        ((1, 480, 640, 3), (1, 1), (1, 480, 640, 3)),
        ((None, 3, None, None), (480, 640), (1, 3, 480, 640)),
        ((None, None, None, 3), (480, 640), (1, 480, 640, 3)),
    ],
)
def test_open_dimensions_are_closed(
    declared: tuple[int | None, ...], size: tuple[int, int] | None, expected: tuple[int, ...]
) -> None:
    assert resolve_shape(spec("float32", *declared), size) == expected


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ((1, 3, None, None), r"ModelOptions\(size=...\)"),
        ((2, 3, 64, 64), "expected one picture"),
        ((1, 3, 64), "expected one picture"),
        ((1, 64, 64, 9), "channels"),
        ((1, 0, 64, 3), r"ModelOptions\(size=...\)"),
    ],
)
def test_inputs_that_take_no_picture_are_refused(
    declared: tuple[int | None, ...], text: str
) -> None:
    with pytest.raises(ModelError, match=text):
        resolve_shape(spec("float32", *declared), None)


@pytest.mark.parametrize(
    ("dtype", "shape", "adaptor", "text"),
    [
        ("float64", (1, 64, 64, 3), None, "float32, float16, uint8 or int8"),
        ("uint8", (1, 64, 64, 3), "bgr", "'bgr'"),
        ("uint8", (1, 64, 64, 3), "rgba", "'rgba'"),
        ("uint8", (1, 64, 64, 3), "grey", "'grey'"),
    ],
)
def test_unsupported_inputs_are_named(
    dtype: str, shape: tuple[int, ...], adaptor: str | None, text: str
) -> None:
    with pytest.raises(ModelError, match=text):
        plan_input(spec(dtype, *shape), shape, adaptor)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero", "staged"),
    [
        ("uint8", None, 0, False),
        ("uint8", UNIT, 0, False),
        ("int8", UNIT, -128, False),
        ("int8", 0.003921568859368563, -128, False),
        ("int8", 0.0186, -14, True),
        ("uint8", 0.0078125, 128, True),
        ("float32", None, 0, False),
    ],
)
def test_only_unusual_quantisation_needs_a_second_step(
    dtype: str, scale: float | None, zero: int, staged: bool
) -> None:
    shape = (1, SIDE, SIDE, 3)
    plan = plan_input(spec(dtype, *shape, scale=scale, zero=zero), shape, None)
    assert plan.is_staged is staged


@pytest.mark.parametrize(
    ("dtype", "scale", "zero"),
    [
        ("uint8", UNIT, 0),
        ("int8", UNIT, -128),
        ("float32", None, 0),
        ("int8", 0.0186, -14),
        ("uint8", 0.0078125, 128),
        ("int8", 0.001, -128),
    ],
)
@pytest.mark.parametrize("planar", [False, True])
def test_values_are_the_quantised_fractions(
    dtype: str, scale: float | None, zero: int, planar: bool
) -> None:
    shape = (1, 3, SIDE, SIDE) if planar else (1, SIDE, SIDE, 3)
    plan = plan_input(spec(dtype, *shape, scale=scale, zero=zero), shape, None)
    array = np.zeros(shape, dtype)
    frame = ramp(SIDE, SIDE)
    plan.fill(ef.ImageProcessor(), frame, array)
    with frame.map() as mapped:
        real = np.asarray(mapped).astype(np.float64) / 255
    expected = real
    if scale is not None:
        limits = np.iinfo(dtype)
        expected = np.clip(np.rint(real / scale + zero), limits.min, limits.max)
    result = array[0].transpose(1, 2, 0) if planar else array[0]
    # Ties of the quantised kinds may round either way: half a step at most, plus float rounding.
    tolerance = 1e-6 if scale is None else 1
    assert np.abs(result - expected).max() <= tolerance
    assert scale is None or np.mean(result != expected) < 0.02


def test_the_rest_is_grey_and_the_fit_is_reported() -> None:
    shape = (1, 3, SIDE, SIDE)
    plan = plan_input(spec("float32", *shape), shape, None)
    array = np.full(shape, 7, np.float32)
    fit = plan.fill(ef.ImageProcessor(), ramp(64, 32), array)
    assert (fit.content.left, fit.content.top) == (0, 8)
    assert (fit.content.width, fit.content.height) == (32, 16)
    outside = np.concatenate([array[0, :, :8].ravel(), array[0, :, 24:].ravel()])
    assert outside == pytest.approx(np.full(outside.shape, 114 / 255), abs=1e-6)
    assert plan.grey == pytest.approx(114 / 255)


@pytest.mark.parametrize(("channels", "value"), [(1, 90), (4, 90)])
def test_grey_and_rgba_inputs(channels: int, value: int) -> None:
    shape = (1, SIDE, SIDE, channels)
    assert not is_planar(spec("uint8", *shape))
    plan = plan_input(spec("uint8", *shape), shape, None)
    array = np.zeros(shape, np.uint8)
    pixels = np.full((SIDE, SIDE, 3), value, np.uint8)
    plan.fill(ef.ImageProcessor(), ef.Tensor.wrap(pixels, ef.PixelFormat.Rgb), array)
    assert (array[..., :3] == value).all()
    assert channels == 1 or (array[..., 3] == 255).all()


def test_direct_grey_is_the_byte() -> None:
    shape = (1, SIDE, SIDE, 3)
    assert plan_input(spec("uint8", *shape), shape, None).grey == 114
    assert plan_input(spec("int8", *shape, scale=UNIT, zero=-128), shape, None).grey == -14


def test_the_line_that_tells_something_is_told() -> None:
    told = "Exception from src/core.cpp:84:\nCheck 'false' failed at src/core.cpp:12:\nno model\n"
    assert first_line(RuntimeError(told)) == "no model"
    assert first_line(RuntimeError("Exception from src/core.cpp:84:")).startswith("Exception")
    assert first_line(ValueError()) == "ValueError"
