# SPDX-License-Identifier: Apache-2.0
"""What a pipeline is made of: stages, and how a live source is treated."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from edgefirst_hal.pipeline.frame import Frame, Span, StageError

MOST = 64
"""Limit of depths and workers."""


@dataclass(frozen=True)
class Stage:
    """`work` takes the previous stage's value (the first: the source's item), returns the next.

    It runs in a thread of the stage, with several `workers` in as many at once; order is kept all
    the same.
    """

    name: str
    work: Callable[[Any], Any]
    depth: int | None = None
    """Frames that the stage holds, in work and waiting for it; None: the pipeline's depth."""
    workers: int = 1


@dataclass(frozen=True)
class Live:
    """For cameras: the newest frame wins over those that wait, which are skipped.

    A frame older than the budget is skipped before its next stage.
    """

    budget_ns: int | None = None


def check(stages: Sequence[Stage], depth: int) -> None:
    """Raises ValueError for what no pipeline can be made of."""
    if not stages:
        raise ValueError("a pipeline needs at least one stage")
    names = [stage.name for stage in stages]
    if len(set(names)) != len(names):
        raise ValueError(f"stage names must differ: {', '.join(names)}")
    for stage in stages:
        _check_count(f"depth of {stage.name}", depth if stage.depth is None else stage.depth)
        _check_count(f"workers of {stage.name}", stage.workers)
        if stage.depth is not None and stage.workers > stage.depth:
            raise ValueError(
                f"{stage.workers} workers of {stage.name} need a depth of at least "
                f"{stage.workers}, not {stage.depth}"
            )


def perform(stages: Sequence[Stage], frame: Frame, live: Live | None) -> bool:
    """Runs the stages on the frame; False where it is late and shall be skipped."""
    for stage in stages:
        if frame.error is not None:
            return True
        start = time.monotonic_ns()
        if is_late(frame, live, start):
            return False
        try:
            frame.value = stage.work(frame.value)
        except Exception as error:  # belongs to this frame, not to the run
            frame.error = StageError(stage.name, error)
        frame.spans[stage.name] = Span(start, time.monotonic_ns())
    return True


def close_source(source: Iterator[Any]) -> None:
    """Lets a generator release what it holds, such as a camera. Raises what that raises.

    Other iterators belong to the caller.
    """
    if isinstance(source, Generator):
        source.close()


def is_late(frame: Frame, live: Live | None, now_ns: int) -> bool:
    budget = live.budget_ns if live is not None else None
    return budget is not None and now_ns - frame.entered_ns > budget


def _check_count(what: str, count: int) -> None:
    if not 1 <= count <= MOST:
        raise ValueError(f"{what}: {count} is not within 1...{MOST}")
