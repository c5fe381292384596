# SPDX-License-Identifier: Apache-2.0
"""Detections against ground truth by pycocotools: the 12 COCO numbers, by class, and a threshold.

Only pictures that came out of the run and that the truth knows are evaluated.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgefirst_hal.profiler.libraries import library
from edgefirst_hal.profiler.operating_point import OperatingPoint, at_threshold
from edgefirst_hal.profiler.records import FrameRecord
from edgefirst_hal.profiler.truth import Annotation, Truth
from edgefirst_hal.profiler.truth_outlines import Size, fits
from edgefirst_hal.profiler.truth_text import Remarks
from edgefirst_hal.profiler.wording import listed

COCO_METRICS = (
    "AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large",
    "AR_1", "AR_10", "AR_100", "AR_small", "AR_medium", "AR_large",
)  # fmt: skip

Curve = list[float]

_LONGEST_LABEL = 40
_OTHER_SIZE = "{n} picture{s} {have} another size than the ground truth says"
_TURNED = "{n} picture{s} {have} sides exchanged in the ground truth, as without EXIF orientation"


@dataclass
class Evaluation:
    """Of boxes or of masks; -1 is pycocotools' word for "no such objects"."""

    metrics: dict[str, float]
    by_class: dict[str, dict[str, float]]
    point: OperatingPoint
    curve: Curve
    """Precision at IoU 0.5 at recalls 0, 0.01 ... 1, mean over classes."""
    class_curves: dict[str, Curve] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        by_class = {
            name: {**numbers, **self.point.by_class[name].as_dict()}
            for name, numbers in self.by_class.items()
        }
        curves = {"mean": self.curve, "by_class": self.class_curves}
        point = {"threshold": self.point.threshold, **self.point.total.as_dict()}
        return {
            **self.metrics,
            "operating_point": point,
            "by_class": by_class,
            "precision_at_recall": curves,
        }


@dataclass
class Case:
    """Frames with their truth, in pycocotools' terms. Frame indices are image ids."""

    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    """Categories by id: those of the model that the truth knows, and those of the objects."""
    masked: set[int] = field(default_factory=set)
    """Images whose masks can be judged: every object has an outline, every detection a mask."""
    strangers: dict[str, int] = field(default_factory=dict)
    """Detections of classes that the truth does not know, by name; they are left out."""
    remarks: list[str] = field(default_factory=list)
    """What the truth and the pictures leave open."""

    def of_kind(self, kind: str) -> Case:
        """What pycocotools is to see: for masks those images alone that have them."""
        if kind == "bbox":
            return self
        kept = [image for image in self.images if image["id"] in self.masked]
        objects, results = (
            [entry for entry in entries if entry["image_id"] in self.masked]
            for entries in (self.annotations, self.results)
        )
        return Case(kept, objects, results, self.names)


def build_case(
    records: Sequence[FrameRecord], paths: dict[int, Path], truth: Truth, names: Sequence[str]
) -> Case:
    """`paths` by frame index. Raises ProfilerError, OSError for unreadable truth."""
    case = Case()
    done = [each for each in records if each.is_done]
    case.remarks = truth.prepare([paths[each.index] for each in done], names)
    remarks = Remarks()
    ids: dict[int, int | None] = {}
    finds_masks = any(each.found.masks for each in done)
    has_masks = truth.has_masks and finds_masks
    for each in done:
        size = (each.found.width, each.found.height)
        objects = truth.objects(paths[each.index], size)
        if objects is None:
            continue
        case.images.append({"id": each.index, "width": size[0], "height": size[1]})
        _check_size(each, truth.declared_size(paths[each.index]), objects, remarks)
        usable = [_add_object(case, each, known) for known in objects]
        if has_masks and all(usable) and len(each.found.masks) == len(each.found):
            case.masked.add(each.index)
        _add_results(case, each, ids, (truth, names))
    if has_masks and len(case.masked) < len(case.images):
        case.remarks.append(
            f"masks are judged in {len(case.masked)} of {len(case.images)} pictures; in the others "
            "an object has no usable outline"
        )
    elif finds_masks and case.annotations and not has_masks:
        case.remarks.append("masks are not judged, as no object has a usable outline")
    _name_categories(case, truth, names)
    case.remarks += remarks.sentences
    return case


def _add_object(case: Case, each: FrameRecord, known: Annotation) -> bool:
    """Returns whether it has an outline that fits the picture."""
    entry = {**known, "id": len(case.annotations) + 1, "image_id": each.index}
    case.annotations.append(entry)
    if "segmentation" not in entry:
        return False
    usable = fits(entry["segmentation"], (each.found.width, each.found.height))
    if not usable:
        del entry["segmentation"]
    return usable


