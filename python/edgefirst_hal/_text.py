# SPDX-License-Identifier: Apache-2.0
"""Text of strangers, such as names of files and classes: for documents and for terminals."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import PurePath
from typing import Any

_LOOKS_ESCAPED = re.compile(r"\\x[0-9a-f]{2}")
_ESCAPED = re.compile(r"\\\\|\\x([0-9a-f]{2})")
_UNDECODED = re.compile("[\udc80-\udcff]")
# Controls (C0, DEL, C1), what reorders or hides text (bidirectional controls, zero-width
# characters, tags), separators of lines and paragraphs, and halves of surrogate pairs.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The mark of UTF-32 begins with that of UTF-16, so that UTF-32 comes first."""
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def marked_encoding(data: bytes) -> str | None:
    """The encoding that a byte order mark at the start names; None without a mark."""
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def stored(text: str | PurePath) -> str:
    r"""A file name for a document of UTF-8: bytes that are none become \xNN, as in caf\xe9.jpg.

    Backslashes are doubled in such a name, and in one that looks like it, so that file_name() can
    give every name back.
    """
    text = str(text)
    if _UNDECODED.search(text) is None and _LOOKS_ESCAPED.search(text) is None:
        return text
    doubled = text.replace("\\", "\\\\")
    return _UNDECODED.sub(_byte, doubled)


def file_name(text: str) -> str:
    """The name of which stored() made this text, as os.fsdecode gives it."""
    if _LOOKS_ESCAPED.search(text) is None:
        return text
    return _ESCAPED.sub(lambda found: chr(0xDC00 + int(found[1], 16)) if found[1] else "\\", text)


def stored_document(value: Any) -> Any:
    """A document of mappings and lists whose texts and keys can be written as UTF-8."""
    if isinstance(value, str):
        return value if value.isascii() else _UNDECODED.sub(_byte, value)
    if isinstance(value, dict):
        return {stored_document(key): stored_document(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [stored_document(each) for each in value]
    return value


def visible(text: str) -> str:
    r"""Text that a terminal shows as it is: what would steer the terminal or hide becomes \x1b."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub(_named, text)


def _byte(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]) - 0xDC00:02x}"


def _named(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        return _byte(found)
    if code < 0x100:
        return _SHORT.get(found[0], f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_text(document: Any) -> str:
    """JSON for a file or for stdout. Raises ValueError for NaN and infinity, which JSON has not."""
    return json.dumps(stored_document(document), indent=1, allow_nan=False) + "\n"
