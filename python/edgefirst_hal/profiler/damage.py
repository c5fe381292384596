# SPDX-License-Identifier: Apache-2.0
"""Stored runs that somebody changed, cut off, or wrote with another version: one typed error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import edgefirst_hal as ef
from edgefirst_hal.profiler.libraries import ProfilerError

RUN = "run.json"
_LONGEST_REASON = 120


@contextmanager
def stored_run(path: Path | None) -> Iterator[None]:
    """Around what reads a stored run: whatever its contents lead to is a ProfilerError."""
    try:
        yield
    except ProfilerError:
        raise
    except Exception as error:
        raise ProfilerError(
            f"{path or 'it'} is no complete run: {_reason(error)}{_writer(path)}"
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"no {error}"[:_LONGEST_REASON]
    if isinstance(error, json.JSONDecodeError):
        return f"damaged JSON, line {error.lineno}: {error.msg}"[:_LONGEST_REASON]
    if isinstance(error, RecursionError):
        return "a document is nested too deep"
    if isinstance(error, OSError):
        return " ".join(f"{error.strerror or error}: {Path(error.filename or '').name}".split())
    text = " ".join(str(error).split()) or type(error).__name__
    return f"a value of another kind ({text[:_LONGEST_REASON]})"


def _writer(path: Path | None) -> str:
    """A run of another version may lack what this one shows."""
    try:
        version = json.loads((path / RUN).read_bytes())["edgefirst_hal"] if path else None
    except Exception:  # damaged as well
        return ""
    if not isinstance(version, str) or version == ef.version():
        return ""
    return f"; edgefirst-hal {version[:20]} wrote it, and this is {ef.version()}"
