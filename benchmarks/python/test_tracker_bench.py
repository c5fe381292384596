# SPDX-License-Identifier: Apache-2.0
"""The cases of area tracker against every contestant."""

from __future__ import annotations

from conftest import Compare


def test_track_100_boxes(compare: Compare) -> None:
    compare("track_100_boxes")


def test_track_300_boxes(compare: Compare) -> None:
    compare("track_300_boxes")


def test_track_2000_boxes(compare: Compare) -> None:
    compare("track_2000_boxes")
