# SPDX-License-Identifier: Apache-2.0
"""edgefirst-hal detect --track: boxes without a track beside others, and series named by times."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal.cli import main
from edgefirst_hal.cli.frames import FrameOptions, SequenceTracks
from edgefirst_hal.cli.pictures import Picture
from profiler_cases import write_pictures
from synthetic_models import ULTRALYTICS, flat_table, write_model

pytest.importorskip("onnxruntime", reason="runs the test models")

SIDE, ANCHORS = 64, 84
STRONG = (16.0, 32.0, 16.0, 16.0, 0, 0.9)
WEAK = (48.0, 32.0, 8.0, 24.0, 1, 0.4)


def write_weak_model(folder: Path, *boxes: tuple[float, ...]) -> Path:
    table = flat_table(2, ANCHORS, list(boxes))
    return write_model(folder / "weak.onnx", {"out": table}, [1, 3, SIDE, SIDE], ULTRALYTICS)


def detect(folder: Path, model: Path, *arguments: object) -> list[dict[str, Any]]:
    """The pictures of the document; every frame must have been done."""
    given = ["--model", model, "--output", folder / "out", "--track", folder / "in", *arguments]
    assert main(["detect", *[str(argument) for argument in given]]) == 0
    document = json.loads((folder / "out/detections.json").read_text())
    assert document["failures"] == []
    pictures: list[dict[str, Any]] = document["pictures"]
    return pictures


def named(folder: Path, stems: list[str]) -> Path:
    (picture,) = write_pictures(folder / "made", 1)
    (folder / "in").mkdir()
    for stem in stems:
        shutil.copy(picture, folder / "in" / f"{stem}.jpg")
    return folder


def tracks(pictures: list[dict[str, Any]]) -> list[list[int | None]]:
    return [[found["track"] for found in each["detections"]] for each in pictures]


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ((STRONG, WEAK), [1, None]),
        ((WEAK,), [None]),
        ((STRONG, WEAK, (16.0, 56.0, 8.0, 8.0, 1, 0.3)), [1, None, None]),
        ((WEAK, (48.0, 12.0, 8.0, 8.0, 0, 0.8), STRONG), [1, 2, None]),
    ],
)
def test_weak_boxes_are_listed_and_drawn_without_a_track(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], boxes: Any, expected: list[int | None]
) -> None:
    named(tmp_path, [f"{i:03d}" for i in range(4)])
    pictures = detect(tmp_path, write_weak_model(tmp_path, *boxes))
    assert tracks(pictures) == [expected] * 4
    assert "None" not in capsys.readouterr().out
    before = ef.Tensor.load(str(tmp_path / "in/000.jpg")).numpy().astype(int)
    after = ef.Tensor.load(pictures[0]["overlay"]).numpy().astype(int)
    for found in pictures[0]["detections"]:
        x0, y0, x1, y1 = (round(edge) for edge in found["box"])
        change = np.abs(after - before)[y0 : y1 + 1, max(x0 - 2, 0) : x1 + 3].max(axis=2)
        assert change.max() > 40, "a box is drawn"


@pytest.mark.parametrize(
    "stems",
    [
        [str(1700000000000 + 33 * i) for i in range(5)],
        [str(1403715273262142976 + 50_000_000 * i) for i in range(5)],
        [f"{1305031102.9 + 0.033 * i:.6f}" for i in range(5)],
        [f"12-34-{58 + i:02d}" if i < 2 else f"12-35-{i - 2:02d}" for i in range(5)],
        [f"IMG_20240501_1234{58 + i}" if i < 2 else f"IMG_20240501_12350{i - 2}" for i in range(5)],
        [str(1700000000 + 2 * i) for i in range(5)],
    ],
    ids=["milliseconds", "nanoseconds", "TUM", "clock", "camera", "every two seconds"],
)
def test_a_series_named_by_times_is_one_sequence_with_one_track(
    tmp_path: Path, stems: list[str]
) -> None:
    pictures = detect(named(tmp_path, stems), write_weak_model(tmp_path, STRONG))
    assert [Path(each["file"]).stem for each in pictures] == stems
    assert len({each["sequence"] for each in pictures}) == 1
    assert tracks(pictures) == [[1]] * 5


@pytest.mark.parametrize(
    ("is_timed", "fps", "step"),
    [(True, 30.0, 2_000_000_000), (True, 30.0, 33_000_000), (False, 30.0, 1), (False, 1.0, 1)],
    ids=["every two seconds", "camera", "numbers", "numbers, one a second"],
)
def test_a_track_outlives_some_missed_frames_but_no_long_gap(
    tmp_path: Path, is_timed: bool, fps: float, step: int
) -> None:
    first = Picture(tmp_path / "a.jpg", "in", "in/*", 10**30, is_timed, step)
    sequence = SequenceTracks(FrameOptions(90, fps, 0.25, tmp_path), first)
    one = SimpleNamespace(
        boxes=np.array([[0.2, 0.2, 0.4, 0.4]], np.float32),
        scores=np.array([0.9], np.float32),
        classes=np.zeros(1, np.uintp),
    )
    none = SimpleNamespace(boxes=one.boxes[:0], scores=one.scores[:0], classes=one.classes[:0])

    def track(found: Any, frames: int) -> list[int | None]:
        return sequence.update(found, 10**30 + frames * step)

    assert track(one, 0) == [1]
    assert track(none, 1) == []
    assert track(one, 2) == [1], "one frame was missed"
    assert track(none, 60) == []
    assert track(none, 61) == []
    assert track(one, 62) == [2], "nothing was seen for long"


def test_numbers_beyond_64_bits_are_frames_too(tmp_path: Path) -> None:
    stems = [f"f{10**40 + i}" for i in range(3)]
    pictures = detect(named(tmp_path, stems), write_weak_model(tmp_path, STRONG))
    assert tracks(pictures) == [[1]] * 3


def test_a_second_run_does_not_read_the_overlays_of_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named(tmp_path, ["000", "001"])
    model = write_weak_model(tmp_path, STRONG)
    for turn in range(3):
        given = ["detect", "--model", model, "--output", tmp_path / "in", tmp_path / "in"]
        assert main([str(argument) for argument in given]) == 0
        document = json.loads((tmp_path / "in/detections.json").read_text())
        assert len(document["pictures"]) == 2, turn
    assert "2 of 2 pictures" in capsys.readouterr().out
    overlay = document["pictures"][0]["overlay"]
    assert main(["detect", "--model", str(model), "--output", str(tmp_path / "o"), overlay]) == 2
    assert "runs of this program wrote" in capsys.readouterr().err
