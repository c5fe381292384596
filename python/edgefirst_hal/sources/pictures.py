# SPDX-License-Identifier: Apache-2.0
"""Pictures as a source: in the order of their names, decoded when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import edgefirst_hal as ef
from edgefirst_hal._text import stored
from edgefirst_hal.sources.names import placed
from edgefirst_hal.sources.source import Closing


@dataclass(frozen=True)
class PictureFrame:
    """A picture file."""

    path: Path
    index: int
    name: str
    time_ns: int | None = None

    def load(self) -> ef.Tensor:
        """Raises ef.Error, OSError."""
        return ef.Tensor.load(str(self.path), ef.PixelFormat.Rgb)


@dataclass
class Pictures(Closing):
    """A Source of picture files. `count` frames are given, over and over where there are fewer.

    It holds nothing open.
    """

    description: str
    paths: Sequence[Path]
    root: Path
    count: int
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[PictureFrame]:
        times = _times(self.paths)
        for i, place in enumerate(islice(cycle(range(len(self.paths))), self.count)):
            path, turn = self.paths[place], i // len(self.paths)
            name = stored(path.relative_to(self.root).as_posix())
            yield PictureFrame(
                path, i, f"{name} (x{turn + 1})" if turn else name, None if turn else times[place]
            )


def _times(paths: Sequence[Path]) -> list[int | None]:
    """Nanoseconds since the first, where the names of all end in times of one series."""
    places = placed(paths)
    times = [place.time_ns for place in places if place.time_ns is not None]
    if len(times) != len(paths) or len({place.series for place in places}) != 1:
        return [None] * len(paths)
    first = min(times)
    return [time - first for time in times]
