# SPDX-License-Identifier: Apache-2.0
"""Names that strangers gave to files and classes: kept in documents, harmless on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from edgefirst_hal._text import file_name
from edgefirst_hal.cli import main
from edgefirst_hal.cli.terminal import Table, Terminal
from profiler_cases import read_json, write_cats_model, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra profile stores runs with it")
pytest.importorskip("matplotlib", reason="the extra profile draws the charts with it")

ESCAPES = ["\x1b]0;pwned\x07\x1b[31mred", "two\nlines", "\u202egpj", "\x9b2J", "b\x08s"]
LATIN1 = os.fsdecode(b"caf\xe9")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_cats_model(tmp_path)


def write_names(path: Path, names: list[str]) -> Path:
    path.write_text(json.dumps(names))
    return path


def assert_harmless(text: str) -> None:
    assert all(character == "\n" or character.isprintable() for character in text)


def named_picture(folder: Path, stem: str) -> Path:
    (picture,) = write_pictures(folder, 1)
    return picture.rename(folder / f"{stem}.jpg")


@pytest.mark.parametrize("stem", [*ESCAPES, LATIN1])
def test_detect_shows_hostile_names_harmlessly(
    tmp_path: Path, model: Path, stem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = named_picture(tmp_path / "in", stem)
    names = write_names(tmp_path / "names.json", [f"cat{ESCAPES[0]}", f"dog{stem}"])
    damaged = tmp_path / "in" / f"bad{stem}.jpg"
    damaged.write_bytes(picture.read_bytes()[:100])
    output = tmp_path / "out"
    given = ["--model", str(model), "--names", str(names), "--output", str(output)]
    assert main(["detect", str(tmp_path / "in"), *given]) == 2
    captured = capsys.readouterr()
    assert_harmless(captured.out)
    assert_harmless(captured.err)
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("edgefirst-hal: error: ")
    document = json.loads((output / "detections.json").read_text("utf-8"))
    ((entry,), (failure,)) = document["pictures"], document["failures"]
    json.dumps(document, ensure_ascii=False).encode()
    assert file_name(entry["file"]) == str(picture)
    assert Path(file_name(entry["overlay"])).is_file()
    assert file_name(failure["file"]) == str(damaged)


@pytest.mark.parametrize("stem", [*ESCAPES, LATIN1])
def test_validate_keeps_a_run_over_hostile_names(
    tmp_path: Path, model: Path, stem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / f"in{LATIN1}"
    named_picture(folder, stem)
    names = write_names(tmp_path / "names.json", ["<b>cat</b>", f"dog{ESCAPES[0]}"])
    run = tmp_path / "run"
    given = ["--images", str(folder), "--names", str(names), "-o", str(run)]
    assert main(["validate", str(model), *given]) == 0
    assert main(["report", str(run)]) == 0
    captured = capsys.readouterr()
    assert_harmless(captured.out)
    assert captured.err == ""
    (row,) = parquet.read_table(run / "frames.parquet").to_pylist()
    assert file_name(row["label"]) == f"{stem}.jpg"
    labels = parquet.read_table(run / "predictions.parquet")["label"].to_pylist()
    assert set(labels) == {row["label"]}
    document = read_json(run, "run.json")
    assert file_name(document["source"]) == str(folder)
    assert document["frames"]["done"] == 1
    page = (run / "report.html").read_text("utf-8")
    assert "<b>cat" not in page
    assert len(list((run / "samples").iterdir())) == 1


def test_a_model_and_every_path_may_have_a_name_that_is_not_utf8(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / LATIN1
    pictures = write_pictures(odd / "in", 9)
    model = model.rename(odd / f"{LATIN1}.onnx")
    names = write_names(odd / f"{LATIN1}.txt", ["cat", "dog"])
    truth = odd / "truth"
    truth.mkdir()
    for picture in pictures:
        (truth / f"{picture.stem}.txt").write_text("0 .25 .5 .25 .33\n")
    given = ["--names", str(names), "--json", str(odd / "summary.json")]
    source = str(odd / "in")
    output = str(odd / "out")
    assert main(["detect", source, "--model", str(model), *given, "--output", output]) == 0
    run = str(odd / "run")
    evaluated = ["--images", source, "--ground-truth", str(truth), "-o", run]
    assert main(["validate", str(model), *given, *evaluated]) == 0
    assert main(["report", run]) == 0
    assert main(["compare", run, run]) == 0
    assert main(["info", str(model)]) == 0
    captured = capsys.readouterr()
    assert_harmless(captured.out)
    assert captured.err == ""
    assert file_name(read_json(Path(run), "run.json")["model"]["file"]) == str(model)


def test_usage_errors_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    for argument in ("--\x1b[2J", "--fps=\x1b[2J"):
        with pytest.raises(SystemExit):
            main(["detect", argument])
        assert_harmless(capsys.readouterr().err)


def test_log_records_are_harmless() -> None:
    code = (
        "import logging\n"
        "import edgefirst_hal.cli.program as program\n"
        "program.spell_out_log_records()\n"
        "logging.getLogger('edgefirst_hal').warning('a\\x1b[2J%s', 'b\\nc')\n"
    )
    environment = {**os.environ, "EDGEFIRST_LOG": "warn"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr.count("\n") == 1
    assert r"a\x1b[2Jb\nc" in done.stderr


def test_every_way_to_the_terminal_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "".join(ESCAPES)
    terminal = Terminal()
    terminal.error(hostile)
    terminal.note(hostile, spaced=True)
    terminal.table(Table(hostile, [hostile, "b"], [[hostile, "c"]], ["b"]))
    captured = capsys.readouterr()
    assert_harmless(captured.out)
    assert_harmless(captured.err)
    assert captured.out.count("\n") == 2 + 4


def test_text_that_the_terminal_cannot_encode_is_escaped() -> None:
    code = "from edgefirst_hal.cli.terminal import Terminal; Terminal().note('caf\\xe9 \\u4eba')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"caf\\xe9 \\u4eba\n")


@pytest.mark.parametrize("name", ["0000.jpg", "detections.json", "trace.json"])
def test_detect_replaces_planted_links(tmp_path: Path, model: Path, name: str) -> None:
    picture = write_pictures(tmp_path / "in", 1)[0]
    victim = tmp_path / "victim"
    victim.write_text("precious")
    output = tmp_path / "out"
    output.mkdir()
    (output / name).symlink_to(victim)
    assert main(["detect", str(picture), "--model", str(model), "--output", str(output)]) == 0
    assert victim.read_text() == "precious"
    assert not (output / name).is_symlink()


def test_detect_refuses_a_planted_link_to_a_folder(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path / "in", 1)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/in").symlink_to(tmp_path / "elsewhere")
    given = ["--model", str(model), "--output", str(tmp_path / "out")]
    assert main(["detect", str(tmp_path / "in"), *given]) == 2
    assert "a link stands where a folder" in capsys.readouterr().err
    assert os.listdir(tmp_path / "elsewhere") == []
