# SPDX-License-Identifier: Apache-2.0
"""Class names in the files that tools write: lists, data.yaml, label maps, in any Unicode.

What cannot be names is an error that says so: a wrong list would name every box wrongly.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from edgefirst_hal import Error
from edgefirst_hal._core import document_as_json
from edgefirst_hal._text import marked_encoding
from edgefirst_hal.models.error import ModelError

_TEXT_LIMIT = 4 << 20
_LITERAL_LIMIT = 16 << 10
"""Longer texts are read by the core alone: Python takes 1.4 us and 240 bytes a character."""
_DOCUMENTS = (".json", ".yaml", ".yml")
_DATASET_KEYS = {"path", "train", "val", "valid", "test", "nc", "names", "download", "roboflow"}
_NUMBERED = re.compile(r"(\d+)(\s*[:,;]\s*|\s+)(\S.*)")


def read_text(path: Path, what: str) -> str:
    """A text in UTF-8, UTF-16 or UTF-32 of 4 MiB at most. Raises ModelError."""
    try:
        with path.open("rb") as file:
            data = file.read(_TEXT_LIMIT + 1)
    except OSError as error:
        raise ModelError(f"{what} {path}: {error.strerror or error}") from error
    if len(data) > _TEXT_LIMIT:
        raise ModelError(f"{what} {path}: more than {_TEXT_LIMIT >> 20} MiB, the most it may have")
    encoding = _encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ModelError(
            f"{what} {path}: line {line} is not {encoding.upper().removesuffix('-SIG')}; save the "
            "file as UTF-8"
        ) from error


def _encoding(data: bytes) -> str:
    """By the mark at the start; without one every second byte of UTF-16 is mostly 0."""
    marked = marked_encoding(data)
    if marked is not None:
        return marked
    if len(data) % 2 == 0 and b"\0" in data:
        if data[1::2].count(0) > len(data) // 4:
            return "utf-16-le"
        if data[::2].count(0) > len(data) // 4:
            return "utf-16-be"
    return "utf-8"


def literal(value: Any, keeps_text: bool = False) -> Any:
    """Text as JSON, YAML or a Python literal; plain text stays None; other values as they are.

    Exporters write Python literals, most of which are YAML as well; the rest is short.
    """
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(document_as_json(value, keeps_text))
        if not isinstance(parsed, str):
            return parsed
    except Error:
        pass
    if len(value) > _LITERAL_LIMIT:
        return None
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def names_of(value: Any) -> list[str] | None:
    """A list of names, a mapping from number to name, or from name to number; gaps get a number."""
    if isinstance(value, (list, tuple)) and value:
        return None if any(_is_nested(item) for item in value) else [_name(v) for v in value]
    if not isinstance(value, dict) or not value or any(_is_nested(v) for v in value.values()):
        return None
    try:
        by_number = {int(key): _name(name) for key, name in value.items()}
    except (TypeError, ValueError):
        try:
            by_number = {int(number): _name(name) for name, number in value.items()}
        except (TypeError, ValueError):
            return None
    count = max(by_number) + 1
    if len(by_number) < len(value) or min(by_number) < 0 or count > 2 * len(by_number) + 100:
        return None
    return [by_number.get(index, f"class {index}") for index in range(count)]


def document_names(document: Any) -> list[str] | None:
    """The class names that stand in a configuration or a data.yaml."""
    dataset = document.get("dataset")
    places = (dataset, document) if isinstance(dataset, dict) else (document,)
    for place in places:
        for key in ("classes", "names"):
            names = names_of(place.get(key))
            if names:
                return names
    return None


def read_names(path: Path) -> list[str]:
    """One name a line, a list or mapping (JSON, YAML, Python), data.yaml, or numbered lines.

    Raises ModelError.
    """
    text = read_text(path, "class names")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ModelError(f"class names {path}: the file is empty; write one name a line")
    try:
        names = _structured_names(text, lines, path.suffix.lower() in _DOCUMENTS)
        names = names or _numbered_names(lines) or lines
    except ValueError as error:
        raise ModelError(f"class names {path}: {error}") from error
    return names


def _structured_names(text: str, lines: list[str], is_document: bool) -> list[str] | None:
    """`is_document`: the file is called one. Raises ValueError where it holds no names."""
    document = literal(text, True)
    if document is None and is_document:
        _require_document(text)
    if isinstance(document, list) and (is_document or text.lstrip().startswith("[")):
        names = names_of(document)
        if names is None and document:
            raise ValueError("a list of other things than names; write one name a line")
        return names
    if lines[0].startswith("item") and any(line.startswith(("id:", "name:")) for line in lines):
        raise ValueError("a label map of TensorFlow; write one name a line")
    keys = [re.match(r"(\w+)\s*=", line) for line in lines if not line.startswith("#")]
    if keys and all(keys) and {"names", "train", "classes"} & {key[1] for key in keys if key}:
        raise ValueError("a data file of Darknet; give the file that its line 'names' names")
    if not isinstance(document, dict):
        return None
    if text.lstrip().startswith("{") or _DATASET_KEYS & document.keys() or "dataset" in document:
        return _names_of_document(document)
    is_numbered = all(str(key).isdecimal() for key in document)
    return names_of(document) if is_numbered and "0" in document else None


def _require_document(text: str) -> None:
    """Raises ValueError with what the library says of text that is no document."""
    try:
        document_as_json(text, True)
    except Error as error:
        raise ValueError(str(error)) from error


def _names_of_document(document: dict[str, Any]) -> list[str]:
    names = document_names(document) or names_of(document)
    if names is None or (_DATASET_KEYS & document.keys() and names == names_of(document)):
        raise ValueError("a document without 'names', a list or a mapping from number to name")
    count = document.get("nc")
    if count is not None and str(count) != str(len(names)):
        raise ValueError(f"'nc' says {str(count)[:20]} classes but there are {len(names)} names")
    return names


def _numbered_names(lines: list[str]) -> list[str] | None:
    """Label maps such as "0  person": rising numbers that begin with 0; gaps get their number."""
    matches = [_NUMBERED.fullmatch(line) for line in lines]
    found = [match for match in matches if match]
    numbers = [int(match[1]) for match in found]
    if len(found) < len(lines) or any(a >= b for a, b in zip(numbers, numbers[1:])):
        return None
    is_clear = all(match[2] != " " for match in found)
    if numbers[0] != 0:
        if is_clear:
            raise ValueError(f"numbers that begin with {numbers[0]}: count from 0, or omit them")
        return None
    if len(lines) == 1 and not is_clear:
        return None
    return names_of({number: match[3] for number, match in zip(numbers, found)})


def _is_nested(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple, set))


def _name(value: Any) -> str:
    """JSON spells a character beyond 16 bits as two halves; a lone half stays as it is spelt."""
    if value is None:
        return "null"
    joined = str(value).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return joined.encode("utf-8", "backslashreplace").decode("utf-8")
