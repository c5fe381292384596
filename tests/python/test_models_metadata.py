# SPDX-License-Identifier: Apache-2.0
"""What model files say about themselves is found in every place it may stand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.metadata import read_document, read_metadata, read_names

DOCUMENT = {
    "outputs": [{"type": "detection", "shape": [1, 6, 84]}],
    "dataset": {"classes": ["a", "b"]},
}


def appended(tmp_path: Path, entries: dict[str, str]) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"TFL3 flatbuffer bytes")
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return path


def test_ultralytics_keys_are_python_literals() -> None:
    found = read_metadata(
        Path("m.onnx"),
        {"names": "{0: 'cat', 2: \"dog's\"}", "imgsz": "[320, 640]", "task": "segment"},
    )
    assert found.names == ["cat", "class 1", "dog's"]
    assert found.input_size == (320, 640)
    assert found.task == "segment"
    assert found.is_ultralytics
    assert found.end_to_end is None


def test_a_single_image_size_is_square() -> None:
    assert read_metadata(Path("m.onnx"), {"imgsz": "416"}).input_size == (416, 416)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"end2end": "True"}, True),
        ({"args": "{'batch': 1, 'nms': True}"}, True),
        ({"args": "{'batch': 1, 'nms': False}"}, False),
        ({"end2end": "False"}, False),
        ({}, None),
    ],
)
def test_suppression_inside_the_model_is_recognised(
    extra: dict[str, str], expected: bool | None
) -> None:
    assert read_metadata(Path("m.onnx"), {"task": "detect", **extra}).end_to_end is expected


@pytest.mark.parametrize(
    "names", ["{0: 'cat'", "__import__('os')", "(" * 5000, "{'x': 'y'}", "{-1: 'a'}", "{9999: 'a'}"]
)
def test_names_that_are_no_names_are_passed_over(names: str) -> None:
    assert read_metadata(Path("m.onnx"), {"task": "detect", "names": names}).names is None


def test_foreign_metadata_is_not_taken_for_ultralytics() -> None:
    found = read_metadata(Path("m.onnx"), {"producer": "someone"})
    assert not found.is_ultralytics
    assert found.document is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.json", json.dumps({"task": "detect", "names": {"0": "cat", "1": "dog"}})),
        ("temp_meta.txt", str({"task": "detect", "names": {0: "cat", 1: "dog"}})),
        ("labels.txt", "cat\ndog\n"),
    ],
)
def test_names_in_the_archive_of_a_tflite_file(tmp_path: Path, name: str, text: str) -> None:
    found = read_metadata(appended(tmp_path, {name: text}), {})
    assert found.names == ["cat", "dog"]
    assert name in (found.names_source)


def test_edgefirst_json_is_found_in_the_archive(tmp_path: Path) -> None:
    found = read_metadata(appended(tmp_path, {"edgefirst.json": json.dumps(DOCUMENT)}), {})
    assert found.document == DOCUMENT
    assert found.names == ["a", "b"]
    assert "edgefirst.json" in found.document_source


def test_edgefirst_json_is_found_in_onnx_metadata() -> None:
    found = read_metadata(
        Path("m.onnx"), {"edgefirst": json.dumps(DOCUMENT), "names": "{0: 'x'}", "task": "detect"}
    )
    assert found.document == DOCUMENT
    assert found.names == ["a", "b"]


@pytest.mark.parametrize("name", ["yolo.edgefirst.json", "edgefirst.json"])
def test_edgefirst_json_beside_the_model_comes_first(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(DOCUMENT))
    other = {"outputs": [{"type": "boxes"}]}
    found = read_metadata(tmp_path / "yolo.onnx", {"edgefirst": json.dumps(other)})
    assert found.document == DOCUMENT
    assert found.document_source == str(tmp_path / name)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = appended(tmp_path, {"metadata.json": "x" * 100})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x03\x04")] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(ModelError, match="archive is damaged"):
        read_metadata(path, {})


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"outputs": 3}', '"text"', "\x00"])
def test_a_configuration_without_outputs_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "edgefirst.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"configuration .*edgefirst\.json"):
        read_document(path)


def test_a_configuration_may_be_yaml(tmp_path: Path) -> None:
    pytest.importorskip("yaml", reason="YAML configurations need PyYAML")
    path = tmp_path / "edgefirst.yaml"
    path.write_text("outputs:\n- type: detection\n  shape: [1, 6, 84]\n")
    assert read_document(path)["outputs"][0]["shape"] == [1, 6, 84]


@pytest.mark.parametrize("text", ["cat\n\n dog \n", '["cat", "dog"]', '{"0": "cat", "1": "dog"}'])
def test_class_names_come_from_lines_or_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "names.txt"
    path.write_text(text)
    assert read_names(path) == ["cat", "dog"]


def test_an_empty_file_of_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("\n")
    with pytest.raises(ModelError, match="empty"):
        read_names(tmp_path / "names.txt")
