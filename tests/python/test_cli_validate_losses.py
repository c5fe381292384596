# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in a run ends it in order: it keeps what it has, says what is lost, exits so."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal._distribution import pip_install
from edgefirst_hal.cli import main
from edgefirst_hal.profiler import folder as folder_module
from edgefirst_hal.profiler import libraries, predictions
from profiler_cases import read_json, write_cats_model, write_coco, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra profile stores runs with it")
pytest.importorskip("matplotlib", reason="the extra profile draws the charts with it")

COUNT = 12
INCOMPLETE, LOST_OUTPUT, INTERRUPTED = 3, 4, 130


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_cats_model(tmp_path)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return write_pictures(tmp_path / "in", COUNT)


def validate(tmp_path: Path, *arguments: object) -> int:
    given = [str(argument) for argument in arguments]
    return main(["validate", *given, "--images", str(tmp_path / "in"), "-o", str(tmp_path / "run")])


def no_pipeline_thread_is_left() -> bool:
    return not [t for t in threading.enumerate() if t.name.startswith("pipeline-")]


@pytest.mark.parametrize("depth", [1, 2])
def test_corrupt_and_vanished_pictures_fail_alone(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    capsys: pytest.CaptureFixture[str],
    depth: int,
) -> None:
    pictures[3].write_bytes(b"\xff\xd8 no picture")
    pictures[5].write_bytes(pictures[5].read_bytes()[:200])
    pictures[7].unlink()
    pictures[7].symlink_to(tmp_path / "gone")
    truth = write_coco(tmp_path / "truth.json", pictures)
    given = (model, "--ground-truth", truth, "--pipeline-depth", depth)
    assert validate(tmp_path, *given) == INCOMPLETE
    captured = capsys.readouterr()
    for number in (3, 5, 7):
        assert f"error: 000{number}.jpg: decode: " in captured.err
    assert "9 of 12 done, 3 failed" in captured.out
    run = read_json(tmp_path / "run", "run.json")
    assert [failure["label"] for failure in run["failures"]] == ["0003.jpg", "0005.jpg", "0007.jpg"]
    rows = parquet.read_table(tmp_path / "run/frames.parquet").to_pylist()
    assert [row["frame"] for row in rows if row["status"] == "failed"] == [3, 5, 7]
    metrics = read_json(tmp_path / "run", "metrics.json")
    assert (metrics["coverage"]["frames"], metrics["coverage"]["evaluated"]) == (12, 9)
    assert metrics["boxes"]["AP"] == pytest.approx(1.0)


@pytest.mark.parametrize("depth", [1, 2])
def test_an_engine_that_throws_costs_the_frames_it_threw_on(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    depth: int,
) -> None:
    from edgefirst_hal.models.onnx_session import OnnxSession

    run_once: Callable[[OnnxSession], Sequence[Any]] = OnnxSession.run
    lock, calls = threading.Lock(), [0]

    def run(self: OnnxSession) -> Sequence[Any]:
        with lock:
            calls[0] += 1
            fails = calls[0] % 4 == 0
        if fails:
            raise RuntimeError("NPU hung up\nat line 7")
        return run_once(self)

    monkeypatch.setattr(OnnxSession, "run", run)
    given = (model, "--warmup", 0, "--pipeline-depth", depth)
    assert validate(tmp_path, *given) == INCOMPLETE
    assert "inference: inference failed: NPU hung up" in capsys.readouterr().err
    frames = read_json(tmp_path / "run", "run.json")["frames"]
    assert (frames["done"], frames["failed"]) == (9, 3)
    assert no_pipeline_thread_is_left()


