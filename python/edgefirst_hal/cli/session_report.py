# SPDX-License-Identifier: Apache-2.0
"""The session report on the terminal: times, queues, precision, what was lost."""

from __future__ import annotations

from dataclasses import dataclass

from edgefirst_hal.cli.terminal import Table, Terminal
from edgefirst_hal.profiler.folder import RunContents
from edgefirst_hal.profiler.wording import (
    Cells,
    class_rows,
    failure_rows,
    metric_rows,
    queue_rows,
    stage_rows,
    summary_lines,
)

_MOST_CLASSES = 30


@dataclass
class SessionReport:
    """What print_report prints, complete before the first line of it appears."""

    tables: list[Table]
    lines: list[str]
    broken: str
    """Why the run ended early; empty otherwise."""


def session_report(contents: RunContents) -> SessionReport:
    run, metrics = contents.run, contents.metrics
    tables = [
        _table("Session report: stage times, ms", stage_rows(run)),
        _table("Queues, frames waiting", queue_rows(run)),
    ]
    for kind in ("boxes", "masks"):
        numbers = metrics.get(kind) if metrics else None
        if numbers is not None:
            tables.append(_table(f"Precision of {kind}", metric_rows(numbers)))
            if len(numbers["by_class"]) <= _MOST_CLASSES:
                tables.append(_table(f"Classes, {kind}", class_rows(numbers)))
    if run["failures"]:
        tables.append(_table("Failed frames", failure_rows(run), text_only=True))
    lines = summary_lines(run, metrics)
    if run["interrupted"]:
        lines.append("The run was interrupted; this is what it had.")
    return SessionReport(tables, lines, str(run["broken"] or ""))


def print_report(report: SessionReport, terminal: Terminal) -> None:
    for table in report.tables:
        terminal.table(table)
    for i, line in enumerate(report.lines):
        terminal.note(line, spaced=i == 0)
    if report.broken:
        terminal.error(f"the run ended early: {report.broken}")


def _table(title: str, rows: Cells, text_only: bool = False) -> Table:
    head = rows[0]
    return Table(title, head, rows[1:], () if text_only else head[1:])
