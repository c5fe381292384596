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

REFUSED, INCOMPLETE, LOST_OUTPUT = 2, 3, 4


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
    ("category_id", "x", "its category_id is that of no category"),
    ("bbox", [], "bbox has 0 numbers, not 4"),
    ("segmentation", [[1, 2]], "an outline has an even count from 6, not 2"),
]


@pytest.mark.parametrize(("key", "value", "reason"), COCO)
def test_a_damaged_annotation_is_passed_over_and_named_before_the_run(
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
    assert validate(tmp_path, model, truth) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("edgefirst-hal: warning: ground truth: 1 ")
    assert f"annotations[1]: {reason}" in line
    metrics = read_json(tmp_path / "run", "metrics.json")
    assert metrics["boxes"]["by_class"]["cat"]["AP"] == pytest.approx(1.0)
    assert metrics["remarks"][0] in line


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


def test_bad_lines_of_labels_are_named_and_cost_nothing_else(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """G09: a sixth column; G08: a byte order mark; G06: prose; G18: a stray .xml."""
    truth = tmp_path / "labels"
    truth.mkdir()
    cat, dog = "0 0.25 0.5 0.25 0.33333333\n", "1 0.75 0.5 0.125 0.5\n"
    (truth / "0000.txt").write_bytes(b"\xef\xbb\xbf" + (cat + dog).encode())
    (truth / "0001.txt").write_text(f"{cat}{dog}0 .5 .5 .1 .1 .9\n")
    (truth / "README.dataset.txt").write_text("This set has twelve pictures of cats and dogs.\n")
    (truth / "stray.xml").write_text("<project/>")
    assert validate(tmp_path, model, truth) == 0
    told = capsys.readouterr().err
    assert "1 line of labels is passed over: 0001.txt, line 3: a box has 4 numbers" in told
    assert "1 .txt file without a label is passed over: README.dataset.txt, line 1" in told
    metrics = read_json(tmp_path / "run", "metrics.json")
    assert metrics["boxes"]["AP"] == pytest.approx(1.0)
    assert metrics["ground_truth"] == "YOLO, 2 pictures"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0000.txt", "cat .5 .5 .1 .1\n"),
        ("0000.txt", "0 .5 .5 .1 .1 .9\n"),
        ("0000.txt", "0,.5,.5,.1,.1\n"),
        ("0000.xml", "<annotation>"),
        ("0000.xml", "<project/>"),
        ("0000.xml", "<a>" * 100_000),
    ],
)
def test_truth_of_damage_alone_is_refused(
    tmp_path: Path, model: Path, pictures: list[Path], name: str, text: str, capsys: Any
) -> None:
    truth = tmp_path / "labels"
    truth.mkdir()
    (truth / name).write_text(text)
    assert name in assert_refused(tmp_path, model, truth, capsys)


OBJECT = (
    "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax>"
    "<ymax>9</ymax></bndbox></object></annotation>"
)


def test_truth_of_two_kinds_is_a_question(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: Any
) -> None:
    truth = tmp_path / "labels"
    truth.mkdir()
    for i in range(2):
        (truth / f"000{i}.txt").write_text("0 .5 .5 .1 .1\n")
        (truth / f"000{i}.xml").write_text(OBJECT)
    text = assert_refused(tmp_path, model, truth, capsys)
    assert "2 YOLO labels and as many VOC annotations; which are meant?" in text


def test_truth_without_objects_has_no_precision(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """I04: neither -1 nor a warning of matplotlib is shown."""
    truth = write_coco(tmp_path / "truth.json", pictures)
    document = json.loads(truth.read_text())
    truth.write_text(json.dumps({**document, "annotations": []}))
    assert validate(tmp_path, model, truth) == INCOMPLETE
    captured = capsys.readouterr()
    assert "Precision of boxes: none, as no picture has a known object" in captured.out
    assert "; 4 false at score 0.25" in captured.out
    assert "-1.0" not in captured.out
    assert captured.err.splitlines() == [
        "edgefirst-hal: error: no known object could be judged, so there is no precision"
    ]
    assert "precision-boxes" in (tmp_path / "run/report.html").read_text()


def test_truth_of_another_folder_is_told_before_the_run_and_not_used(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """G04: both pictures are called 0000.jpg."""
    cameras = [write_pictures(tmp_path / "in" / f"cam{i}", 1)[0] for i in (1, 2)]
    truth = write_coco(tmp_path / "truth.json", cameras[:1])
    truth.write_text(truth.read_text().replace("0000.jpg", "cam1\\\\0000.jpg"))
    assert validate(tmp_path, model, truth) == 0
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert "cam2/0000.jpg has entries of its name in other folders alone" in line
    assert "Coverage: 1 of 2 frames have ground truth (COCO, 1 pictures" in captured.out


def test_sizes_of_another_picture_are_told(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """I06: the truth was made without the EXIF orientation. A size of nothing says nothing."""
    truth = write_coco(tmp_path / "truth.json", pictures)
    document = json.loads(truth.read_text())
    document["images"][0].update(width=96, height=128)
    document["images"][1].update(width=0, height=None)
    truth.write_text(json.dumps(document))
    assert validate(tmp_path, model, truth) == 0
    out = capsys.readouterr().out
    assert "1 picture has sides exchanged in the ground truth" in out
    assert "0000.jpg is 128 x 96 upright, not 96 x 128" in out
    assert "0001.jpg is" not in out


def test_classes_that_one_side_does_not_name_are_listed(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    truth = write_coco(tmp_path / "truth.json", pictures)
    text = truth.read_text().replace('"dog"', '"hound"').replace('"cat"', '"CAT_ "')
    truth.write_text(text)
    assert validate(tmp_path, model, truth) == 0
    out = capsys.readouterr().out
    assert "Left out: 2 detections of classes that the ground truth does not name (dog 2)" in out
    assert "the model does not name 1 of the classes of objects: hound" in out
    by_class = read_json(tmp_path / "run", "metrics.json")["boxes"]["by_class"]
    assert by_class["cat"]["AP"] == pytest.approx(1.0)
    assert by_class["hound"]["AP"] == 0


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
