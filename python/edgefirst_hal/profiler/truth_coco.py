# SPDX-License-Identifier: Apache-2.0
"""Ground truth in COCO's instances format (cocodataset.org, "Data format")."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from edgefirst_hal.profiler.class_names import ClassNames
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.truth import Annotation, ByName, Entry
from edgefirst_hal.profiler.truth_match import Assignment, folder_of, picture_name
from edgefirst_hal.profiler.truth_outlines import LARGEST, Size, corners_of, numbers, outline, whole
from edgefirst_hal.profiler.truth_text import Remarks, decoded

_LONGEST_REASON = 150
_LISTS = ("images", "annotations", "categories")


@dataclass
class CocoTruth:
    description: str
    images: ByName[int]
    """Numbers of the images of the file, by name."""
    annotations: dict[int, list[Annotation]]
    categories: list[tuple[int, str]]
    """Id and name, by id."""
    has_masks: bool
    remarks: Remarks
    sizes: dict[int, Size] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    """Ids of the categories in the order of an unnamed model's classes."""
    _found: Assignment[int] = field(default_factory=Assignment)
    _names: ClassNames = field(init=False)

    def __post_init__(self) -> None:
        self._names = ClassNames(self.categories)

    def prepare(self, paths: Sequence[Path], names: Sequence[str]) -> list[str]:
        self._found = self.images.assign(paths)
        return list(self._found.remarks)

    def knows(self, path: Path) -> bool:
        return self._image(path) is not None

    def category(self, index: int, name: str | None) -> int | None:
        """By name; without one the model's classes are taken in the order of the ids."""
        if name is not None:
            return self._names.find(name)
        return self.order[index] if index < len(self.order) else None

    def category_name(self, identity: int) -> str | None:
        return self._names.name(identity)

    def declared_size(self, path: Path) -> Size | None:
        image = self._image(path)
        return None if image is None else self.sizes.get(image)

    def objects(self, path: Path, size: Size) -> list[Annotation] | None:
        image = self._image(path)
        return None if image is None else self.annotations.get(image, [])

    def _image(self, path: Path) -> int | None:
        found = self._found
        return found.entries.get(path) if path in found.asked else self.images.find(path)


def read(path: Path) -> CocoTruth:
    """Raises ProfilerError, OSError."""
    try:
        document = json.loads(decoded(path.read_bytes()))
        return _Reader(path, _checked(document)).truth()
    except UnicodeDecodeError as error:
        reason = f"it is not in UTF-8, see byte {error.start}; save it as UTF-8"
    except json.JSONDecodeError as error:
        reason = f"{error.msg}, line {error.lineno}"
    except RecursionError:
        reason = "it is nested too deep"
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        reason = str(error)
    raise ProfilerError(f"ground truth {path}: not a COCO file ({reason[:_LONGEST_REASON]})")


def _checked(document: Any) -> dict[str, list[Any]]:
    """Raises ValueError."""
    if isinstance(document, list):
        results = any(isinstance(each, dict) and "score" in each for each in document)
        raise ValueError(
            "it is a list of results, not of known objects"
            if results
            else "it is a list; known objects stand in images, annotations, categories"
        )
    if not isinstance(document, dict):
        raise ValueError("it is no mapping")
    for name in ("annotations", "images", "categories"):
        if name not in document:
            raise ValueError(f"no '{name}'")
        if not isinstance(document[name], list):
            raise ValueError(f"'{name}' is no list")
    if not document["images"]:
        raise ValueError("it lists no pictures")
    return document


class _Ids:
    """Ids as a file spells them: 1, 1.0, "1" and "0001" are one where no other claims to be it."""

    def __init__(self) -> None:
        self._exact: dict[Hashable, int] = {}
        self._alike: dict[str, set[int]] = defaultdict(set)

    def add(self, identity: Any, number: int) -> int | None:
        """Returns the number that has the id already. Raises ValueError for what is no id."""
        if type(identity) not in (int, float, str):
            raise ValueError("its id is neither a number nor a text")
        before = self._exact.setdefault(identity, number)
        self._alike[_alike(identity)].add(number)
        return None if before == number else before

    def find(self, identity: Any) -> int | None:
        if type(identity) not in (int, float, str):
            return None
        if identity in self._exact:
            return self._exact[identity]
        alike = self._alike.get(_alike(identity), set())
        return next(iter(alike)) if len(alike) == 1 else None


