# SPDX-License-Identifier: Apache-2.0
"""What validate and profile share: their options, and a run from model to report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
from edgefirst_hal._text import stored, stored_document
from edgefirst_hal.cli import values
from edgefirst_hal.cli.interrupts import held_back, orderly_stop
from edgefirst_hal.cli.model_arguments import add_model_arguments, model_options
from edgefirst_hal.cli.progress import progress_bar
from edgefirst_hal.cli.session_report import print_report, session_report
from edgefirst_hal.cli.terminal import (
    EXIT_ERROR,
    EXIT_INCOMPLETE,
    EXIT_INTERRUPTED,
    EXIT_LOST_OUTPUT,
    EXIT_OK,
    Terminal,
)
from edgefirst_hal.models import Model, ModelError, load_model
from edgefirst_hal.models.session import ENGINES, choose_engine
from edgefirst_hal.profiler import depth
from edgefirst_hal.profiler.folder import REPORT, SAMPLES, RunContents, RunFolder
from edgefirst_hal.profiler.libraries import ProfilerError, library
from edgefirst_hal.profiler.overlays import overlays
from edgefirst_hal.profiler.platform_info import platform_document
from edgefirst_hal.profiler.predictions import PredictionWriter
from edgefirst_hal.profiler.records import STAGES, Document, FrameRecord
from edgefirst_hal.profiler.session import Session, SessionOptions
from edgefirst_hal.profiler.summary import metrics_document, run_document
from edgefirst_hal.profiler.truth import Truth, open_truth, told_before
from edgefirst_hal.profiler.wording import has_objects
from edgefirst_hal.sources import Source, SourceError, open_source

_MOST_DEPTH = 64
_MOST_COUNT = 100_000_000
_SCORE_WITH_TRUTH, _SCORE = 0.001, 0.25
_LONGEST_REASON = 200
_SETTINGS = ("conf", "iou", "max_det", "across_classes", "threads", "deploy_score", "warmup")


def add_run_parser(
    subparsers: Any, name: str, summary: str, description: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, command=name)
    parser.add_argument("model", type=Path, help=".onnx, .tflite or .xml (OpenVINO)")
    _add_source_arguments(parser)
    group = parser.add_argument_group("model")
    group.add_argument(
        "--backend",
        choices=sorted(ENGINES),
        help="inference engine (default: by the file's suffix)",
    )
    group.add_argument(
        "--delegate", type=Path, metavar="FILE", help="shared library of an NPU, tflite"
    )
    add_model_arguments(group, threads=1)
    _add_box_arguments(parser.add_argument_group("boxes"))
    _add_pipeline_arguments(parser.add_argument_group("pipeline"))
    return parser


def _add_source_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--images", required=True, metavar="WHAT", help="a folder, a video, a picture or a pattern")
    count = values.integer(1, _MOST_COUNT)
    add("--count", type=count, metavar="N", help="frames at most (default: all)")
    add("-o", "--output", type=Path, metavar="DIR", help="an empty folder (runs/<model>-<number>)")
    add("--json", metavar="FILE", help="the summary as JSON; - is stdout")
    add("--quiet", action="store_true", help="print errors only")
    add("--no-color", action="store_true", help="the same as NO_COLOR=1")


def _add_box_arguments(group: Any) -> None:
    add = group.add_argument
    add(
        "--conf",
        type=values.fraction,
        metavar="X",
        help=f"least score ({_SCORE}; with ground truth {_SCORE_WITH_TRUTH})",
    )
    add("--iou", type=values.fraction, default=0.7, metavar="X", help="NMS overlap (%(default)s)")
    count = values.integer(1, 100_000)
    add("--max-det", type=count, default=300, metavar="N", help="boxes a frame (%(default)s)")
    switch = argparse.BooleanOptionalAction
    add("--across-classes", action=switch, help="whether a box may suppress other classes")


def _add_pipeline_arguments(group: Any) -> None:
    add = group.add_argument
    add(
        "--pipeline-depth",
        type=values.integer(1, _MOST_DEPTH),
        default=depth.DEFAULT,
        metavar="N",
        help="frames that each stage holds; 1 is sequential (%(default)s)",
    )
    add(
        "--depth",
        type=values.named_integer(STAGES, 1, _MOST_DEPTH),
        action="append",
        default=[],
        metavar="STAGE=N",
        help=f"for one stage: {', '.join(STAGES)}",
    )
    clients = values.integer(1, _MOST_DEPTH)
    add("--clients", type=clients, metavar="N", help="frames inferred at once (default: the depth)")
    warmup = values.integer(0, 1000)
    add("--warmup", type=warmup, default=3, metavar="N", help="runs before (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """0; or 2, 3, 4, 130 as the program's help says. Errors go to stderr."""
    terminal = Terminal(arguments.quiet, not arguments.no_color, arguments.json == "-")
    if arguments.conf is None:
        arguments.conf = _SCORE if arguments.ground_truth is None else _SCORE_WITH_TRUTH
    try:
        return ProfilingRun(arguments, terminal).run()
    except ModelError as error:
        terminal.error(f"model {error.of(arguments.model).for_command()}")
    except (ProfilerError, SourceError, ef.Error, OSError) as error:
        terminal.error(str(error))
    return EXIT_ERROR


