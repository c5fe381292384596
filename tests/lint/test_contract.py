# SPDX-License-Identifier: Apache-2.0
"""Holds the build against the 0.24 contracts where they lie beside the checkout: a report of
progress. The checkers print what is missing; these tests fail only when a checker cannot run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sources import ROOT

TOOLS = Path(os.environ.get("EDGEFIRST_SHARED_DIR", ROOT.parent / "shared")) / "tools"
needs_tools = pytest.mark.skipif(
    not TOOLS.is_dir(), reason=f"the contract checkers are not at {TOOLS} (EDGEFIRST_SHARED_DIR)"
)


def report(capsys: pytest.CaptureFixture[str], command: list[str]) -> str:
    result = subprocess.run(command, cwd="/tmp", capture_output=True, text=True, check=False)
    with capsys.disabled():
        print("\n" + result.stdout.strip())
    return result.stdout


@needs_tools
def test_c_surface_progress(capsys: pytest.CaptureFixture[str]) -> None:
    library = ROOT / "build/release/capi/libedgefirst_hal.so"
    if not library.exists():
        pytest.skip("the C library is not built (make test-cpp)")
    include = ["--include", str(ROOT / "capi/include"), "--include", str(ROOT / "include")]
    command = [sys.executable, str(TOOLS / "check_c_surface.py"), *include, "--lib", str(library)]
    assert re.search(r"\d+ of \d+ functions", report(capsys, command))


@needs_tools
def test_python_surface_progress(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, str(TOOLS / "check_python_surface.py")]
    assert re.search(r"\d+ of \d+ points", report(capsys, command))
