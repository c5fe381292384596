# SPDX-License-Identifier: Apache-2.0
"""stdout and stderr as a command finds them: closed, full, without a reader, of any encoding.

Writing to them never raises, so that no result is lost with its table; finish() tells of it.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TextIO

EXIT_OK = 0
EXIT_INCOMPLETE = 3
EXIT_LOST_OUTPUT = 4
EXIT_BROKEN_PIPE = 141


class Stream:
    """sys.stdout or sys.stderr, whichever file has that name when something is written."""

    def __init__(self, name: str, file: TextIO | None = None) -> None:
        self._name = name
        self._bound = file
        self.failure: OSError | None = None
        """Why something could not be written; nothing is written after it."""

    def write(self, text: str) -> int:
        """Characters that the encoding lacks are escaped. A closed stream takes no text."""
        file = self._file
        if file is not None and self.failure is None:
            try:
                if text:
                    file.write(self.encoded(text).decode(self._codec))
                file.flush()
            except OSError as error:
                self._fail(error, file)
            except ValueError as error:  # a closed file object
                self._fail(OSError(errno.EBADF, str(error)), file)
        return len(text)

    def write_document(self, text: str) -> None:
        """What was asked for by name: a closed stream is a failure."""
        if self._file is None and self.failure is None:
            self.failure = OSError(errno.EBADF, "it is closed")
        self.write(text)

    def flush(self) -> None:
        """Writes what others have printed."""
        self.write("")

    def isatty(self) -> bool:
        try:
            return self._file is not None and self._file.isatty()
        except ValueError:  # a closed file object
            return False

    def fileno(self) -> int:
        """Raises OSError where there is none."""
        if self._file is None:
            raise OSError(errno.EBADF, "it is closed")
        return self._file.fileno()

    @property
    def encoding(self) -> str:
        return getattr(self._file, "encoding", None) or "utf-8"

    def encoded(self, text: str) -> bytes:
        """As the stream's bytes, with characters that its encoding lacks spelled out."""
        return text.encode(self._codec, "backslashreplace")

    @property
    def _codec(self) -> str:
        """ASCII for an encoding that is none, as a program's own file may claim."""
        try:
            "".encode(self.encoding)
        except LookupError:
            return "ascii"
        return self.encoding

    def bound(self) -> Stream:
        """For rich, which puts a file of its own in the place of sys.stderr."""
        return Stream(self._name, self._file)

    @property
    def _file(self) -> TextIO | None:
        return self._bound or getattr(sys, self._name)

    def _fail(self, error: OSError, file: TextIO) -> None:
        """What waits in the file's buffer goes nowhere, or the interpreter's end would fail."""
        self.failure = error
        try:
            os.dup2(_nowhere(), file.fileno())
            file.flush()
        except (OSError, ValueError, AttributeError):  # no descriptor is left, or there was none
            if file is getattr(sys, f"__{self._name}__"):
                with suppress(OSError, ValueError):
                    file.close()


OUT, ERR = Stream("stdout"), Stream("stderr")


def begin() -> None:
    """Forgets the failures of an earlier command."""
    OUT.failure = ERR.failure = None


_nowhere_opened: list[int] = []


def _nowhere() -> int:
    """A descriptor that takes what nobody can read, opened once. Raises OSError."""
    if not _nowhere_opened:
        _nowhere_opened.append(os.open(os.devnull, os.O_RDWR))
    return _nowhere_opened[0]


def hold_descriptors() -> None:
    """Opens what the caller closed of 0, 1 and 2: files of a run would get those numbers else.

    And one more while there still are descriptors, for a stream that fails.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
    with suppress(OSError):
        _nowhere()


def finish(code: int) -> tuple[int, str]:
    """The exit code after what befell stdout, and what to tell about it, if anything."""
    OUT.flush()
    failure = OUT.failure
    if failure is None:
        ERR.flush()
        return code, ""
    if isinstance(failure, BrokenPipeError):
        return (EXIT_BROKEN_PIPE if code == EXIT_OK else code), ""
    if code in (EXIT_OK, EXIT_INCOMPLETE):
        code = EXIT_LOST_OUTPUT
    return code, f"not printed: stdout: {failure.strerror or failure}"
