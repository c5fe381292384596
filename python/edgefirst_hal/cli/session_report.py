# SPDX-License-Identifier: Apache-2.0
"""The session report on the terminal: times, queues, precision, what was lost."""

from __future__ import annotations

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


def print_report(contents: RunContents, terminal: Terminal) -> None:
    run, metrics = contents.run, contents.metrics
    terminal.table(_table("Session report: stage times, ms", stage_rows(run)))
    terminal.table(_table("Queues, frames waiting", queue_rows(run)))
    for kind in ("boxes", "masks"):
        numbers = metrics.get(kind) if metrics else None
        if numbers is not None:
            terminal.table(_table(f"Precision of {kind}", metric_rows(numbers)))
            if len(numbers["by_class"]) <= _MOST_CLASSES:
                terminal.table(_table(f"Classes, {kind}", class_rows(numbers)))
    if run["failures"]:
        terminal.table(_table("Failed frames", failure_rows(run), text_only=True))
    terminal.note("")
    for line in summary_lines(run, metrics):
        terminal.note(line)
    if run["interrupted"]:
        terminal.note("The run was interrupted; this is what it had.")
    if run["broken"]:
        terminal.error(f"the run ended early: {run['broken']}")


def _table(title: str, rows: Cells, text_only: bool = False) -> Table:
    head = rows[0]
    return Table(title, head, rows[1:], () if text_only else head[1:])