class ProfilingRun:
    """Everything that can be refused is refused before the first frame."""

    def __init__(self, arguments: argparse.Namespace, terminal: Terminal) -> None:
        self._arguments = arguments
        self._terminal = terminal
        self._told: list[str] = []
        """About the ground truth, before the first frame."""

    def run(self) -> int:
        """Raises ModelError, ProfilerError, SourceError, ef.Error, OSError."""
        arguments = self._arguments
        with held_back():
            _require_libraries(arguments.ground_truth is not None)
        truth = None if arguments.ground_truth is None else open_truth(arguments.ground_truth)
        folder = RunFolder(arguments.output or _next_folder(arguments.model))
        repeats = arguments.command == "profile"
        with open_source(
            arguments.images, arguments.count, repeat=repeats, output=folder.path
        ) as source:
            return self._run(source, folder, truth)

    def _run(self, source: Source, folder: RunFolder, truth: Truth | None) -> int:
        arguments = self._arguments
        with held_back():
            model = load_model(arguments.model, model_options(arguments))
        folder.create()
        used = _depth(arguments)
        self._announce(model, used)
        if truth is not None:
            self._told = told_before(truth, [frame.path for frame in source], model.names)
            self._warn(self._told)
        for note in source.notes:
            self._terminal.note(note)
        for problem in source.problems:
            self._terminal.error(problem)
        options = SessionOptions(used, dict(arguments.depth), arguments.clients, arguments.warmup)
        session = Session(model, source, options)
        writer = PredictionWriter(folder.predictions, model.names)
        with orderly_stop(session.interrupt, "the frames in flight are finished"):
            try:
                self._process(session, writer)
            except BaseException:
                writer.close()
                raise
            return self._finish(session, folder, writer, truth)

    def _announce(self, model: Model, used: depth.PipelineDepth) -> None:
        for subject, text in model.account:
            self._terminal.note(f"{subject:<8} {text}")
        self._terminal.note(str(used))
        if used.remark:
            self._terminal.note(used.remark)

    def _warn(self, remarks: list[str]) -> None:
        for remark in remarks:
            self._terminal.warning(f"ground truth: {remark}")

    def _process(self, session: Session, writer: PredictionWriter) -> None:
        def on_frame(record: FrameRecord) -> None:
            advance()
            if record.error:
                self._terminal.error(f"{record.label}: {record.error}")

        title = "validating" if self._arguments.command == "validate" else "profiling"
        with progress_bar(self._terminal, title, session.source.count or 0) as advance:
            session.run(writer, on_frame)

    def _finish(
        self, session: Session, folder: RunFolder, writer: PredictionWriter, truth: Truth | None
    ) -> int:
        writer.close()
        if writer.failure is not None:
            folder.lost.append(f"{writer.path.name}: {writer.failure.strerror or writer.failure}")
        document = stored_document(run_document(session, self._settings()))
        metrics = self._metrics(session, truth, folder)
        samples = self._samples(session, folder)
        platform = stored_document(platform_document())
        contents = RunContents(document, metrics, platform, session.records, samples)
        folder.write(contents)
        print_report(session_report(contents), self._terminal)
        self._tell_unjudged(metrics)
        self._write_json(document, metrics, folder)
        for lost in folder.lost:
            self._terminal.error(f"not stored: {lost}")
        self._terminal.note(f"In {folder.path}", spaced=True)
        return EXIT_INTERRUPTED if session.interrupted else _exit_code(document, metrics, folder)

    def _samples(self, session: Session, folder: RunFolder) -> list[tuple[str, bytes]]:
        try:
            return overlays(session.model, session.samples)
        except ef.Error as error:
            folder.lost.append(f"{SAMPLES}: {error}")
            return []

    def _tell_unjudged(self, metrics: Document | None) -> None:
        """What the session report does not say, or says where nobody reads it."""
        if metrics is None:
            return
        if self._arguments.quiet:
            self._warn([remark for remark in metrics["remarks"] if remark not in self._told])
        if not metrics["coverage"]["evaluated"]:
            self._terminal.error("no frame has ground truth: are its names those of the pictures?")
        elif metrics["boxes"] is not None and not has_objects(metrics["boxes"]):
            self._terminal.error("no known object could be judged, so there is no precision")

    def _metrics(self, session: Session, truth: Truth | None, folder: RunFolder) -> Document | None:
        if truth is None:
            return None
        try:
            threshold = self._arguments.deploy_score
            return metrics_document(session, truth, threshold, folder.lost)
        except Exception as error:  # pycocotools raises of its own; the run is kept all the same
            known = isinstance(error, (ProfilerError, OSError))
            reason = str(error) if known else repr(error)[:_LONGEST_REASON]
            folder.lost.append(f"metrics: {reason}")
            return None

    def _write_json(self, document: Document, metrics: Document | None, folder: RunFolder) -> None:
        from edgefirst_hal.cli.results import write_document

        if self._arguments.json is None:
            return
        try:
            write_document({**document, "metrics": metrics}, self._arguments.json)
        except OSError as error:
            folder.lost.append(f"{self._arguments.json}: {error.strerror or error}")

    def _settings(self) -> Document:
        given = {name: getattr(self._arguments, name) for name in _SETTINGS}
        truth = self._arguments.ground_truth
        return {**given, "ground_truth": None if truth is None else stored(truth)}


def _require_libraries(evaluates: bool) -> None:
    """What would fail after the run fails before it."""
    library("pyarrow", "storing predictions")
    library("matplotlib", REPORT)
    if evaluates:
        library("yaml", "writing metrics.yaml")
        library("pycocotools", "evaluation")


def _depth(arguments: argparse.Namespace) -> depth.PipelineDepth:
    engine = choose_engine(arguments.model.suffix.lower(), arguments.backend)
    backend = depth.backend_of(engine, arguments.delegate)
    return depth.PipelineDepth(arguments.pipeline_depth, backend)


def _next_folder(model: Path) -> Path:
    number = 1
    while (path := Path("runs") / f"{model.stem}-{number}").exists():
        number += 1
    return path


def _exit_code(document: Document, metrics: Document | None, folder: RunFolder) -> int:
    if folder.lost:
        return EXIT_LOST_OUTPUT
    frames = document["frames"]
    incomplete = frames["failed"] or frames["skipped"] or frames["not_reached"]
    unjudged = metrics is not None and not (metrics["boxes"] and has_objects(metrics["boxes"]))
    incomplete = incomplete or document["source_problems"]
    return EXIT_INCOMPLETE if incomplete or unjudged or document["broken"] else EXIT_OK
