# SPDX-License-Identifier: Apache-2.0
"""Decoder.from_model: what it makes of trained models and of damaged files."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest
from shared_data import shared_data
from synthetic_models import ULTRALYTICS, flat_table, write_model

DATA = shared_data() / "models"
trained = pytest.mark.skipif(not DATA.is_dir(), reason=f"no shared test data in {DATA}")


def test_a_decoder_of_an_onnx_file_decodes_its_outputs(tmp_path: Path) -> None:
    table = flat_table(2, 84, [(16, 32, 8, 16, 1, 0.9)])
    path = write_model(tmp_path / "m.onnx", {"output0": table}, [1, 3, 64, 64], ULTRALYTICS)
    decoder = ef.Decoder.from_model(path)
    assert decoder.model_type == "yolo_det"
    assert decoder.input_dims == (64, 64)
    assert decoder.normalized_boxes is False
    assert "Ultralytics keys" in decoder.explanation
    tensor = ef.Tensor(list(table.shape), "float32", ef.TensorMemory.MEM)
    tensor.from_numpy(table)
    letterbox = ef.letterbox(128, 128, 64, 64)
    boxes, scores, classes, _ = decoder.decode([tensor], letterbox=letterbox)
    assert boxes.tolist() == [[24, 48, 40, 80]]
    assert (scores.tolist(), classes.tolist()) == ([float(np.float32(0.9))], [1])


@trained
@pytest.mark.parametrize(
    ("name", "kind", "facts"),
    [
        ("yolov8n_coco_int8_640.tflite", "yolo_det", ["80 class scores", "fractions"]),
        ("yolov8n_coco_w8f32io_640.tflite", "yolo_det", ["80 class scores", "fractions"]),
        ("yolov8n_coco_split9_int8_640.tflite", "per_scale", ["3 grids", "probabilities"]),
        ("yolo26n_coco_e2e_f32io_320.tflite", "yolo_end_to_end_det", ["end-to-end rows of 6"]),
        ("yolo11n-seg_coco_int8_640.tflite", "yolo_seg_det", ["32 prototypes, channels last"]),
        ("yolo11n-seg_coco_e2e300x38_f32io_640.tflite", "yolo_end_to_end_seg_det", ["of 38"]),
    ],
)
def test_trained_models_are_recognised(name: str, kind: str, facts: list[str]) -> None:
    decoder = ef.Decoder.from_model(DATA / name)
    assert decoder.model_type == kind
    for fact in facts:
        assert fact in decoder.explanation
    size = 320 if "320" in name else 640
    assert decoder.input_dims == (size, size)


@trained
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("yolox_nano_coco_f32_416.onnx", "YOLOX"),
        ("nanodet_m_coco_f32_416.onnx", "cannot tell"),
        ("ssd_mobilenet_v1_coco_u8_300_postproc.tflite", "cannot tell"),
        ("deeplabv3_pascal_u8_513.tflite", "cannot tell"),
    ],
)
def test_other_heads_are_refused_with_what_to_give(name: str, reason: str) -> None:
    with pytest.raises(ef.InvalidConfigError, match=reason) as caught:
        ef.Decoder.from_model(DATA / name)
    assert "edgefirst.json" in str(caught.value)


@trained
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_configuration_appended_to_a_tflite_file_goes_first(tmp_path: Path, method: int) -> None:
    path = tmp_path / "model.tflite"
    shutil.copy(DATA / "yolov8n_coco_int8_640.tflite", path)
    document = '{"nms": "class_aware", "outputs": [{"type": "detection", "shape": [1, 84, 8400]}]}'
    with zipfile.ZipFile(path, "a", method) as archive:
        archive.writestr("edgefirst.json", document)
        archive.writestr("picture.bin", b"x" * 1000)
    decoder = ef.Decoder.from_model(path)
    assert decoder.nms == ef.Nms.ClassAware
    assert "edgefirst.json in the file" in decoder.explanation
    damaged = bytearray(path.read_bytes())
    entry = damaged.rindex(b"edgefirst.json") - 46  # in the directory
    damaged[entry + 16] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(ef.InvalidDataError, match="checksum"):
        ef.Decoder.from_model(path)
    damaged[entry + 16] ^= 0xFF
    damaged[damaged.rindex(b"PK\x05\x06") + 16] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(ef.InvalidDataError):
        ef.Decoder.from_model(path)


@trained
def test_texts_that_inflate_to_more_than_a_description_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    shutil.copy(DATA / "yolov8n_coco_int8_640.tflite", path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for i in range(5):
            archive.writestr(f"{i}.txt", b"x" * (4 << 20))
    with pytest.raises(ef.InvalidDataError, match="too long"):
        ef.Decoder.from_model(path)


@trained
def test_a_tflite_file_cut_short_is_read_or_a_typed_error(tmp_path: Path) -> None:
    """The description lies apart from the weights: what lacks weights alone is still understood."""
    whole = (DATA / "yolo26n_coco_e2e_f32io_320.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    outcomes = set()
    for size in [*range(0, 400, 7), *range(400, len(whole), len(whole) // 40)]:
        path.write_bytes(whole[:size])
        try:
            outcomes.add(ef.Decoder.from_model(path).model_type)
        except ef.Error as error:
            outcomes.add(type(error).__name__)
    assert outcomes <= {"yolo_end_to_end_det", "InvalidDataError", "NotSupportedError"}
    assert "InvalidDataError" in outcomes


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ef.Decoder.from_model(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("not a model")
    with pytest.raises(NotImplementedError, match="neither ONNX nor TFLite"):
        ef.Decoder.from_model(str(tmp_path / "text.onnx"))
