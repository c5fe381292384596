# SPDX-License-Identifier: Apache-2.0
"""How a run ends: readers that give up, sources that hold something, callbacks that raise."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from edgefirst_hal.pipeline import Frame, Pipeline, Run, RunStatistics, Stage

PATIENCE_S = 30.0
COUNT = 12


def same(value: int) -> int:
    return value


def slow(value: int) -> int:
    time.sleep(0.02)
    return value


def fail(value: int) -> int:
    raise ValueError(f"bad {value}")


def is_accounted_for(counts: RunStatistics, dropped: list[int], read: list[int]) -> bool:
    """Each frame that entered was read or dropped, and never both."""
    assert sorted(dropped + read) == list(range(counts.entered))
    return counts.in_flight == 0 and counts.delivered == len(read)


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("timeout_s", [0.0001, 0.001, 0.013])
def test_a_frame_that_was_not_waited_for_comes_next(depth: int, timeout_s: float) -> None:
    async def read() -> list[int]:
        got: list[int] = []
        gave_up = 0
        async with Pipeline([Stage("a", slow)], depth).run_async(range(COUNT)) as run:
            while True:
                try:
                    frame = await asyncio.wait_for(run.__anext__(), timeout_s)
                except asyncio.TimeoutError:
                    gave_up += 1
                    await asyncio.sleep(0.001)
                except StopAsyncIteration:
                    assert gave_up > 0
                    return got
                else:
                    got.append(frame.index)

    assert asyncio.run(asyncio.wait_for(read(), PATIENCE_S)) == list(range(COUNT))


@pytest.mark.parametrize("depth", [1, 2])
def test_readers_that_are_cancelled_at_once_lose_nothing(depth: int) -> None:
    """Several tasks ask, and all but the last are cancelled before anything came."""

    async def read() -> list[int]:
        async with Pipeline([Stage("a", slow)], depth).run_async(range(COUNT)) as run:
            tasks = [asyncio.ensure_future(run.__anext__()) for _ in range(4)]
            await asyncio.sleep(0)
            for task in tasks[:3]:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            got = [each.index for each in results if isinstance(each, Frame)]
            return got + [frame.index async for frame in run]

    assert sorted(asyncio.run(asyncio.wait_for(read(), PATIENCE_S))) == list(range(COUNT))


@pytest.mark.parametrize("depth", [1, 2])
def test_a_frame_that_nobody_waits_for_any_more_is_dropped(depth: int) -> None:
    dropped: list[int] = []

    async def read() -> tuple[RunStatistics, list[int]]:
        pipeline = Pipeline(
            [Stage("a", slow)], depth, on_drop=lambda frame: dropped.append(frame.index)
        )
        async with pipeline.run_async(range(COUNT)) as run:
            got = [(await run.__anext__()).index]
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(run.__anext__(), 0.001)
            await asyncio.sleep(0.1)
        return run.statistics(), got

    counts, got = asyncio.run(asyncio.wait_for(read(), PATIENCE_S))
    assert got == [0]
    assert 1 in dropped
    assert is_accounted_for(counts, dropped, got)


def test_a_run_that_is_forgotten_drops_such_a_frame_too() -> None:
    dropped: list[int] = []

    async def read() -> None:
        pipeline = Pipeline([Stage("a", slow)], on_drop=lambda frame: dropped.append(frame.index))
        run = pipeline.run_async(range(3))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(run.__anext__(), 0.001)
        await asyncio.sleep(0.1)
        del run
        gc.collect()
        await asyncio.sleep(0.1)

    asyncio.run(asyncio.wait_for(read(), PATIENCE_S))
    assert 0 in dropped


class Camera:
    """Open until its generator is closed."""

    def __init__(self) -> None:
        self.is_open = False
        self.closed_in = ""

    def __iter__(self) -> Iterator[int]:
        self.is_open = True
        try:
            yield from range(1000)
        finally:
            self.is_open = False
            self.closed_in = threading.current_thread().name


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("makes", [iter, lambda camera: camera], ids=["generator", "iterable"])
def test_a_generator_is_closed_where_the_block_ends(depth: int, makes: Any) -> None:
    camera = Camera()
    source = makes(camera)
    with Pipeline([Stage("a", same)], depth).run(source) as run:
        next(run)
        assert camera.is_open
    assert not camera.is_open


@pytest.mark.parametrize("depth", [1, 2])
def test_a_generator_is_closed_where_the_block_raises_or_stops(depth: int) -> None:
    camera = Camera()

    def read(run: Run) -> None:
        with run:
            next(run)
            raise KeyError

    with pytest.raises(KeyError):
        read(Pipeline([Stage("a", same)], depth).run(camera))
    assert not camera.is_open
    with Pipeline([Stage("a", same)], depth).run(camera) as run:
        next(run)
        run.stop()
        assert len(list(run)) <= 2 * depth
    assert not camera.is_open


def test_a_generator_that_waits_is_closed_in_its_own_thread() -> None:
    shown = threading.Event()
    closed = threading.Event()

    def camera() -> Iterator[int]:
        try:
            yield 0
            assert shown.wait(PATIENCE_S)
            yield 1
        finally:
            closed.set()

    with Pipeline([Stage("a", same)]).run(camera()) as run:
        next(run)
    assert not closed.is_set()  # no thread can close a generator that another is in
    shown.set()
    assert closed.wait(PATIENCE_S)


@pytest.mark.parametrize("depth", [1, 2])
def test_iterators_that_are_no_generators_stay_open(depth: int, tmp_path: Any) -> None:
    path = tmp_path / "lines"
    path.write_text("a\nb\nc\n")
    with path.open() as file:
        with Pipeline([Stage("a", len)], depth).run(file) as run:
            next(run)
        assert not file.closed


def test_an_asynchronous_generator_is_closed_with_the_run() -> None:
    closed: list[bool] = []

    async def camera() -> AsyncIterator[int]:
        try:
            for i in range(1000):
                yield i
        finally:
            closed.append(True)

    async def read(wait_s: float) -> None:
        async with Pipeline([Stage("a", same)]).run_async(camera()) as run:
            await run.__anext__()
            await asyncio.sleep(wait_s)
        assert closed == [True]

    for wait_s in (0, 0.05):
        closed.clear()
        asyncio.run(asyncio.wait_for(read(wait_s), PATIENCE_S))


def waited(is_true: Callable[[], bool]) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.001)
    return is_true()


@pytest.fixture
def thread_errors(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What threads would print a traceback of."""
    errors: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", errors.append)
    return errors


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_what_on_drop_raises_reaches_the_reader(depth: int, thread_errors: list[Any]) -> None:
    dropped: list[int] = []

    def on_drop(frame: Frame) -> None:
        dropped.append(frame.index)
        raise LookupError(f"no buffer {frame.index}")

    def work(value: int) -> int:
        return fail(value) if value == 3 else value

    def read(run: Run) -> None:
        with run:
            list(run)

    run = Pipeline([Stage("a", work), Stage("b", same)], depth, on_drop=on_drop).run(range(9))
    with pytest.raises(LookupError, match="no buffer 3"):
        read(run)
    assert sorted(set(dropped)) == sorted(dropped)
    assert dropped[0] == 3
    assert is_accounted_for(run.statistics(), dropped, list(range(run.statistics().delivered)))
    assert thread_errors == []


