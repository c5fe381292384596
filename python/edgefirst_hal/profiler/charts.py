# SPDX-License-Identifier: Apache-2.0
"""The charts of a report as SVG text, drawn by matplotlib without a display."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgefirst_hal.profiler.libraries import library
from edgefirst_hal.profiler.records import STAGES, FrameRecord

COLORS = {
    "decode": "#4477aa",
    "preprocess": "#66ccee",
    "inference": "#ee6677",
    "postprocess": "#228833",
    "output": "#ccbb44",
}
"""Paul Tol's bright scheme, distinct for colour-blind readers."""

_WIDTH = 9.0
_MOST_BARS = 40
_MOST_CLASSES = 8


def overlap_chart(records: Sequence[FrameRecord]) -> str:
    """Stages of consecutive frames over time, from the middle of the run."""
    shown = [record for record in records if record.spans]
    start = max(0, (len(shown) - _MOST_BARS // 4) // 2)
    shown = shown[start : start + _MOST_BARS // 4]
    figure, axes = _figure(2.6)
    origin = min((record.entered_ns for record in shown), default=0)
    for record in shown:
        for row, stage in enumerate(STAGES):
            span = record.spans.get(stage)
            if span is not None:
                left, width = (span.start_ns - origin) / 1e6, span.duration_ns / 1e6
                shade = 1.0 if record.index % 2 else 0.6
                axes.barh(row, width, left=left, color=COLORS[stage], alpha=shade, height=0.8)
                axes.text(
                    left + width / 2, row, str(record.index), ha="center", va="center", size=7
                )
    axes.set_yticks(range(len(STAGES)), STAGES)
    axes.invert_yaxis()
    axes.set_xlabel("ms")
    return _svg(figure, "overlap")


def latency_chart(records: Sequence[FrameRecord]) -> str:
    """How many frames took how long: work alone, and work with waiting."""
    done = [record for record in records if record.is_done]
    figure, axes = _figure(2.6)
    for name, color, times in (
        ("latency (sum of work)", "#4477aa", [record.latency_ns / 1e6 for record in done]),
        ("sojourn (work and waiting)", "#ee6677", [record.sojourn_ns / 1e6 for record in done]),
    ):
        if times:
            axes.hist(
                times, bins=min(40, max(5, len(times) // 4)), alpha=0.6, color=color, label=name
            )
    axes.set_xlabel("ms")
    axes.set_ylabel("frames")
    axes.legend(frameon=False)
    return _svg(figure, "latency")


def throughput_chart(records: Sequence[FrameRecord]) -> str:
    """Frames a second over the run, in windows of a twentieth of it."""
    figure, axes = _figure(2.2)
    left = np.array([record.left_ns for record in records], np.float64) / 1e9
    step = max(1, len(left) // 20)
    if len(left) > step:
        edges = left[::step]
        rates = step / np.maximum(np.diff(edges), 1e-9)
        axes.step(edges[1:] - left[0], rates, where="pre", color="#4477aa")
        axes.set_ylim(bottom=0)
    axes.set_xlabel("s")
    axes.set_ylabel("frames/s")
    return _svg(figure, "throughput")


def precision_chart(curves: Mapping[str, Any], kind: str) -> str:
    """Precision over recall at IoU 0.5: the mean, and the classes of the largest areas."""
    figure, axes = _figure(3.4)
    recall = np.linspace(0, 1, 101)
    by_class = sorted(curves["by_class"].items(), key=lambda item: -sum(item[1]))
    for name, curve in by_class[:_MOST_CLASSES]:
        axes.plot(recall, np.maximum(curve, 0), linewidth=0.8, alpha=0.7, label=name)
    if curves["mean"]:
        axes.plot(recall, np.maximum(curves["mean"], 0), color="black", label="mean of classes")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.legend(frameon=False, fontsize=7, loc="lower left")
    return _svg(figure, f"precision-{kind}")


def _figure(height: float) -> tuple[Any, Any]:
    """A Figure of its own, without pyplot: no global state, no display."""
    figure = library("matplotlib.figure", "report.html").Figure(
        (_WIDTH, height), layout="constrained"
    )
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Any, name: str) -> str:
    """`name` keeps the ids of several charts on a page apart; text stays text."""
    matplotlib = library("matplotlib", "report.html")
    target = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(target, format="svg", metadata={"Date": None, "Title": name})
    text = target.getvalue()
    text = text[text.index("<svg") :]
    return re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", text)
