# SPDX-License-Identifier: Apache-2.0
"""Trained models on real photos through the whole path: file to boxes in source pixels.

Needs the shared test data (EDGEFIRST_TESTDATA_DIR, or ../shared/data beside the repository), LiteRT
and pycocotools; bus.jpg comes out of the ultralytics wheel.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from coco_precision import DATA, mean_average_precision
from edgefirst_hal.cli import main

pytest.importorskip("ai_edge_litert", reason="the trained models are TFLite files")

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "edgefirst-hal-tests"
MODELS = ("yolov8n_coco_w8f32io_640.tflite", "yolov8n_coco_int8_640.tflite")

pytestmark = pytest.mark.skipif(
    not (DATA / "models").is_dir(), reason=f"no shared test data in {DATA}"
)


@pytest.fixture(scope="session")
def bus() -> Path:
    """The photo of a bus and four people; downloaded once."""
    photo = CACHE / "bus.jpg"
    if not photo.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--dest", str(CACHE), "ultralytics"]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("the ultralytics wheel, which carries bus.jpg, cannot be downloaded")
        wheel = next(CACHE.glob("ultralytics-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            photo.write_bytes(archive.read("ultralytics/assets/bus.jpg"))
        wheel.unlink()
    return photo


def detect(tmp_path: Path, model: str, *arguments: object) -> list[dict[str, Any]]:
    target = tmp_path / "detections.json"
    command = ["detect", "--model", str(DATA / "models" / model), "--output", str(tmp_path)]
    command += ["--json", str(target), "--no-trace", *[str(argument) for argument in arguments]]
    assert main(command) == 0
    pictures: list[dict[str, Any]] = json.loads(target.read_text())["pictures"]
    return pictures


@pytest.mark.parametrize("model", MODELS)
def test_a_bus_and_three_people_are_found(tmp_path: Path, bus: Path, model: str) -> None:
    (picture,) = detect(tmp_path, model, bus)
    scores: dict[str, list[float]] = {}
    for found in picture["detections"]:
        scores.setdefault(found["name"], []).append(found["score"])
    assert max(scores["bus"]) > 0.7
    assert sum(score > 0.6 for score in scores["person"]) >= 3


def test_segmentation_finds_the_bus_too(tmp_path: Path, bus: Path) -> None:
    for model in (
        "yolo11n-seg_coco_int8_640.tflite",
        "yolo11n-seg_coco_e2e300x38_f32io_640.tflite",
    ):
        (picture,) = detect(tmp_path, model, bus)
        names = [found["name"] for found in picture["detections"] if found["score"] > 0.5]
        assert "bus" in names
        assert names.count("person") >= 3


def test_end_to_end_detection_finds_the_bus_too(tmp_path: Path, bus: Path) -> None:
    (picture,) = detect(tmp_path, "yolo26n_coco_e2e_f32io_320.tflite", bus)
    assert "bus" in [found["name"] for found in picture["detections"] if found["score"] > 0.5]


@pytest.mark.parametrize(
    ("model", "bar"),
    [
        (MODELS[0], 0.66),
        (MODELS[1], 0.66),
        ("yolo11n-seg_coco_int8_640.tflite", 0.58),
        ("yolo11n-seg_coco_e2e300x38_f32io_640.tflite", 0.64),
    ],
)
def test_mean_average_precision_on_eight_photos(tmp_path: Path, model: str, bar: float) -> None:
    photos = sorted((DATA / "coco8" / "images").rglob("*.jpg"))
    assert len(photos) == 8
    settings = ("--conf", 0.001, "--iou", 0.7, "--no-across-classes")
    pictures = detect(tmp_path, model, *settings, *photos)
    precision = mean_average_precision(pictures)
    print(f"{model}: mAP50-95 {precision:.3f}")
    assert precision >= bar


def test_the_split_model_is_as_precise_as_its_flat_twin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One tensor per stride and role; the decoder finds its way by Decoder.from_model. On the CPU:
    eight photos tell 0.07 apart where 0.2 % of one photo's levels differ by one, as on OpenGL."""
    monkeypatch.setenv("EDGEFIRST_FORCE_BACKEND", "cpu")
    photos = sorted((DATA / "coco8" / "images").rglob("*.jpg"))
    settings = ("--conf", 0.001, "--iou", 0.7, "--no-across-classes")
    flat, split = (
        mean_average_precision(detect(tmp_path, model, *settings, *photos))
        for model in (MODELS[1], "yolov8n_coco_split9_int8_640.tflite")
    )
    print(f"flat {flat:.3f}, split {split:.3f}")
    assert abs(flat - split) <= 0.01