@pytest.mark.parametrize("depth", [2, 4])
def test_on_drop_that_raises_while_a_run_is_cancelled_is_told_where_it_ends(
    depth: int, thread_errors: list[Any]
) -> None:
    dropped: list[int] = []

    def on_drop(frame: Frame) -> None:
        dropped.append(frame.index)
        raise LookupError(f"no buffer {frame.index}")

    def read(run: Run) -> None:
        with run:
            next(run)
            assert waited(lambda: run.statistics().most_in_flight > depth)

    run = Pipeline([Stage("a", same)], depth, on_drop=on_drop).run(range(100))
    with pytest.raises(LookupError, match="no buffer"):
        read(run)
    assert sorted(set(dropped)) == sorted(dropped)
    assert len(dropped) >= depth
    assert run.statistics().in_flight == 0
    assert thread_errors == []
    run.cancel()  # has told already


def test_on_drop_that_raises_reaches_an_asynchronous_reader(thread_errors: list[Any]) -> None:
    def on_drop(frame: Frame) -> None:
        raise LookupError("no buffer")

    async def read() -> None:
        async with Pipeline([Stage("a", fail)], on_drop=on_drop).run_async(range(9)) as run:
            async for _ in run:
                pass

    with pytest.raises(LookupError, match="no buffer"):
        asyncio.run(asyncio.wait_for(read(), PATIENCE_S))
    assert thread_errors == []
