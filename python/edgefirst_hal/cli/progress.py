# SPDX-License-Identifier: Apache-2.0
"""A progress bar with frames a second and the time left, on a terminal that rich can draw on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edgefirst_hal.cli.streams import ERR
from edgefirst_hal.cli.terminal import Terminal, as_file

Advance = Callable[[], None]


@contextmanager
def progress_bar(terminal: Terminal, title: str, total: int) -> Iterator[Advance]:
    """Gives a function to call once a frame; without a terminal that does nothing."""
    if terminal.quiet or not ERR.isatty():
        yield _nothing
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as RemainingColumn
    except ImportError:
        yield _nothing
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        RemainingColumn(),
    )
    console = Console(file=as_file(ERR.bound()), no_color=not terminal.uses_color)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total, rate="")
        start, done = time.monotonic(), 0

        def advance() -> None:
            nonlocal done
            done += 1
            seconds = time.monotonic() - start
            progress.update(task, advance=1, rate=f"{done / seconds:.1f} FPS" if seconds else "")

        yield advance


def _nothing() -> None:
    """No bar to move."""
