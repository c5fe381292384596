# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: the first ends a command in order, so that what it has is written whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import FrameType

from edgefirst_hal._signals import handled_by, held_back
from edgefirst_hal.cli.streams import ERR
from edgefirst_hal.cli.terminal import EXIT_INTERRUPTED, PROGRAM, say

__all__ = ["ends_by_signals", "held_back", "orderly_stop", "tell"]


def orderly_stop(stop: Callable[[], None], what_ends: str) -> AbstractContextManager[None]:
    """The first signal calls stop(), which a signal handler can; the second Ctrl-C ends at once."""
    text = ERR.encoded(f"{PROGRAM}: interrupted: {what_ends}; again to drop it\n")

    def on_signal(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()
        with suppress(OSError):  # nobody may read stderr
            os.write(2, text)  # print() may be what the signal interrupted

    return handled_by(on_signal)


def ends_by_signals() -> AbstractContextManager[None]:
    """SIGTERM ends a command as Ctrl-C does: files that are being written are removed."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    return handled_by(on_signal)


def tell() -> int:
    """Says that the command was interrupted; its exit code."""
    say(f"{PROGRAM}: interrupted", ERR)
    return EXIT_INTERRUPTED
