# SPDX-License-Identifier: Apache-2.0
"""Frames and detections as Parquet files, and back: frames.parquet, predictions.parquet.

A row a frame, and a row a detection with the times of its frame. Spans of absent stages are null.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgefirst_hal.pipeline import Span
from edgefirst_hal.profiler.libraries import ProfilerError, library
from edgefirst_hal.profiler.records import NOTHING, STAGES, Found, FrameRecord

FRAMES, PREDICTIONS = "frames.parquet", "predictions.parquet"

_COUNTS = ("true_positives", "false_positives", "misses")
_EDGES = ("x0", "y0", "x1", "y1")


def frames_table(records: Sequence[FrameRecord]) -> Any:
    """Status is "done" or "failed"; counts are those at the deployment threshold."""
    columns: dict[str, list[Any]] = {
        "frame": [r.index for r in records],
        "label": [r.label for r in records],
        "status": ["done" if r.is_done else "failed" for r in records],
        "error": [r.error or None for r in records],
        "width": [r.found.width for r in records],
        "height": [r.found.height for r in records],
        "detections": [len(r.found) for r in records],
        "entered_ns": [r.entered_ns for r in records],
        "left_ns": [r.left_ns for r in records],
        "latency_ns": [r.latency_ns for r in records],
        "sojourn_ns": [r.sojourn_ns for r in records],
    }
    for stage in STAGES:
        spans = [r.spans.get(stage) for r in records]
        columns[f"{stage}_start_ns"] = [span and span.start_ns for span in spans]
        columns[f"{stage}_ns"] = [span and span.duration_ns for span in spans]
    for i, name in enumerate(_COUNTS):
        columns[name] = [r.counts and r.counts[i] for r in records]
    return _arrow().table(columns, schema=_frames_schema())


def predictions_table(records: Sequence[FrameRecord], names: Sequence[str]) -> Any:
    """Boxes are corners in pixels; a mask is its COCO run lengths over height x width pixels."""
    records = [r for r in records if len(r.found)]
    lengths = [len(r.found) for r in records]
    classes = _joined([r.found.classes for r in records], np.int64)
    boxes = _joined([r.found.boxes.reshape(-1, 4) for r in records], np.float64).reshape(-1, 4)
    columns: dict[str, Any] = {
        "frame": np.repeat([r.index for r in records], lengths),
        "label": [r.label for r in records for _ in range(len(r.found))],
        "class": classes,
        "name": [names[i] if i < len(names) else f"class {i}" for i in classes.tolist()],
        "score": _joined([r.found.scores for r in records], np.float64),
        **{edge: boxes[:, i] for i, edge in enumerate(_EDGES)},
        "mask": [mask for r in records for mask in _masks(r.found)],
    }
    for column, values in (
        ("width", [r.found.width for r in records]),
        ("height", [r.found.height for r in records]),
        *((f"{s}_ns", [r.spans[s].duration_ns for r in records]) for s in STAGES),
    ):
        columns[column] = np.repeat(np.array(values, np.int64), lengths)
    return _arrow().table(columns, schema=_predictions_schema())


def _masks(found: Found) -> Sequence[bytes | None]:
    return found.masks or [None] * len(found)


def read_frames(folder: Path) -> list[FrameRecord]:
    """Records with their detections. Raises ProfilerError, OSError."""
    rows = _read(folder / FRAMES).to_pylist()
    found = _read_found(folder / PREDICTIONS)
    return [_record(row, found.get(row["frame"], NOTHING)) for row in rows]


def _record(row: dict[str, Any], found: Found) -> FrameRecord:
    spans = {
        stage: Span(start, start + row[f"{stage}_ns"])
        for stage in STAGES
        if (start := row[f"{stage}_start_ns"]) is not None
    }
    if not len(found):
        found = Found(row["width"], row["height"], found.boxes, found.scores, found.classes, [])
    times = (row["entered_ns"], row["left_ns"])
    record = FrameRecord(row["frame"], row["label"], *times, spans, found, row["error"] or "")
    if row[_COUNTS[0]] is not None:
        record.counts = (row[_COUNTS[0]], row[_COUNTS[1]], row[_COUNTS[2]])
    return record


def _read_found(path: Path) -> dict[int, Found]:
    """By frame; a run whose predictions were lost has none."""
    if not path.is_file():
        return {}
    table = _read(path)
    columns = {name: table[name].to_numpy() for name in table.column_names if name != "mask"}
    masks = table["mask"].to_pylist()
    frames = columns["frame"]
    edges = np.flatnonzero(frames[1:] != frames[:-1]) + 1
    starts: list[int] = [0, *edges.tolist()] if len(frames) else []
    found = {}
    for start, end in zip(starts, [*starts[1:], len(frames)]):
        rows = slice(start, end)
        boxes = np.stack([columns[edge][rows] for edge in _EDGES], axis=1)
        found[int(frames[start])] = Found(
            int(columns["width"][start]),
            int(columns["height"][start]),
            boxes,
            columns["score"][rows],
            columns["class"][rows].astype(np.int64),
            [mask for mask in masks[start:end] if mask is not None],
        )
    return found


def _read(path: Path) -> Any:
    parquet = library("pyarrow.parquet", "reading a run")
    try:
        with path.open("rb") as file:  # a name for pyarrow would have to be UTF-8
            return parquet.read_table(file)
    except (OSError, ValueError) as error:
        raise ProfilerError(f"{path}: not readable ({' '.join(str(error).split())})") from error


def _joined(arrays: Sequence[Any], dtype: Any) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype)


def _frames_schema() -> Any:
    arrow = _arrow()
    fields = [("frame", arrow.int64()), ("label", arrow.string()), ("status", arrow.string())]
    fields += [("error", arrow.string()), ("width", arrow.int32()), ("height", arrow.int32())]
    fields += [("detections", arrow.int32())]
    times = ("entered_ns", "left_ns", "latency_ns", "sojourn_ns")
    fields += [(name, arrow.int64()) for name in times]
    for stage in STAGES:
        fields += [(f"{stage}_start_ns", arrow.int64()), (f"{stage}_ns", arrow.int64())]
    return arrow.schema(fields + [(name, arrow.int32()) for name in _COUNTS])


def _predictions_schema() -> Any:
    arrow = _arrow()
    fields = [("frame", arrow.int64()), ("label", arrow.string()), ("class", arrow.int32())]
    fields += [("name", arrow.string())]
    fields += [(name, arrow.float64()) for name in ("score", *_EDGES)]
    fields += [("mask", arrow.binary()), ("width", arrow.int32()), ("height", arrow.int32())]
    return arrow.schema(fields + [(f"{stage}_ns", arrow.int64()) for stage in STAGES])


def _arrow() -> Any:
    return library("pyarrow", "storing predictions")
