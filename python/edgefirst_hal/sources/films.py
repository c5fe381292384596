# SPDX-License-Identifier: Apache-2.0
"""Frames of a film through PyAV (the extra `video`), decoded when they are asked for.

A frame that is missing, because its packet is damaged or lost, is told by its number.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import edgefirst_hal as ef
from edgefirst_hal._distribution import pip_install
from edgefirst_hal._text import stored
from edgefirst_hal.sources.error import SourceError
from edgefirst_hal.sources.source import Closing
from edgefirst_hal.sources.timetable import Timetable, read_timetable

FILMS = {
    ".264", ".265", ".3g2", ".3gp", ".asf", ".avi", ".dv", ".f4v", ".flv", ".h264", ".h265",
    ".hevc", ".ivf", ".m1v", ".m2p", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv",
    ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".qt", ".ts",
    ".vob", ".webm", ".wmv", ".y4m",
}  # fmt: skip
_LONGEST_REASON = 120


@dataclass(frozen=True)
class FilmFrame:
    """Frame `index` of a film; its labels are looked for as <stem>_<six digits>."""

    film: Film
    index: int

    @property
    def name(self) -> str:
        return f"{stored(self.film.path.name)}#{self.index:06d}"

    @property
    def path(self) -> Path:
        return self.film.path.with_name(f"{self.film.path.stem}_{self.index:06d}.jpg")

    @property
    def time_ns(self) -> int | None:
        return self.film.timetable.time_ns(self.index)

    def load(self) -> ef.Tensor:
        """Raises SourceError where the frame is missing."""
        return self.film.frame(self.index)


class Film(Closing):
    """A Source of the frames that a player would show, upright.

    Quickest where frames are loaded in ascending order; an earlier one begins anew.
    """

    def __init__(self, path: Path, count: int | None = None) -> None:
        """The first `count` frames, or all. Raises SourceError for what is no readable film."""
        self.path = path
        self.description = str(path)
        self._av = _library()
        self._container: Any = None
        try:
            with self._av.open(_address(path)) as container:
                table = read_timetable(container, path)
        except Exception as error:  # PyAV has more classes than one
            raise SourceError(f"{path}: not a readable video ({_reason(error)})") from error
        if table is None or table.count == 0:
            raise SourceError(f"{path}: a video without frames")
        self.timetable: Timetable = table
        self.count = table.count if count is None else min(count, table.count)
        self.problems = _absent_frames(path, table, count)
        self._processor: ef.ImageProcessor | None = None
        self._frames: Iterator[tuple[int, Any]] = iter(())
        self._next: tuple[int, Any] | None = None
        self._asked = 0
        self._trouble = ""
        """What the decoder said last."""
        self._begin()

    @property
    def notes(self) -> list[str]:
        notes, table = [], self.timetable
        if table.unreadable:
            frames = _frames(table.unreadable)
            notes.append(f"{self.path.name}: {frames} before the first key frame cannot be shown")
        if table.announced > table.count:
            announced = _frames(table.announced)
            notes.append(
                f"{self.path.name}: {table.count} of {announced} that the header"
                " announces are there"
            )
        return notes

    def __iter__(self) -> Iterator[FilmFrame]:
        return (FilmFrame(self, number) for number in range(self.count))

    def close(self) -> None:
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
        self._container = None

    def frame(self, number: int) -> ef.Tensor:
        """Raises SourceError where that frame is missing."""
        if number >= self.timetable.count:
            raise SourceError(f"the video ends after {_frames(self.timetable.count)}")
        if number < self._asked:
            self._begin()
        self._asked = number
        while self._next is None or self._next[0] < number:
            self._next = next(self._frames, None)
            if self._next is None:
                break
        if self._next is None or self._next[0] != number:
            reason = f": {self._trouble}" if self._trouble else ", as packets are lost or damaged"
            raise SourceError(f"frame {number} is missing{reason}")
        return self._upright(self._next[1])

    def _begin(self) -> None:
        self.close()
        self._container = self._av.open(_address(self.path))
        self._stream = self._container.streams[self.timetable.stream]
        self._frames = self._numbered()
        self._next, self._asked, self._trouble = None, 0, ""

    def _numbered(self) -> Iterator[tuple[int, Any]]:
        """Frames with their numbers, ascending; frames that no player shows are left out."""
        number = _Numbering(self.timetable)
        for frame in self._decoded(number):
            place = number.of(frame)
            if place is not None:
                yield place, frame

    def _decoded(self, number: _Numbering) -> Iterator[Any]:
        """Damage costs the frames of its packet, and is remembered."""
        packets = self._container.demux(self._stream)
        packet = None
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
            except self._av.FFmpegError as error:
                self._trouble = _reason(error)
                number.note_damage(packet)
                if packet is None:  # the first could not be read, and none follows
                    return

    def _upright(self, frame: Any) -> ef.Tensor:
        pixels = np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
        picture = ef.Tensor.wrap(pixels, ef.PixelFormat.Rgb)
        orientation = display_orientation(frame)
        if orientation is None:
            return picture
        rotation, flip = orientation
        width, height = picture.width or 0, picture.height or 0
        if rotation in (ef.Rotation.Clockwise90, ef.Rotation.CounterClockwise90):
            width, height = height, width
        upright = ef.Tensor.image(width, height, ef.PixelFormat.Rgb)
        if self._processor is None:
            self._processor = ef.ImageProcessor(backend="cpu")
        self._processor.convert(picture, upright, rotation=rotation, flip=flip)
        return upright


class _Numbering:
    """The number of each frame that comes out of the decoder, from its time stamp."""

    def __init__(self, timetable: Timetable) -> None:
        self._table = timetable
        self._part = 0
        self._last_pts: int | None = None
        self._last = -1
        self._is_certain = True
        self._damaged_pts: int | None = None

    def note_damage(self, packet: Any) -> None:
        """Nobody knows how many frames go with it, where frames have no time stamps."""
        self._is_certain = False
        self._damaged_pts = getattr(packet, "pts", None)

    def of(self, frame: Any) -> int | None:
        """None for a frame that is not shown."""
        number = self._by_time(frame) if self._table.shown else self._by_order(frame)
        if number is None or number <= self._last:
            return None
        self._last = number
        return number

    def _by_time(self, frame: Any) -> int | None:
        if frame.pts is None:
            return self._last + 1
        if self._last_pts is not None and frame.pts < self._last_pts:
            self._part += 1
        self._last_pts = frame.pts
        return self._table.number((self._part, frame.pts))

    def _by_order(self, frame: Any) -> int | None:
        """After damage the places are unknown, until a key frame behind it tells its own."""
        if self._is_certain:
            return self._last + 1
        place = self._table.key_places.get(frame.pts) if frame.key_frame else None
        if place is not None and self._damaged_pts is not None:
            self._is_certain = frame.pts > self._damaged_pts
        return place


def display_orientation(frame: Any) -> tuple[ef.Rotation, ef.Flip] | None:
    """The turn and mirror that the film's display matrix asks for; None for none.

    The matrix (ISO 14496-12, 6.2.2) takes column and row to a x + c y and b x + d y.
    """
    data = next((d for d in frame.side_data if d.type.name == "DISPLAYMATRIX"), None)
    if data is None:
        return None
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32).tolist()
    turned = abs(b) + abs(c) > abs(a) + abs(d)
    signs = (c > 0, b > 0) if turned else (a > 0, d > 0)
    return _ORIENTATIONS[turned, signs]


_ORIENTATIONS: dict[tuple[bool, tuple[bool, bool]], tuple[ef.Rotation, ef.Flip] | None] = {
    (False, (True, True)): None,
    (False, (False, False)): (ef.Rotation.Rotate180, ef.Flip.NoFlip),
    (False, (False, True)): (ef.Rotation.Rotate0, ef.Flip.Horizontal),
    (False, (True, False)): (ef.Rotation.Rotate0, ef.Flip.Vertical),
    (True, (False, True)): (ef.Rotation.Clockwise90, ef.Flip.NoFlip),
    (True, (True, False)): (ef.Rotation.CounterClockwise90, ef.Flip.NoFlip),
    (True, (True, True)): (ef.Rotation.CounterClockwise90, ef.Flip.Horizontal),
    (True, (False, False)): (ef.Rotation.Clockwise90, ef.Flip.Horizontal),
}
"""By whether columns and rows change places, and whether they then still ascend."""


def _absent_frames(path: Path, table: Timetable, asked: int | None) -> list[str]:
    if not table.absent or (asked is not None and asked <= table.count):
        return []
    word, total = table.absent_word, table.absent + table.count
    are = "is" if table.absent == 1 else "are"
    text = f"{word}{table.absent} of {total} frames {are} absent: the file ends before them"
    return [f"{path.name}: {text}"]


def _address(path: Path) -> str:
    """For FFmpeg, to which a name such as concat:a.mp4 would be more than a file."""
    return os.path.abspath(path)


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def _reason(error: Exception) -> str:
    """FFmpeg's words, without the path."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:_LONGEST_REASON]


def _library() -> Any:
    try:
        return importlib.import_module("av")
    except ImportError as error:
        raise SourceError(
            f"reading videos needs av, which cannot be imported ({error}); {pip_install('video')}"
        ) from error
