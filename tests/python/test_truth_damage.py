# SPDX-License-Identifier: Apache-2.0
"""What damaged ground truth still tells is used, what it does not is named, and nothing raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edgefirst_hal.profiler.evaluation import Case, build_case, evaluate
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.records import Found, FrameRecord
from edgefirst_hal.profiler.truth import Annotation, Truth, open_truth
from edgefirst_hal.profiler.truth_outlines import outline

mask_module = pytest.importorskip("pycocotools.mask", reason="the extra profile evaluates with it")

WIDTH, HEIGHT = 20, 10
BOX = [2, 2, 8, 4]
CORNERS = [2, 2, 10, 2, 10, 6, 2, 6]
PATH = Path("/data/photo.jpg")


def coco(path: Path, *changes: dict[str, Any], **document: Any) -> Path:
    """The object of photo.jpg as each of `changes` has it."""
    whole = {"image_id": 1, "category_id": 1, "bbox": BOX}
    path.write_text(
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "photo.jpg", "width": WIDTH, "height": HEIGHT}],
                "annotations": [{**whole, **each} for each in changes],
                "categories": [{"id": 1, "name": "cat"}],
                **document,
            }
        )
    )
    return path


def objects(truth: Truth) -> list[Annotation]:
    return truth.objects(PATH, (WIDTH, HEIGHT)) or []


def told(truth: Truth) -> str:
    sentences = truth.remarks.sentences
    assert all(len(sentence) <= 300 for sentence in sentences)
    return "\n".join(sentences)


def square() -> Any:
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    picture[2:6, 2:10] = 1
    return mask_module.encode(np.asfortranarray(picture))


def compressed() -> str:
    text: str = square()["counts"].decode()
    return text


def case_of(truth: Truth) -> Case:
    """A model that finds the object, box and mask."""
    edges = np.array([[2.0, 2.0, 10.0, 6.0]])
    found = Found(WIDTH, HEIGHT, edges, np.array([0.9]), np.array([0]), [square()["counts"]])
    record = FrameRecord(0, "photo.jpg", 0, 1, {}, found)
    return build_case([record], {0: PATH}, truth, ["cat"])


def judged(truth: Truth, kind: str) -> dict[str, float]:
    case = case_of(truth)
    if kind == "segm" and not case.masked:
        return {}
    return evaluate(case, kind, 0.5).metrics


# Outlines.

USABLE = {
    "polygon": [CORNERS],
    "floats": [[float(value) for value in CORNERS]],
    "a flat list": CORNERS,
    "an empty polygon beside": [[], CORNERS],
    "run lengths": {"size": [HEIGHT, WIDTH], "counts": [22, 4] + [6, 4] * 7 + [104]},
    "text": {"size": [HEIGHT, WIDTH], "counts": compressed()},
    "no size": {"counts": [22, 4] + [6, 4] * 7 + [104]},
    "a size of floats": {"size": [10.0, 20.0], "counts": compressed()},
}
ABSENT: dict[str, Any] = {"null": None, "empty": [], "of an empty one": [[]], "text": "", "{}": {}}
UNUSABLE: dict[str, tuple[Any, str]] = {
    "two numbers": ([[1, 2]], "even count from 6, not 2"),
    "four numbers": ([[1, 2, 5, 6]], "even count from 6, not 4"),
    "four numbers first": ([[1, 2, 5, 6], CORNERS], "not 4"),
    "three numbers": ([1, 2, 3], "not 3"),
    "odd": ([[*CORNERS, 5]], "not 9"),
    "texts": ([["1", "2", "3", "4", "5", "6"]], "no finite number"),
    "null inside": ([[None] * 6], "no finite number"),
    "nan": ([[float("nan")] * 6], "no finite number"),
    "points": ([[[2, 2], [10, 2], [10, 6]]], "no finite number"),
    "mapping of nothing": ({"size": [HEIGHT, WIDTH]}, "run lengths have counts"),
    "no size, other sum": ({"counts": [5, 5]}, "do not fill their size"),
    "negative": ({"size": [HEIGHT, WIDTH], "counts": [-5, 205]}, "no whole number"),
    "beyond": ({"size": [HEIGHT, WIDTH], "counts": [0, 2**31 - 1]}, "do not fill"),
    "far beyond": ({"size": [HEIGHT, WIDTH], "counts": [10**18, 10**18]}, "no whole number"),
    "short": ({"size": [HEIGHT, WIDTH], "counts": [50, 50]}, "do not fill"),
    "size of one": ({"size": [HEIGHT], "counts": [200]}, "a size of two numbers"),
    "size of texts": ({"size": ["10", "20"], "counts": [200]}, "no whole number"),
    "text cut off": ({"size": [HEIGHT, WIDTH], "counts": compressed()[:-1]}, "run lengths"),
    "text of others": ({"size": [HEIGHT, WIDTH], "counts": "~~~ é"}, "other characters"),
    "text without end": ({"size": [HEIGHT, WIDTH], "counts": "o" * 50}, "run lengths"),
    "text that is negative": ({"size": [HEIGHT, WIDTH], "counts": "O"}, "is negative"),
    "number": (3, "neither polygons nor run lengths"),
    "prose": ("none", "neither polygons nor run lengths"),
}
OTHER_SIZE: dict[str, Any] = {
    "run lengths turned": {"size": [WIDTH, HEIGHT], "counts": [WIDTH * HEIGHT]},
    "run lengths of a thumbnail": {"size": [5, 10], "counts": [10, 40]},
    "polygon far away": [[1e9, 1e9, 2e9, 1e9, 2e9, 2e9]],
    "polygon below": [[-1e6, 0, 5, 0, 5, 5]],
}


@pytest.mark.parametrize("value", USABLE.values(), ids=USABLE.keys())
def test_outlines_of_every_form_are_judged(tmp_path: Path, value: Any) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {"segmentation": value, "area": 32}))
    assert told(truth) == ""
    assert judged(truth, "segm")["AP"] == pytest.approx(1.0)
    assert judged(truth, "bbox")["AP"] == pytest.approx(1.0)


@pytest.mark.parametrize("value", ABSENT.values(), ids=ABSENT.keys())
def test_boxes_are_judged_where_there_is_no_outline(tmp_path: Path, value: Any) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {"segmentation": value}))
    assert told(truth) == ""
    assert judged(truth, "bbox")["AP"] == pytest.approx(1.0)
    assert judged(truth, "segm") == {}
    assert case_of(truth).remarks == ["masks are not judged, as no object has a usable outline"]


@pytest.mark.parametrize(("value", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_boxes_are_judged_where_the_outline_is_unusable(
    tmp_path: Path, value: Any, reason: str
) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {"segmentation": value}))
    sentence = "1 object without a usable outline is judged by the box: annotations[0]: "
    assert told(truth).startswith(sentence)
    assert reason in told(truth)
    assert judged(truth, "bbox")["AP"] == pytest.approx(1.0)
    assert judged(truth, "segm") == {}


@pytest.mark.parametrize("value", OTHER_SIZE.values(), ids=OTHER_SIZE.keys())
def test_an_outline_of_another_picture_is_not_judged(tmp_path: Path, value: Any) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {"segmentation": value}))
    assert judged(truth, "bbox")["AP"] == pytest.approx(1.0)
    assert judged(truth, "segm") == {}
    assert "masks are judged in 0 of 1 pictures" in "".join(case_of(truth).remarks)


def test_masks_are_judged_in_the_pictures_that_have_outlines(tmp_path: Path) -> None:
    """G05, G10b: a box among outlines costs the masks of its own picture."""
    (tmp_path / "photo.txt").write_text("0 .3 .4 .4 .4\n")
    (tmp_path / "other.txt").write_text("0 .1 .2 .5 .2 .5 .6 .1 .6\n")
    truth = open_truth(tmp_path)
    edges, mask = np.array([[2.0, 2.0, 10.0, 6.0]]), square()["counts"]
    found = Found(WIDTH, HEIGHT, edges, np.array([0.9]), np.array([0]), [mask])
    records = [FrameRecord(i, f"{i}", 0, 1, {}, found) for i in range(2)]
    case = build_case(records, {0: PATH, 1: Path("/data/other.jpg")}, truth, ["cat"])
    assert "masks are judged in 1 of 2 pictures" in "\n".join(case.remarks)
    assert evaluate(case, "segm", 0.5).metrics["AP"] == pytest.approx(1.0)
    assert evaluate(case, "bbox", 0.5).metrics["AP"] == pytest.approx(1.0)


def test_unpacked_run_lengths_are_those_of_pycocotools() -> None:
    random = np.random.default_rng(7)
    for share in (0.0, 0.02, 0.5, 0.98, 1.0):
        picture = np.asfortranarray(random.random((37, 53)) < share, np.uint8)
        packed = mask_module.encode(picture)
        value = {"size": [37, 53], "counts": packed["counts"].decode()}
        assert outline(value, None) == value
        for wrong in ([37, 54], [38, 53], [1, 1]):
            with pytest.raises(ValueError, match="do not fill"):
                outline({**value, "size": wrong}, None)


# Other members.

KEPT: list[tuple[str, Any]] = [
    ("iscrowd", None),
    ("iscrowd", False),
    ("iscrowd", 0.0),
    ("area", None),
    ("area", 32.5),
    ("category_id", 1.0),
    ("category_id", "1"),
    ("id", None),
    ("attributes", {"occluded": True}),
]
PASSED_OVER: list[tuple[str, Any, str]] = [
    ("category_id", "x", "category_id is that of no category"),
    ("category_id", None, "category_id is that of no category"),
    ("category_id", 1.5, "category_id is that of no category"),
    ("category_id", 10**400, "category_id is that of no category"),
    ("category_id", float("nan"), "category_id is that of no category"),
    ("image_id", [], "image_id is that of no image"),
    ("image_id", 99, "image_id is that of no image"),
    ("bbox", [], "bbox has 0 numbers, not 4"),
    ("bbox", [1, 2], "bbox has 2 numbers, not 4"),
    ("bbox", [1, 1, 5, 5, 30], "bbox has 5 numbers, not 4"),
    ("bbox", None, "bbox is no list"),
    ("bbox", "abcd", "bbox is no list"),
    ("bbox", {"x": 1}, "bbox is no list"),
    ("bbox", ["1", 1, 9, 9], "no finite number"),
    ("bbox", [None] * 4, "no finite number"),
    ("bbox", [float("nan"), 1, 9, 9], "no finite number"),
    ("bbox", [1, 1, 10**400, 9], "no finite number"),
    ("bbox", [5, 5, -3, 4], "the extent of its bbox is negative"),
    ("iscrowd", [], "iscrowd is no whole number"),
    ("iscrowd", "no", "iscrowd is no whole number"),
]


@pytest.mark.parametrize(("key", "value"), KEPT)
def test_members_as_tools_write_them_are_taken(tmp_path: Path, key: str, value: Any) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {key: value}))
    assert told(truth) == ""
    assert judged(truth, "bbox")["AP"] == pytest.approx(1.0)


@pytest.mark.parametrize(("key", "value", "reason"), PASSED_OVER)
def test_a_damaged_annotation_is_passed_over(
    tmp_path: Path, key: str, value: Any, reason: str
) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {}, {key: value}, {key: value}))
    assert told(truth).startswith("2 of the annotations are passed over: annotations[1]: ")
    assert reason in told(truth)
    assert judged(truth, "bbox")["AP"] == pytest.approx(1.0)
    with pytest.raises(ProfilerError, match="not a COCO file"):
        open_truth(coco(tmp_path / "t.json", {key: value}))


@pytest.mark.parametrize("value", [None, []])
def test_a_box_is_that_of_its_outline(tmp_path: Path, value: Any) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {"bbox": value, "segmentation": [CORNERS]}))
    (known,) = objects(truth)
    assert known["bbox"] == BOX


@pytest.mark.parametrize("area", ["large", float("inf"), []])
def test_an_area_that_is_none_is_that_of_the_box(tmp_path: Path, area: Any) -> None:
    truth = open_truth(coco(tmp_path / "t.json", {"area": area}))
    assert objects(truth)[0]["area"] == 32
    assert "1 area that is no number is taken from the box" in told(truth)


def test_entries_that_are_no_mappings_are_passed_over(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "photo.jpg"}, None, {"id": [], "file_name": "a.jpg"}, {}]
    categories = [{"id": 1, "name": "cat"}, 7, {"id": 2}, {"id": 1, "name": "dog"}]
    path = coco(tmp_path / "t.json", {}, images=images, categories=categories)
    truth = open_truth(path)
    assert "3 of the images are passed over: images[1]: it is no mapping" in told(truth)
    assert "3 of the categories are passed over: categories[1]: it is no mapping" in told(truth)
    assert judged(truth, "bbox")["AP"] == pytest.approx(1.0)


# Documents of another kind, encodings.


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.5}]', "results"),
        ('[{"data": {"image": "a.jpg"}, "annotations": []}]', "it is a list"),
        ('{"version": "5.0", "shapes": [], "imagePath": "a.jpg"}', "no 'annotations'"),
        ('{"images": {}, "annotations": [], "categories": []}', "'images' is no list"),
        ('"text"', "it is no mapping"),
        ("names:\n  0: cat\n", "Expecting value, line 1"),
        ("[" * 100_000, "nested too deep"),
        ('{"images": ' + '{"a":' * 100_000, "nested too deep"),
    ],
)
def test_documents_of_another_kind_are_named(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(ProfilerError, match=rf"not a COCO file \(.*{reason}"):
        open_truth(path)


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
def test_truth_is_read_in_every_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    text = coco(tmp_path / "t.json", {}).read_text()
    (tmp_path / "t.json").write_bytes(text.encode(encoding))
    assert len(objects(open_truth(tmp_path / "t.json"))) == 1
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "photo.txt").write_bytes("0 .5 .5 .2 .2\r\n1 .5 .5 .2 .2\r\n".encode(encoding))
    truth = open_truth(labels)
    assert [known["category_id"] for known in objects(truth)] == [0, 1]
    assert told(truth) == ""


@pytest.mark.parametrize("encoding", ["gbk", "latin-1", "cp1252"])
def test_coco_in_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    name = "自转车" if encoding == "gbk" else "bébé"
    text = json.dumps({"categories": [{"id": 1, "name": name}]}, ensure_ascii=False)
    (tmp_path / "t.json").write_bytes(text.encode(encoding))
    with pytest.raises(ProfilerError, match=r"not in UTF-8, see byte \d+; save it as UTF-8"):
        open_truth(tmp_path / "t.json")


@pytest.mark.parametrize(
    "data", ["猫\n狗\n".encode("gbk"), "bébé\n".encode("latin-1"), b"\xff\xff"]
)
def test_a_list_of_names_in_another_encoding_is_named(tmp_path: Path, data: bytes) -> None:
    """G07: labels stay usable beside it."""
    (tmp_path / "classes.txt").write_bytes(data)
    (tmp_path / "photo.txt").write_text("1 .5 .5 .2 .2\n")
    truth = open_truth(tmp_path)
    assert "1 list of class names in another encoding than UTF-8 is passed over" in told(truth)
    assert (len(objects(truth)), truth.category(1, "dog")) == (1, 1)


VOC = (
    "<annotation><path>{0}</path><object><name>{1}</name><bndbox><xmin>{2}</xmin><ymin>3</ymin>"
    "<xmax>10</xmax><ymax>6</ymax></bndbox></object></annotation>"
)


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gbk", "shift_jis", "big5"]
)
@pytest.mark.parametrize("declared", [True, False])
def test_voc_is_read_in_its_encoding(tmp_path: Path, encoding: str, declared: bool) -> None:
    """Without a declaration the class is read all the same: only the path is in double bytes."""
    head = f'<?xml version="1.0" encoding="{encoding.split("-sig")[0]}"?>\n' if declared else ""
    text = head + VOC.format("C:\\日本\\a.jpg", "cat", 3)
    (tmp_path / "photo.xml").write_bytes(text.encode(encoding))
    truth = open_truth(tmp_path)
    (known,) = objects(truth)
    assert (known["bbox"], truth.category(0, "cat")) == (BOX, 0)


def test_voc_classes_in_an_unknown_encoding_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(VOC.format("a", "日本", 3).encode("gbk"))
    (tmp_path / "photo.xml").write_bytes(VOC.format("a", "日本", 3).encode())
    truth = open_truth(tmp_path)
    assert "a.xml: object 1: its name is in another encoding than UTF-8" in told(truth)
    assert len(objects(truth)) == 1


# Lines and files.


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"0 .5 .5 .1 .1 .9", "a box has 4 numbers, an outline an even count from 6, not 5"),
        (b"0,.5,.5,.1,.1", "'0,.5,.5,.1,.1' is no number"),
        (b"0 0,5 0,5 0,1 0,1", "'0,5' is no number"),
        (b"0 .5 .5 .1", "not 3"),
        (b"0", "not 0"),
        (b"inf .5 .5 .1 .1", "inf is no finite number"),
        (b"nan .5 .5 .1 .1", "nan is no finite number"),
        (b"1.5 .5 .5 .1 .1", "the class is a whole number"),
        (b"-1 .5 .5 .1 .1", "the class is a whole number"),
        (b"99999999999999999999 .5 .5 .1 .1", "the class is a whole number"),
        (b"0 .5 .5 1e999 .1", "no finite number"),
        (b"0 100 50 20 20", "100 is no fraction of the picture"),
        (b"0 .5 .5 -.1 .1", "no fraction of the picture"),
        (b"cat .5 .5 .1 .1", "'cat' is no number"),
        (b"0 .1 .1 .2 .2 .3", "an even count"),
        (b"\xb0\xa1 .5 .5 .1 .1", "is no number"),
        (b"\x00\xff\xfe", "is no number"),
    ],
)
def test_a_line_that_is_no_label_is_named_and_passed_over(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    (tmp_path / "photo.txt").write_bytes(b"0 .5 .5 .2 .2\n" + line + b"\n1 .5 .5 .2 .2\n")
    truth = open_truth(tmp_path)
    assert "1 line of labels is passed over: photo.txt, line 2: " in told(truth)
    assert reason in told(truth)
    assert [known["category_id"] for known in objects(truth)] == [0, 1]
    (tmp_path / "photo.txt").write_bytes(line)
    with pytest.raises(ProfilerError, match=r"photo\.txt, line 1"):
        open_truth(tmp_path)


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    for i in range(40):
        (tmp_path / f"{i}.txt").write_text("0 .5 .5 .2 .2\nbad\n")
    assert "40 lines of labels are passed over" in told(open_truth(tmp_path))


def test_a_picture_whose_label_is_unreadable_is_no_background(tmp_path: Path) -> None:
    (tmp_path / "photo.txt").write_bytes(b"bad")
    (tmp_path / "other.txt").write_text("0 .5 .5 .2 .2\n")
    truth = open_truth(tmp_path)
    truth.prepare([tmp_path / f"{name}.jpg" for name in ("photo", "other", "none")], [])
    found = [truth.objects(tmp_path / f"{n}.jpg", (9, 9)) for n in ("photo", "other", "none")]
    assert [each if each is None else len(each) for each in found] == [None, 1, 0]


@pytest.mark.parametrize(
    ("edge", "reason"), [("nan", "no finite number"), ("x", "is no number"), ("99", "no extent")]
)
def test_a_damaged_object_of_voc_is_named_and_passed_over(
    tmp_path: Path, edge: str, reason: str
) -> None:
    good, bad = VOC.format("", "cat", 3), VOC.format("", "dog", edge)
    (tmp_path / "photo.xml").write_text(good.replace("</annotation>", bad[bad.index("<object>") :]))
    (tmp_path / "other.xml").write_text("<annotation><object/></annotation>")
    truth = open_truth(tmp_path)
    assert "photo.xml, object 2: " in told(truth)
    assert reason in told(truth)
    assert "other.xml: object 1: an object without name" in told(truth)
    assert len(objects(truth)) == 1
    assert truth.objects(Path("/data/other.jpg"), (9, 9)) is None


# Strays.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stray.xml", "<project><object/></project>"),
        ("data.xml", "<annotation/>"),
        ("broken.xml", "<"),
        ("0.xml", VOC.format("", "dog", 3)),
        ("README.roboflow.txt", "cats and dogs - v2 2026-01-01 10:00am, 2 3 4 5\n\n==\n"),
        ("train.txt", "images/0001.jpg\nimages/0002.jpg\n"),
        ("classes.txt", "cat\ndog\n"),
    ],
)
def test_a_stray_file_changes_nothing(tmp_path: Path, name: str, text: str) -> None:
    for i in range(4):
        (tmp_path / f"{i}.txt").write_text("1 .5 .5 .2 .2\n")
    (tmp_path / name).write_text(text)
    truth = open_truth(tmp_path)
    assert truth.description == "YOLO, 4 pictures"
    assert len(truth.objects(Path("/data/3.jpg"), (9, 9)) or []) == 1
    assert (name in told(truth)) == (name not in ("stray.xml", "broken.xml", "classes.txt"))


def test_the_kind_with_more_objects_counts_and_is_told(tmp_path: Path) -> None:
    """Two labels outweigh one annotation, and one with objects two without."""
    for i in range(2):
        (tmp_path / f"{i}.txt").write_text("1 .5 .5 .2 .2\n")
    (tmp_path / "0.xml").write_text(VOC.format("", "dog", 3))
    truth = open_truth(tmp_path)
    assert truth.description == "YOLO, 2 pictures"
    assert "labels of another kind, 1 beside 2, are passed over: 0.xml" in told(truth)
    for i in range(2):
        (tmp_path / f"{i}.txt").write_text("")
    assert open_truth(tmp_path).description == "VOC, 1 pictures"
