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

from edgefirst_hal.models.error import ModelError

Array = npt.NDArray[Any]

ENGINES = {".onnx": "onnxruntime", ".tflite": "ai-edge-litert"}


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


def open_session(path: Path, threads: int) -> Session:
    """Chooses the engine by the file's name. Raises ModelError."""
    if not path.is_file():
        raise ModelError("no such file")
    suffix = path.suffix.lower()
    if suffix not in ENGINES:
        raise ModelError(f"unknown kind '{suffix}'; give an .onnx or .tflite file")
    try:
        if suffix == ".onnx":
            from edgefirst_hal.models.onnx_session import OnnxSession

            return OnnxSession(path, threads)
        from edgefirst_hal.models.tflite_session import TfliteSession

        return TfliteSession(path, threads)
    except ImportError as error:
        raise ModelError(
            f"it needs {ENGINES[suffix]}, which cannot be imported ({error}); "
            f"pip install {ENGINES[suffix]}"
        ) from error
    except ModelError:
        raise
    except Exception as error:  # engines raise classes of their own
        raise ModelError(f"{ENGINES[suffix]} refuses it: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """The start of an exception's text, on one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
