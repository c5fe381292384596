# SPDX-License-Identifier: Apache-2.0
"""What the command prints: errors, notes, tables, a progress bar.

Tables are drawn by rich on a terminal that has it, else in plain aligned columns.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

from edgefirst_hal._text import visible

PROGRAM = "edgefirst-hal"

EXIT_OK = 0
EXIT_ERROR = 2
EXIT_INCOMPLETE = 3
EXIT_LOST_OUTPUT = 4
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

_PROGRESS_FROM = 9
"""Fewer pictures need no progress bar."""

T = TypeVar("T")


def say(text: str, stream: TextIO) -> None:
    """Prints one line. What a stranger named neither steers the terminal nor starts a line."""
    _print_lines([visible(text)], stream)


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
        say(f"{PROGRAM}: error: {' '.join(text.split())}", sys.stderr)

    def warning(self, text: str) -> None:
        say(f"{PROGRAM}: warning: {' '.join(text.split())}", sys.stderr)

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
            _print_lines(plain_table(table).split("\n"), self._stream)

    def progress(self, items: Sequence[T], title: str) -> Iterator[T]:
        """Yields the items, with a bar on a terminal when there are many."""
        if self.quiet or len(items) < _PROGRESS_FROM or not sys.stderr.isatty():
            yield from items
            return
        try:
            from rich.console import Console
            from rich.progress import track
        except ImportError:
            yield from items
            return
        console = Console(stderr=True, no_color=not self.uses_color)
        yield from track(items, description=title, console=console, transient=True)

    @property
    def uses_color(self) -> bool:
        return self.color and not os.environ.get("NO_COLOR")

    @property
    def _stream(self) -> TextIO:
        return sys.stderr if self.stdout_is_taken else sys.stdout

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
        Console(file=self._stream, no_color=not self.uses_color).print(drawn)
        return True


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


def _print_lines(lines: Sequence[str], stream: TextIO) -> None:
    """Characters that the stream's encoding lacks are escaped."""
    encoding = stream.encoding or "utf-8"
    text = "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding)
    print(text, file=stream, flush=True)


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