def test_an_engine_that_throws_at_once_ends_before_the_first_frame(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from edgefirst_hal.models.onnx_session import OnnxSession

    def run(self: OnnxSession) -> Sequence[Any]:
        raise RuntimeError("no device")

    monkeypatch.setattr(OnnxSession, "run", run)
    assert validate(tmp_path, model) == 2
    assert "no device" in capsys.readouterr().err


class FullDisk:
    """Refuses after some writes, as a full disk does."""

    def __init__(self, after: int, write: Callable[..., Any]) -> None:
        self.left = after
        self._write = write

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if options:  # frames.parquet, written in one go
            return self._write(*arguments, **options)
        if self.left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.left -= 1
        return self._write(*arguments)


def test_a_disk_that_fills_up_ends_the_run_and_the_report_still_comes(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Groups of two frames: the second cannot be written, in the output stage of frame 4."""
    monkeypatch.setattr(predictions, "_GROUP", 2)
    writer = FullDisk(1, parquet.ParquetWriter.write_table)
    monkeypatch.setattr(parquet.ParquetWriter, "write_table", lambda *a, **b: writer(*a, **b))
    truth = write_coco(tmp_path / "truth.json", pictures)
    given = (model, "--ground-truth", truth, "--pipeline-depth", 1)
    assert validate(tmp_path, *given) == LOST_OUTPUT
    captured = capsys.readouterr()
    assert "not stored: predictions.parquet: No space left on device" in captured.err
    assert "the run ended early" in captured.err
    assert "Precision of boxes: AP 1.0000" in captured.out
    run = read_json(tmp_path / "run", "run.json")
    assert "No space left" in run["broken"]
    assert (run["frames"]["done"], run["frames"]["not_reached"]) == (5, COUNT - 5)
    assert not (tmp_path / "run/predictions.parquet").exists()


def test_a_full_disk_at_the_end_loses_files_by_name_and_leaves_no_halves(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replaced = FullDisk(3, os.replace)
    monkeypatch.setattr(folder_module.os, "replace", replaced)
    assert validate(tmp_path, model) == LOST_OUTPUT
    errors = capsys.readouterr().err
    monkeypatch.undo()
    stored = {path.name for path in (tmp_path / "run").iterdir() if path.is_file()}
    assert stored == {"predictions.parquet", "frames.parquet", "run.json"}
    for lost in ("platform.json", "trace.json", "report.html"):
        assert f"not stored: {lost}: No space left on device" in errors


def test_files_that_the_system_cuts_short_are_lost_by_name(tmp_path: Path, model: Path) -> None:
    """The kernel refuses to let any file grow beyond 3 KB."""
    write_pictures(tmp_path / "in", COUNT)
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
    limit += "from edgefirst_hal.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", limit, "validate", str(model), "--images", "in", "-o", "run"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == LOST_OUTPUT
    assert "Traceback" not in done.stderr
    assert "not stored: predictions.parquet: " in done.stderr
    assert "not stored: report.html: File too large" in done.stderr
    assert "Frames: 12 of 12 done" in done.stdout
    for path in (tmp_path / "run").rglob("*"):
        assert ".partial" not in path.name
        assert path.name not in ("predictions.parquet", "report.html")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_summary_that_cannot_be_written_is_told(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(tmp_path, model, "--json", "/dev/full") == LOST_OUTPUT
    assert "not stored: /dev/full: No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("depth", "number"), [(1, signal.SIGINT), (2, signal.SIGINT), (2, signal.SIGTERM)]
)
def test_interrupt_ends_the_run_with_what_it_has(
    tmp_path: Path, model: Path, depth: int, number: signal.Signals
) -> None:
    write_pictures(tmp_path / "in", 3000)
    command = [sys.executable, "-m", "edgefirst_hal.cli", "validate", str(model)]
    command += ["--images", str(tmp_path / "in"), "-o", str(tmp_path / "run")]
    command += ["--pipeline-depth", str(depth)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("run/.*.partial")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED
    assert "Traceback" not in errors
    assert "interrupted: the frames in flight are finished" in errors
    assert "The run was interrupted; this is what it had." in out
    run = read_json(tmp_path / "run", "run.json")
    assert run["interrupted"]
    frames = run["frames"]
    assert 0 < frames["done"] < 3000
    assert frames["skipped"] <= 1
    assert frames["done"] + frames["skipped"] + frames["not_reached"] == 3000
    rows = parquet.read_table(tmp_path / "run/frames.parquet").to_pylist()
    assert [row["frame"] for row in rows] == list(range(frames["done"]))
    stored = parquet.read_table(tmp_path / "run/predictions.parquet")
    assert stored.num_rows == 2 * frames["done"]


@pytest.mark.parametrize("module", ["pyarrow", "matplotlib"])
def test_an_absent_library_is_named_before_the_run(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: str,
) -> None:
    load = libraries.importlib.import_module

    def absent(name: str) -> Any:
        if name.split(".")[0] == module:
            raise ImportError(f"No module named '{name}'")
        return load(name)

    monkeypatch.setattr(libraries.importlib, "import_module", absent)
    assert validate(tmp_path, model) == 2
    errors = capsys.readouterr().err
    assert f"needs {module}, which cannot be imported" in errors
    assert pip_install("profile") in errors
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--ground-truth", "gone"], "ground truth gone: expected a COCO .json file"),
        (["--images", "gone"], "gone: no pictures (.jpg, .jpeg, .png) and no video"),
        (["--delegate", "x.so"], "a delegate belongs to tflite; onnxruntime takes none"),
        (["--backend", "tflite"], "tflite does not open '.onnx', only .tflite"),
    ],
)
def test_what_cannot_run_is_one_clear_line(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    text: str,
) -> None:
    command = ["validate", str(model), "--images", str(tmp_path / "in")]
    assert main([*command, "-o", str(tmp_path / "run"), *arguments]) == 2
    errors = capsys.readouterr().err
    assert text in errors
    assert errors.count("\n") == 1


def test_a_folder_that_holds_something_is_not_written_to(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "run/kept.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    assert validate(tmp_path, model) == 2
    assert "is not empty; give another folder with -o" in capsys.readouterr().err
    assert [path.name for path in kept.parent.iterdir()] == ["kept.txt"]
