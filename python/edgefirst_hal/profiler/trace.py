# SPDX-License-Identifier: Apache-2.0
"""The run as a Chrome trace for ui.perfetto.dev: a track a stage, a slice a frame.

Where a stage works on several frames at once it has a track for each of its clients.

Format: "Trace Event Format", JSON object form; times in microseconds from the first frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from edgefirst_hal.profiler.records import STAGES, FrameRecord

_PROCESS = 1
_LANES = 100
"""Tracks that a stage may have."""

Event = dict[str, Any]


def trace_document(records: Sequence[FrameRecord], title: str) -> dict[str, Any]:
    origin = min((record.entered_ns for record in records), default=0)
    slices = [event for i, stage in enumerate(STAGES) for event in _slices(records, i, stage)]
    for event in slices:
        event["ts"] -= origin / 1e3
    tracks = sorted({event["tid"] for event in slices} | {_track(i, 0) for i in range(len(STAGES))})
    events = [*_names(title, tracks), *slices, *_in_flight(records, origin)]
    return {"displayTimeUnit": "ms", "traceEvents": events}


def _track(stage: int, lane: int) -> int:
    return (stage + 1) * _LANES + lane


def _names(title: str, tracks: Sequence[int]) -> Iterator[Event]:
    yield _meta("process_name", 0, {"name": title})
    for track in tracks:
        stage, lane = track // _LANES - 1, track % _LANES
        client = f", client {lane + 1}" if lane else ""
        yield _meta("thread_name", track, {"name": f"{stage} - {STAGES[stage]}{client}"})
        yield _meta("thread_sort_index", track, {"sort_index": track})


def in_lanes(records: Iterable[FrameRecord], stage: str) -> list[tuple[int, FrameRecord]]:
    """The frames in the order in which the stage began them, each in the first lane then free."""
    ends: list[int] = []
    placed = []
    known = [record for record in records if stage in record.spans]
    for record in sorted(known, key=lambda each: each.spans[stage]):
        span = record.spans[stage]
        lane = next((i for i, end in enumerate(ends) if end <= span.start_ns), len(ends))
        ends[lane : lane + 1] = [span.end_ns]
        placed.append((lane, record))
    return placed


def _slices(records: Iterable[FrameRecord], number: int, stage: str) -> Iterator[Event]:
    for lane, record in in_lanes(records, stage):
        span = record.spans[stage]
        arguments: dict[str, Any] = {"frame": record.index, "label": record.label}
        if record.error:
            arguments["error"] = record.error
        yield {
            "ph": "X",
            "name": f"frame {record.index}",
            "cat": stage,
            "pid": _PROCESS,
            "tid": _track(number, lane),
            "ts": span.start_ns / 1e3,
            "dur": span.duration_ns / 1e3,
            "args": arguments,
        }


def _in_flight(records: Iterable[FrameRecord], origin: int) -> Iterator[Event]:
    """A counter that steps up where a frame enters and down where it leaves."""
    steps = [(record.entered_ns, 1) for record in records]
    steps += [(record.left_ns, -1) for record in records]
    frames = 0
    for moment, step in sorted(steps):
        frames += step
        yield {
            "ph": "C",
            "name": "frames in flight",
            "pid": _PROCESS,
            "ts": (moment - origin) / 1e3,
            "args": {"frames": frames},
        }


def _meta(name: str, track: int, arguments: dict[str, Any]) -> Event:
    return {"ph": "M", "name": name, "pid": _PROCESS, "tid": track, "args": arguments}
