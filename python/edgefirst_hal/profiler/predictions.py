# SPDX-License-Identifier: Apache-2.0
"""predictions.parquet while the run goes on: rows gather, and go to the file a group at a time.

The file has its name once it is complete. One that cannot be written is remembered, not raised:
the frames are not to blame.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from edgefirst_hal._files import discard, new_partial
from edgefirst_hal.profiler.libraries import library
from edgefirst_hal.profiler.records import FrameRecord
from edgefirst_hal.profiler.tables import predictions_table

_GROUP = 256
"""Frames that are written at once."""


class PredictionWriter:
    """add() and flush() may be called from different threads."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path = path
        self.failure: OSError | None = None
        self._names = names
        self._gathered: list[FrameRecord] = []
        self._lock = threading.Lock()
        self._parquet = library("pyarrow.parquet", "storing predictions")
        self._writer: Any = None
        self._partial: Path | None = None
        self._file: BinaryIO | None = None

    def add(self, record: FrameRecord) -> None:
        with self._lock:
            self._gathered.append(record)

    def flush(self) -> None:
        """Writes a group once it has come together."""
        if len(self._gathered) >= _GROUP:
            self._write()

    def close(self) -> None:
        """Writes the rest and completes the file; removes it where that fails."""
        try:
            self._write()
            self._close()
            if self._partial is not None and self.failure is None:
                os.replace(self._partial, self.path)
        except OSError as error:
            self.failure = self.failure or error
        finally:
            if self._partial is not None:
                discard(self._partial)

    def _close(self) -> None:
        if self._file is None:
            return
        with self._file:
            if self._writer is not None:
                self._writer.close()

    def _write(self) -> None:
        with self._lock:
            gathered, self._gathered = self._gathered, []
        if self.failure is not None:
            return
        table = predictions_table(gathered, self._names)
        try:
            if self._writer is None:
                self._partial = new_partial(self.path)
                self._file = self._partial.open("wb")  # a name for pyarrow would have to be UTF-8
                self._writer = self._parquet.ParquetWriter(self._file, table.schema)
            self._writer.write_table(table)
        except OSError as error:
            self.failure = error
