# SPDX-License-Identifier: Apache-2.0
"""Files that nobody means as input: what earlier runs of the commands wrote, what systems leave.

Overlays carry a comment, so that they are known wherever they are copied to. Those of a run folder,
and those that a detections.json lists, are known by their place as well.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from edgefirst_hal._files import is_left_by_system, real_path

_COMMENT = b"edgefirst-hal: overlay of a run, not an input"
_MARK = b"\xff\xfe" + (len(_COMMENT) + 2).to_bytes(2, "big") + _COMMENT
_HEAD = 256
_JPEG, _PNG = b"\xff\xd8", b"\x89PNG"
_SYSTEM_FOLDERS = {
    "@eadir", "__macosx", ".appledouble", ".trashes", "$recycle.bin", ".thumbnails",
    ".ipynb_checkpoints",
}  # fmt: skip


def marked(jpeg: bytes) -> bytes:
    """The JPEG with a comment that says that it is an output."""
    start = 2
    if jpeg[2:4] == b"\xff\xe0":
        start = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:start] + _MARK + jpeg[start:]


class Leftovers:
    """Knows them below one output folder or another; remembers what it saw of folders."""

    def __init__(self, output: Path | None) -> None:
        """`output` is where the run at hand writes to."""
        self._output = None if output is None else real_path(output)
        self._is_run = cache(_is_run)
        self._listed = cache(_listed_overlays)

    def is_output(self, picture: Path, root: Path) -> bool:
        """Whether a run wrote it. The output folder may itself be the one that is asked for."""
        folder = picture.parent
        if folder.name == "samples" and self._is_run(folder.parent):
            return True
        if picture.name in self._listed(folder) or (
            f"{folder.name}/{picture.name}" in self._listed(folder.parent)
        ):
            return True
        return _MARK in _head(picture) or self._is_below_output(folder, root)

    def is_of_system(self, picture: Path, root: Path) -> bool:
        """Resource forks of macOS (._a.jpg) and folders of thumbnails and of deleted files."""
        try:
            below = picture.parent.relative_to(root).parts
        except ValueError:
            below = ()
        if any(part.lower() in _SYSTEM_FOLDERS for part in below):
            return True
        return is_left_by_system(picture.name) and not _head(picture).startswith((_JPEG, _PNG))

    def _is_below_output(self, folder: Path, root: Path) -> bool:
        if self._output is None:
            return False
        asked, resolved = real_path(root), real_path(folder)
        if self._output == asked or self._output in asked.parents:
            return False
        return self._output == resolved or self._output in resolved.parents


def _head(path: Path) -> bytes:
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _is_run(folder: Path) -> bool:
    names = ("run.json", "platform.json", "frames.parquet", "predictions.parquet", "report.html")
    return sum((folder / name).is_file() for name in names) >= 2


def _listed_overlays(folder: Path) -> frozenset[str]:
    """Overlays of a detections.json in this folder, as paths below it."""
    file = folder / "detections.json"
    try:
        document = json.loads(file.read_bytes()) if file.is_file() else {}
        if "edgefirst_hal" not in document:
            return frozenset()
        overlays = [Path(picture["overlay"]) for picture in document["pictures"]]
        inputs = [Path(picture["file"]) for picture in document["pictures"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return frozenset()
    here = {"", folder.name, real_path(folder).name}
    direct = {each.name for each in overlays if each.parent.name in here}
    direct -= {each.name for each in inputs if each.parent.name in here}
    return frozenset(direct | {f"{each.parent.name}/{each.name}" for each in overlays})
