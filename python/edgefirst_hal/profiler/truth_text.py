# SPDX-License-Identifier: Apache-2.0
"""Texts of annotation tools in whatever encoding, and remarks on what was passed over in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edgefirst_hal._text import marked_encoding

_MOST_EXAMPLES = 3
_LONGEST = 90
_LONGEST_SENTENCE = 290


def encoding_of(data: bytes) -> str:
    """By the byte order mark, else by the zeros that UTF-16 and UTF-32 have between letters."""
    marked = marked_encoding(data)
    if marked is not None:
        return marked
    head = data[:4]
    if head[:3] == b"\0\0\0":
        return "utf-32-be"
    if head[1:] == b"\0\0\0" and head[0] != 0:
        return "utf-32-le"
    if len(data) >= 2 and data[0] == 0 and data[1] != 0:
        return "utf-16-be"
    if len(data) >= 2 and data[0] != 0 and data[1] == 0:
        return "utf-16-le"
    return "utf-8"


def decoded(data: bytes) -> str:
    """Raises UnicodeDecodeError for bytes of another encoding."""
    return data.decode(encoding_of(data))


def tolerantly_decoded(data: bytes) -> str:
    """Bytes that cannot be decoded become such that no number or name holds."""
    return data.decode(encoding_of(data), "replace")


@dataclass
class Remarks:
    """What was found wrong, by kind; a sentence a kind, with the first examples."""

    _kinds: dict[str, list[str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, example: str) -> None:
        """`kind` may hold {n} for the count, and {s} and {are}, which follow it."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        examples = self._kinds.setdefault(kind, [])
        if len(examples) < _MOST_EXAMPLES:
            examples.append(example if len(example) <= _LONGEST else f"{example[:_LONGEST]}...")

    def count(self, kind: str) -> int:
        return self._counts.get(kind, 0)

    @property
    def sentences(self) -> list[str]:
        return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        for kind, examples in self._kinds.items():
            count = self._counts[kind]
            one = count == 1
            words = {"n": count, "s": "" if one else "s", "are": "is" if one else "are"}
            sentence = f"{kind.format(**words, have='has' if one else 'have')}: {examples[0]}"
            told = 1
            while told < len(examples) and len(sentence) + len(examples[told]) < _LONGEST_SENTENCE:
                sentence += f"; {examples[told]}"
                told += 1
            yield sentence + (", ..." if count > told else "")


def shown(file: Path, folder: Path) -> str:
    """A file of the ground truth below its folder, by the end of a long name."""
    text = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    return text if len(text) <= _LONGEST // 2 else f"...{text[-_LONGEST // 2 :]}"
