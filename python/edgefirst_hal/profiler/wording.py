# SPDX-License-Identifier: Apache-2.0
"""A run in words and rows of text: the same on the terminal and in report.html."""

from __future__ import annotations

from collections.abc import Iterator

from edgefirst_hal.profiler.records import Document

Cells = list[list[str]]
"""The first row is the head."""

STATISTICS = ("mean", "median", "p95", "p99", "min", "max")
LATENCY = "end-to-end latency (sum of work)"
SOJOURN = "sojourn (work and waiting)"


def stage_rows(run: Document) -> Cells:
    timing = run["timing"]
    entries = [
        *timing["stages"].items(),
        (LATENCY, timing["latency"]),
        (SOJOURN, timing["sojourn"]),
    ]
    rows = [["stage", *STATISTICS]]
    for name, numbers in entries:
        if numbers is not None:
            rows.append([name, *(f"{numbers[key]:.3f}" for key in STATISTICS)])
    return rows


def queue_rows(run: Document) -> Cells:
    """Frames that waited in front of each stage."""
    rows = [["stage", "mean waiting", "most waiting"]]
    for stage, queue in run["queues"].items():
        rows.append([stage, f"{queue['mean']:.2f}", str(queue["most"])])
    return rows


def metric_rows(numbers: Document) -> Cells:
    """The COCO numbers and the operating point."""
    rows = [["metric", "value"]]
    rows += [[key, _number(value)] for key, value in numbers.items() if isinstance(value, float)]
    point = numbers["operating_point"]
    for key in ("precision", "recall", "f1"):
        rows.append([f"{key} at score {point['threshold']:g}, IoU 0.5", _number(point[key])])
    return rows


def class_rows(numbers: Document) -> Cells:
    """Classes with known objects."""
    keys = ("AP", "AP50", "AR_100", "precision", "recall", "f1")
    rows = [["class", *keys]]
    for name, values in numbers["by_class"].items():
        rows.append([name, *(_number(values[key]) for key in keys)])
    return rows


def failure_rows(run: Document) -> Cells:
    return [["frame", "error"], *([each["label"], each["error"]] for each in run["failures"])]


def summary_lines(run: Document, metrics: Document | None) -> list[str]:
    return [*_frames(run), *_pace(run), *_precision(metrics)]


def _frames(run: Document) -> Iterator[str]:
    frames = run["frames"]
    yield (
        f"Frames: {frames['done']} of {frames['planned']} done, {frames['failed']} failed, "
        f"{frames['skipped']} skipped, {frames['not_reached']} not reached; "
        f"{frames['detections']} detections"
    )
    depth = run["pipeline"]["depth"]
    mode = "sequential" if depth == 1 else "pipelined"
    yield (
        f"Pipeline: depth {depth} ({mode}), {run['model']['engine']}, "
        f"{run['pipeline']['clients']} inferred at once; "
        f"at most {run['most_in_flight']} frames in flight"
    )


def _pace(run: Document) -> Iterator[str]:
    timing = run["timing"]
    if timing["throughput"] is not None:
        yield (
            f"Throughput: {timing['throughput']:.2f} frames/s "
            f"(steady window of {timing['window_frames']} frames)"
        )
    if timing["bottleneck"] is not None and timing["limit"] is not None:
        yield (
            f"Bottleneck: {timing['bottleneck']}, which alone allows {timing['limit']:.2f} frames/s"
        )


def _precision(metrics: Document | None) -> Iterator[str]:
    if metrics is None:
        return
    coverage = metrics["coverage"]
    yield (
        f"Coverage: {coverage['evaluated']} of {coverage['frames']} frames have ground truth "
        f"({metrics['ground_truth']})"
    )
    if coverage["detections_of_unknown_class"]:
        yield (
            f"Left out: {coverage['detections_of_unknown_class']} detections of classes that the "
            "ground truth does not name"
        )
    for kind in ("boxes", "masks"):
        numbers = metrics[kind]
        if numbers is not None:
            point = numbers["operating_point"]
            yield (
                f"Precision of {kind}: AP {numbers['AP']:.4f}, AP50 {numbers['AP50']:.4f}; "
                f"at score {point['threshold']:g} precision {point['precision']:.3f}, recall "
                f"{point['recall']:.3f}, F1 {point['f1']:.3f}"
            )


def _number(value: float) -> str:
    """-1 is pycocotools' word for no such objects."""
    return "none" if value == -1 else f"{value:.4f}"
