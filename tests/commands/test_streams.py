# SPDX-License-Identifier: Apache-2.0
"""Commands keep their results where stdout or stderr is closed, full, unread, or lacks letters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("forks interpreters, and /dev/full is Linux's", allow_module_level=True)
for name in ("onnxruntime", "pyarrow", "matplotlib", "pycocotools", "yaml", "onnx"):
    pytest.importorskip(name, reason="the commands run models and store runs")

import running  # noqa: E402
from command_lines import CommandLine  # noqa: E402
from edgefirst_hal.cli import main  # noqa: E402
from profiler_cases import write_cats_model, write_pictures  # noqa: E402

RUN_FILES = {
    "frames.parquet", "platform.json", "predictions.parquet", "report.html", "run.json", "samples",
    "trace.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, pictures, and a run over them."""
    running.preload()
    folder = tmp_path_factory.mktemp("files")
    model = write_cats_model(folder)
    write_pictures(folder / "in", 9)
    run = ["profile", str(model), "--images", str(folder / "in"), "-o", str(folder / "run")]
    assert main([*run, "--quiet"]) == 0
    return folder


def command(
    files: Path, arguments: list[str], ends: dict[int, str], encoding: str = "utf-8"
) -> tuple[int, str, str]:
    """The exit code and what came out; `ends` of 0, 1 and 2 are closed, full or unread."""
    stdin, stdout, stderr = (ends.get(number, "pipe") for number in range(3))
    line = CommandLine(arguments, files, (stdin, stdout, stderr), encoding)
    code, (printed, errors, raised) = running.outcome(line)
    assert raised == ""
    return code, printed, errors


def detect(output: Path) -> list[str]:
    return ["detect", "in", "--model", "cats.onnx", "--output", str(output)]


def is_complete_detection(output: Path) -> bool:
    document = json.loads((output / "detections.json").read_text("utf-8"))
    is_traced = bool(json.loads((output / "trace.json").read_text("utf-8")))
    return len(document["pictures"]) == 9 == len(os.listdir(output / "in")) and is_traced


FULL = "edgefirst-hal: error: not printed: stdout: No space left on device\n"
ENDS = [
    ({1: "closed"}, 0, ""),
    ({0: "closed"}, 0, ""),
    ({2: "closed"}, 0, ""),
    ({0: "closed", 1: "closed", 2: "closed"}, 0, ""),
    ({1: "full"}, 4, FULL),
    ({2: "full"}, 0, ""),
    ({1: "full", 2: "full"}, 4, ""),
    ({1: "unread"}, 141, ""),
    ({1: "unread", 2: "unread"}, 141, ""),
    ({2: "unread"}, 0, ""),
]


@pytest.mark.parametrize(("ends", "code", "told"), ENDS)
def test_detect_keeps_everything(
    files: Path, tmp_path: Path, ends: dict[int, str], code: int, told: str
) -> None:
    ended, _, errors = command(files, detect(tmp_path / "out"), ends)
    assert (ended, errors) == (code, told)
    assert is_complete_detection(tmp_path / "out")


@pytest.mark.parametrize(("ends", "code", "told"), [ENDS[i] for i in (0, 3, 4, 6, 7)])
def test_profile_keeps_everything(
    files: Path, tmp_path: Path, ends: dict[int, str], code: int, told: str
) -> None:
    run = ["profile", "cats.onnx", "--images", "in", "-o", str(tmp_path / "out")]
    ended, _, errors = command(files, run, ends)
    assert (ended, errors) == (code, told)
    assert set(os.listdir(tmp_path / "out")) == RUN_FILES


@pytest.mark.parametrize("end", ["closed", "full", "unread"])
@pytest.mark.parametrize("arguments", [["info"], ["report", "run"], ["compare", "run", "run"]])
def test_what_only_prints_says_that_it_could_not(
    files: Path, arguments: list[str], end: str
) -> None:
    codes = {"closed": (0, 4), "full": (4, 4), "unread": (141, 141)}
    for code, given in zip(codes[end], (arguments, [*arguments, "--json"])):
        ended, _, errors = command(files, given, {1: end})
        assert ended == code
        assert errors == ("" if code != 4 else FULL if end == "full" else errors)
        assert errors.count("\n") == (code == 4)


