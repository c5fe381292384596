# SPDX-License-Identifier: Apache-2.0
"""Opens a model file and finds out how to feed and decode it, keeping an account of what it found.

Order of trust for the decoder: the user's configuration, edgefirst.json, then the output shapes
together with Ultralytics keys.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import edgefirst_hal as ef
from edgefirst_hal.models.coco import COCO_NAMES
from edgefirst_hal.models.error import ModelError, NamesMismatchError
from edgefirst_hal.models.heads import (
    decide_normalized,
    fill_quantization,
    head_document,
    infer_head,
    largest_coordinate,
)
from edgefirst_hal.models.metadata import (
    Document,
    Metadata,
    read_document,
    read_metadata,
    read_names,
    set_document,
)
from edgefirst_hal.models.model import Model
from edgefirst_hal.models.picture_input import PictureInput, plan_input, resolve_shape
from edgefirst_hal.models.session import (
    Array,
    EngineOptions,
    Session,
    TensorSpec,
    first_line,
    open_session,
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
    """Opens the file, runs it once on grey and builds its decoder. Raises ModelError."""
    path = Path(path)
    engine = EngineOptions(options.threads, options.engine, options.delegate)
    session = open_session(path, engine)
    metadata = _metadata(path, session, options)
    shape = resolve_shape(session.input, metadata.input_size)
    plan = plan_input(session.input, shape, _adaptor(metadata.document))
    account = [("model", f"{path}, run by {session.engine}"), _input_account(session.input, plan)]
    arrays = _run_on_grey(session, plan, shape)
    specs = [replace(s, shape=a.shape) for s, a in zip(session.output_specs(), arrays)]
    size = (plan.width, plan.height)
    classes, decoder = None, None
    if metadata.document is not None:
        account.append(("outputs", f"as {metadata.document_source} says"))
        document = fill_quantization(metadata.document, specs)
    else:
        try:
            document, classes = _infer_document(specs, arrays, size, metadata, account)
        except ModelError as error:  # no head of one table: the core knows more
            decoder, document = _core_decoder(path, size, options, account, error)
    names = _names(metadata, classes, account)
    decoder = decoder or _decoder(document, size, options)
    model = Model(path, session, plan, document, decoder, names, account)
    return replace(model, has_prototypes=_try_decoding(model, arrays))


def _metadata(path: Path, session: Session, options: ModelOptions) -> Metadata:
    """The file's own, overruled by what the user gave."""
    metadata = read_metadata(path, session.metadata)
    if options.config is not None:
        set_document(metadata, read_document(options.config), str(options.config))
    if options.names is not None:
        metadata.names, metadata.names_source = read_names(options.names), str(options.names)
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


def _infer_document(
    specs: Sequence[TensorSpec],
    arrays: Sequence[Array],
    size: tuple[int, int],
    metadata: Metadata,
    account: Account,
) -> tuple[Document, int | None]:
    head = infer_head(specs, metadata, size)
    where = f" and {metadata.source}" if metadata.is_ultralytics else ""
    shapes = ", ".join(str(spec) for spec in specs)
    account.append(("outputs", f"{head.description}, from the shapes ({shapes}){where}"))
    largest = largest_coordinate(head, specs[head.boxes], arrays[head.boxes])
    normalized, reason = decide_normalized(metadata, largest)
    account.append(("boxes", reason))
    return head_document(head, specs, normalized, size), head.classes


def _core_decoder(
    path: Path, size: tuple[int, int], options: ModelOptions, account: Account, error: ModelError
) -> tuple[ef.Decoder, Document]:
    """What Decoder.from_model makes of heads that come in many tensors; else the error."""
    try:
        decoder = ef.Decoder.from_model(path, options.score, options.iou, _nms(options), size)
    except RuntimeError:
        raise error from None
    if isinstance(error, NamesMismatchError):
        account.append(("classes", f"{error.reason}: those beyond are shown by number"))
    account += [("outputs", line) for line in decoder.explanation.splitlines()[1:]]
    return _limited(decoder, options), {"outputs": [], "explanation": decoder.explanation}


def _nms(options: ModelOptions) -> ef.Nms:
    modes = {None: ef.Nms.Auto, True: ef.Nms.ClassAgnostic, False: ef.Nms.ClassAware}
    return modes[options.across_classes]


def _limited(decoder: ef.Decoder, options: ModelOptions) -> ef.Decoder:
    decoder.pre_nms_top_k = max(_CANDIDATES, options.max_det)
    decoder.max_det = options.max_det
    return decoder


def _decoder(document: Document, size: tuple[int, int], options: ModelOptions) -> ef.Decoder:
    try:
        decoder = ef.Decoder.new_from_json_str(
            json.dumps(document), options.score, options.iou, _nms(options), size
        )
    except (RuntimeError, TypeError, ValueError) as error:
        raise ModelError(f"the decoder refuses the configuration: {first_line(error)}") from error
    return _limited(decoder, options)


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
    if metadata.names:
        account.append(("classes", f"{len(metadata.names)} names from {metadata.names_source}"))
        return metadata.names
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
