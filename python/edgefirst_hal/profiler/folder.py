# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: every file in it, written and read here; predictions while it goes on.

A file that cannot be written does not keep the others from being tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgefirst_hal._files import make_folder, whole_file
from edgefirst_hal._text import json_text, stored
from edgefirst_hal.profiler.html_report import html_report
from edgefirst_hal.profiler.libraries import MissingLibraryError, ProfilerError, library
from edgefirst_hal.profiler.records import Document, FrameRecord
from edgefirst_hal.profiler.tables import FRAMES, PREDICTIONS, frames_table, read_frames
from edgefirst_hal.profiler.trace import trace_document

RUN, METRICS, TRACE, PLATFORM, REPORT = (
    "run.json", "metrics.json", "trace.json", "platform.json", "report.html",
)  # fmt: skip
METRICS_YAML, SAMPLES = "metrics.yaml", "samples"
_LONGEST_STEM = 50
"""Characters of a label in the name of a sample; file names end at 255 bytes."""

_LONGEST_REASON = 150


@dataclass
class RunContents:
    """A run as its reports need it. `samples` are labels and JPEG bytes."""

    run: Document
    metrics: Document | None
    platform: Document
    records: Sequence[FrameRecord]
    samples: Sequence[tuple[str, bytes]] = ()


@dataclass
class RunFolder:
    path: Path
    lost: list[str] = field(default_factory=list)
    """Files that could not be written, with the reason."""

    def create(self) -> None:
        """Raises ProfilerError where it holds something already, OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        if os.listdir(self.path):
            raise ProfilerError(f"{self.path} is not empty; give another folder with -o")

    @property
    def predictions(self) -> Path:
        return self.path / PREDICTIONS

    def write(self, contents: RunContents) -> None:
        """Never raises OSError: see `lost`. Raises MissingLibraryError for all but the report."""
        self._write_frames(contents.records)
        self._write_json(RUN, contents.run)
        self._write_json(PLATFORM, contents.platform)
        self._write_json(TRACE, trace_document(contents.records, contents.run["model"]["file"]))
        if contents.metrics is not None:
            self._write_json(METRICS, contents.metrics)
            self._write_yaml(contents.metrics)
        for i, (label, jpeg) in enumerate(contents.samples):
            stem = Path(label.replace("#", "-")).stem[:_LONGEST_STEM]
            name = f"{SAMPLES}/{i:02d}-{stem}.jpg"
            self._attempt(name, _writer_of(jpeg))
        self.write_report(contents)

    def write_report(self, contents: RunContents) -> None:
        try:
            html = html_report(contents)
        except MissingLibraryError as error:
            self.lost.append(f"{REPORT}: {error}")
            return
        self._attempt(REPORT, _writer_of(html.encode()))

    def _write_frames(self, records: Sequence[FrameRecord]) -> None:
        parquet = library("pyarrow.parquet", "storing frames")
        table = frames_table(records)

        def write(path: Path) -> None:
            with path.open("wb") as file:  # a name for pyarrow would have to be UTF-8
                parquet.write_table(table, file)

        self._attempt(FRAMES, write)

    def _write_json(self, name: str, document: Any) -> None:
        self._attempt(name, _writer_of(json_text(document).encode()))

    def _write_yaml(self, metrics: Document) -> None:
        yaml = library("yaml", "writing metrics.yaml")
        text: str = yaml.safe_dump(metrics, sort_keys=False)
        self._attempt(METRICS_YAML, _writer_of(text.encode()))

    def _attempt(self, name: str, write: Callable[[Path], object]) -> None:
        """A file is whole or absent."""
        target = self.path / name
        try:
            make_folder(self.path, target.parent)
            with whole_file(target) as partial:
                write(partial)
        except OSError as error:
            self.lost.append(f"{name}: {error.strerror or error}")


def read_run(path: Path) -> RunContents:
    """Raises ProfilerError."""
    with stored_run(path):
        run = json.loads((path / RUN).read_text(encoding="utf-8"))
        platform = json.loads((path / PLATFORM).read_text(encoding="utf-8"))
        metrics_file = path / METRICS
        metrics = json.loads(metrics_file.read_text("utf-8")) if metrics_file.is_file() else None
        samples = [
            (stored(file.stem), file.read_bytes())
            for file in sorted((path / SAMPLES).glob("*.jpg"))
        ]
        return RunContents(run, metrics, platform, read_frames(path), samples)


@contextmanager
def stored_run(path: Path) -> Iterator[None]:
    """Around what reads a stored run, which anyone may have changed: damage is a ProfilerError."""
    try:
        yield
    except ProfilerError:
        raise
    except Exception as error:  # whatever a value of another kind leads to
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        reason = reason[:_LONGEST_REASON] or type(error).__name__
        raise ProfilerError(f"{path} is no complete run: {reason}") from error


def _writer_of(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)
