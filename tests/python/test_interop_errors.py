# SPDX-License-Identifier: Apache-2.0
"""Damaged capsules, foreign devices and bad descriptors are errors, never crashes or leaks."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest

MEM = ef.TensorMemory.MEM
INT64_MAX = (1 << 63) - 1


class Array(ctypes.Structure):
    """DLTensor"""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class Managed(ctypes.Structure):
    """DLManagedTensor"""

    _fields_ = (("array", Array), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p))


class ManagedVersioned(ctypes.Structure):
    """DLManagedTensorVersioned"""

    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("array", Array),
    )


Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


def int64s(values: Any) -> Any:
    return None if values is None else (ctypes.c_int64 * max(1, len(values)))(*values)


class Producer:
    """A float32 [2, 3] array by DLPack, whose numbers a test can falsify."""

    def __init__(self, versioned: bool = True, **falsified: Any) -> None:
        self.values = (ctypes.c_float * 6)(*range(6))
        self.deleted = 0
        self.deleter = Deleter(self.delete)
        self.shape = int64s(falsified.pop("shape", [2, 3]))
        self.strides = int64s(falsified.pop("strides", [3, 1]))
        self.managed = ManagedVersioned() if versioned else Managed()
        self.name = b"dltensor_versioned" if versioned else b"dltensor"
        self.managed.deleter = ctypes.cast(self.deleter, ctypes.c_void_p)
        if versioned:
            self.managed.major = 1
        for field in ("major", "flags", "deleter"):
            if field in falsified:
                setattr(self.managed, field, falsified.pop(field))
        numbers = {
            **{"data": ctypes.addressof(self.values), "device_type": 1, "ndim": 2},
            **{"code": 2, "bits": 32, "lanes": 1},
        }
        for field, value in {**numbers, **falsified}.items():
            setattr(self.managed.array, field, value)
        if self.shape is not None:
            self.managed.array.shape = self.shape
        if self.strides is not None:
            self.managed.array.strides = self.strides

    def delete(self, _: int) -> None:
        self.deleted += 1

    def __dlpack__(self, **_: Any) -> Any:
        return new_capsule(ctypes.addressof(self.managed), self.name, None)


@pytest.mark.parametrize("versioned", [True, False])
def test_a_sound_capsule_is_taken_and_deleted_once(versioned: bool) -> None:
    producer = Producer(versioned)
    tensor = ef.from_dlpack(producer)
    assert tensor.numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    array = tensor.numpy()
    del tensor
    assert producer.deleted == 0
    del array
    assert producer.deleted == 1


def test_optional_parts_may_be_absent() -> None:
    assert ef.from_dlpack(Producer(strides=None)).numpy()[1, 2] == 5
    assert ef.from_dlpack(Producer(deleter=None)).numpy()[1, 2] == 5
    shifted = ef.from_dlpack(Producer(shape=[2], strides=None, ndim=1, byte_offset=8))
    assert shifted.numpy().tolist() == [2, 3]
    assert ef.from_dlpack(Producer(shape=[0, 3], data=None)).shape == [0, 3]
    assert ef.from_dlpack(Producer(shape=[0, 3], strides=[INT64_MAX] * 2)).shape == [0, 3]


def test_copies_free_the_original_at_once() -> None:
    for options in ({"strides": [1, 2]}, {"flags": 1}, {"shape": [0, 3]}):
        producer = Producer(**options)
        ef.from_dlpack(producer)
        assert producer.deleted == 1
    producer = Producer()
    ef.from_dlpack(producer, copy=True)
    assert producer.deleted == 1


def test_negative_strides_are_followed() -> None:
    producer = Producer(strides=[-3, -1], byte_offset=20)
    assert ef.from_dlpack(producer).numpy().tolist() == [[5, 4, 3], [2, 1, 0]]


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize(
    ("error", "falsified"),
    [
        (ef.InvalidArgumentError, {"data": None}),
        (ef.InvalidArgumentError, {"shape": None}),
        (ef.InvalidShapeError, {"ndim": 0}),
        (ef.InvalidShapeError, {"ndim": -1}),
        (ef.InvalidShapeError, {"ndim": 17, "shape": [1] * 17, "strides": [1] * 17}),
        (ef.InvalidShapeError, {"ndim": (1 << 31) - 1}),
        (ef.InvalidShapeError, {"shape": [2, -3]}),
        (ef.InvalidShapeError, {"shape": [1 << 62, 1]}),
        (ef.InvalidShapeError, {"shape": [1 << 61, 1]}),
        (ef.OutOfMemoryError, {"shape": [1 << 62, 1 << 62]}),
        (ef.OutOfMemoryError, {"shape": [INT64_MAX, 3], "strides": [0, 0]}),
        (ef.InvalidShapeError, {"strides": [INT64_MAX, 1]}),
        (ef.InvalidShapeError, {"strides": [-INT64_MAX, 1]}),
        (ef.InvalidShapeError, {"strides": [-INT64_MAX // 4, 1]}),
        (ef.InvalidShapeError, {"shape": [3, 2], "strides": [INT64_MAX // 4, 1]}),
        (ef.InvalidShapeError, {"byte_offset": (1 << 64) - 1}),
        (ef.InvalidShapeError, {"data": (1 << 64) - 4}),
        (ef.ExchangeError, {"device_type": 2}),
        (ef.ExchangeError, {"device_type": 0}),
        (ef.ExchangeError, {"device_type": -1}),
        (ef.ExchangeError, {"lanes": 4}),
        (ef.ExchangeError, {"lanes": 0}),
        (ef.ExchangeError, {"bits": 8}),
        (ef.ExchangeError, {"bits": 0}),
        (ef.ExchangeError, {"code": 4, "bits": 16}),
        (ef.ExchangeError, {"code": 6, "bits": 8}),
        (ef.ExchangeError, {"code": 255}),
    ],
)
def test_damaged_capsules_are_refused_and_stay_the_producers(
    error: type[ef.Error], falsified: dict[str, Any], versioned: bool
) -> None:
    for copy in (None, True, False):
        producer = Producer(versioned, **falsified)
        capsule = producer.__dlpack__()
        with pytest.raises(error):
            ef.from_dlpack(capsule, copy)
        assert f'"{producer.name.decode()}"' in repr(capsule)
        assert producer.deleted == 0


def test_other_major_versions_are_refused() -> None:
    for major in (0, 2, 1 << 31):
        with pytest.raises(ef.ExchangeError, match="DLPack"):
            ef.from_dlpack(Producer(major=major))


def test_a_producers_own_copy_breaks_the_promise_of_none() -> None:
    assert ef.from_dlpack(Producer(flags=2)).numpy()[1, 2] == 5
    with pytest.raises(ef.ExchangeError, match="producer made one"):
        ef.from_dlpack(Producer(flags=2), copy=False)


def test_a_capsule_is_consumed_once() -> None:
    capsule = ef.Tensor([3]).__dlpack__()
    assert ef.from_dlpack(capsule).shape == [3]
    with pytest.raises(ef.InvalidArgumentError, match="consumed once"):
        ef.from_dlpack(capsule)


def test_what_is_no_array_is_a_type_error() -> None:
    for value in (None, 1, "text", b"bytes", [1, 2], object()):
        with pytest.raises(TypeError, match="__dlpack__"):
            ef.from_dlpack(value)
    with pytest.raises(TypeError):
        ef.from_dlpack(np.zeros(2), copy=1)  # type: ignore[arg-type]


class Odd:
    """Answers as a test wants."""

    def __init__(self, capsule: Any, device: Any = (1, 0)) -> None:
        self.capsule = capsule
        self.device = device

    def __dlpack__(self, **_: Any) -> Any:
        if isinstance(self.capsule, Exception):
            raise self.capsule
        return self.capsule

    def __dlpack_device__(self) -> Any:
        if isinstance(self.device, Exception):
            raise self.device
        return self.device


def test_producers_that_misbehave_are_refused() -> None:
    for result in (None, 5, b"dltensor", new_capsule(1, b"something else", None)):
        with pytest.raises(ef.InvalidArgumentError, match="capsule"):
            ef.from_dlpack(Odd(result))
    malformed: tuple[Any, ...] = (None, 5, (1,), ("cpu", 0))
    for device in malformed:
        with pytest.raises((TypeError, RuntimeError)):
            ef.from_dlpack(Odd(None, device))
    for kind in (2, 13, 0):
        with pytest.raises(ef.ExchangeError, match="device"):
            ef.from_dlpack(Odd(None, (kind, 0)))
    for error in (KeyError("mine"), TypeError("mine"), BufferError("mine")):
        with pytest.raises(type(error), match="mine"):
            ef.from_dlpack(Odd(error))
        with pytest.raises(type(error), match="mine"):
            ef.from_dlpack(Odd(None, error))


# Descriptors -----------------------------------------------------------------------------------


def test_closed_and_negative_descriptors() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    for fd in (reader, -1, -2, (1 << 31) - 1):
        with pytest.raises(ef.IoError):
            ef.Tensor.from_fd(fd, [4], "uint8")
    with pytest.raises((OverflowError, TypeError)):
        ef.Tensor.from_fd(1 << 40, [4], "uint8")


def test_descriptors_of_other_kinds() -> None:
    before = len(os.listdir("/proc/self/fd"))
    reader, writer = os.pipe()
    folder = os.open("/", os.O_RDONLY)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (reader, writer, folder, null):
        with pytest.raises((ef.NotSupportedError, ef.IoError)):
            ef.Tensor.from_fd(fd, [4], "uint8")
        os.close(fd)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def memfd() -> Any:
    fd = os.memfd_create("buffer")
    os.truncate(fd, 4096)
    yield fd
    os.close(fd)


def test_buffers_smaller_than_the_shape(memfd: int) -> None:
    assert ef.Tensor.from_fd(memfd, [1024]).size == 4096
    for shape in ([1025], [4096, 4096], [1 << 40]):
        with pytest.raises(ef.InsufficientCapacityError):
            ef.Tensor.from_fd(memfd, shape)


def test_buffers_that_shrink_are_errors_and_no_signals(memfd: int) -> None:
    tensor = ef.Tensor.from_fd(memfd, [4096], "uint8")
    os.truncate(memfd, 16)
    for use in (tensor.map, tensor.numpy, tensor.__array__, tensor.__dlpack__):
        with pytest.raises(ef.IoError, match="truncated"):
            use()


# Shapes, dtypes, maps, quantization ------------------------------------------------------------


def test_shapes_of_every_constructor(memfd: int) -> None:
    makers: list[Callable[[list[int]], ef.Tensor]] = [
        lambda shape: ef.Tensor(shape, "float32", MEM),
        lambda shape: ef.Tensor.from_fd(memfd, shape),
    ]
    for make in makers:
        with pytest.raises(ef.InvalidShapeError):
            make([])
        with pytest.raises((OverflowError, TypeError)):
            make([3, -1])
        with pytest.raises((ef.OutOfMemoryError, ef.InsufficientCapacityError)):
            make([1 << 62, 4])
        with pytest.raises((OverflowError, TypeError)):
            make([1 << 64])
        with pytest.raises(ef.InvalidShapeError):
            make([1] * 17)
    with pytest.raises(ef.InvalidShapeError):
        ef.Tensor.from_fd(memfd, [0, 4])
    with pytest.raises((OverflowError, TypeError)):
        ef.Tensor([2]).reshape([-2])
    with pytest.raises((ef.InvalidShapeError, ef.OutOfMemoryError)):
        ef.Tensor([2]).reshape([1 << 63, 2])


@pytest.mark.parametrize("dtype", ["", "float", "f4", "<f4", "uint8 ", "UINT8", "bool", "bfloat16"])
def test_dtype_strings_of_every_constructor(dtype: str, memfd: int) -> None:
    makers: list[Callable[[], ef.Tensor]] = [
        lambda: ef.Tensor([1], dtype),
        lambda: ef.Tensor.from_fd(memfd, [1], dtype),
        lambda: ef.Tensor.image(1, 1, ef.PixelFormat.Rgb, MEM, dtype),
    ]
    for make in makers:
        with pytest.raises(ef.InvalidArgumentError, match="Invalid data type"):
            make()


@pytest.mark.parametrize("stride", [0, 1, 29])
def test_row_strides_below_a_row(stride: int) -> None:
    with pytest.raises(ef.InvalidArgumentError, match="row stride"):
        ef.Tensor.image(10, 4, ef.PixelFormat.Rgb, MEM, row_stride=stride)


def test_use_after_unmap() -> None:
    mapped = ef.Tensor([4], "uint8", MEM).map()
    mapped.unmap()
    for use in (mapped.view, mapped.__enter__, lambda: mapped[0], lambda: memoryview(mapped)):
        with pytest.raises(BufferError, match="not mapped"):
            use()


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), -float("inf"), 0.0, -1.0, 1e-60])
def test_quantization_scales_are_positive_numbers(scale: float) -> None:
    tensor = ef.Tensor([2], "int8", MEM)
    calls: list[Callable[[], None]] = [
        lambda: tensor.set_quantization_per_tensor(scale, 0),
        lambda: tensor.set_quantization_per_tensor_symmetric(scale),
        lambda: tensor.set_quantization_per_channel([1.0, scale], [0, 0], 0),
        lambda: tensor.set_quantization_per_channel_symmetric([scale, 1.0], 0),
    ]
    for call in calls:
        with pytest.raises(ef.InvalidQuantizationError):
            call()
        assert tensor.quantization is None


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [("int8", -128, 127), ("uint8", 0, 255), ("int16", -32768, 32767), ("uint16", 0, 65535)],
)
def test_zero_points_lie_in_the_dtype(dtype: str, low: int, high: int) -> None:
    tensor = ef.Tensor([2], dtype, MEM)
    for good in (low, high):
        tensor.set_quantization_per_tensor(1.0, good)
    for bad in (low - 1, high + 1):
        with pytest.raises(ef.InvalidQuantizationError):
            tensor.set_quantization_per_tensor(1.0, bad)
        with pytest.raises(ef.InvalidQuantizationError):
            tensor.set_quantization_per_channel([1.0, 1.0], [0, bad], 0)
    with pytest.raises(OverflowError):
        tensor.set_quantization_per_tensor(1.0, 1 << 31)


@pytest.mark.parametrize(
    ("scales", "zero_points", "axis"),
    [
        ([1.0], [0], 0),
        ([1.0] * 3, [0] * 3, 0),
        ([1.0] * 2, [0] * 3, 0),
        ([1.0] * 3, [0] * 2, 0),
        ([], [], 0),
        ([1.0] * 2, [0] * 2, 1),
        ([1.0] * 2, [0] * 2, 2),
        ([1.0] * 2, [0] * 2, 1 << 60),
    ],
)
def test_quantization_lengths_fit_the_axis(
    scales: list[float], zero_points: list[int], axis: int
) -> None:
    tensor = ef.Tensor([2, 5], "uint8", MEM)
    with pytest.raises(ef.InvalidQuantizationError):
        tensor.set_quantization_per_channel(scales, zero_points, axis)
    assert tensor.quantization is None
