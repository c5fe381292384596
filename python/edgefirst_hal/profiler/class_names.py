# SPDX-License-Identifier: Apache-2.0
"""Class names that two sources spell differently: "traffic_light" is "Traffic Light "."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SPACES = re.compile(r"[\s_\-]+")


def spelled(name: str) -> str:
    """Letter case, composed accents, and which of space, _ and - parts words, count nothing."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", name).casefold()).strip()


class ClassNames:
    """Ids by name: as it is written, else by its spelling where one class alone has it."""

    def __init__(self, classes: Iterable[tuple[int, str]]) -> None:
        self._names: dict[int, str] = {}
        self._exact: dict[str, int] = {}
        self._alike: dict[str, set[int]] = {}
        for identity, name in classes:
            self.add(identity, name)

    def add(self, identity: int, name: str) -> None:
        """The first name of an id is shown; others find it as well."""
        self._names.setdefault(identity, name)
        self._exact.setdefault(name, identity)
        self._alike.setdefault(spelled(name), set()).add(identity)

    def find(self, name: str) -> int | None:
        if name in self._exact:
            return self._exact[name]
        alike = self._alike.get(spelled(name), set())
        return next(iter(alike)) if len(alike) == 1 else None

    def name(self, identity: int) -> str | None:
        return self._names.get(identity)

    def __len__(self) -> int:
        return len(self._names)