def _check_size(
    each: FrameRecord, declared: Size | None, objects: Sequence[Annotation], remarks: Remarks
) -> None:
    """Boxes drawn on another picture than the upright one are wrong without being malformed."""
    width, height = each.found.width, each.found.height
    example = f"{each.label[-_LONGEST_LABEL:]} is {width} x {height}"
    if declared is not None and declared != (width, height):
        turned = declared == (height, width)
        example = f"{example}{' upright' if turned else ''}, not {declared[0]} x {declared[1]}"
        remarks.add(_TURNED if turned else _OTHER_SIZE, example)
    elif any(_reaches_beyond(known["bbox"], (width, height)) for known in objects):
        remarks.add("{n} picture{s} {have} objects that reach beyond the edges", example)


def _reaches_beyond(bbox: Sequence[float], size: Size) -> bool:
    """By more than rounding and a generous hand explain."""
    slack = [max(2.0, 0.05 * extent) for extent in size]
    return any(bbox[i] < -slack[i] or bbox[i] + bbox[i + 2] > size[i] + slack[i] for i in range(2))


def evaluate(case: Case, kind: str, threshold: float) -> Evaluation:
    """`kind` is "bbox" or "segm"."""
    case = case.of_kind(kind)
    evaluator = run_pycocotools(case, kind)
    precision, recall = evaluator.eval["precision"], evaluator.eval["recall"]
    names = [case.names[identity] for identity in evaluator.params.catIds]
    with_objects = {known["category_id"] for known in case.annotations}
    by_class = {}
    curves = {}
    for k, name in enumerate(names):
        if evaluator.params.catIds[k] not in with_objects:
            continue
        by_class[name] = {
            "AP": _mean(precision[:, :, k, 0, 2]),
            "AP50": _mean(precision[0, :, k, 0, 2]),
            "AR_100": _mean(recall[:, k, 0, 2]),
        }
        curves[name] = [float(value) for value in precision[0, :, k, 0, 2]]
    metrics = {name: float(value) for name, value in zip(COCO_METRICS, evaluator.stats)}
    point = at_threshold(evaluator, case.names, threshold)
    mean = np.array(list(curves.values())).mean(axis=0).tolist() if curves else []
    return Evaluation(metrics, by_class, point, mean, curves)


def run_pycocotools(case: Case, kind: str) -> Any:
    """A COCOeval that has been evaluated, accumulated and summarised, in silence."""
    coco_module = library("pycocotools.coco", "evaluation")
    evaluation_module = library("pycocotools.cocoeval", "evaluation")
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco_module.COCO()
        truth.dataset = {
            "info": {},
            "images": case.images,
            "annotations": case.annotations,
            "categories": [{"id": i, "name": name} for i, name in sorted(case.names.items())],
        }
        truth.createIndex()
        results = _of_kind(case.results, kind)
        found = truth.loadRes(results) if results else _nothing(coco_module, truth)
        evaluator = evaluation_module.COCOeval(truth, found, kind)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return evaluator


def _of_kind(results: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Copies that loadRes may change; it takes areas from the box where there is one."""
    dropped = "segmentation" if kind == "bbox" else "bbox"
    return [{key: entry[key] for key in entry if key != dropped} for entry in results]


def _nothing(coco_module: Any, truth: Any) -> Any:
    """loadRes refuses an empty list."""
    empty = coco_module.COCO()
    empty.dataset = {**truth.dataset, "annotations": []}
    empty.createIndex()
    return empty


def _add_results(
    case: Case,
    each: FrameRecord,
    ids: dict[int, int | None],
    known: tuple[Truth, Sequence[str]],
) -> None:
    truth, names = known
    found = each.found
    for i in range(len(found)):
        index = int(found.classes[i])
        if index not in ids:
            ids[index] = truth.category(index, names[index] if index < len(names) else None)
        if ids[index] is None:
            name = names[index] if index < len(names) else f"class {index}"
            case.strangers[name] = case.strangers.get(name, 0) + 1
            continue
        x0, y0, x1, y1 = found.boxes[i].tolist()
        entry: dict[str, Any] = {
            "image_id": each.index,
            "category_id": ids[index],
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "score": float(found.scores[i]),
        }
        if found.masks:
            entry["segmentation"] = {"size": [found.height, found.width], "counts": found.masks[i]}
        case.results.append(entry)


def _name_categories(case: Case, truth: Truth, names: Sequence[str]) -> None:
    """Two categories of one name are told apart by their ids."""
    wanted: dict[int, str] = {}
    for index, name in enumerate(names):
        identity = truth.category(index, name)
        if identity is not None:
            wanted.setdefault(identity, name)
    unknown = {}
    for entry in [*case.annotations, *case.results]:
        identity = entry["category_id"]
        if identity not in wanted:
            wanted[identity] = truth.category_name(identity) or f"class {identity}"
            unknown[identity] = wanted[identity]
    for identity, name in wanted.items():
        taken = name in case.names.values()
        case.names[identity] = f"{name} ({identity})" if taken else name
    if unknown and names:
        case.remarks.append(
            f"the model does not name {len(unknown)} of the classes of objects: {listed(unknown)}"
        )


def _mean(values: Any) -> float:
    known = values[values > -1]
    return float(known.mean()) if known.size else -1.0
