# SPDX-License-Identifier: Apache-2.0
"""Which ground truth belongs to which picture: never that of another folder, in every spelling."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal.profiler.class_names import ClassNames
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Truth, open_truth
from edgefirst_hal.profiler.truth_folders import are_siblings
from edgefirst_hal.profiler.truth_match import ByName, picture_name

SIZE = (100, 100)


def picture(path: Path, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content or str(path))
    return path


def label(path: Path, index: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{index} .5 .5 .2 .2\n")
    return path


def coco(path: Path, names: list[str], **changes: Any) -> Path:
    """An object a picture, whose category is the number of the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = range(len(names))
    document = {
        "images": [{"id": i, "file_name": names[i]} for i in count],
        "annotations": [{"image_id": i, "category_id": i, "bbox": [1, 1, 9, 9]} for i in count],
        "categories": [{"id": i, "name": f"c{i}"} for i in count],
        **changes,
    }
    path.write_text(json.dumps(document))
    return path


def classes_of(truth: Truth, paths: list[Path]) -> tuple[list[Any], str]:
    """The class of each picture's only object; "none" without objects, None without truth."""
    remarks = truth.prepare(paths, ["cat", "dog"])
    found: list[Any] = []
    for path in paths:
        objects = truth.objects(path, SIZE)
        found.append(objects and objects[0]["category_id"] if objects != [] else "none")
    return found, "\n".join([*truth.remarks.sentences, *remarks])


# Truth of another folder.


def test_coco_of_one_camera_does_not_judge_the_other(tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"cam{i}/0001.jpg") for i in (1, 2)]
    found, told = classes_of(open_truth(coco(tmp_path / "t.json", ["cam1/0001.jpg"])), paths)
    assert found == [0, None]
    assert "cam2/0001.jpg has entries of its name in other folders alone" in told


@pytest.mark.parametrize(
    ("listed", "own"),
    [
        ("cam1", "cam2"),
        ("left", "right"),
        ("train2017", "val2017"),
        ("seq_07_front", "seq_08_front"),
        ("night_left", "night_right"),
        ("Train", "valid"),
    ],
)
def test_a_sibling_alone_is_not_used_either(tmp_path: Path, listed: str, own: str) -> None:
    path = picture(tmp_path / own / "0001.jpg")
    truth = open_truth(coco(tmp_path / "t.json", [f"{listed}/0001.jpg"]))
    found, told = classes_of(truth, [path])
    assert found == [None]
    assert "other folders alone" in told


def test_a_folder_that_exists_beside_is_not_used_for_another(tmp_path: Path) -> None:
    """No number and no split tells garage from garden, but both are there."""
    picture(tmp_path / "garage/0001.jpg")
    path = picture(tmp_path / "garden/0001.jpg")
    truth = open_truth(coco(tmp_path / "x/t.json", ["garage/0001.jpg"]))
    assert classes_of(truth, [path])[0] == [None]


def test_a_folder_that_the_run_knows_is_not_used_for_another(tmp_path: Path) -> None:
    paths = [picture(tmp_path / place / "0001.jpg") for place in ("garage", "garden")]
    truth = open_truth(coco(tmp_path / "x/t.json", ["garage/0001.jpg"]))
    assert classes_of(truth, paths)[0] == [0, None]


def test_a_renamed_folder_is_used_and_told(tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"in/{i}.jpg") for i in range(3)]
    names = [f"C:\\Users\\ann\\holiday\\{i}.jpg" for i in range(3)]
    found, told = classes_of(open_truth(coco(tmp_path / "t.json", names)), paths)
    assert found == [0, 1, 2]
    assert "names the folder 'users/ann/holiday' where the pictures lie in 'in'" in told
    assert "3 pictures are matched by name alone" in told


def test_two_folders_for_one_listed_are_no_renaming(tmp_path: Path) -> None:
    paths = [picture(tmp_path / place / "1.jpg") for place in ("kitchen", "hall")]
    found, told = classes_of(open_truth(coco(tmp_path / "t.json", ["store/1.jpg"])), paths)
    assert found == [None, None]
    assert "other folders alone" in told


