# SPDX-License-Identifier: Apache-2.0
"""Numbers about times, from records whose numbers are known; and their trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edgefirst_hal.profiler.comparison import Rules, compare
from edgefirst_hal.profiler.depth import MAXIMUM, PipelineDepth, backend_of
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.records import STAGES, FrameRecord
from edgefirst_hal.profiler.timing import measure, statistics, steady_throughput
from edgefirst_hal.profiler.trace import trace_document
from profiler_cases import made_records

TIMES = {"decode": 5.0, "preprocess": 10.0, "inference": 25.0, "postprocess": 15.0, "output": 5.0}


def test_statistics_of_one_to_hundred_milliseconds() -> None:
    found = statistics([i * 1_000_000 for i in range(1, 101)])
    assert found is not None
    assert (found.count, found.mean, found.median) == (100, 50.5, 50.5)
    assert (found.p95, found.p99) == pytest.approx((95.05, 99.01))
    assert (found.min, found.max) == (1, 100)
    assert statistics([]) is None


def test_timing_of_known_frames() -> None:
    timing = measure(made_records(100, TIMES, 25.0))
    assert {name: each.mean for name, each in timing.stages.items()} == pytest.approx(TIMES)
    assert timing.latency is not None
    assert timing.latency.mean == pytest.approx(60)
    assert timing.throughput == pytest.approx(40)
    assert (timing.window_frames, timing.bottleneck) == (95, "inference")
    assert timing.limit == pytest.approx(40)


def test_two_clients_halve_the_pace_of_inference() -> None:
    timing = measure(made_records(100, TIMES, 15.0), clients=2)
    assert timing.bottleneck == "postprocess"
    assert timing.limit == pytest.approx(1000 / 15)


def test_failed_frames_count_for_throughput_but_not_for_times() -> None:
    records = made_records(100, TIMES, 25.0)
    for record in records[::10]:
        record.error = "decode: damaged"
    timing = measure(records)
    assert timing.stages["decode"].count == 90
    assert timing.throughput == pytest.approx(40)


def test_short_runs_have_no_throughput_rather_than_a_wrong_one() -> None:
    assert steady_throughput([]) == (None, 0)
    assert steady_throughput(made_records(1, TIMES, 25.0)) == (None, 1)
    assert measure([]).bottleneck is None


@pytest.mark.parametrize(
    ("asked", "backend", "line"),
    [
        (2, "onnxruntime", "Pipeline depth: 2 (pipelined)"),
        (1, "onnxruntime", "Pipeline depth: 1 (sequential)"),
        (4, "tflite", "Pipeline depth: 2 (pipelined)"),
        (8, "tflite-vx", "Pipeline depth: 1 (sequential)"),
    ],
)
def test_depths_are_clamped_to_the_backend(asked: int, backend: str, line: str) -> None:
    assert str(PipelineDepth(asked, backend)) == line
    assert bool(PipelineDepth(asked, backend).remark) == (asked > MAXIMUM[backend])


@pytest.mark.parametrize(
    ("delegate", "backend"),
    [
        (None, "tflite"),
        ("/usr/lib/libvx_delegate.so", "tflite-vx"),
        ("/usr/lib/libneutron_delegate.so", "tflite-neutron"),
        ("libother.so", "tflite"),
    ],
)
def test_delegates_are_known_by_their_names(delegate: str | None, backend: str) -> None:
    assert backend_of("tflite", None if delegate is None else Path(delegate)) == backend


def test_slices_that_overlap_get_tracks_of_their_own() -> None:
    events = trace_document(made_records(6, TIMES, 12.5), "model")["traceEvents"]
    slices = [event for event in events if event["ph"] == "X"]
    tracks = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert list(tracks.values()) == [
        "0 - decode",
        "1 - preprocess",
        "2 - inference",
        "2 - inference, client 2",
        "3 - postprocess",
        "3 - postprocess, client 2",
        "4 - output",
    ]
    inference = [event for event in slices if event["cat"] == "inference"]
    assert [event["tid"] - inference[0]["tid"] for event in inference] == [0, 1, 0, 1, 0, 1]
    assert [event["ts"] for event in inference[:2]] == [15_000, 27_500]
    assert inference[0]["dur"] == 25_000


def noisy(seed: int, slower: float = 1.0, count: int = 200) -> list[FrameRecord]:
    """Times of autocorrelated noise, as a machine with other work has them."""
    random = np.random.default_rng(seed)
    mood = np.zeros(count)
    for i in range(1, count):
        mood[i] = 0.7 * mood[i - 1] + random.normal(0, 0.08)
    records = []
    clock = 0.0
    for i in range(count):
        times = {stage: TIMES[stage] * float(np.exp(mood[i])) for stage in STAGES}
        times["inference"] *= slower
        (made,) = made_records(1, times, 0)
        shift = round(clock * 1e6)
        made.index, made.label = i, f"{i}.jpg"
        made.entered_ns, made.left_ns = made.entered_ns + shift, made.left_ns + shift
        clock += sum(times.values())
        records.append(made)
    return records


def test_noise_is_no_difference() -> None:
    """At 99 % confidence one in a hundred numbers may be off; they move together."""
    rounds = [compare(noisy(2 * i), noisy(2 * i + 1), Rules()) for i in range(30)]
    differing = sum(any(each.differs for each in found.differences) for found in rounds)
    assert differing <= 3


def test_a_slower_stage_is_found_and_the_others_are_not_blamed() -> None:
    found = compare(noisy(1), noisy(1, slower=1.15), Rules())
    verdicts = {each.name: each.verdict for each in found.differences}
    assert verdicts["inference, ms"] == "higher"
    assert verdicts["throughput, frames/s"] == "lower"
    assert verdicts["decode, ms"] == "no difference"
    (inference,) = [each for each in found.differences if each.name == "inference, ms"]
    assert inference.percent == pytest.approx(15, abs=0.01)
    assert inference.low <= inference.b - inference.a <= inference.high


def test_a_difference_below_the_least_does_not_count() -> None:
    found = compare(noisy(1), noisy(1, slower=1.005), Rules(least=0.01))
    assert not any(each.differs for each in found.differences)
    found = compare(noisy(1), noisy(1, slower=1.005), Rules(least=0.0))
    assert any(each.differs for each in found.differences)


def test_precision_and_recall_are_compared_where_both_runs_know_them() -> None:
    a, b = noisy(1), noisy(1)
    for i, (first, second) in enumerate(zip(a, b)):
        first.counts = (9, 1, 1)
        second.counts = (5, 1, 5) if i % 3 else (6, 1, 4)
    verdicts = {each.name: each.verdict for each in compare(a, b, Rules()).differences}
    assert (verdicts["recall"], verdicts["F1"]) == ("lower", "lower")
    names = {each.name for each in compare(a, noisy(2), Rules()).differences}
    assert "recall" not in names


def test_runs_without_common_frames_are_refused() -> None:
    other = noisy(2)
    for record in other:
        record.label = f"other {record.label}"
    with pytest.raises(ProfilerError, match="share 0 frames"):
        compare(noisy(1), other, Rules())
