# SPDX-License-Identifier: Apache-2.0
"""Opens a model file and finds out how to feed and decode it, keeping an account of what it found.

How outputs are decoded is decided by the library (Decoder.from_model's rules) from the user's
configuration, edgefirst.json, or the metadata and one run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
from edgefirst_hal._core import decoder_of_run
from edgefirst_hal.models.coco import COCO_NAMES
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.metadata import Document, Metadata, read_metadata
from edgefirst_hal.models.model import Model
from edgefirst_hal.models.names import read_names
from edgefirst_hal.models.picture_input import PictureInput, plan_input, resolve_shape
from edgefirst_hal.models.session import (
    Array,
    EngineOptions,
    Session,
    TensorSpec,
    first_line,
    open_session,
    wrap_output,
)

Account = list[tuple[str, str]]

_CANDIDATES = 30_000
"""Boxes that may enter suppression, as in Ultralytics."""


@dataclass(frozen=True)
class ModelOptions:
    """What a user may say about a model and its thresholds; 0 threads lets the engine choose."""

    score: float = 0.25
    iou: float = 0.45
    max_det: int = 300
    across_classes: bool | None = None
    """Whether a box may suppress one of another class; None: as the configuration says."""
    threads: int = 0
    config: Path | None = None
    names: Path | None = None
    size: tuple[int, int] | None = None
    """Height, width: for models that leave it open."""
    engine: str | None = None
    """A key of session.ENGINES; None: by the file's suffix."""
    delegate: Path | None = None
    """A shared library that takes over operations of TFLite."""


_DEFAULTS = ModelOptions()


def load_model(path: str | Path, options: ModelOptions = _DEFAULTS) -> Model:
    """Opens the file, runs it once on grey and builds its decoder.

    Raises ModelError, which is a FileNotFoundError too where no file is there.
    """
    path = Path(path)
    try:
        return _load(path, options)
    except ModelError as error:
        raise error.of(path) from error.__cause__


def _load(path: Path, options: ModelOptions) -> Model:
    engine = EngineOptions(options.threads, options.engine, options.delegate)
    session = open_session(path, engine)
    metadata = _metadata(path, session, options)
    shape = resolve_shape(session.input, metadata.input_size)
    plan = plan_input(session.input, shape, _adaptor(metadata.document))
    account = [("model", f"{path}, run by {session.engine}"), _input_account(session.input, plan)]
    if metadata.passed_over:
        account.append(("passed over", metadata.passed_over))
    arrays = _run_on_grey(session, plan, shape)
    decoder = _decoder(session, arrays, metadata, (plan.width, plan.height), options)
    account += _facts(decoder)
    names = _names(metadata, decoder.class_count, account)
    document = metadata.document or json.loads(decoder.configuration)
    model = Model(path, session, plan, document, decoder, names, account)
    return replace(model, has_prototypes=_try_decoding(model, arrays))


def _metadata(path: Path, session: Session, options: ModelOptions) -> Metadata:
    """The file's own, overruled by what the user gave."""
    shapes = [spec.shape for spec in session.output_specs()]
    config = None if options.config is None else Path(options.config)
    metadata = read_metadata(path, session.metadata, shapes, config)
    if options.names is not None:
        metadata.names = read_names(Path(options.names))
        metadata.names_source = str(options.names)
        metadata.named_by_user = True
    if options.size is not None:
        metadata.input_size = options.size
    return metadata


def _run_on_grey(session: Session, plan: PictureInput, shape: tuple[int, ...]) -> Sequence[Array]:
    """One run warms the engine up, shows the real output shapes and the unit of the boxes."""
    try:
        session.prepare(shape)
        session.input_array()[...] = plan.grey
        return session.run()
    except Exception as error:  # engines raise classes of their own
        raise ModelError(f"the model does not run on {list(shape)}: {first_line(error)}") from error


def _decoder(
    session: Session,
    arrays: Sequence[Array],
    metadata: Metadata,
    size: tuple[int, int],
    options: ModelOptions,
) -> ef.Decoder:
    """`size` is the input's width and height."""
    specs = session.output_specs()
    run: dict[str, Any] = {
        "outputs": [(spec.name, wrap_output(a, spec)) for spec, a in zip(specs, arrays)],
        "is_tflite": metadata.path.suffix.lower() == ".tflite",
        "metadata": metadata.texts,
        "class_names": len(metadata.names or []) if metadata.named_by_user else 0,
    }
    if metadata.document is not None:
        run["configuration"] = json.dumps(metadata.document)
        run["source"] = metadata.document_source
    modes = {None: ef.Nms.Auto, True: ef.Nms.ClassAgnostic, False: ef.Nms.ClassAware}
    try:
        thresholds = (options.score, options.iou)
        decoder = decoder_of_run(run, thresholds, modes[options.across_classes], size)
    except (RuntimeError, TypeError, ValueError) as error:
        if metadata.document is None:
            raise ModelError(f"{first_line(error)}, given as {{config}}") from error
        raise ModelError(f"the decoder refuses the configuration: {first_line(error)}") from error
    decoder.pre_nms_top_k = max(_CANDIDATES, options.max_det)
    decoder.max_det = options.max_det
    return decoder


def _facts(decoder: ef.Decoder) -> Account:
    """Subject and sentence of each line of the decoder's own account."""
    pairs = (line.partition(": ") for line in decoder.explanation.splitlines())
    return [(subject, text) for subject, _, text in pairs if subject != "input"]


def _try_decoding(model: Model, arrays: Sequence[Array]) -> bool:
    """Whether masks come as prototypes.

    Outputs that do not fit the configuration are an error of the model, not of each picture.
    """
    size = (model.picture_input.width, model.picture_input.height)
    try:
        outputs = model.wrap(arrays)
        has_prototypes = model.decoder.decode_proto(outputs, 1)[3] is not None
        tried = replace(model, has_prototypes=has_prototypes)
        tried.decode(outputs, ef.letterbox(*size, *size), size)
        return has_prototypes
    except (RuntimeError, TypeError, ValueError) as error:
        raise ModelError(f"its outputs do not decode: {first_line(error)}") from error


def _names(metadata: Metadata, classes: int | None, account: Account) -> list[str]:
    """`classes` is the number of scores where the head shows it."""
    names = metadata.names
    if names:
        source = f"{len(names)} names from {metadata.names_source}"
        if classes is not None and len(names) != classes:
            rest = "the last are not used" if len(names) > classes else "others are numbered"
            source += f": {len(names)} class names but {classes} scores a box, so that {rest}"
        account.append(("classes", source))
        return names
    if classes == len(COCO_NAMES):
        account.append(("classes", "80 and unnamed: taken for those of COCO"))
        return list(COCO_NAMES)
    account.append(("classes", "unnamed: shown by number; --names FILE gives them names"))
    return []


def _adaptor(document: Document | None) -> str | None:
    """The pixel order that a generation 2 configuration asks for."""
    section = document.get("input") if document else None
    adaptor = section.get("cameraadaptor") if isinstance(section, dict) else None
    return adaptor if isinstance(adaptor, str) else None


def _input_account(spec: TensorSpec, plan: PictureInput) -> tuple[str, str]:
    text = f"{spec}, {plan.width} x {plan.height}"
    if plan.is_staged:
        text += f", 0...1 quantised by scale {spec.scale:.6g} and zero point {spec.zero_point}"
    return "input", text