def test_folders_that_were_put_into_one_are_used_and_told(tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"in/{i}.jpg") for i in range(3)]
    names = ["garage/0.jpg", "garden/1.jpg", "garden/2.jpg"]
    found, told = classes_of(open_truth(coco(tmp_path / "x/t.json", names)), paths)
    assert found == [0, 1, 2]
    assert told.count("by name alone") == 2
    twice = [*names, "garage/1.jpg"]
    found, told = classes_of(open_truth(coco(tmp_path / "x/t.json", twice)), paths)
    assert found == [0, None, 2]


def test_links_to_pictures_and_folders_count_as_they_are_written(tmp_path: Path) -> None:
    stored = picture(tmp_path / "store/train/7c.jpg")
    (tmp_path / "set/valid/images").mkdir(parents=True)
    (tmp_path / "set/valid/images/1.jpg").symlink_to(stored)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "set/valid")
    label(tmp_path / "set/valid/labels/1.txt", 1)
    label(tmp_path / "set/train/labels/1.txt", 0)
    for place in ("set/valid", "elsewhere"):
        path = tmp_path / place / "images/1.jpg"
        assert classes_of(open_truth(tmp_path / "set"), [path])[0] == [1]


def test_a_bare_name_that_two_folders_have_is_used_for_neither(tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"in/{place}/1.jpg") for place in ("kitchen", "hall")]
    found, told = classes_of(open_truth(coco(tmp_path / "x/t.json", ["1.jpg"])), paths)
    assert found == [None, None]
    assert "shares its entry with a picture of another folder" in told


def test_a_bare_name_belongs_to_the_folder_above(tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"in/{place}1.jpg") for place in ("", "samples/")]
    assert classes_of(open_truth(coco(tmp_path / "x/t.json", ["1.jpg"])), paths)[0] == [0, None]


def test_coco_beside_the_training_pictures_does_not_judge_others(tmp_path: Path) -> None:
    """Roboflow's layout: train/_annotations.coco.json beside bare names."""
    picture(tmp_path / "train/1.jpg")
    path = picture(tmp_path / "valid/1.jpg")
    truth = open_truth(coco(tmp_path / "train/_annotations.coco.json", ["1.jpg"]))
    assert classes_of(truth, [path])[0] == [None]


@pytest.mark.parametrize("layout", ["{split}/{kind}", "{kind}/{split}", "{kind}/{split}/{kind}"])
def test_yolo_labels_are_those_of_the_split(tmp_path: Path, layout: str) -> None:
    paths = []
    for index, split in enumerate(("train", "valid")):
        label(tmp_path / layout.format(split=split, kind="labels") / "0001.txt", index)
        paths.append(picture(tmp_path / layout.format(split=split, kind="images") / "0001.jpg"))
    for i in range(2):
        assert classes_of(open_truth(tmp_path), [paths[i]])[0] == [i]
    assert classes_of(open_truth(tmp_path), paths)[0] == [0, 1]


def test_a_background_picture_does_not_get_the_labels_of_another_split(tmp_path: Path) -> None:
    for split, name in (("train", "1"), ("train", "2"), ("valid", "1")):
        label(tmp_path / split / "labels" / f"{name}.txt")
    paths = [picture(tmp_path / "valid/images" / f"{name}.jpg") for name in "12"]
    found, told = classes_of(open_truth(tmp_path), paths)
    assert found == [0, "none"]
    assert "1 picture counts as background for want of a label file" in told


def test_backgrounds_alone_are_backgrounds_where_their_labels_would_lie(tmp_path: Path) -> None:
    label(tmp_path / "labels/val/1.txt")
    path = picture(tmp_path / "images/val/2.jpg")
    assert classes_of(open_truth(tmp_path), [path])[0] == [None], "labels of other names"
    picture(tmp_path / "images/val/1.jpg")
    assert classes_of(open_truth(tmp_path), [path])[0] == ["none"]
    elsewhere = picture(tmp_path / "images/test/2.jpg")
    assert classes_of(open_truth(tmp_path), [elsewhere])[0] == [None]


def test_labels_of_another_split_given_by_themselves_are_not_used(tmp_path: Path) -> None:
    picture(tmp_path / "train/images/1.jpg")
    label(tmp_path / "train/labels/1.txt")
    path = picture(tmp_path / "valid/images/1.jpg")
    found, told = classes_of(open_truth(tmp_path / "train/labels"), [path])
    assert found == [None]
    assert "other folders alone" in told


