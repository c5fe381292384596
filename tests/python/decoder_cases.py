# SPDX-License-Identifier: Apache-2.0
"""Seeded model outputs of every type, dtype and axis order, as plain NumPy.

Real numbers first, then stored: a case holds both, so that a reference decodes the numbers and a
decoder the tensors. Needs NumPy alone; runs under any interpreter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
INTEGERS = ("uint8", "int8", "uint16", "int16")
DTYPES = (*INTEGERS, "float16", "float32", "float64")
NMS = ("ClassAgnostic", "ClassAware", None)
LEVELS = ((8, 8), (16, 4), (32, 2))
"""Stride and cells a side of a 64 x 64 input."""


@dataclass
class Output:
    """One tensor: what is stored, its quantization (None for floats), the real numbers."""

    role: str
    stored: Array
    quantization: tuple[float, int] | None
    real: NDArray[np.float32]


@dataclass
class Case:
    name: str
    kind: str
    config: dict[str, Any]
    score: float
    iou: float
    nms: str | None
    outputs: list[Output] = field(default_factory=list)
    attach: bool = False
    """The tensors carry their quantization, not the configuration."""


def store(role: str, real: Array, dtype: str, low: float, high: float) -> Output:
    """The numbers in the dtype; integers spread [low, high] over their range."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        stored = real.astype(kind)
        return Output(role, stored, None, stored.astype(np.float32))
    info = np.iinfo(kind)
    scale = np.float32((high - low) / (2 ** min(8 * kind.itemsize, 24) - 1))
    zero_point = round(info.min - low / float(scale))
    values = np.clip(np.round(real / scale) + zero_point, info.min + 1, info.max)
    back = (values - zero_point).astype(np.float32) * scale
    return Output(role, values.astype(kind), (float(scale), zero_point), back.astype(np.float32))


def threshold(output: Output, wanted: float) -> float:
    """Near the wanted score, between the values that the dtype can hold."""
    if output.quantization is None:
        return wanted + 1e-4
    scale = output.quantization[0]
    return float((np.floor(wanted / scale) + 0.5) * scale)


def boxes_of(rng: np.random.Generator, count: int, corners: bool) -> NDArray[np.float32]:
    """[4, count], in clusters so that suppression has work."""
    centres = rng.random((2, 12)) * 0.7 + 0.15
    centre = centres[:, rng.integers(0, 12, count)] + rng.normal(0, 0.012, (2, count))
    size = rng.random((2, count)) * 0.1 + 0.12
    if corners:
        return np.concatenate([centre - size / 2, centre + size / 2]).astype(np.float32)
    return np.concatenate([centre, size]).astype(np.float32)


def scores_of(rng: np.random.Generator, classes: int, count: int) -> NDArray[np.float32]:
    """[classes, count]; one anchor in six has a strong class."""
    scores = rng.random((classes, count)) * 0.2
    hot = rng.random(count) < 1 / 6
    scores[rng.integers(0, classes, count)[hot], np.nonzero(hot)[0]] = (
        rng.random(hot.sum()) * 0.65 + 0.3
    )
    return scores.astype(np.float32)


