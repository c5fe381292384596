# SPDX-License-Identifier: Apache-2.0
"""ONNX files whose outputs are known: each output is a constant that the input cannot change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

onnx = pytest.importorskip("onnx", reason="the package onnx builds the test models")

INPUT_NAME = "images"


def write_model(
    path: Path,
    outputs: dict[str, npt.NDArray[np.float32]],
    input_shape: list[int | str],
    metadata: dict[str, str] | None = None,
) -> Path:
    """Every output is its constant plus zero times the sum of the input."""
    nodes = [
        onnx.helper.make_node("ReduceSum", [INPUT_NAME], ["sum"], keepdims=0),
        onnx.helper.make_node("Mul", ["sum", "zero"], ["nothing"]),
    ]
    constants = [onnx.numpy_helper.from_array(np.float32(0), "zero")]
    declared = []
    for name, value in outputs.items():
        constants.append(onnx.numpy_helper.from_array(value, f"{name}_value"))
        nodes.append(onnx.helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
        declared.append(onnx.helper.make_tensor_value_info(name, 1, value.shape))
    source = onnx.helper.make_tensor_value_info(INPUT_NAME, 1, input_shape)
    graph = onnx.helper.make_graph(nodes, "constant", [source], declared, constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


def flat_table(
    classes: int, count: int, boxes: list[tuple[float, float, float, float, int, float]]
) -> npt.NDArray[np.float32]:
    """[1, 4 + classes, count]; a box is centre x, centre y, width, height, class, score."""
    table = np.zeros((1, 4 + classes, count), np.float32)
    table[0, :4] = 1.0
    for i, (x, y, width, height, index, score) in enumerate(boxes):
        table[0, :4, i] = (x, y, width, height)
        table[0, 4 + index, i] = score
    return table


ULTRALYTICS = {
    "task": "detect",
    "stride": "32",
    "imgsz": "[64, 64]",
    "names": "{0: 'cat', 1: 'dog'}",
    "description": "Ultralytics test model",
}
