# SPDX-License-Identifier: Apache-2.0
"""One exception class per row of the error table, catchable as what a Python user expects."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import edgefirst_hal as ef
import pytest
from edgefirst_hal import _core

BUILTIN_BASES = {
    "InvalidArgument": ValueError,
    "InvalidShape": ValueError,
    "NotSupported": NotImplementedError,
    "OutOfMemory": MemoryError,
    "Io": OSError,
    "NotFound": FileNotFoundError,
    "InvalidData": ValueError,
    "UnsupportedFeature": NotImplementedError,
    "InvalidConfig": ValueError,
    "NotMapped": BufferError,
    "Busy": BufferError,
}


def test_every_error_is_a_runtime_error_with_its_code() -> None:
    classes = [c for c in vars(ef).values() if isinstance(c, type) and issubclass(c, ef.Error)]
    assert len(classes) == 28
    for cls in classes:
        assert issubclass(cls, RuntimeError)
        assert cls.__module__ == "edgefirst_hal"
        if cls is not ef.Error:
            assert cls.__name__ == cls.code + "Error"


@pytest.mark.parametrize(("code", "builtin"), BUILTIN_BASES.items())
def test_errors_are_also_what_a_python_user_catches(
    code: str, builtin: type[BaseException]
) -> None:
    assert issubclass(getattr(ef, code + "Error"), builtin)


def test_message_names_value_and_remedy() -> None:
    with pytest.raises(ef.InvalidArgumentError, match=r"Invalid data type: int7 \(use uint8"):
        ef.Tensor([1], "int7")


def test_messages_name_what_is_possible() -> None:
    with pytest.raises(
        ef.InvalidArgumentError, match="unknown pixel format 'foo': use one of RGB "
    ):
        ef.PixelFormat("foo")
    with pytest.raises(ef.IoError, match="a name has one slash, at its start"):
        ef.Tensor([4], "uint8", ef.TensorMemory.SHM, "a/b")


def test_missing_file_is_a_file_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        ef.Tensor.load(tmp_path / "absent.jpg")
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, ef.NotFoundError)
    assert "absent.jpg" in str(caught.value)


def test_a_file_name_that_is_not_utf8_is_told_all_the_same() -> None:
    with pytest.raises(ef.NotFoundError, match=r"/nope\\xff\.jpg"):
        ef.Tensor.load(os.fsdecode(b"/nope\xff.jpg"))


@pytest.mark.parametrize("value", [-1, 1 << 64])
def test_a_number_out_of_range_is_told_with_its_range(value: int) -> None:
    with pytest.raises(
        OverflowError,
        match=rf"^argument 'top' of Rect\(\): {value} is out of range: expected an int of 0\.\.\.1",
    ):
        ef.Rect(0, value, 1, 1)


def test_os_errors_carry_errno(tmp_path: Path) -> None:
    with pytest.raises(ef.IoError) as caught:
        ef.Tracing(str(tmp_path / "no" / "such" / "folder.json")).start()
    assert caught.value.errno == errno.ENOENT


def test_failed_allocation_is_an_exception() -> None:
    with pytest.raises((MemoryError, RuntimeError)):
        ef.Tensor([1 << 60], "uint8", ef.TensorMemory.MEM)


def test_overflowing_shape_is_an_exception() -> None:
    with pytest.raises(MemoryError):
        ef.Tensor([1 << 62, 1 << 62], "uint8", ef.TensorMemory.MEM)


CLASSES = [c for c in vars(_core).values() if isinstance(c, type) and not issubclass(c, Exception)]
WITHOUT_PLAIN_NEW = (ef.TensorMap, ef.PixelFormat)


@pytest.mark.parametrize("cls", [c for c in CLASSES if c not in WITHOUT_PLAIN_NEW])
def test_an_object_whose_init_never_ran_is_a_type_error(cls: type) -> None:
    unfinished = cls.__new__(cls)
    members = {k: v for k, v in vars(cls).items() if not k.startswith("__") or k == "__repr__"}
    members = {
        k: v for k, v in members.items() if not isinstance(v, staticmethod | classmethod | cls)
    }
    assert members
    for name in members:
        with pytest.raises(TypeError):
            getattr(unfinished, name)()


def test_an_unfinished_argument_is_a_type_error() -> None:
    canvas = ef.Tensor.image(4, 4, ef.PixelFormat.Rgb)
    with pytest.raises(TypeError, match=r"__init__\(\) of this object was not called"):
        ef.ImageProcessor().convert(ef.Tensor.__new__(ef.Tensor), canvas)


@pytest.mark.parametrize("cls", CLASSES)
def test_none_is_no_object_of_any_class(cls: type) -> None:
    for name, member in vars(cls).items():
        accessors = (member.fget, member.fset) if isinstance(member, property) else (member,)
        if name.startswith("__") or isinstance(member, staticmethod | classmethod | cls):
            continue
        for call in filter(callable, accessors):
            for arguments in ((None,), (None, None), (None, 1, 1)):
                with pytest.raises((TypeError, AttributeError)):  # the latter of enums
                    call(*arguments)
