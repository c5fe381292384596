# SPDX-License-Identifier: Apache-2.0
"""Arrays whose rows lie apart: padded camera buffers, rectangles of frames, planes of their own."""

from __future__ import annotations

from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import U8, noise

MEM = ef.TensorMemory.MEM
RGB, NV12, NV16 = ef.PixelFormat.Rgb, ef.PixelFormat.Nv12, ef.PixelFormat.Nv16
WIDTH, HEIGHT, PITCH = 20, 12, 128
CHANNELS = {
    ef.PixelFormat.Rgb: 3,
    ef.PixelFormat.Rgba: 4,
    ef.PixelFormat.Bgra: 4,
    ef.PixelFormat.Grey: 1,
    ef.PixelFormat.Yuyv: 2,
    ef.PixelFormat.Vyuy: 2,
}


@pytest.fixture(scope="module")
def processor() -> ef.ImageProcessor:
    return ef.ImageProcessor(backend="cpu")


def padded(pixel_format: ef.PixelFormat) -> Any:
    """A view of the picture in a buffer whose rows are PITCH bytes apart."""
    if pixel_format in CHANNELS:
        channels = CHANNELS[pixel_format]
        buffer = noise(3, HEIGHT, PITCH)
        return buffer[:, : WIDTH * channels].reshape(HEIGHT, WIDTH, channels)
    if pixel_format in (NV12, NV16):
        rows = HEIGHT * 3 // 2 if pixel_format is NV12 else HEIGHT * 2
        return noise(4, rows, PITCH)[:, :WIDTH]
    planes = 3 if pixel_format is ef.PixelFormat.PlanarRgb else 4
    return noise(5, planes, HEIGHT, PITCH)[:, :, :WIDTH]


def rgb(processor: ef.ImageProcessor, image: ef.Tensor) -> U8:
    target = ef.Tensor.image(WIDTH, HEIGHT, RGB, MEM)
    processor.convert(image, target)
    return target.numpy().copy()


@pytest.mark.parametrize("pixel_format", list(ef.PixelFormat.__members__.values()), ids=str)
def test_padded_images_convert_as_their_copies(
    processor: ef.ImageProcessor, pixel_format: ef.PixelFormat
) -> None:
    view = padded(pixel_format)
    assert not view.flags.c_contiguous
    image = ef.Tensor.wrap(view, pixel_format)
    assert (image.width, image.height, image.row_stride) == (WIDTH, HEIGHT, PITCH)
    assert np.shares_memory(image.numpy(), view)
    copy = ef.Tensor.wrap(np.ascontiguousarray(view), pixel_format)
    assert np.array_equal(rgb(processor, image), rgb(processor, copy))


@pytest.mark.parametrize("pixel_format", list(ef.PixelFormat.__members__.values()), ids=str)
def test_conversions_into_padded_images_leave_the_padding(
    processor: ef.ImageProcessor, pixel_format: ef.PixelFormat
) -> None:
    view = padded(pixel_format)
    buffer = view
    while isinstance(buffer.base, np.ndarray):
        buffer = buffer.base
    rows = buffer.reshape(-1, PITCH)
    used = WIDTH * CHANNELS.get(pixel_format, 1)
    before = rows[:, used:].copy()
    source = ef.Tensor.image(WIDTH, HEIGHT, RGB, MEM)
    source.from_numpy(noise(9, HEIGHT, WIDTH, 3))
    processor.convert(source, ef.Tensor.wrap(view, pixel_format))
    copy = ef.Tensor.wrap(np.zeros(view.shape, np.uint8), pixel_format)
    processor.convert(source, copy)
    assert np.array_equal(view, copy.numpy())
    assert np.array_equal(rows[:, used:], before)


