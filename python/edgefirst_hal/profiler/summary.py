# SPDX-License-Identifier: Apache-2.0
"""A run in one document, run.json: settings, counts, times, coverage; what every report shows."""

from __future__ import annotations

from dataclasses import asdict

import edgefirst_hal as ef
from edgefirst_hal._text import stored
from edgefirst_hal.profiler.evaluation import build_case, evaluate
from edgefirst_hal.profiler.records import Document
from edgefirst_hal.profiler.session import Session
from edgefirst_hal.profiler.timing import measure
from edgefirst_hal.profiler.truth import Truth


def run_document(session: Session, settings: Document) -> Document:
    """Everything but what ground truth says."""
    counts = session.statistics
    options = session.options
    failed = [record for record in session.records if not record.is_done]
    skipped = sum(counts.skipped.values()) + counts.cancelled
    planned = session.source.count
    return {
        "edgefirst_hal": ef.version(),
        "model": {
            "file": stored(session.model.path),
            "engine": session.model.session.engine,
            "classes": session.model.names,
            "account": [f"{subject}: {text}" for subject, text in session.model.account],
        },
        "source": session.source.description,
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


def metrics_document(session: Session, truth: Truth, threshold: float) -> Document:
    """Boxes, and masks where model and truth have them; notes counts a frame in the records.

    Raises ProfilerError, OSError.
    """
    names = session.model.names
    case = build_case(session.records, session.paths, truth, names)
    document: Document = {
        "ground_truth": truth.description,
        "coverage": {
            "frames": len(session.records),
            "evaluated": len(case.images),
            "detections_of_unknown_class": case.strangers,
        },
        "boxes": None,
        "masks": None,
    }
    if not case.images:
        return document
    boxes = evaluate(case, "bbox", threshold)
    document["boxes"] = boxes.as_dict()
    if case.has_masks:
        document["masks"] = evaluate(case, "segm", threshold).as_dict()
    by_image = boxes.point.by_image
    for record in session.records:
        if record.index in by_image:
            counts = by_image[record.index]
            record.counts = (counts.true_positives, counts.false_positives, counts.misses)
    return document
