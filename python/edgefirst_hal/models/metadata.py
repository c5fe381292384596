# SPDX-License-Identifier: Apache-2.0
"""What a model file says about itself, from every place it may say it.

Places: edgefirst.json (beside the model, in the ONNX key "edgefirst", in the ZIP archive appended
to a TFLite file) and the keys that Ultralytics exports write. Draws no conclusions; see heads.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgefirst_hal import Error
from edgefirst_hal._core import appended_texts, document_as_json
from edgefirst_hal.models.error import ModelError

Document = dict[str, Any]

_TEXT_LIMIT = 4 << 20
_LITERAL_LIMIT = 16 << 10
"""Longer texts are read by the core alone: Python takes 1.4 us and 240 bytes a character."""
_ULTRALYTICS_KEYS = {"names", "task", "imgsz", "stride"}


@dataclass
class Metadata:
    """All but the path optional. `source` and `document_source` say where it was read."""

    path: Path
    source: str = ""
    task: str | None = None
    names: list[str] | None = None
    names_source: str = ""
    input_size: tuple[int, int] | None = None
    """Height, width."""
    end_to_end: bool | None = None
    document: Document | None = None
    document_source: str = ""

    @property
    def is_ultralytics(self) -> bool:
        return bool(self.source)


def read_metadata(path: Path, embedded: Mapping[str, str]) -> Metadata:
    """Reads the key-value text the engine found, the appended archive and the files beside."""
    found = Metadata(path)
    _read_mapping(found, dict(embedded), "the model's metadata")
    if path.suffix.lower() == ".tflite":
        _read_archive(found, path)
    for beside in (path.with_suffix(".edgefirst.json"), path.parent / "edgefirst.json"):
        if beside.is_file():
            set_document(found, read_document(beside), str(beside))
            break
    return found


def read_document(path: Path) -> Document:
    """A decoder configuration as JSON or YAML, within the core's limits. Raises ModelError."""
    text = _read_text(path, "configuration")
    try:
        document = json.loads(document_as_json(text))
    except Error as error:
        raise ModelError(f"configuration {path}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("outputs"), list):
        raise ModelError(f"configuration {path}: expected a mapping with a list 'outputs'")
    return document


def read_names(path: Path) -> list[str]:
    """Class names: a JSON list or mapping, or one name a line. Raises ModelError."""
    text = _read_text(path, "class names")
    parsed = _literal(text) if text.lstrip().startswith(("{", "[")) else None
    names = _names(parsed) or [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise ModelError(f"class names {path}: the file is empty; write one name a line")
    return names


def _read_text(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_TEXT_LIMIT + 1)
        if len(data) > _TEXT_LIMIT:
            raise ModelError(
                f"{what} {path}: more than {_TEXT_LIMIT >> 20} MiB, the most it may have"
            )
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{what} {path}: {error}") from error


def set_document(found: Metadata, document: Document, source: str) -> None:
    """Takes a decoder configuration and the class names that stand in it."""
    found.document, found.document_source = document, source
    dataset = document.get("dataset")
    places = (dataset, document) if isinstance(dataset, dict) else (document,)
    for place in places:
        names = _names(place.get("classes")) or _names(place.get("names"))
        if names:
            found.names, found.names_source = names, source
            return


def _read_mapping(found: Metadata, mapping: Mapping[str, Any], source: str) -> None:
    """Ultralytics keys and the key "edgefirst"; values are text or already parsed."""
    document = _literal(mapping.get("edgefirst"))
    if isinstance(document, dict) and isinstance(document.get("outputs"), list):
        set_document(found, document, f"'edgefirst' in {source}")
    if not _ULTRALYTICS_KEYS & mapping.keys():
        return
    found.source = source
    task = mapping.get("task")
    found.task = task if isinstance(task, str) else None
    names = _names(_literal(mapping.get("names")))
    if names and found.names is None:
        found.names, found.names_source = names, source
    size = _literal(mapping.get("imgsz"))
    if isinstance(size, int):
        size = [size, size]
    if isinstance(size, (list, tuple)) and len(size) == 2 and all(_is_extent(v) for v in size):
        found.input_size = (size[0], size[1])
    found.end_to_end = _end_to_end(mapping)


def _end_to_end(mapping: Mapping[str, Any]) -> bool | None:
    """True where suppression is part of the model: 'end2end', or 'nms' among its 'args'."""
    flag = _literal(mapping.get("end2end"))
    arguments = _literal(mapping.get("args"))
    nms = arguments.get("nms") if isinstance(arguments, dict) else None
    if flag is None and nms is None:
        return None
    return flag is True or nms is True


def _read_archive(found: Metadata, path: Path) -> None:
    try:
        texts = appended_texts(path)
    except Error as error:
        raise ModelError(f"the appended archive is damaged ({error})") from error
    for name, text in texts:
        _read_entry(found, name, text)


def _read_entry(found: Metadata, name: str, text: str) -> None:
    source = f"{name} in the model file"
    value = _literal(text)
    if isinstance(value, dict) and isinstance(value.get("outputs"), list):
        set_document(found, value, source)
    elif isinstance(value, dict):
        _read_mapping(found, value, source)
    elif Path(name).name in ("labels.txt", "labelmap.txt") and found.names is None:
        found.names = [line.strip() for line in text.splitlines() if line.strip()]
        found.names_source = source


def _literal(value: Any) -> Any:
    """Text as JSON, YAML or a Python literal; plain text stays None; other values as they are.

    Exporters write Python literals, most of which are YAML as well; the rest is short.
    """
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(document_as_json(value))
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


def _names(value: Any) -> list[str] | None:
    """A list of names, or a mapping from number to name; gaps get their number."""
    if isinstance(value, list) and value:
        return [_name(item) for item in value]
    if not isinstance(value, dict) or not value:
        return None
    try:
        by_number = {int(key): _name(name) for key, name in value.items()}
    except (TypeError, ValueError):
        return None
    count = max(by_number) + 1
    if min(by_number) < 0 or count > 2 * len(by_number) + 100:
        return None
    return [by_number.get(index, f"class {index}") for index in range(count)]


def _name(value: Any) -> str:
    """JSON can spell halves of surrogate pairs, which no UTF-8 can hold."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _is_extent(value: Any) -> bool:
    return isinstance(value, int) and 0 < value < 1 << 16
