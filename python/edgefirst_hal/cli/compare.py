# SPDX-License-Identifier: Apache-2.0
"""`edgefirst-hal compare`: two stored runs over the same frames; what differs beyond noise."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgefirst_hal._text import json_text
from edgefirst_hal.cli import values
from edgefirst_hal.cli.streams import OUT
from edgefirst_hal.cli.terminal import EXIT_ERROR, EXIT_OK, Table, Terminal
from edgefirst_hal.profiler.comparison import Comparison, Difference, Rules, compare
from edgefirst_hal.profiler.damage import stored_run
from edgefirst_hal.profiler.folder import RunContents, read_run
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.wording import number

_DESCRIPTION = """Compares the frames that two runs have in common, in pairs. Intervals of
differences come from a block bootstrap; what lies within the noise is called "no difference". Runs
made at different times also differ by what else the machine did: repeat them before believing."""


def add_parser(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "compare",
        help="compare two stored runs",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("a", type=Path, metavar="A", help="run folder")
    add("b", type=Path, metavar="B", help="run folder")
    add(
        "--confidence",
        type=values.fraction,
        default=Rules.confidence,
        metavar="X",
        help="of the intervals (%(default)s)",
    )
    add(
        "--least",
        type=values.fraction,
        default=Rules.least,
        metavar="X",
        help="least difference that counts, as a fraction of A (%(default)s)",
    )
    add("--json", action="store_true", help="as JSON on stdout")
    add("--no-color", action="store_true", help="the same as NO_COLOR=1")


def run(arguments: argparse.Namespace) -> int:
    """0 whether or not they differ, 2 where they cannot be compared."""
    terminal = Terminal(False, not arguments.no_color, arguments.json)
    try:
        a, b = (read_run(path, for_report=False) for path in (arguments.a, arguments.b))
        rules = Rules(arguments.confidence, arguments.least)
        with stored_run(Path(f"{arguments.a} or {arguments.b}")):
            comparison = compare(a.records, b.records, rules)
            text = json_text(_document(comparison, rules, a, b))
            lines = _precision_lines(a, b)
    except ProfilerError as error:
        terminal.error(str(error))
        return EXIT_ERROR
    if arguments.json:
        OUT.write_document(text)
        return EXIT_OK
    terminal.table(_table(comparison, rules))
    for line in lines:
        terminal.note(line)
    differing = [each.name for each in comparison.differences if each.differs]
    verdict = f"Different: {'; '.join(differing)}" if differing else "No difference beyond noise"
    terminal.note(f"{comparison.frames} frames in both. {verdict}.", spaced=True)
    return EXIT_OK


def _table(comparison: Comparison, rules: Rules) -> Table:
    columns = ("", "A", "B", "B - A", f"{rules.confidence:.0%} interval", "verdict")
    rows = [_row(each) for each in comparison.differences]
    return Table("Comparison", columns, rows, columns[1:5])


def _row(each: Difference) -> tuple[str, ...]:
    percent = "" if each.percent is None else f"{each.percent:+.1f} %"
    interval = f"{each.low:+.4g} ... {each.high:+.4g}"
    return each.name, f"{each.a:.4g}", f"{each.b:.4g}", percent, interval, each.verdict


def _precision_lines(a: RunContents, b: RunContents) -> list[str]:
    lines = []
    for kind in ("boxes", "masks"):
        numbers = [(each.metrics or {}).get(kind) for each in (a, b)]
        if all(numbers):
            first, second = (number(each["AP"]) for each in numbers if each)
            lines.append(f"AP of {kind}: {first} and {second} (no interval: a mean of ranks)")
    return lines


def _document(
    comparison: Comparison, rules: Rules, a: RunContents, b: RunContents
) -> dict[str, Any]:
    differences = [
        {**asdict(each), "percent": each.percent, "verdict": each.verdict}
        for each in comparison.differences
    ]
    return {
        "frames": comparison.frames,
        "rules": asdict(rules),
        "differences": differences,
        "AP": {
            kind: [((each.metrics or {}).get(kind) or {}).get("AP") for each in (a, b)]
            for kind in ("boxes", "masks")
        },
    }
