# SPDX-License-Identifier: Apache-2.0
"""report.html in headless Chromium, without a network: every chart and every sample shows.

The page is photographed whole, and each chart on a page of its own.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from edgefirst_hal.profiler.charts import COLORS
from numpy.typing import NDArray
from PIL import Image
from real_runs import LABELS, PHOTOS, SEGMENTATION, needs_data, run

CHROMIUM = shutil.which("chromium")
CHARTS = ("overlap", "latency", "throughput", "precision-boxes")

pytestmark = [
    needs_data,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; make profiler does"),
]

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser") / "run"
    given = ("--images", PHOTOS, "--ground-truth", LABELS, "--no-across-classes")
    run(folder, "validate", SEGMENTATION, *given)
    return folder / "report.html"


def photograph(page: Path, width: int, height: int) -> Pixels:
    target = page.with_suffix(".png")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={page.parent / 'profile'}", f"--window-size={width},{height}"]
    command += ["--proxy-server=127.0.0.1:9", f"--screenshot={target}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    with Image.open(target) as picture:
        return np.asarray(picture.convert("RGB"))


def share_of(pixels: Pixels, color: str, tolerance: int = 24) -> float:
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    close = np.abs(pixels.astype(np.int16) - wanted).max(axis=-1) <= tolerance
    return float(close.mean())


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_shows(report: Path, tmp_path: Path, name: str) -> None:
    charts = re.findall(r"<svg.*?</svg>", report.read_text(), re.S)
    (chart,) = [text for text in charts if f"<title>{name}</title>" in text]
    page = tmp_path / "chart.html"
    page.write_text(f"<!DOCTYPE html><body style='margin:0'>{chart}</body>")
    pixels = photograph(page, 900, 420)
    dark = (pixels.max(axis=-1) < 128).mean()
    assert dark > 0.001, "no axes, no text"
    expected = {
        "overlap": [COLORS["inference"]],
        "latency": [],
        "throughput": ["#4477aa"],
        "precision-boxes": ["#000000"],
    }[name]
    assert all(share_of(pixels, color) > 0.0005 for color in expected)
    colored = (pixels.max(axis=-1).astype(int) - pixels.min(axis=-1)) > 40
    assert colored.mean() > 0.002, "nothing is drawn in colour"


def test_the_samples_show(report: Path, tmp_path: Path) -> None:
    figures = re.findall(r"<figure>(<img [^>]*>)", report.read_text())
    samples = sorted((report.parent / "samples").glob("*.jpg"))
    assert len(figures) == len(samples) == 6
    for figure, sample in zip(figures, samples):
        page = tmp_path / "sample.html"
        page.write_text(f"<!DOCTYPE html><body style='margin:0'>{figure}</body>")
        with Image.open(sample) as picture:
            expected = np.asarray(picture.convert("RGB")).astype(np.int16)
        height, width = expected.shape[:2]
        shown = photograph(page, max(width, 500), height + 20)[:height, :width]
        assert np.abs(shown - expected).mean() < 3


def test_the_whole_page_shows_charts_and_tables(report: Path) -> None:
    pixels = photograph(report, 1100, 5000)
    used = np.flatnonzero((pixels < 200).any(axis=(1, 2)))
    assert used[-1] > 3000, "the page is shorter than its sections"
    for color in COLORS.values():
        assert share_of(pixels, color, 60) > 0
    assert share_of(pixels, COLORS["inference"]) > 0.001


def test_the_trace_is_plain_trace_event_json(report: Path) -> None:
    """What ui.perfetto.dev and chrome://tracing need of an event."""
    events = json.loads((report.parent / "trace.json").read_text())["traceEvents"]
    needed = {"X": {"name", "ts", "dur", "pid", "tid"}, "C": {"name", "ts", "pid", "args"}}
    needed["M"] = {"name", "pid", "tid", "args"}
    for event in events:
        assert needed[event["ph"]] <= event.keys()
