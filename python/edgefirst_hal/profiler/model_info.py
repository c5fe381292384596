# SPDX-License-Identifier: Apache-2.0
"""What each engine and each image backend would do with a model, asked of those who know."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import edgefirst_hal as ef
from edgefirst_hal._text import stored
from edgefirst_hal.models import Model, ModelError, ModelOptions, load_model
from edgefirst_hal.models.picture_input import GREY
from edgefirst_hal.models.session import ENGINES
from edgefirst_hal.profiler.depth import MAXIMUM
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.records import Document

_FRAME = (1280, 720)
_CAMERA_FORMATS = (ef.PixelFormat.Rgb, ef.PixelFormat.Nv12, ef.PixelFormat.Yuyv)


def model_document(path: Path) -> Document:
    """Opens the model with every engine. Raises ProfilerError where none runs it."""
    engines: Document = {}
    usable: Model | None = None
    reasons = []
    for engine in ENGINES:
        try:
            model = load_model(path, ModelOptions(engine=engine))
        except ModelError as error:
            text = error.without_file()
            engines[engine] = {"runs": False, "text": text}
            reasons.append(f"{engine}: {text}")
            continue
        text = f"{model.session.engine}, pipeline depth up to {MAXIMUM[engine]}"
        engines[engine] = {"runs": True, "text": text}
        usable = usable or model
    if usable is None:
        raise ProfilerError(f"model {path}: {'; '.join(dict.fromkeys(reasons))}")
    return {
        "file": stored(path),
        "engines": engines,
        "account": usable.account,
        "conversions": [_conversion(usable, source) for source in _CAMERA_FORMATS],
    }


def _conversion(model: Model, source: ef.PixelFormat) -> Document:
    """The library's own answers for a letterboxed frame of a camera."""
    plan = model.picture_input
    fit = ef.letterbox(*_FRAME, plan.width, plan.height)
    dtype = np.float32 if plan.is_staged else plan.dtype
    array = np.zeros(model.session.input_array().shape, dtype)
    answers = model.processor.explain(
        ef.Tensor.image(*_FRAME, source),
        ef.Tensor.wrap(array[0], plan.format),
        dst_crop=fit.content,
        dst_color=GREY,
    )
    return {
        "source": f"{source.name} {_FRAME[0]} x {_FRAME[1]}",
        "answers": [
            {"backend": backend, "takes": takes, "reason": reason}
            for backend, takes, reason in answers
        ],
    }
