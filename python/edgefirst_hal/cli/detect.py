# SPDX-License-Identifier: Apache-2.0
"""`edgefirst-hal detect`: pictures in; overlays, detections as JSON, a trace and tables out.

Without arguments it runs the sample model over the sample pictures and the sample sequence.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
from edgefirst_hal._files import make_folder, real_path, write_whole
from edgefirst_hal._text import json_text
from edgefirst_hal.cli import values
from edgefirst_hal.cli.frames import FrameOptions, FrameProcessor
from edgefirst_hal.cli.interrupts import held_back, orderly_stop
from edgefirst_hal.cli.model_arguments import add_model_arguments, model_options
from edgefirst_hal.cli.pictures import Picture, gather, overlay_paths
from edgefirst_hal.cli.results import Results, as_document, stage_statistics, write_document
from edgefirst_hal.cli.tables import detections_table, stages_table
from edgefirst_hal.cli.terminal import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, Terminal
from edgefirst_hal.cli.timeline import Timeline, traced
from edgefirst_hal.cli.truth import compare
from edgefirst_hal.models import Model, ModelError, load_model
from edgefirst_hal.sources.finding import Finder

SAMPLES = Path(ef.__file__).parent / "samples"
SAMPLE_MODEL = SAMPLES / "shapes.onnx"
SAMPLE_TRUTH = SAMPLES / "truth.json"

_MOST_TRACED = 1000

_DESCRIPTION = """Detects objects in pictures and draws them.
Without paths it takes the sample pictures and the sample sequence, without a model the sample
model, and compares the result with the known truth."""


def add_parser(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "detect",
        help="detect objects in pictures, draw them, list them",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("paths", nargs="*", type=Path, help="pictures, or folders of pictures")
    _add_model_arguments(parser.add_argument_group("model"))
    _add_box_arguments(parser.add_argument_group("boxes"))
    _add_output_arguments(parser.add_argument_group("output"))


def _add_model_arguments(group: Any) -> None:
    add = group.add_argument
    add("--model", type=Path, metavar="FILE", help=".onnx or .tflite (default: the sample model)")
    add_model_arguments(group)


def _add_box_arguments(group: Any) -> None:
    add = group.add_argument
    switch = argparse.BooleanOptionalAction
    count = values.integer(1, 100_000)
    add("--conf", type=values.fraction, default=0.25, metavar="X", help="least score (%(default)s)")
    add("--iou", type=values.fraction, default=0.45, metavar="X", help="NMS overlap (%(default)s)")
    add("--max-det", type=count, default=300, metavar="N", help="boxes a picture (%(default)s)")
    add("--across-classes", action=switch, help="whether a box may suppress other classes")
    add(
        "--track",
        action=switch,
        help="follow objects through pictures numbered or named by time",
    )
    add("--fps", type=values.rate, default=30.0, help="frame rate of numbered ones (%(default)s)")


def _add_output_arguments(group: Any) -> None:
    add = group.add_argument
    quality = values.integer(1, 100)
    add("--output", type=Path, default=Path("detections"), metavar="DIR", help="(%(default)s)")
    add("--json", metavar="FILE", help="detections; - is stdout (DIR/detections.json)")
    add(
        "--trace",
        type=Path,
        metavar="FILE",
        help="for ui.perfetto.dev (DIR/trace.json up to 1000 pictures)",
    )
    add("--no-trace", action="store_true", help="record no trace")
    add("--quality", type=quality, default=90, metavar="N", help="of overlays (%(default)s)")
    add("--quiet", action="store_true", help="print errors only")
    add("--no-color", action="store_true", help="the same as NO_COLOR=1")


def run(arguments: argparse.Namespace) -> int:
    """0, or 2 where anything failed, or 130 when interrupted; errors go to stderr."""
    terminal = Terminal(arguments.quiet, not arguments.no_color, arguments.json == "-")
    finder = Finder(arguments.output)
    pictures, problems = _pictures(arguments, finder)
    for problem in problems:
        terminal.error(problem)
    if not pictures:
        for note in finder.notes:
            terminal.error(note)
        return EXIT_ERROR
    path = arguments.model or SAMPLE_MODEL
    try:
        with held_back():
            model = load_model(path, model_options(arguments))
    except ModelError as error:
        terminal.error(f"model {error.for_command()}")
        return EXIT_ERROR
    except OSError as error:  # of the name, which nothing can have
        terminal.error(f"model {path}: {error.strerror or error}")
        return EXIT_ERROR
    for subject, text in model.account:
        terminal.note(f"{subject:<8} {text}")
    for note in finder.notes:
        terminal.note(note)
    return DetectRun(arguments, terminal, model).run(pictures, bool(problems))


class DetectRun:
    """One run over pictures; what is done so far is reported whatever happens."""

    def __init__(self, arguments: argparse.Namespace, terminal: Terminal, model: Model) -> None:
        self._arguments = arguments
        self._terminal = terminal
        self._model = model
        self._timeline = Timeline()
        self._results = Results()
        self._interrupted = False
        options = FrameOptions(arguments.quality, arguments.fps, arguments.conf, arguments.output)
        self._processor = FrameProcessor(model, options, self._timeline)

    def run(self, pictures: list[Picture], had_problems: bool) -> int:
        failed = had_problems
        with orderly_stop(self._interrupt, "the picture at work is finished"):
            try:
                with traced(self._trace_path(len(pictures)), self._timeline):
                    self._process(pictures)
            except (ef.Error, OSError) as error:  # of the trace
                self._terminal.error(str(error))
                if not self._results.pictures and not self._results.failures:
                    return EXIT_ERROR
                failed = True
            try:
                self._report(pictures)
            except OSError as error:
                self._terminal.error(str(error))
                failed = True
        if self._interrupted:
            return EXIT_INTERRUPTED
        return EXIT_ERROR if failed or self._results.failures else EXIT_OK

    def _interrupt(self) -> None:
        self._interrupted = True

    def _trace_path(self, count: int) -> Path | None:
        """Long runs are traced on demand only: a picture takes about 10 kB."""
        given: Path | None = self._arguments.trace
        if self._arguments.no_trace or (given is None and count > _MOST_TRACED):
            return None
        return real_path(given) if given else Path(self._arguments.output) / "trace.json"

    def _process(self, pictures: list[Picture]) -> None:
        """Until the last picture, or until the user stops it."""
        jobs = list(zip(pictures, overlay_paths(pictures, self._arguments.output)))
        try:
            for picture, overlay in self._terminal.progress(jobs, "detecting"):
                if self._interrupted:
                    break
                try:
                    self._results.pictures.append(self._processor.process(picture, overlay))
                except Exception as error:  # one picture never costs the others
                    reason = str(error) or type(error).__name__
                    self._results.failures.append((str(picture.path), reason))
                    self._terminal.error(f"{picture.path}: {reason}")
        except KeyboardInterrupt:
            self._interrupted = True

    def _report(self, pictures: list[Picture]) -> None:
        """The document first: whoever reads the tables may stop reading. Raises OSError."""
        done, terminal = self._results.pictures, self._terminal
        extras: dict[str, Any] = {"stages_ms": stage_statistics(self._results)}
        comparison = compare(done, SAMPLE_TRUTH)
        if comparison.pictures:
            extras["truth"] = comparison.as_dict()
        try:
            self._write(as_document(self._results, self._model, self._settings(), extras))
        finally:
            terminal.table(detections_table(done))
            terminal.table(stages_table(extras["stages_ms"]))
            summary = f"{len(done)} of {len(pictures)} pictures, {self._results.count} detections"
            terminal.note(f"{summary}; overlays in {self._arguments.output}", spaced=True)
            if comparison.pictures:
                terminal.note(str(comparison))
            if self._interrupted:
                terminal.error(f"interrupted after {len(done)} of {len(pictures)} pictures")

    def _write(self, document: dict[str, Any]) -> None:
        """Raises OSError."""
        if self._arguments.json:
            write_document(document, self._arguments.json)
            return
        make_folder(self._arguments.output, self._arguments.output)
        write_whole(self._arguments.output / "detections.json", json_text(document).encode())

    def _settings(self) -> dict[str, Any]:
        names = ("conf", "iou", "across_classes", "max_det", "threads", "quality", "fps", "track")
        return {name: getattr(self._arguments, name) for name in names}


def _pictures(arguments: argparse.Namespace, finder: Finder) -> tuple[list[Picture], list[str]]:
    if arguments.paths:
        pictures, problems = gather(arguments.paths, bool(arguments.track), finder)
        return pictures, problems + finder.problems
    pictures, problems = gather([SAMPLES / "pictures"], False)
    frames, missing = gather([SAMPLES / "sequence"], arguments.track is not False)
    return pictures + frames, problems + missing
