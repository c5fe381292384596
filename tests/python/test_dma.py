# SPDX-License-Identifier: Apache-2.0
"""DMA-BUFs through Python: on a kernel that offers them, or on the preload double of
tests/dma_double (make test-python runs this file on it)."""

from __future__ import annotations

import ctypes
import os

import edgefirst_hal as ef
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    not ef.is_dma_available() and "EDGEFIRST_TEST_NEEDS_DMA" not in os.environ,
    reason="no DMA-BUFs on this machine; make test-python runs this file again, on a double",
)
DMA, RGB = ef.TensorMemory.DMA, ef.PixelFormat.Rgb
READ, WRITE = 1, 2  # DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE


class Double:
    """The counters of the preload double."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        library.edgefirst_dma_double_sync_counts.argtypes = [ctypes.POINTER(ctypes.c_int)] * 2
        self._library = library

    def counts(self) -> tuple[int, int]:
        """(starts, ends) of CPU access so far."""
        starts, ends = ctypes.c_int(), ctypes.c_int()
        self._library.edgefirst_dma_double_sync_counts(ctypes.byref(starts), ctypes.byref(ends))
        return starts.value, ends.value

    def last_flags(self) -> int:
        self._library.edgefirst_dma_double_last_sync.restype = ctypes.c_uint64
        return int(self._library.edgefirst_dma_double_last_sync())


@pytest.fixture
def double() -> Double:
    if not hasattr(ctypes.CDLL(None), "edgefirst_dma_double"):
        pytest.skip("this kernel's own DMA-BUFs count nothing; the double does")
    return Double()


def test_descriptors_are_shared() -> None:
    tensor = ef.Tensor([64], "uint8", DMA)
    assert tensor.memory == DMA
    tensor.numpy()[5] = 7
    for fd in (tensor.fd, tensor.dmabuf_clone()):
        other = ef.Tensor.from_fd(fd, [64], "uint8")
        os.close(fd)
        assert other.memory == DMA
        assert other.numpy()[5] == 7
        assert other.aliases(tensor)
        assert other.buffer_id != tensor.buffer_id


def test_a_padded_foreign_image_is_mapped_at_its_stride() -> None:
    source = ef.Tensor.image(5, 4, RGB, DMA, row_stride=64)
    source.from_numpy(np.arange(60, dtype=np.uint8).reshape(4, 5, 3))
    fd = source.fd
    image = ef.ImageProcessor().import_image(fd, 5, 4, RGB, stride=64)
    os.close(fd)
    assert image.row_stride == 64
    np.testing.assert_array_equal(image.numpy(), np.arange(60).reshape(4, 5, 3))
    with image.map() as m:
        assert np.asarray(m).strides == (64, 3, 1)


def test_two_planes_are_imported_with_their_pitches() -> None:
    luma = ef.Tensor([4 * 64], "uint8", DMA)
    chroma = ef.Tensor([2 * 128], "uint8", DMA)
    luma.numpy()[...] = 16
    chroma.numpy()[...] = 128
    fds = luma.fd, chroma.fd
    image = ef.ImageProcessor().import_image(
        fds[0], 6, 4, ef.PixelFormat.Nv12, stride=64, chroma_fd=fds[1], chroma_stride=128
    )
    for fd in fds:
        os.close(fd)
    assert (image.width, image.height, image.row_stride) == (6, 4, 64)
    assert image.chroma is not None
    assert image.chroma.row_stride == 128
    target = ef.Tensor.image(6, 4, RGB)
    ef.ImageProcessor().convert(image, target)
    assert target.numpy().max() == 0


@pytest.mark.parametrize(
    ("access", "flags"),
    [
        (ef.CpuAccess.Read, READ),
        (ef.CpuAccess.Write, WRITE),
        (ef.CpuAccess.ReadWrite, READ | WRITE),
    ],
)
def test_maps_are_synchronised_for_what_they_are_for(
    double: Double, access: ef.CpuAccess, flags: int
) -> None:
    tensor = ef.Tensor([64], "uint8", DMA)
    with tensor.map(access):
        assert double.last_flags() & 3 == flags


def test_access_ends_with_the_map_although_views_live(double: Double) -> None:
    tensor = ef.Tensor([64], "uint8", DMA)
    starts, ends = double.counts()
    with tensor.map() as m:
        array = np.frombuffer(m, np.uint8)  # type: ignore[call-overload]
        array[3] = 9
        assert double.counts() == (starts + 1, ends)
    assert double.counts() == (starts + 1, ends + 1)
    m.unmap()
    del m
    assert array[3] == 9
    del array
    assert double.counts() == (starts + 1, ends + 1)
    array = tensor.numpy()
    assert double.counts() == (starts + 2, ends + 1)
    del array
    assert double.counts() == (starts + 2, ends + 2)
    capsule = tensor.__dlpack__()
    del capsule
    assert double.counts() == (starts + 3, ends + 3)


def test_threads_may_end_one_map_together(double: Double) -> None:
    from threading import Barrier, Thread

    tensor = ef.Tensor([4096], "uint8", DMA)
    starts, ends = double.counts()
    for _ in range(200):
        m = tensor.map()
        views = [memoryview(m) for _ in range(4)]
        barrier = Barrier(4)

        def end(view: memoryview, m: ef.TensorMap = m, barrier: Barrier = barrier) -> None:
            barrier.wait()
            m.unmap()
            view.release()

        threads = [Thread(target=end, args=(view,)) for view in views]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert double.counts() == (starts + 200, ends + 200)


def test_ten_thousand_shared_frames_leave_no_descriptors() -> None:
    def cycle() -> None:
        tensor = ef.Tensor([64], "uint8", DMA)
        fd = tensor.fd
        other = ef.Tensor.from_fd(fd, [64], "uint8")
        os.close(fd)
        with tensor.map() as m, other.map() as n:
            m[1] = 5
            assert n[1] == 5

    cycle()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10_000):
        cycle()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_forked_child_may_use_and_drop_the_tensor() -> None:
    tensor = ef.Tensor([64], "uint8", DMA)
    tensor.numpy()[0] = 1
    child = os.fork()
    if child == 0:
        try:
            array = tensor.numpy()
            array[1] = 2
            own = ef.Tensor([64], "uint8", DMA)
            own.numpy()[0] = 3
            os._exit(0 if array[0] == 1 else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert tensor.numpy()[:2].tolist() == [1, 2]
