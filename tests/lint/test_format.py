# SPDX-License-Identifier: Apache-2.0
"""Formatting, licence lines, and the linters of both languages."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sources import ROOT, text, tracked

CPP = tracked(".cpp", ".hpp", ".h", ".c")
COMMENTED = tracked(".cpp", ".hpp", ".h", ".c", ".py", ".pyi", ".cmake", "CMakeLists.txt", ".toml")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_source_file_names_its_licence() -> None:
    missing = [f for f in COMMENTED if "SPDX-License-Identifier: Apache-2.0" not in text(f)[:200]]
    assert not missing


def test_only_the_type_marker_is_empty() -> None:
    """`zig c++ -fsyntax-only` and programs that fail leave empty files behind."""
    empty = [str(f) for f in tracked("") if (ROOT / f).stat().st_size == 0]
    assert empty == ["python/edgefirst_hal/py.typed"]


@pytest.mark.skipif(shutil.which("clang-format") is None, reason="clang-format is not installed")
def test_cpp_is_formatted() -> None:
    result = run("clang-format", "--dry-run", "-Werror", *map(str, CPP))
    assert result.returncode == 0, result.stderr[:3000]


def test_python_is_formatted() -> None:
    result = run(sys.executable, "-m", "ruff", "format", "--check", ".")
    assert result.returncode == 0, result.stdout


def test_python_passes_ruff() -> None:
    result = run(sys.executable, "-m", "ruff", "check", ".")
    assert result.returncode == 0, result.stdout


def test_python_passes_mypy_strict() -> None:
    result = run(sys.executable, "-m", "mypy", "--strict", "python/edgefirst_hal")
    assert result.returncode == 0, result.stdout


def test_stubs_agree_with_the_extension() -> None:
    allowlist = ROOT / "tests/lint/stubtest_allowlist.txt"
    command = [sys.executable, "-m", "mypy.stubtest", "edgefirst_hal", "--ignore-missing-stub"]
    command += ["--mypy-config-file", str(ROOT / "pyproject.toml")]
    if allowlist.exists():
        command += ["--allowlist", str(allowlist)]
    # Outside the tree, where the installed package is the one that is found.
    result = subprocess.run(
        command, cwd="/tmp", capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stdout[-3000:]


def test_no_unfinished_work_is_marked() -> None:
    mark = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    here = Path("tests/lint")
    found = [f for f in tracked(".cpp", ".hpp", ".h", ".c", ".py", ".pyi") if mark.search(text(f))]
    assert not [f for f in found if here not in f.parents]
