# SPDX-License-Identifier: Apache-2.0
"""The command `edgefirst-hal`. Importing edgefirst_hal does not import this package."""

from __future__ import annotations

import signal
from collections.abc import Sequence

__all__ = ["main"]

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the command; argparse exits by itself on wrong usage."""
    try:
        from edgefirst_hal.cli.program import run
    except KeyboardInterrupt:  # while the modules are read
        return _INTERRUPTED
    return run(argv)


def command() -> int:
    """main() for a process that ends with it: Ctrl-C no longer interrupts the interpreter's end."""
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code
