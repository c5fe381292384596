# SPDX-License-Identifier: Apache-2.0
"""Live sources, where the newest frame wins; and the pipeline under asyncio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from edgefirst_hal.pipeline import Frame, Live, Pipeline, Stage, StageError

PATIENCE_S = 30.0


def same(value: int) -> int:
    return value


@pytest.mark.parametrize("depth", [1, 2])
def test_the_newest_frame_replaces_those_that_wait(depth: int) -> None:
    """The stage holds frame 0 until the camera has shown all ten."""
    shown = threading.Event()
    dropped: list[int] = []

    def camera() -> Iterator[int]:
        yield 0
        assert at_work.wait(PATIENCE_S)
        yield from range(1, 10)
        shown.set()

    at_work = threading.Event()

    def slow(value: int) -> int:
        at_work.set()
        assert shown.wait(PATIENCE_S)
        return value

    pipeline = Pipeline(
        [Stage("slow", slow)], depth, Live(), on_drop=lambda frame: dropped.append(frame.index)
    )
    with pipeline.run(camera()) as run:
        assert [frame.index for frame in run] == [0, 9]
        counts = run.statistics()
    assert counts.skipped == {"replaced": 8}
    assert (counts.entered, counts.in_flight) == (10, 0)
    assert dropped == list(range(1, 9))


def test_a_frame_beyond_its_budget_is_skipped_before_the_next_stage() -> None:
    reached: list[int] = []

    def wait_on_odd(value: int) -> int:
        if value % 2:
            threading.Event().wait(0.02)
        return value

    def note(value: int) -> int:
        reached.append(value)
        return value

    def camera() -> Iterator[int]:
        for i in range(6):
            assert ready[i].wait(PATIENCE_S)
            yield i

    ready = [threading.Event() for _ in range(7)]
    ready[0].set()

    def release(value: int) -> int:
        ready[value + 1].set()
        return value

    def skipped(frame: Frame) -> None:
        ready[frame.index + 1].set()

    stages = [Stage("wait", lambda v: release(wait_on_odd(v))), Stage("note", note)]
    budget = Live(budget_ns=10_000_000)
    with Pipeline(stages, 2, budget, skipped).run(camera()) as run:
        delivered = [frame.index for frame in run]
        counts = run.statistics()
    assert not {1, 3, 5} & set(delivered)
    assert reached == delivered
    assert counts.skipped["late"] >= 3
    assert counts.in_flight == 0


@pytest.mark.parametrize("depth", [1, 3])
def test_async_for_over_a_plain_source(depth: int) -> None:
    async def collect() -> list[Frame]:
        async with Pipeline([Stage("a", same), Stage("b", same)], depth).run_async(
            range(100)
        ) as run:
            return [frame async for frame in run]

    frames = asyncio.run(collect())
    assert [frame.index for frame in frames] == list(range(100))


@pytest.mark.parametrize("depth", [1, 3])
def test_async_for_over_an_asynchronous_source(depth: int) -> None:
    async def source() -> AsyncIterator[int]:
        for i in range(50):
            await asyncio.sleep(0)
            yield i * 10

    def work(value: int) -> int:
        if value == 70:
            raise ValueError("bad frame")
        return value + 1

    async def collect() -> list[Frame]:
        run = Pipeline([Stage("work", work)], depth).run_async(source())
        return [frame async for frame in run]

    frames = asyncio.run(collect())
    assert len(frames) == 50
    assert isinstance(frames[7].error, StageError)
    assert [f.result() for f in frames if f.error is None] == [
        i * 10 + 1 for i in range(50) if i != 7
    ]


@pytest.mark.parametrize("depth", [1, 3])
def test_the_loop_runs_on_while_a_stage_works(depth: int) -> None:
    """The stage waits for something that only the loop does."""

    async def collect() -> list[int]:
        loop = asyncio.get_running_loop()
        done = threading.Event()
        loop.call_later(0.01, done.set)

        def work(value: int) -> int:
            assert done.wait(PATIENCE_S)
            return value

        return [f.result() async for f in Pipeline([Stage("a", work)], depth).run_async([1, 2])]

    assert asyncio.run(collect()) == [1, 2]


def test_leaving_an_async_run_early_ends_source_and_threads() -> None:
    async def endless() -> AsyncIterator[int]:
        yield 0
        await asyncio.Event().wait()

    async def first() -> int:
        async with Pipeline([Stage("a", same)]).run_async(endless()) as run:
            async for frame in run:
                return frame.index
        return -1

    assert asyncio.run(asyncio.wait_for(first(), PATIENCE_S)) == 0
    assert not [t for t in threading.enumerate() if t.name.startswith("pipeline-a")]


def test_a_cancelled_task_ends_the_run() -> None:
    async def main() -> bool:
        async def endless() -> AsyncIterator[int]:
            await asyncio.Event().wait()
            yield 0

        async def read() -> None:
            async with Pipeline([Stage("a", same)]).run_async(endless()) as run:
                async for _ in run:
                    pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return True

    assert asyncio.run(asyncio.wait_for(main(), PATIENCE_S))
