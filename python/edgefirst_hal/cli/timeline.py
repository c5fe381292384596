# SPDX-License-Identifier: Apache-2.0
"""Stage times: measured once, kept for the report and for the trace.

The library's own spans are recorded by edgefirst_hal.Tracing; this file adds the command's stages,
inference among them, to the finished file.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import edgefirst_hal as ef
from edgefirst_hal._files import whole_file
from edgefirst_hal._text import stored

_PROCESS = 1
_STAGES_THREAD = 1_000_000
_TAIL = 64


@dataclass
class Slice:
    """Nanoseconds of time.monotonic_ns(), the clock that the library's trace uses too."""

    stage: str
    picture: str
    start: int
    end: int

    @property
    def milliseconds(self) -> float:
        return (self.end - self.start) / 1e6


@dataclass
class Timeline:
    """Collects slices in the order in which they end."""

    slices: list[Slice] = field(default_factory=list)
    _picture: str = ""
    _first: int = 0

    def begin(self, picture: str) -> None:
        """The stages that follow belong to this picture."""
        self._picture, self._first = picture, len(self.slices)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A stage that raises leaves no slice."""
        start = time.monotonic_ns()
        yield
        self.slices.append(Slice(name, self._picture, start, time.monotonic_ns()))

    def times(self) -> dict[str, float]:
        """Milliseconds by stage since begin()."""
        return {entry.stage: entry.milliseconds for entry in self.slices[self._first :]}


@contextmanager
def traced(path: Path | None, timeline: Timeline) -> Iterator[None]:
    """Writes a Chrome trace of the library and the timeline. Raises ef.Error, OSError.

    The file takes its place when the block ends; a link in its place is replaced.
    """
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "a trace is written to a regular file only", str(path))
    with whole_file(path) as partial:
        tracing = ef.Tracing(str(partial))
        tracing.start()
        origin = time.monotonic_ns()
        try:
            yield
        finally:
            tracing.stop()
            append_stages(partial, timeline, origin)


def append_stages(path: Path, timeline: Timeline, origin: int) -> None:
    """Adds one event a line before the array's end."""
    name = {"name": "stages"}
    events: list[dict[str, object]] = [_event("M", "thread_name", args=name)]
    for entry in timeline.slices:
        events.append(
            _event(
                "X",
                entry.stage,
                cat="edgefirst.cli",
                ts=(entry.start - origin) / 1e3,
                dur=(entry.end - entry.start) / 1e3,
                args={"picture": stored(entry.picture)},
            )
        )
    lines = ",\n".join(json.dumps(event) for event in events)
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - _TAIL))
        tail = file.read()
        kept = tail[: tail.rindex(b"]")].rstrip()
        separator = "\n" if kept.endswith(b"[") else ",\n"
        file.seek(start + len(kept))
        file.write(f"{separator}{lines}\n]\n".encode())
        file.truncate()


def _event(phase: str, name: str, **fields: object) -> dict[str, object]:
    return {"ph": phase, "name": name, "pid": _PROCESS, "tid": _STAGES_THREAD, **fields}
