# SPDX-License-Identifier: Apache-2.0
"""The pipeline as a user makes it: stages and a depth; each run over a source is independent."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from edgefirst_hal.pipeline.asynchronous import AsyncRun
from edgefirst_hal.pipeline.ledger import Ledger
from edgefirst_hal.pipeline.run import Engine, OnDrop, Run
from edgefirst_hal.pipeline.sequential import SequentialEngine
from edgefirst_hal.pipeline.stage import Live, Stage, check
from edgefirst_hal.pipeline.threaded import ThreadedEngine


class Pipeline:
    """`depth` is the number of frames that each stage holds: one in work, the others waiting.

    At depth 1 a frame passes every stage before the next one enters, without threads. From 2 on
    the stages overlap and at most the sum of their depths is in flight, besides the frame that is
    being handed over: whoever reads slowly slows the source down, unless `live` says that new
    frames replace those that wait.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        depth: int = 2,
        live: Live | None = None,
        on_drop: OnDrop | None = None,
    ) -> None:
        """on_drop sees each frame that fails, is skipped or cancelled, once, in any thread.

        Raises ValueError for stages without distinct names and counts outside 1...64.
        """
        check(stages, depth)
        self.stages = tuple(stages)
        self.depth = depth
        self._live = live
        self._on_drop = on_drop

    @property
    def depths(self) -> dict[str, int]:
        """Frames that each stage may hold; their sum bounds the frames in flight."""
        return {stage.name: stage.depth or self.depth for stage in self._filled()}

    @property
    def is_sequential(self) -> bool:
        return all(depth == 1 for depth in self.depths.values())

    def replaced(self, name: str, work: Callable[[Any], Any]) -> Pipeline:
        """The same pipeline with other work in one stage. Raises KeyError for an unknown name."""
        if all(stage.name != name for stage in self.stages):
            raise KeyError(f"no stage '{name}' among {', '.join(self.depths)}")
        stages = [replace(s, work=work) if s.name == name else s for s in self.stages]
        return Pipeline(stages, self.depth, self._live, self._on_drop)

    def run(self, source: Iterable[Any]) -> Run:
        """Starts. The source is read from another thread unless the depth is 1."""
        ledger = Ledger(self._on_drop)
        if self.is_sequential and self._live is None:
            engine: Engine = SequentialEngine(self.stages, source, ledger)
        else:
            engine = ThreadedEngine(self._filled(), source, ledger, self._live)
        return Run(engine)

    def run_async(self, source: Iterable[Any] | AsyncIterable[Any]) -> AsyncRun:
        """The same for `async for`, within a running event loop; it never blocks the loop."""
        return AsyncRun(self.run, source)

    def _filled(self) -> list[Stage]:
        """A stage with more workers than the pipeline's depth holds as many frames as workers."""
        return [replace(s, depth=s.depth or max(self.depth, s.workers)) for s in self.stages]
