# SPDX-License-Identifier: Apache-2.0
"""One frame on its way: its value, its times, and the error that befell it.

Knows nothing of threads or queues.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Span(NamedTuple):
    """Nanoseconds of time.monotonic_ns(), the clock of the library's trace."""

    start_ns: int
    end_ns: int

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns


class StageError(Exception):
    """A stage raised; `stage` names it, `cause` is what it raised."""

    def __init__(self, stage: str, cause: Exception) -> None:
        super().__init__(f"{stage}: {cause or type(cause).__name__}")
        self.stage = stage
        self.cause = cause


@dataclass
class Frame:
    """Belongs to one stage at a time, so no field needs a lock."""

    index: int
    """Number in the source, from 0; frames come out in this order."""
    item: Any
    """What the source gave."""
    value: Any
    """What the last stage returned: the input of the next."""
    entered_ns: int
    left_ns: int = 0
    spans: dict[str, Span] = field(default_factory=dict)
    """By stage, in the order of the stages."""
    error: StageError | None = None
    """Set where a stage raised; later stages let such a frame pass."""

    def result(self) -> Any:
        """The value that the last stage returned. Raises the frame's StageError."""
        if self.error is not None:
            raise self.error
        return self.value

    @property
    def latency_ns(self) -> int:
        """End-to-end latency: the sum of the work of all stages, without waiting."""
        return sum(span.duration_ns for span in self.spans.values())

    @property
    def sojourn_ns(self) -> int:
        """From entering the pipeline to leaving it: work and waiting."""
        return self.left_ns - self.entered_ns
