# SPDX-License-Identifier: Apache-2.0
"""Which frames a film shows, and when, read from its packets before any is decoded.

A frame is known by its time stamp, never by how many came before it: damage then costs the frames
that it hits and shifts no other. Only packets that are shown count: an edit list discards some.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

_NANOSECONDS = 1_000_000_000
_NO_TIMES = {"avi", "h264", "hevc", "m4v", "mpegvideo", "obu", "vvc"}
"""Formats whose packets come without the time at which they are shown."""
_HEADER_HAS_DURATION = {"matroska", "webm", "flv", "asf"}
"""Formats that say in front how long the film is, so that a missing end shows."""

_NEAR, _MOST_LOST = 3, 1000
"""Frames from a damaged packet to a gap that it explains, and the longest such gap."""

Shown = tuple[int, int]
"""Part of the film, and time stamp in it: joined recordings begin to count again."""


@dataclass(frozen=True)
class Seen:
    """What is kept of a packet."""

    pts: int | None
    dts: int | None
    is_key: bool
    is_discarded: bool
    is_damaged: bool


@dataclass
class Timetable:
    """The frames of one stream in the order in which they are shown."""

    stream: int
    time_base: Fraction
    shown: list[Shown]
    """Empty where the film has no time stamps: frames then count in the order they come out."""
    count: int
    frame_ns: int
    """From one frame to the next; 0 where that is not known."""
    unreadable: int = 0
    """Frames in front of the first key frame."""
    announced: int = 0
    """Frames that the header of an AVI file announces, where the file is not cut off."""
    absent: int = 0
    absent_word: str = ""
    """What stands before the number of absent frames: nothing, "about " or "at least "."""
    key_places: dict[int, int] = field(default_factory=dict)
    """By time stamp, where no frame is known by it: how many frames are in front of a key frame."""
    _numbers: dict[Shown, int] = field(default_factory=dict)
    _starts_ns: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = {shown: number for number, shown in enumerate(self.shown)}
        ends: dict[int, tuple[int, int]] = {}
        for part, pts in self.shown:
            ends[part] = (ends.get(part, (pts, pts))[0], pts)
        start = 0
        for first, last in ends.values():
            self._starts_ns.append(start - self._ns(first))
            start += self._ns(last - first) + self.frame_ns

    def number(self, shown: Shown) -> int | None:
        """Of the frame at that time, give or take half a frame; None for one that is not shown."""
        if (found := self._numbers.get(shown)) is not None:
            return found
        place = bisect_left(self.shown, shown)
        near = [n for n in (place - 1, place) if 0 <= n < len(self.shown)]
        near = [n for n in near if self.shown[n][0] == shown[0]]
        best = min(near, key=lambda n: abs(self.shown[n][1] - shown[1]), default=None)
        if best is None or 2 * self._ns(abs(self.shown[best][1] - shown[1])) > self.frame_ns:
            return None
        return best

    def time_ns(self, number: int) -> int | None:
        if not self.shown:
            return number * self.frame_ns if self.frame_ns else None
        part, pts = self.shown[number]
        return self._starts_ns[part] + self._ns(pts)

    def _ns(self, ticks: int) -> int:
        return round(ticks * self.time_base * _NANOSECONDS)


def read_timetable(container: Any, path: Path) -> Timetable | None:
    """None where no stream has a frame. Raises what PyAV raises."""
    films = {s.index: s for s in container.streams.video if not _is_still(s)}
    seen: dict[int, list[Seen]] = {index: [] for index in films}
    end = Fraction(0)
    for packet in container.demux():
        if packet.size == 0:
            continue
        if packet.pts is not None and packet.time_base and not packet.is_corrupt:
            end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
        if packet.stream.index in films:
            seen[packet.stream.index].append(_seen(packet))
    stream = _choose([films[index] for index in films if seen[index]], seen)
    if stream is None:
        return None
    packets = seen[stream.index]
    cut = len(packets) > 1 and packets[-1].is_damaged
    table = _timetable(stream, packets[:-1] if cut else packets, _formats(container))
    _count_absent(table, container, path, _Ending(len(packets) - cut, cut, end))
    return table


def _is_still(stream: Any) -> bool:
    kinds = type(stream.disposition)
    stills = kinds.attached_pic | kinds.timed_thumbnails | kinds.still_image
    return bool(stream.disposition & stills)


def _choose(streams: list[Any], seen: dict[int, list[Seen]]) -> Any:
    """The stream marked as default, else the first; one picture beside a film is its cover."""
    longest = max((len(seen[s.index]) for s in streams), default=0)
    films = [s for s in streams if len(seen[s.index]) > 1 or longest == 1]
    default = [s for s in films if s.disposition & type(s.disposition).default]
    return next(iter(default or films), None)


def _formats(container: Any) -> set[str]:
    return set(str(container.format.name).split(","))


def _seen(packet: Any) -> Seen:
    hidden = packet.stream.codec_context.name == "vp8" and _is_hidden_vp8(packet)
    return Seen(
        packet.pts, packet.dts, packet.is_keyframe, packet.is_discard or hidden, packet.is_corrupt
    )


def _is_hidden_vp8(packet: Any) -> bool:
    """RFC 6386, 9.1: bit 4 of a frame is show_frame; other frames refer to hidden ones."""
    return not bytes(memoryview(packet)[:1])[0] & 0x10


def _timetable(stream: Any, packets: list[Seen], formats: set[str]) -> Timetable:
    """Frames count from the first key frame on; those before it need one that is not there."""
    first_key = next((i for i, seen in enumerate(packets) if seen.is_key), 0)
    kept = packets[first_key:]
    if not _is_timed(stream, packets, formats):
        count = sum(not seen.is_discarded for seen in kept)
        rate = stream.average_rate or stream.guessed_rate
        frame_ns = round(_NANOSECONDS / rate) if rate else 0
        table = Timetable(stream.index, stream.time_base, [], count, frame_ns)
        table.unreadable = first_key
        counted = (seen for seen in kept if not seen.is_discarded)
        keys = ((seen.pts, i) for i, seen in enumerate(counted) if seen.is_key)
        table.key_places = {pts: i for pts, i in keys if pts is not None}
        return table
    before = {seen.pts for seen in packets[:first_key] if not seen.is_discarded}
    shown: set[Shown] = set()
    damaged: list[Shown] = []
    part, last_dts = 0, None
    for seen in kept:
        if seen.dts is not None:
            part += last_dts is not None and seen.dts < last_dts
            last_dts = seen.dts
        if seen.pts is None or seen.is_discarded:
            continue
        if part == 0 and kept[0].pts is not None and seen.pts < kept[0].pts:
            before.add(seen.pts)
            continue
        shown.add((part, seen.pts))
        if seen.is_damaged:
            damaged.append((part, seen.pts))
    ordered = _with_lost(sorted(shown), damaged)
    frame_ns = _step_ns(ordered, stream.time_base)
    table = Timetable(stream.index, stream.time_base, ordered, len(ordered), frame_ns)
    table.unreadable = len(before - {None})
    return table


def _is_timed(stream: Any, packets: list[Seen], formats: set[str]) -> bool:
    """Whether the packets know when they are shown.

    An AVI file holds the order of decoding alone. Where frames are shown in another order and the
    time stamps ascend all the same, they are those of decoding.
    """
    times = [seen.pts for seen in packets if seen.pts is not None]
    if 2 * len(times) < len(packets):
        return False
    ascending = all(a < b for a, b in zip(times, times[1:]))
    reordered = bool(getattr(stream.codec_context, "has_b_frames", False))
    return not (formats & _NO_TIMES and ascending and reordered)


def _with_lost(shown: list[Shown], damaged: list[Shown]) -> list[Shown]:
    """Adds the times of frames of which no packet is left: gaps beside a damaged packet.

    Only where frames follow at one rate, so that the times of the lost ones are known.
    """
    steps = _steps(shown)
    step = statistics.median(steps) if steps else 0
    even = sum(abs(each - step) <= step / 20 + 1 for each in steps)
    if not damaged or step <= 0 or even < 0.9 * len(steps):
        return shown
    lost = []
    for (part, before), (next_part, after) in zip(shown, shown[1:]):
        count = round((after - before) / step)
        reach = (part, before - _NEAR * step), (part, after + _NEAR * step)
        if part != next_part or not 1 < count <= _MOST_LOST:
            continue
        if any(reach[0] <= each <= reach[1] for each in damaged):
            lost += [(part, round(before + k * step)) for k in range(1, count)]
    return sorted(shown + lost)


def _steps(shown: list[Shown]) -> list[int]:
    return [b[1] - a[1] for a, b in zip(shown, shown[1:]) if a[0] == b[0]]


def _step_ns(shown: list[Shown], time_base: Fraction) -> int:
    steps = _steps(shown)
    return round(statistics.median(steps) * time_base * _NANOSECONDS) if steps else 0


@dataclass(frozen=True)
class _Ending:
    """Whole packets of the stream, whether one more was cut, and when the last of all ends."""

    whole: int
    is_cut: bool
    seconds: Fraction


def _count_absent(table: Timetable, container: Any, path: Path, ending: _Ending) -> None:
    """Frames that the header announces behind the end of a file that was cut off."""
    stream, formats = container.streams[table.stream], _formats(container)
    if "mov" in formats:
        size = path.stat().st_size
        entries = getattr(stream, "index_entries", ())  # older PyAVs have none
        beyond = sum(entry.pos + entry.size > size for entry in entries)
        table.absent = beyond
        table.absent_word = "" if stream.frames else "at least "
    elif "avi" in formats:
        if ending.is_cut or _is_short_riff(path):
            table.absent = max(0, stream.frames - ending.whole)
        else:
            table.announced = stream.frames
    elif formats & _HEADER_HAS_DURATION and container.duration and table.frame_ns:
        rest_ns = container.duration * 1000 - ending.seconds * _NANOSECONDS
        frames = round(rest_ns / table.frame_ns)
        table.absent = max(frames, 0) if frames > 1 or ending.is_cut else 0
        table.absent_word = "about "


def _is_short_riff(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(8)
    return head[:4] == b"RIFF" and int.from_bytes(head[4:], "little") + 8 > path.stat().st_size
