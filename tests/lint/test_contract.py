# SPDX-License-Identifier: Apache-2.0
"""Holds the build against the 0.24 contracts where they lie beside the checkout. The checkers print
what is missing and fail where anything is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sources import ROOT

TOOLS = Path(os.environ.get("EDGEFIRST_SHARED_DIR", ROOT.parent / "shared")) / "tools"
needs_tools = pytest.mark.skipif(
    not TOOLS.is_dir(), reason=f"the contract checkers are not at {TOOLS} (EDGEFIRST_SHARED_DIR)"
)


def check(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    result = subprocess.run(command, cwd="/tmp", capture_output=True, text=True, check=False)
    with capsys.disabled():
        print("\n" + result.stdout.strip())
    assert result.returncode == 0, result.stdout + result.stderr


@needs_tools
def test_the_c_surface_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    library = ROOT / "build/release/capi/libedgefirst_hal.so"
    if not library.exists():
        pytest.skip("the C library is not built (make test-cpp)")
    include = ["--include", str(ROOT / "capi/include"), "--include", str(ROOT / "include")]
    command = [sys.executable, str(TOOLS / "check_c_surface.py"), *include, "--lib", str(library)]
    check(capsys, command)


@needs_tools
def test_the_python_surface_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, [sys.executable, str(TOOLS / "check_python_surface.py")])
