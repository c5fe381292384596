# SPDX-License-Identifier: Apache-2.0
"""What all sources have in common, whether they read files, a camera or a stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, TypeVar

import edgefirst_hal as ef

_Self = TypeVar("_Self", bound="Closing")


class Frame(Protocol):
    """One frame to come. It knows its place; its pixels are read by load()."""

    @property
    def index(self) -> int:
        """From 0. Numbers of frames that cannot be read stay free."""

    @property
    def name(self) -> str:
        """Unique in the source: the path below the folder asked for, or the film's name#index."""

    @property
    def path(self) -> Path:
        """The file; for a frame of a film the name that its labels are looked for by."""

    @property
    def time_ns(self) -> int | None:
        """Nanoseconds since the first frame; None where the source does not know."""

    def load(self) -> ef.Tensor:
        """The upright picture as Rgb. Raises SourceError, ef.Error, OSError."""


class Closing:
    """A source whose `with` block ends with close()."""

    def close(self) -> None:
        """Gives back what the source holds open. May be called again."""

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Source(Protocol):
    """Frames in a fixed order, one at a time. Not thread-safe, and neither is load().

    with open_source("film.mp4") as source:
        for frame in source:
            picture = frame.load()
    """

    @property
    def description(self) -> str:
        """What was asked for."""

    @property
    def count(self) -> int | None:
        """Frames to come, as far as can be known before; None for a camera."""

    @property
    def notes(self) -> list[str]:
        """What a user should know before the first frame, such as files passed over."""

    @property
    def problems(self) -> list[str]:
        """Frames that were asked for and are not among those to come, with the reason."""

    def __iter__(self) -> Iterator[Frame]: ...

    def __enter__(self) -> Source: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def close(self) -> None:
        """Gives back what the source holds open. May be called again."""
