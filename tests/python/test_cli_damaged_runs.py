# SPDX-License-Identifier: Apache-2.0
"""report and compare over runs that somebody changed: a sentence and exit code 2."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal.cli import main
from edgefirst_hal.profiler import charts
from profiler_cases import write_cats_model, write_coco, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")
pytest.importorskip("pyarrow", reason="the extra profile stores runs with it")
pytest.importorskip("matplotlib", reason="the extra profile draws the charts with it")
pytest.importorskip("pycocotools", reason="the extra profile evaluates with it")

Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    pictures = write_pictures(folder / "in", 9)
    truth = write_coco(folder / "truth.json", pictures)
    given = ["--images", str(folder / "in"), "--ground-truth", str(truth), "--quiet"]
    run = folder / "run"
    assert main(["validate", str(write_cats_model(folder)), *given, "-o", str(run)]) == 0
    return run


@pytest.fixture
def run(tmp_path: Path, whole: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def put(name: str, data: bytes) -> Damage:
    return lambda run: (run / name).write_bytes(data)


def cut(name: str, count: int) -> Damage:
    return lambda run: (run / name).write_bytes((run / name).read_bytes()[:count])


def absent(name: str) -> Damage:
    return lambda run: (run / name).unlink()


def folder_instead(name: str) -> Damage:
    def change(run: Path) -> None:
        (run / name).unlink()
        (run / name).mkdir()

    return change


def copied(source: str, target: str) -> Damage:
    return lambda run: shutil.copy(run / source, run / target)


WHOLE_FILES: dict[str, Damage] = {
    "run deep": put("run.json", b"[" * 200_000),
    "run binary": put("run.json", b"\xff\xfe\0"),
    "run empty": put("run.json", b""),
    "run absent": absent("run.json"),
    "run folder": folder_instead("run.json"),
    "platform binary": put("platform.json", b"\xff"),
    "platform absent": absent("platform.json"),
    "metrics deep": put("metrics.json", b'{"a":' * 200_000),
    "frames cut": cut("frames.parquet", 200),
    "frames empty": cut("frames.parquet", 0),
    "frames absent": absent("frames.parquet"),
    "frames are predictions": copied("predictions.parquet", "frames.parquet"),
    "predictions cut": cut("predictions.parquet", 300),
    "predictions are frames": copied("frames.parquet", "predictions.parquet"),
}
REPORTED: dict[str, Damage] = {
    "run {}": put("run.json", b"{}"),
    "run []": put("run.json", b"[]"),
    "run null": put("run.json", b"null"),
    "platform {}": put("platform.json", b"{}"),
    "metrics {}": put("metrics.json", b'{"boxes": {}, "masks": null}'),
    "metrics [1]": put("metrics.json", b"[1]"),
}


def assert_refused(arguments: list[str], errors: Any) -> None:
    assert main(arguments) == 2
    captured = errors.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("edgefirst-hal: error: ")
    assert "is no complete run: " in captured.err or "not readable" in captured.err
    assert captured.err.count("\n") == 1
    assert "unexpected" not in captured.err


@pytest.mark.parametrize("damage", WHOLE_FILES.values(), ids=WHOLE_FILES.keys())
def test_damaged_files_are_refused_by_both_commands(
    run: Path, whole: Path, damage: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(run)
    before = (run / "report.html").read_bytes()
    assert_refused(["report", str(run)], capsys)
    assert_refused(["report", str(run), "--json"], capsys)
    assert_refused(["compare", str(run), str(whole)], capsys)
    assert_refused(["compare", str(whole), str(run), "--json"], capsys)
    assert (run / "report.html").read_bytes() == before


@pytest.mark.parametrize("damage", REPORTED.values(), ids=REPORTED.keys())
def test_what_only_the_report_shows_is_refused_by_it(
    run: Path, damage: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(run)
    assert_refused(["report", str(run)], capsys)


@pytest.mark.parametrize("value", [None, 1, "text", [1, None], 1e999])
def test_members_of_another_kind_never_raise(
    run: Path,
    whole: Path,
    value: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each member is changed alone, then left out; what nobody looks at may pass."""
    for chart in ("overlap_chart", "latency_chart", "throughput_chart"):  # of the frames, and slow
        monkeypatch.setattr(charts, chart, lambda records: "")
    for name in ("run.json", "metrics.json", "platform.json"):
        document = json.loads((whole / name).read_text())
        for key in document:
            for changed in ({**document, key: value}, without(document, key)):
                (run / name).write_text(json.dumps(changed))
                assert main(["report", str(run)]) in (0, 2)
                captured = capsys.readouterr()
                assert "unexpected" not in captured.err
                assert captured.err.count("\n") <= 1
        shutil.copy(whole / name, run / name)


def without(document: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: document[name] for name in document if name != key}
