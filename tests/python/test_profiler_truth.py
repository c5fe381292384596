# SPDX-License-Identifier: Apache-2.0
"""Ground truth in three formats becomes the same objects; what is malformed is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import ByName, open_truth

SIZE = (200, 100)
BOX = [20.0, 10.0, 80.0, 40.0]


def write_coco(path: Path, **changes: Any) -> Path:
    annotation = {"id": 1, "image_id": 5, "category_id": 18, "bbox": BOX, "area": 3000.5}
    document = {
        "images": [{"id": 5, "file_name": "a/photo.jpg"}, {"id": 6, "file_name": "b/empty.jpg"}],
        "annotations": [annotation],
        "categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}],
        **changes,
    }
    path.write_text(json.dumps(document))
    return path


def test_coco_objects_categories_and_areas(tmp_path: Path) -> None:
    truth = open_truth(write_coco(tmp_path / "truth.json"))
    (known,) = truth.objects(Path("/data/a/photo.jpg"), SIZE) or []
    assert (known["bbox"], known["category_id"], known["area"]) == (BOX, 18, 3000.5)
    assert known["iscrowd"] == 0
    assert truth.objects(Path("/data/b/empty.jpg"), SIZE) == []
    assert truth.objects(Path("/data/b/unknown.jpg"), SIZE) is None
    assert (truth.category(7, "dog"), truth.category(7, "cat")) == (18, None)
    assert [truth.category(i, None) for i in range(3)] == [3, 18, None]
    assert not truth.has_masks
    assert truth.description == "COCO, 2 pictures, 1 objects"


def test_yolo_boxes_and_outlines(tmp_path: Path) -> None:
    labels = tmp_path / "train"
    labels.mkdir()
    (labels / "photo.txt").write_text("16 0.3 0.3 0.4 0.4\n\n2 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n")
    truth = open_truth(tmp_path)
    box, outline = truth.objects(Path("photo.jpg"), SIZE) or []
    assert (box["category_id"], box["bbox"]) == (16, pytest.approx(BOX))
    assert box["area"] == pytest.approx(3200)
    assert (outline["category_id"], outline["bbox"]) == (2, pytest.approx(BOX))
    assert outline["area"] == pytest.approx(3200)
    assert outline["segmentation"] == [pytest.approx([20, 10, 100, 10, 100, 50, 20, 50])]
    assert truth.has_masks
    assert truth.category(16, "dog") == 16


def test_voc_boxes_count_from_one_and_difficult_objects_are_ignored(tmp_path: Path) -> None:
    corners = "<xmin>21</xmin><ymin>11</ymin><xmax>100</xmax><ymax>50</ymax>"
    entries = "".join(
        f"<object><name>{name}</name><difficult>{difficult}</difficult>"
        f"<bndbox>{corners}</bndbox></object>"
        for name, difficult in (("dog", 0), ("cat", 1))
    )
    (tmp_path / "photo.xml").write_text(f"<annotation>{entries}</annotation>")
    truth = open_truth(tmp_path)
    dog, cat = truth.objects(Path("photo.jpg"), SIZE) or []
    assert (dog["bbox"], dog["area"], dog["iscrowd"]) == (BOX, 3200, 0)
    assert cat["iscrowd"] == 1
    assert (truth.category(0, "cat"), truth.category(0, "dog")) == (0, 1)
    assert truth.category(0, "bird") is None


def test_a_name_that_several_share_is_told_apart_by_its_folders() -> None:
    names = ByName([("train/x/0.txt", 1), ("val/x/0.txt", 2), ("0.txt", 3)])
    assert names.find(Path("/images/val/x/0.jpg")) == 2
    assert names.find(Path("/images/train/x/0.jpg")) == 1
    assert names.find(Path("/images/1.jpg")) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a COCO file"),
        ("[]", "not a COCO file"),
        ('{"images": []}', "no 'annotations'"),
        ('{"images": [{}], "annotations": [], "categories": []}', "no 'file_name'"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "truth.json"
    path.write_text(text)
    with pytest.raises(ProfilerError, match=reason):
        open_truth(path)


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfilerError, match="expected a COCO"):
        open_truth(tmp_path / "nowhere")
    (tmp_path / "instances.json").write_text("{}")
    with pytest.raises(ProfilerError, match=r"instances\.json lies in it"):
        open_truth(tmp_path)


@pytest.mark.parametrize("name", ["data.yaml", "0001.txt", "0001.XML", "labels.zip"])
def test_one_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("0 .5 .5 .1 .1")
    with pytest.raises(ProfilerError, match="one file of another kind; expected a COCO"):
        open_truth(tmp_path / name)
