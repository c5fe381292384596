# SPDX-License-Identifier: Apache-2.0
"""The pipeline keeps order, bounds what is in flight, carries errors and ends cleanly.

Nothing here depends on how long something takes; tests/profiler measures.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from edgefirst_hal.pipeline import Frame, Pipeline, Stage, StageError

DEPTHS = (1, 2, 3, 8)
PATIENCE_S = 30.0
COUNT = 500


def plus_one(value: int) -> int:
    return value + 1


def five_stages() -> list[Stage]:
    return [Stage(name, plus_one) for name in "abcde"]


def pipeline_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("pipeline-")]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert pipeline_threads() == []


@pytest.mark.parametrize("depth", DEPTHS)
def test_no_frame_is_lost_or_overtaken(depth: int) -> None:
    pipeline = Pipeline(five_stages(), depth)
    with pipeline.run(range(COUNT)) as run:
        frames = list(run)
        counts = run.statistics()
    assert [frame.index for frame in frames] == list(range(COUNT))
    assert [frame.result() for frame in frames] == [i + 5 for i in range(COUNT)]
    assert (counts.entered, counts.delivered, counts.in_flight) == (COUNT, COUNT, 0)
    assert counts.most_in_flight <= sum(pipeline.depths.values()) + 1
    assert all(queue.most <= depth - 1 for queue in counts.queues.values())


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_reader_that_pauses_stops_the_source(depth: int) -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for i in range(200):
            taken.append(i)
            yield i

    pipeline = Pipeline(five_stages(), depth)
    bound = sum(pipeline.depths.values()) if depth > 1 else 1
    with pipeline.run(source()) as run:
        for frame in run:
            assert len(taken) - frame.index <= bound + 1
    assert len(taken) == 200


def test_stages_of_depth_two_work_on_different_frames_at_once() -> None:
    """Each stage waits until all five are at work: only overlap lets it go on."""
    barrier = threading.Barrier(5, timeout=PATIENCE_S)
    met = [False]

    def work(value: int) -> int:
        if not met[0]:
            barrier.wait()
            met[0] = True
        return value

    class Meeting:
        """Lets the first frames through until every stage has one."""

        def __init__(self, place: int) -> None:
            self.place = place

        def __call__(self, value: int) -> int:
            return work(value) if value == 4 - self.place else value

    stages = [Stage(f"stage{i}", Meeting(i)) for i in range(5)]
    with Pipeline(stages).run(range(10)) as run:
        assert [frame.result() for frame in run] == list(range(10))
    assert met == [True]


def test_depth_one_works_in_the_calling_thread_one_frame_after_another() -> None:
    log: list[tuple[str, int]] = []
    seen: set[int] = set()

    def note(stage: str) -> Any:
        def work(value: int) -> int:
            log.append((stage, value))
            seen.add(threading.get_ident())
            return value

        return work

    with Pipeline([Stage("a", note("a")), Stage("b", note("b"))], depth=1).run(range(3)) as run:
        list(run)
    assert log == [(stage, i) for i in range(3) for stage in "ab"]
    assert seen == {threading.get_ident()}


@pytest.mark.parametrize("depth", DEPTHS)
def test_an_error_travels_with_its_frame_and_later_stages_let_it_pass(depth: int) -> None:
    touched: list[int] = []
    dropped: list[int] = []

    def fail_at_three(value: int) -> int:
        if value == 3:
            raise OSError("disk on fire")
        return value

    def touch(value: int) -> int:
        touched.append(value)
        return value

    stages = [Stage("decode", fail_at_three), Stage("inference", touch)]
    pipeline = Pipeline(stages, depth, on_drop=lambda frame: dropped.append(frame.index))
    with pipeline.run(range(6)) as run:
        frames = list(run)
        counts = run.statistics()
    assert [frame.index for frame in frames] == list(range(6))
    assert touched == [0, 1, 2, 4, 5]
    assert dropped == [3]
    assert (counts.failed, counts.delivered) == (1, 6)
    failed = frames[3]
    assert isinstance(failed.error, StageError)
    assert (failed.error.stage, str(failed.error)) == ("decode", "decode: disk on fire")
    assert isinstance(failed.error.cause, OSError)
    assert list(failed.spans) == ["decode"]
    with pytest.raises(StageError, match="disk on fire"):
        failed.result()


@pytest.mark.parametrize("depth", DEPTHS)
def test_an_error_of_the_source_comes_after_the_frames_before_it(depth: int) -> None:
    def source() -> Iterator[int]:
        yield from range(4)
        raise ValueError("camera unplugged")

    seen: list[int] = []
    with (
        pytest.raises(ValueError, match="camera unplugged"),
        Pipeline(five_stages(), depth).run(source()) as run,
    ):
        seen.extend(frame.index for frame in run)
    assert seen == list(range(4))


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_is_no_exception_ends_the_run(depth: int) -> None:
    def leave(value: int) -> int:
        if value == 2:
            raise SystemExit(7)
        return value

    pipeline = Pipeline([Stage("a", leave), Stage("b", plus_one)], depth)
    with pytest.raises(SystemExit), pipeline.run(range(100)) as run:
        list(run)


@pytest.mark.parametrize("depth", DEPTHS)
def test_leaving_early_cancels_and_every_frame_is_accounted_for(depth: int) -> None:
    dropped: list[int] = []
    pipeline = Pipeline(five_stages(), depth, on_drop=lambda frame: dropped.append(frame.index))
    with pipeline.run(iter(int, 1)) as run:
        for frame in run:
            if frame.index == 10:
                break
    counts = run.statistics()
    assert counts.delivered == 11
    assert counts.in_flight == 0
    assert sorted(dropped) == list(range(11, 11 + counts.cancelled))
    with pytest.raises(StopIteration):
        next(run)


@pytest.mark.parametrize("depth", DEPTHS)
def test_dropping_the_run_cancels_it(depth: int) -> None:
    run = Pipeline(five_stages(), depth).run(iter(int, 1))
    next(run)
    del run
    assert pipeline_threads() == []


@pytest.mark.parametrize("depth", DEPTHS)
def test_stop_lets_the_frames_in_flight_come_out(depth: int) -> None:
    with Pipeline(five_stages(), depth).run(iter(int, 1)) as run:
        frames = [next(run)]
        run.stop()
        frames.extend(run)
        counts = run.statistics()
    assert [frame.index for frame in frames] == list(range(counts.delivered))
    assert counts.in_flight == 0
    assert counts.cancelled <= 1, "the source may have given one more"


def test_cancel_releases_a_reader_in_another_thread() -> None:
    reached, release = threading.Event(), threading.Event()

    def block(value: int) -> int:
        reached.set()
        assert release.wait(PATIENCE_S)
        return value

    run = Pipeline([Stage("a", block)]).run(range(10))
    results: list[list[Frame]] = []
    reader = threading.Thread(target=lambda: results.append(list(run)))
    reader.start()
    assert reached.wait(PATIENCE_S)
    threading.Timer(0.05, release.set).start()
    run.cancel()
    reader.join(PATIENCE_S)
    assert results == [[]]
    assert run.statistics().in_flight == 0


@pytest.mark.parametrize("workers", [2, 4])
def test_several_workers_keep_the_order(workers: int) -> None:
    """Every second frame waits until its successor is done in the same stage."""
    done = [threading.Event() for _ in range(200)]

    def work(value: int) -> int:
        if value % 2 == 0:
            assert done[value + 1].wait(PATIENCE_S)
        done[value].set()
        return value

    stages = [Stage("a", plus_one), Stage("b", lambda v: work(v - 1), workers=workers)]
    with Pipeline(stages).run(range(200)) as run:
        frames = list(run)
    assert [frame.result() for frame in frames] == list(range(200))
    assert not any(frame.error for frame in frames)


def test_depths_may_differ_by_stage() -> None:
    stages = [Stage("a", plus_one, depth=4), Stage("b", plus_one, depth=1), Stage("c", plus_one)]
    pipeline = Pipeline(stages, depth=2)
    assert pipeline.depths == {"a": 4, "b": 1, "c": 2}
    with pipeline.run(range(500)) as run:
        assert [frame.result() for frame in run] == list(range(3, 503))
        counts = run.statistics()
    assert counts.most_in_flight <= 8
    assert counts.queues["a"].most <= 3
    assert counts.queues["c"].most <= 1


def test_any_stage_can_be_replaced() -> None:
    pipeline = Pipeline(five_stages()).replaced("c", lambda value: value * 100)
    with pipeline.run(range(3)) as run:
        assert [frame.result() for frame in run] == [202, 302, 402]
    with pytest.raises(KeyError, match="no stage 'x' among a, b, c, d, e"):
        pipeline.replaced("x", plus_one)


@pytest.mark.parametrize("depth", DEPTHS)
def test_times_follow_the_stages(depth: int) -> None:
    with Pipeline(five_stages(), depth).run(range(20)) as run:
        for frame in run:
            assert list(frame.spans) == list("abcde")
            moments = [moment for span in frame.spans.values() for moment in span]
            assert moments == sorted(moments)
            assert frame.entered_ns <= moments[0]
            assert moments[-1] <= frame.left_ns
            assert 0 <= frame.latency_ns <= frame.sojourn_ns


@pytest.mark.parametrize(
    ("stages", "depth", "text"),
    [
        ([], 2, "at least one stage"),
        ([Stage("a", plus_one)] * 2, 2, "must differ: a, a"),
        ([Stage("a", plus_one)], 0, "depth of a: 0 is not within 1...64"),
        ([Stage("a", plus_one, depth=65)], 2, "depth of a: 65"),
        ([Stage("a", plus_one, workers=0)], 2, "workers of a: 0"),
        ([Stage("a", plus_one, depth=1, workers=2)], 2, "2 workers of a need a depth of at least"),
    ],
)
def test_impossible_pipelines_are_refused(stages: list[Stage], depth: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Pipeline(stages, depth)


def test_an_empty_source_gives_nothing() -> None:
    for depth in DEPTHS:
        with Pipeline(five_stages(), depth).run([]) as run:
            assert list(run) == []
            assert run.statistics().entered == 0
