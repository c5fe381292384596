# SPDX-License-Identifier: Apache-2.0
"""The samples of a run with their detections drawn, as JPEG bytes."""

from __future__ import annotations

from collections.abc import Sequence

import edgefirst_hal as ef
from edgefirst_hal.models import Model
from edgefirst_hal.profiler.model_stages import Sample
from edgefirst_hal.sources.leftovers import marked

_QUALITY = 85
_LEAST_SCORE = 0.25
"""Runs for evaluation keep boxes of any score; drawn are those that a user would see."""


def overlays(model: Model, samples: Sequence[Sample]) -> list[tuple[str, bytes]]:
    """Label and picture of each. Raises ef.Error."""
    return [(sample.label, _overlay(model, sample)) for sample in samples]


def _overlay(model: Model, sample: Sample) -> bytes:
    picture, found = sample.picture, sample.found
    shown = found.take([i for i, score in enumerate(found.scores) if score >= _LEAST_SCORE])
    canvas = ef.Tensor.image(picture.width or 0, picture.height or 0, ef.PixelFormat.Rgb)
    model.processor.draw_decoded_masks(
        canvas,
        shown.boxes,
        shown.scores,
        shown.classes,
        seg=shown.drawn,
        background=picture,
        letterbox=found.letterbox.normalized,
        labels=True,
        class_names=model.names,
    )
    return marked(canvas.encode_jpeg(_QUALITY))
