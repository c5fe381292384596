# SPDX-License-Identifier: Apache-2.0
"""The exception of this package."""

from __future__ import annotations


class ModelError(Exception):
    """A model that cannot be used.

    The text is one line without the model's name: what is wrong and what to do.
    """


class NamesMismatchError(ModelError):
    """More or fewer class names than the outputs have classes; `reason` says how many."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason
