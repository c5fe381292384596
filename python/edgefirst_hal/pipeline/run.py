# SPDX-License-Identifier: Apache-2.0
"""A source on its way through a pipeline: iterate over it, stop it, cancel it, ask how it went.

The work is done by an engine: `sequential` without threads, `threaded` with one a stage.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from edgefirst_hal.pipeline.frame import Frame

OnDrop = Callable[[Frame], None]
"""Called once with each frame that fails, is skipped or cancelled, to release what it holds.

What it raises ends the run, and the reader gets it; it is still called with the other frames.
"""

REPLACED, LATE = "replaced", "late"
"""Reasons for skipping: a newer frame came, or the latency budget was spent."""


@dataclass(frozen=True)
class QueueDepth:
    """Frames waiting in front of a stage."""

    most: int
    mean: float


@dataclass
class RunStatistics:
    """Counts so far; every frame that entered is delivered, skipped, cancelled or in flight."""

    entered: int = 0
    delivered: int = 0
    """Frames that came out, the failed ones among them."""
    failed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """By reason: "replaced" or "late"."""
    cancelled: int = 0
    most_in_flight: int = 0
    queues: dict[str, QueueDepth] = field(default_factory=dict)
    """By stage; empty without threads."""

    @property
    def in_flight(self) -> int:
        gone = self.delivered + sum(self.skipped.values()) + self.cancelled
        return self.entered - gone


class Engine(Protocol):
    """What a Run stands on; its methods may be called from any thread but `next`."""

    def next(self) -> Frame | None:
        """None at the end. Raises what the source raised, after the frames before it."""

    def stop(self) -> None: ...

    def cancel(self) -> None:
        """Raises what on_drop raised, unless next() has."""

    def reject(self, frame: Frame) -> None:
        """For a frame that next() gave and that nobody takes: it counts as cancelled."""

    def statistics(self) -> RunStatistics: ...


class Run:
    """An iterator over frames in the order of the source; failed ones carry their error.

    Leaving the `with` block, or dropping the object, cancels what is left.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __iter__(self) -> Run:
        return self

    def __next__(self) -> Frame:
        """Raises what the source raised, after the frames before it."""
        frame = self._engine.next()
        if frame is None:
            raise StopIteration
        return frame

    def stop(self) -> None:
        """Takes nothing more from the source; the frames in flight still come out."""
        self._engine.stop()

    def cancel(self) -> None:
        """Drops the frames in flight and waits for the stages at work to return.

        A source that is a generator is closed. Raises what on_drop raised, unless reading has.
        """
        self._engine.cancel()

    def reject(self, frame: Frame) -> None:
        """Drops a frame that came out and that nobody takes: it counts as cancelled."""
        self._engine.reject(frame)

    def statistics(self) -> RunStatistics:
        """May be asked while it runs."""
        return self._engine.statistics()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.cancel()

    def __del__(self) -> None:
        engine = getattr(self, "_engine", None)
        if engine is not None:
            with suppress(Exception):  # nobody is left to get it
                engine.cancel()
