# SPDX-License-Identifier: Apache-2.0
"""What a model file says about itself, from every place it may say it.

Places: edgefirst.json (beside the model, in the ONNX key "edgefirst", in the ZIP archive appended
to a TFLite file) and the keys that Ultralytics exports write. Draws no conclusions of them: the
texts go to the library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgefirst_hal import Error
from edgefirst_hal._core import appended_texts, document_as_json, mismatch_of
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.names import document_names, literal, names_of, read_text

Document = dict[str, Any]

_ULTRALYTICS_KEYS = {"names", "task", "imgsz", "stride"}


@dataclass
class Metadata:
    """All but the path optional. The sources say where it was read."""

    path: Path
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Keys and values, or names and texts of the archive."""
    names: list[str] | None = None
    names_source: str = ""
    named_by_user: bool = False
    input_size: tuple[int, int] | None = None
    """Height, width."""
    document: Document | None = None
    document_source: str = ""
    passed_over: str = ""
    """A configuration beside the model that is another model's, and why."""


def read_metadata(
    path: Path,
    embedded: Mapping[str, str],
    shapes: Sequence[Sequence[int | None]] = (),
    config: Path | None = None,
) -> Metadata:
    """Reads the key-value text the engine found, the appended archive and the files beside.

    `shapes` are those of the model's outputs; the user's `config` goes before all others.
    """
    found = Metadata(path, [(_plain(key), _plain(value)) for key, value in embedded.items()])
    _read_mapping(found, dict(embedded), "the model's metadata")
    if path.suffix.lower() == ".tflite":
        _read_archive(found, path)
    own = path.with_suffix(".edgefirst.json")
    shared = path.parent / "edgefirst.json"
    if config is not None:
        _set_document(found, *_documents(config), str(config))
    elif own.is_file():
        _set_document(found, *_documents(own), str(own))
    elif shared.is_file():
        _read_shared(found, shared, shapes)
    return found


def read_document(path: Path) -> Document:
    """A decoder configuration as JSON or YAML, within the core's limits. Raises ModelError."""
    return _documents(path)[0]


def _set_document(found: Metadata, document: Document, as_text: Document, source: str) -> None:
    """Takes a decoder configuration, and its class names as they are written."""
    found.document, found.document_source = document, source
    names = document_names(as_text)
    if names:
        found.names, found.names_source = names, source


def _documents(path: Path) -> tuple[Document, Document]:
    """The document, and the same with scalars of YAML as text."""
    text = read_text(path, "configuration")
    try:
        document = json.loads(document_as_json(text))
        as_text = json.loads(document_as_json(text, True))
    except Error as error:
        raise ModelError(f"configuration {path}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("outputs"), list):
        raise ModelError(f"configuration {path}: expected a mapping with a list 'outputs'")
    return document, as_text


def _read_shared(found: Metadata, path: Path, shapes: Sequence[Sequence[int | None]]) -> None:
    """An edgefirst.json may be that of another model of the folder."""
    document, as_text = _documents(path)
    extents = [[extent or 0 for extent in shape] for shape in shapes] or [[0]]
    try:
        reason = mismatch_of(json.dumps(document), found.path.name, extents, found.names or [])
    except Error as error:
        raise ModelError(
            f"configuration {path}: {error}; call it {found.path.stem}.edgefirst.json if it is "
            "this model's, or give another as {config}"
        ) from error
    if reason:
        found.passed_over = f"{path}, as {reason}"
    else:
        _set_document(found, document, as_text, str(path))


def _read_mapping(found: Metadata, mapping: Mapping[str, Any], source: str) -> None:
    """Ultralytics keys and the key "edgefirst"; values are text or already parsed."""
    document = literal(mapping.get("edgefirst"))
    if isinstance(document, dict) and isinstance(document.get("outputs"), list):
        as_text = literal(mapping.get("edgefirst"), True)
        _set_document(found, document, as_text, f"'edgefirst' in {source}")
    if not _ULTRALYTICS_KEYS & mapping.keys():
        return
    names = names_of(literal(mapping.get("names")))
    if names and found.names is None:
        found.names, found.names_source = names, source
    size = literal(mapping.get("imgsz"))
    if isinstance(size, int):
        size = [size, size]
    if isinstance(size, (list, tuple)) and len(size) == 2 and all(_is_extent(v) for v in size):
        found.input_size = (size[0], size[1])


def _read_archive(found: Metadata, path: Path) -> None:
    try:
        found.texts = appended_texts(path)
    except Error as error:
        raise ModelError(f"the appended archive is damaged ({error})") from error
    for name, text in found.texts:
        _read_entry(found, name, text)


def _read_entry(found: Metadata, name: str, text: str) -> None:
    source = f"{name} in the model file"
    value = literal(text)
    if isinstance(value, dict) and isinstance(value.get("outputs"), list):
        _set_document(found, value, literal(text, True), source)
    elif isinstance(value, dict):
        _read_mapping(found, value, source)
    elif Path(name).name in ("labels.txt", "labelmap.txt") and found.names is None:
        found.names = [line.strip() for line in text.splitlines() if line.strip()]
        found.names_source = source


def _plain(text: str) -> str:
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _is_extent(value: Any) -> bool:
    return isinstance(value, int) and 0 < value < 1 << 16
