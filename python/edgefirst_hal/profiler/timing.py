# SPDX-License-Identifier: Apache-2.0
"""Numbers about times: statistics by stage, throughput of the steady part, the bottleneck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edgefirst_hal.profiler.records import STAGES, FrameRecord

_NS_PER_MS = 1e6
_NS_PER_S = 1e9


@dataclass(frozen=True)
class Statistics:
    """Milliseconds."""

    count: int
    mean: float
    median: float
    p95: float
    p99: float
    min: float
    max: float


@dataclass(frozen=True)
class Timing:
    """`latency` is the sum of a frame's work, `sojourn` the time from entering to leaving."""

    stages: dict[str, Statistics]
    latency: Statistics | None
    sojourn: Statistics | None
    throughput: float | None
    """Frames a second while the pipeline was full; None for fewer than two frames then."""
    window_frames: int
    """Frames that the throughput stands on."""
    bottleneck: str | None
    """The stage that allows the fewest frames a second."""
    limit: float | None
    """Frames a second of that stage alone."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure(records: Sequence[FrameRecord], clients: int = 1) -> Timing:
    """Of the frames that passed every stage; `clients` run inference at once."""
    done = [record for record in records if record.is_done]
    by_stage = {
        stage: statistics([r.spans[stage].duration_ns for r in done if stage in r.spans])
        for stage in STAGES
    }
    stages = {stage: value for stage, value in by_stage.items() if value is not None}
    rate, frames = steady_throughput(records)
    paces = {stage: value.mean / _workers(stage, clients) for stage, value in stages.items()}
    slowest = max(paces, key=lambda stage: paces[stage], default=None)
    return Timing(
        stages,
        statistics([record.latency_ns for record in done]),
        statistics([record.sojourn_ns for record in done]),
        rate,
        frames,
        slowest,
        1000 / paces[slowest] if slowest and paces[slowest] else None,
    )


def _workers(stage: str, clients: int) -> int:
    return clients if stage == "inference" else 1


def statistics(times_ns: Sequence[int]) -> Statistics | None:
    if not times_ns:
        return None
    values = np.array(times_ns, np.float64) / _NS_PER_MS
    median, p95, p99 = (float(value) for value in np.percentile(values, (50, 95, 99)))
    return Statistics(
        len(values),
        float(values.mean()),
        median,
        p95,
        p99,
        float(values.min()),
        float(values.max()),
    )


def steady_throughput(records: Sequence[FrameRecord]) -> tuple[float | None, int]:
    """Frames a second from when the pipeline is full to its last frame, and how many those are.

    A pipeline fills within as many frames as it has stages; short runs leave out a quarter.
    """
    skipped = min(len(STAGES), len(records) // 4)
    window = records[skipped:]
    if len(window) < 2 or window[-1].left_ns <= window[0].left_ns:
        return None, len(window)
    seconds = (window[-1].left_ns - window[0].left_ns) / _NS_PER_S
    return (len(window) - 1) / seconds, len(window)
