# SPDX-License-Identifier: Apache-2.0
"""Maps: element access, the buffer protocol, and lifetimes that cannot dangle."""

from __future__ import annotations

import gc
import struct
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest

CODES = dict(
    uint8="B",
    int8="b",
    uint16="H",
    int16="h",
    uint32="I",
    int32="i",
    uint64="Q",
    int64="q",
    float16="e",
    float32="f",
    float64="d",
)
RANGES = {d: (int(np.iinfo(d).min), int(np.iinfo(d).max)) for d in CODES if "int" in d}


@pytest.mark.parametrize(("dtype", "code"), CODES.items())
def test_buffer_has_shape_and_format_of_the_tensor(dtype: str, code: str) -> None:
    with ef.Tensor([2, 3], dtype).map() as m:
        view = memoryview(m)
        assert (view.format, view.shape, view.ndim) == (code, (2, 3), 2)
        assert view.c_contiguous
        assert not view.readonly
        assert view.nbytes == 6 * struct.calcsize(code)


@pytest.mark.parametrize("dtype", CODES)
def test_arrays_over_the_map_share_its_memory(dtype: str) -> None:
    tensor = ef.Tensor([2, 3], dtype)
    with tensor.map() as m:
        np.asarray(m)[1, 2] = 5
        flat = np.frombuffer(m, dtype=dtype)  # type: ignore[call-overload]
        flat[0] = 3
        assert (m[0], m[5]) == (3, 5)
        assert np.frombuffer(m.view(), dtype=dtype).flags.writeable


@pytest.mark.parametrize("dtype", CODES)
def test_view_is_one_dimensional_bytes(dtype: str) -> None:
    tensor = ef.Tensor([2, 3], dtype)
    with tensor.map() as m:
        view = m.view()
        assert (view.format, view.ndim, len(view)) == ("B", 1, tensor.size)
        data = bytes(range(tensor.size))
        view[:] = data
        assert bytes(m.view()) == data


@pytest.mark.parametrize(("dtype", "limits"), RANGES.items())
def test_integer_elements_hold_their_whole_range(dtype: str, limits: tuple[int, int]) -> None:
    low, high = limits
    with ef.Tensor([2], dtype).map() as m:
        m[0], m[1] = low, high
        assert (m[0], m[1]) == (low, high)
        assert type(m[0]) is int
        for value in (low - 1, high + 1):
            with pytest.raises(OverflowError):
                m[0] = value
        with pytest.raises(TypeError):
            m[0] = 1.0
        with pytest.raises(TypeError):
            m[0] = "1"  # type: ignore[assignment]
        m[0] = np.dtype(dtype).type(high)
        assert m[0] == high


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_float_elements_take_real_numbers(dtype: str) -> None:
    with ef.Tensor([4], dtype).map() as m:
        m[0], m[1], m[2], m[3] = 1, 0.1, np.float32(2.5), float("inf")
        assert m[0] == 1.0
        assert type(m[0]) is float
        assert m[1] == float(np.dtype(dtype).type(0.1))
        assert (m[2], m[3]) == (2.5, float("inf"))
        with pytest.raises(TypeError):
            m[0] = "1"  # type: ignore[assignment]


def test_index_is_flat_and_counts_from_either_end() -> None:
    with ef.Tensor([2, 3], "uint8").map() as m:
        assert len(m) == 6
        m[np.int8(5)] = 1
        assert m[5] == m[-1] == 1
        m[-6] = 2
        assert m[0] == 2
        for index in (slice(0, 2), (0, 1), 1.0, "1", None):
            with pytest.raises(TypeError):
                m[index]  # type: ignore[index]
        for beyond in (6, 7, 1 << 60, 1 << 80, -7, -(1 << 80)):
            with pytest.raises(ef.ElementIndexError) as error:
                m[beyond]
            assert isinstance(error.value, BufferError)
            assert isinstance(error.value, IndexError)
            with pytest.raises(ef.ElementIndexError):
                m[beyond] = 0


def test_a_number_may_unmap_the_map_that_it_is_stored_into() -> None:
    m = ef.Tensor([4], mem=ef.TensorMemory.MEM).map()

    class Unmaps:
        def __float__(self) -> float:
            m.unmap()
            return 1.0

    m[0] = Unmaps()
    with pytest.raises(ef.NotMappedError):
        m[0]


def test_an_iterator_stops_with_its_map() -> None:
    m = ef.Tensor([2], "uint8").map()
    elements = iter(m)
    assert next(elements) == 0
    m.unmap()
    with pytest.raises(ef.NotMappedError):
        next(elements)


