# SPDX-License-Identifier: Apache-2.0
"""Which entry of the ground truth belongs to which picture of a run.

Names decide, in the spellings that tools give them; folders decide among equal names. An entry of
another folder is used only where a whole folder was renamed or moved, and then it is told.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Generic, TypeVar
from urllib.parse import unquote

from edgefirst_hal._files import real_path
from edgefirst_hal.profiler.truth_folders import (
    PICTURE_SUFFIXES,
    Disk,
    Folders,
    are_equal,
    are_siblings,
    identity,
    normal,
    unshared,
)

T = TypeVar("T")
Rank = tuple[int, bool, int, int, bool]
"""A known home, folders that agree, how many, the spelling of the name, the same suffix."""

_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm",
    ".pgm", ".heic", ".avif", ".jp2",
})  # fmt: skip
_SUFFIXES = PICTURE_SUFFIXES | {".txt", ".xml"}
_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")
"""Label Studio puts a random number before the name of an uploaded picture."""
_IN_ANOTHER_FOLDER = "has entries of its name in other folders alone; they are not used"
_EXACT, _FOLDED, _QUOTED, _PREFIXED = range(4)


@dataclass(frozen=True, eq=False)
class Entry(Generic[T]):
    """`name` is a path with slashes; `homes` are the folders where its picture would lie."""

    name: str
    value: T
    homes: tuple[Path, ...] = ()

    @cached_property
    def path(self) -> PurePosixPath:
        return PurePosixPath(self.name)

    @property
    def stem(self) -> str:
        return _stem(self.path.name)

    @cached_property
    def folders(self) -> Folders:
        return identity(self.path.parent.parts)


@dataclass
class Assignment(Generic[T]):
    entries: dict[Path, T] = field(default_factory=dict)
    related: set[Path] = field(default_factory=set)
    """Folders of pictures of which at least one has an entry."""
    asked: set[Path] = field(default_factory=set)
    disputed: set[Path] = field(default_factory=set)
    """Pictures whose entry could not be told from others."""
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Claim(Generic[T]):
    path: Path
    folder: Path
    entry: Entry[T]
    rank: Rank
    moved: tuple[Folders, Folders]
    """Folders of the entry and of the picture without those at the end that agree."""

    @property
    def agrees(self) -> bool:
        return self.rank[0] > 0 or self.rank[1]


class ByName(Generic[T]):
    """Finds entries by the name of a picture; whatever is ambiguous is found by nobody."""

    def __init__(self, entries: Iterable[tuple[str, T] | Entry[T]]) -> None:
        self._entries = [each if isinstance(each, Entry) else Entry(*each) for each in entries]
        self._by_key: list[dict[str, list[Entry[T]]]] = [defaultdict(list) for _ in range(4)]
        for entry in self._entries:
            for spelling, key in _keys(entry.path.name):
                self._by_key[spelling][key].append(entry)
        self._disk = Disk()
        self._served: dict[Path, bool] = {}
        self._homes = {entry.homes[0] for entry in self._entries if entry.homes}
        self._are_uploads = all(_UPLOADED.match(entry.path.name) for entry in self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, path: Path) -> T | None:
        return self.assign([path]).entries.get(path)

    def serves(self, folder: Path) -> bool:
        """Whether it is the home of an entry, and pictures of entries do lie in it."""
        if folder not in self._homes:
            return False
        if folder not in self._served:
            own = (entry for entry in self._entries if folder in entry.homes)
            self._served[folder] = any(self._disk.pictures(folder, each.stem) for each in own)
        return self._served[folder]

    def assign(self, paths: Sequence[Path]) -> Assignment[T]:
        """At most one entry a picture, and pictures of one folder an entry."""
        made: Assignment[T] = Assignment()
        claims, doubled, strays = [], [], []
        made.asked = set(paths)
        for path in dict.fromkeys(paths):
            every = self._claims(path)
            best = _fittest([claim for claim in every if not _contradicts(claim, self._disk)])
            claims += best if len(best) == 1 else []
            doubled += best[:1] if len(best) > 1 else []
            strays += every[:1] if not best else []
        _tell(made.remarks, strays, _IN_ANOTHER_FOLDER)
        kept = [each for each in claims if each.agrees]
        moved = [each for each in claims if not each.agrees]
        kept += _renamed(moved, kept, (made.remarks, self._disk))
        by_entry: dict[int, list[_Claim[T]]] = defaultdict(list)
        for claim in kept:
            by_entry[id(claim.entry)].append(claim)
        shared, foreign = [], []
        for rivals in by_entry.values():
            winners = _winners(rivals)
            shared += rivals[:1] if not winners else []
            foreign += [each for each in winners if each.agrees and _is_foreign(each, self._disk)]
            for claim in winners:
                made.entries[claim.path] = claim.entry.value
                made.related.add(claim.folder)
        made.disputed = {claim.path for claim in (*claims, *doubled)} - made.entries.keys()
        _tell(made.remarks, doubled, "has several entries in the ground truth of equal right")
        _tell(made.remarks, shared, "shares its entry with a picture of another folder; unused")
        _tell(made.remarks, foreign, "is judged by an entry beside which another picture lies")
        return made

    def _claims(self, path: Path) -> list[_Claim[T]]:
        """Folders count as they are written and as links lead to them."""
        written = folder_of(path)
        places = dict.fromkeys((written, real_path(written)))
        known = [(place, identity(place.parts)) for place in places]
        claims: dict[int, _Claim[T]] = {}
        for spelling, entry in self._candidates(path.name):
            if id(entry) not in claims:
                each = [_claim(path, place, (spelling, entry)) for place in known]
                claims[id(entry)] = max(each, key=lambda claim: claim.rank)
        return list(claims.values())

    def _candidates(self, name: str) -> Iterator[tuple[int, Entry[T]]]:
        stem = normal(_stem(name))
        folded = stem.casefold()
        for spelling, key in (
            (_EXACT, stem),
            (_FOLDED, folded),
            (_QUOTED, folded),
            (_FOLDED, normal(unquote(stem)).casefold()),
            *([(_PREFIXED, folded)] if self._are_uploads else []),
        ):
            for entry in self._by_key[spelling].get(key, ()):
                yield spelling, entry


def picture_name(text: str) -> str:
    """A name in a document as a path with slashes: without drive, scheme, query, and dots."""
    text = text.strip()
    if "?d=" in text:  # Label Studio's local files: /data/local-files/?d=folder/0001.jpg
        text = text.split("?d=", 1)[1].split("&", 1)[0]
    elif re.match(r"[a-z][a-z0-9+.]+://", text, re.IGNORECASE):
        text = text.split("://", 1)[1].split("?", 1)[0].split("#", 1)[0]
    text = re.sub(r"^[A-Za-z]:(?=[\\/])", "", text).replace("\\", "/")
    if "%2f" in text.lower() or "%5c" in text.lower():
        text = unquote(text).replace("\\", "/")
    return "/".join(part for part in text.split("/") if part not in ("", ".", ".."))


def _keys(name: str) -> Iterator[tuple[int, str]]:
    stem = normal(_stem(name))
    folded = stem.casefold()
    yield _EXACT, stem
    yield _FOLDED, folded
    if PurePosixPath(stem).suffix.lower() in PICTURE_SUFFIXES:  # photo.jpg.txt
        yield _FOLDED, PurePosixPath(folded).stem
    if "%" in stem:
        yield _QUOTED, normal(unquote(stem)).casefold()
    if _UPLOADED.match(stem):
        yield _PREFIXED, normal(unquote(stem[9:])).casefold()


def _stem(name: str) -> str:
    """Without a suffix that is one: img.001 is a whole name."""
    path = PurePosixPath(name)
    return path.stem if path.suffix.lower() in _SUFFIXES else path.name


def folder_of(path: Path) -> Path:
    """Without following a link at the path itself: data sets are made of them."""
    return Path(os.path.abspath(path)).parent


def _claim(path: Path, place: tuple[Path, Folders], candidate: tuple[int, Entry[T]]) -> _Claim[T]:
    spelling, entry = candidate
    folder, own = place
    count = 0
    for listed, each in zip(reversed(entry.folders), reversed(own)):
        if listed != each:
            break
        count += 1
    at_home = 0
    if folder in entry.homes:
        at_home = len(entry.homes) - entry.homes.index(folder)
    same_suffix = entry.path.suffix.lower() == path.suffix.lower()
    rank = (at_home, count == len(entry.folders), count, -spelling, same_suffix)
    rest = entry.folders[: len(entry.folders) - count], own[: len(own) - count]
    return _Claim(path, folder_of(path), entry, rank, rest)


def _fittest(claims: Sequence[_Claim[T]]) -> list[_Claim[T]]:
    """Those of highest rank; several where they cannot be told apart."""
    best = max((claim.rank for claim in claims), default=None)
    return [claim for claim in claims if claim.rank == best]


def _contradicts(claim: _Claim[T], disk: Disk) -> bool:
    """Whether the entry is of a sibling of the picture's folder: cam1 of cam2, train of val."""
    if claim.rank[0] > 0:
        return False
    listed, own = claim.moved
    if listed:
        return are_siblings(listed[-1], own[-1] if own else "")
    for home in claim.entry.homes:  # a folder of labels that was given: its pictures lie there
        theirs, ours = unshared(identity(home.parts), identity(claim.folder.parts))
        siblings = theirs and ours and are_siblings(theirs[-1], ours[-1])
        if siblings and disk.pictures(home, claim.entry.stem):
            return True
    return False


