# SPDX-License-Identifier: Apache-2.0
"""edgefirst-hal validate and profile over pictures and a model whose detections are known."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import pytest
from edgefirst_hal.cli import main
from evaluation_oracle import coco_stats
from profiler_cases import (
    CAT_BOX,
    DOG_BOX,
    HEIGHT,
    WIDTH,
    read_json,
    write_cats_model,
    write_coco,
    write_pictures,
)

pytest.importorskip("onnxruntime", reason="runs the test models")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra profile stores runs with it")
pytest.importorskip("matplotlib", reason="the extra profile draws the charts with it")
pytest.importorskip("pycocotools", reason="the extra profile evaluates with it")

STAGES = ("decode", "preprocess", "inference", "postprocess", "output")
COUNT = 12


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_cats_model(tmp_path)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return write_pictures(tmp_path / "in", COUNT)


def validate(tmp_path: Path, *arguments: object, command: str = "validate") -> int:
    given = [str(argument) for argument in arguments]
    return main([command, *given, "--images", str(tmp_path / "in"), "-o", str(tmp_path / "run")])


@dataclass(frozen=True)
class Finished:
    folder: Path
    pictures: list[Path]
    out: str


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One run with ground truth that several tests look at."""
    place = tmp_path_factory.mktemp("finished")
    pictures = write_pictures(place / "in", COUNT)
    truth = write_coco(place / "truth.json", pictures)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert validate(place, write_cats_model(place), "--ground-truth", truth) == 0
    return Finished(place / "run", pictures, out.getvalue())


def test_a_run_fills_its_folder(finished: Finished) -> None:
    names = {path.name for path in finished.folder.iterdir()}
    assert names == {
        "predictions.parquet",
        "frames.parquet",
        "metrics.json",
        "metrics.yaml",
        "trace.json",
        "platform.json",
        "run.json",
        "report.html",
        "samples",
    }
    run = read_json(finished.folder, "run.json")
    assert run["frames"] == {
        "planned": COUNT,
        "done": COUNT,
        "failed": 0,
        "skipped": 0,
        "not_reached": 0,
        "detections": 2 * COUNT,
    }
    assert run["timing"]["stages"].keys() == set(STAGES)
    assert run["queues"].keys() == set(STAGES)
    yaml = pytest.importorskip("yaml")
    loaded = yaml.safe_load((finished.folder / "metrics.yaml").read_text())
    assert loaded == read_json(finished.folder, "metrics.json")


def test_predictions_have_a_row_a_detection_with_the_times_of_its_frame(
    finished: Finished,
) -> None:
    rows = parquet.read_table(finished.folder / "predictions.parquet").to_pylist()
    assert [row["frame"] for row in rows] == [i for i in range(COUNT) for _ in range(2)]
    assert [row["label"] for row in rows[::2]] == [picture.name for picture in finished.pictures]
    for row in rows:
        cat = row["class"] == 0
        assert row["name"] == ("cat" if cat else "dog")
        assert row["score"] == pytest.approx(0.9 if cat else 0.6, abs=1e-3)
        box = [row[edge] for edge in ("x0", "y0", "x1", "y1")]
        assert box == pytest.approx(CAT_BOX if cat else DOG_BOX, abs=0.01)
        assert (row["width"], row["height"], row["mask"]) == (WIDTH, HEIGHT, None)
        assert all(row[f"{stage}_ns"] > 0 for stage in STAGES)
    frames = parquet.read_table(finished.folder / "frames.parquet").to_pylist()
    for row in frames:
        assert row["status"] == "done"
        assert row["latency_ns"] == sum(row[f"{stage}_ns"] for stage in STAGES)
        assert row["sojourn_ns"] == row["left_ns"] - row["entered_ns"] >= row["latency_ns"]


def test_metrics_are_those_of_pycocotools_on_the_stored_predictions(
    tmp_path: Path, model: Path, pictures: list[Path]
) -> None:
    """The truth's cats lie 8 pixels off, so that the numbers are no round ones."""
    truth = write_coco(tmp_path / "truth.json", pictures, cat_offset=8.0)
    assert validate(tmp_path, model, "--ground-truth", truth) == 0
    metrics = read_json(tmp_path / "run", "metrics.json")
    rows = parquet.read_table(tmp_path / "run/predictions.parquet").to_pylist()
    images = {picture.name: 100 + i for i, picture in enumerate(pictures)}
    expected = coco_stats(truth, rows, images, {"cat": 17, "dog": 18})
    names = [name for name in metrics["boxes"] if name.startswith("A")]
    assert len(names) == 12
    for name, value in zip(names, expected):
        assert metrics["boxes"][name] == pytest.approx(value, abs=1e-9), name
    assert 0 < metrics["boxes"]["AP"] < 1
    assert metrics["boxes"]["by_class"]["dog"]["AP"] == pytest.approx(1.0)
    assert metrics["masks"] is None
    assert metrics["coverage"] == {
        "frames": COUNT,
        "evaluated": COUNT,
        "detections_of_unknown_class": 0,
    }


