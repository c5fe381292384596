# SPDX-License-Identifier: Apache-2.0
"""from_numpy takes any layout, normalize_to_numpy writes any layout; numpy is the oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures import noise

MEM = ef.TensorMemory.MEM
DTYPES = [
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64"),
]
Array = NDArray[Any]

LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": lambda a: a,
    "transposed": lambda a: a.transpose(2, 0, 1),
    "reversed axes": lambda a: a.T,
    "fortran": np.asfortranarray,
    "row slice": lambda a: a[1:-1],
    "sub-volume": lambda a: a[1:, 2:-1, :-1],
    "steps": lambda a: a[::2, ::3],
    "channel step": lambda a: a[..., ::2],
    "negative channels": lambda a: a[..., ::-1],
    "upside down": lambda a: a[::-1],
    "all reversed": lambda a: a[::-1, ::-1, ::-1],
    "swapped and reversed": lambda a: a.transpose(1, 0, 2)[::-1, ::2],
    "broadcast rows": lambda a: np.broadcast_to(a[:1], a.shape),
    "broadcast elements": lambda a: np.broadcast_to(a[:, :, :1], a.shape),
    "broadcast scalar": lambda a: np.broadcast_to(a[0, 0, 0], (3, 5)),
    "one row": lambda a: a[0],
    "one column": lambda a: a[:, 0, 1],
    "extents of one": lambda a: a[:, None, :, None, ::-1],
}


def filled(dtype: str, *shape: int) -> Array:
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_layout_is_copied_in_logical_order(dtype: str, layout: str) -> None:
    source = LAYOUTS[layout](filled(dtype, 9, 17, 4))
    tensor = ef.Tensor(source.shape, dtype, MEM)
    tensor.from_numpy(source)
    assert np.array_equal(tensor.numpy(), source)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_large_arrays_are_copied_like_small_ones(layout: str) -> None:
    source = LAYOUTS[layout](noise(1, 301, 487, 4))
    tensor = ef.Tensor([source.size], "uint8", MEM)
    tensor.from_numpy(source)
    assert np.array_equal(tensor.numpy(), np.ascontiguousarray(source).ravel())


@pytest.mark.parametrize("shape", [(1, 116, 8400), (7, 129, 65), (640, 640, 3), (33, 1, 31)])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
def test_transposed_model_outputs(dtype: str, shape: tuple[int, ...]) -> None:
    source = filled(dtype, *reversed(shape)).T
    tensor = ef.Tensor(shape, dtype, MEM)
    tensor.from_numpy(source)
    assert np.array_equal(tensor.numpy(), source)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_view_of_an_array(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    base = filled("uint16", *shape)
    order = data.draw(st.permutations(range(len(shape))))
    steps = [data.draw(st.sampled_from([1, -1, 2, -2, 3])) for _ in shape]
    view = base.transpose(order)[tuple(slice(None, None, step) for step in steps)]
    tensor = ef.Tensor([view.size], "uint16", MEM)
    tensor.from_numpy(view)
    assert np.array_equal(tensor.numpy(), view.ravel())


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "broadcast scalar"])
def test_padded_rows_are_filled_row_by_row(layout: str) -> None:
    source = LAYOUTS[layout](noise(2, 6, 10, 4))
    if source.ndim != 3 or source.shape[2] != 4:
        source = np.resize(source, (source.size // 4, 1, 4))
    height, width, _ = source.shape
    image = ef.Tensor.image(width, height, ef.PixelFormat.Rgba, MEM, row_stride=width * 4 + 20)
    image.from_numpy(source)
    assert np.array_equal(image.numpy(), source)


def test_padded_rows_take_arrays_of_another_shape() -> None:
    image = ef.Tensor.image(5, 4, ef.PixelFormat.Rgb, MEM, row_stride=32)
    for source in (noise(3, 60), noise(4, 3, 20).T, noise(5, 120)[::2]):
        image.from_numpy(source)
        assert np.array_equal(image.numpy().ravel(), source.ravel())


def test_padding_is_left_alone() -> None:
    image = ef.Tensor.image(2, 2, ef.PixelFormat.Rgb, MEM, row_stride=8)
    with image.map() as m:
        m.view()[:] = b"\xee" * 16
    image.from_numpy(np.zeros((2, 2, 3), np.uint8))
    with image.map() as m:
        assert bytes(m.view()[6:8]) == b"\xee\xee"


def test_source_may_be_the_tensors_own_memory() -> None:
    tensor = ef.Tensor([3, 1000], "int32", MEM)
    array = tensor.numpy()
    array[...] = np.arange(3000).reshape(3, 1000)
    expected = array[::-1, ::-1].copy()
    tensor.from_numpy(array[::-1, ::-1])
    assert np.array_equal(array, expected)
    tensor.from_numpy(array)
    assert np.array_equal(array, expected)


def test_read_only_unaligned_and_zero_dimensional_sources() -> None:
    frozen = filled("float32", 4, 4)
    frozen.flags.writeable = False
    unaligned = np.frombuffer(b"\0" + frozen.tobytes(), np.uint8)[1:].view("float32")
    for source in (frozen, unaligned, np.ma.masked_array(frozen)):
        tensor = ef.Tensor([16])
        tensor.from_numpy(source)
        assert np.array_equal(tensor.numpy(), frozen.ravel())
    scalar = ef.Tensor([1], "int16")
    scalar.from_numpy(np.array(-7, np.int16))
    assert scalar.numpy().tolist() == [-7]


def test_empty_arrays_are_accepted() -> None:
    tensor = ef.Tensor([0, 3], mem=MEM)
    tensor.from_numpy(np.empty((3, 0), np.float32))
    assert tensor.numpy().shape == (0, 3)


@pytest.mark.parametrize(
    "source",
    [
        np.zeros(4, np.float64),
        np.zeros(4, ">f4"),
        np.zeros(4, bool),
        np.zeros(4, np.int32),
        np.zeros(4, "S4"),
        np.zeros(4, object),
    ],
    ids=lambda a: a.dtype.str,
)
def test_other_dtypes_are_refused(source: Array) -> None:
    with pytest.raises(RuntimeError, match="numpy dtype does not match tensor dtype"):
        ef.Tensor([4], "float32").from_numpy(source)


@pytest.mark.parametrize("source", [[1.0, 2.0], b"\0" * 16, None, 1.0])
def test_only_arrays_are_taken(source: Any) -> None:
    with pytest.raises((RuntimeError, TypeError)):
        ef.Tensor([4], "float32").from_numpy(source)


def test_element_counts_must_agree() -> None:
    tensor = ef.Tensor([2, 3])
    with pytest.raises(RuntimeError, match="element count mismatch"):
        tensor.from_numpy(np.zeros((2, 4), np.float32))
    tensor.from_numpy(np.ones((3, 2), np.float32))
    assert tensor.numpy().all()


NORMALIZED: dict[str, Callable[[Array], Array]] = {
    "DEFAULT": lambda v: v / np.float32(127.5) - np.float32(1),
    "SIGNED": lambda v: v / np.float32(127.5) - np.float32(1),
    "UNSIGNED": lambda v: v / np.float32(255),
    "RAW": lambda v: v,
}


def image_of_noise(row_stride: int | None = None) -> tuple[ef.Tensor, Array]:
    pixels = noise(6, 16, 16, 3)
    pixels.reshape(-1)[:256] = np.arange(256)
    image = ef.Tensor.image(16, 16, ef.PixelFormat.Rgb, MEM, row_stride=row_stride)
    image.from_numpy(pixels)
    return image, pixels


@pytest.mark.parametrize("mode", NORMALIZED)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("row_stride", [None, 80])
def test_float_normalization(dtype: str, mode: str, row_stride: int | None) -> None:
    image, pixels = image_of_noise(row_stride)
    dst = np.empty(pixels.shape, dtype)
    image.normalize_to_numpy(dst, getattr(ef.Normalization, mode))
    assert np.array_equal(dst, NORMALIZED[mode](pixels.astype(np.float32)).astype(dtype))


def test_float_normalization_with_zero_point() -> None:
    image, pixels = image_of_noise()
    dst = np.empty(pixels.shape, np.float32)
    image.normalize_to_numpy(dst, zero_point=64)
    exact = pixels / 127.5 - 64 / 127.5
    assert np.allclose(dst, exact, atol=1e-6)


@pytest.mark.parametrize("zero_point", [None, 0, 1, 100, 128, 255])
def test_int8_normalization_clamps(zero_point: int | None) -> None:
    image, pixels = image_of_noise()
    dst = np.empty(pixels.shape, np.int8)
    image.normalize_to_numpy(dst, ef.Normalization.SIGNED, zero_point)
    shift = 128 if zero_point is None else zero_point
    assert np.array_equal(dst, np.clip(pixels.astype(int) - shift, -128, 127).astype(np.int8))


def test_uint8_normalization_copies() -> None:
    image, pixels = image_of_noise()
    for mode in (ef.Normalization.DEFAULT, ef.Normalization.RAW):
        dst = np.empty(pixels.shape, np.uint8)
        image.normalize_to_numpy(dst, mode, 0)
        assert np.array_equal(dst, pixels)


def test_normalization_writes_any_strides_and_nothing_else() -> None:
    image, pixels = image_of_noise()
    canvas = np.full((40, 40, 9), 7.0, np.float32)
    dst = canvas[32::-2, 1:33:2, ::3][:16]
    image.normalize_to_numpy(dst, ef.Normalization.RAW)
    assert np.array_equal(dst, pixels.astype(np.float32))
    assert np.count_nonzero(canvas == 7.0) >= canvas.size - dst.size


def test_alpha_is_dropped_for_rgba_images_only() -> None:
    rgba = ef.Tensor.image(4, 2, ef.PixelFormat.Rgba, MEM)
    rgba.from_numpy(noise(7, 2, 4, 4))
    dst = np.empty((2, 4, 3), np.uint8)
    rgba.normalize_to_numpy(dst)
    assert np.array_equal(dst, rgba.numpy()[..., :3])
    rgba.set_format(ef.PixelFormat.Bgra)
    with pytest.raises(RuntimeError, match="Shape Mismatch"):
        rgba.normalize_to_numpy(dst)


def test_normalization_over_its_own_source() -> None:
    image, pixels = image_of_noise()
    memory = image.numpy()
    for overlapping in (memory[::-1], memory[:, ::-1], memory[..., ::-1].view(np.int8)):
        with pytest.raises(ef.AliasedBuffersError):
            image.normalize_to_numpy(overlapping)
    wide = np.zeros(pixels.shape, np.float32)
    source = ef.Tensor.wrap(wide.reshape(-1).view(np.uint8)[-768:].reshape(16, 16, 3))
    with pytest.raises(ef.AliasedBuffersError):
        source.normalize_to_numpy(wide)
    assert np.array_equal(memory, pixels)
    image.normalize_to_numpy(memory.view(np.int8))  # every byte in its place
    assert np.array_equal(memory.view(np.int8), (pixels.astype(int) - 128).astype(np.int8))


def test_planar_images_normalize_to_planes() -> None:
    planar = ef.Tensor.image(4, 2, ef.PixelFormat.PlanarRgb, MEM)
    planar.from_numpy(noise(8, 3, 2, 4))
    dst = np.empty((3, 2, 4), np.float32)
    planar.normalize_to_numpy(dst, ef.Normalization.UNSIGNED)
    assert np.array_equal(dst, planar.numpy().astype(np.float32) / np.float32(255))


def test_unsuitable_destinations_are_refused() -> None:
    image, pixels = image_of_noise()
    for dst in (
        np.empty(pixels.shape, np.int32),
        np.empty(pixels.shape, ">f4"),
        np.empty(pixels.shape[:2], np.float32),
        pixels.tolist(),
    ):
        with pytest.raises(TypeError):
            image.normalize_to_numpy(dst)
    frozen = np.empty(pixels.shape, np.float32)
    frozen.flags.writeable = False
    with pytest.raises((TypeError, ValueError)):
        image.normalize_to_numpy(frozen)
    with pytest.raises(RuntimeError, match="Shape Mismatch"):
        image.normalize_to_numpy(np.empty((16, 15, 3), np.float32))
    with pytest.raises(RuntimeError, match="not U8"):
        ef.Tensor([2, 2, 3], "int8").normalize_to_numpy(np.empty((2, 2, 3), np.float32))


@pytest.mark.parametrize(
    ("dtype", "mode", "zero_point"),
    [
        ("uint8", "SIGNED", None),
        ("uint8", "UNSIGNED", None),
        ("uint8", "DEFAULT", 1),
        ("int8", "UNSIGNED", None),
        ("int8", "RAW", None),
        ("int8", "DEFAULT", 256),
        ("int8", "DEFAULT", -1),
        ("float32", "UNSIGNED", 1),
        ("float32", "RAW", 1),
        ("float32", "DEFAULT", 256),
    ],
)
def test_unsuitable_modes_are_refused(dtype: str, mode: str, zero_point: int | None) -> None:
    image, pixels = image_of_noise()
    with pytest.raises(RuntimeError):
        image.normalize_to_numpy(
            np.empty(pixels.shape, dtype), getattr(ef.Normalization, mode), zero_point
        )
