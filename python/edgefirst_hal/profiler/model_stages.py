# SPDX-License-Identifier: Apache-2.0
"""The five stages around a model; while one frame is inferred, others are filled and decoded.

Each frame from preprocess to postprocess has a twin of the model to itself, whose memory it uses
without copies. Twins are taken in preprocess and given back in postprocess, or by release().
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import edgefirst_hal as ef
from edgefirst_hal.models import Detections, Model, ModelError
from edgefirst_hal.pipeline import Frame, Stage
from edgefirst_hal.profiler.libraries import library
from edgefirst_hal.profiler.records import Found
from edgefirst_hal.sources import Frame as SourceFrame

Flush = Callable[[], None]

_WARM_UP_SIZE = (1280, 720)


@dataclass
class Job:
    """A frame between decode and output."""

    label: str
    picture: ef.Tensor
    model: Model | None = None
    fit: ef.Letterbox | None = None
    outputs: Sequence[ef.Tensor] = ()
    found: Detections | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.picture.width or 0, self.picture.height or 0


@dataclass
class Sample:
    """A picture kept for the report, with what was found in it."""

    label: str
    picture: ef.Tensor
    found: Detections


@dataclass
class ModelStages:
    """`clients` run inference at once, 0 means one frame after another; `samples` are kept."""

    model: Model
    clients: int
    most_samples: int = 0
    flush: Flush = lambda: None
    """Called by the output stage: writes what has come together."""
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        """One twin is filled and one read while the clients run. Raises ModelError."""
        self._free: queue.SimpleQueue[Model] = queue.SimpleQueue()
        twins = self.clients + 2 if self.clients else 1
        for model in [self.model, *(self.model.twin() for _ in range(twins - 1))]:
            self._free.put(model)
        self._mask: Any = None
        if self.model.has_prototypes:
            self._mask = library("pycocotools.mask", "storing masks")

    def stages(self, depths: dict[str, int]) -> list[Stage]:
        """`depths` overrule the pipeline's by stage."""
        works = (self.decode, self.preprocess, self.inference, self.postprocess, self.output)
        workers = {"inference": max(1, self.clients)}
        return [
            Stage(w.__name__, w, depths.get(w.__name__), workers.get(w.__name__, 1)) for w in works
        ]

    def decode(self, item: SourceFrame) -> Job:
        return Job(item.name, item.load())

    def preprocess(self, job: Job) -> Job:
        job.model = self._free.get()
        job.fit = job.model.fill(job.picture)
        return job

    def inference(self, job: Job) -> Job:
        job.outputs = _held(job.model).infer()
        return job

    def postprocess(self, job: Job) -> Job:
        assert job.fit is not None
        job.found = _held(job.model).decode(job.outputs, job.fit, job.size)
        self._give_back(job)
        return job

    def output(self, job: Job) -> Found:
        assert job.found is not None
        if len(self.samples) < self.most_samples:
            self.samples.append(Sample(job.label, job.picture, job.found))
        found = self._found(job.found, job.size)
        self.flush()
        return found

    def release(self, frame: Frame) -> None:
        """For a frame that failed or was dropped. Engines refuse to run while views live."""
        if frame.error is not None:
            frame.error.cause.__traceback__ = None
            frame.error.cause.__cause__ = None
        if isinstance(frame.value, Job):
            self._give_back(frame.value)

    def warm_up(self, count: int) -> None:
        """A grey picture through `count` turns, each twin at least once. Raises as stages do."""
        picture = ef.Tensor.image(*_WARM_UP_SIZE, ef.PixelFormat.Rgb)
        for _ in range(max(count, self._free.qsize()) if count else 0):
            job = Job("warm-up", picture)
            try:
                self.postprocess(self.inference(self.preprocess(job)))
            finally:
                self._give_back(job)

    def _give_back(self, job: Job) -> None:
        job.outputs = ()
        if job.model is not None:
            self._free.put(job.model)
        job.model = None

    def _found(self, found: Detections, size: tuple[int, int]) -> Found:
        boxes = found.source_boxes().astype(np.float64)
        scores, classes = found.scores.astype(np.float64), found.classes.astype(np.int64)
        keep = np.isfinite(boxes).all(axis=1) & np.isfinite(scores)
        masks = []
        if found.masks:
            masks = [self._encoded(found.masks[i], boxes[i], size) for i in np.flatnonzero(keep)]
        return Found(*size, boxes[keep], scores[keep], classes[keep], masks)

    def _encoded(self, crop: Any, box: Any, size: tuple[int, int]) -> bytes:
        """The crop begins at the box's rounded corner, as materialize_masks places it."""
        width, height = size
        plane = np.zeros((height, width), np.uint8, order="F")
        left = min(int(box[0] + 0.5), width - 1)
        top = min(int(box[1] + 0.5), height - 1)
        rows, columns = min(crop.shape[0], height - top), min(crop.shape[1], width - left)
        plane[top : top + rows, left : left + columns] = crop[:rows, :columns, 0] != 0
        counts: bytes = self._mask.encode(plane)["counts"]
        return counts


def _held(model: Model | None) -> Model:
    if model is None:
        raise ModelError("the frame holds no model: stages are out of order")
    return model
