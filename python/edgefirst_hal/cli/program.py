# SPDX-License-Identifier: Apache-2.0
"""Arguments, subcommands and exit codes of `edgefirst-hal`.

A subcommand is a module with add_parser(subparsers) and run(arguments) -> exit code, listed in
COMMANDS. This file does no work of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import edgefirst_hal as ef
from edgefirst_hal._text import visible
from edgefirst_hal.cli import compare, detect, info, profile, report, streams, validate
from edgefirst_hal.cli.interrupts import tell
from edgefirst_hal.cli.terminal import EXIT_ERROR, PROGRAM, Terminal, spell_out_log_records

COMMANDS = (detect, validate, profile, report, compare, info)

_LONGEST_REASON = 200

_EPILOG = """exit codes: 0 done; 2 something could not be done (told on stderr); 3 a run ended with
failed, skipped or unreached frames, or without the precision asked for; 4 results could not all be
stored or printed; 130 interrupted; 141 all is done, but the reader of stdout left early. A closed
stdout or stderr takes no text.
environment: NO_COLOR turns colours off; EDGEFIRST_* steer the library."""


class _Parser(argparse.ArgumentParser):
    """Usage errors repeat what was typed, or what the shell made of a stranger's file names."""

    def error(self, message: str) -> NoReturn:
        super().error(visible(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        """argparse's own passes over what could not be written."""
        is_help = file is not None and file is sys.stdout
        (streams.OUT if is_help else streams.ERR).write(message or "")


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Detect, segment, track and measure with EdgeFirst HAL.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {ef.version()}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def run(argv: Sequence[str] | None = None) -> int:
    """Never raises for anything a user can cause; argparse exits by itself on wrong usage."""
    streams.begin()
    spell_out_log_records()
    try:
        code = _outcome(argv)
    except SystemExit as end:  # argparse has printed what there is to say
        raise SystemExit(_after_printing(int(end.code or 0))) from None
    return _after_printing(code)


def _outcome(argv: Sequence[str] | None) -> int:
    try:
        arguments = build_parser().parse_args(argv)
        code: int = arguments.run(arguments)
        return code
    except KeyboardInterrupt:
        return tell()
    except OSError as error:  # of the surroundings: no descriptor is left, a disk is gone
        Terminal().error(str(error)[:_LONGEST_REASON])
        return EXIT_ERROR
    except Exception as error:  # a defect of ours; a user gets a sentence all the same
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        Terminal().error(f"unexpected {reason}; EDGEFIRST_LOG=debug shows where")
        if os.environ.get("EDGEFIRST_LOG") in ("debug", "trace"):
            raise
        return EXIT_ERROR


def _after_printing(code: int) -> int:
    code, told = streams.finish(code)
    if told:
        Terminal().error(told)
    return code
