# SPDX-License-Identifier: Apache-2.0
"""OpenVINO behind the Session face: pictures go straight into an inference request's memory.

OpenVINO itself is imported by the first session.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from edgefirst_hal import Error
from edgefirst_hal._core import model_contents
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.session import Array, TensorSpec

_NARROW = ("uint8", "int8", "uint16", "int16")


class OpenvinoSession:
    """OpenVINO keeps the integers of a quantised TFLite file, but neither their scales nor the
    metadata of ONNX: the library reads both from the file.
    """

    def __init__(self, path: Path, threads: int) -> None:
        import openvino

        core = openvino.Core()
        if threads > 0:
            core.set_property("CPU", {"INFERENCE_NUM_THREADS": threads})
        self._core = core
        self._model = core.read_model(str(path))
        self.engine = f"openvino {openvino.__version__.split('-')[0]}"
        self.metadata: Mapping[str, str] = _metadata(self._model)
        if len(self._model.inputs) != 1:
            raise ModelError(
                f"it has {len(self._model.inputs)} inputs; models with one are supported"
            )
        inputs, outputs, texts = _contents(path)
        self.metadata = self.metadata or texts
        self._input = _with_scale(_spec(self._model.inputs[0], 0), inputs)
        ports = enumerate(self._model.outputs)
        self._outputs = [_with_scale(_spec(port, i), outputs) for i, port in ports]
        self._compiled: Any = None
        self._request: Any = None

    @property
    def input(self) -> TensorSpec:
        return self._input

    def prepare(self, shape: tuple[int, ...]) -> None:
        if shape != self._input.shape:
            self._model.reshape(list(shape))
        self._compiled = self._core.compile_model(self._model, "CPU")
        self._request = self._compiled.create_infer_request()

    def input_array(self) -> Array:
        array: Array = self._request.get_input_tensor(0).data
        return array

    def run(self) -> Sequence[Array]:
        self._request.infer()
        return [self._request.get_output_tensor(i).data for i in range(len(self._outputs))]

    def output_specs(self) -> Sequence[TensorSpec]:
        return self._outputs

    def twin(self) -> OpenvinoSession:
        """A second request on the same compiled model."""
        other = copy.copy(self)
        other._request = self._compiled.create_infer_request()
        return other


def _contents(path: Path) -> tuple[Sequence[Any], Sequence[Any], dict[str, str]]:
    """What the library reads of a file: scales, which OpenVINO drops, and the keys of ONNX."""
    suffix = path.suffix.lower()
    if suffix not in (".onnx", ".tflite"):
        return [], [], {}
    try:
        inputs, outputs, texts = model_contents(path)
    except Error as error:
        if suffix == ".onnx":  # has no scales, and its keys may be missing
            return [], [], {}
        raise ModelError(f"its description cannot be read ({error})") from error
    return inputs, outputs, dict(texts) if suffix == ".onnx" else {}


def _metadata(model: Any) -> dict[str, str]:
    """What an .xml file carries as model information; other kinds carry none."""
    try:
        section = model.get_rt_info(["model_info"])
    except RuntimeError:
        return {}
    value = getattr(section, "value", section)
    if not isinstance(value, dict):
        return {}
    return {str(key): str(getattr(entry, "value", entry)) for key, entry in value.items()}


def _with_scale(spec: TensorSpec, tensors: Sequence[Any]) -> TensorSpec:
    """The spec with what the file says of its scale, found by name, else by a shape of its own."""
    named = [scale for name, _, scale in tensors if name == spec.name]
    shaped = [scale for _, shape, scale in tensors if tuple(shape) == spec.shape]
    found = named or shaped
    if spec.dtype not in _NARROW or len(found) != 1 or found[0] is None:
        return spec
    return replace(spec, scale=found[0][0], zero_point=found[0][1])


def _spec(port: Any, index: int) -> TensorSpec:
    names = port.get_names()
    shape = tuple(
        None if extent.is_dynamic else int(extent.get_length()) for extent in port.partial_shape
    )
    name = min(names) if names else f"tensor {index}"
    return TensorSpec(name, shape, np.dtype(port.element_type.to_dtype()).name)
