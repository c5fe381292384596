# SPDX-License-Identifier: Apache-2.0
"""Models through OpenVINO: the same detections as ONNX Runtime, and twins that do not disturb."""

from __future__ import annotations

from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal.models import ModelError, ModelOptions, load_model
from profiler_cases import write_cats_model
from shared_data import shared_data

pytest.importorskip("openvino", reason="make profiler and make interop install OpenVINO")
pytest.importorskip("onnxruntime", reason="is compared with")

DATA = shared_data() / "models"
SAMPLES = Path(ef.__file__).parent / "samples"


@pytest.mark.parametrize("number", [0, 3, 6])
def test_both_engines_find_the_same(number: int) -> None:
    picture = ef.Tensor.load(str(SAMPLES / f"pictures/{number:03d}.jpg"), ef.PixelFormat.Rgb)
    size = (picture.width or 0, picture.height or 0)
    found = []
    for engine in ("onnxruntime", "openvino"):
        model = load_model(SAMPLES / "shapes.onnx", ModelOptions(engine=engine, names=None))
        fit = model.fill(picture)
        found.append(model.decode(model.infer(), fit, size))
    assert len(found[0]) == len(found[1]) > 0
    assert found[0].classes.tolist() == found[1].classes.tolist()
    np.testing.assert_allclose(found[0].scores, found[1].scores, atol=2e-2)
    np.testing.assert_allclose(found[0].boxes, found[1].boxes, atol=2e-2)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_twin_has_memory_of_its_own(engine: str) -> None:
    model = load_model(SAMPLES / "shapes.onnx", ModelOptions(engine=engine))
    twin = model.twin()
    pictures = [
        ef.Tensor.load(str(SAMPLES / f"pictures/{i:03d}.jpg"), ef.PixelFormat.Rgb) for i in (0, 3)
    ]
    model.fill(pictures[0])
    before = [output.numpy().copy() for output in model.infer()]
    held = model.infer()
    twin.fill(pictures[1])
    other = [output.numpy().copy() for output in twin.infer()]
    for first, kept, second in zip(before, held, other):
        np.testing.assert_array_equal(first, kept.numpy())
        assert not np.array_equal(first, second)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no shared test data in {DATA}")
@pytest.mark.parametrize(
    "name",
    [
        "yolov8n_coco_int8_640.tflite",
        "yolo11n-seg_coco_int8_640.tflite",
        "yolov8n_coco_split9_int8_640.tflite",
    ],
)
def test_a_quantised_tflite_file_finds_what_litert_finds(name: str) -> None:
    pytest.importorskip("ai_edge_litert", reason="is compared with")
    picture = ef.Tensor.load(str(SAMPLES / "pictures/003.jpg"), ef.PixelFormat.Rgb)
    size = (picture.width or 0, picture.height or 0)
    heads, found, scales = [], [], []
    for engine in ("tflite", "openvino"):
        model = load_model(DATA / name, ModelOptions(engine=engine, score=0.05))
        scales.append((model.session.input.scale, model.session.input.zero_point))
        heads.append(model.decoder.model_type)
        fit = model.fill(picture)
        found.append(model.decode(model.infer(), fit, size))
    assert heads[0] == heads[1]
    assert scales[0] == scales[1] != (None, 0)
    assert abs(len(found[0]) - len(found[1])) <= 2
    shared = min(3, len(found[0]), len(found[1]))
    np.testing.assert_allclose(found[0].scores[:shared], found[1].scores[:shared], atol=0.1)


def test_what_it_does_not_open_is_refused(tmp_path: Path) -> None:
    model = write_cats_model(tmp_path)
    assert load_model(model, ModelOptions(engine="openvino")).session.engine.startswith("openvino")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelError, match="openvino refuses it"):
        load_model(broken, ModelOptions(engine="openvino"))