def test_a_document_for_a_closed_stdout_is_an_error(files: Path, tmp_path: Path) -> None:
    arguments = [*detect(tmp_path / "out"), "--json", "-"]
    ended, _, errors = command(files, arguments, {1: "closed"})
    assert ended == 4
    assert errors.endswith("error: not printed: stdout: it is closed\n")


def test_an_error_goes_before_what_befell_stdout(files: Path) -> None:
    ended, _, errors = command(files, ["report", "gone"], {1: "full"})
    assert ended == 2
    assert errors.startswith("edgefirst-hal: error: gone ")


@pytest.mark.parametrize("arguments", [["--help"], ["detect", "--help"], ["--version"]])
def test_help_ends_as_everything_else(files: Path, arguments: list[str]) -> None:
    assert command(files, arguments, {1: "full"}) == (4, "", FULL)
    assert command(files, arguments, {1: "unread"}) == (141, "", "")
    ended, _, errors = command(files, arguments, {1: "closed"})
    assert (ended, "Traceback" in errors) == (0, False)


def test_the_files_of_a_run_never_get_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """What an engine prints to 1 or 2 would stand in the middle of them."""
    code = (
        "import os, sys\n"
        "for number in (0, 1, 2): os.close(number)\n"
        "from edgefirst_hal.cli import streams\n"
        "streams.hold_descriptors()\n"
        f"file = open({str(tmp_path / 'a')!r}, 'w')\n"
        "print(file.fileno() > 2, file=file, flush=True)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert (tmp_path / "a").read_text() == "True\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-16", "shift_jis", "cp037"])
def test_every_alphabet_will_do(files: Path, tmp_path: Path, encoding: str) -> None:
    names = "\u81ea\u8ee2\u8eca\ncaf\xe9 \U0001f600\n"
    (tmp_path / "names.txt").write_text(names, encoding="utf-8")
    named = write_pictures(tmp_path / "in", 1)[0].rename(tmp_path / "in/\u0444\u2192.jpg")
    arguments = ["detect", str(named), "--names", str(tmp_path / "names.txt")]
    arguments += ["--model", "cats.onnx", "--output", str(tmp_path / "out")]
    code, shown, errors = command(files, arguments, {}, encoding)
    assert (code, errors) == (0, "")
    for name in ("\u81ea\u8ee2\u8eca", "caf\xe9 \U0001f600", "\u0444\u2192.jpg"):
        assert name.encode(encoding, "backslashreplace").decode(encoding) in shown
    document = json.loads((tmp_path / "out/detections.json").read_text("utf-8"))
    found = document["pictures"][0]["detections"]
    assert {each["name"] for each in found} == {"\u81ea\u8ee2\u8eca", "caf\xe9 \U0001f600"}


def test_a_new_interpreter_keeps_everything(files: Path, tmp_path: Path) -> None:
    """The other tests fork one."""
    line = CommandLine(detect(tmp_path / "out"), files, ("closed", "closed", "pipe"), "ascii")
    line.in_new_interpreter = True
    code, (_, errors, _) = running.outcome(line)
    assert (code, errors) == (0, "")
    assert is_complete_detection(tmp_path / "out")


def test_a_program_without_streams_can_run_a_command(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under pythonw, or a service."""
    monkeypatch.chdir(files)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(detect(tmp_path / "out")) == 0
    assert main(["report", "gone"]) == 2
    assert is_complete_detection(tmp_path / "out")


def test_a_command_does_not_remember_the_streams_of_another(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(files)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        assert main(["info", "--json"]) == 4
    capsys.readouterr()
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cpu"]
