# SPDX-License-Identifier: Apache-2.0
"""How much of its speed a Python thread keeps beside each operation: gil.py in the environment of
every contestant that has these operations."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from contestants import CONTESTANTS, HERE, OURS, Contestant

ALIKE = [c for c in CONTESTANTS if c.module == OURS.module]


@pytest.mark.parametrize("contestant", ALIKE, ids=lambda c: c.name)
def test_speed_kept(contestant: Contestant, jpeg: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not contestant.python.exists():
        pytest.skip(f"{contestant.python.parents[1]} has no environment: make .venv/bench makes it")
    environment = {**os.environ, "EDGEFIRST_BENCH_JPEG": str(jpeg), "RUST_LOG": "off"}
    command = [str(contestant.python), str(HERE / "gil.py")]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [row["operation"] for row in rows] == [
        "decode_image",
        "convert",
        "decode",
        "draw",
        "materialize",
    ]
    with capsys.disabled():
        for row in rows:
            if "absent" in row:
                print(f"\n{contestant.name} {row['operation']:12} absent: {row['absent']}", end="")
                continue
            print(
                f"\n{contestant.name} {row['operation']:12} speed kept {row['speed']:.3f}", end=""
            )
            print(f", not kept waiting by the lock {row['lock']}, {row['calls']} calls a second")
