# SPDX-License-Identifier: Apache-2.0
"""`edgefirst-hal report`: the session report of a stored run, and its report.html anew."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edgefirst_hal._text import json_text
from edgefirst_hal.cli.interrupts import held_back
from edgefirst_hal.cli.session_report import print_report, session_report
from edgefirst_hal.cli.streams import OUT
from edgefirst_hal.cli.terminal import EXIT_ERROR, EXIT_LOST_OUTPUT, EXIT_OK, Terminal
from edgefirst_hal.profiler.damage import stored_run
from edgefirst_hal.profiler.folder import RunFolder, read_run
from edgefirst_hal.profiler.libraries import ProfilerError


def add_parser(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "report",
        help="show a stored run again",
        description="Prints the session report of a run folder and writes its report.html anew.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of validate or profile")
    parser.add_argument("--json", action="store_true", help="the summary as JSON on stdout")
    parser.add_argument("--no-color", action="store_true", help="the same as NO_COLOR=1")


def run(arguments: argparse.Namespace) -> int:
    terminal = Terminal(False, not arguments.no_color, arguments.json)
    try:
        contents = read_run(arguments.folder)
        folder = RunFolder(arguments.folder)
        with stored_run(arguments.folder):
            text = json_text({**contents.run, "metrics": contents.metrics})
            report = session_report(contents)
            with held_back():
                folder.write_report(contents)
    except ProfilerError as error:
        terminal.error(str(error))
        return EXIT_ERROR
    if arguments.json:
        OUT.write_document(text)
    else:
        print_report(report, terminal)
    for lost in folder.lost:
        terminal.error(f"not stored: {lost}")
    return EXIT_LOST_OUTPUT if folder.lost else EXIT_OK
