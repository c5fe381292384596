# SPDX-License-Identifier: Apache-2.0
"""Python code that runs in the middle of a call, and uses the library itself, changes no result of
that call: trace functions, log handlers, the garbage collector's hooks."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from decoder_cases import cases
from decoder_running import make_decoder, tensors_of
from PIL import Image

MEM = ef.TensorMemory.MEM


def encoded(shade: int, size: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (size, size), (shade, shade, shade)).save(out, "PNG")
    return out.getvalue()


def tensor_of(shade: int, size: int) -> ef.Tensor:
    tensor = ef.Tensor.image(size, size, "rgb", MEM)
    tensor.from_numpy(np.full((size, size, 3), shade, np.uint8))
    return tensor


def flat(value: Any) -> Any:
    """A result as something that compares by value and does not change any more."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return [flat(item) for item in value]
    if isinstance(value, ef.Tensor):
        return flat(value.numpy())
    if isinstance(value, ef.ProtoData):
        return flat([value.take_protos(), value.take_mask_coefficients()])
    if isinstance(value, ef.TrackInfo):
        return flat([value.tracked_location, value.count, value.created])
    if isinstance(value, ef.ImageInfo):
        return flat([value.width, value.height, value.valid_rows])
    return value


SEGMENTING = next(
    case for case in cases(range(40)) if make_decoder(case).model_type == "yolo_seg_det"
)
DETECTION: dict[str, Any] = {
    "outputs": [
        {
            "type": "detection",
            "shape": [1, 6, 8],
            "dshape": [["batch", 1], ["num_features", 6], ["num_boxes", 8]],
            "normalized": True,
        }
    ],
    "decoder_version": "yolov8",
}


def detection_output(score: float, count: int) -> list[ef.Tensor]:
    rows = np.zeros((1, 6, 8), np.float32)
    rows[0, :4, :] = 0.1
    for i in range(count):
        rows[0, 0, i] = 0.1 + 0.1 * i
        rows[0, 4, i] = score
    return [ef.Tensor.wrap(rows)]


class Work:
    """Calls whose results lie in memory that their thread reuses, or in their objects."""

    def __init__(
        self, decoder: ef.Decoder, outputs: list[ef.Tensor], shade: int, size: int
    ) -> None:
        self.decoder, self.outputs = decoder, outputs
        self.picture, self.png = tensor_of(shade, size), encoded(shade, size)
        self.processor = ef.ImageProcessor(backend="cpu")

    def draw(self) -> Any:
        canvas = tensor_of(0, 32)
        return self.processor.draw_masks(self.decoder, self.outputs, canvas), canvas

    def draw_tracked(self) -> Any:
        canvas = tensor_of(0, 32)
        tracks = self.processor.draw_masks(
            self.decoder, self.outputs, canvas, tracker=ef.ByteTrack(), timestamp=1
        )
        return tracks, canvas

    def materialize(self) -> Any:
        boxes, scores, classes, protos = self.decoder.decode_proto(self.outputs)
        if protos is None:
            return None
        return self.processor.materialize_masks(boxes, scores, classes, protos)

    def convert(self) -> Any:
        target = ef.Tensor.image(24, 24, "rgba", MEM)
        self.processor.convert(self.picture, target)
        return target

    def calls(self) -> dict[str, Callable[[], Any]]:
        decoder, outputs = self.decoder, self.outputs
        return {
            "decode": lambda: decoder.decode(outputs),
            "decode_batch": lambda: decoder.decode_batch(outputs),
            "decode_proto": lambda: decoder.decode_proto(outputs),
            "decode_tracked": lambda: decoder.decode_tracked(ef.ByteTrack(), 1, outputs),
            "decode_proto_tracked": lambda: decoder.decode_proto_tracked(
                ef.ByteTrack(), 1, outputs
            ),
            "draw_masks": self.draw,
            "draw_masks with a tracker": self.draw_tracked,
            "materialize_masks": self.materialize,
            "convert": self.convert,
            "encode_jpeg": lambda: self.picture.encode_jpeg(90),
            "load_from_bytes": lambda: ef.Tensor.load_from_bytes(self.png),
            "peek_image_info": lambda: ef.Tensor.peek_image_info(self.png),
            "update": lambda: ef.ByteTrack().update(*decoder.decode(outputs)[:3], 1),
            "numpy": lambda: self.picture.numpy(),
        }


