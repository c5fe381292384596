# SPDX-License-Identifier: Apache-2.0
"""A run in one document, run.json: settings, counts, times, coverage; what every report shows."""

from __future__ import annotations

from dataclasses import asdict

import edgefirst_hal as ef
from edgefirst_hal._text import stored
from edgefirst_hal.profiler.evaluation import Case, Evaluation, build_case, evaluate
from edgefirst_hal.profiler.records import Document
from edgefirst_hal.profiler.session import Session
from edgefirst_hal.profiler.timing import measure
from edgefirst_hal.profiler.truth import Truth

_LONGEST_REASON = 250


def run_document(session: Session, settings: Document) -> Document:
    """Everything but what ground truth says."""
    counts = session.statistics
    options = session.options
    failed = [record for record in session.records if not record.is_done]
    skipped = sum(counts.skipped.values()) + counts.cancelled
    planned = counts.entered if session.source.count is None else session.source.count
    return {
        "edgefirst_hal": ef.version(),
        "model": {
            "file": stored(session.model.path),
            "engine": session.model.session.engine,
            "classes": session.model.names,
            "account": [f"{subject}: {text}" for subject, text in session.model.account],
        },
        "source": session.source.description,
        "source_notes": session.source.notes,
        "source_problems": session.source.problems,
        "settings": settings,
        "pipeline": {
            "depth": options.depth.used,
            "asked": options.depth.asked,
            "backend": options.depth.backend,
            "clients": options.clients,
            "stage_depths": options.stage_depths,
        },
        "frames": {
            "planned": planned,
            "done": len(session.records) - len(failed),
            "failed": len(failed),
            "skipped": skipped,
            "not_reached": max(0, planned - counts.entered),
            "detections": sum(len(record.found) for record in session.records),
        },
        "most_in_flight": counts.most_in_flight,
        "queues": {name: asdict(queue) for name, queue in counts.queues.items()},
        "timing": measure(session.records, options.clients).as_dict(),
        "failures": [{"label": record.label, "error": record.error} for record in failed],
        "interrupted": session.interrupted,
        "broken": session.broken,
    }


def metrics_document(session: Session, truth: Truth, threshold: float, lost: list[str]) -> Document:
    """Boxes, and masks where model and truth have them; notes counts a frame in the records.

    What pycocotools cannot judge is told in `lost`. Raises ProfilerError, OSError.
    """
    names = session.model.names
    case = build_case(session.records, session.paths, truth, names)
    document: Document = {
        "ground_truth": truth.description,
        "coverage": {
            "frames": len(session.records),
            "evaluated": len(case.images),
            "detections_of_unknown_class": sum(case.strangers.values()),
        },
        "unknown_classes": case.strangers,
        "remarks": [*truth.remarks.sentences, *case.remarks],
        "boxes": None,
        "masks": None,
    }
    if case.images:
        boxes = _judged(case, "bbox", threshold, lost)
        document["boxes"] = boxes and boxes.as_dict()
        if boxes is not None:
            _note_counts(session, boxes)
    if any(known["image_id"] in case.masked for known in case.annotations) and case.results:
        masks = _judged(case, "segm", threshold, lost)
        document["masks"] = masks and masks.as_dict()
    return document


def _judged(case: Case, kind: str, threshold: float, lost: list[str]) -> Evaluation | None:
    """pycocotools raises errors of every kind, which cost these numbers alone."""
    try:
        return evaluate(case, kind, threshold)
    except Exception as error:
        what = "boxes" if kind == "bbox" else "masks"
        lost.append(f"precision of {what}: {error!r}"[:_LONGEST_REASON])
        return None


def _note_counts(session: Session, boxes: Evaluation) -> None:
    by_image = boxes.point.by_image
    for record in session.records:
        if record.index in by_image:
            counts = by_image[record.index]
            record.counts = (counts.true_positives, counts.false_positives, counts.misses)
