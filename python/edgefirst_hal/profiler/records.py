# SPDX-License-Identifier: Apache-2.0
"""What a run knows about each frame, as plain arrays: small enough to keep for every frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgefirst_hal._text import stored
from edgefirst_hal.pipeline import Frame, Span

STAGES = ("decode", "preprocess", "inference", "postprocess", "output")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """Detections of one frame, best score first. Boxes are corners in pixels of the picture."""

    width: int
    height: int
    boxes: Floats
    scores: Floats
    classes: Ints
    masks: list[bytes]
    """COCO run lengths of the whole picture, one a box; empty for models without masks."""

    def __len__(self) -> int:
        return len(self.scores)


NOTHING = Found(0, 0, np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64), [])


@dataclass
class FrameRecord:
    """A frame that came out of the pipeline, done or failed."""

    index: int
    label: str
    entered_ns: int
    left_ns: int
    spans: dict[str, Span]
    found: Found = NOTHING
    error: str = ""
    """Empty, or "stage: reason"."""
    counts: tuple[int, int, int] | None = field(default=None)
    """True positives, false positives and misses at the deployment threshold, where known."""

    @property
    def is_done(self) -> bool:
        return not self.error

    @property
    def latency_ns(self) -> int:
        return sum(span.duration_ns for span in self.spans.values())

    @property
    def sojourn_ns(self) -> int:
        return self.left_ns - self.entered_ns


def record(frame: Frame, label: str) -> FrameRecord:
    """The frame's times, and its detections or its error."""
    made = FrameRecord(frame.index, label, frame.entered_ns, frame.left_ns, frame.spans)
    if frame.error is None:
        made.found = frame.value
    else:
        made.error = stored(" ".join(str(frame.error).split()))
    return made


Document = dict[str, Any]
