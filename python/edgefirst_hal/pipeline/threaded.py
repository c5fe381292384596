# SPDX-License-Identifier: Apache-2.0
"""Stages that overlap: a thread feeds the first queue, each stage has its own, queues are bounded.

The reader of the run is the end of the chain: whoever does not read stops the source.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from edgefirst_hal.pipeline.channel import Channel, Closed
from edgefirst_hal.pipeline.frame import Frame
from edgefirst_hal.pipeline.ledger import Ledger
from edgefirst_hal.pipeline.run import REPLACED, QueueDepth, RunStatistics
from edgefirst_hal.pipeline.stage import Live, Stage, close_source
from edgefirst_hal.pipeline.worker import Crew, Post

_GRACE_S = 30.0
"""How long cancel() waits for a stage at work; an engine that hangs for longer is left behind."""


class ThreadedEngine:
    """`stages` have their depths filled in; where they are all 1, live frames share one thread."""

    def __init__(
        self, stages: Sequence[Stage], source: Iterable[Any], ledger: Ledger, live: Live | None
    ) -> None:
        self._source = iter(source)
        self._ledger = ledger
        ledger.on_failure = self._abort
        self._error: BaseException | None = None
        self._in_source = False
        groups = [list(stages)] if _is_sequential(stages) else [[stage] for stage in stages]
        self._names = [group[0].name for group in groups]
        self._channels: list[Channel[Frame]] = [
            Channel((group[0].depth or 1) - group[0].workers, live is not None and i == 0)
            for i, group in enumerate(groups)
        ]
        self._outlet: Channel[Frame] = Channel(0)
        ends = [*self._channels[1:], self._outlet]
        crews = [
            Crew(Post(group, inlet, outlet, ledger, live, self._fatal), group[0].workers)
            for group, inlet, outlet in zip(groups, self._channels, ends)
        ]
        feeder = threading.Thread(target=self._feed, name="pipeline-source", daemon=True)
        self._feeder = feeder
        self._threads = [feeder, *(thread for crew in crews for thread in crew.threads)]
        for thread in self._threads:
            thread.start()

    def next(self) -> Frame | None:
        try:
            return self._ledger.deliver(self._outlet.get())
        except Closed:
            error, self._error = self._error, None
            error = self._ledger.take_failure() or error
            if error is not None:
                raise error from None
            return None

    def stop(self) -> None:
        self._channels[0].close()

    def cancel(self) -> None:
        """May be called again and from any thread."""
        self._abort()
        deadline = time.monotonic() + _GRACE_S
        for thread in self._threads:
            waits_for_source = thread is self._feeder and self._in_source
            if thread is not threading.current_thread() and not waits_for_source:
                thread.join(max(0.0, deadline - time.monotonic()))
        failure = self._ledger.take_failure()
        if failure is not None:
            raise failure

    def reject(self, frame: Frame) -> None:
        self._ledger.reject(frame)

    def statistics(self) -> RunStatistics:
        counts = self._ledger.counts()
        for name, channel in zip(self._names, self._channels):
            counts.queues[name] = QueueDepth(*channel.fill())
        return counts

    def _abort(self) -> None:
        for channel in [*self._channels, self._outlet]:
            for frame in channel.abort():
                self._ledger.cancel(frame)

    def _fatal(self, error: BaseException) -> None:
        self._error = error
        self._abort()

    def _feed(self) -> None:
        first = self._channels[0]
        try:
            while True:
                first.wait_for_room()
                self._in_source = True
                item = next(self._source)
                self._in_source = False
                self._put(first, self._ledger.enter(item))
        except (Closed, StopIteration):
            pass
        except BaseException as error:  # raised to the reader, after the frames before it
            self._error = error
        finally:
            self._in_source = False
            self._close_source()
            first.close()

    def _close_source(self) -> None:
        """In the thread that reads it: a generator can be closed by no other while it works."""
        try:
            close_source(self._source)
        except BaseException as error:
            self._error = self._error or error

    def _put(self, first: Channel[Frame], frame: Frame) -> None:
        try:
            for replaced in first.put(frame):
                self._ledger.skip(replaced, REPLACED)
        except Closed:
            self._ledger.cancel(frame)
            raise


def _is_sequential(stages: Sequence[Stage]) -> bool:
    return all(stage.depth == 1 for stage in stages)
