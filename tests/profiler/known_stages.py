# SPDX-License-Identifier: Apache-2.0
"""Stages of known cost, and what a run over them shows."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from edgefirst_hal.pipeline import Frame, Pipeline, Stage

COSTS_MS = {"decode": 5, "preprocess": 10, "inference": 25, "postprocess": 15, "output": 5}


class Clocked:
    """Sleeps, and keeps how long that really took: 5 ms take 5.1, or more under load."""

    def __init__(self, cost_ms: float) -> None:
        self._cost_s = cost_ms / 1000
        self.times_s: list[float] = []

    def __call__(self, value: int) -> int:
        start = time.perf_counter()
        time.sleep(self._cost_s)
        self.times_s.append(time.perf_counter() - start)
        return value


@dataclass
class Measured:
    """`true_ms` is what the stages took by their own clock, `shown_ms` what the pipeline says."""

    throughput: float
    true_ms: dict[str, float]
    shown_ms: dict[str, float]

    def throughput_error(self, sequential: bool) -> float:
        costs = self.true_ms.values()
        return abs(self.throughput * (sum(costs) if sequential else max(costs)) / 1000 - 1)

    def nominal_error(self, sequential: bool) -> float:
        costs = COSTS_MS.values()
        return abs(self.throughput * (sum(costs) if sequential else max(costs)) / 1000 - 1)

    def stage_error(self) -> float:
        """The largest of all stages."""
        return max(abs(self.shown_ms[name] / true - 1) for name, true in self.true_ms.items())


def measure(depth: int, count: int) -> Measured:
    clocks = {name: Clocked(cost) for name, cost in COSTS_MS.items()}
    with Pipeline([Stage(*item) for item in clocks.items()], depth).run(range(count)) as run:
        frames = list(run)
    assert [frame.index for frame in frames] == list(range(count))
    shown = {
        name: statistics.fmean(frame.spans[name].duration_ns for frame in frames) / 1e6
        for name in COSTS_MS
    }
    true = {name: 1000 * statistics.fmean(clock.times_s) for name, clock in clocks.items()}
    return Measured(steady_throughput(frames), true, shown)


def steady_throughput(frames: list[Frame]) -> float:
    filled = frames[len(COSTS_MS) :]
    return (len(filled) - 1) / ((filled[-1].left_ns - filled[0].left_ns) / 1e9)