def test_maps_are_made_by_tensors_alone() -> None:
    with pytest.raises(TypeError):
        ef.TensorMap()
    with pytest.raises(TypeError):
        type("Mine", (ef.TensorMap,), {})  # type: ignore[misc]
    with pytest.raises(TypeError):
        ef.Tensor.map(object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ef.Tensor.__new__(ef.Tensor).map()


def test_access_says_what_a_map_is_for() -> None:
    tensor = ef.Tensor([3], "uint8")
    with tensor.map(ef.CpuAccess.Write) as m:
        m[1] = 5
    with tensor.map(access=ef.CpuAccess.Read) as m:
        assert list(m) == [0, 5, 0]
        with pytest.raises(BufferError, match="reading"):
            m[0] = 1
        assert memoryview(m).readonly
        assert m.view().readonly
        assert not np.asarray(m).flags.writeable
    arguments: list[Any] = [(1,), ("read",), (None,), (ef.CpuAccess.Read, ef.CpuAccess.Read)]
    for wrong in arguments:
        with pytest.raises(TypeError, match="access"):
            tensor.map(*wrong)
    with pytest.raises(TypeError, match="access"):
        tensor.map(mode=ef.CpuAccess.Read)  # type: ignore[call-arg]


def test_many_maps_may_be_open_and_close_in_any_order() -> None:
    tensor = ef.Tensor([4], "int32", ef.TensorMemory.MEM)
    maps = [tensor.map() for _ in range(20)]
    views = [memoryview(m) for m in maps[::2]]
    for m in maps[::3]:
        m.unmap()
    del maps
    views[3].cast("B").cast("i")[1] = 9
    assert all(view[1] == 9 for view in views)
    with tensor.map() as m:
        assert list(m) == [0, 9, 0, 0]


def test_elements_cannot_be_deleted() -> None:
    with ef.Tensor([2]).map() as m, pytest.raises(NotImplementedError):
        del m[0]


def test_iteration_visits_every_element_and_ends() -> None:
    tensor = ef.Tensor([2, 2], "int16")
    tensor.from_numpy(np.array([[1, 2], [3, 4]], np.int16))
    with tensor.map() as m:
        assert list(m) == [1, 2, 3, 4]
        assert 3 in m


def test_elements_of_padded_rows_are_counted_without_padding() -> None:
    image = ef.Tensor.image(2, 2, ef.PixelFormat.Rgb, ef.TensorMemory.MEM, row_stride=16)
    image.from_numpy(np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    with image.map() as m:
        assert list(m) == list(range(12))
        assert len(m) == 12
        assert len(m.view()) == 32
        assert np.asarray(m).strides == (16, 3, 1)
        assert bytes(m.view()[16:22]) == bytes(range(6, 12))
        with pytest.raises(BufferError):
            np.frombuffer(m, np.uint8)  # type: ignore[call-overload]


def test_with_returns_the_map_itself_and_unmaps() -> None:
    m = ef.Tensor([2], "uint8").map()
    with m as entered:
        assert entered is m
    assert len(m) == 0
    assert str(m) == repr(m) == "Unmapped Tensor"
    m.unmap()


def test_with_does_not_suppress_exceptions() -> None:
    m = ef.Tensor([2], "uint8").map()
    with pytest.raises(KeyError), m:
        raise KeyError
    assert len(m) == 0
    assert m.__exit__(None, None, None) is None  # type: ignore[func-returns-value]
    with pytest.raises(TypeError):
        m.__exit__()  # type: ignore[call-arg]


def test_text_of_a_map() -> None:
    with ef.Tensor([1, 2], "float16").map() as m:
        assert repr(m) == str(m) == "TensorMap(dtype=float16, shape=[1, 2])"


def test_everything_but_len_is_refused_after_unmap() -> None:
    m = ef.Tensor([2], "uint8").map()
    m.unmap()

    def store() -> None:
        m[0] = 1

    attempts: list[Any] = [lambda: m[0], store, m.view, lambda: memoryview(m), m.__enter__]
    for attempt in attempts:
        with pytest.raises(BufferError, match="not mapped"):
            attempt()


def test_buffer_protocol_is_not_an_attribute() -> None:
    assert not hasattr(ef.Tensor([1]).map(), "__getbuffer__")


def test_maps_of_one_tensor_alias() -> None:
    tensor = ef.Tensor([2], "uint8")
    with tensor.map() as a, tensor.map() as b:
        a[0] = 42
        assert b[0] == 42


def test_unmap_succeeds_while_views_are_exported_and_they_stay_valid() -> None:
    tensor = ef.Tensor([1 << 20], "uint8", ef.TensorMemory.MEM)
    with tensor.map() as m:
        array = np.frombuffer(m.view(), np.uint8)
        view = memoryview(m)
        array[-1] = 77
    del m, tensor
    gc.collect()
    noise = [np.full(1 << 20, 1, np.uint8) for _ in range(4)]
    assert array[-1] == view[-1] == 77
    assert int(array.sum()) == 77
    assert noise


def test_views_outlive_map_and_tensor() -> None:
    view = ef.Tensor([1 << 20], "uint8", ef.TensorMemory.MEM).map().view()
    array = ef.Tensor([1 << 18], "float32", ef.TensorMemory.MEM).numpy()
    gc.collect()
    noise = [np.full(1 << 20, 1, np.uint8) for _ in range(4)]
    view[5] = 3
    array[7] = 2.5
    assert view[5] == 3
    assert float(array.sum()) == 2.5
    assert noise


def test_memory_is_released_with_the_last_view() -> None:
    import resource

    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def cycle() -> None:
        tensor = ef.Tensor([8 << 20], "uint8", ef.TensorMemory.MEM)
        with tensor.map() as m:
            array = np.asarray(m)
            array[0] = 1
        del tensor
        assert array[0] == 1

    cycle()
    before = peak()
    for _ in range(50):
        cycle()
    assert peak() - before < 64 << 10  # KiB; fifty leaks would be 400 MiB


@pytest.mark.parametrize("memory", [ef.TensorMemory.MEM, ef.TensorMemory.SHM])
def test_a_hundred_thousand_tensors_leave_nothing_behind(memory: ef.TensorMemory) -> None:
    import os
    import resource

    def cycle(count: int) -> None:
        for _ in range(count):
            with ef.Tensor([1000], "uint8", memory).map() as m:
                m[999] = 1
                memoryview(m)

    cycle(1000)
    descriptors = len(os.listdir("/proc/self/fd"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cycle(100_000)
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 << 10  # KiB


def test_scalar_results_have_no_stale_views_between_maps() -> None:
    tensor = ef.Tensor([3], "int32")
    array = tensor.numpy()
    with tensor.map() as m:
        m[1] = -5
    assert array.tolist() == [0, -5, 0]
