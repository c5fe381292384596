# SPDX-License-Identifier: Apache-2.0
"""What a run reads: pictures of a folder, of a pattern, or the frames of a video.

Finds names only; pictures and frames are decoded by the items, in the decode stage.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Protocol

import edgefirst_hal as ef
from edgefirst_hal._text import stored
from edgefirst_hal.profiler.libraries import ProfilerError

PICTURES = {".jpg", ".jpeg", ".png"}
VIDEOS = {".avi", ".mkv", ".mov", ".mp4", ".webm"}


class Item(Protocol):
    """One frame to come."""

    @property
    def label(self) -> str:
        """Unique in the run: the path below the folder asked for, or the video's name#number."""

    @property
    def path(self) -> Path:
        """For finding its ground truth by name."""

    def load(self) -> ef.Tensor:
        """Decodes it. Raises ef.Error, OSError, ProfilerError."""


@dataclass(frozen=True)
class PictureItem:
    path: Path
    label: str

    def load(self) -> ef.Tensor:
        return ef.Tensor.load(str(self.path), ef.PixelFormat.Rgb)


@dataclass
class Source:
    """Items in a fixed order; may be read once. `paths` are those of all of them."""

    description: str
    items: Iterator[Item]
    count: int
    paths: Sequence[Path] = ()


def open_source(where: str, count: int | None, repeat: bool = False) -> Source:
    """A folder (with all below it), a picture, a video or a pattern, cut to `count` items.

    `repeat` starts pictures over until there are `count`. Raises ProfilerError.
    """
    path = Path(where)
    if path.suffix.lower() in VIDEOS and path.is_file():
        return _video(path, count)
    pictures = _pictures(where, path)
    if not pictures:
        raise ProfilerError(
            f"{where}: no pictures (.jpg, .jpeg, .png) and no video ({', '.join(sorted(VIDEOS))})"
        )
    if repeat and count is not None:
        return Source(where, _numbered(pictures, count), count)
    kept = pictures[:count]
    return Source(where, iter(kept), len(kept), [item.path for item in kept])


def _pictures(where: str, path: Path) -> list[PictureItem]:
    if path.is_dir():
        root, found = path, sorted(path.rglob("*"))
    elif path.is_file():
        root, found = path.parent, [path]
    else:
        found = sorted(Path(name) for name in glob.glob(where, recursive=True))
        root = _common_folder(found)
    files = [p for p in found if p.suffix.lower() in PICTURES and not p.is_dir()]
    return [PictureItem(p, stored(p.relative_to(root).as_posix())) for p in files]


def _common_folder(paths: list[Path]) -> Path:
    if not paths:
        return Path()
    shared = paths[0].parent
    while any(shared not in path.parents for path in paths):
        shared = shared.parent
    return shared


def _numbered(pictures: list[PictureItem], count: int) -> Iterator[Item]:
    """Labels stay unique when pictures come again."""
    for i, picture in enumerate(islice(cycle(pictures), count)):
        turn = i // len(pictures)
        yield PictureItem(picture.path, f"{picture.label} (x{turn + 1})" if turn else picture.label)


def _video(path: Path, count: int | None) -> Source:
    from edgefirst_hal.profiler.video import Video

    video = Video(path)
    frames = video.count if count is None else min(count, video.count)
    paths = [video.item(i).path for i in range(frames)]
    return Source(str(path), (video.item(i) for i in range(frames)), frames, paths)