def _renamed(
    claims: Sequence[_Claim[T]], kept: Sequence[_Claim[T]], told: tuple[list[str], Disk]
) -> list[_Claim[T]]:
    """Those of folders that the run knows by another name, or has put into one."""
    remarks, disk = told
    theirs = defaultdict(set)
    for claim in claims:
        theirs[claim.moved[0]].add(claim.moved[1])
    named = {claim.entry.folders for claim in kept}
    placed = {claim.folder for claim in kept if claim.entry.folders}
    moved: dict[tuple[Folders, Folders], list[_Claim[T]]] = defaultdict(list)
    refused = []
    for claim in claims:
        known = claim.entry.folders in named or claim.folder in placed
        alone = len(theirs[claim.moved[0]]) == 1
        if alone and not known and not _lies_elsewhere(claim, disk):
            moved[claim.moved].append(claim)
        else:
            refused.append(claim)
    for (listed, own), group in moved.items():
        pictures = "1 picture is" if len(group) == 1 else f"{len(group)} pictures are"
        remarks.append(
            f"the ground truth names the folder '{'/'.join(listed)[-60:]}' where the pictures lie "
            f"in '{own[-1][-60:] if own else '/'}'; {pictures} matched by name alone"
        )
    _tell(remarks, refused, _IN_ANOTHER_FOLDER)
    return [claim for group in moved.values() for claim in group]


