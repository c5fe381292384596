# SPDX-License-Identifier: Apache-2.0
"""Text of strangers: every file name can be stored and given back, none steers a terminal."""

from __future__ import annotations

import json
import os
import unicodedata

import pytest
from edgefirst_hal._text import file_name, json_text, stored, stored_document, visible
from hypothesis import given
from hypothesis import strategies as st

NAMES = [
    (b"caf\xe9.jpg", r"caf\xe9.jpg"),
    ("café.jpg".encode(), "café.jpg"),
    (b"a\\b.jpg", r"a\b.jpg"),
    (b"a\\b\xff.jpg", r"a\\b\xff.jpg"),
    (rb"caf\xe9.jpg", r"caf\\xe9.jpg"),
    (rb"caf\\xe9.jpg", r"caf\\\\xe9.jpg"),
    (b"\x80\x81", r"\x80\x81"),
    (b"", ""),
]


@pytest.mark.parametrize(("name", "text"), NAMES)
def test_names_are_stored_readably(name: bytes, text: str) -> None:
    assert stored(os.fsdecode(name)) == text
    assert os.fsencode(file_name(text)) == name


@given(st.lists(st.sampled_from([b"\\", b"x", b"e", b"9", b"\xe9", b"\xff", b"\xc3\xa9", b"a"])))
def test_every_name_is_given_back(parts: list[bytes]) -> None:
    name = os.fsdecode(b"".join(parts))
    text = stored(name)
    text.encode()
    assert file_name(text) == name


def test_a_document_becomes_utf8() -> None:
    broken = os.fsdecode(b"\xe9")
    document = {broken: [1, broken, {"k": (broken, 0.5)}], "n": None}
    assert stored_document(document) == {r"\xe9": [1, r"\xe9", {"k": [r"\xe9", 0.5]}], "n": None}
    assert json.loads(json_text(document).encode())["n"] is None
    with pytest.raises(ValueError, match="JSON"):
        json_text({"v": float("nan")})


STEERING = {
    "colour": "\x1b[31m",
    "title": "\x1b]0;pwned\x07",
    "C1 control sequence": "\x9b2J",
    "line": "a\nb",
    "return": "a\rb",
    "tab": "a\tb",
    "backspace": "a\bb",
    "delete": "\x7f",
    "nul": "\0",
    "override": "\u202ejpg.exe",
    "isolate": "\u2066a\u2069",
    "Arabic mark": "\u061c",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "next line": "\x85",
    "zero width": "\u200b",
    "byte order mark": "\ufeff",
    "tag": "\U000e0041",
    "lone surrogate": "\ud800",
    "undecoded byte": os.fsdecode(b"\xff"),
}


@pytest.mark.parametrize("text", STEERING.values(), ids=STEERING.keys())
def test_what_steers_a_terminal_is_spelled_out(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert "\\" in shown
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("text", ["person", "naïve café", "人", "😀", "a b", "שלום", "C:\\x"])
def test_other_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text
