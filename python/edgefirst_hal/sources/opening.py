# SPDX-License-Identifier: Apache-2.0
"""From what a user names to a source."""

from __future__ import annotations

from pathlib import Path

from edgefirst_hal.sources.error import SourceError
from edgefirst_hal.sources.films import FILMS, Film
from edgefirst_hal.sources.finding import PICTURES, Finder
from edgefirst_hal.sources.pictures import Pictures


def open_source(
    where: str | Path, count: int | None = None, *, repeat: bool = False, output: Path | None = None
) -> Film | Pictures:
    """A folder (with all below it), a picture, a film or a pattern, cut to `count` frames.

    `repeat` starts pictures over until there are `count`. `output` is where the caller writes to,
    and is not read. Raises SourceError.
    """
    path = Path(where)
    if path.suffix.lower() in FILMS and path.is_file():
        return Film(path, count)
    finder = Finder(output)
    if path.is_dir():
        paths, root = finder.in_folder(path, below=True), path
    elif path.is_file():
        _check_picture(path)
        paths, root = finder.named(path), path.parent
    else:
        paths, root = finder.of_pattern(str(where))
    if not paths:
        raise SourceError(nothing_found(where, finder))
    found = len(paths)
    frames = found if count is None else count if repeat else min(count, found)
    return Pictures(str(where), paths[:frames], root, frames, finder.notes, finder.problems)


def nothing_found(where: object, finder: Finder) -> str:
    notes = "".join(f"; {note}" for note in finder.notes + finder.problems)
    return f"{where}: no pictures ({', '.join(PICTURES)}) and no video{notes}"


def _check_picture(path: Path) -> None:
    if path.suffix.lower() not in PICTURES:
        raise SourceError(
            f"{path}: neither a picture ({', '.join(PICTURES)}) nor a video of a known kind"
            " (.mp4, .mkv, .avi, .ts and others)"
        )
