# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: the first ends a command in order, so that what it has is written whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from edgefirst_hal.cli.terminal import PROGRAM

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def orderly_stop(stop: Callable[[], None], what_ends: str) -> Iterator[None]:
    """The first signal calls stop(), which a signal handler can; the second Ctrl-C ends at once."""
    text = f"{PROGRAM}: interrupted: {what_ends}; again to drop it\n"

    def on_signal(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()
        os.write(2, text.encode())  # print() may be what the signal interrupted

    try:
        before = {number: signal.signal(number, on_signal) for number in _ENDING}
    except ValueError:  # not in the main thread, where no signal arrives
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
