# SPDX-License-Identifier: Apache-2.0
"""Runs a command line in a fork of this process, or in a new interpreter, and judges how it ended.

A fork has NumPy, pyarrow, matplotlib and the engines already, so that a command takes less than
half a second.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from command_lines import CommandLine

DOCUMENTED = {0, 2, 3, 4, 130, 141}
LONGEST_S = 90
_OF_AN_ENGINE = re.compile(r"[EWI]\d{4} |WARNING: All log messages before absl")
_LONGEST_LINE = 1500
"""The longest path is a part of some messages; their own words have at most 300 bytes."""


def preload() -> None:
    import matplotlib.figure  # noqa: F401
    import onnxruntime  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import pycocotools.cocoeval  # noqa: F401
    import yaml  # noqa: F401
    from edgefirst_hal.cli import program  # noqa: F401


def complaints(line: CommandLine) -> list[str]:
    """What is wrong with how the command ended; empty when all is well."""
    code, texts = outcome(line)
    if line.in_new_interpreter and "Fatal Python error: init_" in texts[1]:
        return []  # Python itself found no descriptor to begin with
    # Before the command has begun, signals do what they do to every program; 1 is an interpreter
    # that was interrupted while it began.
    ended_by = {-int(number) for _, number in line.signals}
    if line.in_new_interpreter and signal.SIGINT in {number for _, number in line.signals}:
        ended_by.add(1)
    found = [] if code in DOCUMENTED | ended_by else [f"exit code {code}"]
    if "Traceback" in "".join(texts) and not (ended_by and "KeyboardInterrupt" in "".join(texts)):
        found.append("a traceback")
    if "error: unexpected " in texts[1] or "exceptions.Exception" in texts[1]:
        found.append("an unexpected sentence")
    found += [f"on stderr: {odd[:200]}" for odd in _odd_lines(line, texts[1])]
    found += [f"{path.relative_to(line.folder)}: {reason}" for path, reason in _torn(line.folder)]
    if _prints_json(line) and code == 0 and line.ends[1] == "pipe":
        try:
            json.loads(texts[0], parse_constant=_refuse)
        except ValueError as error:
            found.append(f"stdout is no JSON: {error}")
    if found:
        found.append(f"({code}) {texts[1][-1500:]} {texts[2][-1500:]}")
    return found


def _prints_json(line: CommandLine) -> bool:
    given = line.arguments
    if given[0] in ("report", "compare", "info"):
        return "--json" in given and "--help" not in given and "-h" not in given
    at = given.index("--json") if "--json" in given else -2
    return given[at + 1 : at + 2] == ["-"] and "--help" not in given and "-h" not in given


def _odd_lines(line: CommandLine, text: str) -> list[str]:
    """Lines on stderr that are no sentences of the command; `info` lets every engine speak."""
    if line.arguments[0] == "info" or line.encoding.startswith("utf-16"):
        return []  # of the latter, libraries write other bytes between ours
    if line.environment.get("EDGEFIRST_LOG") or "usage: " in text or "--json" in line.arguments:
        return []
    lines = [each.lstrip("\ufeff") for each in text.splitlines()]
    lines = [each for each in lines if each and not _OF_AN_ENGINE.match(each)]
    return [
        each
        for each in lines
        if not each.startswith("edgefirst-hal: ") or len(each) > _LONGEST_LINE
    ]


def _torn(folder: Path) -> list[tuple[Path, str]]:
    """Files in the output that are neither whole nor absent."""
    import pyarrow.parquet

    torn = []
    written = [
        path for root in ("out", "taken", "full", "closed") for path in (folder / root).rglob("*")
    ]
    written += [folder / "d.json", folder / "t.json"]
    for path in written:
        if path.is_symlink() or not path.is_file():
            continue
        try:
            data = path.read_bytes()
            if path.suffix == ".json":
                json.loads(data, parse_constant=_refuse)
            elif path.suffix == ".parquet":
                pyarrow.parquet.read_table(path)
            elif path.suffix == ".html":
                assert data.endswith(b"</html>\n"), "it ends early"
            elif path.suffix == ".jpg":
                assert data.startswith(b"\xff\xd8"), "it is no picture"
                assert data.endswith(b"\xff\xd9"), "it ends early"
            assert path.suffix not in (".partial", ".tmp"), "it was left"
        except (ValueError, OSError, AssertionError) as error:
            torn.append((path, f"{type(error).__name__} {error}"))
    return torn


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def outcome(line: CommandLine) -> tuple[int, list[str]]:
    """The exit code; and stdout, stderr and what was raised, as text."""
    pipes = [os.pipe() for _ in range(3)]
    writers = [writer for _, writer in pipes]
    begin = _spawn if line.in_new_interpreter else _fork
    process = begin(line, writers)
    for writer in writers:
        os.close(writer)
    texts: list[bytes] = [b"", b"", b""]

    def read(i: int) -> None:
        with os.fdopen(pipes[i][0], "rb") as file:
            texts[i] = file.read()

    readers = [threading.Thread(target=read, args=(i,)) for i in range(3)]
    for reader in readers:
        reader.start()
    for pause, number in line.signals:
        time.sleep(pause)
        process.send(number)
    code = process.wait()
    for reader in readers:
        reader.join()
    encodings = (line.encoding, line.encoding, "utf-8")
    return code, [text.decode(name, "replace") for text, name in zip(texts, encodings)]


class _Process:
    def __init__(self, number: int) -> None:
        self._number = number
        self._code: int | None = None

    def _look(self, flags: int) -> None:
        if self._code is None:
            number, status = os.waitpid(self._number, flags)
            if number:
                self._code = os.waitstatus_to_exitcode(status)

    def send(self, number: signal.Signals) -> None:
        self._look(os.WNOHANG)
        if self._code is None:
            os.kill(self._number, number)

    def wait(self) -> int:
        deadline = time.monotonic() + LONGEST_S
        while self._code is None:
            self._look(os.WNOHANG)
            if self._code is None:
                time.sleep(0.003)
            if self._code is None and time.monotonic() > deadline:
                os.kill(self._number, signal.SIGKILL)
                self._look(0)
        return self._code


def _open_ends(line: CommandLine, writers: list[int]) -> None:
    """Lays the ends under 0, 1 and 2; in the child."""
    for number, end in enumerate(line.ends):
        os.close(number)
        if end == "closed":
            continue
        if end == "full":
            opened = os.open("/dev/full", os.O_RDWR)
        elif end == "unread":
            reader, opened = os.pipe()
            os.close(reader)
        elif number == 0:
            opened = os.open("/dev/null", os.O_RDONLY)
        else:
            opened = os.dup(writers[number - 1])
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _set_limits(line: CommandLine) -> None:
    for name, value in line.limits.items():
        kind = getattr(resource, name)
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


def _spawn(line: CommandLine, writers: list[int]) -> _Process:
    environment = {**os.environ, **line.environment, "PYTHONIOENCODING": line.encoding}

    def prepare() -> None:
        _set_limits(line)
        _open_ends(line, writers)

    started = subprocess.Popen(
        [sys.executable, "-m", "edgefirst_hal.cli", *line.arguments],
        env=environment,
        cwd=line.folder,
        preexec_fn=prepare,
    )
    started.returncode = 0  # _Process waits for it
    return _Process(started.pid)


def _fork(line: CommandLine, writers: list[int]) -> _Process:
    ending = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    child = os.fork()
    if child == 0:
        _child(line, writers)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)
    return _Process(child)


def _child(line: CommandLine, writers: list[int]) -> NoReturn:
    """Becomes the command, up to the interpreter's end."""
    raised = io.StringIO()
    code = 1
    try:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        os.environ.update(line.environment)
        os.chdir(line.folder)
        _open_ends(line, writers)
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            setattr(sys, name, _file(number, line))
            setattr(sys, f"__{name}__", getattr(sys, name))
        _set_limits(line)
        threading.excepthook = lambda told: traceback.print_exception(told.exc_value, file=raised)
        sys.unraisablehook = lambda told: traceback.print_exception(told.exc_value, file=raised)
        code = _command(line)
        code = code if _is_flushed() else 120
    except BaseException:
        traceback.print_exc(file=raised)
    finally:
        if raised.getvalue():
            os.write(writers[2], raised.getvalue().encode("utf-8", "backslashreplace"))
            code = 121
        os._exit(code)


def _command(line: CommandLine) -> int:
    from edgefirst_hal.cli import command

    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.argv = ["edgefirst-hal", *line.arguments]
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        return command()
    except SystemExit as end:
        return int(end.code or 0)
    except KeyboardInterrupt:  # before command() was called
        return 130


def _file(number: int, line: CommandLine) -> Any:
    """As the interpreter makes it at its start: None where the descriptor is closed."""
    if line.ends[number] == "closed":
        return None
    errors = "backslashreplace" if number == 2 else "strict"
    mode = "r" if number == 0 else "w"
    return os.fdopen(number, mode, encoding=line.encoding, errors=errors, closefd=False)


def _is_flushed() -> bool:
    """As the interpreter does at its end."""
    try:
        for file in (sys.stdout, sys.stderr):
            if file is not None and not file.closed:
                file.flush()
    except (OSError, ValueError):
        return False
    return True
