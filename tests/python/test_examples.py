# SPDX-License-Identifier: Apache-2.0
"""The programs of python/examples run as they stand and print what they promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import edgefirst_hal as ef

EXAMPLES = Path(__file__).resolve().parents[2] / "python/examples"
PICTURE = Path(ef.__file__).parent / "samples/pictures/000.jpg"


def run(name: str, *arguments: Path) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_frames_are_shared_between_processes() -> None:
    shown = run("shared_frames.py").splitlines()
    assert shown == [f"frame {n} arrived in TensorMemory.SHM" for n in range(1, 6)]


def test_a_trace_tells_where_the_time_goes(tmp_path: Path) -> None:
    shown = run("trace_frames.py", PICTURE, tmp_path / "trace.json")
    for name in ("codec.decode_jpeg ", "image.convert "):
        assert any(line.startswith(name) and " 20 times" in line for line in shown.splitlines())
