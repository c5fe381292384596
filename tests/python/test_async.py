# SPDX-License-Identifier: Apache-2.0
"""ImageProcessor.convert_async: the fence, memory kept alive, errors, other threads, the end."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import U8, noise

MEM = ef.TensorMemory.MEM
RGB = ef.PixelFormat.Rgb


def large() -> U8:
    return noise(1, 2160, 3840, 3)


@pytest.fixture(scope="module")
def processor() -> ef.ImageProcessor:
    return ef.ImageProcessor()


def test_the_answer_is_that_of_convert(processor: ef.ImageProcessor) -> None:
    source = ef.Tensor.wrap(noise(1, 120, 160, 3), RGB)
    targets = [ef.Tensor.image(64, 48, ef.PixelFormat.PlanarRgb, MEM, "float32") for _ in range(9)]
    expected = ef.Tensor.image(64, 48, ef.PixelFormat.PlanarRgb, MEM, "float32")
    processor.convert(source, expected, ef.Rotation.Rotate180, scale=2.0)
    fences = [
        processor.convert_async(source, target, ef.Rotation.Rotate180, scale=2.0)
        for target in targets
    ]
    assert fences[-1].wait() is True
    assert all(fence.done for fence in fences)
    for target in targets:
        assert np.array_equal(target.numpy(), expected.numpy())


def test_the_block_of_a_fence_ends_with_its_work(processor: ef.ImageProcessor) -> None:
    target = ef.Tensor.image(64, 48, RGB, MEM)
    with processor.convert_async(ef.Tensor.wrap(large(), RGB), target) as fence:
        assert isinstance(fence, ef.Fence)
    assert fence.done
    assert target.numpy().any()


def test_wrong_arguments_are_raised_at_once(processor: ef.ImageProcessor) -> None:
    image = ef.Tensor.image(8, 8, RGB, MEM)
    with pytest.raises(ef.AliasedBuffersError):
        processor.convert_async(image, image)
    with pytest.raises(ef.InvalidRectError):
        processor.convert_async(
            image, ef.Tensor.image(4, 4, RGB, MEM), dst_crop=ef.Rect(0, 0, 5, 4)
        )


def test_later_errors_are_raised_by_every_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    for backend in ("GL", "G2D", "CPU"):
        monkeypatch.setenv(f"EDGEFIRST_DISABLE_{backend}", "1")
    processor = ef.ImageProcessor()
    fence = processor.convert_async(
        ef.Tensor.image(8, 8, RGB, MEM), ef.Tensor.image(4, 4, RGB, MEM)
    )
    for _ in range(2):
        with pytest.raises(ef.NoBackendError):
            fence.wait()
    with pytest.raises(ef.NoBackendError), fence:
        pass
    with pytest.raises(KeyError), fence:
        raise KeyError("the block's own goes first")


def test_timeouts(processor: ef.ImageProcessor) -> None:
    fences = [
        processor.convert_async(ef.Tensor.wrap(large(), RGB), ef.Tensor.image(640, 640, RGB, MEM))
        for _ in range(8)
    ]
    fences[-1].wait(0)  # whatever it says, it does not stay
    assert fences[-1].wait(60) is True
    assert fences[-1].wait(0) is True
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="timeout"):
            fences[0].wait(wrong)


def test_arrays_live_until_the_fence_is_done(processor: ef.ImageProcessor) -> None:
    pixels = large()
    source = ef.Tensor.wrap(pixels, RGB)
    target = ef.Tensor.image(64, 48, RGB, MEM)
    freed = threading.Event()
    weakref.finalize(pixels, freed.set)
    fence = processor.convert_async(source, target)
    del pixels, source
    fence.wait()
    gc.collect()
    assert freed.is_set()
    assert target.numpy().any()


def test_other_threads_run_during_a_wait(processor: ef.ImageProcessor) -> None:
    counted = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal counted
        while not stop.is_set():
            counted += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    source = ef.Tensor.wrap(large(), RGB)
    fences = [
        processor.convert_async(source, ef.Tensor.image(640, 640, RGB, MEM)) for _ in range(20)
    ]
    thread.start()
    before = counted
    fences[-1].wait()
    assert counted > before
    stop.set()
    thread.join()


def run(program: str) -> subprocess.CompletedProcess[str]:
    forks_beside_threads = "ignore::DeprecationWarning"  # of CPython since 3.12
    return subprocess.run(
        [sys.executable, "-W", forks_beside_threads, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


PENDING = """
import gc, os, signal, threading
import numpy as np
import edgefirst_hal as ef
gc.disable()
RGB, MEM = ef.PixelFormat.Rgb, ef.TensorMemory.MEM
processor = ef.ImageProcessor()
def submit():
    pixels = np.ones((1080, 1920, 3), np.uint8)
    target = ef.Tensor.image(640, 640, RGB, MEM)
    return processor.convert_async(ef.Tensor.wrap(pixels, RGB), target)
fences = [submit() for _ in range(30)]
"""


@pytest.mark.parametrize(
    "end",
    [
        "",
        "cycle = [processor]; cycle.append(cycle); del processor",
        "fences.clear(); del processor",
    ],
    ids=["globals", "cycle", "nobody_waits"],
)
def test_python_may_end_while_work_is_pending(end: str) -> None:
    ended = run(PENDING + end)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_forked_children_convert_at_once() -> None:
    program = """
for fence in fences: fence.wait()
child = os.fork()
if child == 0:
    os._exit(0 if submit().done else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    ended = run(PENDING + program)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_interrupt_ends_a_wait() -> None:
    program = """
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    threading.Timer(0.1, lambda: signal.raise_signal(signal.SIGINT)).start()
    while True:
        fences = [submit() for _ in range(30)]
        fences[-1].wait()
except KeyboardInterrupt:
    print("interrupted")
"""
    assert run(PENDING + program).stdout == "interrupted\n"
