# SPDX-License-Identifier: Apache-2.0
"""What was found in the pictures and how long it took: plain values, and one JSON document."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import edgefirst_hal as ef
from edgefirst_hal._files import write_to
from edgefirst_hal._text import json_text, stored
from edgefirst_hal.cli.pictures import Picture
from edgefirst_hal.cli.streams import OUT
from edgefirst_hal.models import Model

Box = tuple[float, float, float, float]

STAGES = ("decode", "letterbox", "inference", "boxes", "track", "draw", "encode", "write")

_SCORE_DECIMALS = 5
_BOX_DECIMALS = 2


@dataclass(frozen=True)
class Found:
    """One detection; the box is x0, y0, x1, y1 in pixels of the picture."""

    class_index: int
    name: str
    score: float
    box: Box
    track: int | None = None


@dataclass(frozen=True)
class PictureResult:
    """A picture that went through every stage."""

    picture: Picture
    width: int
    height: int
    overlay: Path
    found: list[Found]
    times_ms: dict[str, float]


@dataclass
class Results:
    """Everything a run has done so far."""

    pictures: list[PictureResult] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    """Path and reason."""

    @property
    def count(self) -> int:
        return sum(len(result.found) for result in self.pictures)


def stage_statistics(results: Results) -> dict[str, dict[str, float]]:
    """Milliseconds by stage, in the order of the stages, and of their sum: "total"."""
    by_stage: dict[str, list[float]] = {}
    for stage in STAGES:
        values = [r.times_ms[stage] for r in results.pictures if stage in r.times_ms]
        if values:
            by_stage[stage] = values
    by_stage["total"] = [sum(result.times_ms.values()) for result in results.pictures]
    return {stage: _statistics(values) for stage, values in by_stage.items() if values}


def as_document(
    results: Results, model: Model, settings: dict[str, Any], extras: dict[str, Any]
) -> dict[str, Any]:
    """`extras` adds sections to the document."""
    return {
        "edgefirst_hal": ef.version(),
        "model": {
            "file": stored(model.path),
            "engine": model.session.engine,
            "classes": model.names,
            "account": [f"{subject}: {text}" for subject, text in model.account],
            "configuration": model.document,
        },
        "settings": settings,
        "pictures": [_picture(result) for result in results.pictures],
        "failures": [{"file": stored(file), "error": reason} for file, reason in results.failures],
        **extras,
    }


def write_document(document: dict[str, Any], target: str) -> None:
    """`target` is a path of the user's, or "-" for stdout. Raises OSError."""
    text = json_text(document)
    if target == "-":
        OUT.write_document(text)
        return
    write_to(Path(target), text.encode())


def _picture(result: PictureResult) -> dict[str, Any]:
    return {
        "file": stored(result.picture.path),
        "width": result.width,
        "height": result.height,
        "sequence": result.picture.sequence or None,
        "overlay": stored(result.overlay),
        "detections": [_found(found) for found in result.found],
        "times_ms": {stage: round(value, 3) for stage, value in result.times_ms.items()},
    }


def _found(found: Found) -> dict[str, Any]:
    return {
        "class": found.class_index,
        "name": found.name,
        "score": _number(found.score, _SCORE_DECIMALS),
        "box": [_number(edge, _BOX_DECIMALS) for edge in found.box],
        "track": found.track,
    }


def _number(value: float, decimals: int) -> float | None:
    """JSON has no NaN: what a model gives without meaning becomes null."""
    return round(value, decimals) if math.isfinite(value) else None


def _statistics(values: list[float]) -> dict[str, float]:
    return {
        "count": len(values),
        "mean": float(np.mean(values)),
        "median": float(np.median(values)),
        "p95": float(np.percentile(values, 95)),
        "max": max(values),
    }
