# SPDX-License-Identifier: Apache-2.0
"""From output shapes to a decoder configuration, for the heads that Ultralytics exports have.

Flat detection [1, 4 + classes, N], the same with mask prototypes, end-to-end rows [1, N, 6 (+ K)].
Does not guess: shapes that could mean several things raise ModelError with what to give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgefirst_hal.models.error import ModelError, NamesMismatchError
from edgefirst_hal.models.metadata import Document, Metadata
from edgefirst_hal.models.session import Array, TensorSpec

TASKS = {None, "detect", "segment"}
_PROTO_STRIDE = 4
_LARGEST_NORMALIZED = 2.0
_MOST_LISTED = 4
_EXAMPLE = '{"outputs": [{"type": "detection", "shape": [1, 84, 8400], "normalized": true}]}'


@dataclass(frozen=True)
class Head:
    """A recognised set of outputs. `boxes` is the index of the output that holds the boxes."""

    boxes: int
    protos: int | None
    classes: int | None
    """None for end-to-end heads, whose rows name the class."""
    row_features: int | None
    """Values a row of an end-to-end head, None for flat heads."""

    @property
    def description(self) -> str:
        kind = "segmentation" if self.protos is not None else "detection"
        if self.row_features is not None:
            return f"end-to-end {kind}"
        return f"{kind} of {self.classes} classes"


def infer_head(
    outputs: Sequence[TensorSpec], metadata: Metadata, input_size: tuple[int, int]
) -> Head:
    """Recognises the outputs by their shapes. `input_size` is width, height. Raises ModelError."""
    if metadata.task not in TASKS:
        raise _unknown(outputs, f"its task is '{metadata.task}'; detect and segment are supported")
    tables = [i for i, spec in enumerate(outputs) if len(spec.shape) == 3]
    grids = [i for i, spec in enumerate(outputs) if len(spec.shape) == 4]
    if len(outputs) > 2 or len(tables) != 1 or len(grids) != len(outputs) - 1:
        raise _unknown(outputs, "they are not one table of boxes with or without mask prototypes")
    protos = grids[0] if grids else None
    prototypes = _proto_count(outputs, protos, input_size)
    features, count = _extents(outputs[tables[0]])[1:]
    if metadata.end_to_end is not False and _is_row_table(features, count, prototypes):
        return Head(tables[0], protos, None, count)
    if features >= count:
        raise _unknown(
            outputs, f"a table of {features} rows with {count} values may be YOLOv5, YOLOX or else"
        )
    classes = features - 4 - prototypes
    if classes < 1:
        raise _unknown(outputs, f"{features} values a box leave no room for classes")
    if metadata.is_ultralytics and metadata.names and len(metadata.names) != classes:
        reason = f"{len(metadata.names)} class names but {classes} scores a box"
        raise NamesMismatchError(str(_unknown(outputs, reason)), reason)
    return Head(tables[0], protos, classes, None)


def head_document(
    head: Head, outputs: Sequence[TensorSpec], normalized: bool, input_size: tuple[int, int]
) -> Document:
    """The decoder configuration, generation 1."""
    order = ("batch", "num_features", "num_boxes")
    document: Document = {}
    if head.row_features is not None:
        order = ("batch", "num_boxes", "num_features")
        document["decoder_version"] = "yolo26"
    detection = {**_entry("detection", outputs[head.boxes], order), "normalized": normalized}
    document["outputs"] = [detection]
    if head.protos is not None:
        protos = outputs[head.protos]
        planes = ("batch", "height", "width", "num_protos")
        if _is_channels_first(protos, input_size):
            planes = ("batch", "num_protos", "height", "width")
        document["outputs"].append(_entry("protos", protos, planes))
    return document


def largest_coordinate(head: Head, spec: TensorSpec, array: Array) -> float:
    """The largest box coordinate or extent in an output, in real units."""
    table = array[0].T if head.row_features is not None else array[0]
    largest = float(np.max(table[:4]))
    if spec.scale is not None:
        largest = (largest - spec.zero_point) * spec.scale
    return largest


def decide_normalized(metadata: Metadata, largest: float) -> tuple[bool, str]:
    """Whether boxes are fractions of the input, and why.

    Ultralytics writes pixels to ONNX and fractions to TFLite; the same is supposed of others. What
    the model gave for a grey picture overrules it.
    """
    is_onnx = metadata.path.suffix.lower() == ".onnx"
    if not is_onnx and largest > _LARGEST_NORMALIZED:
        return False, f"in pixels: a grey picture gave values up to {largest:.0f}"
    if is_onnx and 0 < largest <= _LARGEST_NORMALIZED:
        return True, f"fractions of the input: a grey picture gave at most {largest:.2f}"
    unit = "in pixels" if is_onnx else "fractions of the input"
    kind = "ONNX" if is_onnx else "TFLite"
    if metadata.is_ultralytics:
        return not is_onnx, f"{unit}, as Ultralytics exports to {kind} have them"
    return not is_onnx, f"{unit}, supposed because the file is {kind}; --config can say otherwise"


def fill_quantization(document: Document, outputs: Sequence[TensorSpec]) -> Document:
    """A copy in which outputs without quantisation have that of the tensor of their shape."""
    generation2 = document.get("schema_version", 1) == 2
    filled = dict(document)
    filled["outputs"] = [
        _fill(entry, outputs, generation2) if isinstance(entry, dict) else entry
        for entry in document["outputs"]
    ]
    return filled


def _fill(entry: Document, outputs: Sequence[TensorSpec], generation2: bool) -> Document:
    filled = dict(entry)
    children = entry.get("outputs")
    if isinstance(children, list):
        filled["outputs"] = [
            _fill(child, outputs, generation2) if isinstance(child, dict) else child
            for child in children
        ]
    elif entry.get("quantization") is None:
        for spec in outputs:
            if spec.scale is not None and list(spec.shape) == entry.get("shape"):
                filled["quantization"] = _quantization(spec, generation2)
                break
    return filled


def _quantization(spec: TensorSpec, generation2: bool) -> Any:
    if generation2:
        return {"scale": spec.scale, "zero_point": spec.zero_point}
    return [spec.scale, spec.zero_point]


def _entry(kind: str, spec: TensorSpec, order: Sequence[str]) -> Document:
    shape = _extents(spec)
    entry: Document = {"type": kind, "shape": list(shape)}
    entry["dshape"] = [[name, extent] for name, extent in zip(order, shape)]
    if spec.scale is not None:
        entry["quantization"] = _quantization(spec, False)
    return entry


def _extents(spec: TensorSpec) -> tuple[int, ...]:
    return tuple(extent or 0 for extent in spec.shape)


def _is_row_table(rows: int, values: int, prototypes: int) -> bool:
    return values == 6 + prototypes and rows > values


def _proto_count(
    outputs: Sequence[TensorSpec], protos: int | None, input_size: tuple[int, int]
) -> int:
    if protos is None:
        return 0
    shape = _extents(outputs[protos])
    return shape[1] if _is_channels_first(outputs[protos], input_size) else shape[3]


def _is_channels_first(spec: TensorSpec, input_size: tuple[int, int]) -> bool:
    """Prototypes have a quarter of the input's size. Raises ModelError for other planes."""
    shape = _extents(spec)
    plane = (input_size[1] // _PROTO_STRIDE, input_size[0] // _PROTO_STRIDE)
    if shape[1:3] == plane:
        return False
    if shape[2:4] == plane:
        return True
    raise _unknown([spec], f"mask prototypes should have planes of {plane[0]} x {plane[1]}")


def _unknown(outputs: Sequence[TensorSpec], reason: str) -> ModelError:
    listed = "; ".join(str(spec) for spec in outputs[:_MOST_LISTED])
    if len(outputs) > _MOST_LISTED:
        listed += f"; and {len(outputs) - _MOST_LISTED} more"
    return ModelError(
        f"cannot tell how to decode its outputs ({listed}): {reason}; describe them with "
        f"--config FILE, as in {_EXAMPLE}"
    )
