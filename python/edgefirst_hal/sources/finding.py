# SPDX-License-Identifier: Apache-2.0
"""Finds picture files below folders, of patterns and by name, and counts what it passes over.

Looks at names and at the first bytes of files; decodes nothing.
"""

from __future__ import annotations

import fnmatch
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgefirst_hal._text import stored
from edgefirst_hal.sources.films import FILMS
from edgefirst_hal.sources.leftovers import Leftovers

PICTURES = (".jpg", ".jpeg", ".png")
_OTHER_PICTURES = {
    ".avif", ".bmp", ".cr2", ".dng", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jpe", ".jxl",
    ".nef", ".pgm", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp",
}  # fmt: skip


class Finder:
    """Pictures that it has found once are not found again; `notes` tells what was passed over."""

    def __init__(self, output: Path | None = None) -> None:
        """`output` is the folder that the run writes to, and is not read."""
        self._leftovers = Leftovers(output)
        self._taken: set[str] = set()
        self._outputs = self._of_systems = self._again = self._linked_again = self._endless = 0
        self._others: Counter[str] = Counter()
        self._closed: list[str] = []

    def in_folder(self, folder: Path, *, below: bool) -> list[Path]:
        """Sorted; `below` looks into the folders in it as well, also through links."""
        files = self._walk(folder) if below else _files_in(folder)
        return self._kept(sorted(files), folder)

    def of_pattern(self, pattern: str) -> tuple[list[Path], Path]:
        """And the folder that all of them lie below."""
        found = sorted(self._expand(pattern))
        root = _common_folder(found)
        return self._kept(found, root), root

    def named(self, file: Path) -> list[Path]:
        """The file itself, whatever its suffix, where it may be read."""
        return [file] if self._is_welcome(file, file.parent) else []

    @property
    def notes(self) -> list[str]:
        notes = []
        if self._outputs:
            notes.append(f"passed over {_pictures(self._outputs)} that runs of this program wrote")
        if self._of_systems:
            count = self._of_systems
            files = "1 file that a system" if count == 1 else f"{count} files that systems"
            notes.append(f"passed over {files} left behind, such as ._name.jpg of macOS")
        if self._again:
            again = "1 name leads" if self._again == 1 else f"{self._again} names lead"
            notes.append(f"{again} to a picture that was found already and counts once")
        if self._linked_again:
            links = self._linked_again
            again = "1 link leads" if links == 1 else f"{links} links lead"
            notes.append(f"{again} to a folder that was read already and counts once")
        if self._endless:
            pipes = (
                "1 pipe or device" if self._endless == 1 else f"{self._endless} pipes or devices"
            )
            notes.append(f"passed over {pipes} with the name of a picture: name it to read it")
        return [*notes, *self._notes_of_others()]

    @property
    def problems(self) -> list[str]:
        """Folders that could not be read."""
        return [f"this folder cannot be read: {folder}" for folder in self._closed]

    def _notes_of_others(self) -> Iterator[str]:
        films = sum(count for suffix, count in self._others.items() if suffix in FILMS)
        pictures = {s: count for s, count in sorted(self._others.items()) if s not in FILMS}
        if pictures:
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in pictures.items())
            total = sum(pictures.values())
            verb = "picture of another format is" if total == 1 else "pictures of other formats are"
            yield f"{total} {verb} not read: {kinds} (only {', '.join(PICTURES)} are)"
        if films:
            found = "1 film is" if films == 1 else f"{films} films are"
            yield f"{found} not read among pictures: name a film to read it"

    def _expand(self, pattern: str) -> set[Path]:
        """A part of the pattern that names what exists is that, whatever brackets it has."""
        first, *rest = Path(pattern).parts or (".",)
        found = [Path(first)] if Path(first).is_absolute() else self._matches(Path(), first)
        for part in rest:
            found = [path for folder in found for path in self._matches(folder, part)]
        return set(found)

    def _matches(self, folder: Path, part: str) -> list[Path]:
        if part == "**":
            return [each for each in self._below(folder) if not _is_hidden(each, folder)]
        if os.path.lexists(folder / part):
            return [folder / part]
        names = _matching(folder, part)
        if not names and "[" in part:
            names = _matching(folder, part.replace("[", "[[]"))
        return [folder / name for name in names]

    def _kept(self, files: Iterable[Path], root: Path) -> list[Path]:
        kept = []
        for file in files:
            suffix = file.suffix.lower()
            if suffix in PICTURES and _may_end(file):
                kept += [file] if self._is_welcome(file, root) else []
            elif suffix in PICTURES:
                self._endless += not file.is_dir()
            elif suffix in FILMS or suffix in _OTHER_PICTURES:
                self._others[suffix] += not file.name.startswith("._") and file.is_file()
        return kept

    def _is_welcome(self, file: Path, root: Path) -> bool:
        if self._leftovers.is_of_system(file, root):
            self._of_systems += 1
        elif self._leftovers.is_output(file, root):
            self._outputs += 1
        elif (real := os.path.realpath(file)) in self._taken:
            self._again += 1
        else:
            self._taken.add(real)
            return True
        return False

    def _walk(self, top: Path) -> Iterator[Path]:
        for folder in self._below(top):
            try:
                yield from _files_in(folder)
            except OSError as error:
                self._closed.append(f"{stored(folder)} ({error.strerror or error})")

    def _below(self, top: Path) -> Iterator[Path]:
        """The folder and those in it, each once, so that a circle of links ends. Folders behind
        links come last, so that pictures keep the names that they have without links."""
        read: set[str] = set()
        folders, links = [top], list[Path]()
        while folders or links:
            folder = folders.pop() if folders else links.pop(0)
            real = os.path.realpath(folder)
            if real in read:
                self._linked_again += 1
                continue
            read.add(real)
            yield folder
            for entry in _folders_in(folder):
                (links if entry.is_symlink() else folders).append(entry)


def _may_end(file: Path) -> bool:
    """A file, or a link that leads nowhere; reading a pipe or a device may last for ever."""
    return os.path.isfile(file) or not os.path.exists(file)


def _files_in(folder: Path) -> list[Path]:
    """Raises OSError."""
    return [path for path in folder.iterdir() if not path.is_dir()]


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:  # told by who reads the files
        return []


def _matching(folder: Path, part: str) -> list[str]:
    """Names in the folder; those with a point in front where the pattern has one."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [n for n in fnmatch.filter(names, part) if not n.startswith(".") or part[0] == "."]


def _is_hidden(folder: Path, root: Path) -> bool:
    """Patterns do not look into folders whose names begin with a point."""
    return any(part.startswith(".") for part in folder.relative_to(root).parts)


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def _common_folder(paths: list[Path]) -> Path:
    if not paths:
        return Path()
    shared = paths[0].parent
    while any(shared not in path.parents for path in paths):
        shared = shared.parent
    return shared
