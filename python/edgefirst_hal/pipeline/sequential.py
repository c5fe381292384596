# SPDX-License-Identifier: Apache-2.0
"""Depth 1: every stage of a frame before any of the next, in the thread that asks for frames."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from edgefirst_hal.pipeline.frame import Frame
from edgefirst_hal.pipeline.ledger import Ledger
from edgefirst_hal.pipeline.run import RunStatistics
from edgefirst_hal.pipeline.stage import Stage, perform


class SequentialEngine:
    def __init__(self, stages: Sequence[Stage], source: Iterable[Any], ledger: Ledger) -> None:
        self._stages = stages
        self._source = iter(source)
        self._ledger = ledger
        self._stopped = False

    def next(self) -> Frame | None:
        if self._stopped:
            return None
        try:
            item = next(self._source)
        except StopIteration:
            self._stopped = True
            return None
        except Exception:
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
        return self._ledger.deliver(frame)

    def stop(self) -> None:
        self._stopped = True

    def cancel(self) -> None:
        self._stopped = True

    def statistics(self) -> RunStatistics:
        return self._ledger.counts()
