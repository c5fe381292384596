# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C at any moment: what a command has is written whole, and nothing is left half."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal import cli
from edgefirst_hal.cli import interrupts, main, profiling
from edgefirst_hal.cli.frames import FrameProcessor
from edgefirst_hal.profiler import folder
from profiler_cases import read_json, write_cats_model, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra profile stores runs with it")
pytest.importorskip("matplotlib", reason="the extra profile draws the charts with it")

INTERRUPTED = 130
RUN_FILES = {
    "frames.parquet", "predictions.parquet", "run.json", "platform.json", "trace.json",
    "report.html", "samples",
}  # fmt: skip


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_cats_model(tmp_path)


def validate(tmp_path: Path, model: Path) -> int:
    write_pictures(tmp_path / "in", 6)
    given = ["--images", str(tmp_path / "in"), "-o", str(tmp_path / "run"), "--quiet"]
    return main(["validate", str(model), *given])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["frames.parquet", "run.json", "report.html"])
def test_an_interrupt_while_files_are_written_lets_them_be_written(
    tmp_path: Path,
    model: Path,
    name: str,
    number: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    attempt = folder.RunFolder._attempt

    def interrupted(self: Any, written: str, write: Any) -> None:
        if written == name:
            os.kill(os.getpid(), number)
        attempt(self, written, write)

    monkeypatch.setattr(folder.RunFolder, "_attempt", interrupted)
    assert validate(tmp_path, model) == INTERRUPTED
    assert set(os.listdir(tmp_path / "run")) == RUN_FILES
    assert read_json(tmp_path / "run", "run.json")["frames"]["done"] == 6
    assert "interrupted: the frames in flight are finished" in capfd.readouterr().err


def test_the_second_interrupt_ends_at_once_and_leaves_no_halves(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = folder.RunFolder._attempt

    def interrupted(self: Any, written: str, write: Any) -> None:
        def write_half(path: Path) -> None:
            path.write_text("half")
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

        attempt(self, written, write_half if written == "run.json" else write)

    monkeypatch.setattr(folder.RunFolder, "_attempt", interrupted)
    assert validate(tmp_path, model) == INTERRUPTED
    assert set(os.listdir(tmp_path / "run")) == {"frames.parquet", "predictions.parquet"}
    assert parquet.read_table(tmp_path / "run/predictions.parquet").num_rows == 12
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_predictions_are_completed_where_a_run_raises(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    process = profiling.ProfilingRun._process

    def fail_at_the_end(self: Any, *arguments: Any) -> None:
        process(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(profiling.ProfilingRun, "_process", fail_at_the_end)
    assert validate(tmp_path, model) == INTERRUPTED
    assert os.listdir(tmp_path / "run") == ["predictions.parquet"]
    assert parquet.read_table(tmp_path / "run/predictions.parquet").num_rows == 12


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_detect_finishes_the_picture_at_work(
    tmp_path: Path,
    model: Path,
    number: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    process = FrameProcessor.process

    def interrupted(self: FrameProcessor, picture: Any, overlay: Path) -> Any:
        if picture.path.stem == "0002":
            os.kill(os.getpid(), number)
        return process(self, picture, overlay)

    monkeypatch.setattr(FrameProcessor, "process", interrupted)
    write_pictures(tmp_path / "in", 6)
    output = tmp_path / "out"
    given = ["--model", str(model), "--output", str(output), "--quiet"]
    assert main(["detect", str(tmp_path / "in"), *given]) == INTERRUPTED
    document = json.loads((output / "detections.json").read_text())
    assert len(document["pictures"]) == 3
    assert len(os.listdir(output / "in")) == 3
    assert json.loads((output / "trace.json").read_text())
    assert "interrupted after 3 of 6 pictures" in capfd.readouterr().err


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    stops: list[int] = []
    with interrupts.orderly_stop(lambda: stops.append(1), "it ends"):
        signal.raise_signal(signal.SIGTERM)
    assert stops == [1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_threads_without_signals_run_the_block() -> None:
    ran: list[bool] = []

    def work() -> None:
        with interrupts.orderly_stop(lambda: None, "it ends"):
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]


def interrupted_import(tmp_path: Path, module: str, source: str, arguments: list[str]) -> Any:
    """Runs a command in which `module`, instead of the real one, runs `source` as it is read."""
    package = tmp_path / "first" / module
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"import os, signal\n{source}")
    return subprocess.run(
        [sys.executable, "-m", "edgefirst_hal.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "first")},
        capture_output=True,
        text=True,
        check=False,
    )


INTERRUPT = "os.kill(os.getpid(), signal.SIGINT)\n"
IMPORTS = [
    INTERRUPT,
    f"{INTERRUPT}raise ImportError('half of it is missing')",  # as C extensions make of it
    f"{INTERRUPT}raise RuntimeError('it was interrupted')",
    f"{INTERRUPT}os.kill(os.getpid(), signal.SIGTERM)\nraise ImportError('twice')",
    "os.kill(os.getpid(), signal.SIGTERM)\n",
    "raise KeyboardInterrupt",
]


@pytest.mark.parametrize(
    ("module", "source"),
    [("onnxruntime", source) for source in IMPORTS]
    + [(module, IMPORTS[1]) for module in ("numpy", "pyarrow", "matplotlib")],
)
def test_an_interrupt_while_a_library_is_imported_is_told_as_one(
    tmp_path: Path, model: Path, module: str, source: str
) -> None:
    write_pictures(tmp_path / "in", 1)
    given = ["profile", str(model), "--images", str(tmp_path / "in"), "-o", str(tmp_path / "run")]
    done = interrupted_import(tmp_path, module, source, given)
    assert (done.returncode, done.stderr) == (INTERRUPTED, "edgefirst-hal: interrupted\n")
    assert not (tmp_path / "run/run.json").exists()


@pytest.mark.parametrize("command", ["detect", "info", "report"])
def test_every_command_tells_an_interrupted_import(
    tmp_path: Path, model: Path, command: str
) -> None:
    assert validate(tmp_path, model) == 0
    given = {
        "detect": [str(tmp_path / "in"), "--model", str(model), "--output", str(tmp_path / "out")],
        "info": [str(model)],
        "report": [str(tmp_path / "run")],
    }
    module = "matplotlib" if command == "report" else "onnxruntime"
    done = interrupted_import(tmp_path, module, IMPORTS[1], [command, *given[command]])
    assert (done.returncode, done.stderr) == (INTERRUPTED, "edgefirst-hal: interrupted\n")
    assert set(os.listdir(tmp_path / "run")) == RUN_FILES


def test_signals_that_are_held_back_come_when_the_block_ends() -> None:
    before = signal.getsignal(signal.SIGINT)
    steps: list[int] = []

    def block() -> None:
        with interrupts.held_back():
            signal.raise_signal(signal.SIGINT)
            steps.append(1)
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        block()
    assert steps == [1]
    with interrupts.held_back():
        steps.append(2)
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_that_are_held_back_in_an_orderly_stop_stop_it_in_order() -> None:
    steps: list[str] = []
    with interrupts.orderly_stop(lambda: steps.append("stop"), "it ends"):
        with interrupts.held_back():
            signal.raise_signal(signal.SIGINT)
            steps.append("imported")
        steps.append("goes on")
    assert steps == ["imported", "stop", "goes on"]


def test_signals_that_the_caller_ignores_stay_ignored() -> None:
    """As under nohup, and in the background of a script."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for block in (interrupts.held_back(), interrupts.orderly_stop(lambda: None, "it ends")):
            with block:
                signal.raise_signal(signal.SIGINT)
                assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_is_told_to_a_closed_stderr() -> None:
    code = (
        "import os, signal, sys\n"
        "from edgefirst_hal.cli import interrupts\n"
        "os.close(2)\n"
        "with interrupts.orderly_stop(lambda: None, 'it ends'):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "print('goes on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "goes on\n")


def test_what_nobody_expects_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from edgefirst_hal.cli import info

    def fail(arguments: Any) -> int:
        raise RuntimeError("a defect\x1b[2J" + "x" * 1000)

    monkeypatch.setattr(info, "run", fail)
    assert cli.main(["info"]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("edgefirst-hal: error: unexpected RuntimeError: a defect\\x1b[2J")
    assert errors.count("\n") == 1
    assert len(errors) < 320
    monkeypatch.setenv("EDGEFIRST_LOG", "debug")
    with pytest.raises(RuntimeError, match="a defect"):
        cli.main(["info"])
