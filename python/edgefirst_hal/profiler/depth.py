# SPDX-License-Identifier: Apache-2.0
"""How many frames may be in flight with each backend: the table, and the clamp."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT = 2

MAXIMUM = {
    "onnxruntime": 2,
    "tflite": 2,
    "openvino": 2,
    "tflite-neutron": 2,
    "tflite-vx": 1,
    "ara2": 2,
    "hailort": 2,
    "tensorrt": 2,
}
"""Concurrent inference clients that each backend serves. The NPU behind VxDelegate serves one."""


_DELEGATES = {"vx": "tflite-vx", "neutron": "tflite-neutron"}


def backend_of(engine: str, delegate: Path | None) -> str:
    """The row of the table; delegates are known by the names of their files."""
    name = "" if delegate is None else delegate.name.lower()
    return next((row for part, row in _DELEGATES.items() if part in name), engine)


@dataclass(frozen=True)
class PipelineDepth:
    """The depth asked for and the one that the backend allows."""

    asked: int
    backend: str

    @property
    def used(self) -> int:
        return max(1, min(self.asked, MAXIMUM[self.backend]))

    def __str__(self) -> str:
        mode = "sequential" if self.used == 1 else "pipelined"
        return f"Pipeline depth: {self.used} ({mode})"

    @property
    def remark(self) -> str:
        """Why it is not what was asked for; empty if it is."""
        if self.used == self.asked:
            return ""
        return f"depth {self.asked} was asked for; {self.backend} allows {self.used}"
