# SPDX-License-Identifier: Apache-2.0
"""OpenVINO behind the Session face: pictures go straight into an inference request's memory.

OpenVINO itself is imported by the first session.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.session import Array, TensorSpec


class OpenvinoSession:
    """Quantised files come out with float outputs: OpenVINO folds the scales into the graph."""

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
        self._input = _spec(self._model.inputs[0], 0)
        self._outputs = [_spec(port, i) for i, port in enumerate(self._model.outputs)]
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


def _spec(port: Any, index: int) -> TensorSpec:
    names = port.get_names()
    shape = tuple(
        None if extent.is_dynamic else int(extent.get_length()) for extent in port.partial_shape
    )
    name = min(names) if names else f"tensor {index}"
    return TensorSpec(name, shape, np.dtype(port.element_type.to_dtype()).name)
