# SPDX-License-Identifier: Apache-2.0
"""The repository's files, as the lint tests see them: tracked files only."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(*suffixes: str) -> list[Path]:
    """Tracked and new files with one of the suffixes, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return sorted(
        Path(name) for name in listed if name.endswith(suffixes) and (ROOT / name).exists()
    )


def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
