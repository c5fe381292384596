# SPDX-License-Identifier: Apache-2.0
"""The threads of one stage: frames in from a channel, work, frames out in the same order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from edgefirst_hal.pipeline.channel import Channel, Closed
from edgefirst_hal.pipeline.frame import Frame
from edgefirst_hal.pipeline.ledger import Ledger
from edgefirst_hal.pipeline.run import LATE
from edgefirst_hal.pipeline.stage import Live, Stage, perform


@dataclass(frozen=True)
class Post:
    """Where workers stand: between which channels, with which rules."""

    stages: Sequence[Stage]
    inlet: Channel[Frame]
    outlet: Channel[Frame]
    ledger: Ledger
    live: Live | None
    on_fatal: Callable[[BaseException], None]
    """Told of what is no Exception, such as SystemExit; the run ends."""


class Turns:
    """Lets numbered visitors pass one at a time, in order."""

    def __init__(self) -> None:
        self._next = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, ticket: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._next == ticket)
        try:
            yield
        finally:
            with self._changed:
                self._next += 1
                self._changed.notify_all()


class Crew:
    """All workers of a post. The last to leave closes the outlet."""

    def __init__(self, post: Post, workers: int) -> None:
        self._post = post
        self._taking = threading.Lock()
        self._tickets = 0
        self._turns = Turns()
        self._at_work = workers
        name = post.stages[0].name
        self.threads = [
            threading.Thread(target=self._run, name=f"pipeline-{name}-{i}", daemon=True)
            for i in range(workers)
        ]

    def _run(self) -> None:
        try:
            while True:
                frame, ticket = self._take()
                self._work(frame, ticket)
        except Closed:
            pass
        except BaseException as error:  # the thread ends; the reader of the run gets it
            self._post.on_fatal(error)
        finally:
            self._leave()

    def _take(self) -> tuple[Frame, int]:
        with self._taking:
            frame = self._post.inlet.get()
            ticket = self._tickets
            self._tickets += 1
            return frame, ticket

    def _work(self, frame: Frame, ticket: int) -> None:
        """The turn passes on whatever happens, or the other workers would wait for ever."""
        fresh = frame.error is None
        try:
            in_time = perform(self._post.stages, frame, self._post.live)
            if fresh and frame.error is not None:
                self._post.ledger.failed(frame)
        except BaseException:
            with self._turns.turn(ticket):
                self._post.ledger.cancel(frame)
            raise
        with self._turns.turn(ticket):
            self._pass_on(frame, in_time)

    def _pass_on(self, frame: Frame, in_time: bool) -> None:
        if not in_time:
            self._post.ledger.skip(frame, LATE)
            return
        frame.left_ns = time.monotonic_ns()
        try:
            self._post.outlet.put(frame)
        except Closed:
            self._post.ledger.cancel(frame)
            raise

    def _leave(self) -> None:
        with self._taking:
            self._at_work -= 1
            last = self._at_work == 0
        if last:
            self._post.outlet.close()
