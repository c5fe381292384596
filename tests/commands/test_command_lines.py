# SPDX-License-Identifier: Apache-2.0
"""Random command lines never end in a traceback, an unknown exit code or a torn file.

EDGEFIRST_COMMAND_LINES says how many (100), EDGEFIRST_COMMAND_SEED where they begin (1). A line
that fails is run again by its number: EDGEFIRST_COMMAND_LINES=1 EDGEFIRST_COMMAND_SEED=number.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("forks interpreters with ends and limits of their own", allow_module_level=True)
for name in ("onnxruntime", "pyarrow", "matplotlib", "pycocotools", "yaml", "onnx"):
    pytest.importorskip(name, reason="the commands run models and store runs")

import running  # noqa: E402
from command_lines import CommandLine, draw  # noqa: E402
from materials import Kit  # noqa: E402
from profiler_cases import write_coco, write_pictures  # noqa: E402

COUNT = int(os.environ.get("EDGEFIRST_COMMAND_LINES", "100"))
FIRST = int(os.environ.get("EDGEFIRST_COMMAND_SEED", "1"))


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    running.preload()
    return Kit(tmp_path_factory.mktemp("kit"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, kit: Kit) -> list[Path]:
    """Two stored runs, with and without ground truth."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "m.onnx").write_bytes(kit.model)
    pictures = write_pictures(folder / "in", 9)
    truth = ["--ground-truth", str(write_coco(folder / "truth.json", pictures))]
    made = []
    for name, given in (("judged", truth), ("plain", [])):
        output = folder / name
        arguments = ["validate", str(folder / "m.onnx"), "--images", str(folder / "in"), *given]
        line = CommandLine([*arguments, "-o", str(output)], folder)
        assert running.complaints(line) == []
        made.append(output)
    return made


@pytest.mark.parametrize("first", range(FIRST, FIRST + COUNT, 20))
def test_no_command_line_ends_in_a_traceback(
    first: int, tmp_path: Path, kit: Kit, runs: list[Path]
) -> None:
    found = {}
    for seed in range(first, min(first + 20, FIRST + COUNT)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        line = draw(seed, folder, kit, runs)
        complaints = running.complaints(line)
        if complaints:
            found[seed] = [*complaints, repr(line)]
        shutil.rmtree(folder, ignore_errors=True)
    assert found == {}
