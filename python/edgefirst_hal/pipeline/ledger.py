# SPDX-License-Identifier: Apache-2.0
"""Counts the frames of a run: every one that enters leaves exactly once. Thread-safe."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edgefirst_hal.pipeline.frame import Frame
from edgefirst_hal.pipeline.run import OnDrop, RunStatistics


class Ledger:
    """`on_failure` is told once when on_drop raises: the run shall end. take_failure() gives it."""

    def __init__(self, on_drop: OnDrop | None) -> None:
        self.on_failure: Callable[[], None] | None = None
        self._on_drop = on_drop
        self._failure: BaseException | None = None
        self._has_failed = False
        self._lock = threading.Lock()
        self._counts = RunStatistics()

    def enter(self, item: Any) -> Frame:
        """A frame for the next item of the source."""
        with self._lock:
            counts = self._counts
            frame = Frame(counts.entered, item, item, time.monotonic_ns())
            counts.entered += 1
            counts.most_in_flight = max(counts.most_in_flight, counts.in_flight)
            return frame

    def failed(self, frame: Frame) -> None:
        """Its error has just been set; it is still to be delivered."""
        with self._lock:
            self._counts.failed += 1
        self._drop(frame)

    def deliver(self, frame: Frame) -> Frame:
        with self._lock:
            self._counts.delivered += 1
        return frame

    def skip(self, frame: Frame, reason: str) -> None:
        with self._lock:
            skipped = self._counts.skipped
            skipped[reason] = skipped.get(reason, 0) + 1
        self._drop_unless_failed(frame)

    def cancel(self, frame: Frame) -> None:
        with self._lock:
            self._counts.cancelled += 1
        self._drop_unless_failed(frame)

    def reject(self, frame: Frame) -> None:
        """It was delivered, and nobody takes it."""
        with self._lock:
            self._counts.delivered -= 1
        self.cancel(frame)

    def take_failure(self) -> BaseException | None:
        """What on_drop raised first; the caller raises it."""
        failure, self._failure = self._failure, None
        return failure

    def counts(self) -> RunStatistics:
        with self._lock:
            return replace(self._counts, skipped=dict(self._counts.skipped))

    def _drop_unless_failed(self, frame: Frame) -> None:
        if frame.error is None:
            self._drop(frame)

    def _drop(self, frame: Frame) -> None:
        """Never raises: this may be a thread that nobody watches."""
        if self._on_drop is None:
            return
        try:
            self._on_drop(frame)
        except BaseException as error:
            if self._has_failed:
                return
            self._has_failed, self._failure = True, error
            if self.on_failure is not None:
                self.on_failure()
