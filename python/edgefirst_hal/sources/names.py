# SPDX-License-Identifier: Apache-2.0
"""What names of pictures say about their order: numbers, or times.

Pictures of a folder whose names are alike up to their end are a series, two at least. Their names
end in times where every one of them does, and no two in the same time:

    20240501_123456, 2024-05-01T12-34-56.789Z   a date and a time of the day, with a fraction or not
    1305031102.175304, 1305031102_175304        seconds since 1970 with a fraction
    1305031102, 13, 16 or 19 digits             s, ms, us or ns since 1970, of 2004 to 2033
    12-34-56, 12.34.56.789                      a time of the day
    0.033333                                    seconds with 6 or 9 decimals, which are the name

Other names are numbered by the digits at their end.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from edgefirst_hal._files import real_path

_SECOND = 1_000_000_000
_EARLIEST, _LATEST = 1_100_000_000, 2_000_000_000
_NUMBERED = re.compile(r"^(.*?)(\d+)$", re.DOTALL)
_SEPARATOR = "[-_.:]"
_FRACTION = rf"(?:(?:\.|,)(?P<fraction>\d{{1,9}})|{_SEPARATOR}?(?P<glued>\d{{9}}|\d{{6}}|\d{{3}}))?"


@dataclass(frozen=True)
class Placed:
    """Place of a picture in its series: by time, or where names tell none, by number."""

    series: str
    """folder/prefix*, one name a series; empty for a picture that has no companion."""
    number: int
    time_ns: int | None
    step: int = 1
    """The usual distance to the next picture, in numbers or nanoseconds."""


def _date(found: re.Match[str]) -> int | None:
    parts = [int(found[name]) for name in ("year", "month", "day", "hour", "minute", "second")]
    try:
        moment = datetime(*parts, tzinfo=timezone.utc)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    if not 1970 <= moment.year < 2100:
        return None
    return round(moment.timestamp()) * _SECOND + _fraction(found)


def _clock(found: re.Match[str]) -> int | None:
    hour, minute, second = (int(found[name]) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    return (3600 * hour + 60 * minute + second) * _SECOND + _fraction(found)


def _epoch(found: re.Match[str]) -> int | None:
    digits = found["digits"]
    time_ns = int(digits) * 10 ** (19 - len(digits))
    return time_ns if _EARLIEST <= time_ns // _SECOND < _LATEST else None


def _seconds_of_epoch(found: re.Match[str]) -> int | None:
    seconds = int(found["seconds"])
    return seconds * _SECOND + _fraction(found) if _EARLIEST <= seconds < _LATEST else None


def _seconds(found: re.Match[str]) -> int | None:
    return int(found["seconds"]) * _SECOND + _fraction(found)


def _fraction(found: re.Match[str]) -> int:
    groups = found.groupdict()
    return int((groups.get("fraction") or groups.get("glued") or "0").ljust(9, "0"))


@dataclass(frozen=True)
class _Kind:
    """Names of one shape; `time_ns` gives None for what is no time."""

    shape: re.Pattern[str]
    time_ns: Callable[[re.Match[str]], int | None]


def _kind(shape: str, time_ns: Callable[[re.Match[str]], int | None]) -> _Kind:
    return _Kind(re.compile(rf"^(?P<prefix>(?:.*\D)?){shape}$", re.DOTALL), time_ns)


_DAY = rf"(?P<year>\d{{4}}){_SEPARATOR}?(?P<month>\d\d){_SEPARATOR}?(?P<day>\d\d)"
_HOURS = rf"(?P<hour>\d\d)(?:{_SEPARATOR}|h)?(?P<minute>\d\d)(?:{_SEPARATOR}|m)?(?P<second>\d\d)s?"
_KINDS = (
    _kind(rf"{_DAY}[-_. T]*{_HOURS}{_FRACTION}Z?", _date),
    _kind(r"(?P<seconds>\d{10})(?:\.(?P<fraction>\d{1,9})|[-_](?P<glued>\d{9}|\d{6}|\d{3}))",
          _seconds_of_epoch),
    _kind(r"(?P<digits>\d{19}|\d{16}|\d{13}|\d{10})", _epoch),
    _kind(rf"(?P<hour>\d\d)(?P<mark>{_SEPARATOR})(?P<minute>\d\d)(?P=mark)(?P<second>\d\d)"
          rf"(?:[-_.](?P<fraction>\d{{9}}|\d{{6}}|\d{{3}}))?", _clock),
    _Kind(re.compile(r"^(?P<prefix>)(?P<seconds>\d{1,9})\.(?P<fraction>\d{9}|\d{6})$"), _seconds),
)  # fmt: skip


def placed(paths: Sequence[Path]) -> list[Placed]:
    """A place for each picture, in the order given."""
    series: dict[_Key, list[_Member]] = {}
    left = list(enumerate(paths))
    for kind in _KINDS:
        timed = _timed(kind, left)
        series.update(timed)
        taken = {i for members in timed.values() for i, *_ in members}
        left = [(i, path) for i, path in left if i not in taken]
    series.update(_numbered(left))
    places: dict[int, Placed] = {}
    names: Counter[str] = Counter()
    for (folder, prefix, _, _), members in sorted(series.items(), key=lambda item: item[1][0][0]):
        name = f"{folder.name}/{prefix}*" if len(members) > 1 else ""
        names[name] += 1
        unique = f"{name} ({names[name]})" if name and names[name] > 1 else name
        step = _step([number if time is None else time for _, number, time in members])
        places.update({i: Placed(unique, number, time, step) for i, number, time in members})
    return [places[i] for i in range(len(paths))]


def in_order(paths: Sequence[Path]) -> list[tuple[int, Placed]]:
    """Indices of the paths, series after series, each by its times or numbers."""
    places = placed(paths)
    first: dict[str, int] = {}
    keys = []
    for i, place in enumerate(places):
        start = first.setdefault(place.series, i) if place.series else i
        keys.append((start, place.number if place.time_ns is None else place.time_ns, i))
    return [(i, places[i]) for *_, i in sorted(keys)]


def _step(at: list[int]) -> int:
    at = sorted(at)
    steps = sorted(b - a for a, b in zip(at, at[1:]))
    return steps[len(steps) // 2] if steps else 1


_Key = tuple[Path, str, str, int]
"""Folder, prefix, suffix, and the kind of what follows the prefix."""
_Member = tuple[int, int, "int | None"]
"""Index, number, time."""


def _timed(kind: _Kind, pictures: list[tuple[int, Path]]) -> dict[_Key, list[_Member]]:
    """Series whose names all end in distinct times of that kind."""
    series: dict[_Key, list[_Member]] = {}
    for i, path in pictures:
        found = kind.shape.match(path.stem)
        if found is not None:
            key = (real_path(path).parent, found["prefix"], path.suffix.lower(), id(kind))
            series.setdefault(key, []).append((i, 0, kind.time_ns(found)))
    return {key: members for key, members in series.items() if _are_times(members)}


def _are_times(members: list[_Member]) -> bool:
    times = {time for *_, time in members if time is not None}
    return len(members) > 1 and len(times) == len(members)


def _numbered(pictures: list[tuple[int, Path]]) -> dict[_Key, list[_Member]]:
    """Series of names that differ in the digits at their end alone."""
    series: dict[_Key, list[_Member]] = {}
    for i, path in pictures:
        found = _NUMBERED.match(path.stem)
        prefix, digits = found.groups() if found else (path.name, "0")
        key = (real_path(path).parent, prefix, path.suffix.lower(), 0)
        series.setdefault(key, []).append((i, int(digits), None))
    return series
