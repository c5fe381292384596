# SPDX-License-Identifier: Apache-2.0
"""edgefirst-hal detect over pictures and models made here, whose detections are known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal.cli import main
from synthetic_models import ULTRALYTICS, flat_table, write_model

pytest.importorskip("onnxruntime", reason="runs the test models")

SIDE = 64
ANCHORS = 84
CAT = (16.0, 32.0, 16.0, 16.0, 0, 0.9)
DOG = (48.0, 32.0, 8.0, 24.0, 1, 0.6)


def write_picture(path: Path, width: int = 128, height: int = 96) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    x = np.linspace(0, 255, width, dtype=np.uint8)
    pixels = np.ascontiguousarray(np.broadcast_to(x[None, :, None], (height, width, 3)))
    image = ef.Tensor.wrap(pixels, ef.PixelFormat.Rgb)
    image.save_jpeg(str(path))
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    table = flat_table(2, ANCHORS, [CAT, DOG])
    return write_model(tmp_path / "cats.onnx", {"output0": table}, [1, 3, SIDE, SIDE], ULTRALYTICS)


def detect(tmp_path: Path, *arguments: object) -> int:
    output = ["--output", str(tmp_path / "out")]
    return main(["detect", *output, *[str(argument) for argument in arguments]])


def document(tmp_path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((tmp_path / "out/detections.json").read_text())
    return loaded


def test_a_picture_becomes_boxes_overlay_document_and_trace(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", model, picture) == 0
    (entry,) = document(tmp_path)["pictures"]
    assert (entry["file"], entry["width"], entry["height"]) == (str(picture), 128, 96)
    cat, dog = entry["detections"]
    assert (cat["class"], cat["name"], cat["track"]) == (0, "cat", None)
    assert cat["score"] == pytest.approx(0.9, abs=1e-3)
    # 128 x 96 fits 64 x 64 at scale 1/2 with 8 grey rows above: pixel = 2 * (model - (0, 8)).
    assert cat["box"] == pytest.approx([16, 32, 48, 64], abs=0.01)
    assert (dog["name"], dog["box"]) == ("dog", pytest.approx([88, 24, 104, 72], abs=0.01))
    overlay = ef.Tensor.load(entry["overlay"])
    assert (overlay.width, overlay.height) == (128, 96)
    assert Path(entry["overlay"]) == tmp_path / "out/photo.jpg"
    out = capsys.readouterr().out
    assert "2 names from the model's metadata" in out
    assert "photo.jpg  cat" in out


def test_the_document_has_its_sections(tmp_path: Path, model: Path) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", model, "--conf", 0.7, picture) == 0
    written = document(tmp_path)
    assert written.keys() == {
        "edgefirst_hal",
        "model",
        "settings",
        "pictures",
        "failures",
        "stages_ms",
    }
    assert written["settings"]["conf"] == 0.7
    assert written["model"]["classes"] == ["cat", "dog"]
    assert written["model"]["configuration"]["outputs"][0]["normalized"] is False
    assert len(written["pictures"][0]["detections"]) == 1
    stages = {"decode", "letterbox", "inference", "boxes", "draw", "encode", "write"}
    assert written["stages_ms"].keys() == stages | {"total"}
    assert written["pictures"][0]["times_ms"].keys() == stages
    assert written["stages_ms"]["decode"].keys() == {"count", "mean", "median", "p95", "max"}


def test_the_trace_holds_library_spans_and_stages(tmp_path: Path, model: Path) -> None:
    pictures = [write_picture(tmp_path / f"in/{i}.jpg") for i in range(2)]
    trace = tmp_path / "spans.json"
    assert detect(tmp_path, "--model", model, "--trace", trace, *pictures) == 0
    events = json.loads(trace.read_text())
    names = [event["name"] for event in events]
    assert {"image.convert", "codec.decode_jpeg", "decoder.decode"} <= set(names)
    stages = [event for event in events if event["ph"] == "X"]
    assert [event["name"] for event in stages].count("inference") == 2
    assert all(event["dur"] >= 0 and event["ts"] >= 0 for event in stages)
    conversions = [e for e in events if e["name"] == "image.convert" and e["ph"] == "B"]
    letterboxes = [e for e in stages if e["name"] == "letterbox"]
    clock_error = 200
    for convert, stage in zip(conversions, letterboxes):
        assert stage["ts"] - clock_error <= convert["ts"]
        assert convert["ts"] <= stage["ts"] + stage["dur"] + clock_error


def test_no_trace_writes_none(tmp_path: Path, model: Path) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", model, "--no-trace", picture) == 0
    assert not (tmp_path / "out/trace.json").exists()


def test_the_document_may_go_to_stdout(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", model, "--json", "-", picture) == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["pictures"]) == 1
    assert "Stage times" in captured.err


def test_quiet_prints_nothing(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", model, "--quiet", picture) == 0
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_unreadable_pictures_are_told_and_the_others_processed(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    for name in ("a.jpg", "z.jpg"):
        write_picture(folder / name)
    whole = (folder / "a.jpg").read_bytes()
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "head.jpg").write_bytes(whole[:40])
    (folder / "text.png").write_text("no picture")
    assert detect(tmp_path, "--model", model, folder, tmp_path / "gone") == 2
    written = document(tmp_path)
    assert [Path(entry["file"]).name for entry in written["pictures"]] == ["a.jpg", "z.jpg"]
    assert [Path(entry["file"]).name for entry in written["failures"]] == [
        "empty.jpg",
        "head.jpg",
        "text.png",
    ]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("edgefirst-hal: error: ") for line in lines)
    for name, line in zip(("gone", "empty.jpg", "head.jpg", "text.png"), lines):
        assert name in line


def test_an_overlay_that_cannot_be_written_is_told(tmp_path: Path, model: Path) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    (tmp_path / "out").write_text("a file stands here")
    assert detect(tmp_path, "--model", model, "--no-trace", picture) == 2


def test_a_numbered_folder_is_tracked_on_demand(tmp_path: Path, model: Path) -> None:
    for i in range(4):
        write_picture(tmp_path / f"in/frame{i}.jpg")
    assert detect(tmp_path, "--model", model, "--track", tmp_path / "in") == 0
    entries = document(tmp_path)["pictures"]
    assert {entry["sequence"] for entry in entries} == {"in/frame*"}
    cats = [entry["detections"][0]["track"] for entry in entries]
    assert len(set(cats)) == 1
    assert cats[0] is not None
    assert "track" in entries[0]["times_ms"]


def test_pictures_of_different_sizes_share_a_run(tmp_path: Path, model: Path) -> None:
    write_picture(tmp_path / "in/wide.jpg", 200, 50)
    write_picture(tmp_path / "in/tall.jpg", 33, 77)
    write_picture(tmp_path / "in/tiny.jpg", 1, 1)
    assert detect(tmp_path, "--model", model, tmp_path / "in") == 0
    sizes = [(entry["width"], entry["height"]) for entry in document(tmp_path)["pictures"]]
    assert sizes == [(33, 77), (1, 1), (200, 50)]


def test_a_missing_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", tmp_path / "gone.onnx", picture) == 2
    captured = capsys.readouterr()
    assert captured.err == (f"edgefirst-hal: error: model {tmp_path / 'gone.onnx'}: no such file\n")


@pytest.mark.parametrize("name", ["broken.onnx", "broken.tflite", "broken.pt"])
def test_a_broken_model_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    if name.endswith(".tflite"):
        pytest.importorskip("ai_edge_litert", reason="opens TFLite files")
    picture = write_picture(tmp_path / "in/photo.jpg")
    (tmp_path / name).write_bytes(b"not a model")
    assert detect(tmp_path, "--model", tmp_path / name, picture) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if line.startswith("edgefirst-hal: error: model")] == lines


def test_a_missing_engine_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    (tmp_path / "m.tflite").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    monkeypatch.delitem(sys.modules, "edgefirst_hal.models.tflite_session", raising=False)
    assert detect(tmp_path, "--model", tmp_path / "m.tflite", picture) == 2
    assert "pip install ai-edge-litert" in capsys.readouterr().err


def test_an_unknown_head_says_how_to_describe_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    table = np.zeros((1, 84, 10), np.float32)
    path = write_model(tmp_path / "m.onnx", {"out": table}, [1, 3, SIDE, SIDE])
    assert detect(tmp_path, "--model", path, picture) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "out float32 [1, 84, 10]" in line
    assert "--config" in line


def test_a_configuration_that_does_not_fit_is_one_line(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg")
    config = tmp_path / "edgefirst_other.json"
    for outputs in ([{"type": "detection", "shape": [1, 7, 99]}], [{"type": "what"}]):
        config.write_text(json.dumps({"outputs": outputs}))
        assert detect(tmp_path, "--model", model, "--config", config, picture) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"edgefirst-hal: error: model {model}: ")


def test_a_configuration_and_names_of_the_user_come_first(tmp_path: Path, model: Path) -> None:
    picture = write_picture(tmp_path / "in/photo.jpg", SIDE, SIDE)
    outputs = [{"type": "detection", "shape": [1, 6, ANCHORS], "normalized": False}]
    config = tmp_path / "mine.json"
    config.write_text(json.dumps({"outputs": outputs, "dataset": {"classes": ["x", "y"]}}))
    names = tmp_path / "names.txt"
    names.write_text("first\n")
    arguments = ("--model", model, "--config", config, "--names", names, picture)
    assert detect(tmp_path, *arguments) == 0
    cat, dog = document(tmp_path)["pictures"][0]["detections"]
    assert (cat["name"], dog["name"]) == ("first", "class 1")
    assert cat["box"] == pytest.approx([8, 24, 24, 40], abs=0.01)


@pytest.mark.parametrize(
    ("option", "expected"),
    [([], ["cat"]), (["--across-classes"], ["cat"]), (["--no-across-classes"], ["cat", "dog"])],
)
def test_a_box_suppresses_those_of_other_classes_unless_told_otherwise(
    tmp_path: Path, option: list[str], expected: list[str]
) -> None:
    table = flat_table(2, ANCHORS, [CAT, (*CAT[:4], 1, 0.6)])
    path = write_model(tmp_path / "m.onnx", {"out": table}, [1, 3, SIDE, SIDE], ULTRALYTICS)
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", path, *option, picture) == 0
    found = document(tmp_path)["pictures"][0]["detections"]
    assert [item["name"] for item in found] == expected


def test_fractions_are_noticed_in_an_onnx_file(tmp_path: Path) -> None:
    table = flat_table(2, ANCHORS, [(0.25, 0.5, 0.25, 0.25, 0, 0.9)])
    path = write_model(tmp_path / "m.onnx", {"out": table}, [1, 3, SIDE, SIDE])
    picture = write_picture(tmp_path / "in/photo.jpg", SIDE, SIDE)
    assert detect(tmp_path, "--model", path, picture) == 0
    written = document(tmp_path)
    assert any("a grey picture gave" in line for line in written["model"]["account"])
    (found,) = written["pictures"][0]["detections"]
    assert found["name"] == "class 0"
    assert found["box"] == pytest.approx([8, 24, 24, 40], abs=0.01)


@pytest.mark.parametrize("planes", [(32, 16, 16), (16, 16, 32)])
def test_segmentation_draws_masks(tmp_path: Path, planes: tuple[int, int, int]) -> None:
    table = np.zeros((1, 4 + 2 + 32, ANCHORS), np.float32)
    table[0, :6, 0] = (16, 32, 16, 16, 0.9, 0)
    table[0, 6, 0] = 1.0
    protos = np.full((1, *planes), 5.0, np.float32)
    path = write_model(
        tmp_path / "m.onnx",
        {"output0": table, "output1": protos},
        [1, 3, SIDE, SIDE],
        {**ULTRALYTICS, "task": "segment"},
    )
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", path, picture) == 0
    (entry,) = document(tmp_path)["pictures"]
    (cat,) = entry["detections"]
    assert cat["box"] == pytest.approx([16, 32, 48, 64], abs=0.01)
    with ef.Tensor.load(entry["overlay"]).map() as after, ef.Tensor.load(str(picture)).map() as was:
        change = np.abs(np.asarray(after).astype(int) - np.asarray(was).astype(int)).max(axis=2)
    assert change[44:60, 20:44].min() > 20
    assert change[70:90, 60:120].max() < 20


def test_end_to_end_rows_in_pixels(tmp_path: Path) -> None:
    rows = np.zeros((1, 20, 6), np.float32)
    rows[0, 0] = (8, 24, 24, 40, 0.9, 1)
    path = write_model(
        tmp_path / "m.onnx",
        {"output0": rows},
        [1, 3, SIDE, SIDE],
        {**ULTRALYTICS, "end2end": "True"},
    )
    picture = write_picture(tmp_path / "in/photo.jpg")
    assert detect(tmp_path, "--model", path, picture) == 0
    (found,) = document(tmp_path)["pictures"][0]["detections"]
    assert (found["name"], found["box"]) == ("dog", pytest.approx([16, 32, 48, 64], abs=0.01))


def test_an_open_input_size_is_taken_from_the_metadata_or_the_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = flat_table(2, ANCHORS, [CAT])
    shape: list[int | str] = ["batch", 3, "height", "width"]
    picture = write_picture(tmp_path / "in/photo.jpg")
    known = write_model(tmp_path / "known.onnx", {"out": table}, shape, ULTRALYTICS)
    assert detect(tmp_path, "--model", known, picture) == 0
    bare = write_model(tmp_path / "bare.onnx", {"out": table}, shape)
    assert detect(tmp_path, "--model", bare, "--size", "64", picture) == 0
    assert detect(tmp_path, "--model", bare, picture) == 2
    assert "--size" in capsys.readouterr().err


def test_the_samples_match_their_truth(tmp_path: Path) -> None:
    assert detect(tmp_path) == 0
    written = document(tmp_path)
    truth = written["truth"]
    objects = truth["matched"] + truth["missed"]
    assert truth["pictures"] == len(written["pictures"]) == 32
    assert truth["matched"] >= 0.97 * objects
    assert truth["false"] <= 0.03 * objects
    assert (truth["identities"], truth["identity_changes"]) == (6, 0)
    tracked = [entry for entry in written["pictures"] if entry["sequence"]]
    assert len(tracked) == 24
    for entry in tracked:
        tracks = [found["track"] for found in entry["detections"]]
        assert None in tracks, "the faint square starts no track"
        assert any(tracks)
    assert {Path(entry["overlay"]).parent for entry in written["pictures"]} == {
        tmp_path / "out/pictures",
        tmp_path / "out/sequence",
    }


def test_ctrl_c_ends_in_order(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "in"
    first = write_picture(folder / "0000.jpg", 640, 480)
    for i in range(1, 2_000):
        os.link(first, folder / f"{i:04d}.jpg")
    command = [sys.executable, "-m", "edgefirst_hal.cli", "detect", "--model", str(model)]
    command += ["--output", str(tmp_path / "out"), str(folder)]
    command += ["--trace", str(tmp_path / "out/trace.json")]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Shells start background jobs with the signal ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out").glob("in/*.jpg")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted after" in errors
    assert "Traceback" not in errors
    assert 0 < len(document(tmp_path)["pictures"]) < 2_000
    json.loads((tmp_path / "out/trace.json").read_text())


@pytest.mark.parametrize(
    "numbers",
    [
        [1700000000000 + 33 * i for i in range(4)],
        [1700000000000000000 + i for i in range(4)],
        [20261201123456789012345 + i for i in range(4)],
        [0, 1, 1700000000000000, 1700000000000001],
        [9223372036854775806 + i for i in range(4)],
    ],
    ids=["milliseconds", "nanoseconds", "long", "gap", "64 bits"],
)
def test_sequences_are_numbered_from_their_first_frame(
    tmp_path: Path, model: Path, numbers: list[int]
) -> None:
    for number in numbers:
        write_picture(tmp_path / f"in/{number:024d}.jpg")
    given = ("--model", model, "--track", tmp_path / "in", "--fps", "0.001")
    assert detect(tmp_path, *given) == 0
    pictures = document(tmp_path)["pictures"]
    assert [int(Path(each["file"]).stem) for each in pictures] == numbers
    assert {each["sequence"] for each in pictures} == {"in/*"}


def test_epoch_names_are_tracked_as_counted_ones(tmp_path: Path, model: Path) -> None:
    tracks = []
    for start in (0, 1700000000000):
        folder = tmp_path / f"from-{start}"
        for i in range(5):
            write_picture(folder / f"in/{start + i:013d}.jpg")
        assert detect(folder, "--model", model, "--track", folder / "in") == 0
        pictures = document(folder)["pictures"]
        tracks.append([[found["track"] for found in each["detections"]] for each in pictures])
    assert tracks[0] == tracks[1]
    assert tracks[0][-1] == [1, 2]


def test_a_picture_that_raises_what_nobody_expects_costs_itself(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from edgefirst_hal.cli.frames import FrameProcessor

    process = FrameProcessor.process

    def fail_on_the_second(self: FrameProcessor, picture: Any, overlay: Path) -> Any:
        if picture.path.stem == "1":
            raise OverflowError("too large")
        return process(self, picture, overlay)

    monkeypatch.setattr(FrameProcessor, "process", fail_on_the_second)
    for i in range(3):
        write_picture(tmp_path / f"in/{i}.jpg")
    assert detect(tmp_path, "--model", model, tmp_path / "in") == 2
    assert "1.jpg: too large" in capsys.readouterr().err
    assert len(document(tmp_path)["pictures"]) == 2


def test_a_reader_that_stops_reading_costs_no_detections(tmp_path: Path, model: Path) -> None:
    write_picture(tmp_path / "in/a.jpg")
    command = [sys.executable, "-m", "edgefirst_hal.cli", "detect", str(tmp_path / "in")]
    command += ["--model", str(model), "--output", str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("model")
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait() == 141
    assert len(document(tmp_path)["pictures"]) == 1