def _alike(identity: Any) -> str:
    if isinstance(identity, float) and identity.is_integer():
        identity = int(identity)
    text = str(identity).strip()
    return text.lstrip("0") or "0" if text.isdecimal() else text


class _Reader:
    """Passes over what is damaged; raises ValueError where nothing is left of a list."""

    def __init__(self, path: Path, document: dict[str, list[Any]]) -> None:
        self._document = document
        self._folder = folder_of(path)
        self._remarks = Remarks()
        self._names: dict[int, str] = {}
        self._sizes: dict[int, Size] = {}
        self._image_ids, self._category_ids = _Ids(), _Ids()
        self._file_names: dict[str, set[int]] = defaultdict(set)
        self._spoiled: set[int] = set()
        self._annotations: dict[int, list[Annotation]] = defaultdict(list)
        self._categories: dict[int, str] = {}
        self._outlined = False

    def truth(self) -> CocoTruth:
        self._each("categories", self._category)
        self._each("images", self._image)
        self._each("annotations", self._annotation)
        usable = [number for number in self._names if number not in self._spoiled]
        count = sum(len(self._annotations[number]) for number in usable)
        self._tell_fractions()
        homes = _Homes(self._folder)
        images = ByName(Entry(self._names[i], i, homes.of(self._names[i])) for i in usable)
        categories = sorted(self._categories.items())
        description = f"COCO, {len(images)} pictures, {count} objects"
        truth = CocoTruth(
            description, images, self._annotations, categories, self._outlined, self._remarks
        )
        truth.sizes, truth.order = self._sizes, self._order()
        return truth

    def _each(self, name: str, take: Callable[[int, dict[str, Any]], None]) -> None:
        entries = self._document[name]
        reasons = []
        for i, entry in enumerate(entries):
            try:
                if not isinstance(entry, dict):
                    raise ValueError("it is no mapping")
                take(i, entry)
            except KeyError as error:
                reasons.append(f"{name}[{i}]: no '{error.args[0]}'")
            except (AttributeError, OverflowError, TypeError, ValueError) as error:
                reasons.append(f"{name}[{i}]: {error}")
        if reasons and len(reasons) == len(entries):
            raise ValueError(reasons[0])
        for reason in reasons:
            self._remarks.add(f"{{n}} of the {name} {{are}} passed over", reason)

    def _category(self, i: int, entry: dict[str, Any]) -> None:
        identity, name = entry["id"], entry["name"]
        if not isinstance(name, str):
            raise ValueError("its name is no text")
        number = _number_of(identity, self._categories)
        if number in self._categories:
            raise ValueError("another category has its id")
        self._category_ids.add(identity, number)
        self._categories[number] = name

    def _image(self, i: int, entry: dict[str, Any]) -> None:
        name = entry["file_name"]
        if not isinstance(name, str) or not picture_name(name):
            raise ValueError("its file_name is no text")
        before = self._image_ids.add(entry["id"], i)
        if before is not None and self._names[before] == picture_name(name):
            return
        self._names[i] = picture_name(name)
        if before is not None:
            self._spoiled |= {before, i}
            raise ValueError("another picture has its id; neither is used")
        for text in {name, self._names[i], PurePosixPath(self._names[i]).stem}:
            self._file_names[text].add(i)
        size = _size(entry.get("width"), entry.get("height"))
        if size is not None:
            self._sizes[i] = size

    def _annotation(self, i: int, entry: dict[str, Any]) -> None:
        image = self._of_image(entry["image_id"])
        category = self._category_ids.find(entry["category_id"])
        if category is None:
            raise ValueError("its category_id is that of no category")
        kept = _described(entry)
        try:
            segmentation = outline(entry.get("segmentation"), self._sizes.get(image))
        except (OverflowError, TypeError, ValueError) as error:
            segmentation = None
            kind = "{n} object{s} without a usable outline {are} judged by the box"
            self._remarks.add(kind, f"annotations[{i}]: {error}")
        bbox = entry.get("bbox")
        if bbox in (None, []) and isinstance(segmentation, list):
            bbox = corners_of(segmentation)
        kept["bbox"] = _box(bbox)
        kept["category_id"] = category
        kept["area"] = self._area(i, entry.get("area"), kept["bbox"])
        if segmentation is not None:
            kept["segmentation"] = segmentation
            self._outlined = True
        self._annotations[image].append(kept)

    def _of_image(self, identity: Any) -> int:
        """Some tools write the name of the file for the id. Raises ValueError."""
        image = self._image_ids.find(identity)
        if image is None and isinstance(identity, str):
            named = self._file_names.get(identity, set())
            image = next(iter(named)) if len(named) == 1 else None
        if image is None:
            raise ValueError("its image_id is that of no image")
        return image

    def _area(self, i: int, area: Any, bbox: list[float]) -> float:
        if area is not None:
            try:
                return numbers([area], "area")[0]
            except ValueError as error:
                kind = "{n} area{s} that {are} no number {are} taken from the box"
                self._remarks.add(kind, f"annotations[{i}]: {error}")
        return bbox[2] * bbox[3]

    def _order(self) -> list[int]:
        """Roboflow's first category is the name of the others' group; no class is meant by it."""
        ids = sorted(self._categories)
        used = {known["category_id"] for every in self._annotations.values() for known in every}
        if len(ids) < 2 or ids[0] in used:
            return ids
        groups = {
            entry.get("supercategory")
            for entry in self._document["categories"]
            if isinstance(entry, dict) and self._category_ids.find(entry.get("id")) != ids[0]
        }
        return ids[1:] if groups == {self._categories[ids[0]]} else ids

    def _tell_fractions(self) -> None:
        every = [known["bbox"] for known in _flat(self._annotations.values())]
        if every and all(max(bbox) <= 1 for bbox in every):
            self._remarks.add("its boxes seem to be fractions, not pixels", str(every[0]))


