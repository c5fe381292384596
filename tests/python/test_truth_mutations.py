# SPDX-License-Identifier: Apache-2.0
"""Mutated ground truth is judged or refused in a sentence: nothing else is raised, or warned of."""

from __future__ import annotations

import copy
import json
import random
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edgefirst_hal.profiler.evaluation import build_case, evaluate
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.records import Found, FrameRecord
from edgefirst_hal.profiler.truth import Truth, open_truth

mask_module = pytest.importorskip("pycocotools.mask", reason="the extra profile evaluates with it")

COUNT = 100
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 1.5, 1e308, -1e308, float("nan"), float("inf"), 10**400,
    2**31, 2**63, "", "1", "x", "é", "\ud800", "\x00", [], [1], [[]], {}, {"a": 1}, [1] * 5,
    [[1, 2, 3, 4, 5, 6]], {"size": [10, 20], "counts": "abc"}, {"counts": [200]},
    {"size": [10, 20], "counts": [0, 200]}, {"size": [10, 20], "counts": [2**40]},
]  # fmt: skip
BYTES = [0, 10, 32, 45, 46, 48, 57, 60, 62, 128, 255]


def mask() -> bytes:
    picture = np.zeros((10, 20), np.uint8)
    picture[2:6, 2:10] = 1
    counts: bytes = mask_module.encode(np.asfortranarray(picture))["counts"]
    return counts


DOCUMENT: dict[str, Any] = {
    "images": [
        {"id": 1, "file_name": "photo.jpg", "width": 20, "height": 10},
        {"id": 2, "file_name": "other.jpg"},
    ],
    "annotations": [
        {
            "image_id": 1,
            "category_id": 1,
            "bbox": [2, 2, 8, 4],
            "segmentation": [[2, 2, 10, 2, 10, 6, 2, 6]],
            "area": 32,
            "iscrowd": 0,
        },
        {
            "image_id": 2,
            "category_id": 2,
            "bbox": [2, 2, 8, 4],
            "segmentation": {"size": [10, 20], "counts": mask().decode()},
            "iscrowd": 1,
        },
    ],
    "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog", "supercategory": "x"}],
}
YOLO = b"0 .5 .5 .2 .2\n1 .1 .1 .2 .1 .2 .2\n"
VOC = (
    b"<annotation><object><name>cat</name><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>10</xmax>"
    b"<ymax>6</ymax></bndbox></object></annotation>"
)


def opened(path: Path) -> tuple[Truth | None, str]:
    try:
        return open_truth(path), ""
    except ProfilerError as error:
        return None, str(error)


def judged(path: Path, names: list[str]) -> bool:
    """Whether it was not refused."""
    truth, refusal = opened(path)
    assert len(refusal.replace(str(path), "")) <= 300
    if truth is None:
        return False
    edges = np.array([[2.0, 2.0, 10.0, 6.0]])
    found = Found(20, 10, edges, np.array([0.9]), np.array([0]), [mask()])
    records = [FrameRecord(i, f"{i}", 0, 1, {}, found) for i in range(2)]
    paths = {0: Path("/data/photo.jpg"), 1: Path("/data/other.jpg")}
    case = build_case(records, paths, truth, names)
    for kind in ("bbox", "segm"):
        if case.of_kind(kind).images:
            json.dumps(evaluate(case, kind, 0.5).as_dict(), allow_nan=False)
    assert all(len(each) <= 300 for each in [*case.remarks, *truth.remarks.sentences])
    return True


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys: Any = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield (*before, key)
        if isinstance(value[key], (dict, list)):
            yield from places(value[key], (*before, key))


@pytest.mark.parametrize("seed", range(4))
def test_mutated_coco_files(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    done = 0
    for _ in range(COUNT):
        document = copy.deepcopy(DOCUMENT)
        for _ in range(chance.choice([1, 1, 2, 4])):
            *outer, last = chance.choice(list(places(document)))
            target: Any = document
            for key in outer:
                target = target[key]
            target[last] = copy.deepcopy(chance.choice(VALUES))
        (tmp_path / "t.json").write_text(json.dumps(document))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            done += judged(tmp_path / "t.json", chance.choice([["cat"], [], ["dog", "cat"]]))
    assert COUNT / 4 < done < COUNT


@pytest.mark.parametrize("seed", range(4))
def test_mutated_labels(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    done = 0
    for _ in range(COUNT):
        for old in tmp_path.iterdir():
            old.unlink()
        kind, suffix = chance.choice([(YOLO, ".txt"), (VOC, ".xml")])
        for name in ("photo", "other"):
            data = bytearray(kind)
            for _ in range(chance.choice([0, 1, 3, 9])):
                data[chance.randrange(len(data))] = chance.choice(BYTES)
            (tmp_path / f"{name}{suffix}").write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            done += judged(tmp_path, ["cat", "dog"])
    assert done > COUNT / 4
