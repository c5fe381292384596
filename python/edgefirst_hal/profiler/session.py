# SPDX-License-Identifier: Apache-2.0
"""One run: a model, a source, a pipeline; frames gather here until the source ends or is stopped.

Prints nothing and writes only predictions; `folder` writes the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edgefirst_hal.models import Model
from edgefirst_hal.pipeline import Pipeline, Run, RunStatistics
from edgefirst_hal.profiler.depth import PipelineDepth
from edgefirst_hal.profiler.model_stages import ModelStages, Sample
from edgefirst_hal.profiler.predictions import PredictionWriter
from edgefirst_hal.profiler.records import FrameRecord, record
from edgefirst_hal.sources import Source

OnFrame = Callable[[FrameRecord], None]


@dataclass(frozen=True)
class SessionOptions:
    depth: PipelineDepth
    stage_depths: dict[str, int] = field(default_factory=dict)
    asked_clients: int | None = None
    """Frames inferred at once; None: the depth."""
    warm_up: int = 3
    samples: int = 6

    @property
    def clients(self) -> int:
        """Not beyond the depth, which is what the backend serves."""
        return min(self.asked_clients or self.depth.used, self.depth.used)


@dataclass
class Session:
    """`paths` are those of the frames that came out, by index."""

    model: Model
    source: Source
    options: SessionOptions
    records: list[FrameRecord] = field(default_factory=list)
    paths: dict[int, Path] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    statistics: RunStatistics = field(default_factory=RunStatistics)
    interrupted: bool = False
    broken: str = ""
    """Why the source or the predictions file ended the run; empty otherwise."""
    _run: Run | None = None

    def run(self, writer: PredictionWriter | None, on_frame: OnFrame) -> None:
        """Raises ModelError, ef.Error where the model cannot be warmed up or doubled."""
        depth = self.options.depth.used
        flush = writer.flush if writer is not None else lambda: None
        clients = self.options.clients if depth > 1 else 0
        stages = ModelStages(self.model, clients, self.options.samples, flush)
        stages.warm_up(self.options.warm_up)
        depths = {} if depth == 1 else self.options.stage_depths
        pipeline = Pipeline(stages.stages(depths), depth, on_drop=stages.release)
        self.samples = stages.samples
        with pipeline.run(self.source) as self._run:
            try:
                self._collect(self._run, writer, on_frame)
            except KeyboardInterrupt:
                self.interrupted = True
                self._run.cancel()
            except Exception as error:  # what the source raised
                self.broken = f"the source: {error or type(error).__name__}"
            self.statistics = self._run.statistics()

    def interrupt(self) -> None:
        """Takes no more frames; those in flight still come out. May be called by a signal."""
        self.interrupted = True
        if self._run is not None:
            self._run.stop()

    def _collect(self, run: Run, writer: PredictionWriter | None, on_frame: OnFrame) -> None:
        for frame in run:
            made = record(frame, frame.item.name)
            self.records.append(made)
            self.paths[frame.index] = frame.item.path
            on_frame(made)
            if writer is None:
                continue
            writer.add(made)
            if writer.failure is not None and not self.broken:
                self.broken = f"{writer.path}: {writer.failure}"
                run.stop()
