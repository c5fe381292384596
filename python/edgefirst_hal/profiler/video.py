# SPDX-License-Identifier: Apache-2.0
"""Frames of a video through PyAV, decoded in order when the decode stage asks for them.

Imported only when a video is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
from edgefirst_hal._text import stored
from edgefirst_hal.profiler.libraries import ProfilerError, library


@dataclass(frozen=True)
class VideoItem:
    """Frame `number` of a video, from 0; its truth is looked for as <stem>_<six digits>."""

    video: Video
    number: int

    @property
    def label(self) -> str:
        return f"{stored(self.video.path.name)}#{self.number:06d}"

    @property
    def path(self) -> Path:
        return self.video.path.with_name(f"{self.video.path.stem}_{self.number:06d}.jpg")

    def load(self) -> ef.Tensor:
        return self.video.frame(self.number)


class Video:
    """Frames must be asked for in ascending order, by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Raises ProfilerError for what is no readable video."""
        self.path = path
        self._av = library("av", "reading videos")
        try:
            with self._av.open(str(path)) as container:
                packets = container.demux(container.streams.video[0])
                self.count = sum(1 for packet in packets if packet.size)
            self._container = self._av.open(str(path))
        except (OSError, IndexError, ValueError) as error:
            raise ProfilerError(f"{path}: not a readable video ({error})") from error
        if self.count == 0:
            raise ProfilerError(f"{path}: a video without frames")
        self._stream = self._container.streams.video[0]
        self._frames = self._decoded()
        self._next = 0

    def item(self, number: int) -> VideoItem:
        return VideoItem(self, number)

    def frame(self, number: int) -> ef.Tensor:
        """Raises ProfilerError where the video ends early or is damaged there."""
        while True:
            frame = next(self._frames, None)
            if frame is None:
                raise ProfilerError(f"the video ends after {self._next} frames")
            self._next += 1
            if self._next > number:
                break
        if isinstance(frame, Exception):
            raise ProfilerError(f"damaged: {frame}")
        return ef.Tensor.wrap(frame.to_ndarray(format="rgb24"), ef.PixelFormat.Rgb)

    def _decoded(self) -> Iterator[Any]:
        """Frames; an error stands for those of a damaged packet."""
        for packet in self._container.demux(self._stream):
            try:
                yield from packet.decode()
            except (OSError, ValueError) as error:
                yield error
