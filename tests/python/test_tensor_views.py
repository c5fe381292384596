# SPDX-License-Identifier: Apache-2.0
"""Capacity apart from shape, views, placement in a buffer, and images of two planes."""

from __future__ import annotations

import gc
import os

import edgefirst_hal as ef
import numpy as np
import pytest

MEM, SHM = ef.TensorMemory.MEM, ef.TensorMemory.SHM
RGB, NV12, NV16 = ef.PixelFormat.Rgb, ef.PixelFormat.Nv12, ef.PixelFormat.Nv16


def numbered(width: int, height: int, row_stride: int | None = None) -> ef.Tensor:
    image = ef.Tensor.image(width, height, RGB, MEM, row_stride=row_stride)
    image.from_numpy(np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3))
    return image


@pytest.mark.parametrize("memory", [MEM, SHM])
def test_one_buffer_takes_images_of_every_size_it_holds(memory: ef.TensorMemory) -> None:
    tensor = ef.Tensor([640 * 640 * 3], "uint8", memory)
    first = tensor.buffer_id
    tensor.configure_image(640, 640, RGB)
    assert (tensor.shape, tensor.format) == ([640, 640, 3], RGB)
    tensor.configure_image(17, 4, NV12)
    assert (tensor.shape, tensor.width, tensor.height) == ([6, 17], 17, 4)
    tensor.resize([3, 5])
    assert (tensor.shape, tensor.format, tensor.size) == ([3, 5], None, 15)
    assert tensor.capacity >= 640 * 640 * 3
    assert tensor.buffer_id == first


def test_sizes_beyond_the_buffer_change_nothing() -> None:
    tensor = ef.Tensor([4, 6], "uint8", MEM)
    with pytest.raises(ef.InsufficientCapacityError, match="24"):
        tensor.resize([25])
    with pytest.raises(ef.InsufficientCapacityError):
        tensor.configure_image(4, 5, NV16)
    with pytest.raises(ef.InvalidShapeError):
        tensor.configure_image(4, 3, NV12)
    with pytest.raises(ef.InvalidShapeError):
        tensor.resize([])
    with pytest.raises((ef.Error, MemoryError)):
        tensor.resize([1 << 40, 1 << 40])
    with pytest.raises(OverflowError):
        tensor.resize([-1])
    assert tensor.shape == [4, 6]


@pytest.mark.parametrize("row_stride", [None, 32])
def test_a_view_is_a_rectangle_of_its_image(row_stride: int | None) -> None:
    image = numbered(8, 5, row_stride)
    view = image.view(ef.Rect(2, 1, 3, 2))
    assert (view.width, view.height, view.format) == (3, 2, RGB)
    assert view.row_stride == image.row_stride
    np.testing.assert_array_equal(view.numpy(), image.numpy()[1:3, 2:5])
    view.numpy()[...] = 200
    assert (image.numpy() == 200).sum() >= 18
    inner = view.view(ef.Rect(1, 1, 2, 1))
    assert np.shares_memory(inner.numpy(), image.numpy())
    assert view.aliases(image)
    assert view.buffer_id == image.buffer_id


def test_a_view_outlives_its_image() -> None:
    view = numbered(8, 5).view(ef.Rect(0, 0, 2, 2))
    gc.collect()
    assert view.numpy()[1, 1].tolist() == [27, 28, 29]


@pytest.mark.parametrize(
    "rect", [ef.Rect(7, 0, 2, 1), ef.Rect(0, 0, 0, 1), ef.Rect(0, 5, 1, 1), ef.Rect(0, 0, 8, 6)]
)
def test_a_view_stays_inside_its_image(rect: ef.Rect) -> None:
    with pytest.raises(ef.InvalidRectError):
        numbered(8, 5).view(rect)


def test_some_images_have_no_views() -> None:
    yuyv = ef.Tensor.image(8, 2, ef.PixelFormat.Yuyv, MEM)
    with pytest.raises(ef.InvalidRectError, match="even"):
        yuyv.view(ef.Rect(1, 0, 2, 1))
    with pytest.raises(ef.NotSupportedError):
        ef.Tensor.image(8, 2, ef.PixelFormat.PlanarRgb, MEM).view(ef.Rect(0, 0, 1, 1))
    with pytest.raises(ef.NotAnImageError):
        ef.Tensor([8, 2, 3], "uint8").view(ef.Rect(0, 0, 1, 1))


