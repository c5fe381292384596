# SPDX-License-Identifier: Apache-2.0
"""On a terminal a run shows a bar with frames a second and the time left; colours can be off."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from profiler_cases import write_cats_model, write_pictures

pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX")
for needed in ("onnxruntime", "pyarrow", "matplotlib", "rich"):
    pytest.importorskip(needed, reason="the extra profile brings it")

COLOR = re.compile(rb"\x1b\[[0-9;]*\b3[0-8]\b[0-9;]*m")


def errors_on_a_terminal(tmp_path: Path, environment: dict[str, str]) -> bytes:
    model = write_cats_model(tmp_path)
    write_pictures(tmp_path / "in", 60)
    command = [sys.executable, "-m", "edgefirst_hal.cli", "profile", str(model)]
    command += ["--images", "in", "-o", "run"]
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=inner,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
    )
    os.close(inner)
    seen = b""
    try:
        while piece := os.read(outer, 65536):
            seen += piece
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(outer)
    assert process.wait(timeout=120) == 0
    return seen


@pytest.mark.parametrize(("environment", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_bar_with_frames_a_second_and_the_time_left(
    tmp_path: Path, environment: dict[str, str], colored: bool
) -> None:
    if colored:
        environment = {**environment, "NO_COLOR": ""}
    seen = errors_on_a_terminal(tmp_path, environment)
    assert b"profiling" in seen
    assert re.search(rb"\d+\.\d FPS", seen)
    assert re.search(rb"\d+/60", seen)
    assert re.search(rb"0:00:\d\d|-:--:--", seen)
    assert bool(COLOR.search(seen)) == colored
