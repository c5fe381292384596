# SPDX-License-Identifier: Apache-2.0
"""The cases of area codec against every contestant."""

from __future__ import annotations

from conftest import Compare


def test_decode_jpeg(compare: Compare) -> None:
    compare("decode_jpeg")


def test_decode_lossless_jpeg(compare: Compare) -> None:
    compare("decode_lossless_jpeg")


def test_decode_png(compare: Compare) -> None:
    compare("decode_png")


def test_save_jpeg(compare: Compare) -> None:
    compare("save_jpeg")
