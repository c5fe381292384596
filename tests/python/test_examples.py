# SPDX-License-Identifier: Apache-2.0
"""The programs of python/examples run as they stand and print what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import edgefirst_hal as ef
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "python/examples"
SAMPLES = Path(ef.__file__).parent / "samples"
MODEL, PICTURE = SAMPLES / "shapes.onnx", SAMPLES / "pictures/000.jpg"


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


def test_frames_of_a_camera_are_imported_once() -> None:
    if not ef.is_dma_available() and "EDGEFIRST_TEST_NEEDS_DMA" not in os.environ:
        pytest.skip("no DMA-BUFs on this machine")
    assert run("camera_pool.py") == "100 frames, 4 imports\n"


def test_an_object_is_tracked_and_drawn(tmp_path: Path) -> None:
    shown = run("track_and_draw.py", PICTURE, tmp_path / "overlay.jpg").splitlines()
    assert len(shown) == 1
    assert shown[0].startswith("square, seen 10 times, at ")
    assert ef.Tensor.load(tmp_path / "overlay.jpg").width == 640


def test_stages_overlap_and_a_lost_picture_is_told() -> None:
    pytest.importorskip("onnxruntime", reason="runs the sample model")
    shown = run("overlap_stages.py", MODEL, PICTURE, Path("gone.jpg"), PICTURE).splitlines()
    assert [line.split(":")[0] for line in shown] == [str(PICTURE), "gone.jpg", str(PICTURE)]
    assert shown[1].startswith("gone.jpg: failed: decode: ")
    assert shown[0].split(" (")[0] == shown[2].split(" (")[0]
    assert "ms of work" in shown[0]
    assert "nothing" not in shown[0]
