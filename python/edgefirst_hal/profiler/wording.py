# SPDX-License-Identifier: Apache-2.0
"""A run in words and rows of text: the same on the terminal and in report.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgefirst_hal.profiler.records import Document

Cells = list[list[str]]
"""The first row is the head."""

NO_OBJECTS = -1
"""pycocotools' word for a number that needs objects where there are none."""

_MOST_NAMES, _LONGEST_LIST = 8, 160

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
    rows += [[key, number(value)] for key, value in numbers.items() if isinstance(value, float)]
    point = numbers["operating_point"]
    for key in ("precision", "recall", "f1") if has_objects(numbers) else ():
        rows.append([f"{key} at score {point['threshold']:g}, IoU 0.5", number(point[key])])
    return rows


def class_rows(numbers: Document) -> Cells:
    """Classes with known objects."""
    keys = ("AP", "AP50", "AR_100", "precision", "recall", "f1")
    rows = [["class", *keys]]
    for name, values in numbers["by_class"].items():
        rows.append([name, *(number(values[key]) for key in keys)])
    return rows


def failure_rows(run: Document) -> Cells:
    return [["frame", "error"], *([each["label"], each["error"]] for each in run["failures"])]


def platform_rows(platform: Document) -> Cells:
    cpu, system = platform["cpu"], platform["system"]
    engines = platform["engines"].values()
    return [
        ["", ""],
        ["processor", f"{cpu['model'] or 'unknown'}, {cpu['usable'] or '?'} usable, {cpu['simd']}"],
        ["system", f"{system['kernel']}, {system['machine']}, Python {system['python']}"],
        ["load at the end", " ".join(f"{value:.1f}" for value in system["load"] or [])],
        ["library", f"edgefirst-hal {platform['library']['version']}"],
        ["engines", ", ".join(f"{e['package']} {e['version'] or 'absent'}" for e in engines)],
    ]


def check_words(run: Document, metrics: Document | None, platform: Document) -> None:
    """Raises KeyError, TypeError, ValueError where documents lack what a report says of them."""
    summary_lines(run, metrics)
    stage_rows(run), queue_rows(run), failure_rows(run), platform_rows(platform)
    for kind in ("boxes", "masks"):
        numbers = metrics[kind] if metrics else None
        if numbers is not None:
            metric_rows(numbers), class_rows(numbers)


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
        unknown = metrics.get("unknown_classes")
        yield (
            f"Left out: {coverage['detections_of_unknown_class']} detections of classes that the "
            f"ground truth does not name{f' ({listed(unknown)})' if unknown else ''}"
        )
    for remark in metrics.get("remarks", []):
        yield f"Ground truth: {remark}"
    for kind in ("boxes", "masks"):
        numbers = metrics[kind]
        if numbers is not None:
            yield f"Precision of {kind}: {_summed_up(numbers)}"


def _summed_up(numbers: Document) -> str:
    point = numbers["operating_point"]
    if not has_objects(numbers):
        return (
            "none, as no picture has a known object that counts; "
            f"{point['false_positives']} false at score {point['threshold']:g}"
        )
    return (
        f"AP {numbers['AP']:.4f}, AP50 {numbers['AP50']:.4f}; at score {point['threshold']:g} "
        f"precision {point['precision']:.3f}, recall {point['recall']:.3f}, F1 {point['f1']:.3f}"
    )


def has_objects(numbers: Document) -> bool:
    """Without an object there is no precision, whatever was found."""
    return bool(numbers["AP"] != NO_OBJECTS)


def listed(names: Mapping[Any, Any]) -> str:
    """Names, or names with their counts, as far as a line takes them."""
    words = [
        f"{key} {value}" if isinstance(value, int) else str(value) for key, value in names.items()
    ]
    text = ", ".join(words[:_MOST_NAMES])[:_LONGEST_LIST]
    return text if len(words) <= _MOST_NAMES else f"{text}, ..."


def number(value: float) -> str:
    """-1 is pycocotools' word for no such objects."""
    return "none" if value == NO_OBJECTS else f"{value:.4f}"