def entry(output: Output, dshape: list[str], shape: tuple[int, ...], **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = {"type": output.role, "shape": list(shape), **more}
    result["dshape"] = [[name, extent] for name, extent in zip(dshape, shape)]
    if output.quantization is not None:
        result["quantization"] = list(output.quantization)
    return result


class Builder:
    """Adds outputs to a case, each in one of its axis orders."""

    def __init__(self, rng: np.random.Generator, dtype: str) -> None:
        self.rng, self.dtype = rng, dtype
        self.outputs: list[Output] = []
        self.entries: list[dict[str, Any]] = []

    def table(self, role: str, real: Array, low: float, high: float, **more: Any) -> Output:
        """[features, anchors], stored either way round."""
        names = {"boxes": "box_coords", "mask_coefs": "num_protos"}
        names.update(scores="num_classes", classes="num_classes")
        order = ["batch", names.get(role, "num_features"), "num_boxes"]
        output = store(role, real[None], self.dtype, low, high)
        if self.rng.random() < 0.5:
            output.stored = np.ascontiguousarray(output.stored.transpose(0, 2, 1))
            order[1], order[2] = order[2], order[1]
        return self.add(output, order, **more)

    def protos(self, real: Array) -> Output:
        """[height, width, channels], planes first or last."""
        order = ["batch", "height", "width", "num_protos"]
        output = store("protos", real[None], self.dtype, -1, 1)
        if self.rng.random() < 0.5:
            output.stored = np.ascontiguousarray(output.stored.transpose(0, 3, 1, 2))
            order = ["batch", "num_protos", "height", "width"]
        return self.add(output, order)

    def add(self, output: Output, order: list[str], **more: Any) -> Output:
        self.outputs.append(output)
        self.entries.append(entry(output, order, output.stored.shape, **more))
        return output


def yolo_case(kind: str, dtype: str, seed: int) -> Case:
    """The ordinary Ultralytics types."""
    rng = np.random.default_rng(seed)
    make = Builder(rng, dtype)
    count, classes, protos = int(rng.integers(40, 400)), int(rng.integers(1, 20)), 6
    boxes, scores = boxes_of(rng, count, False), scores_of(rng, classes, count)
    coefficients = rng.uniform(-2, 2, (protos, count)).astype(np.float32)
    scored: Output
    if kind in ("det", "seg", "2way"):
        rows = [boxes, scores] + ([coefficients] if kind == "seg" else [])
        low, high = (-2, 2) if kind == "seg" else (0, 1)
        scored = make.table("detection", np.concatenate(rows), low, high, normalized=True)
    else:
        make.table("boxes", boxes, 0, 1, normalized=True)
        scored = make.table("scores", scores, 0, 1)
    if kind in ("2way", "splitseg"):
        make.table("mask_coefs", coefficients, -2, 2)
    if kind in ("seg", "2way", "splitseg"):
        make.protos(rng.uniform(-1, 1, (20, 24, protos)).astype(np.float32))
    return Case(
        f"{kind}-{dtype}-{seed}",
        kind,
        {"decoder_version": "yolov8", "outputs": make.entries},
        threshold(scored, 0.25),
        float(rng.choice([0.3, 0.45, 0.7, 1.0])),
        NMS[seed % 3],
        make.outputs,
    )


def end_to_end_case(kind: str, dtype: str, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    make = Builder(rng, dtype)
    count, protos = int(rng.integers(10, 90)), 6
    rows = boxes_of(rng, count, True)
    score = rng.random((1, count)).astype(np.float32)
    label = rng.integers(0, 9, (1, count)).astype(np.float32)
    coefficients = rng.uniform(-2, 2, (protos, count)).astype(np.float32)
    if np.dtype(dtype).kind != "f":
        label = label * 0  # a shared scale holds no class numbers
    if kind.startswith("e2esplit"):
        make.table("boxes", rows, 0, 1)
        scored = make.table("scores", score, 0, 1)
        make.table("classes", label, 0, 255)
        if kind == "e2esplitseg":
            make.table("mask_coefs", coefficients, -2, 2)
    else:
        table = [rows, score, label] + ([coefficients] if kind == "e2eseg" else [])
        scored = make.table("detection", np.concatenate(table), -2, 10)
    if kind.endswith("seg"):
        make.protos(rng.uniform(-1, 1, (12, 16, protos)).astype(np.float32))
    config = {"decoder_version": "yolo26", "outputs": make.entries}
    return Case(
        f"{kind}-{dtype}-{seed}", kind, config, threshold(scored, 0.3), 0.5, None, make.outputs
    )


def modelpack_case(kind: str, dtype: str, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    outputs: list[Output] = []
    entries: list[dict[str, Any]] = []
    classes = int(rng.integers(1, 5))
    score = 0.3
    if "grid" in kind:
        for side, anchor in ((8, 0.1), (4, 0.4)):
            logits = rng.normal(-1.5, 2.5, (1, side, side, 2 * (5 + classes)))
            output = store("detection", logits, dtype, -8, 8)
            anchors = [[anchor, anchor], [anchor * 1.5, anchor]]
            order = ["batch", "height", "width", "num_anchors_x_features"]
            outputs.append(output)
            entries.append(entry(output, order, output.stored.shape, decoder="modelpack"))
            entries[-1]["anchors"] = anchors
        score = 0.3001
    elif kind != "map":
        count = int(rng.integers(40, 200))
        boxes = store("boxes", boxes_of(rng, count, True).T[None, :, None], dtype, 0, 1)
        scores = store("scores", scores_of(rng, classes, count).T[None], dtype, 0, 1)
        outputs += [boxes, scores]
        order = ["batch", "num_boxes", "padding", "box_coords"]
        entries.append(entry(boxes, order, boxes.stored.shape, decoder="modelpack"))
        order = ["batch", "num_boxes", "num_classes"]
        entries.append(entry(scores, order, scores.stored.shape, decoder="modelpack"))
        score = threshold(scores, 0.3)
    if "map" in kind:
        values = store("segmentation", rng.random((1, 9, 11, classes + 1)), dtype, 0, 1)
        outputs.append(values)
        order = ["batch", "height", "width", "num_classes"]
        entries.append(entry(values, order, values.stored.shape, decoder="modelpack"))
    return Case(
        f"modelpack-{kind}-{dtype}-{seed}",
        f"modelpack-{kind}",
        {"outputs": entries},
        score,
        0.45,
        "ClassAgnostic",
        outputs,
    )


def per_scale_case(dtype: str, seed: int) -> Case:
    """Three levels of a 64 x 64 input, DFL or distances, logits or probabilities, with masks."""
    rng = np.random.default_rng(seed)
    bins = int(rng.choice([1, 4, 16]))
    classes, protos, planar = int(rng.integers(2, 7)), 5, bool(rng.random() < 0.5)
    logits, outputs = bool(rng.random() < 0.7), []
    logical: dict[str, dict[str, Any]] = {}

    def add(role: str, name: str, real: Array, low: float, high: float, stride: int | None) -> None:
        output = store(role, real[None], dtype, low, high)
        order = ["batch", "height", "width", name]
        if planar:
            output.stored = np.ascontiguousarray(output.stored.transpose(0, 3, 1, 2))
            order = ["batch", name, "height", "width"]
        scale, zero_point = output.quantization or (1.0, 0)
        child: dict[str, Any] = {"name": f"{role}{stride}", "type": role, "dtype": dtype}
        child["shape"] = list(output.stored.shape)
        child["dshape"] = [[n, extent] for n, extent in zip(order, output.stored.shape)]
        child["quantization"] = {"scale": scale, "zero_point": zero_point, "dtype": dtype}
        if stride is not None:
            child["stride"] = stride
            logical[role]["outputs"].append(child)
        else:
            child.pop("name")
            logical[role] = child
        outputs.append(output)

    anchors = sum(side * side for _, side in LEVELS)
    for role, name, extent in (
        ("boxes", "box_coords", 4),
        ("scores", "num_classes", classes),
        ("mask_coefs", "num_protos", protos),
    ):
        shape = [1, extent, anchors]
        dshape = [["batch", 1], [name, extent], ["num_boxes", anchors]]
        logical[role] = {"type": role, "shape": shape, "dshape": dshape, "outputs": []}
    logical["boxes"]["encoding"] = "direct" if bins == 1 else "dfl"
    if logits:
        logical["scores"]["activation_required"] = "sigmoid"
    for stride, side in LEVELS:
        box = rng.uniform(0.3, 1.5, (side, side, 4))
        if bins > 1:  # near bins are likely: no box is much larger than the picture
            slope = np.tile(np.arange(bins) * -0.8, 4)
            box = (rng.normal(0, 1, (side, side, 4 * bins)) + slope).clip(-8, 8)
        add("boxes", "num_features", box, *((0, 3) if bins == 1 else (-8, 8)), stride)
        score = rng.normal(-2, 2, (side, side, classes))
        score = score if logits else 1 / (1 + np.exp(-score))
        add("scores", "num_classes", score, *((-8, 8) if logits else (0, 1)), stride)
        coefficients = rng.uniform(-2, 2, (side, side, protos))
        add("mask_coefs", "num_protos", coefficients, -2, 2, stride)
    add("protos", "num_protos", rng.uniform(-1, 1, (16, 16, protos)), -1, 1, None)
    config = {
        "schema_version": 2,
        "input": {"shape": [1, 64, 64, 3]},
        "outputs": list(logical.values()),
    }
    return Case(
        f"perscale-{dtype}-{seed}",
        "perscale",
        config,
        0.4003,
        float(rng.choice([0.4, 0.6])),
        NMS[seed % 2],
        outputs,
        True,
    )


def merged_case(dtype: str, seed: int) -> Case:
    """Boxes as xy and wh apart."""
    rng = np.random.default_rng(seed)
    count, classes = int(rng.integers(30, 200)), int(rng.integers(1, 6))
    boxes = boxes_of(rng, count, False)
    parts = [store("boxes", half[None], dtype, 0, 1) for half in (boxes[:2], boxes[2:])]
    scores = store("scores", scores_of(rng, classes, count)[None], dtype, 0, 1)

    def quantization(output: Output) -> dict[str, Any]:
        scale, zero_point = output.quantization or (1.0, 0)
        return {"quantization": {"scale": scale, "zero_point": zero_point, "dtype": dtype}}

    children = [
        {"name": name, "type": kind, "shape": [1, 2, count], "dtype": dtype, **quantization(part)}
        for name, kind, part in zip(("xy", "wh"), ("boxes_xy", "boxes_wh"), parts)
    ]
    config = {
        "schema_version": 2,
        "decoder_version": "yolov8",
        "outputs": [
            {
                "type": "boxes",
                "encoding": "direct",
                "normalized": True,
                "shape": [1, 4, count],
                "dshape": [["batch", 1], ["box_coords", 4], ["num_boxes", count]],
                "outputs": children,
            },
            {
                "type": "scores",
                "shape": [1, classes, count],
                "dshape": [["batch", 1], ["num_classes", classes], ["num_boxes", count]],
                "dtype": dtype,
                **quantization(scores),
            },
        ],
    }
    name = f"merged-{dtype}-{seed}"
    score = threshold(scores, 0.25)
    return Case(name, "merged", config, score, 0.45, NMS[seed % 2], [*parts, scores])


def cases(seeds: range) -> Iterator[Case]:
    """Every type in every dtype it takes, for each seed."""
    for seed in seeds:
        for dtype in DTYPES:
            for kind in ("det", "seg", "2way", "split", "splitseg"):
                yield yolo_case(kind, dtype, seed)
            for kind in ("e2e", "e2eseg", "e2esplit", "e2esplitseg"):
                yield end_to_end_case(kind, dtype, seed)
            for kind in ("boxes", "boxes-map", "grid", "grid-map", "map"):
                yield modelpack_case(kind, dtype, seed)
            if dtype != "float64":
                yield per_scale_case(dtype, seed)
                yield merged_case(dtype, seed)
