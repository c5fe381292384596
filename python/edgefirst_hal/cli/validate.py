# SPDX-License-Identifier: Apache-2.0
"""`edgefirst-hal validate`: a model over pictures or a video; precision and times in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgefirst_hal.cli import values
from edgefirst_hal.cli.profiling import add_run_parser

_DESCRIPTION = """Runs a model over pictures or the frames of a video, stages overlapping, and
measures every stage. With ground truth it also measures precision, by pycocotools. All of it is
kept in a folder:
predictions.parquet, frames.parquet, metrics.json and .yaml, trace.json (ui.perfetto.dev),
platform.json, run.json and report.html."""


def add_parser(subparsers: Any) -> None:
    parser = add_run_parser(subparsers, "validate", "measure precision and times", _DESCRIPTION)
    group = parser.add_argument_group("ground truth")
    add = group.add_argument
    add(
        "--ground-truth",
        type=Path,
        metavar="PATH",
        help="COCO .json, or a folder of YOLO .txt or VOC .xml files",
    )
    add(
        "--deploy-score",
        type=values.fraction,
        default=0.25,
        metavar="X",
        help="score at which precision, recall and F1 are given (%(default)s)",
    )