def test_labels_given_by_themselves_are_used_for_a_copy(tmp_path: Path) -> None:
    picture(tmp_path / "data/images/1.jpg", "same")
    label(tmp_path / "data/labels/1.txt", 1)
    path = picture(tmp_path / "copy/1.jpg", "same")
    assert classes_of(open_truth(tmp_path / "data"), [path]) == ([1], "")
    path.write_text("another picture")
    found, told = classes_of(open_truth(tmp_path / "data"), [path])
    assert found == [1]
    assert "is judged by an entry beside which another picture lies" in told


def test_voc_annotations_lie_beside_their_pictures(tmp_path: Path) -> None:
    box = "<xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>"
    for year, name in (("VOC2007", "cat"), ("VOC2012", "dog")):
        (tmp_path / year / "Annotations").mkdir(parents=True)
        (tmp_path / year / "Annotations/1.xml").write_text(
            f"<annotation><object><name>{name}</name><bndbox>{box}</bndbox></object></annotation>"
        )
    path = picture(tmp_path / "VOC2012/JPEGImages/1.jpg")
    assert classes_of(open_truth(tmp_path), [path])[0] == [1]


# Names as tools write them.


@pytest.mark.parametrize(
    ("listed", "name"),
    [
        ("images\\0001.jpg", "0001.jpg"),
        ("..\\..\\images\\0001.jpg", "0001.jpg"),
        (".\\0001.jpg", "0001.jpg"),
        ("C:\\data\\images\\0001.jpg", "0001.jpg"),
        ("file:///home/ann/images/0001.jpg", "0001.jpg"),
        ("https://example.com/images/0001.jpg?token=1", "0001.jpg"),
        ("/data/local-files/?d=images%2F0001.jpg", "0001.jpg"),
        ("my%20photo.jpg", "my photo.jpg"),
        ("my photo.jpg", "my%20photo.jpg"),
        ("caf%C3%A9.jpg", "café.jpg"),
        (unicodedata.normalize("NFD", "café.jpg"), "café.jpg"),
        ("café.jpg", unicodedata.normalize("NFD", "café.jpg")),
        (unicodedata.normalize("NFD", "한국.jpg"), "한국.jpg"),
        (unicodedata.normalize("NFD", "é/0001.jpg"), "é/0001.jpg"),
        ("IMG_1.JPG", "img_1.jpg"),
        ("photo.JPEG", "photo.jpg"),
        ("photo", "photo.jpg"),
        ("img.001", "img.001.jpg"),
        (" photo.jpg\n", "photo.jpg"),
        ("1a2b3c4d-photo.jpg", "photo.jpg"),
        ("images/1a2b3c4d-my%20photo.jpg", "my photo.jpg"),
    ],
)
def test_names_that_tools_write_are_found(tmp_path: Path, listed: str, name: str) -> None:
    path = picture(tmp_path / "in" / name)
    truth = open_truth(coco(tmp_path / "t.json", [listed]))
    assert truth.objects(path, SIZE), "alone"
    assert classes_of(truth, [path])[0] == [0]


@pytest.mark.parametrize("name", ["A.TXT", "a.Txt", "a.jpg.txt", "9f8e7d6c-a.txt"])
def test_label_files_in_other_spellings_are_found(tmp_path: Path, name: str) -> None:
    label(tmp_path / "labels" / name, 1)
    path = picture(tmp_path / "in/a.jpg")
    assert classes_of(open_truth(tmp_path / "labels"), [path])[0] == [1]


def test_a_name_as_it_is_written_precedes_other_spellings(tmp_path: Path) -> None:
    names = ["a.jpg", "A.jpg", "a.png", "my%20a.jpg", "my a.jpg"]
    paths = [picture(tmp_path / "in" / name) for name in names]
    truth = open_truth(coco(tmp_path / "t.json", names))
    assert classes_of(truth, paths)[0] == [0, 1, 2, 3, 4]


def test_a_prefix_of_few_names_is_part_of_them(tmp_path: Path) -> None:
    path = picture(tmp_path / "in/photo.jpg")
    truth = open_truth(coco(tmp_path / "t.json", ["1a2b3c4d-photo.jpg", "other.jpg"]))
    assert classes_of(truth, [path])[0] == [None]


