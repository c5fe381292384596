# SPDX-License-Identifier: Apache-2.0
"""Model files whose outputs have several readings are read alike by load_model and from_model, and
what they find is right or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import numpy.typing as npt
import pytest
from edgefirst_hal.models import Detections, Model, ModelError, ModelOptions, load_model
from synthetic_models import write_model

pytest.importorskip("onnxruntime", reason="runs the models")

SIDE = 64
BOX = [22.0, 22.0, 42.0, 42.0]
Table = npt.NDArray[np.float32]


def keys(classes: int, **more: str) -> dict[str, str]:
    """What Ultralytics writes about so many classes."""
    names = str({i: f"c{i}" for i in range(classes)})
    return {"task": "detect", "stride": "32", "imgsz": "[64, 64]", "names": names, **more}


def written(folder: Path, metadata: dict[str, str], *outputs: Table) -> Path:
    named = {f"output{i}": output for i, output in enumerate(outputs)}
    return write_model(folder / "m.onnx", named, [1, 3, SIDE, SIDE], metadata)


def found_by(path: Path, options: ModelOptions | None = None) -> tuple[Model, Detections]:
    model = load_model(path, options or ModelOptions())
    fit = model.fill(ef.Tensor.image(SIDE, SIDE, ef.PixelFormat.Rgb))
    return model, model.decode(model.infer(), fit, (SIDE, SIDE))


def check_one(path: Path, name: str, score: float, options: ModelOptions | None = None) -> Model:
    """One box at BOX, by the loader; the library alone reads the same head."""
    model, found = found_by(path, options)
    assert [model.class_name(int(i)) for i in found.classes] == [name]
    assert found.scores.tolist() == [pytest.approx(score, abs=1e-3)]
    assert (found.boxes * SIDE).tolist() == [pytest.approx(BOX, abs=0.05)]
    return model


def table(count: int, width: int, *rows: list[float]) -> Table:
    """[1, count, width]; the rows come after two empty ones where there is room."""
    values = np.zeros((1, count, width), np.float32)
    first = 2 if count > len(rows) + 2 else 0
    for i, row in enumerate(rows):
        values[0, first + i, : len(row)] = row
    return values


CENTRES = [[32, 32, 20, 20, 0.9, 0.95], [33, 32, 20, 20, 0.8, 0.95]]
CORNERS = [[*BOX, 0.9, 0], [23, 22, 43, 42, 0.8, 0]]
PROTOS = np.full((1, 32, 16, 16), 5.0, np.float32)


@pytest.mark.parametrize("metadata", [keys(1), {}], ids=["named", "unnamed"])
@pytest.mark.parametrize("count", [252, 255], ids=["P5", "P6"])
@pytest.mark.parametrize("across", [False, True])
def test_yolov5_of_one_class(
    tmp_path: Path, metadata: dict[str, str], count: int, across: bool
) -> None:
    values = table(count, 6, *CENTRES)
    if across:
        values = np.ascontiguousarray(values.transpose(0, 2, 1))
    path = written(tmp_path, metadata, values)
    model = check_one(path, "c0" if metadata else "class 0", 0.855)
    alone = ef.Decoder.from_model(path)
    assert alone.model_type == model.decoder.model_type == "yolo_det"
    assert alone.class_count == model.decoder.class_count == 1


def test_yolov5_of_one_class_in_fractions(tmp_path: Path) -> None:
    rows = [[v / SIDE for v in row[:4]] + row[4:] for row in CENTRES]
    check_one(written(tmp_path, keys(1), table(252, 6, *rows)), "c0", 0.855)


def test_yolov5_of_one_class_with_masks(tmp_path: Path) -> None:
    rows = [[*row, 1.0] for row in CENTRES]
    path = written(tmp_path, keys(1, task="segment"), table(252, 38, *rows), PROTOS)
    model = check_one(path, "c0", 0.855)
    assert model.has_prototypes
    assert ef.Decoder.from_model(path).model_type == "yolo_seg_det"


def test_a_transposed_head_of_two_classes(tmp_path: Path) -> None:
    rows = [[32, 32, 20, 20, 0.1, 0.9], [33, 32, 20, 20, 0.1, 0.8]]
    check_one(written(tmp_path, keys(2), table(84, 6, *rows)), "c1", 0.9)
    masked = written(tmp_path, keys(2, task="segment"), table(84, 38, *rows), PROTOS)
    check_one(masked, "c1", 0.9)


@pytest.mark.parametrize(
    "metadata",
    [keys(3, args="{'nms': True, 'dynamic': True}"), keys(80), keys(1, args="{'nms': True}")],
    ids=["nms", "no other reading", "one class"],
)
def test_rows_of_every_anchor_are_suppressed(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = written(tmp_path, metadata, table(84, 6, *CORNERS))
    model = check_one(path, "c0", 0.9)
    assert not model.decoder.is_end_to_end()
    assert "suppression" in dict(model.account)
    assert not ef.Decoder.from_model(path).is_end_to_end()


def test_values_tell_rows_from_scores_where_nothing_else_does(tmp_path: Path) -> None:
    rows = table(84, 6, *CORNERS, [2, 2, 12, 12, 0.7, 5])
    _, found = found_by(written(tmp_path, {}, rows))
    assert found.classes.tolist() == [0, 5]
    path = written(tmp_path, {}, table(84, 6, *CENTRES))
    for question in (lambda: load_model(path), lambda: ef.Decoder.from_model(path)):
        with pytest.raises((ModelError, ef.InvalidConfigError), match="YOLOX") as caught:
            question()
        assert len(str(caught.value)) < 320 + len(str(path))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("classes", [1, 2, 80])
def test_few_rows_of_an_end_to_end_export(tmp_path: Path, count: int, classes: int) -> None:
    arguments = str({"nms": True, "max_det": count})
    path = written(tmp_path, keys(classes, args=arguments), table(count, 6, [*BOX, 0.9, 0]))
    model = check_one(path, "c0", 0.9)
    assert model.decoder.is_end_to_end()
    assert ef.Decoder.from_model(path).is_end_to_end()


@pytest.mark.parametrize("count", [1, 7, 37, 38])
def test_few_rows_with_masks(tmp_path: Path, count: int) -> None:
    metadata = keys(1, task="segment", end2end="True")
    path = written(tmp_path, metadata, table(count, 38, [*BOX, 0.9, 0, 1.0]), PROTOS)
    assert check_one(path, "c0", 0.9).has_prototypes
    decoder = ef.Decoder.from_model(path)
    assert decoder.normalized_boxes is True
    boxes, _, _, masks = decoder.decode([table(count, 38, [*BOX, 0.9, 0, 1.0]), PROTOS])
    assert (boxes * SIDE).tolist() == [pytest.approx(BOX, abs=0.05)]
    assert len(masks) == 1


@pytest.mark.parametrize("scale", [1.0, float(SIDE)], ids=["fractions", "pixels"])
@pytest.mark.parametrize("count", [100, 300])
def test_rt_detr(tmp_path: Path, scale: float, count: int) -> None:
    row = [0.5 * scale, 0.5 * scale, 20 / SIDE * scale, 20 / SIDE * scale, *[0.0] * 80]
    row[4 + 16] = 0.9
    check_one(written(tmp_path, keys(80), table(count, 84, row)), "c16", 0.9)


@pytest.mark.parametrize("metadata", [keys(80, head="RTDETRDecoder"), keys(80)])
def test_rows_of_centres_in_fractions(tmp_path: Path, metadata: dict[str, str]) -> None:
    values = table(300, 6, [0.5, 0.5, 20 / SIDE, 20 / SIDE, 0.9, 16])
    check_one(written(tmp_path, metadata, values), "c16", 0.9)


def test_split_outputs_in_fractions(tmp_path: Path) -> None:
    boxes, scores = np.zeros((1, 4, 84), np.float32), np.zeros((1, 3, 84), np.float32)
    boxes[0, :, 5] = (0.5, 0.5, 20 / SIDE, 20 / SIDE)
    scores[0, 2, 5] = 0.9
    model = check_one(written(tmp_path, keys(3), boxes, scores), "c2", 0.9)
    assert "pixels" not in model.decoder.explanation


def test_boxes_that_leave_as_fractions_are_not_called_pixels(tmp_path: Path) -> None:
    values = np.zeros((1, 4 + 2 + 32, 84), np.float32)
    decoder = ef.Decoder.from_model(written(tmp_path, keys(2, task="segment"), values, PROTOS))
    assert decoder.normalized_boxes is True
    assert "pixels" not in decoder.explanation
    assert "fractions" in decoder.explanation
    plain = ef.Decoder.from_model(written(tmp_path, keys(2), values[:, :6].copy()))
    assert plain.normalized_boxes is False
    assert "boxes: pixels" in plain.explanation


def test_unnamed_classes_are_named_alike(tmp_path: Path) -> None:
    values = np.zeros((1, 84, 340), np.float32)
    values[0, :5, 3] = (32, 32, 20, 20, 0.9)
    boxes, scores = values[:, :4].copy(), values[:, 4:].copy()
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"outputs": [{"type": "detection", "shape": [1, 84, 340]}]}))
    flat = written(tmp_path, {}, values)
    assert found_by(flat)[0].class_name(0) == "person"
    assert found_by(flat, ModelOptions(config=config))[0].class_name(0) == "person"
    assert found_by(written(tmp_path, {}, boxes, scores))[0].class_name(0) == "person"


def test_more_features_than_anchors(tmp_path: Path) -> None:
    values = np.zeros((1, 605, 84), np.float32)
    values[0, :4, 3] = (32, 32, 20, 20)
    values[0, 4 + 600, 3] = 0.9
    check_one(written(tmp_path, keys(601), values), "c600", 0.9)


@pytest.mark.parametrize(
    ("outputs", "metadata", "reason"),
    [
        ([np.zeros((1, 0, 6), np.float32)], keys(1, args="{'nms': True}"), "without rows"),
        ([np.zeros((1, 86, 340), np.float32)], keys(80), "80 class names but 82 scores"),
        ([np.zeros((1, 56, 84), np.float32)], keys(1, task="pose"), "task is 'pose'"),
        ([np.zeros((1, 6, 84), np.float32)], keys(5), "5 class names but 2 scores"),
    ],
    ids=["no rows", "other names", "pose", "fewer scores"],
)
def test_refusals_name_the_file_the_reason_and_the_argument(
    tmp_path: Path, outputs: list[Table], metadata: dict[str, str], reason: str
) -> None:
    path = written(tmp_path, metadata, *outputs)
    with pytest.raises(ModelError, match=reason) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "ModelOptions(config=...)" in str(caught.value)
    assert "--config FILE" in caught.value.for_command()
    assert len(caught.value.reason) <= 320
    assert "\n" not in str(caught.value)


def test_a_batch_is_told_how_to_be_exported(tmp_path: Path) -> None:
    path = write_model(
        tmp_path / "m.onnx", {"o": np.zeros((4, 6, 84), np.float32)}, [4, 3, SIDE, SIDE], keys(2)
    )
    with pytest.raises(ModelError, match=r"not 4 at once; export .*batch=1"):
        load_model(path)


def test_a_missing_file_is_one_for_python_too(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.onnx: no such file") as caught:
        load_model(tmp_path / "gone.onnx")
    assert isinstance(caught.value, ModelError)
    assert caught.value.filename == str(tmp_path / "gone.onnx")


def test_what_was_found_out_can_be_kept_as_a_configuration(tmp_path: Path) -> None:
    for values, metadata in (
        (table(252, 6, *CENTRES), keys(1)),
        (table(84, 6, *CORNERS), keys(3, args="{'nms': True}")),
        (table(300, 6, [0.5, 0.5, 20 / SIDE, 20 / SIDE, 0.9, 16]), keys(80, head="RTDETRDecoder")),
    ):
        path = written(tmp_path, metadata, values)
        model, found = found_by(path)
        config = tmp_path / "found.json"
        config.write_text(json.dumps(model.document))
        _, again = found_by(path, ModelOptions(config=config))
        np.testing.assert_array_equal(found.boxes, again.boxes)
        np.testing.assert_array_equal(found.scores, again.scores)


def test_a_form_of_rows_without_rows_is_refused() -> None:
    detection: dict[str, Any] = {"type": "detection", "shape": [1, 6, 84]}
    for key, value in (("row_format", "cxcywh"), ("rows_suppressed", False)):
        with pytest.raises(ef.InvalidConfigError, match=f"{key} has no effect"):
            ef.Decoder({"outputs": [{**detection, key: value}]})


def test_broken_boxes_hide_no_box(tmp_path: Path) -> None:
    values = np.zeros((1, 6, 84), np.float32)
    values[0, 4] = 0.95
    values[0, :4, :40] = [[32], [32], [0], [0]]
    values[0, :4, 40:83] = [[32], [32], [np.inf], [np.inf]]
    values[0, :6, 83] = (32, 32, 20, 20, 0.8, 0)
    check_one(written(tmp_path, keys(2), values), "c0", 0.8, ModelOptions(max_det=5))


def test_a_map_beside_one_detection_is_no_mask(tmp_path: Path) -> None:
    boxes = np.array([[[[22 / 64, 22 / 64, 42 / 64, 42 / 64]], [[0, 0, 0, 0]]]], np.float32)
    scores = np.array([[[0.9], [0.0]]], np.float32)
    maps = np.zeros((1, 16, 16, 2), np.float32)
    config = tmp_path / "m.edgefirst.json"
    outputs = [
        {"type": "boxes", "decoder": "modelpack", "shape": [1, 2, 1, 4], "normalized": True},
        {"type": "scores", "decoder": "modelpack", "shape": [1, 2, 1]},
        {"type": "segmentation", "decoder": "modelpack", "shape": [1, 16, 16, 2]},
    ]
    config.write_text(json.dumps({"outputs": outputs}))
    _, found = found_by(written(tmp_path, {}, boxes, scores, maps))
    assert len(found) == 1
    assert found.masks == []
    assert len(found.maps) == 1
    assert found.take([0]).maps == found.maps == found.drawn


def neighbour(**more: Any) -> str:
    outputs = [{"type": "detection", "shape": [1, 6, 84], "normalized": False}]
    return json.dumps({"outputs": outputs, **more})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (neighbour(model="other.onnx", classes=["x", "y"]), "that of other.onnx"),
        (neighbour(model={"file": "/a/b/other.tflite"}), "that of other.tflite"),
        (json.dumps({"outputs": [{"type": "detection", "shape": [1, 84, 8400]}]}), "no output"),
    ],
)
def test_a_configuration_of_a_neighbour_is_passed_over(
    tmp_path: Path, text: str, reason: str
) -> None:
    values = np.zeros((1, 6, 84), np.float32)
    values[0, :5, 3] = (32, 32, 20, 20, 0.9)
    path = written(tmp_path, keys(2), values)
    (tmp_path / "edgefirst.json").write_text(text)
    model = check_one(path, "c0", 0.9)
    assert reason in dict(model.account)["passed over"]
    assert f"passed over: {tmp_path / 'edgefirst.json'}" in ef.Decoder.from_model(path).explanation


def test_other_classes_in_a_shared_configuration_are_a_question(tmp_path: Path) -> None:
    path = written(tmp_path, keys(2), np.zeros((1, 6, 84), np.float32))
    shared = tmp_path / "edgefirst.json"
    shared.write_text(neighbour(classes=["x", "y"]))
    with pytest.raises(ModelError, match=r"other classes.*m\.edgefirst\.json"):
        load_model(path)
    with pytest.raises(ef.InvalidConfigError, match="other classes"):
        ef.Decoder.from_model(path)
    shared.rename(tmp_path / "m.edgefirst.json")
    assert load_model(path).names == ["x", "y"]
