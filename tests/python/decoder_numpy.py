# SPDX-License-Identifier: Apache-2.0
"""Decoding as plain NumPy over real numbers: the oracle of the seeded cases.

Shares no code with the library.
"""

from __future__ import annotations

import numpy as np
from decoder_cases import LEVELS, Array, Case
from numpy.typing import NDArray

F32 = NDArray[np.float32]


class Found:
    """Boxes [N, 4], scores, labels, the anchors they came from, and masks."""

    def __init__(self) -> None:
        self.boxes = np.zeros((0, 4), np.float32)
        self.scores = np.zeros(0, np.float32)
        self.labels = np.zeros(0, np.int64)
        self.anchors = np.zeros(0, np.int64)
        self.masks: list[Array] = []


def best_classes(scores: F32) -> tuple[F32, NDArray[np.int64]]:
    """The largest score of every anchor and its class, the last of equals."""
    labels = scores.shape[0] - 1 - np.argmax(scores[::-1], axis=0)
    return scores.max(axis=0), labels


def suppress(boxes: F32, scores: F32, labels: Array, case: Case) -> list[int]:
    """Greedy, in order of score, ties by anchor."""
    order = np.argsort(-scores, kind="stable")
    if case.nms is None or case.iou >= 1:
        return [int(i) for i in order]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    for i in order:
        low = np.maximum(boxes[kept, :2], boxes[i, :2])
        high = np.minimum(boxes[kept, 2:], boxes[i, 2:])
        inner = np.maximum(high - low, 0).prod(axis=1)
        hit = inner > np.float32(case.iou) * (area[kept] + area[i] - inner)
        if case.nms == "ClassAware":
            hit &= labels[kept] == labels[i]
        if not hit.any():
            kept.append(int(i))
    return kept


def are_whole(boxes: F32) -> NDArray[np.bool_]:
    """Finite corners that enclose an area."""
    wide = (boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])
    return wide & np.isfinite(boxes).all(axis=1)


def corners(boxes: F32) -> F32:
    half = boxes[2:] * np.float32(0.5)
    return np.concatenate([boxes[:2] - half, boxes[:2] + half]).T


def select(case: Case, boxes: F32, scores: F32) -> Found:
    """boxes [N, 4] as corners, scores [classes, N]."""
    found = Found()
    best, labels = best_classes(scores)
    candidates = np.nonzero((best >= np.float32(case.score)) & are_whole(boxes))[0]
    picked = suppress(boxes[candidates], best[candidates], labels[candidates], case)
    if case.nms is None and case.kind in ("det", "split"):
        picked = list(range(len(candidates)))
    anchors = candidates[picked][:300]
    found.boxes, found.scores, found.labels = boxes[anchors], best[anchors], labels[anchors]
    found.anchors = anchors
    return found


def add_masks(found: Found, coefficients: F32, protos: F32) -> None:
    """coefficients [K, anchors], protos [H, W, K]."""
    height, width = protos.shape[:2]
    for box, anchor in zip(found.boxes, found.anchors):
        x = np.clip(np.sort(box[[0, 2]] * np.float32(width)), 0, width)
        y = np.clip(np.sort(box[[1, 3]] * np.float32(height)), 0, height)
        part = protos[int(y[0]) : int(np.ceil(y[1])), int(x[0]) : int(np.ceil(x[1]))]
        logits = part.astype(np.float64) @ coefficients[:, anchor].astype(np.float64)
        found.masks.append(np.round(255 / (1 + np.exp(-logits))).astype(np.uint8)[..., None])


def approximate_sigmoid(x: F32) -> F32:
    """ModelPack's, in float32 throughout."""
    unit = np.float32(1.1920929e-7)
    scaled = (np.float32(8388608.0) * np.float32(1.4426950408889634) * -x).astype(np.int32)
    base = scaled & np.int32(-8388608)
    rest = (scaled - base).astype(np.float32)
    c0 = np.float32(0.3371894346) * unit * unit
    c1 = np.float32(0.657636276) * unit
    mantissa = (c0 * rest + c1) * rest + np.float32(1.00172476)
    exponential = (mantissa.view(np.int32) + base).view(np.float32)
    return (np.float32(1) / (np.float32(1) + exponential)).astype(np.float32)


