# SPDX-License-Identifier: Apache-2.0
"""Output shapes become decoder configurations, or an error that says what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.heads import (
    decide_normalized,
    fill_quantization,
    head_document,
    infer_head,
    largest_coordinate,
)
from edgefirst_hal.models.metadata import Metadata
from edgefirst_hal.models.session import TensorSpec

SIZE = (640, 480)
ONNX = Metadata(Path("m.onnx"))
TFLITE = Metadata(Path("m.tflite"))


def spec(*shape: int, scale: float | None = None, zero_point: int = 0) -> TensorSpec:
    dtype = "float32" if scale is None else "int8"
    return TensorSpec("out", shape, dtype, scale, zero_point)


def test_flat_detection() -> None:
    outputs = [spec(1, 84, 6300)]
    head = infer_head(outputs, ONNX, SIZE)
    assert (head.classes, head.row_features) == (80, None)
    assert head.description == "detection of 80 classes"
    assert head_document(head, outputs, False, SIZE) == {
        "outputs": [
            {
                "type": "detection",
                "shape": [1, 84, 6300],
                "dshape": [["batch", 1], ["num_features", 84], ["num_boxes", 6300]],
                "normalized": False,
            }
        ],
    }


@pytest.mark.parametrize(
    ("protos", "order"),
    [
        ((1, 32, 120, 160), ["batch", "num_protos", "height", "width"]),
        ((1, 120, 160, 32), ["batch", "height", "width", "num_protos"]),
    ],
)
def test_segmentation_knows_the_layout_of_the_prototypes(
    protos: tuple[int, ...], order: list[str]
) -> None:
    outputs = [spec(*protos), spec(1, 116, 6300)]
    head = infer_head(outputs, ONNX, SIZE)
    assert (head.boxes, head.protos, head.classes) == (1, 0, 80)
    entry = head_document(head, outputs, True, SIZE)["outputs"][1]
    assert [name for name, _ in entry["dshape"]] == order
    assert entry["shape"] == list(protos)


@pytest.mark.parametrize(
    ("outputs", "features"),
    [([spec(1, 300, 6)], 6), ([spec(1, 300, 38), spec(1, 120, 160, 32)], 38)],
)
def test_end_to_end_rows(outputs: list[TensorSpec], features: int) -> None:
    head = infer_head(outputs, TFLITE, SIZE)
    assert head.row_features == features
    document = head_document(head, outputs, True, SIZE)
    assert document["decoder_version"] == "yolo26"
    assert [name for name, _ in document["outputs"][0]["dshape"]] == [
        "batch",
        "num_boxes",
        "num_features",
    ]


def test_two_classes_are_not_taken_for_end_to_end_rows() -> None:
    assert infer_head([spec(1, 6, 8400)], ONNX, SIZE).classes == 2


def test_quantisation_goes_into_the_configuration() -> None:
    outputs = [spec(1, 84, 6300, scale=0.5, zero_point=-128)]
    document = head_document(infer_head(outputs, TFLITE, SIZE), outputs, True, SIZE)
    assert document["outputs"][0]["quantization"] == [0.5, -128]


@pytest.mark.parametrize(
    ("shapes", "reason"),
    [
        ([(1, 3549, 85)], "YOLOv5, YOLOX"),
        ([(1, 4, 8400)], "no room for classes"),
        ([(1, 84, 6300), (1, 32, 99, 160)], "planes of 120 x 160"),
        ([(1, 1000)], "not one table"),
        ([(1, 10, 4), (1, 10), (1, 10), (1,)], "not one table"),
        ([], "not one table"),
        ([(1, 0, 0)], "YOLOv5, YOLOX"),
    ],
)
def test_unknown_heads_say_why_and_what_to_give(shapes: list[tuple[int, ...]], reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        infer_head([spec(*shape) for shape in shapes], ONNX, SIZE)
    assert "--config" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_tasks_are_refused_by_name() -> None:
    metadata = Metadata(Path("m.onnx"), source="x", task="pose")
    with pytest.raises(ModelError, match="'pose'"):
        infer_head([spec(1, 56, 8400)], metadata, SIZE)


def test_names_that_do_not_fit_the_scores_are_refused() -> None:
    metadata = Metadata(Path("m.onnx"), source="x", names=["a", "b", "c"])
    with pytest.raises(ModelError, match="3 class names but 80 scores"):
        infer_head([spec(1, 84, 8400)], metadata, SIZE)


@pytest.mark.parametrize(
    ("name", "largest", "expected", "text"),
    [
        ("m.onnx", 633.0, False, "supposed"),
        ("m.onnx", 0.0, False, "supposed"),
        ("m.onnx", 1.02, True, "grey picture"),
        ("m.tflite", 1.02, True, "supposed"),
        ("m.tflite", 633.0, False, "grey picture"),
    ],
)
def test_unit_of_boxes(name: str, largest: float, expected: bool, text: str) -> None:
    normalized, reason = decide_normalized(Metadata(Path(name)), largest)
    assert normalized is expected
    assert text in reason


def test_unit_of_boxes_of_ultralytics_is_not_supposed() -> None:
    _, reason = decide_normalized(Metadata(Path("m.onnx"), source="the model's metadata"), 633.0)
    assert reason == "in pixels, as Ultralytics exports to ONNX have them"


def test_largest_coordinate_looks_at_boxes_alone() -> None:
    flat = np.zeros((1, 6, 10), np.float32)
    flat[0, 2, 3], flat[0, 4, 3] = 7, 99
    head = infer_head([spec(1, 6, 10)], ONNX, SIZE)
    assert largest_coordinate(head, spec(1, 6, 10), flat) == 7
    quantised = np.full((1, 6, 10), 127, np.int8)
    assert largest_coordinate(
        head, spec(1, 6, 10, scale=0.004, zero_point=-128), quantised
    ) == pytest.approx(1.02)


def test_missing_quantisation_is_filled_by_shape() -> None:
    outputs = [spec(1, 4, 10, scale=0.5, zero_point=3), spec(1, 2, 10)]
    first: dict[str, Any] = {
        "outputs": [{"type": "boxes", "shape": [1, 4, 10]}, {"shape": [1, 2, 10]}]
    }
    filled = fill_quantization(first, outputs)
    assert filled["outputs"][0]["quantization"] == [0.5, 3]
    assert "quantization" not in filled["outputs"][1]
    assert "quantization" not in first["outputs"][0]


def test_given_quantisation_is_kept_and_children_are_filled() -> None:
    outputs = [spec(1, 4, 10, scale=0.5, zero_point=3)]
    children = [{"name": "b", "shape": [1, 4, 10]}]
    given = {"shape": [1, 4, 10], "quantization": {"scale": 1.0}}
    document = {"schema_version": 2, "outputs": [given, {"shape": [1, 9], "outputs": children}]}
    filled = fill_quantization(document, outputs)["outputs"]
    assert filled[0] == given
    assert filled[1]["outputs"][0]["quantization"] == {"scale": 0.5, "zero_point": 3}
