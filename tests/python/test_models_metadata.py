# SPDX-License-Identifier: Apache-2.0
"""What model files say about themselves is found in every place it may stand."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pytest
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.metadata import read_document, read_metadata
from edgefirst_hal.models.names import read_names

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
    assert ("task", "segment") in found.texts


def test_a_single_image_size_is_square() -> None:
    assert read_metadata(Path("m.onnx"), {"imgsz": "416"}).input_size == (416, 416)


@pytest.mark.parametrize(
    "names", ["{0: 'cat'", "__import__('os')", "(" * 5000, "{'x': 'y'}", "{-1: 'a'}", "{9999: 'a'}"]
)
def test_names_that_are_no_names_are_passed_over(names: str) -> None:
    assert read_metadata(Path("m.onnx"), {"task": "detect", "names": names}).names is None


def test_foreign_metadata_is_not_taken_for_ultralytics() -> None:
    found = read_metadata(Path("m.onnx"), {"producer": "someone"})
    assert found.document is None
    assert found.names is None


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


def laughs(levels: int) -> str:
    """YAML whose aliases expand tenfold a level."""
    lines = ["x0: &x0 [a, b, c, d, e, f, g, h, i, j]"]
    for level in range(1, levels + 1):
        lines.append(f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]")
    return "\n".join([*lines, "outputs: []"])


BOMBS = {
    "aliases": laughs(8),
    "aliases of a long text": "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 1000 + "]",
    "deep JSON": '{"outputs": ' + "[" * 100_000,
    "deep YAML": "a: " + "[" * 100_000,
    "long": "#" * (4 << 20) + "\noutputs: []",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_configuration_cannot_explode(tmp_path: Path, text: str) -> None:
    path = tmp_path / "edgefirst.yaml"
    path.write_text(text)
    start = time.process_time()
    with pytest.raises(ModelError, match=r"configuration .*edgefirst\.yaml: ") as caught:
        read_document(path)
    assert time.process_time() - start < 3
    assert len(str(caught.value).replace(str(tmp_path), "")) < 300


@pytest.mark.parametrize("name", ["config.json", "names.txt"])
def test_an_endless_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(1 << 40)
    read = read_document if name == "config.json" else read_names
    with pytest.raises(ModelError, match="more than 4 MiB"):
        read(path)


def test_an_archive_cannot_explode(tmp_path: Path) -> None:
    text = "[" + "'a'," * (1 << 20)
    path = tmp_path / "model.tflite"
    path.write_bytes(b"TFL3 flatbuffer bytes")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for i in range(5):
            archive.writestr(f"{i}.json", text[: (4 << 20) - 1])
    start = time.process_time()
    with pytest.raises(ModelError, match="texts are too long"):
        read_metadata(path, {})
    assert time.process_time() - start < 3


def test_a_long_text_that_is_no_document_is_passed_over(tmp_path: Path) -> None:
    start = time.process_time()
    found = read_metadata(Path("m.onnx"), {"names": "[" * 3_000_000, "task": "detect"})
    assert found.names is None
    path = appended(tmp_path, {f"{i}.json": "{1: (" * 5000 for i in range(100)})
    assert read_metadata(path, {}).names is None
    assert time.process_time() - start < 5


def test_names_that_no_utf8_holds_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "names.json"
    path.write_text(r'["caf\udce9", "dog"]')
    names = read_names(path)
    assert len(names) == 2
    "".join(names).encode()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat\ndog\n", ["cat", "dog"]),
        ("- cat\n- dog\n", ["- cat", "- dog"]),
        ("[cat]\ndog\n", ["[cat]", "dog"]),
        ("{0: cat, 1: dog}", ["cat", "dog"]),
        ('{0: \'it\\\'s\', 1: "a \\"b\\""}', ["it's", 'a "b"']),
        ("\ufeffcat\ndog", ["cat", "dog"]),
    ],
)
def test_names_are_read_as_they_are_written(tmp_path: Path, text: str, names: list[str]) -> None:
    path = tmp_path / "names.txt"
    path.write_text(text, encoding="utf-8")
    assert read_names(path) == names


def test_tuples_are_literals_too() -> None:
    found = read_metadata(Path("m.onnx"), {"imgsz": "(320, 640)", "task": "detect"})
    assert found.input_size == (320, 640)
