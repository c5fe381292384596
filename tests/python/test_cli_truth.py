# SPDX-License-Identifier: Apache-2.0
"""Ground truth that cannot be used is told before the run; what fails later costs metrics alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal.cli import main, profiling
from profiler_cases import read_json, write_cats_model, write_coco, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")
pytest.importorskip("pyarrow", reason="the extra profile stores runs with it")
pytest.importorskip("matplotlib", reason="the extra profile draws the charts with it")
pytest.importorskip("pycocotools", reason="the extra profile evaluates with it")

REFUSED, LOST_OUTPUT = 2, 4


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_cats_model(tmp_path)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return write_pictures(tmp_path / "in", 2)


def validate(tmp_path: Path, model: Path, truth: Path) -> int:
    given = ["--images", str(tmp_path / "in"), "--ground-truth", str(truth)]
    return main(["validate", str(model), *given, "-o", str(tmp_path / "run")])


def assert_refused(tmp_path: Path, model: Path, truth: Path, errors: Any) -> str:
    assert validate(tmp_path, model, truth) == REFUSED
    text: str = errors.readouterr().err
    assert text.startswith("edgefirst-hal: error: ")
    assert text.count("\n") == 1
    assert len(text.replace(str(tmp_path), "")) < 300
    assert not (tmp_path / "run").exists()
    return text


COCO: list[tuple[str, Any, str]] = [
    ("category_id", "x", "category_id is no whole number"),
    ("category_id", 1.5, "category_id is no whole number"),
    ("category_id", -1, "category_id is no whole number"),
    ("category_id", 10**20, "category_id is no whole number"),
    ("category_id", float("nan"), "category_id is no whole number"),
    ("bbox", [1, 2], "bbox has 2 numbers, not 4"),
    ("bbox", None, "bbox is no list"),
    ("bbox", "abcd", "bbox is no list"),
    ("bbox", ["1", 1, 10, 10], "no finite number"),
    ("bbox", [float("nan"), 1, 10, 10], "no finite number"),
    ("bbox", [1, 1, float("inf"), 10], "no finite number"),
    ("bbox", [1, 1, 10**400, 10], "no finite number"),
    ("area", "large", "no finite number"),
    ("area", float("inf"), "no finite number"),
    ("iscrowd", [], "iscrowd is no whole number"),
    ("segmentation", [[1, 2]], "an outline has an even count from 6, not 2"),
    ("segmentation", [[1, 2, 3, 4, 5, 6, 7]], "an even count from 6, not 7"),
    ("segmentation", [[1, 2, 3, 4, 5, "6"]], "no finite number"),
    ("segmentation", [3], "an outline is no list"),
    ("segmentation", {"counts": "x"}, "no 'size'"),
    ("segmentation", {"size": [4], "counts": "x"}, "a size of two numbers"),
    ("segmentation", {"size": [4, 4], "counts": [3]}, "do not fill their size"),
    ("segmentation", {"size": [4, 4], "counts": 16}, "run lengths have"),
    ("image_id", [], "annotations[1]"),
]


@pytest.mark.parametrize(("key", "value", "reason"), COCO)
def test_a_damaged_coco_file_is_refused(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    capsys: pytest.CaptureFixture[str],
    key: str,
    value: Any,
    reason: str,
) -> None:
    truth = write_coco(tmp_path / "truth.json", pictures)
    document = json.loads(truth.read_text())
    document["annotations"][1][key] = value
    truth.write_text(json.dumps(document))
    text = assert_refused(tmp_path, model, truth, capsys)
    assert "annotations[1]: " in text
    assert reason in text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        "[]",
        "null",
        "3",
        "{}",
        '{"annotations": 3}',
        '{"annotations": [], "categories": [{"id": "x", "name": "y"}], "images": []}',
        '{"annotations": [], "categories": [], "images": [{"id": 1, "file_name": null}]}',
        "\x00",
    ],
)
def test_what_is_no_coco_file_is_refused(
    tmp_path: Path, model: Path, pictures: list[Path], text: str, capsys: Any
) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text(text)
    assert "not a COCO file" in assert_refused(tmp_path, model, truth, capsys)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"inf .5 .5 .1 .1", "inf is no finite number"),
        (b"nan .5 .5 .1 .1", "nan is no finite number"),
        (b"1.5 .5 .5 .1 .1", "a whole number"),
        (b"-1 .5 .5 .1 .1", "a whole number"),
        (b"99999999999999999999 .5 .5 .1 .1", "a whole number"),
        (b"0 nan .5 .1 .1", "nan is no finite number"),
        (b"0 .5 .5 1e999 .1", "no finite number"),
        (b"0 .5 .5 .1", "a box has 4 numbers"),
        (b"cat .5 .5 .1 .1", "could not convert"),
        (b"0 .1 .1 .2 .2 .3", "an outline an even count"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
    ],
)
def test_a_damaged_yolo_file_is_refused(
    tmp_path: Path, model: Path, pictures: list[Path], line: bytes, reason: str, capsys: Any
) -> None:
    truth = tmp_path / "labels"
    truth.mkdir()
    (truth / "0000.txt").write_bytes(b"0 .25 .25 .25 .25\n")
    (truth / "0001.txt").write_bytes(b"0 .25 .25 .25 .25\n" + line)
    text = assert_refused(tmp_path, model, truth, capsys)
    assert "0001.txt" in text
    assert reason in text


BOX = "<xmin>{}</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>"
OBJECT = f"<annotation><object><name>cat</name><bndbox>{BOX}</bndbox></object></annotation>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (OBJECT.format("nan"), "no finite number"),
        (OBJECT.format("x"), "could not convert"),
        (OBJECT.replace("xmin", "left"), "without bndbox/xmin"),
        (OBJECT.replace("name", "label"), "without name"),
        ("<annotation>", "not a VOC annotation"),
        ('<?xml version="1.0" encoding="none-such"?><annotation/>', "not a VOC annotation"),
        ("\x00", "not a VOC annotation"),
    ],
)
def test_a_damaged_voc_file_is_refused(
    tmp_path: Path, model: Path, pictures: list[Path], text: str, reason: str, capsys: Any
) -> None:
    truth = tmp_path / "labels"
    truth.mkdir()
    (truth / "0000.xml").write_text(OBJECT.format(1))
    (truth / "0001.xml").write_text(text)
    shown = assert_refused(tmp_path, model, truth, capsys)
    assert "0001.xml" in shown
    assert reason in shown


@pytest.mark.parametrize("error", [RuntimeError("segm"), IndexError(), OverflowError("inf")])
def test_an_evaluation_that_fails_costs_metrics_alone(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(profiling, "metrics_document", fail)
    truth = write_coco(tmp_path / "truth.json", pictures)
    assert validate(tmp_path, model, truth) == LOST_OUTPUT
    captured = capsys.readouterr()
    assert f"not stored: metrics: {error!r}" in captured.err
    kept = {"run.json", "frames.parquet", "predictions.parquet", "report.html"}
    assert kept <= set(os.listdir(tmp_path / "run"))
    assert read_json(tmp_path / "run", "run.json")["frames"]["done"] == 2


def test_truth_that_changes_during_the_run_costs_metrics_alone(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    truth = tmp_path / "labels"
    truth.mkdir()
    (truth / "0000.txt").write_text("0 .25 .25 .25 .25\n")
    measure = profiling.metrics_document

    def damaged(*arguments: Any) -> Any:
        (truth / "0000.txt").write_bytes(b"\xff")
        return measure(*arguments)

    monkeypatch.setattr(profiling, "metrics_document", damaged)
    assert validate(tmp_path, model, truth) == LOST_OUTPUT
    assert "not stored: metrics: " in capsys.readouterr().err
    assert (tmp_path / "run/run.json").is_file()


def test_truth_as_tools_write_it_is_taken(
    tmp_path: Path, model: Path, pictures: list[Path]
) -> None:
    """Whole numbers as floats, booleans, empty outlines, no area."""
    truth = write_coco(tmp_path / "truth.json", pictures)
    document = json.loads(truth.read_text())
    for annotation in document["annotations"]:
        annotation.update(category_id=float(annotation["category_id"]), iscrowd=False)
        annotation["segmentation"] = []
        del annotation["area"]
    truth.write_text(json.dumps(document))
    assert validate(tmp_path, model, truth) == 0
    assert read_json(tmp_path / "run", "metrics.json")["boxes"]["AP"] == pytest.approx(1.0)
