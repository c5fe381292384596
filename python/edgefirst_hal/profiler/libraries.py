# SPDX-License-Identifier: Apache-2.0
"""Optional libraries, imported when first needed; their absence is one clear error."""

from __future__ import annotations

import importlib
import os
from typing import Any

from edgefirst_hal._distribution import pip_install

_EXTRAS = {"av": "video"}
_BACKEND = "MPLBACKEND"
_LONGEST_REASON = 120


class ProfilerError(Exception):
    """What a run cannot do; the text is one line that says what is wrong and what to do."""


class MissingLibraryError(ProfilerError):
    """A library that is not installed."""


def library(module: str, purpose: str) -> Any:
    """The imported module. Raises MissingLibraryError, whatever the import raised."""
    try:
        return _imported(module)
    except Exception as error:
        package = module.split(".")[0]
        extra = _EXTRAS.get(package, "profile")
        reason = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
        raise MissingLibraryError(
            f"{purpose} needs {package}, which cannot be imported ({reason}); {pip_install(extra)}"
        ) from error


def _imported(module: str) -> Any:
    """matplotlib refuses to be imported where MPLBACKEND names a backend that it does not find.

    Notebooks set it for the commands they start. The charts need no backend.
    """
    try:
        return importlib.import_module(module)
    except ValueError:
        backend = os.environ.get(_BACKEND)
        if backend is None or not module.startswith("matplotlib"):
            raise
        del os.environ[_BACKEND]
        try:
            return importlib.import_module(module)
        finally:
            os.environ[_BACKEND] = backend
