# SPDX-License-Identifier: Apache-2.0
"""The charts of a report as SVG text, drawn by matplotlib without a display."""

from __future__ import annotations

import functools
import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec

import numpy as np

from edgefirst_hal._text import visible
from edgefirst_hal.profiler.libraries import library
from edgefirst_hal.profiler.records import STAGES, FrameRecord
from edgefirst_hal.profiler.trace import in_lanes

COLORS = {
    "decode": "#4477aa",
    "preprocess": "#66ccee",
    "inference": "#ee6677",
    "postprocess": "#228833",
    "output": "#ccbb44",
}
"""Paul Tol's bright scheme, distinct for colour-blind readers."""

Chart = ParamSpec("Chart")

_WIDTH = 9.0
_OF_THE_PROCESS = ("backend", "interactive", "toolbar", "webagg", "tk.", "macosx", "docstring")
"""Settings of windows, which belong to whoever opens some."""
_OVERLAP_FRAMES = 10
_MOST_CLASSES = 8


def _with_own_settings(chart: Callable[Chart, str]) -> Callable[Chart, str]:
    """What a matplotlibrc or another user of matplotlib in the process has set does not matter."""

    @functools.wraps(chart)
    def drawn(*arguments: Chart.args, **named: Chart.kwargs) -> str:
        matplotlib = library("matplotlib", "report.html")
        defaults = {
            key: value
            for key, value in matplotlib.rcParamsDefault.items()
            if not key.startswith(_OF_THE_PROCESS)
        }
        with matplotlib.rc_context(defaults):
            return chart(*arguments, **named)

    return drawn


@_with_own_settings
def overlap_chart(records: Sequence[FrameRecord]) -> str:
    """Stages of consecutive frames over time, from the middle of the run."""
    shown = [record for record in records if record.spans]
    start = max(0, (len(shown) - _OVERLAP_FRAMES) // 2)
    shown = shown[start : start + _OVERLAP_FRAMES]
    figure, axes = _figure(2.8)
    origin = min((record.entered_ns for record in shown), default=0)
    wide = max((record.left_ns - origin for record in shown), default=1) / 1e6 / 60
    for row, stage in enumerate(STAGES):
        placed = in_lanes(shown, stage)
        height = 0.8 / (1 + max((lane for lane, _ in placed), default=0))
        for lane, record in placed:
            span = record.spans[stage]
            left, width = (span.start_ns - origin) / 1e6, span.duration_ns / 1e6
            y = row - 0.4 + (lane + 0.5) * height
            shade = 1.0 if record.index % 2 else 0.6
            axes.barh(y, width, left=left, color=COLORS[stage], alpha=shade, height=height)
            if width >= wide:
                axes.text(left + width / 2, y, str(record.index), ha="center", va="center", size=7)
    axes.set_yticks(range(len(STAGES)), STAGES)
    axes.invert_yaxis()
    axes.set_xlabel("ms")
    return _svg(figure, "overlap")


@_with_own_settings
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
    if done:
        axes.legend(frameon=False)
    return _svg(figure, "latency")


@_with_own_settings
def throughput_chart(records: Sequence[FrameRecord]) -> str:
    """Frames a second over the run, in at most 20 spans of equal length."""
    figure, axes = _figure(2.2)
    left = np.array([record.left_ns for record in records], np.float64) / 1e9
    bins = min(20, len(left) // 4)
    if bins and left[-1] > left[0]:
        counts, edges = np.histogram(left[1:] - left[0], bins, (0, left[-1] - left[0]))
        axes.stairs(counts / (edges[1] - edges[0]), edges, color="#4477aa", linewidth=1.5)
        axes.set_ylim(bottom=0)
    axes.set_xlabel("s")
    axes.set_ylabel("frames/s")
    return _svg(figure, "throughput")


@_with_own_settings
def precision_chart(numbers: Mapping[str, Any], kind: str) -> str:
    """Precision over recall at IoU 0.5: the mean, and the classes with the most objects."""
    figure, axes = _figure(3.4)
    recall = np.linspace(0, 1, 101)
    curves = numbers["precision_at_recall"]
    by_class = numbers["by_class"]
    for name in sorted(by_class, key=lambda name: -_objects(by_class[name]))[:_MOST_CLASSES]:
        curve = np.maximum(curves["by_class"][name], 0)
        label = _literal(f"{name} ({_objects(by_class[name])})")
        axes.plot(recall, curve, linewidth=1, alpha=0.8, label=label)
    if curves["mean"]:
        axes.plot(recall, np.maximum(curves["mean"], 0), color="black", label="mean of classes")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    if axes.lines:
        axes.legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    return _svg(figure, f"precision-{kind}")


def _objects(numbers: Mapping[str, Any]) -> int:
    return int(numbers["true_positives"] + numbers["misses"])


def _literal(name: str) -> str:
    """A legend leaves out names that begin with _, and reads formulas between dollars."""
    text = visible(name).replace("$", r"\$")
    return f"\u200b{text}" if text.startswith("_") else text


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
    target = io.StringIO()
    matplotlib = library("matplotlib", "report.html")
    ids = {"svg.hashsalt": name, "svg.fonttype": "none"}
    with matplotlib.rc_context(ids), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the browser has the letters that matplotlib's font lacks
        figure.savefig(target, format="svg", metadata={"Date": None, "Title": name})
    text = target.getvalue()
    text = text[text.index("<svg") :]
    return re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", text)
