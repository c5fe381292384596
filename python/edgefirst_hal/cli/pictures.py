# SPDX-License-Identifier: Apache-2.0
"""Which pictures to process, in which order, and where their overlays go.

Looks at names only; opens no picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgefirst_hal._files import real_path, shortened
from edgefirst_hal.sources.films import FILMS
from edgefirst_hal.sources.finding import PICTURES, Finder
from edgefirst_hal.sources.names import in_order

_SUFFIXES = ", ".join(PICTURES)


@dataclass(frozen=True)
class Picture:
    """A file to process. Frames of one sequence share its name and follow one another."""

    path: Path
    group: str
    """Folder below the output folder, empty for pictures named one by one."""
    sequence: str = ""
    frame: int = 0
    """Number in the sequence, or nanoseconds where names end in times."""
    is_timed: bool = False
    step: int = 1
    """The usual distance to the next frame."""

    @property
    def label(self) -> str:
        return f"{self.group}/{self.path.name}" if self.group else self.path.name


def gather(
    paths: Sequence[Path], track: bool, finder: Finder | None = None
) -> tuple[list[Picture], list[str]]:
    """Pictures in the order given, folders sorted by name; and what could not be found.

    The finder's notes tell afterwards what was passed over.
    """
    pictures: list[Picture] = []
    problems: list[str] = []
    finder = finder or Finder()
    for path in paths:
        try:
            pictures += _named_by(path, finder)
        except OSError as error:
            problems.append(f"{path}: {error.strerror or error}")
    return (_as_sequences(pictures) if track else pictures), problems


def _named_by(path: Path, finder: Finder) -> list[Picture]:
    """Raises OSError."""
    if path.is_dir():
        found = finder.in_folder(path, below=False)
        if not found:
            raise OSError(f"no pictures ({_SUFFIXES}) in this folder")
        return [Picture(file, real_path(path).name) for file in found]
    if not path.is_file():
        raise OSError("no such file or folder")
    if path.suffix.lower() in FILMS:
        raise OSError("detect reads pictures; validate and profile read videos")
    return [Picture(file, "") for file in finder.named(path)]


def overlay_paths(pictures: Iterable[Picture], output: Path) -> list[Path]:
    """One JPEG path a picture; never that of another picture, nor of an input."""
    pictures = list(pictures)
    taken = {real_path(picture.path) for picture in pictures}
    paths: list[Path] = []
    for picture in pictures:
        folder, stem, number = output / picture.group, picture.path.stem, 1
        path = folder / f"{shortened(stem, '.jpg')}.jpg"
        while real_path(path) in taken:
            number += 1
            path = folder / f"{shortened(stem, f'-{number}.jpg')}-{number}.jpg"
        taken.add(real_path(path))
        paths.append(path)
    return paths


def _as_sequences(pictures: Sequence[Picture]) -> list[Picture]:
    """Pictures of one folder that differ only in a number or a time become frames in its order."""
    ordered = []
    for i, place in in_order([picture.path for picture in pictures]):
        timed = place.time_ns is not None
        frame = place.number if place.time_ns is None else place.time_ns
        placed = replace(pictures[i], sequence=place.series, frame=frame)
        ordered.append(replace(placed, is_timed=timed, step=place.step))
    return ordered
