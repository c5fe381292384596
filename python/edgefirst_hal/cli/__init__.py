# SPDX-License-Identifier: Apache-2.0
"""The command `edgefirst-hal`. Importing edgefirst_hal does not import this package."""

from __future__ import annotations

import signal
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the command; argparse exits by itself on wrong usage."""
    from edgefirst_hal.cli import interrupts

    try:
        with interrupts.held_back():
            from edgefirst_hal.cli.program import run
        with interrupts.ends_by_signals():
            return run(argv)
    except KeyboardInterrupt:  # while modules were read, or once more while run() told of it
        return interrupts.tell()


def command() -> int:
    """main() for a process that ends with it: Ctrl-C no longer interrupts the interpreter's end."""
    try:
        from edgefirst_hal.cli import streams

        streams.hold_descriptors()
        return main()
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
