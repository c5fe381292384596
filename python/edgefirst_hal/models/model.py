# SPDX-License-Identifier: Apache-2.0
"""A model ready for pictures: session, input plan, decoder, class names.

Its three steps (fill, infer, decode) are separate so that a pipeline can time or overlap them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

import edgefirst_hal as ef
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.metadata import Document
from edgefirst_hal.models.picture_input import PictureInput
from edgefirst_hal.models.session import Array, Session, first_line, wrap_output


@dataclass
class Detections:
    """Best score first. Boxes are fractions of the model's input; masks are empty or one a box.

    A semantic map of the whole picture belongs to no box and stands apart.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.uint64]
    masks: list[npt.NDArray[np.uint8]]
    letterbox: ef.Letterbox
    maps: list[npt.NDArray[np.uint8]] = field(default_factory=list)

    @property
    def drawn(self) -> list[npt.NDArray[np.uint8]]:
        """What ImageProcessor draws: masks, else the map."""
        return self.masks or self.maps

    def __len__(self) -> int:
        return len(self.boxes)

    def take(self, order: Sequence[int]) -> Detections:
        """Boxes in another order with their masks; a map of the whole picture stays."""
        masks = [self.masks[i] for i in order] if self.masks else []
        index = np.array(order, np.intp)
        boxes, scores, classes = self.boxes[index], self.scores[index], self.classes[index]
        return Detections(boxes, scores, classes, masks, self.letterbox, self.maps)

    def source_boxes(self) -> npt.NDArray[np.float32]:
        """Corners in pixels of the picture, inside it."""
        return self.letterbox.to_source(self.boxes)


@dataclass
class Model:
    """Made by load_model. Not thread-safe; fill, infer and decode follow one another."""

    path: Path
    session: Session
    picture_input: PictureInput
    document: Document
    decoder: ef.Decoder
    names: list[str]
    account: list[tuple[str, str]]
    """What was found, and where: subject and sentence."""
    has_prototypes: bool = False
    """Whether masks are computed from prototypes, in the pixels of the picture."""
    processor: ef.ImageProcessor = field(default_factory=ef.ImageProcessor)

    def fill(self, frame: ef.Tensor) -> ef.Letterbox:
        """Puts a picture into the model's input; returns where it lies there."""
        return self.picture_input.fill(self.processor, frame, self.session.input_array())

    def infer(self) -> list[ef.Tensor]:
        """The outputs, valid until the next call; drop them before it. Raises ModelError."""
        try:
            return self.wrap(self.session.run())
        except Exception as error:  # engines raise classes of their own
            raise ModelError(f"inference failed: {first_line(error)}") from error

    def twin(self) -> Model:
        """Another one of the same model for a second frame in flight. Raises ModelError."""
        try:
            session = self.session.twin()
        except Exception as error:  # engines raise classes of their own
            raise ModelError(f"a second session fails: {first_line(error)}") from error
        return replace(self, session=session, processor=ef.ImageProcessor())

    def wrap(self, arrays: Sequence[Array]) -> list[ef.Tensor]:
        """Tensors over the session's outputs, with their quantisation."""
        specs = self.session.output_specs()
        return [wrap_output(array, spec) for array, spec in zip(arrays, specs)]

    def decode(
        self, outputs: Sequence[ef.Tensor], fit: ef.Letterbox, size: tuple[int, int]
    ) -> Detections:
        """`size` is the picture's width and height; prototype masks come out in its pixels."""
        limit = self.decoder.max_det
        if not self.has_prototypes:
            boxes, scores, classes, maps = self.decoder.decode(outputs, limit)
            return Detections(self._normalized(boxes), scores, classes, [], fit, maps)
        boxes, scores, classes, protos = self.decoder.decode_proto(outputs, limit)
        found = Detections(self._normalized(boxes), scores, classes, [], fit)
        if protos is not None and len(found):
            found.masks = self.processor.materialize_masks(
                found.boxes,
                scores,
                classes,
                protos,
                letterbox=fit.normalized,
                resolution=ef.MaskResolution.Scaled(*size),
            )
        return found

    def class_name(self, index: int) -> str:
        return self.names[index] if index < len(self.names) else f"class {index}"

    def _normalized(self, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The decoder leaves the pixels of heads without prototypes as they are."""
        if self.decoder.normalized_boxes is False:
            width, height = self.picture_input.width, self.picture_input.height
            boxes /= np.array([width, height, width, height], np.float32)
        return boxes
