# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime behind the Session face: bound input and outputs, so that a run copies nothing.

Imported only when an .onnx file is opened.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.session import Array, TensorSpec, name_or_bytes

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(uint16)": "uint16",
    "tensor(int16)": "int16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
}
_ERRORS_ONLY = 3


class OnnxSession:
    """Outputs of fixed shape live in buffers made once; the others are made by each run."""

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        if threads > 0:
            options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            name_or_bytes(path), options, providers=["CPUExecutionProvider"]
        )
        self.engine = f"onnxruntime {onnxruntime.__version__}"
        meta = self._session.get_modelmeta()
        self.metadata: Mapping[str, str] = dict(meta.custom_metadata_map)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelError(f"it has {len(inputs)} inputs; models with one are supported")
        self._input = _spec(inputs[0])
        self._outputs = [_spec(node) for node in self._session.get_outputs()]
        self._array: Array = np.zeros(0, np.uint8)
        self._bound: list[Array] = []
        self._binding: Any = None

    @property
    def input(self) -> TensorSpec:
        return self._input

    def prepare(self, shape: tuple[int, ...]) -> None:
        self._array = np.zeros(shape, self._input.dtype)
        if any(extent is None for spec in self._outputs for extent in spec.shape):
            return
        self._binding = self._session.io_binding()
        _bind(self._binding.bind_input, self._input.name, self._array)
        for spec in self._outputs:
            array = np.zeros([extent or 0 for extent in spec.shape], spec.dtype)
            _bind(self._binding.bind_output, spec.name, array)
            self._bound.append(array)

    def input_array(self) -> Array:
        return self._array

    def run(self) -> Sequence[Array]:
        if self._binding is None:
            outputs: Sequence[Array] = self._session.run(None, {self._input.name: self._array})
            return outputs
        self._session.run_with_iobinding(self._binding)
        return self._bound

    def output_specs(self) -> Sequence[TensorSpec]:
        return self._outputs

    def twin(self) -> OnnxSession:
        """Shares the loaded model, whose runs ONNX Runtime allows from several threads."""
        other = copy.copy(self)
        other._bound, other._binding = [], None
        other.prepare(self._array.shape)
        return other


def _bind(bind: Any, name: str, array: Array) -> None:
    bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)


def _spec(node: Any) -> TensorSpec:
    """Open dimensions are strings or None in ONNX Runtime."""
    shape = tuple(extent if isinstance(extent, int) else None for extent in node.shape)
    if node.type not in _DTYPES:
        raise ModelError(f"{node.name} has the type {node.type}, which is not supported")
    return TensorSpec(node.name, shape, _DTYPES[node.type])
