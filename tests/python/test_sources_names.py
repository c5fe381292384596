# SPDX-License-Identifier: Apache-2.0
"""Names of pictures: which are series, numbered or timed, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from edgefirst_hal.sources.names import in_order, placed

MS = 1_000_000
SECOND = 1_000_000_000


def times_ms(*stems: str) -> list[float | None]:
    """Since the first name; None where names are numbered."""
    times = [place.time_ns for place in placed([Path("in") / f"{stem}.jpg" for stem in stems])]
    first = next((time for time in times if time is not None), 0)
    return [None if time is None else (time - first) / MS for time in times]


@pytest.mark.parametrize(
    ("stems", "expected"),
    [
        (("1700000000", "1700000002"), 2000),
        (("1700000000000", "1700000000033"), 33),
        (("cam_1700000000000000", "cam_1700000000033333"), 33.333),
        (("1403715273262142976", "1403715273312143104"), 50.000128),
        (("1305031102.175304", "1305031103.211214"), 1035.91),
        (("1305031102_999999", "1305031103_000001"), 0.002),
        (("1305031102.9", "1305031103.05"), 150),
        (("0.966667", "1.000000"), 33.333),
        (("12-34-59", "12-35-00"), 1000),
        (("shot_12.34.59.900", "shot_12.35.00.000"), 100),
        (("IMG_20240501_123456", "IMG_20240501_123500"), 4000),
        (("PXL_20240501_123456789", "PXL_20240501_123457000"), 211),
        (("2024-05-01T12-59-59.5Z", "2024-05-01T13-00-00.25Z"), 750),
        (("2024-12-31 23.59.59", "2025-01-01 00.00.00"), 1000),
    ],
)
def test_names_that_are_times_are_read_as_times(stems: tuple[str, str], expected: float) -> None:
    first, second = times_ms(*stems)
    assert (first, second) == (0, pytest.approx(expected, abs=1e-6))


@pytest.mark.parametrize(
    "stems",
    [
        ("000001", "000002"),
        ("0000000001", "0000000002"),
        ("9999999999", "9999999998"),
        ("2024050112", "2024050113"),
        ("frame.0001", "frame.0002"),
        ("shot12.0001", "shot12.0002"),
        ("IMG_20240501_123456_1", "IMG_20240501_123456_2"),
        ("20240501_126001", "20240501_126002"),
        ("25-00-01", "25-00-02"),
        ("v1.1", "v1.2"),
        ("192.168.001.017_0001", "192.168.001.017_0002"),
    ],
)
def test_numbers_that_are_no_times_are_numbers(stems: tuple[str, str]) -> None:
    assert times_ms(*stems) == [None, None]
    places = placed([Path("in") / f"{stem}.jpg" for stem in stems])
    assert len({place.series for place in places}) == 1
    assert abs(places[1].number - places[0].number) == 1


def test_one_name_that_is_no_time_makes_numbers_of_all() -> None:
    assert times_ms("20241231235959", "20241231235960", "20241231235961") == [None] * 3


def test_one_time_alone_is_no_series() -> None:
    (place,) = placed([Path("in/1700000000000.jpg")])
    assert (place.series, place.time_ns) == ("", None)


def test_a_series_goes_on_over_seconds_and_minutes() -> None:
    stems = [f"12-{34 + i // 60:02d}-{i % 60:02d}" for i in range(58, 123)]
    places = placed([Path("in") / f"{stem}.jpg" for stem in stems])
    assert {place.series for place in places} == {"in/*"}
    assert {place.step for place in places} == {SECOND}


def test_series_are_ordered_by_time_and_keep_their_own_names() -> None:
    stems = ["b_1700000001", "b_1700000000", "a10", "a9", "alone", "c.1", "c.2"]
    paths = [Path("in") / f"{stem}.jpg" for stem in stems] + [
        Path("in/c.1.png"),
        Path("in/c.2.png"),
    ]
    order = in_order(paths)
    assert [i for i, _ in order] == [1, 0, 3, 2, 4, 5, 6, 7, 8]
    assert [place.series for _, place in order] == [
        "in/b_*", "in/b_*", "in/a*", "in/a*", "", "in/c.*", "in/c.*", "in/c.* (2)", "in/c.* (2)",
    ]  # fmt: skip


def test_numbers_of_any_length_are_exact() -> None:
    first = 10**200
    places = placed([Path(f"in/{first + i}.jpg") for i in (0, 7)])
    assert places[1].number - places[0].number == 7
