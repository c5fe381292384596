# SPDX-License-Identifier: Apache-2.0
"""`edgefirst-hal profile`: the times of a model over pictures or a video, without ground truth."""

from __future__ import annotations

from typing import Any

from edgefirst_hal.cli.profiling import add_run_parser

_DESCRIPTION = """Measures every stage of a model over pictures or the frames of a video. --count
beyond the number of pictures starts them over. Everything but metrics is kept in a folder, as by
validate."""


def add_parser(subparsers: Any) -> None:
    parser = add_run_parser(subparsers, "profile", "measure times alone", _DESCRIPTION)
    parser.set_defaults(ground_truth=None, deploy_score=0.25)
