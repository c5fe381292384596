# SPDX-License-Identifier: Apache-2.0
"""The cases of area tensor against every contestant."""

from __future__ import annotations

from conftest import Compare


def test_from_numpy_contiguous(compare: Compare) -> None:
    compare("from_numpy_contiguous")


def test_from_numpy_transposed(compare: Compare) -> None:
    compare("from_numpy_transposed")


def test_map_and_unmap_heap(compare: Compare) -> None:
    compare("map_and_unmap_heap")


def test_map_and_unmap_shared(compare: Compare) -> None:
    compare("map_and_unmap_shared")


def test_normalize_float32(compare: Compare) -> None:
    compare("normalize_float32")
