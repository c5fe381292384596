# SPDX-License-Identifier: Apache-2.0
"""Two runs over the same frames, compared in pairs, with bootstrap intervals.

Neighbouring frames share the machine's mood, so whole blocks of them are drawn: a moving block
bootstrap (Kuensch 1989) with blocks of the square root of the number of frames. It tells
differences from the noise within the runs; a machine that changes between them needs more runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgefirst_hal.profiler.damage import stored_run
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.records import STAGES, Floats, FrameRecord

_DRAWS = 2000
_SEED = 20260101
_FEWEST = 8

Estimate = Callable[[Any], Any]
"""From sums over frames [..., columns] to the number compared."""


@dataclass(frozen=True)
class Rules:
    """A difference counts where the interval excludes 0 and it is at least `least` of A."""

    confidence: float = 0.99
    least: float = 0.01


@dataclass(frozen=True)
class Difference:
    """B - A in the unit of the name; the interval is that of the difference."""

    name: str
    a: float
    b: float
    low: float
    high: float
    differs: bool

    @property
    def percent(self) -> float | None:
        return 100 * (self.b - self.a) / self.a if self.a else None

    @property
    def verdict(self) -> str:
        if not self.differs:
            return "no difference"
        return "higher" if self.b > self.a else "lower"


@dataclass(frozen=True)
class Comparison:
    frames: int
    """Frames done in both runs."""
    differences: list[Difference]


def compare(a: Sequence[FrameRecord], b: Sequence[FrameRecord], rules: Rules) -> Comparison:
    """Raises ProfilerError where fewer than 8 frames are common, or a record is damaged."""
    with stored_run(None):
        return _compared(a, b, rules)


def _compared(a: Sequence[FrameRecord], b: Sequence[FrameRecord], rules: Rules) -> Comparison:
    in_b = {record.label: record for record in b if record.is_done}
    pairs = [(r, in_b[r.label]) for r in a if r.is_done and r.label in in_b]
    if len(pairs) < _FEWEST:
        raise ProfilerError(
            f"the runs share {len(pairs)} frames that are done in both; {_FEWEST} are needed"
        )
    left, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    draws = _draws(len(pairs))
    differences = []
    for name, read in _times().items():
        columns = (_column(left, read), _column(right, read))
        differences.append(_difference(name, columns, _mean, draws, rules))
    gaps = (_gaps(left), _gaps(right))
    differences.append(_difference("throughput, frames/s", gaps, _rate, draws, rules))
    if all(record.counts is not None for record in left + right):
        counts = (_counts(left), _counts(right))
        for name, estimate in (("precision", _precision), ("recall", _recall), ("F1", _f1)):
            differences.append(_difference(name, counts, estimate, draws, rules))
    return Comparison(len(pairs), differences)


def _difference(
    name: str,
    values: tuple[Floats, Floats],
    estimate: Estimate,
    draws: Any,
    rules: Rules,
) -> Difference:
    """`values` are [frames, columns] of A and B."""
    a, b = (float(estimate(each.sum(axis=0))) for each in values)
    drawn = [estimate(each[draws].sum(axis=1)) for each in values]
    tail = 50 * (1 - rules.confidence)
    low, high = (float(v) for v in np.percentile(drawn[1] - drawn[0], (tail, 100 - tail)))
    differs = (low > 0 or high < 0) and abs(b - a) >= rules.least * abs(a)
    return Difference(name, a, b, low, high, differs)


def _draws(count: int) -> Any:
    """Frame numbers [draws, count], in blocks; the last block wraps to the first frames."""
    random = np.random.default_rng(_SEED)
    block = max(1, round(count**0.5))
    starts = random.integers(0, count, (_DRAWS, -(-count // block)))
    numbers = (starts[:, :, None] + np.arange(block)).reshape(_DRAWS, -1) % count
    return numbers[:, :count]


def _times() -> dict[str, Callable[[FrameRecord], int]]:
    def of_stage(stage: str) -> Callable[[FrameRecord], int]:
        return lambda record: record.spans[stage].duration_ns

    return {
        **{f"{stage}, ms": of_stage(stage) for stage in STAGES},
        "latency, ms": lambda record: record.latency_ns,
        "sojourn, ms": lambda record: record.sojourn_ns,
    }


def _column(records: Sequence[FrameRecord], read: Callable[[FrameRecord], int]) -> Floats:
    """Milliseconds, and a 1 that counts the frames."""
    times = np.array([read(record) for record in records], np.float64) / 1e6
    return np.stack([times, np.ones_like(times)], axis=1)


def _gaps(records: Sequence[FrameRecord]) -> Floats:
    """Seconds between frames that leave; the first frames, while the pipeline fills, count none."""
    left = np.array([record.left_ns for record in records], np.float64) / 1e9
    gaps = np.diff(left, prepend=left[0])
    counted = np.ones_like(gaps)
    filling = min(len(STAGES), len(records) // 4) + 1
    gaps[:filling], counted[:filling] = 0, 0
    return np.stack([gaps, counted], axis=1)


def _counts(records: Sequence[FrameRecord]) -> Floats:
    return np.array([record.counts for record in records], np.float64)


def _mean(sums: Any) -> Any:
    return _ratio(sums[..., 0], sums[..., 1])


def _rate(sums: Any) -> Any:
    return _ratio(sums[..., 1], sums[..., 0])


def _precision(sums: Any) -> Any:
    return _ratio(sums[..., 0], sums[..., 0] + sums[..., 1])


def _recall(sums: Any) -> Any:
    return _ratio(sums[..., 0], sums[..., 0] + sums[..., 2])


def _f1(sums: Any) -> Any:
    return _ratio(2 * sums[..., 0], 2 * sums[..., 0] + sums[..., 1] + sums[..., 2])


def _ratio(top: Any, bottom: Any) -> Any:
    """0 where there is nothing to divide by."""
    bottom = np.asarray(bottom, np.float64)
    return np.divide(top, bottom, out=np.zeros_like(bottom), where=bottom != 0)
