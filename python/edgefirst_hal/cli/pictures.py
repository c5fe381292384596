# SPDX-License-Identifier: Apache-2.0
"""Which pictures to process, in which order, and where their overlays go.

Looks at names only; opens no picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgefirst_hal._files import shortened

SUFFIXES = {".jpg", ".jpeg", ".png"}

_NUMBERED = re.compile(r"^(.*?)(\d+)$", re.DOTALL)


@dataclass(frozen=True)
class Picture:
    """A file to process. Frames of one sequence share its name and follow one another."""

    path: Path
    group: str
    """Folder below the output folder, empty for pictures named one by one."""
    sequence: str = ""
    frame: int = 0

    @property
    def label(self) -> str:
        return f"{self.group}/{self.path.name}" if self.group else self.path.name


def gather(paths: Sequence[Path], track: bool) -> tuple[list[Picture], list[str]]:
    """Pictures in the order given, folders sorted by name; and what could not be found."""
    pictures: list[Picture] = []
    problems: list[str] = []
    for path in paths:
        try:
            pictures += _named_by(path)
        except OSError as error:
            problems.append(f"{path}: {error.strerror or error}")
    first: dict[Path, Picture] = {}
    for picture in pictures:
        first.setdefault(picture.path.resolve(), picture)
    unique = list(first.values())
    return (_as_sequences(unique) if track else unique), problems


def _named_by(path: Path) -> list[Picture]:
    """Raises OSError."""
    if path.is_dir():
        found = _in_folder(path)
        if not found:
            raise OSError("no pictures (.jpg, .jpeg, .png) in this folder")
        return [Picture(file, path.resolve().name) for file in found]
    if not path.is_file():
        raise OSError("no such file or folder")
    return [Picture(path, "")]


def overlay_paths(pictures: Iterable[Picture], output: Path) -> list[Path]:
    """One JPEG path a picture; never that of another picture, nor of an input."""
    pictures = list(pictures)
    taken = {picture.path.resolve() for picture in pictures}
    paths: list[Path] = []
    for picture in pictures:
        folder, stem, number = output / picture.group, picture.path.stem, 1
        path = folder / f"{shortened(stem, '.jpg')}.jpg"
        while path.resolve() in taken:
            number += 1
            path = folder / f"{shortened(stem, f'-{number}.jpg')}-{number}.jpg"
        taken.add(path.resolve())
        paths.append(path)
    return paths


def _in_folder(folder: Path) -> list[Path]:
    files = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in files if path.is_file())


def _as_sequences(pictures: Sequence[Picture]) -> list[Picture]:
    """Pictures of one folder that differ only in a number become frames in its order."""
    series: dict[tuple[Path, str, str], list[Picture]] = {}
    for picture in pictures:
        match = _NUMBERED.match(picture.path.stem)
        prefix, digits = match.groups() if match else (picture.path.stem, "")
        if not digits:
            prefix, digits = picture.path.name, "0"
        key = (picture.path.resolve().parent, prefix, picture.path.suffix.lower())
        series.setdefault(key, []).append(replace(picture, frame=int(digits)))
    ordered: list[Picture] = []
    for (folder, prefix, _), members in series.items():
        name = f"{folder.name}/{prefix}*" if len(members) > 1 else ""
        members.sort(key=lambda member: member.frame)
        ordered += [replace(member, sequence=name) for member in members]
    return ordered
