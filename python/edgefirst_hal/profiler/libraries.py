# SPDX-License-Identifier: Apache-2.0
"""Optional libraries, imported when first needed; their absence is one clear error."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any

from edgefirst_hal._distribution import pip_install
from edgefirst_hal._signals import held_back

_EXTRAS = {"av": "video"}
_BACKEND = "MPLBACKEND"
_LONGEST_REASON = 120


class ProfilerError(Exception):
    """What a run cannot do; the text is one line that says what is wrong and what to do."""


class MissingLibraryError(ProfilerError):
    """A library that is not installed."""


def library(module: str, purpose: str) -> Any:
    """The imported module; Ctrl-C waits for the import.

    Raises MissingLibraryError, whatever the import raised.
    """
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
    with held_back():
        if module.split(".")[0] == "matplotlib" and "matplotlib" not in sys.modules:
            _import_matplotlib()
        return importlib.import_module(module)


def _import_matplotlib() -> None:
    """Without MPLBACKEND: a notebook sets it for the commands that it starts, and matplotlib cannot
    be imported where it names a backend that is absent. Charts need none; others get theirs.
    """
    for name in [name for name in sys.modules if name.startswith("matplotlib.")]:
        del sys.modules[name]  # what an import that failed left
    backend = os.environ.pop(_BACKEND, None)
    try:
        matplotlib = importlib.import_module("matplotlib")
    finally:
        if backend is not None:
            os.environ[_BACKEND] = backend
    if backend:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = backend