def outer_work() -> list[Work]:
    return [
        Work(ef.Decoder(DETECTION), detection_output(0.9, 3), 200, 64),
        Work(make_decoder(SEGMENTING), tensors_of(SEGMENTING), 90, 48),
    ]


class Intruder:
    """Does all of the work once whenever it is called, but not within itself."""

    def __init__(self) -> None:
        # The detection decoder is shared with the outer calls: scratch of the object counts, too.
        self.work = [Work(ef.Decoder(DETECTION), detection_output(0.5, 1), 10, 8)]
        self.is_busy = False
        self.count = 0

    def __call__(self, *_: Any) -> None:
        if self.is_busy:
            return
        self.is_busy = True
        self.count += 1
        for work in self.work:
            for call in work.calls().values():
                call()
        self.is_busy = False


class IntrudingHandler(logging.Handler):
    def __init__(self, intruder: Intruder) -> None:
        super().__init__()
        self.intruder = intruder

    def emit(self, record: logging.LogRecord) -> None:
        self.intruder(record)


@contextmanager
def by_tracing(intruder: Intruder) -> Iterator[None]:
    with ef.Tracing(intruder):
        yield


@contextmanager
def by_logging(intruder: Intruder) -> Iterator[None]:
    handler = IntrudingHandler(intruder)
    logger = logging.getLogger("edgefirst_hal")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(1)
    ef.set_log_level("trace")
    try:
        yield
    finally:
        ef.set_log_level("off")
        logger.setLevel(level)
        logger.removeHandler(handler)


@contextmanager
def by_garbage_collection(intruder: Intruder) -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.callbacks.append(intruder)
    gc.set_threshold(1, 1, 1)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(intruder)


@pytest.mark.parametrize("kind", [0, 1], ids=["detection", "segmentation"])
@pytest.mark.parametrize("ways", [by_tracing, by_logging, by_garbage_collection])
def test_a_callback_that_uses_the_library_changes_no_result(ways: Any, kind: int) -> None:
    work = outer_work()[kind]
    expected = {name: flat(call()) for name, call in work.calls().items()}
    intruder = Intruder()
    intruder.work.append(Work(work.decoder, work.outputs, 1, 4))  # the same objects
    intruder.work[-1].processor = work.processor
    with ways(intruder):
        results = {name: call() for name, call in work.calls().items()}
        if ways is by_logging:  # our library logs little: a failure is a record for sure
            with pytest.raises(ef.Error):
                ef.ImageProcessor(backend="cpu").convert(tensor_of(0, 4), ef.Tensor([1]))
    if ways is not by_logging:
        assert intruder.count > 0
    for name, result in results.items():
        assert flat(result) == expected[name], name


def test_events_of_a_call_come_after_its_end() -> None:
    seen: list[str] = []
    decoder = ef.Decoder(DETECTION)
    with ef.Tracing(lambda event: seen.append(event)):
        decoder.decode(detection_output(0.9, 3))
        assert any("python.decode" in event for event in seen)
        seen.clear()
        with ef.Tensor([4], "uint8", MEM).map():
            assert any("tensor.map" in event for event in seen)
        with pytest.raises(ef.InvalidShapeError):
            decoder.decode([ef.Tensor([3], "float32", MEM)])
        assert any("python.decode" in event for event in seen)


def test_a_trace_function_may_raise_at_a_failing_call(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", raised.append)

    def broken(_: str) -> None:
        raise KeyError("in a sink")

    decoder = ef.Decoder(DETECTION)
    with ef.Tracing(broken), pytest.raises(ef.InvalidShapeError):
        decoder.decode([ef.Tensor([3], "float32", MEM)])
    assert raised
