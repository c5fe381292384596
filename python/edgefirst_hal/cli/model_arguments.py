# SPDX-License-Identifier: Apache-2.0
"""Options about a model that several commands share, and what they become."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edgefirst_hal.cli import values
from edgefirst_hal.models import ModelOptions

MOST_THREADS = 1024


def add_model_arguments(group: Any, threads: int = 0) -> None:
    """`threads` is the default of --threads."""
    add = group.add_argument
    add(
        "--config", type=Path, metavar="FILE", help="decoder configuration, edgefirst.json or .yaml"
    )
    add("--names", type=Path, metavar="FILE", help="class names, one a line")
    add("--size", type=values.size, metavar="WxH", help="input size where the model leaves it open")
    add(
        "--threads",
        type=values.integer(0, MOST_THREADS),
        default=threads,
        metavar="N",
        help="for inference (0: engine's choice; default %(default)s)",
    )


def model_options(arguments: argparse.Namespace) -> ModelOptions:
    """From arguments named as in `detect`; a command without --backend lets the suffix choose."""
    return ModelOptions(
        score=arguments.conf,
        iou=arguments.iou,
        max_det=arguments.max_det,
        across_classes=arguments.across_classes,
        threads=arguments.threads,
        config=arguments.config,
        names=arguments.names,
        size=arguments.size,
        engine=getattr(arguments, "backend", None),
        delegate=getattr(arguments, "delegate", None),
    )
