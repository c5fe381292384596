# SPDX-License-Identifier: Apache-2.0
"""One face for inference engines: memory to fill, a run, memory to read.

Knows nothing of pictures or heads. Called by the model loader; each engine has a file of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

import edgefirst_hal as ef
from edgefirst_hal.models.error import ModelError, ModelNotFoundError

Array = npt.NDArray[Any]

ENGINES = {
    "onnxruntime": (".onnx",),
    "tflite": (".tflite",),
    "openvino": (".onnx", ".tflite", ".xml"),
}
"""What each engine opens. Without a choice the first that opens a file's kind runs it."""

_PLACES_IN_SOURCES = ("Exception from ", "Check '", "FrontEnd API failed")

PACKAGES = {"onnxruntime": "onnxruntime", "tflite": "ai-edge-litert", "openvino": "openvino"}
"""The package that each engine comes in."""


def name_or_bytes(path: Path) -> str | bytes:
    """What an engine is given: the file's name, or its bytes where the name is not UTF-8.

    Raises OSError.
    """
    try:
        str(path).encode()
        return str(path)
    except UnicodeEncodeError:
        return path.read_bytes()


@dataclass(frozen=True)
class TensorSpec:
    """An input or output. A dimension the file leaves open is None."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    scale: float | None = None
    zero_point: int = 0

    def __str__(self) -> str:
        extents = ", ".join("?" if extent is None else str(extent) for extent in self.shape)
        return f"{self.name} {self.dtype} [{extents}]"


class Session(Protocol):
    """A model loaded into an engine; one input. Not thread-safe."""

    engine: str
    metadata: Mapping[str, str]
    """Key and value text that the file carries."""

    @property
    def input(self) -> TensorSpec: ...

    def prepare(self, shape: tuple[int, ...]) -> None:
        """Fixes the input's shape and allocates; call it once."""

    def input_array(self) -> Array:
        """What the next run reads. Do not keep it across run()."""

    def run(self) -> Sequence[Array]:
        """The outputs, valid until the next run; drop them before it."""

    def output_specs(self) -> Sequence[TensorSpec]:
        """Names and quantisation of the outputs, in the order of run()."""

    def twin(self) -> Session:
        """Another one, prepared alike, with memory of its own: filled and read while this runs."""


@dataclass(frozen=True)
class EngineOptions:
    """`engine` is a key of ENGINES, None chooses by the file's suffix; `delegate` is TFLite's."""

    threads: int = 0
    engine: str | None = None
    delegate: Path | None = None


def open_session(path: Path, options: EngineOptions) -> Session:
    """Opens the file with the engine asked for. Raises ModelError."""
    if not path.is_file():
        raise ModelNotFoundError("no such file", path)
    engine = choose_engine(path.suffix.lower(), options.engine)
    if options.delegate is not None and engine != "tflite":
        raise ModelError(f"a delegate belongs to tflite; {engine} takes none")
    package = PACKAGES[engine]
    try:
        return _open(path, engine, options)
    except ImportError as error:
        raise ModelError(
            f"it needs {package}, which cannot be imported ({error}); pip install {package}"
        ) from error
    except ModelError:
        raise
    except Exception as error:  # engines raise classes of their own
        raise ModelError(f"{package} refuses it: {first_line(error)}") from error


def choose_engine(suffix: str, wanted: str | None) -> str:
    """The key of ENGINES that opens the suffix. Raises ModelError."""
    if wanted is None:
        for engine, suffixes in ENGINES.items():
            if suffix in suffixes:
                return engine
        raise ModelError(f"unknown kind '{suffix}'; give an .onnx or .tflite file")
    if suffix not in ENGINES[wanted]:
        raise ModelError(f"{wanted} does not open '{suffix}', only {', '.join(ENGINES[wanted])}")
    return wanted


def _open(path: Path, engine: str, options: EngineOptions) -> Session:
    if engine == "onnxruntime":
        from edgefirst_hal.models.onnx_session import OnnxSession

        return OnnxSession(path, options.threads)
    if engine == "openvino":
        from edgefirst_hal.models.openvino_session import OpenvinoSession

        return OpenvinoSession(path, options.threads)
    from edgefirst_hal.models.tflite_session import TfliteSession

    return TfliteSession(path, options.threads, options.delegate)


def wrap_output(array: Array, spec: TensorSpec) -> ef.Tensor:
    """A tensor over the array, with its quantisation."""
    tensor = ef.Tensor.wrap(array)
    if spec.scale is not None:
        tensor.set_quantization_per_tensor(spec.scale, spec.zero_point)
    return tensor


def first_line(error: BaseException) -> str:
    """The first line of an exception's text that tells something, not a place in the engine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_PLACES_IN_SOURCES)]
    return (telling or lines or [type(error).__name__])[0]
