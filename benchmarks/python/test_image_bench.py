# SPDX-License-Identifier: Apache-2.0
"""The cases of area image against every contestant."""

from __future__ import annotations

from conftest import Compare


def test_resize_rgb(compare: Compare) -> None:
    compare("resize_rgb")


def test_nv12_to_rgb(compare: Compare) -> None:
    compare("nv12_to_rgb")
