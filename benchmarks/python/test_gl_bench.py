# SPDX-License-Identifier: Apache-2.0
"""Conversions and overlays on OpenGL, through pixel buffers, against the wheel 0.24.2 on the same
driver. Skipped where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Compare
from contestants import GL_CONTESTANTS, Worker

pytestmark = [
    pytest.mark.usefixtures("driver"),
    pytest.mark.parametrize("compare", GL_CONTESTANTS, indirect=True, ids=lambda c: c.name),
]


@pytest.fixture(scope="module")
def driver(jpeg: Path) -> None:
    worker = Worker(GL_CONTESTANTS[0], "usable", jpeg)
    worker.close()
    if worker.missing is not None:
        pytest.skip(worker.missing)


@pytest.mark.parametrize("filter", ["bilinear", "antialias"])
@pytest.mark.parametrize("source", ["Rgba", "Rgb"])
def test_letterbox(compare: Compare, source: str, filter: str) -> None:
    compare(f"letterbox {source} {filter}")


@pytest.mark.parametrize("background", ["heap", "pbo"])
@pytest.mark.parametrize("case", ["draw_masks", "draw_protos"])
def test_overlays(compare: Compare, case: str, background: str) -> None:
    compare(f"{case} {background}")


@pytest.mark.parametrize("logits", ["cpu", "compute"])
def test_int8_prototypes(compare: Compare, logits: str) -> None:
    compare(f"draw_protos_int8 {logits}")
