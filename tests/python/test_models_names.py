# SPDX-License-Identifier: Apache-2.0
"""Class names in the files that tools write, and files that are no names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edgefirst_hal.models import ModelError, ModelOptions, load_model
from edgefirst_hal.models.metadata import read_document, read_metadata
from edgefirst_hal.models.names import read_names
from synthetic_models import write_model

WORDS = ["ball", "Fußgänger", "自転車"]


def names_in(folder: Path, text: str | bytes, name: str = "names.txt") -> list[str]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_names(path)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_unicode_encoding_is_read(tmp_path: Path, encoding: str, end: str) -> None:
    words = WORDS if "-le" not in encoding and "-be" not in encoding else ["ball", "bat", "cap"]
    assert names_in(tmp_path, (end.join(words) + end).encode(encoding)) == words
    quoted = "[" + ", ".join(f'"{word}"' for word in words) + "]"
    assert names_in(tmp_path, quoted.encode(encoding)) == words


@pytest.mark.parametrize("encoding", ["gbk", "cp1252", "shift_jis"])
def test_another_encoding_is_named_by_its_line(tmp_path: Path, encoding: str) -> None:
    word = "café" if encoding == "cp1252" else "自転車" if encoding == "shift_jis" else "自行车"
    with pytest.raises(ModelError, match="line 2 is not UTF-8; save the file as UTF-8"):
        names_in(tmp_path, f"ball\n{word}\n".encode(encoding))


YAML_HEAD = "path: .\ntrain: images/train\nval: images/val\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (YAML_HEAD + "names:\n  0: ball\n  1: bat\n", ["ball", "bat"]),
        (YAML_HEAD + "nc: 2\nnames: [ball, bat]\n", ["ball", "bat"]),
        (YAML_HEAD + "names:\n- ball\n- bat\n", ["ball", "bat"]),
        ("# a dataset\nnames: {0: ball, 2: bat}\ntrain: x\n", ["ball", "class 1", "bat"]),
        ("train: x\nnames: [no, yes, on, true, 007, 1e3, null]\n",
         ["no", "yes", "on", "true", "007", "1e3", "null"]),
        ('{"names": ["ball", "bat"], "nc": 2}', ["ball", "bat"]),
        ('{"outputs": [], "dataset": {"classes": ["ball", "bat"]}}', ["ball", "bat"]),
        ("0: ball\n1: bat\n", ["ball", "bat"]),
        ("[no, yes]", ["no", "yes"]),
        ('{"ball": 0, "bat": 1}', ["ball", "bat"]),
    ],
)  # fmt: skip
def test_names_of_documents(tmp_path: Path, text: str, names: list[str]) -> None:
    assert names_in(tmp_path, text, "data.yaml") == names
    assert names_in(tmp_path, "\ufeff" + text, "data.yaml") == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0  person\n1  bicycle\n", ["person", "bicycle"]),
        ("0 person\n1 bicycle\n", ["person", "bicycle"]),
        ("0\tperson\n2\tstop sign\n", ["person", "class 1", "stop sign"]),
        ("0, person\n1, bicycle\n", ["person", "bicycle"]),
        ("1 euro\n2 euro\n5 euro\n", ["1 euro", "2 euro", "5 euro"]),
        ("0 percent\n", ["0 percent"]),
        ("3 doors\n3 doors open\n", ["3 doors", "3 doors open"]),
        ("car: red\ncar: blue\n", ["car: red", "car: blue"]),
        ("path\ntrain\n", ["path", "train"]),
    ],
)
def test_numbers_in_front_of_names(tmp_path: Path, text: str, names: list[str]) -> None:
    assert names_in(tmp_path, text) == names


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (YAML_HEAD, "without 'names'"),
        (YAML_HEAD + "names: coco.names\n", "without 'names'"),
        (YAML_HEAD + "nc: 3\nnames: [ball, bat]\n", "'nc' says 3 classes but there are 2 names"),
        ("1  person\n2  bicycle\n", "numbers that begin with 1"),
        ("item {\n  id: 1\n  name: 'person'\n}\n", "label map of TensorFlow"),
        ("classes = 2\ntrain = t.txt\nnames = coco.names\n", "data file of Darknet"),
        ('[{"id": 1, "name": "person"}]', "a list of other things"),
        ('{"categories": [{"id": 1}], "images": []}', "without 'names'"),
        ("\n\n", "empty"),
    ],
)
def test_what_holds_no_names_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        names_in(tmp_path, text)
    assert len(str(caught.value).replace(str(tmp_path), "")) < 200


def test_a_document_is_read_as_one(tmp_path: Path) -> None:
    assert names_in(tmp_path, "- ball\n- no\n", "names.yaml") == ["ball", "no"]
    assert names_in(tmp_path, "ball\nbat\n", "names.yaml") == ["ball", "bat"]
    laughs = ["x0: &x0 [a, b, c, d, e, f, g, h, i, j]"]
    laughs += [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 9)]
    for text in ("\n".join(laughs), '{"names": ["a"', "names: [a\nb: {"):
        with pytest.raises(ModelError, match=r"class names .*names\.yaml: ") as caught:
            names_in(tmp_path, text, "names.yaml")
        assert len(str(caught.value).replace(str(tmp_path), "")) < 300


def test_classes_of_a_yaml_configuration_stay_as_written(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("outputs: [{type: detection, shape: [1, 6, 84]}]\nclasses: [no, true]\n")
    assert read_metadata(Path("m.onnx"), {}, config=config).names == ["no", "true"]
    assert read_document(config)["outputs"][0]["shape"] == [1, 6, 84]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_configuration_may_bear_a_mark(tmp_path: Path, encoding: str) -> None:
    config = tmp_path / "c.json"
    config.write_text('{"outputs": [{"type": "detection"}]}', encoding=encoding)
    assert read_document(config)["outputs"] == [{"type": "detection"}]


@pytest.mark.parametrize(
    ("count", "rest"), [(4, "the last are not used"), (2, "others are numbered")]
)
def test_more_or_fewer_names_than_scores_are_told(tmp_path: Path, count: int, rest: str) -> None:
    pytest.importorskip("onnxruntime", reason="runs the model")
    path = write_model(tmp_path / "m.onnx", {"o": np.zeros((1, 7, 84), np.float32)}, [1, 3, 64, 64])
    names = tmp_path / "names.txt"
    names.write_text("".join(f"name {i}\n" for i in range(count)))
    model = load_model(path, ModelOptions(names=names))
    assert model.class_name(2) == ("name 2" if count > 2 else "class 2")
    text = dict(model.account)["classes"]
    assert f"{count} class names but 3 scores a box, so that {rest}" in text


def test_characters_that_json_spells_in_two_halves_are_one(tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    file.write_text('["\\ud83d\\ude00 face", "caf\\u00e9", "half \\ud83d"]')
    assert read_names(file) == ["\N{GRINNING FACE} face", "café", "half \\ud83d"]
    file.write_text('{"0": "\\ud83d\\ude00", "1": "b"}')
    assert read_names(file) == ["\N{GRINNING FACE}", "b"]
