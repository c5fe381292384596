# SPDX-License-Identifier: Apache-2.0
"""Where no file may grow beyond some bytes, files are whole or absent, and the loss is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("forks interpreters with limits of their own", allow_module_level=True)
for name in ("onnxruntime", "pyarrow", "matplotlib", "pycocotools", "yaml", "onnx"):
    pytest.importorskip(name, reason="the commands run models and store runs")

import running  # noqa: E402
from command_lines import CommandLine  # noqa: E402
from profiler_cases import write_cats_model, write_coco, write_pictures  # noqa: E402

LIMITS = [0, 1, 300, 2500, 5000, 20_000, 60_000, 10_000_000]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    running.preload()
    folder = tmp_path_factory.mktemp("files")
    write_cats_model(folder)
    write_coco(folder / "truth.json", write_pictures(folder / "in", 9))
    return folder


def ended(files: Path, folder: Path, arguments: list[str], limit: int) -> tuple[int, set[str], str]:
    """The exit code, the files of the output, and stderr."""
    arguments = [each.replace("@", str(files)) for each in arguments]
    line = CommandLine([*arguments, str(folder / "out")], folder, limits={"RLIMIT_FSIZE": limit})
    assert running.complaints(line) == []
    root = folder / "out"
    stored = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    again = CommandLine([*arguments, str(folder / "again")], folder, limits=line.limits)
    code, (_, errors, _) = running.outcome(again)
    return code, stored, errors


DETECT = ["detect", "@/in", "--model", "@/cats.onnx", "--output"]
OVERLAYS = {f"in/{i:04d}.jpg" for i in range(9)}


@pytest.mark.parametrize("limit", LIMITS)
def test_detect_stores_what_there_is_room_for(files: Path, tmp_path: Path, limit: int) -> None:
    code, stored, errors = ended(files, tmp_path, DETECT, limit)
    everything = {"detections.json", "trace.json", *OVERLAYS}
    lost = everything - stored
    assert (code == 0) == (not lost)
    assert code in (0, 2)
    assert bool(errors) == bool(lost)
    if limit >= 5000:
        assert "detections.json" in stored  # whatever befell the others
    if limit >= 20_000:
        assert lost <= {"trace.json"}
    if limit == LIMITS[-1]:
        assert not lost


@pytest.mark.parametrize("limit", LIMITS)
def test_validate_stores_what_there_is_room_for(files: Path, tmp_path: Path, limit: int) -> None:
    validate = ["validate", "@/cats.onnx", "--images", "@/in", "--ground-truth", "@/truth.json"]
    code, stored, errors = ended(files, tmp_path, [*validate, "-o"], limit)
    everything = {
        "frames.parquet", "metrics.json", "metrics.yaml", "platform.json", "predictions.parquet",
        "report.html", "run.json", "trace.json",
        *(f"samples/{i:02d}-{i:04d}.jpg" for i in range(6)),
    }  # fmt: skip
    lost = everything - stored
    assert code == (4 if lost else 0)
    for name in lost:
        assert f"not stored: {name}: " in errors or "the predictions file" in errors


def test_links_in_the_output_are_replaced_on_a_full_disk_too(files: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "out").mkdir()
    for name in ("detections.json", "trace.json"):
        os.symlink(victim, tmp_path / "out" / name)
    ended(files, tmp_path, DETECT, 300)
    assert victim.read_text() == "precious"