def _lies_elsewhere(claim: _Claim[T], disk: Disk) -> bool:
    """Whether the picture that the entry names is there, and is another one."""
    below = claim.entry.path.parent
    places = [*claim.entry.homes, *(folder / below for folder in claim.folder.parents)]
    return any(
        found != claim.path and not are_equal(found, claim.path)
        for place in places
        for found in disk.pictures(place, claim.entry.stem)
    )


def _is_foreign(claim: _Claim[T], disk: Disk) -> bool:
    """Whether another picture lies where that of the entry would."""
    if claim.rank[0] > 0:
        return False
    stem = claim.entry.stem
    others = [found for home in claim.entry.homes for found in disk.pictures(home, stem)]
    return bool(others) and not any(are_equal(found, claim.path) for found in others)


def _winners(rivals: Sequence[_Claim[T]]) -> list[_Claim[T]]:
    """Of the claims to an entry those of one folder: the fittest, or the one above all others."""
    fittest = _fittest(rivals)
    top = min((claim.folder for claim in fittest), key=lambda folder: len(folder.parts))
    if any(top != claim.folder and top not in claim.folder.parents for claim in fittest):
        return []
    return [claim for claim in fittest if claim.folder == top]


def _tell(remarks: list[str], claims: Sequence[_Claim[T]], what: str) -> None:
    if claims:
        first = "/".join(claims[0].path.parts[-2:])
        more = f" (and {len(claims) - 1} more like it)" if len(claims) > 1 else ""
        remarks.append(f"{first[-80:]} {what}{more}")