def modelpack_grids(case: Case) -> tuple[F32, F32]:
    boxes, scores = [], []
    grids = [o for o in case.outputs if o.role == "detection"]
    for output, described in zip(grids, case.config["outputs"]):
        anchors = np.array(described["anchors"], np.float32)
        _, height, width, channels = output.real.shape
        value = approximate_sigmoid(output.real.reshape(height, width, len(anchors), -1))
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        centre = np.stack([x, y], -1)[:, :, None] - np.float32(0.5)
        scale = np.array([1 / np.float32(width), 1 / np.float32(height)], np.float32)
        middle = (value[..., :2] * np.float32(2) + centre) * scale
        half = value[..., 2:4] * value[..., 2:4] * np.float32(4) * anchors * np.float32(0.5)
        boxes.append(np.concatenate([middle - half, middle + half], -1).reshape(-1, 4))
        objectness = value[..., 4:5]
        score = objectness if channels == 6 * len(anchors) else value[..., 5:] * objectness
        scores.append(score.reshape(-1, score.shape[-1]))
    return np.concatenate(boxes), np.concatenate(scores).T


def per_scale(case: Case) -> Found:
    boxes, scores, coefficients = [], [], []
    by_role = {r: [o.real[0] for o in case.outputs if o.role == r] for r in ("boxes", "scores")}
    logical = {entry["type"]: entry for entry in case.config["outputs"]}
    rows = [o.real[0] for o in case.outputs if o.role == "mask_coefs"]
    for (stride, side), box, score, row in zip(LEVELS, by_role["boxes"], by_role["scores"], rows):
        sides = box.reshape(side, side, 4, -1)
        if sides.shape[-1] > 1:
            weight = np.exp(sides - sides.max(-1, keepdims=True))
            sides = (weight / weight.sum(-1, keepdims=True)) @ np.arange(sides.shape[-1])[:, None]
        left, top, right, bottom = np.moveaxis(sides[..., 0], -1, 0)
        y, x = np.mgrid[0:side, 0:side] + 0.5
        edges = [x - left, y - top, x + right, y + bottom]
        boxes.append(np.stack(edges, -1).reshape(-1, 4) * stride / 64)
        if logical["scores"].get("activation_required"):
            score = 1 / (1 + np.exp(-score))
        scores.append(score.reshape(side * side, -1))
        coefficients.append(row.reshape(side * side, -1))
    found = select(
        case, np.concatenate(boxes).astype(np.float32), np.concatenate(scores).T.astype(np.float32)
    )
    add_masks(found, np.concatenate(coefficients).T, case.outputs[-1].real[0])
    return found


def end_to_end(case: Case, tables: dict[str, F32]) -> Found:
    found = Found()
    if "detection" in tables:
        rows = tables["detection"]
        boxes, scores, labels, coefficients = rows[:4], rows[4], rows[5], rows[6:]
    else:
        boxes, scores, labels = tables["boxes"], tables["scores"][0], tables["classes"][0]
        coefficients = tables.get("mask_coefs", rows_of_none())
    keep = np.nonzero((scores >= np.float32(case.score)) & are_whole(boxes.T))[0]
    found.boxes, found.scores, found.anchors = boxes[:, keep].T, scores[keep], keep
    found.labels = np.maximum(np.round(labels[keep]), 0).astype(np.int64)
    if "protos" in tables:
        add_masks(found, coefficients, tables["protos"])
    return found


def rows_of_none() -> F32:
    return np.zeros((0, 0), np.float32)


def semantic_map(values: Array) -> Array:
    if values.dtype.kind == "f":
        low, high = values.min(), values.max()
        return ((values - low) / (high - low) * values.dtype.type(255)).astype(np.uint8)
    bits = 8 * values.dtype.itemsize
    wide = values.astype(np.int64) + (2 ** (bits - 1) if values.dtype.kind == "i" else 0)
    return (wide >> (bits - 8)).astype(np.uint8)


def decode(case: Case) -> Found:
    """What a decoder should find."""
    tables = {output.role: output.real[0] for output in case.outputs}
    if case.kind == "perscale":
        return per_scale(case)
    if case.kind.startswith("e2e"):
        return end_to_end(case, tables)
    if case.kind.startswith("modelpack"):
        found = Found()
        if "grid" in case.kind:
            found = select(case, *modelpack_grids(case))
        elif "boxes" in case.kind:
            found = select(case, tables["boxes"][:, 0], tables["scores"].T)
        if "map" in case.kind:
            found.masks.append(semantic_map(case.outputs[-1].stored[0]))
        return found
    if case.kind == "merged":
        boxes = np.concatenate([case.outputs[0].real[0], case.outputs[1].real[0]])
        return select(case, corners(boxes), case.outputs[2].real[0])
    protos = tables.get("protos")
    if "detection" in tables:
        table = tables["detection"]
        inside = protos.shape[-1] if protos is not None and "mask_coefs" not in tables else 0
        found = select(case, corners(table[:4]), table[4 : len(table) - inside])
        coefficients = table[len(table) - inside :]
    else:
        found = select(case, corners(tables["boxes"]), tables["scores"])
        coefficients = rows_of_none()
    if protos is not None:
        add_masks(found, tables.get("mask_coefs", coefficients), protos)
    return found
