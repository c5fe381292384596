# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: every file in it, written and read here; predictions while it goes on.

A file that cannot be written does not keep the others from being tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgefirst_hal._files import is_left_by_system, make_folder, whole_file
from edgefirst_hal._text import json_text, stored
from edgefirst_hal.profiler.damage import RUN, stored_run
from edgefirst_hal.profiler.html_report import html_report
from edgefirst_hal.profiler.libraries import MissingLibraryError, ProfilerError, library
from edgefirst_hal.profiler.records import Document, FrameRecord
from edgefirst_hal.profiler.tables import FRAMES, PREDICTIONS, frames_table, read_frames
from edgefirst_hal.profiler.trace import trace_document
from edgefirst_hal.profiler.wording import check_words

METRICS, TRACE, PLATFORM, REPORT = "metrics.json", "trace.json", "platform.json", "report.html"
METRICS_YAML, SAMPLES = "metrics.yaml", "samples"
_LONGEST_STEM = 50
"""Characters of a label in the name of a sample; file names end at 255 bytes."""

_LONGEST_REASON = 150


@dataclass
class RunContents:
    """A run as its reports need it. `samples` are labels and JPEG bytes; `path` is that of a stored
    one."""

    run: Document
    metrics: Document | None
    platform: Document
    records: Sequence[FrameRecord]
    samples: Sequence[tuple[str, bytes]] = ()
    path: Path | None = None


@dataclass
class RunFolder:
    path: Path
    lost: list[str] = field(default_factory=list)
    """Files that could not be written, with the reason."""

    def create(self) -> None:
        """Raises ProfilerError where it holds something already, OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not all(is_left_by_system(name) for name in os.listdir(self.path)):
            raise ProfilerError(f"{self.path} is not empty; give another folder with -o")

    @property
    def predictions(self) -> Path:
        return self.path / PREDICTIONS

    def write(self, contents: RunContents) -> None:
        """Never raises: what cannot be written, or not even be made, is `lost` by itself."""
        self._attempt(FRAMES, lambda path: _write_frames(contents.records, path))
        self._write_json(RUN, lambda: contents.run)
        self._write_json(PLATFORM, lambda: contents.platform)
        file = contents.run["model"]["file"]
        self._write_json(TRACE, lambda: trace_document(contents.records, file))
        if contents.metrics is not None:
            self._write_json(METRICS, lambda: contents.metrics)
            self._attempt(METRICS_YAML, lambda path: _write_yaml(contents.metrics, path))
        for i, (label, jpeg) in enumerate(contents.samples):
            stem = Path(label.replace("#", "-")).stem[:_LONGEST_STEM]
            name = f"{SAMPLES}/{i:02d}-{stem}.jpg"
            self._attempt(name, _writer_of(jpeg))
        self._attempt(REPORT, lambda path: path.write_bytes(html_report(contents).encode()))

    def write_report(self, contents: RunContents) -> None:
        """Raises ProfilerError for a stored run that is damaged."""
        try:
            html = html_report(contents)
        except MissingLibraryError as error:
            self.lost.append(f"{REPORT}: {error}")
            return
        self._attempt(REPORT, _writer_of(html.encode()))

    def _write_json(self, name: str, document: Callable[[], Any]) -> None:
        self._attempt(name, lambda path: path.write_bytes(json_text(document()).encode()))

    def _attempt(self, name: str, write: Callable[[Path], object]) -> None:
        """A file is whole or absent."""
        target = self.path / name
        try:
            make_folder(self.path, target.parent)
            with whole_file(target) as partial:
                write(partial)
        except OSError as error:
            self.lost.append(f"{name}: {error.strerror or error}")
        except ProfilerError as error:
            self.lost.append(f"{name}: {error}")
        except Exception as error:  # pyarrow, matplotlib and yaml raise of their own
            self.lost.append(f"{name}: {error!r}"[:_LONGEST_REASON])


def read_run(path: Path, for_report: bool = True) -> RunContents:
    """A run whose frames can be compared, and unless it is not `for_report`, be shown in words.

    Raises ProfilerError.
    """
    with stored_run(path):
        run = json.loads((path / RUN).read_text(encoding="utf-8"))
        platform = json.loads((path / PLATFORM).read_text(encoding="utf-8"))
        metrics_file = path / METRICS
        metrics = json.loads(metrics_file.read_text("utf-8")) if metrics_file.is_file() else None
        samples = [
            (stored(file.stem), file.read_bytes())
            for file in sorted((path / SAMPLES).glob("*.jpg"))
        ]
        contents = RunContents(run, metrics, platform, read_frames(path), samples, path)
        if for_report:
            check_words(run, metrics, platform)
        return contents


def _write_frames(records: Sequence[FrameRecord], path: Path) -> None:
    parquet = library("pyarrow.parquet", "storing frames")
    with path.open("wb") as file:  # a name for pyarrow would have to be UTF-8
        parquet.write_table(frames_table(records), file)


def _write_yaml(metrics: Document | None, path: Path) -> None:
    yaml = library("yaml", "writing metrics.yaml")
    text: str = yaml.safe_dump(metrics, sort_keys=False)
    path.write_bytes(text.encode())


def _writer_of(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)
