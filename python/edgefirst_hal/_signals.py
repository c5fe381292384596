# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM around steps that they must not cut in two."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Handler = Callable[[int, Any], None]

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Signals wait for the end of the block; then they do what they would have done before it.

    Around what imports: an import that is interrupted leaves half a module and says that a library
    is missing. And around what writes a file.
    """
    struck: list[int] = []
    try:
        with handled_by(lambda number, frame: struck.append(number)):
            yield
    finally:
        if struck:
            signal.raise_signal(struck[0])


@contextmanager
def handled_by(on_signal: Handler) -> Iterator[None]:
    """A signal that the caller ignores, as nohup does, stays ignored."""
    ours = [n for n in _ENDING if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    try:
        before = {number: signal.signal(number, on_signal) for number in ours}
    except ValueError:  # not in the main thread, where no signal arrives
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