def test_two_uploads_of_one_name_are_used_for_nobody(tmp_path: Path) -> None:
    path = picture(tmp_path / "in/photo.jpg")
    truth = open_truth(coco(tmp_path / "t.json", ["1a2b3c4d-photo.jpg", "5a6b7c8d-photo.jpg"]))
    found, told = classes_of(truth, [path])
    assert found == [None]
    assert "has several entries in the ground truth of equal right" in told


def test_names_become_paths_with_slashes() -> None:
    assert picture_name("..\\a\\.\\b.jpg") == "a/b.jpg"
    assert picture_name("s3://bucket/a/b.jpg") == "bucket/a/b.jpg"
    assert picture_name("d:/a/b.jpg") == "a/b.jpg"


def test_siblings_differ_in_a_number_a_side_or_a_split() -> None:
    assert are_siblings("cam1", "cam12")
    assert are_siblings("2024-05-01", "2024-05-02")
    assert not are_siblings("cam1", "cam1")
    assert not are_siblings("holiday", "in")
    assert not are_siblings("cam1", "in2")


def test_a_name_that_is_listed_once_is_found_without_a_run() -> None:
    names = ByName([("a/1.txt", 1), ("b/2.txt", 2)])
    assert len(names) == 2
    assert names.find(Path("/x/b/2.jpg")) == 2


# Ids of two types.


@pytest.mark.parametrize(
    ("image", "annotation"),
    [
        (1, "1"),
        ("1", 1),
        (1, 1.0),
        ("0001", 1),
        (1, " 1 "),
        ("a", "a"),
        (7, "0001.jpg"),
        (7, "0001"),
    ],
)
def test_ids_of_two_types_are_matched(tmp_path: Path, image: Any, annotation: Any) -> None:
    path = picture(tmp_path / "0001.jpg")
    known = [{"image_id": annotation, "category_id": 0, "bbox": [1, 1, 9, 9]}]
    images = [{"id": image, "file_name": "0001.jpg"}]
    truth = open_truth(coco(tmp_path / "t.json", ["x"], images=images, annotations=known))
    assert classes_of(truth, [path]) == ([0], "")


@pytest.mark.parametrize(
    ("category", "annotation"), [(17, "17"), ("17", 17), (17, 17.0), ("017", "17"), ("k", "k")]
)
def test_categories_of_two_types_are_matched(
    tmp_path: Path, category: Any, annotation: Any
) -> None:
    path = picture(tmp_path / "x.jpg")
    known = [{"image_id": 0, "category_id": annotation, "bbox": [1, 1, 9, 9]}]
    categories = [{"id": category, "name": "cat"}]
    truth = open_truth(
        coco(tmp_path / "t.json", ["x.jpg"], annotations=known, categories=categories)
    )
    found, told = classes_of(truth, [path])
    assert found == [truth.category(5, "cat")]
    assert told == ""


