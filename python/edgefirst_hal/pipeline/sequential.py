# SPDX-License-Identifier: Apache-2.0
"""Depth 1: every stage of a frame before any of the next, in the thread that asks for frames."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from edgefirst_hal.pipeline.frame import Frame
from edgefirst_hal.pipeline.ledger import Ledger
from edgefirst_hal.pipeline.run import RunStatistics
from edgefirst_hal.pipeline.stage import Stage, close_source, perform


class SequentialEngine:
    def __init__(self, stages: Sequence[Stage], source: Iterable[Any], ledger: Ledger) -> None:
        self._stages = stages
        self._source = iter(source)
        self._ledger = ledger
        self._stopped = False
        self._cancelled = False
        self._closed = False
        self._at_work = False

    def next(self) -> Frame | None:
        """Raises what on_drop raised in place of the frame, which has failed."""
        if self._stopped:
            self._close()
            return None
        self._at_work = True
        try:
            return self._next()
        finally:
            self._at_work = False
            if self._cancelled:
                self._close()

    def _next(self) -> Frame | None:
        try:
            item = next(self._source)
        except StopIteration:
            self._stopped = True
            return None
        except BaseException:
            self._stopped = True
            raise
        frame = self._ledger.enter(item)
        try:
            perform(self._stages, frame, None)
        except BaseException:
            self._stopped = True
            self._ledger.cancel(frame)
            raise
        frame.left_ns = time.monotonic_ns()
        if frame.error is not None:
            self._ledger.failed(frame)
            self._raise_failure(frame)
        return self._ledger.deliver(frame)

    def stop(self) -> None:
        self._stopped = True

    def cancel(self) -> None:
        """Another thread that is in next() closes the source when its frame is done."""
        self._stopped = self._cancelled = True
        if not self._at_work:
            self._close()
        self._raise_failure()

    def reject(self, frame: Frame) -> None:
        self._ledger.reject(frame)

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            close_source(self._source)

    def _raise_failure(self, frame: Frame | None = None) -> None:
        failure = self._ledger.take_failure()
        if failure is None:
            return
        self._stopped = True
        if frame is not None:
            self._ledger.cancel(frame)
        raise failure

    def statistics(self) -> RunStatistics:
        return self._ledger.counts()
