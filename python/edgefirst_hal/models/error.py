# SPDX-License-Identifier: Apache-2.0
"""The exceptions of this package."""

from __future__ import annotations

import errno
from pathlib import Path

_IN_PYTHON = {
    "{config}": "ModelOptions(config=...)",
    "{names}": "ModelOptions(names=...)",
    "{size}": "ModelOptions(size=...)",
}
_IN_COMMAND = {"{config}": "--config FILE", "{names}": "--names FILE", "{size}": "--size WxH"}


class ModelError(Exception):
    """A model that cannot be used.

    The text is one line: the model's file, what is wrong, what to do. A reason may hold {config},
    {names} or {size} where it advises to give one.
    """

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def of(self, path: Path) -> ModelError:
        """The same about that file."""
        return type(self)(self.reason, self.path or path)

    def __str__(self) -> str:
        return self._text(_IN_PYTHON)

    def for_command(self) -> str:
        """The text with the options of edgefirst-hal."""
        return self._text(_IN_COMMAND)

    def without_file(self) -> str:
        """The same without the file's name, for lists about one file."""
        return type(self)(self.reason)._text(_IN_COMMAND)

    def _text(self, words: dict[str, str]) -> str:
        text = self.reason
        for place, word in words.items():
            text = text.replace(place, word)
        return text if self.path is None else f"{self.path}: {text}"


class ModelNotFoundError(ModelError, FileNotFoundError):
    """No file is there."""

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(reason, path)
        self.errno = errno.ENOENT
        self.filename = None if path is None else str(path)
