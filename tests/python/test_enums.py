# SPDX-License-Identifier: Apache-2.0
"""Members are unique objects, equal to their number and to nothing else."""

from __future__ import annotations

from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest

NUMBERS: dict[str, dict[str, int]] = {
    "Nms": {"ClassAgnostic": 0, "ClassAware": 1, "Auto": 2},
    "DecoderType": {"Ultralytics": 0, "ModelPack": 1},
    "DecoderVersion": {"Yolov5": 0, "Yolov8": 1, "Yolo11": 2, "Yolo26": 3},
    "DimName": {
        "Batch": 0,
        "Height": 1,
        "Width": 2,
        "NumClasses": 3,
        "NumFeatures": 4,
        "NumBoxes": 5,
        "NumProtos": 6,
        "NumAnchorsXFeatures": 7,
        "Padding": 8,
        "BoxCoords": 9,
    },
    "TensorMemory": {"DMA": 0, "SHM": 1, "PBO": 2, "MEM": 3},
    "PixelFormat": {
        "Rgb": 1,
        "Rgba": 2,
        "Bgra": 3,
        "Grey": 4,
        "Yuyv": 5,
        "Vyuy": 6,
        "Nv12": 7,
        "Nv16": 8,
        "PlanarRgb": 9,
        "PlanarRgba": 10,
    },
    "Normalization": {"DEFAULT": 0, "SIGNED": 1, "UNSIGNED": 2, "RAW": 3},
    "ColorMode": {"Class": 0, "Instance": 1, "Track": 2},
    "Flip": {"NoFlip": 0, "Horizontal": 1, "Vertical": 2},
    "Rotation": {"Rotate0": 0, "Clockwise90": 1, "Rotate180": 2, "CounterClockwise90": 3},
    "EglDisplayKind": {"Gbm": 0, "PlatformDevice": 1, "Default": 2},
    "Filter": {"Antialias": 0, "Bilinear": 1, "Nearest": 2, "Area": 3},
    "ColorEncoding": {"Bt601": 0, "Bt709": 1, "Bt2020": 2},
    "ColorRange": {"Full": 0, "Limited": 1},
}
MEMBERS = [(t, m, n) for t, members in NUMBERS.items() for m, n in members.items()]


def member(type_name: str, name: str) -> Any:
    return getattr(getattr(ef, type_name), name)


@pytest.mark.parametrize(("type_name", "name", "number"), MEMBERS)
def test_member_has_its_number_name_and_text(type_name: str, name: str, number: int) -> None:
    value = member(type_name, name)
    assert int(value) == number
    assert value.value == number
    assert value.name == name
    assert repr(value) == str(value) == f"{type_name}.{name}"
    assert value is member(type_name, name)


@pytest.mark.parametrize(("type_name", "name", "number"), MEMBERS)
def test_member_equals_itself_and_its_number(type_name: str, name: str, number: int) -> None:
    value = member(type_name, name)
    assert value == number
    assert number == value
    assert value != number + 1
    assert value != 1 << 80
    assert value == np.int64(number)
    assert np.int64(number) == value
    assert hash(value) == hash(number)
    others = [v for v in vars(getattr(ef, type_name)).values() if isinstance(v, type(value))]
    assert sum(value == other for other in others) == 1


def test_members_of_different_enumerations_are_unequal() -> None:
    assert ef.Nms.ClassAgnostic != ef.Flip.NoFlip
    assert ef.Flip.NoFlip not in (ef.Nms.ClassAgnostic, ef.ColorMode.Class)


@pytest.mark.parametrize("other", ["Rgb", 1.5, None, [], (1,), object(), np.array([1, 2])])
def test_comparison_with_anything_else_is_unequal(other: Any) -> None:
    assert (ef.PixelFormat.Rgb == other) is False
    assert (ef.PixelFormat.Rgb != other) is True


def test_members_have_no_order() -> None:
    with pytest.raises(TypeError):
        ef.Nms.ClassAgnostic < ef.Nms.ClassAware  # type: ignore[operator]  # noqa: B015


def test_enumerations_are_not_called() -> None:
    for name in NUMBERS:
        if name == "PixelFormat":
            continue
        with pytest.raises(TypeError):
            getattr(ef, name)(0)


def test_properties_return_the_member_itself() -> None:
    assert ef.Tensor.image(2, 2, ef.PixelFormat.Grey).format is ef.PixelFormat.Grey
    assert ef.Tensor([1], mem=ef.TensorMemory.MEM).memory is ef.TensorMemory.MEM


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("RGB", "Rgb"),
        ("rgb", "Rgb"),
        ("RGB ", "Rgb"),
        ("rgba", "Rgba"),
        ("BGRA", "Bgra"),
        ("GREY", "Grey"),
        ("gray", "Grey"),
        ("Y800", "Grey"),
        ("yuyv", "Yuyv"),
        ("VYUY", "Vyuy"),
        ("nv12", "Nv12"),
        ("NV16", "Nv16"),
        ("8BPS", "PlanarRgb"),
        ("PLANAR_RGB", "PlanarRgb"),
        ("PlanarRgb", "PlanarRgb"),
        ("planar_rgba", "PlanarRgba"),
        ("PLANARRGBA", "PlanarRgba"),
    ],
)
def test_pixel_format_by_name_is_the_member(text: str, name: str) -> None:
    assert ef.PixelFormat(text) is getattr(ef.PixelFormat, name)
    assert ef.PixelFormat(name=text) is getattr(ef.PixelFormat, name)


def test_pixel_format_refuses_unknown_names_and_other_types() -> None:
    with pytest.raises(RuntimeError, match="RGBX"):
        ef.PixelFormat("RGBX")
    with pytest.raises(TypeError):
        ef.PixelFormat(1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("angle", "name"),
    [
        (0, "Rotate0"),
        (90, "Clockwise90"),
        (180, "Rotate180"),
        (270, "CounterClockwise90"),
        (360, "Rotate0"),
        (450, "Clockwise90"),
    ],
)
def test_rotation_by_degrees(angle: int, name: str) -> None:
    assert ef.Rotation.degrees_clockwise(angle) is getattr(ef.Rotation, name)


def test_rotation_refuses_other_angles() -> None:
    with pytest.raises(ValueError, match="45"):
        ef.Rotation.degrees_clockwise(45)
    with pytest.raises(OverflowError):
        ef.Rotation.degrees_clockwise(-90)
    with pytest.raises(TypeError):
        ef.Rotation.degrees_clockwise(90.0)  # type: ignore[arg-type]
