# SPDX-License-Identifier: Apache-2.0
"""`edgefirst-hal detect`: pictures in; overlays, detections as JSON, a trace and tables out.

Without arguments it runs the sample model over the sample pictures and the sample sequence.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
from edgefirst_hal.cli import values
from edgefirst_hal.cli.frames import FrameOptions, FrameProcessor
from edgefirst_hal.cli.pictures import Picture, gather, overlay_paths
from edgefirst_hal.cli.results import Results, as_document, stage_statistics, write_document
from edgefirst_hal.cli.tables import detections_table, stages_table
from edgefirst_hal.cli.terminal import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, Terminal
from edgefirst_hal.cli.timeline import Timeline, traced
from edgefirst_hal.cli.truth import compare
from edgefirst_hal.models import Model, ModelError, ModelOptions, load_model

SAMPLES = Path(ef.__file__).parent / "samples"
SAMPLE_MODEL = SAMPLES / "shapes.onnx"
SAMPLE_TRUTH = SAMPLES / "truth.json"

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
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output",
        type=Path,
        default=Path("detections"),
        metavar="DIR",
        help="default: %(default)s",
    )
    output.add_argument(
        "--json", metavar="FILE", help="detections; - is stdout (default: DIR/detections.json)"
    )
    output.add_argument("--trace", type=Path, metavar="FILE", help="default: DIR/trace.json")
    output.add_argument("--no-trace", action="store_true", help="record no trace")
    output.add_argument(
        "--quality",
        type=values.integer(1, 100),
        default=90,
        help="of the overlays (%(default)s)",
    )
    output.add_argument("--quiet", action="store_true", help="print errors only")
    output.add_argument("--no-color", action="store_true", help="the same as NO_COLOR=1")


def _add_model_arguments(group: Any) -> None:
    group.add_argument("--model", type=Path, help=".onnx or .tflite file (default: the sample)")
    group.add_argument("--config", type=Path, metavar="FILE", help="edgefirst.json or .yaml")
    group.add_argument("--names", type=Path, metavar="FILE", help="class names, one a line")
    group.add_argument(
        "--size", type=values.size, metavar="WxH", help="input size where the model leaves it open"
    )
    group.add_argument(
        "--conf", type=values.fraction, default=0.25, help="least score (%(default)s)"
    )
    group.add_argument(
        "--iou", type=values.fraction, default=0.45, help="NMS overlap (%(default)s)"
    )
    group.add_argument(
        "--across-classes",
        action=argparse.BooleanOptionalAction,
        help="let a box suppress boxes of other classes (default: as the configuration says)",
    )
    group.add_argument(
        "--max-det",
        type=values.integer(1, 100_000),
        default=300,
        help="boxes a picture (%(default)s)",
    )
    group.add_argument(
        "--threads",
        type=values.integer(0, 1024),
        default=0,
        help="of inference; 0: the engine chooses",
    )
    group.add_argument(
        "--track",
        action=argparse.BooleanOptionalAction,
        help="follow objects through numbered pictures of a folder (default: the sample sequence)",
    )
    group.add_argument(
        "--fps", type=values.rate, default=30.0, help="frame rate of tracked pictures (%(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """0, or 2 where anything failed, or 130 when interrupted; errors go to stderr."""
    terminal = Terminal(arguments.quiet, not arguments.no_color, arguments.json == "-")
    pictures, problems = _pictures(arguments)
    for problem in problems:
        terminal.error(problem)
    if not pictures:
        return EXIT_ERROR
    path = arguments.model or SAMPLE_MODEL
    try:
        model = load_model(path, _model_options(arguments))
    except ModelError as error:
        terminal.error(f"model {path}: {error}")
        return EXIT_ERROR
    for subject, text in model.account:
        terminal.note(f"{subject:<8} {text}")
    return DetectRun(arguments, terminal, model).run(pictures, bool(problems))


class DetectRun:
    """One run over pictures; what is done so far is reported whatever happens."""

    def __init__(self, arguments: argparse.Namespace, terminal: Terminal, model: Model) -> None:
        self._arguments = arguments
        self._terminal = terminal
        self._model = model
        self._timeline = Timeline()
        self._results = Results()
        options = FrameOptions(arguments.quality, arguments.fps, arguments.conf)
        self._processor = FrameProcessor(model, options, self._timeline)

    def run(self, pictures: list[Picture], had_problems: bool) -> int:
        trace = self._arguments.trace or self._arguments.output / "trace.json"
        interrupted = False
        try:
            with traced(None if self._arguments.no_trace else trace, self._timeline):
                interrupted = self._process(pictures)
            self._report(pictures, interrupted)
        except (ef.Error, OSError) as error:
            self._terminal.error(str(error))
            return EXIT_ERROR
        if interrupted:
            return EXIT_INTERRUPTED
        return EXIT_ERROR if had_problems or self._results.failures else EXIT_OK

    def _process(self, pictures: list[Picture]) -> bool:
        """True when the user stopped it."""
        jobs = list(zip(pictures, overlay_paths(pictures, self._arguments.output)))
        try:
            for picture, overlay in self._terminal.progress(jobs, "detecting"):
                try:
                    self._results.pictures.append(self._processor.process(picture, overlay))
                except (ef.Error, ModelError, OSError, MemoryError) as error:
                    reason = str(error) or type(error).__name__
                    self._results.failures.append((str(picture.path), reason))
                    self._terminal.error(f"{picture.path}: {reason}")
        except KeyboardInterrupt:
            return True
        return False

    def _report(self, pictures: list[Picture], interrupted: bool) -> None:
        done, terminal = self._results.pictures, self._terminal
        extras: dict[str, Any] = {"stages_ms": stage_statistics(self._results)}
        terminal.table(detections_table(done))
        terminal.table(stages_table(extras["stages_ms"]))
        summary = f"{len(done)} of {len(pictures)} pictures, {self._results.count} detections"
        terminal.note(f"\n{summary}; overlays in {self._arguments.output}")
        comparison = compare(done, SAMPLE_TRUTH)
        if comparison.pictures:
            extras["truth"] = comparison.as_dict()
            terminal.note(str(comparison))
        if interrupted:
            terminal.error(f"interrupted after {len(done)} of {len(pictures)} pictures")
        document = as_document(self._results, self._model, self._settings(), extras)
        target = self._arguments.json or str(self._arguments.output / "detections.json")
        write_document(document, target)

    def _settings(self) -> dict[str, Any]:
        names = ("conf", "iou", "across_classes", "max_det", "threads", "quality", "fps", "track")
        return {name: getattr(self._arguments, name) for name in names}


def _pictures(arguments: argparse.Namespace) -> tuple[list[Picture], list[str]]:
    if arguments.paths:
        return gather(arguments.paths, bool(arguments.track))
    pictures, problems = gather([SAMPLES / "pictures"], False)
    frames, missing = gather([SAMPLES / "sequence"], arguments.track is not False)
    return pictures + frames, problems + missing


def _model_options(arguments: argparse.Namespace) -> ModelOptions:
    return ModelOptions(
        score=arguments.conf,
        iou=arguments.iou,
        max_det=arguments.max_det,
        across_classes=arguments.across_classes,
        threads=arguments.threads,
        config=arguments.config,
        names=arguments.names,
        size=arguments.size,
    )
