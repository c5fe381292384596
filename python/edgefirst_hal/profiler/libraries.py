# SPDX-License-Identifier: Apache-2.0
"""Optional libraries, imported when first needed; their absence is one clear error."""

from __future__ import annotations

import importlib
from typing import Any

from edgefirst_hal._distribution import pip_install

_EXTRAS = {"av": "video"}


class ProfilerError(Exception):
    """What a run cannot do; the text is one line that says what is wrong and what to do."""


class MissingLibraryError(ProfilerError):
    """A library that is not installed."""


def library(module: str, purpose: str) -> Any:
    """The imported module. Raises MissingLibraryError."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        extra = _EXTRAS.get(package, "profile")
        raise MissingLibraryError(
            f"{purpose} needs {package}, which cannot be imported ({error}); {pip_install(extra)}"
        ) from error