def _size(width: Any, height: Any) -> Size | None:
    """Some tools write zeros or nothing."""
    if not isinstance(width, (int, float)) or not isinstance(height, (int, float)):
        return None
    if not (1 <= width < LARGEST and 1 <= height < LARGEST):
        return None
    return int(width), int(height)


class _Homes:
    """Where the pictures of a COCO file usually lie: beside it, or beside its folder."""

    def __init__(self, folder: Path) -> None:
        self._roots = (folder, folder / "images", folder.parent, folder.parent / "images")
        self._known: dict[str, tuple[Path, ...]] = {}

    def of(self, name: str) -> tuple[Path, ...]:
        below = name.rpartition("/")[0]
        if below not in self._known:
            self._known[below] = tuple(root / below for root in self._roots)
        return self._known[below]


def _number_of(identity: Any, taken: Collection[int]) -> int:
    """Categories whose ids are texts are numbered from the other end."""
    if isinstance(identity, str) and not identity.strip().isdecimal():
        return LARGEST - len(taken)
    return whole(int(identity) if isinstance(identity, str) else identity, "its id")


def _described(entry: dict[str, Any]) -> Annotation:
    crowd = entry.get("iscrowd")
    return {"iscrowd": 0 if crowd is None else whole(crowd, "iscrowd")}


def _box(value: Any) -> list[float]:
    bbox = numbers(value, "bbox")
    if len(bbox) != 4:
        raise ValueError(f"bbox has {len(bbox)} numbers, not 4")
    if bbox[2] < 0 or bbox[3] < 0:
        raise ValueError("the extent of its bbox is negative")
    return bbox


def _flat(lists: Iterable[list[Annotation]]) -> Iterator[Annotation]:
    for each in lists:
        yield from each
