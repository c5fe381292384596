# SPDX-License-Identifier: Apache-2.0
"""Tensors by DLPack and numpy's array interface: one memory, true strides, nothing dangles."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from numpy.typing import NDArray

MEM = ef.TensorMemory.MEM
CPU = (1, 0)
DTYPES = [
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64"),
]
KINDS = [MEM, *([ef.TensorMemory.SHM] if ef.is_shm_available() else [])]


def filled(dtype: str, *shape: int) -> NDArray[Any]:
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def tensor_of(array: NDArray[Any], memory: ef.TensorMemory = MEM) -> ef.Tensor:
    tensor = ef.Tensor(array.shape, array.dtype.name, memory)
    tensor.from_numpy(array)
    return tensor


def read_only_tensor(*shape: int) -> ef.Tensor:
    fd = os.memfd_create("read-only")
    os.write(fd, bytes(range(int(np.prod(shape)))))
    reader = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
    tensor = ef.Tensor.from_fd(reader, shape, "uint8")
    os.close(reader)
    os.close(fd)
    return tensor


class Legacy:
    """A producer from before DLPack 1.0: no options, capsules named "dltensor"."""

    def __init__(self, tensor: ef.Tensor) -> None:
        self.tensor = tensor

    def __dlpack__(self, stream: None = None) -> Any:
        return self.tensor.__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU


# Out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", KINDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_shares_a_tensors_memory(dtype: str, memory: ef.TensorMemory) -> None:
    tensor = tensor_of(filled(dtype, 3, 5, 7), memory)
    array = np.from_dlpack(tensor)
    assert array.dtype == dtype
    assert array.shape == (3, 5, 7)
    assert array.flags.writeable
    assert np.array_equal(array, filled(dtype, 3, 5, 7))
    array[1, 2, 3] = 99
    assert tensor.numpy()[1, 2, 3] == 99
    tensor.numpy()[2, 0, 1] = 98
    assert array[2, 0, 1] == 98


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_looks_at_a_tensor_itself(dtype: str) -> None:
    tensor = tensor_of(filled(dtype, 4, 6))
    array = np.asarray(tensor)
    assert array.dtype == dtype
    array[3, 5] = 7
    assert tensor.numpy()[3, 5] == 7
    assert np.array_equal(np.stack([tensor, tensor])[1], array)


@pytest.mark.parametrize("rank", range(1, 17))
def test_every_rank_travels_both_ways(rank: int) -> None:
    array = filled("int32", *([1] * (rank - 1)), 6)
    tensor = ef.from_dlpack(array)
    assert tensor.shape == list(array.shape)
    assert np.array_equal(np.from_dlpack(tensor), array)


@pytest.mark.parametrize(("dtype", "stride"), [("uint8", 40), ("uint16", 80), ("float32", 160)])
def test_padded_rows_keep_their_strides(dtype: str, stride: int) -> None:
    image = ef.Tensor.image(9, 5, ef.PixelFormat.Rgb, MEM, dtype, row_stride=stride)
    image.from_numpy(filled(dtype, 5, 9, 3))
    item = np.dtype(dtype).itemsize
    for view in (np.from_dlpack(image), np.asarray(image), image.numpy()):
        assert view.strides == (stride, 3 * item, item)
        assert np.array_equal(view, filled(dtype, 5, 9, 3))
        assert np.shares_memory(view, image.numpy())


def test_a_row_stride_between_elements_needs_a_copy() -> None:
    image = ef.Tensor.image(3, 2, ef.PixelFormat.Rgb, MEM, "float32", row_stride=38)
    values = filled("float32", 2, 3, 3)
    image.from_numpy(values)
    assert np.array_equal(np.from_dlpack(image), values)
    with pytest.raises(ef.ExchangeError, match="row stride"):
        image.__dlpack__(max_version=(1, 0), copy=False)


def test_copy_is_asked_for_or_refused() -> None:
    tensor = tensor_of(filled("int16", 2, 3))
    copy = np.from_dlpack(tensor, copy=True)
    copy[0, 0] = 55
    assert tensor.numpy()[0, 0] == 0
    same = np.from_dlpack(tensor, copy=False)
    assert np.shares_memory(same, tensor.numpy())


def test_capsules_are_versioned_for_those_who_know_versions() -> None:
    tensor = ef.Tensor([2])
    assert '"dltensor"' in repr(tensor.__dlpack__())
    assert '"dltensor"' in repr(tensor.__dlpack__(max_version=(0, 8)))
    assert '"dltensor_versioned"' in repr(tensor.__dlpack__(max_version=(1, 0)))
    assert '"dltensor_versioned"' in repr(tensor.__dlpack__(max_version=(2, 5)))


def test_tensors_are_on_the_cpu_and_have_no_stream() -> None:
    tensor = ef.Tensor([2])
    assert tensor.__dlpack_device__() == CPU
    assert tensor.__dlpack__(dl_device=CPU, stream=None)
    with pytest.raises(ef.ExchangeError, match=r"device \(2, 0\)"):
        tensor.__dlpack__(dl_device=(2, 0))
    with pytest.raises(ef.ExchangeError, match="stream"):
        tensor.__dlpack__(stream=1)  # type: ignore[arg-type]
    for options in ({"max_version": 1}, {"dl_device": (1,)}, {"copy": "no"}, {"max_version": "ab"}):
        with pytest.raises(TypeError):
            tensor.__dlpack__(**options)
    with pytest.raises(TypeError):
        tensor.__dlpack__(None)  # type: ignore[call-arg]


def test_array_follows_dtype_and_copy() -> None:
    tensor = tensor_of(filled("uint8", 2, 3))
    shared = tensor.numpy()
    assert np.shares_memory(tensor.__array__(), shared)
    assert np.shares_memory(tensor.__array__(np.dtype("uint8"), copy=False), shared)
    assert not np.shares_memory(tensor.__array__(copy=True), shared)
    cast = tensor.__array__(np.dtype("float32"))
    assert cast.dtype == np.float32
    assert np.array_equal(cast, shared)
    with pytest.raises(ValueError, match="copy"):
        tensor.__array__(np.dtype("float32"), copy=False)
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        with pytest.raises(ValueError, match="copy"):
            np.array(tensor, dtype="float32", copy=False)
    assert np.array(tensor, dtype="float64").sum() == shared.sum()


def test_memory_that_cannot_be_written_stays_so() -> None:
    tensor = read_only_tensor(4, 5)
    expected = np.arange(20, dtype=np.uint8).reshape(4, 5)
    for view in (tensor.numpy(), np.asarray(tensor), tensor.__array__()):
        assert np.array_equal(view, expected)
        assert not view.flags.writeable
        with pytest.raises(ValueError, match="WRITEABLE"):
            view.flags.writeable = True
    if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
        assert not np.from_dlpack(tensor).flags.writeable
    with pytest.raises(ef.ExchangeError, match="read-only"):
        tensor.__dlpack__(copy=False)  # legacy capsules cannot say it
    assert ef.from_dlpack(Legacy(tensor)).numpy().flags.writeable  # of a copy


# In --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_tensor_lies_in_a_numpy_arrays_memory(dtype: str) -> None:
    array = filled(dtype, 4, 9)
    tensor = ef.Tensor.from_dlpack(array)
    assert (tensor.dtype, tensor.shape, tensor.memory) == (dtype, [4, 9], MEM)
    array[3, 8] = 44
    assert tensor.numpy()[3, 8] == 44
    tensor.numpy()[0, 0] = 43
    assert array[0, 0] == 43
    assert not np.shares_memory(ef.from_dlpack(array, copy=True).numpy(), array)


def test_tensors_and_older_producers_are_producers_too() -> None:
    tensor = tensor_of(filled("float32", 3, 3))
    for producer in (tensor, Legacy(tensor), tensor.__dlpack__()):
        again = ef.from_dlpack(producer)
        assert np.shares_memory(again.numpy(), tensor.numpy())


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[::-1],
        lambda a: a[:, ::-2],
        lambda a: a[1:, 2:5].T,
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: a.transpose(1, 0)[::-1, ::3],
    ],
)
def test_other_layouts_are_copied_unless_forbidden(view: Any) -> None:
    array = view(filled("int64", 6, 7))
    tensor = ef.from_dlpack(array)
    assert np.array_equal(tensor.numpy(), array)
    assert not np.shares_memory(tensor.numpy(), array)
    with pytest.raises(BufferError, match="cannot import without a copy") as caught:
        ef.from_dlpack(array, copy=False)
    assert isinstance(caught.value, ef.ExchangeError)


def test_strides_of_single_extents_do_not_matter() -> None:
    array = filled("int32", 4, 1, 6)[:, ::-1]
    assert np.shares_memory(ef.from_dlpack(array, copy=False).numpy(), array)


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="numpy before 2.1 exports none"
)
def test_read_only_arrays_are_copied_unless_forbidden() -> None:
    array = filled("uint8", 4)
    array.flags.writeable = False
    tensor = ef.from_dlpack(array)
    tensor.numpy()[0] = 9
    assert array[0] == 0
    with pytest.raises(ef.ExchangeError, match="read-only"):
        ef.from_dlpack(array, copy=False)


def test_unaligned_arrays_are_copied_or_refused() -> None:
    array = np.frombuffer(bytearray(17), np.float32, 4, offset=1)
    assert array.ctypes.data % 4
    assert not np.shares_memory(ef.from_dlpack(array).numpy(), array)
    with pytest.raises(ef.ExchangeError, match="aligned"):
        ef.from_dlpack(array, copy=False)
    with pytest.raises(ValueError, match="aligned"):
        ef.Tensor.wrap(array)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0, 2)])
def test_empty_arrays_travel_both_ways(shape: tuple[int, ...]) -> None:
    tensor = ef.from_dlpack(np.zeros(shape, np.float32))
    assert tensor.shape == list(shape)
    for array in (np.from_dlpack(tensor), np.asarray(tensor)):
        assert array.shape == shape


@pytest.mark.parametrize("array", [np.zeros(3, bool), np.zeros(3, complex)])
def test_dtypes_that_tensors_do_not_have_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(ef.ExchangeError, match="dtype"):
        ef.from_dlpack(array)


# Lifetime --------------------------------------------------------------------------------------


def test_the_consumer_keeps_the_memory_alive() -> None:
    views = [
        np.from_dlpack(tensor_of(filled("int32", 64, 64))),
        np.asarray(tensor_of(filled("int32", 64, 64))),
        tensor_of(filled("int32", 64, 64)).__array__(),
        ef.from_dlpack(filled("int32", 64, 64)).numpy(),
        np.from_dlpack(ef.from_dlpack(filled("int32", 64, 64))),
    ]
    gc.collect()
    noise = [np.full((64, 64), -1, np.int32) for _ in range(16)]
    for view in views:
        assert np.array_equal(view, filled("int32", 64, 64))
    assert noise


def test_the_producer_is_freed_with_its_last_consumer() -> None:
    class Owner(np.ndarray):
        pass

    array = np.zeros((8, 8), np.uint8).view(Owner)
    gone = weakref.ref(array)
    tensor = ef.from_dlpack(array)
    del array
    again = np.from_dlpack(tensor)
    del tensor
    gc.collect()
    assert gone() is not None
    del again
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("max_version", [None, (1, 0)])
def test_capsules_that_nobody_takes_free_their_share(max_version: tuple[int, int] | None) -> None:
    array = np.zeros(8, np.uint8)
    before = sys.getrefcount(array)
    tensor = ef.Tensor.wrap(array)
    capsule = tensor.__dlpack__(max_version=max_version)
    del tensor
    assert sys.getrefcount(array) > before
    del capsule
    assert sys.getrefcount(array) == before


def test_ten_thousand_cycles_leave_nothing_behind() -> None:
    import resource

    def cycle() -> None:
        tensor = ef.Tensor([64 << 10], "uint8", KINDS[-1])
        array = np.from_dlpack(tensor)
        again = ef.from_dlpack(array)
        np.asarray(again)[0] = 1
        tensor.__dlpack__(copy=True)
        del tensor, array
        assert again.numpy()[0] == 1

    def usage() -> tuple[int, int]:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(os.listdir("/proc/self/fd"))

    for _ in range(100):
        cycle()
    memory, descriptors = usage()
    for _ in range(10_000):
        cycle()
    memory_after, descriptors_after = usage()
    assert descriptors_after == descriptors
    assert memory_after - memory < 16 << 10  # KiB; leaking each cycle would be 1.2 GiB


def test_threads_may_exchange_one_tensor() -> None:
    tensor = tensor_of(filled("int32", 100))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(300):
                array = np.from_dlpack(ef.from_dlpack(np.from_dlpack(tensor)))
                assert np.array_equal(array, np.asarray(tensor))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_what_is_still_exchanged_at_exit_does_no_harm() -> None:
    code = (
        "import threading, time, numpy as np, edgefirst_hal as ef\n"
        "kept = [ef.Tensor([1000]), ef.from_dlpack(np.zeros(1000))]\n"
        "kept += [t.__dlpack__() for t in kept] + [np.from_dlpack(t) for t in kept]\n"
        "kept.append(ef.from_dlpack(kept[-1])); kept.append(kept)\n"
        "import sys; sys.kept = kept\n"
        "def spin():\n"
        "    while True: np.from_dlpack(ef.from_dlpack(np.zeros(10)))\n"
        "threading.Thread(target=spin, daemon=True).start(); time.sleep(0.05)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
