# SPDX-License-Identifier: Apache-2.0
"""Frames through stages that overlap: the slowest stage sets the pace instead of their sum.

    from edgefirst_hal.pipeline import Pipeline, Stage

    pipeline = Pipeline([Stage("decode", load), Stage("inference", infer)], depth=2)
    with pipeline.run(paths) as run:
        for frame in run:
            print(frame.index, frame.result(), frame.latency_ns)

Imports the standard library alone.
"""

from __future__ import annotations

from edgefirst_hal.pipeline.asynchronous import AsyncRun
from edgefirst_hal.pipeline.frame import Frame, Span, StageError
from edgefirst_hal.pipeline.pipeline import Pipeline
from edgefirst_hal.pipeline.run import QueueDepth, Run, RunStatistics
from edgefirst_hal.pipeline.stage import Live, Stage

__all__ = [
    "AsyncRun",
    "Frame",
    "Live",
    "Pipeline",
    "QueueDepth",
    "Run",
    "RunStatistics",
    "Span",
    "Stage",
    "StageError",
]