def test_the_rows_of_a_padded_nv12_frame(processor: ef.ImageProcessor) -> None:
    """picamera2's frames: 12 + 6 rows of a pitch beyond the width, further rows behind."""
    frame = noise(6, 32, PITCH)
    image = ef.Tensor.wrap(frame[: HEIGHT * 3 // 2, :WIDTH], NV12)
    expected = np.ascontiguousarray(frame[:18, :WIDTH])
    assert np.array_equal(rgb(processor, image), rgb(processor, ef.Tensor.wrap(expected, NV12)))
    offset = ef.Tensor.wrap(frame[4 : 4 + 18, 8 : 8 + WIDTH], NV12)
    expected = np.ascontiguousarray(frame[4:22, 8:28])
    assert np.array_equal(rgb(processor, offset), rgb(processor, ef.Tensor.wrap(expected, NV12)))


@pytest.mark.parametrize(("pixel_format", "rows"), [(NV12, 6), (NV16, 12)])
def test_planes_of_their_own_strides(
    processor: ef.ImageProcessor, pixel_format: ef.PixelFormat, rows: int
) -> None:
    luma, chroma = noise(7, HEIGHT + 4, PITCH), noise(8, rows, 64)
    image = ef.Tensor.from_planes(
        ef.Tensor.wrap(luma[:HEIGHT, :WIDTH]), ef.Tensor.wrap(chroma[:, :WIDTH]), pixel_format
    )
    assert image.row_stride == PITCH
    assert image.chroma is not None
    assert image.chroma.row_stride == 64
    whole = np.concatenate([luma[:HEIGHT, :WIDTH], chroma[:, :WIDTH]])
    copy = ef.Tensor.wrap(whole, pixel_format)
    assert np.array_equal(rgb(processor, image), rgb(processor, copy))


def test_a_format_given_later_keeps_the_rows(processor: ef.ImageProcessor) -> None:
    view = padded(NV12)
    image = ef.Tensor.wrap(view)
    assert (image.shape, image.row_stride) == ([18, WIDTH], PITCH)
    image.set_format(NV12)
    assert image.row_stride == PITCH
    copy = ef.Tensor.wrap(np.ascontiguousarray(view), NV12)
    assert np.array_equal(rgb(processor, image), rgb(processor, copy))


def test_padded_images_are_encoded_as_their_copies() -> None:
    view = padded(RGB)
    whole = ef.Tensor.wrap(np.ascontiguousarray(view), RGB)
    assert ef.Tensor.wrap(view, RGB).encode_jpeg() == whole.encode_jpeg()


def test_dlpack_shares_rows_that_lie_apart() -> None:
    frame = noise(10, 9, 40)
    for copy in (None, False):
        tensor = ef.Tensor.from_dlpack(frame[:, :25], copy=copy)
        assert np.shares_memory(tensor.numpy(), frame)
        assert np.array_equal(tensor.numpy(), frame[:, :25])
        assert tensor.row_stride == 40
    reversed_rows = ef.Tensor.from_dlpack(frame[::-1])
    assert np.array_equal(reversed_rows.numpy(), frame[::-1])
    with pytest.raises(ef.ExchangeError, match="backwards"):
        ef.Tensor.from_dlpack(frame[::-1], copy=False)


REFUSED = [
    ("backwards", lambda f: f[::-1], None),
    ("backwards", lambda f: f[:, ::-1], None),
    ("steps by 2 bytes", lambda f: f[:, ::2], None),
    ("steps by 40 bytes", lambda f: f.T, None),
    ("0 bytes apart", lambda f: np.lib.stride_tricks.as_strided(f, (9, 40), (0, 1)), None),
    ("steps by", lambda f: f.reshape(3, 3, 40)[:, :2, :30], ef.PixelFormat.PlanarRgb),
    ("steps by", lambda f: f.reshape(3, 3, 40)[:, :, :30], None),
]


@pytest.mark.parametrize(("said", "cut", "pixel_format"), REFUSED)
def test_what_rows_cannot_say_is_refused(
    said: str, cut: Any, pixel_format: ef.PixelFormat | None
) -> None:
    with pytest.raises(ef.InvalidArgumentError, match=said) as caught:
        ef.Tensor.wrap(cut(noise(11, 9, 40)), pixel_format)
    assert "copy" in str(caught.value)
    assert len(str(caught.value)) < 300
