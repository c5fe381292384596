# SPDX-License-Identifier: Apache-2.0
"""LiteRT behind the Session face: pictures go straight into the interpreter's memory.

Imported only when a .tflite file is opened.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, load_delegate

from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.session import Array, TensorSpec, name_or_bytes


class TfliteSession:
    """Arrays are views of the interpreter's memory, which refuses to run while one is alive."""

    def __init__(self, path: Path, threads: int, delegate: Path | None = None) -> None:
        """`delegate` is a shared library that takes over operations, as NPUs come with."""
        self._path, self._threads, self._delegate = path, threads, delegate
        self._shape: tuple[int, ...] = ()
        given = name_or_bytes(path)
        self._interpreter = Interpreter(
            model_path=given if isinstance(given, str) else None,
            model_content=given if isinstance(given, bytes) else None,
            num_threads=threads or os.cpu_count(),
            experimental_delegates=_delegates(delegate),
        )
        self.engine = "ai-edge-litert"
        self.metadata: Mapping[str, str] = {}
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise ModelError(f"it has {len(inputs)} inputs; models with one are supported")
        self._input = _spec(inputs[0])
        self._input_index: int = inputs[0]["index"]
        details = self._interpreter.get_output_details()
        self._outputs = [_spec(detail) for detail in details]
        self._output_indices: list[int] = [detail["index"] for detail in details]

    @property
    def input(self) -> TensorSpec:
        return self._input

    def prepare(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        if shape != self._input.shape:
            self._interpreter.resize_tensor_input(self._input_index, shape)
        self._interpreter.allocate_tensors()

    def input_array(self) -> Array:
        return self._view(self._input_index)

    def run(self) -> Sequence[Array]:
        self._interpreter.invoke()
        return [self._view(index) for index in self._output_indices]

    def output_specs(self) -> Sequence[TensorSpec]:
        return self._outputs

    def twin(self) -> TfliteSession:
        """A second interpreter: one cannot be filled or read while it runs."""
        other = TfliteSession(self._path, self._threads, self._delegate)
        other.prepare(self._shape)
        return other

    def _view(self, index: int) -> Array:
        view: Array = self._interpreter.tensor(index)()
        return view


def _delegates(path: Path | None) -> list[Any]:
    if path is None:
        return []
    try:
        ctypes.CDLL(str(path))  # load_delegate reports a missing file twice
        return [load_delegate(str(path))]
    except (OSError, ValueError) as error:
        raise ModelError(f"the delegate {path} cannot be loaded: {error}") from error


def _spec(detail: dict[str, Any]) -> TensorSpec:
    """The signature marks open dimensions with -1."""
    signature = detail.get("shape_signature", detail["shape"])
    shape = tuple(None if extent < 0 else int(extent) for extent in signature)
    quantization = detail["quantization_parameters"]
    scales, zero_points = quantization["scales"], quantization["zero_points"]
    if len(scales) > 1:
        raise ModelError(f"{detail['name']} is quantised per channel, which is not supported")
    dtype = np.dtype(detail["dtype"]).name
    if len(scales) == 0:
        return TensorSpec(detail["name"], shape, dtype)
    return TensorSpec(detail["name"], shape, dtype, float(scales[0]), int(zero_points[0]))
