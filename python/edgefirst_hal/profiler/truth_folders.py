# SPDX-License-Identifier: Apache-2.0
"""Folders of pictures and of ground truth: which names mean the same, and what lies in them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

Folders = tuple[str, ...]

PICTURE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm",
    ".pgm", ".heic", ".avif", ".jp2",
})  # fmt: skip
_CONTAINERS = frozenset({
    "image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "jpegimages",
    "label", "labels", "annotation", "annotations", "obj_train_data", "obj_valid_data", "data",
})  # fmt: skip
"""Folders that say what kind of file lies in them, not which pictures."""
_SPLIT = re.compile(r"(train|training|val|valid|validation|test|testing)(\d*)")
_SIDES = frozenset({"left", "right", "front", "rear", "back", "top", "bottom", "a", "b", "c", "d"})


def normal(text: str) -> str:
    """Archives that were unpacked on macOS spell an accent as a character of its own."""
    return unicodedata.normalize("NFC", text)


def identity(parts: Sequence[str]) -> Folders:
    """Folders that say which pictures these are."""
    folded = (normal(unquote(part)).casefold() for part in parts if part != "/")
    return tuple(part for part in folded if part not in _CONTAINERS)


def unshared(a: Folders, b: Folders) -> tuple[Folders, Folders]:
    """Without the folders that both begin with, and those that both end with."""
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return a, b


def are_siblings(a: str, b: str) -> bool:
    """Names that differ in a number, a side or a part of a data set alone are no renaming."""
    if a == b:
        return False
    splits = _SPLIT.fullmatch(a), _SPLIT.fullmatch(b)
    if all(splits) or {a, b} <= _SIDES:
        return True
    masked = [re.sub(r"\d+", "#", text) for text in (a, b)]
    if masked[0] == masked[1] and "#" in masked[0]:
        return True
    words = [re.split(r"[^a-z0-9]+", text) for text in (a, b)]
    if len(words[0]) != len(words[1]) or len(words[0]) < 2:
        return False
    odd = [pair for pair in zip(*words) if pair[0] != pair[1]]
    return len(odd) == 1 and are_siblings(*odd[0])


class Disk:
    """Pictures by folder and stem; each folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[Path, dict[str, list[str]]] = {}

    def pictures(self, folder: Path, stem: str) -> list[Path]:
        return [folder / name for name in self._list(folder).get(normal(stem).casefold(), ())]

    def _list(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._listed:
            found: dict[str, list[str]] = {}
            try:
                names = os.listdir(folder)
            except OSError:  # absent, or not ours to read
                names = []
            for name in names:
                path = PurePosixPath(name)
                if path.suffix.lower() in PICTURE_SUFFIXES:
                    found.setdefault(normal(path.stem).casefold(), []).append(name)
            self._listed[folder] = found
        return self._listed[folder]


def are_equal(a: Path, b: Path) -> bool:
    """Whether two files hold the same bytes."""
    try:
        return a.stat().st_size == b.stat().st_size and a.read_bytes() == b.read_bytes()
    except OSError:
        return False