def test_precision_and_recall_at_the_threshold_of_the_deployment(
    tmp_path: Path, model: Path, pictures: list[Path]
) -> None:
    """At 0.7 the dogs (0.6) are below: every second object is missed, nothing is wrong."""
    truth = write_coco(tmp_path / "truth.json", pictures)
    assert validate(tmp_path, model, "--ground-truth", truth, "--deploy-score", 0.7) == 0
    point = read_json(tmp_path / "run", "metrics.json")["boxes"]["operating_point"]
    assert (point["precision"], point["recall"]) == (1.0, 0.5)
    assert point["f1"] == pytest.approx(2 / 3)
    assert (point["true_positives"], point["misses"]) == (COUNT, COUNT)
    rows = parquet.read_table(tmp_path / "run/frames.parquet").to_pylist()
    assert {(r["true_positives"], r["false_positives"], r["misses"]) for r in rows} == {(1, 0, 1)}


@pytest.mark.parametrize(
    ("asked", "line", "in_flight"),
    [
        (1, "Pipeline depth: 1 (sequential)", 1),
        (2, "Pipeline depth: 2 (pipelined)", 11),
        (4, "Pipeline depth: 2 (pipelined)", 11),
    ],
)
def test_the_depth_is_clamped_and_printed(
    tmp_path: Path,
    model: Path,
    pictures: list[Path],
    capsys: pytest.CaptureFixture[str],
    asked: int,
    line: str,
    in_flight: int,
) -> None:
    assert validate(tmp_path, model, "--pipeline-depth", asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert line in lines
    assert ("depth 4 was asked for; onnxruntime allows 2" in lines) == (asked == 4)
    run = read_json(tmp_path / "run", "run.json")
    assert run["most_in_flight"] <= in_flight
    assert (run["pipeline"]["depth"], run["pipeline"]["asked"]) == (min(asked, 2), asked)


def test_the_trace_has_a_track_a_stage_and_a_slice_a_frame(finished: Finished) -> None:
    trace = read_json(finished.folder, "trace.json")
    assert trace["displayTimeUnit"] == "ms"
    events = trace["traceEvents"]
    names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    slices = [event for event in events if event["ph"] == "X"]
    for number, stage in enumerate(STAGES):
        own = [event for event in slices if event["cat"] == stage]
        assert sorted(event["args"]["frame"] for event in own) == list(range(COUNT))
        assert all(names[event["tid"]].startswith(f"{number} - {stage}") for event in own)
    for event in slices:
        assert event.keys() == {"ph", "name", "cat", "pid", "tid", "ts", "dur", "args"}
        assert event["ts"] >= 0
        assert event["dur"] >= 0
    for track in names:
        own = sorted((e["ts"], e["ts"] + e["dur"]) for e in slices if e["tid"] == track)
        assert all(b[0] >= a[1] - 1e-3 for a, b in zip(own, own[1:])), "slices of a track overlap"
    counters = [event["args"]["frames"] for event in events if event["ph"] == "C"]
    assert min(counters) == counters[-1] == 0


def test_the_html_report_stands_alone_and_shows_every_chart(finished: Finished) -> None:
    html = (finished.folder / "report.html").read_text()
    for title in ("overlap", "latency", "throughput", "precision-boxes"):
        assert f"<title>{title}</title>" in html
    assert html.count("<svg") == 4
    assert html.count("data:image/jpeg;base64,") == 6
    assert "<script" not in html
    loaded = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(target.startswith(("data:", "#")) for target in loaded)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', html))
    assert used <= set(ids)


def test_the_session_report_names_what_it_shows(finished: Finished) -> None:
    out = finished.out
    assert re.search(r"stage +mean +median +p95 +p99 +min +max", out)
    for text in (*STAGES, "end-to-end latency (sum of work)", "sojourn (work and waiting)"):
        assert re.search(rf"^{re.escape(text)} +\d", out, re.M), text
    assert re.search(r"^Throughput: [\d.]+ frames/s \(steady window of 9 frames\)$", out, re.M)
    assert re.search(r"^Bottleneck: \w+, which alone allows [\d.]+ frames/s$", out, re.M)
    assert "Frames: 12 of 12 done, 0 failed, 0 skipped, 0 not reached; 24 detections" in out
    assert "\x1b" not in out


def test_the_summary_as_json_on_stdout(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(tmp_path, model, "--json", "-") == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["frames"]["done"] == COUNT
    assert document["metrics"] is None
    assert "Pipeline depth: 2 (pipelined)" in captured.err


def test_profile_starts_pictures_over_until_the_count(
    tmp_path: Path, model: Path, pictures: list[Path]
) -> None:
    assert validate(tmp_path, model, "--count", 30, "--warmup", 0, command="profile") == 0
    rows = parquet.read_table(tmp_path / "run/frames.parquet").to_pylist()
    assert len({row["label"] for row in rows}) == 30
    assert rows[12]["label"] == "0000.jpg (x2)"
    assert not (tmp_path / "run/metrics.json").exists()


def test_depths_of_stages_and_clients(tmp_path: Path, model: Path, pictures: list[Path]) -> None:
    depths = ("--depth", "decode=4", "--depth", "inference=3", "--clients", 1)
    assert validate(tmp_path, model, *depths) == 0
    pipeline = read_json(tmp_path / "run", "run.json")["pipeline"]
    assert pipeline["stage_depths"] == {"decode": 4, "inference": 3}
    assert pipeline["clients"] == 1


def test_detections_of_classes_that_the_truth_does_not_name_are_left_out_and_told(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    truth = write_coco(tmp_path / "truth.json", pictures)
    truth.write_text(truth.read_text().replace('"dog"', '"hound"'))
    assert validate(tmp_path, model, "--ground-truth", truth) == 0
    assert f"Left out: {COUNT} detections of classes" in capsys.readouterr().out
    boxes = read_json(tmp_path / "run", "metrics.json")["boxes"]
    assert boxes["by_class"]["cat"]["AP"] == pytest.approx(1.0)
    assert boxes["operating_point"]["misses"] == COUNT


def test_truth_of_other_pictures_is_told_and_no_success(
    tmp_path: Path, model: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    others = [picture.with_name(f"other-{picture.name}") for picture in pictures]
    truth = write_coco(tmp_path / "truth.json", others)
    assert validate(tmp_path, model, "--ground-truth", truth) == 3
    before, after = capsys.readouterr().err.splitlines()
    assert before == (
        "edgefirst-hal: warning: ground truth: no picture has any; "
        "are its names those of the pictures?"
    )
    assert "no frame has ground truth" in after
    assert read_json(tmp_path / "run", "metrics.json")["boxes"] is None


def test_a_pattern_and_a_count_choose_the_frames(
    tmp_path: Path, model: Path, pictures: list[Path]
) -> None:
    command = ["validate", str(model), "--images", str(tmp_path / "in/000[3-9].jpg")]
    assert main([*command, "--count", "4", "-o", str(tmp_path / "run")]) == 0
    rows = parquet.read_table(tmp_path / "run/frames.parquet").to_pylist()
    assert [row["label"] for row in rows] == [f"000{i}.jpg" for i in (3, 4, 5, 6)]


def test_report_shows_a_stored_run_again(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(finished.folder, folder)
    (folder / "report.html").unlink()
    assert main(["report", str(folder)]) == 0
    again = capsys.readouterr().out
    assert again.strip() in finished.out
    assert "AP50" in again
    assert "<svg" in (folder / "report.html").read_text()
    assert main(["report", str(folder), "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["metrics"]["boxes"]["AP"] == pytest.approx(1.0)


def test_a_folder_without_a_run_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "is no complete run" in capsys.readouterr().err


@pytest.mark.parametrize("count", [5, 7])
def test_wrong_class_names_do_not_cost_the_masks_of_a_segmentation_model(
    tmp_path: Path, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sample model has six classes; more or fewer names are told, not the frames' failure."""
    samples = Path(ef.__file__).parent / "samples"
    names = tmp_path / "names.txt"
    names.write_text("".join(f"name{i}\n" for i in range(count)))
    run = tmp_path / "run"
    given = ["--images", str(samples / "pictures"), "--names", str(names), "-o", str(run)]
    assert main(["validate", str(samples / "shapes.onnx"), *given]) == 0
    shown = capsys.readouterr().out
    assert f"{count} class names but 6 scores a box" in shown
    assert "Frames: 8 of 8 done, 0 failed" in shown
    rows = parquet.read_table(run / "predictions.parquet").to_pylist()
    assert rows
    assert all(row["mask"] for row in rows)
