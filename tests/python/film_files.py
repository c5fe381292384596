# SPDX-License-Identifier: Apache-2.0
"""Small films made here, whose pictures tell their number by how bright they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from edgefirst_hal.sources import Source, SourceError, open_source

av: Any = pytest.importorskip("av", reason="the extra video reads films with PyAV")

WIDTH, HEIGHT, COUNT, RATE = 64, 48, 24, 24
_STEP, _FIRST = 9, 16

Picture = npt.NDArray[np.uint8]
Draw = Callable[[int], Picture]


def grey(number: int) -> Picture:
    return np.full((HEIGHT, WIDTH, 3), _FIRST + _STEP * number, np.uint8)


def grainy(number: int) -> Picture:
    """Takes some hundred bytes a frame, so that a film can be cut in the middle."""
    grain = np.random.default_rng(number).integers(-12, 13, (HEIGHT, WIDTH, 3))
    return np.clip(grey(number).astype(int) + grain, 0, 255).astype(np.uint8)


def corner(number: int) -> Picture:
    """Dark, with a bright quarter in the left upper corner."""
    picture = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    picture[: HEIGHT // 2, : WIDTH // 2] = 220
    return picture


@dataclass(frozen=True)
class Recipe:
    """How a film is made. `prepare` gets the stream before the first frame."""

    draw: Draw = grey
    count: int = COUNT
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)
    times_ms: Sequence[int] | None = None
    prepare: Callable[[Any], object] = lambda stream: None


def write_film(path: Path, codec: str = "libx264", **given: Any) -> Path:
    """`given` are fields of Recipe."""
    recipe = Recipe(**given)
    with av.open(str(path), "w", options=recipe.container_options) as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if codec != "libsvtav1":
            stream.bit_rate = 4_000_000
        stream.options = recipe.options
        recipe.prepare(stream)
        for number in range(recipe.count):
            frame = av.VideoFrame.from_ndarray(recipe.draw(number), format="rgb24")
            if recipe.times_ms is not None:
                frame.pts, frame.time_base = recipe.times_ms[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def rewrite(
    source: Path, target: Path, *, shift: int = 0, emptied: Sequence[int] = (), fill: int = 0
) -> Path:
    """The same packets, `shift` frames earlier; those of the numbers given are overwritten."""
    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        stream = before.streams.video[0]
        copy = after.add_stream_from_template(stream)
        for number, packet in enumerate(p for p in before.demux(stream) if p.size):
            pts, dts, base = packet.pts, packet.dts, packet.time_base
            if number in emptied:
                damaged = av.Packet(bytes([fill]) * packet.size)
                damaged.duration, damaged.is_keyframe = packet.duration, packet.is_keyframe
                packet = damaged
                packet.time_base = base
            ticks = round(Fraction(shift, RATE) / base)
            packet.pts = pts - ticks
            packet.dts = None if dts is None else dts - ticks
            packet.stream = copy
            after.mux(packet)
    return target


def cut(source: Path, target: Path, share: float) -> Path:
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def numbers(source: Source) -> list[int | str]:
    """What each frame shows, or why it cannot be read."""
    shown: list[int | str] = []
    for frame in source:
        try:
            shown.append(round((float(frame.load().numpy().mean()) - _FIRST) / _STEP))
        except SourceError as error:
            shown.append(str(error))
    return shown


def numbers_of(path: Path) -> list[int | str]:
    with open_source(path) as source:
        return numbers(source)