def test_batch_slots_are_the_elements_of_axis_zero() -> None:
    batch = ef.Tensor([3, 4, 5, 3], "uint8", MEM)
    slots = [batch.batch(n) for n in range(3)]
    for n, slot in enumerate(slots):
        slot.set_format(RGB)
        slot.numpy()[...] = n + 1
    assert batch.numpy()[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert not slots[0].aliases(slots[1])
    assert slots[2].plane_offset == 120
    with pytest.raises(ef.InvalidArgumentError):
        batch.batch(3)
    with pytest.raises(OverflowError):
        batch.batch(-1)
    with pytest.raises(ef.InvalidShapeError):
        ef.Tensor([3]).batch(0)
    with pytest.raises(ef.NotSupportedError):
        numbered(4, 4, 16).batch(0)


def test_rows_and_offset_place_an_image_in_its_buffer() -> None:
    image = ef.Tensor.image(4, 2, RGB, MEM, row_stride=32)
    image.set_row_stride(16)
    assert (image.row_stride, image.numpy().strides) == (16, (16, 3, 1))
    image.set_plane_offset(20)
    assert (image.plane_offset, image.capacity) == (20, 44)
    for wrong in (11, 64, 1 << 63):
        with pytest.raises((ef.InvalidArgumentError, ef.Error)):
            image.set_row_stride(wrong)
    for wrong in (37, 1 << 63):
        with pytest.raises((ef.InvalidArgumentError, ef.Error)):
            image.set_plane_offset(wrong)
    with pytest.raises(ef.InvalidArgumentError, match="multiple"):
        ef.Tensor([4], "float32").set_plane_offset(2)
    with pytest.raises(ef.InvalidArgumentError, match="format"):
        ef.Tensor([4, 4, 3], "uint8").set_row_stride(16)
    assert (image.row_stride, image.plane_offset) == (16, 20)


@pytest.mark.parametrize(("pixel_format", "rows"), [(NV12, 2), (NV16, 4)])
def test_two_tensors_make_a_semi_planar_image(pixel_format: ef.PixelFormat, rows: int) -> None:
    luma = ef.Tensor([4, 6], "uint8", MEM)
    chroma = ef.Tensor([rows, 6], "uint8", MEM)
    image = ef.Tensor.from_planes(luma, chroma, pixel_format)
    assert (image.width, image.height, image.format) == (6, 4, pixel_format)
    plane = image.chroma
    assert plane is not None
    plane.numpy()[0, 0] = 77
    assert chroma.numpy()[0, 0] == 77
    assert image.aliases(chroma)
    assert not luma.aliases(chroma)
    assert luma.chroma is None


def test_planes_must_fit_together() -> None:
    luma, chroma = ef.Tensor([4, 6], "uint8", MEM), ef.Tensor([2, 6], "uint8", MEM)
    for wrong, pixel_format in (
        (ef.Tensor([2, 4], "uint8", MEM), NV12),
        (ef.Tensor([2, 6], "int8", MEM), NV12),
        (chroma, NV16),
        (chroma, RGB),
    ):
        with pytest.raises(ef.InvalidArgumentError):
            ef.Tensor.from_planes(luma, wrong, pixel_format)


def test_two_descriptors_of_one_buffer_are_one_buffer() -> None:
    tensor = ef.Tensor([64], "uint8", SHM)
    fd = tensor.fd
    other = ef.Tensor.from_fd(fd, [64], "uint8")
    os.close(fd)
    assert tensor.aliases(other)
    assert tensor.buffer_id != other.buffer_id
    assert not tensor.aliases(ef.Tensor([64], "uint8", SHM))


@pytest.mark.parametrize("memory", [MEM, SHM])
def test_memory_wrapped_again_is_the_same_memory(memory: ef.TensorMemory) -> None:
    tensor = ef.Tensor([2, 4, 3], "uint8", memory)
    again = ef.Tensor.wrap(tensor.numpy(), RGB)
    assert again.aliases(tensor)
    assert tensor.aliases(again)
    assert not again.aliases(ef.Tensor([2, 4, 3], "uint8", memory))


def test_wrap_takes_a_rectangle_cut_out_of_a_frame() -> None:
    frame = np.arange(10 * 12 * 3, dtype=np.uint8).reshape(10, 12, 3)
    image = ef.Tensor.wrap(frame[2:6, 3:8], RGB)
    assert (image.width, image.height, image.row_stride) == (5, 4, 36)
    np.testing.assert_array_equal(image.numpy(), frame[2:6, 3:8])
    image.numpy()[3, 4] = 255
    assert frame[5, 7].tolist() == [255, 255, 255]
    with pytest.raises(ef.InvalidArgumentError):
        image.set_row_stride(64)
    for view, pixel_format in (
        (frame[::-1], RGB),
        (frame[:, ::2], RGB),
        (frame[:, :, ::-1], RGB),
    ):
        with pytest.raises(ef.InvalidArgumentError, match="copy it into a tensor"):
            ef.Tensor.wrap(view, pixel_format)
    with pytest.raises(ef.InvalidShapeError):
        ef.Tensor.wrap(frame[:, :, :1], RGB)
