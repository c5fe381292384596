# SPDX-License-Identifier: Apache-2.0
"""Options that a call could not follow: a warning of the log in the methods of 0.24, whose programs
must keep running, and an error in the others. Boxes that lie outside paint nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import noise

MEM = ef.TensorMemory.MEM
RGB = ef.PixelFormat.Rgb
NAN = float("nan")
BOX = np.array([[0.2, 0.2, 0.8, 0.8]], np.float32)
SCORE, LABEL = np.array([0.9], np.float32), np.array([0], np.uint64)
TRACK = ef.TrackInfo("12345678123456781234567812345678", [0.2, 0.2, 0.8, 0.8], 1, 0, 0)


@pytest.fixture(scope="module")
def processor() -> ef.ImageProcessor:
    return ef.ImageProcessor(backend="cpu")


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """Gives the warnings since the last call."""

    def take() -> list[str]:
        lines = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return lines

    ef.set_log_level("warn")
    yield take
    ef.set_log_level("off")


Warnings = Callable[[], list[str]]


def image(dtype: str = "uint8") -> ef.Tensor:
    tensor = ef.Tensor.image(16, 12, RGB, MEM, dtype)
    if dtype == "uint8":
        tensor.from_numpy(noise(7, 12, 16, 3))
    return tensor


IGNORED_CONVERSIONS: list[tuple[str, type[ef.Error], str, dict[str, Any]]] = [
    ("0x5", ef.InvalidRectError, "uint8", {"src_crop": ef.Rect(3, 3, 0, 5)}),
    ("5x0", ef.InvalidRectError, "uint8", {"src_crop": ef.Rect(3, 3, 5, 0)}),
    ("0x5", ef.InvalidRectError, "uint8", {"dst_crop": ef.Rect(3, 3, 0, 5)}),
    ("5x0", ef.InvalidRectError, "float32", {"dst_crop": ef.Rect(3, 3, 5, 0)}),
    ("colour", ef.InvalidArgumentError, "uint8", {"dst_color": (1, 2, 3, 4)}),
    ("scale has no effect on uint8", ef.InvalidArgumentError, "uint8", {"scale": 1 / 255}),
    ("scale has no effect on int8", ef.InvalidArgumentError, "int8", {"scale": (1.0, 1.0, 1.0)}),
    ("offset has no effect on uint16", ef.InvalidArgumentError, "uint16", {"offset": 0.0}),
]


@pytest.mark.parametrize(("said", "error", "dtype", "options"), IGNORED_CONVERSIONS)
def test_convert_warns_and_newer_methods_refuse(
    processor: ef.ImageProcessor,
    warnings: Warnings,
    said: str,
    error: type[ef.Error],
    dtype: str,
    options: dict[str, Any],
) -> None:
    source, target = image(), image(dtype)
    for call in (processor.convert_async, processor.explain):
        with pytest.raises(error, match=said) as caught:
            call(source, target, **options)
        assert len(str(caught.value)) < 300
    processor.convert(source, target, **options)
    assert [said in line for line in warnings()] == [True]


def test_an_empty_crop_leaves_the_last_picture_and_says_so(
    processor: ef.ImageProcessor, warnings: Warnings
) -> None:
    target = image()
    before = target.numpy().copy()
    processor.convert(image(), target, src_crop=ef.Rect(3, 3, 0, 5))
    assert np.array_equal(target.numpy(), before)
    assert "skip the conversion" in warnings()[0]


def test_what_has_an_effect_is_not_told(processor: ef.ImageProcessor, warnings: Warnings) -> None:
    fit = ef.letterbox(16, 12, 16, 12)
    processor.convert(image(), image(), dst_crop=fit.content, dst_color=(114, 114, 114, 255))
    processor.convert(image(), image("float16"), scale=1 / 255, offset=0.0)
    assert warnings() == []


IGNORED_DRAWINGS: list[tuple[str, dict[str, Any]]] = [
    ("class_names are not shown", {"class_names": ["cat"]}),
    ("tracks are not shown", {"tracks": [TRACK]}),
    ("opacity", {"opacity": NAN}),
    ("letterbox .* is in pixels", {"letterbox": (0, 80, 640, 560)}),
    ("letterbox .* is empty", {"letterbox": (0.5, 0, 0.5, 1)}),
    ("box 0 .* is in pixels", {"bbox": BOX * 640}),
    ("only the first of 2 masks", {"seg": [np.zeros((4, 4, 3), np.uint8)] * 2}),
]


@pytest.mark.parametrize(("said", "options"), IGNORED_DRAWINGS)
def test_draw_decoded_masks_warns(
    processor: ef.ImageProcessor,
    warnings: Warnings,
    said: str,
    options: dict[str, Any],
) -> None:
    arguments: dict[str, Any] = {"bbox": BOX, "scores": SCORE, "classes": LABEL} | options
    processor.draw_decoded_masks(image(), **arguments)
    lines = warnings()
    assert len(lines) == 1
    assert re.search(said, lines[0])


def test_colours_beyond_the_palette_are_told(
    processor: ef.ImageProcessor, warnings: Warnings
) -> None:
    ef.ImageProcessor(backend="cpu").set_class_colors([(1, 2, 3, 4)] * 23)
    assert "the last 3" in warnings()[0]


OUTSIDE = [
    (1.1, 0.2, 1.4, 0.6),
    (-0.5, 0.2, -0.1, 0.6),
    (0.2, 1.1, 0.6, 1.4),
    (0.2, -0.5, 0.6, -0.1),
    (-0.5, 0.2, 0.0, 0.6),
    (1.0, 0.2, 1.5, 0.6),
    (NAN, 0.2, 0.5, 0.6),
    (0.2, 0.2, 0.5, NAN),
    (NAN, NAN, NAN, NAN),
    (0.2, 0.2, float("inf"), 0.6),
]


@pytest.mark.parametrize("backend", ["cpu", "auto"])
@pytest.mark.parametrize("corners", OUTSIDE)
def test_outside_boxes_paint_nothing(corners: tuple[float, ...], backend: str) -> None:
    target = image()
    ef.ImageProcessor(backend=backend).draw_decoded_masks(
        target,
        np.array([corners], np.float32),
        SCORE,
        LABEL,
        seg=[np.full((4, 4, 1), 255, np.uint8)],
        labels=True,
    )
    assert not target.numpy().any()


@pytest.mark.parametrize("score", [NAN, float("inf")])
def test_scores_that_are_no_numbers_paint_nothing(
    processor: ef.ImageProcessor, score: float
) -> None:
    target = image()
    processor.draw_decoded_masks(target, BOX, np.array([score], np.float32), LABEL, labels=True)
    assert not target.numpy().any()


def test_a_box_that_reaches_in_is_painted(processor: ef.ImageProcessor) -> None:
    target = image()
    processor.draw_decoded_masks(
        target, np.array([[0.9, 0.2, 1.4, 0.6]], np.float32), SCORE, LABEL, labels=True
    )
    assert target.numpy().any()


def test_a_timestamp_without_tracker_is_told(
    processor: ef.ImageProcessor, warnings: Warnings
) -> None:
    decoder = ef.Decoder({"outputs": [{"type": "detection", "shape": [1, 6, 20]}]})
    outputs = [ef.Tensor([1, 6, 20], "float32", MEM)]
    processor.draw_masks(decoder, outputs, image(), timestamp=7)
    assert "timestamp has no effect" in warnings()[0]


def test_a_chroma_stride_without_chroma_is_told(
    processor: ef.ImageProcessor, warnings: Warnings
) -> None:
    for option in ({"chroma_stride": 64}, {"chroma_offset": 64}):
        with pytest.raises(ef.Error):  # descriptor 0 is no DMA-BUF
            processor.import_image(0, 16, 12, RGB, **option)
        assert "no effect without chroma_fd" in warnings()[0]
