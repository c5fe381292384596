# SPDX-License-Identifier: Apache-2.0
"""The Python program that README.md shows runs as shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import edgefirst_hal as ef
import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "package" / "readme.py"
SAMPLES = Path(ef.__file__).parent / "samples"


def test_the_readme_program_finds_and_draws(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the sample model is an ONNX file")
    command = [sys.executable, PROGRAM, SAMPLES / "shapes.onnx", SAMPLES / "pictures" / "001.jpg"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "circle" in shown
    overlay = ef.Tensor.load(str(tmp_path / "overlay.jpg"))
    assert (overlay.width, overlay.height) == (480, 640)
