# SPDX-License-Identifier: Apache-2.0
"""What the command prints: errors, notes, tables, a progress bar.

Tables are drawn by rich on a terminal that has it, else in plain aligned columns.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, TypeVar, cast

from edgefirst_hal._text import visible
from edgefirst_hal.cli.streams import (
    ERR,
    EXIT_BROKEN_PIPE,
    EXIT_INCOMPLETE,
    EXIT_LOST_OUTPUT,
    EXIT_OK,
    OUT,
    Stream,
)

__all__ = [
    "EXIT_BROKEN_PIPE", "EXIT_ERROR", "EXIT_INCOMPLETE", "EXIT_INTERRUPTED", "EXIT_LOST_OUTPUT",
    "EXIT_OK", "PROGRAM", "Table", "Terminal", "plain_table", "say", "spell_out_log_records",
]  # fmt: skip

PROGRAM = "edgefirst-hal"

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130

_PROGRESS_FROM = 9
"""Fewer pictures need no progress bar."""

T = TypeVar("T")


def say(text: str, stream: Stream) -> None:
    """Prints one line. What a stranger named neither steers the terminal nor starts a line."""
    stream.write(f"{visible(text)}\n")


@dataclass
class Table:
    """Cells are text; columns named in `right` are aligned to the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[str] = ()


@dataclass
class Terminal:
    """Human text goes to stdout, or to stderr where stdout carries a document."""

    quiet: bool = False
    color: bool = True
    stdout_is_taken: bool = False

    def error(self, text: str) -> None:
        say(f"{PROGRAM}: error: {' '.join(text.split())}", ERR)

    def warning(self, text: str) -> None:
        say(f"{PROGRAM}: warning: {' '.join(text.split())}", ERR)

    def note(self, text: str, *, spaced: bool = False) -> None:
        """One line; `spaced` leaves an empty one before it."""
        if self.quiet:
            return
        if spaced:
            say("", self._stream)
        say(text, self._stream)

    def table(self, table: Table) -> None:
        if self.quiet or not table.rows:
            return
        table = _visible_table(table)
        if not (self._stream.isatty() and self._print_rich(table)):
            self._stream.write(f"{plain_table(table)}\n")

    def progress(self, items: Sequence[T], title: str) -> Iterator[T]:
        """Yields the items, with a bar on a terminal when there are many."""
        if self.quiet or len(items) < _PROGRESS_FROM or not ERR.isatty():
            yield from items
            return
        try:
            from rich.console import Console
            from rich.progress import track
        except ImportError:
            yield from items
            return
        console = Console(file=as_file(ERR.bound()), no_color=not self.uses_color)
        yield from track(items, description=title, console=console, transient=True)

    @property
    def uses_color(self) -> bool:
        return self.color and not os.environ.get("NO_COLOR")

    @property
    def _stream(self) -> Stream:
        return ERR if self.stdout_is_taken else OUT

    def _print_rich(self, table: Table) -> bool:
        try:
            from rich import box
            from rich.console import Console
            from rich.table import Table as RichTable
            from rich.text import Text
        except ImportError:
            return False
        drawn: Any = RichTable(
            title=table.title, title_style="bold", title_justify="left", box=box.SIMPLE_HEAD
        )
        for column in table.columns:
            drawn.add_column(column, justify="right" if column in table.right else "left")
        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console = Console(file=as_file(self._stream), no_color=not self.uses_color)
        with console.capture() as capture:
            console.print(drawn)
        self._stream.write(capture.get())
        return True


def as_file(stream: Stream) -> IO[str]:
    """For rich, which writes to a file and asks for its encoding, descriptor and terminal."""
    return cast("IO[str]", stream)


def spell_out_log_records() -> None:
    """For EDGEFIRST_LOG, whose records name files too; without it nobody has imported logging."""
    logging = sys.modules.get("logging")
    if logging is None:
        return

    def spell_out(record: Any) -> bool:
        record.msg, record.args = visible(record.getMessage()), None
        return True

    for handler in logging.getLogger("edgefirst_hal").handlers:
        handler.addFilter(spell_out)


def _visible_table(table: Table) -> Table:
    rows = [[visible(cell) for cell in row] for row in table.rows]
    return Table(visible(table.title), [visible(name) for name in table.columns], rows, table.right)


def plain_table(table: Table) -> str:
    lines = [list(table.columns), *[list(row) for row in table.rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.columns))]
    aligned = [
        "  ".join(
            cell.rjust(width) if column in table.right else cell.ljust(width)
            for cell, width, column in zip(line, widths, table.columns)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([f"\n{table.title}", *aligned])