def test_ids_that_two_could_be_are_not_guessed(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": "01", "file_name": "b.jpg"}]
    known = [
        {"image_id": image, "category_id": 0, "bbox": [1, 1, 9, 9]} for image in (1, "01", "1")
    ]
    truth = open_truth(coco(tmp_path / "t.json", ["x"], images=images, annotations=known))
    assert truth.remarks.sentences == [
        "1 of the annotations is passed over: annotations[2]: its image_id is that of no image"
    ]


@pytest.mark.parametrize(("key", "value"), [("image_id", 99), ("category_id", "zebra")])
def test_annotations_that_all_belong_to_nothing_are_refused(
    tmp_path: Path, key: str, value: Any
) -> None:
    known = [{"image_id": 0, "category_id": 0, "bbox": [1, 1, 9, 9], key: value}]
    with pytest.raises(ProfilerError, match=rf"annotations\[0\]: its {key} is that of no"):
        open_truth(coco(tmp_path / "t.json", ["x.jpg"], annotations=known))


def test_two_pictures_of_one_id_are_not_used(tmp_path: Path) -> None:
    names = ["a.jpg", "b.jpg", "c.jpg"]
    images = [{"id": i // 2, "file_name": name} for i, name in enumerate(names)]
    truth = open_truth(coco(tmp_path / "t.json", names, images=images))
    paths = [picture(tmp_path / name) for name in names]
    found, told = classes_of(truth, paths)
    assert found == [None, None, 1]
    assert "another picture has its id; neither is used" in told


# Classes.


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Traffic Light ", "traffic_light"),
        ("traffic-light", "Traffic  light"),
        (unicodedata.normalize("NFD", "Café"), "café"),
        ("STOP SIGN", "stop sign"),
    ],
)
def test_spelling_of_classes_counts_little(written: str, asked: str) -> None:
    assert ClassNames([(3, written), (4, "car")]).find(asked) == 3


def test_spelling_counts_where_two_classes_differ_in_it_alone() -> None:
    names = ClassNames([(3, "Stop-Sign"), (4, "stop_sign")])
    assert (names.find("Stop-Sign"), names.find("stop_sign")) == (3, 4)
    assert names.find("stop sign") is None


def test_the_empty_group_of_roboflow_is_no_class(tmp_path: Path) -> None:
    """Its id 0 shifts every class of a model without names."""
    names = ["things", "ball", "bat"]
    categories = [
        {"id": i, "name": name, "supercategory": "things"} for i, name in enumerate(names)
    ]
    categories[0]["supercategory"] = "none"
    known = [{"image_id": 0, "category_id": 1, "bbox": [1, 1, 9, 9]}]
    given = {"annotations": known, "categories": categories}
    truth = open_truth(coco(tmp_path / "t.json", ["x.jpg"], **given))
    assert [truth.category(i, None) for i in range(3)] == [1, 2, None]
    known.append({"image_id": 0, "category_id": 0, "bbox": [1, 1, 9, 9]})
    truth = open_truth(coco(tmp_path / "t.json", ["x.jpg"], **given))
    assert [truth.category(i, None) for i in range(3)] == [0, 1, 2]


def test_names_beside_labels_decide_where_numbers_differ(tmp_path: Path) -> None:
    label(tmp_path / "labels/1.txt", 0)
    (tmp_path / "labels/classes.txt").write_bytes("dog\ncat\n".encode("utf-16"))
    path = picture(tmp_path / "images/1.jpg")
    truth = open_truth(tmp_path / "labels")
    found, told = classes_of(truth, [path])
    assert found == [truth.category(1, "dog")]
    assert "number the classes otherwise than the model; names decided" in told
    (tmp_path / "labels/classes.txt").write_text("Hund\nKatze\n")
    truth = open_truth(tmp_path / "labels")
    assert "are not the model's; numbers decided" in classes_of(truth, [path])[1]
    assert truth.category(1, "dog") == 1


@pytest.mark.parametrize(
    "text",
    [
        "path: .\nnames:\n  0: dog\n  1: Cat\n",
        "names: ['dog', 'Cat']\nnc: 2\n",
        "\ufeffnames: {1: Cat, 0: dog}\n",
    ],
)
@pytest.mark.parametrize("root", ["", "valid", "valid/labels"])
def test_the_description_of_a_data_set_numbers_its_classes(
    tmp_path: Path, text: str, root: str
) -> None:
    """Its ball is 0 where a model of COCO's classes has persons."""
    label(tmp_path / "valid/labels/1.txt", 0)
    (tmp_path / "data.yaml").write_text(text, encoding="utf-8")
    path = picture(tmp_path / "valid/images/1.jpg")
    truth = open_truth(tmp_path / root)
    assert truth.prepare([path], ["cat", "dog", "bird"]) == [
        "the labels number the classes otherwise than the model; names decided"
    ]
    assert [truth.category(i, name) for i, name in enumerate(("cat", "dog", "bird"))] == [
        1,
        0,
        None,
    ]
    assert truth.category_name(0) == "dog"
    assert [truth.category(i, None) for i in range(2)] == [0, 1], "a model without names"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "names: 3", "names: {a: b}", "names: {9999999: b}"]
)
def test_a_description_without_names_says_nothing(tmp_path: Path, text: str) -> None:
    label(tmp_path / "labels/1.txt", 0)
    (tmp_path / "data.yaml").write_text(text)
    truth = open_truth(tmp_path)
    assert (truth.remarks.sentences, truth.category(4, "dog")) == ([], 4)


def test_lists_of_names_that_differ_are_passed_over_and_told(tmp_path: Path) -> None:
    label(tmp_path / "labels/1.txt", 0)
    (tmp_path / "data.yaml").write_text("names: [ball]")
    (tmp_path / "labels/classes.txt").write_text("person\n")
    truth = open_truth(tmp_path)
    assert truth.remarks.sentences == [
        "the lists of class names differ and are passed over: person, ... and ball, ..."
    ]
    assert truth.category(0, "dog") == 0
