# SPDX-License-Identifier: Apache-2.0
"""Files that are whole or absent, in folders where a stranger may have planted links."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LONGEST_NAME = 255
"""Bytes that a file's name may have on common file systems."""


def real_path(path: Path) -> Path:
    """Without links; of links that lead in a circle as far as they go, where resolve() raises."""
    return Path(os.path.realpath(path))


def shortened(stem: str, ending: str, longest: int = LONGEST_NAME) -> str:
    """As many of a name's first characters as leave room for what follows them."""
    room = longest - len(os.fsencode(ending))
    while len(os.fsencode(stem)) > room:
        stem = stem[: max(1, len(stem) - max(1, (len(os.fsencode(stem)) - room) // 4))]
    return stem


def discard(partial: Path) -> None:
    """Removes what a failure has left, which is told already: this never raises OSError."""
    with suppress(OSError):
        partial.unlink()


def new_partial(path: Path) -> Path:
    """An empty new file beside `path`, with a short name of its own. Raises OSError."""
    partial = path.with_name(f".{zlib.crc32(os.fsencode(path.name)):08x}.partial")
    partial.unlink(missing_ok=True)  # of a run that was killed
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return partial


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives an empty new file beside `path`, which takes its place when the block ends.

    It is removed where the block raises. A link at `path` is replaced, not followed.
    Raises OSError.
    """
    partial = new_partial(path)
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        discard(partial)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Raises OSError."""
    with whole_file(path) as partial:
        partial.write_bytes(data)


def write_to(path: Path, data: bytes) -> None:
    """For a path that the user chose: a link is followed, a pipe or device is written to.

    Raises OSError.
    """
    path = real_path(path)
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        path.write_bytes(data)
    else:
        write_whole(path, data)


def make_folder(root: Path, folder: Path) -> None:
    """Makes a folder below `root`, which may be a link; those below it may not. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True)
    made = root
    for part in folder.relative_to(root).parts:
        made = made / part
        if made.is_symlink():
            reason = "a link stands where a folder of the output is to be"
            raise OSError(errno.ELOOP, reason, str(made))
        made.mkdir(exist_ok=True)


_SYSTEM_FILES = {".directory", ".ds_store", ".localized", "desktop.ini", "ehthumbs.db", "thumbs.db"}


def is_left_by_system(name: str) -> bool:
    """Whether a file browser of macOS, Windows or KDE may have left a file of this name."""
    return name.startswith("._") or name.lower() in _SYSTEM_FILES
