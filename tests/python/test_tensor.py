# SPDX-License-Identifier: Apache-2.0
"""Construction, metadata and quantization of tensors."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest

MEM = ef.TensorMemory.MEM
DTYPES = [
    *("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"),
    *("float16", "float32", "float64"),
]
INTEGERS = [d for d in DTYPES if "int" in d]


@pytest.mark.parametrize("dtype", DTYPES)
def test_new_tensor_is_zero_and_of_its_dtype(dtype: str) -> None:
    tensor = ef.Tensor([2, 3, 4], dtype)
    assert tensor.dtype == dtype
    assert tensor.shape == [2, 3, 4]
    assert tensor.size == 24 * np.dtype(dtype).itemsize
    assert not tensor.numpy().any()
    assert tensor.numpy().dtype == dtype


@pytest.mark.parametrize("memory", [None, MEM])
def test_tensors_without_elements_map_to_nothing(memory: ef.TensorMemory | None) -> None:
    tensor = ef.Tensor([0, 4], mem=memory)
    assert tensor.size == 0
    assert (
        tensor.numpy().shape == np.asarray(tensor).shape == np.from_dlpack(tensor).shape == (0, 4)
    )
    with tensor.map() as view:
        assert len(view) == 0


def test_dtype_defaults_to_float32() -> None:
    assert ef.Tensor([1]).dtype == "float32"


def test_shape_is_a_fresh_list() -> None:
    tensor = ef.Tensor((2, 3))
    shape = tensor.shape
    shape.append(9)
    assert tensor.shape == [2, 3]


@pytest.mark.parametrize("shape", [[2, 3], (2, 3), range(2, 4), np.array([2, 3]), [np.int64(2), 3]])
def test_shape_is_any_sequence_of_ints(shape: Any) -> None:
    assert ef.Tensor(shape).shape == [2, 3]


@pytest.mark.parametrize("shape", ["23", {2, 3}, (x for x in (2, 3)), 2, None, [2.0, 3], [None]])
def test_other_shapes_are_type_errors(shape: Any) -> None:
    with pytest.raises(TypeError):
        ef.Tensor(shape)


def test_negative_extent_is_an_overflow() -> None:
    with pytest.raises(OverflowError):
        ef.Tensor([2, -3])


def test_shape_without_extents_and_too_many_are_refused() -> None:
    with pytest.raises(RuntimeError):
        ef.Tensor([], mem=MEM)
    with pytest.raises(ef.InvalidShapeError):
        ef.Tensor([1] * 17, mem=MEM)


def test_zero_extent_is_an_empty_tensor() -> None:
    tensor = ef.Tensor([2, 0, 3], mem=MEM)
    assert tensor.size == 0
    with tensor.map() as m:
        assert len(m) == 0
        assert len(m.view()) == 0


@pytest.mark.parametrize("dtype", ["float", "u8", "UINT8", "", "uint8 ", "bool"])
def test_unknown_dtype_is_refused(dtype: str) -> None:
    with pytest.raises(RuntimeError, match="Invalid data type"):
        ef.Tensor([1], dtype)


def test_memory_is_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ef.Tensor([1], mem=MEM).memory is MEM
    monkeypatch.setenv("EDGEFIRST_TENSOR_FORCE_MEM", "1")
    assert ef.Tensor([1]).memory is MEM
    with pytest.raises(RuntimeError):
        ef.Tensor([1], mem=ef.TensorMemory.PBO)
    with pytest.raises(TypeError):
        ef.Tensor([1], mem=3)  # type: ignore[arg-type]


def test_names() -> None:
    assert ef.Tensor([1], mem=MEM).name == "mem_tensor"
    assert ef.Tensor([1], "uint8", MEM, "frame").name == "frame"
    assert ef.Tensor([1], name="frame", mem=MEM).name == "frame"


def test_names_of_shared_memory() -> None:
    shared = ef.TensorMemory.SHM
    first, second = (ef.Tensor([4], "uint8", shared, "/edgefirst_name") for _ in range(2))
    assert first.name == second.name == "/edgefirst_name"
    assert not first.aliases(second)
    default = ef.Tensor([4], "uint8", shared).name
    assert re.fullmatch("/[0-9a-f]{16}", default)
    for wrong in ("a/b", ""):
        with pytest.raises(ef.Error, match=wrong or "empty"):
            ef.Tensor([4], "uint8", shared, wrong)


def test_extents_beside_an_empty_one_can_be_addressed() -> None:
    with pytest.raises((ef.Error, MemoryError)):
        ef.Tensor([0, 1 << 63], "uint8", ef.TensorMemory.MEM)
    with pytest.raises((ef.Error, MemoryError)):
        ef.Tensor([0, 1 << 61], "float64", ef.TensorMemory.MEM)


def test_text_names_dtype_shape_and_memory() -> None:
    tensor = ef.Tensor([2, 3], "int8", MEM)
    assert str(tensor) == "Tensor(dtype=int8, shape=[2, 3], memory=Mem)"


def test_tensors_compare_by_identity() -> None:
    a, b = ef.Tensor([1]), ef.Tensor([1])
    assert a == a
    assert a != b
    assert len({a, b}) == 2


def test_properties_are_read_only() -> None:
    tensor = ef.Tensor([1])
    for name in ("dtype", "shape", "size", "memory", "name", "format", "width", "row_stride"):
        with pytest.raises(AttributeError):
            setattr(tensor, name, 1)
        with pytest.raises(AttributeError):
            delattr(tensor, name)


@pytest.mark.parametrize(
    ("format_name", "shape", "row_stride"),
    [
        ("Rgb", [4, 6, 3], 18),
        ("Rgba", [4, 6, 4], 24),
        ("Bgra", [4, 6, 4], 24),
        ("Grey", [4, 6, 1], 6),
        ("Yuyv", [4, 6, 2], 12),
        ("Vyuy", [4, 6, 2], 12),
        ("Nv12", [6, 6], 6),
        ("Nv16", [8, 6], 6),
        ("PlanarRgb", [3, 4, 6], 6),
        ("PlanarRgba", [4, 4, 6], 6),
    ],
)
def test_image_has_the_shape_of_its_format(
    format_name: str, shape: list[int], row_stride: int
) -> None:
    pixel_format = getattr(ef.PixelFormat, format_name)
    image = ef.Tensor.image(6, 4, pixel_format, mem=MEM)
    assert image.shape == shape
    assert (image.width, image.height, image.row_stride) == (6, 4, row_stride)
    assert image.dtype == "uint8"
    assert image.format is pixel_format
    assert image.is_planar == format_name.startswith("Planar")


def test_image_with_padded_rows() -> None:
    image = ef.Tensor.image(5, 3, ef.PixelFormat.Rgb, MEM, row_stride=64)
    assert image.row_stride == 64
    assert image.size == 45
    assert image.numpy().strides == (64, 3, 1)
    with pytest.raises(ef.InvalidArgumentError):
        ef.Tensor.image(5, 3, ef.PixelFormat.Rgb, MEM, row_stride=14)


def test_nv12_needs_an_even_height() -> None:
    with pytest.raises(ef.InvalidShapeError):
        ef.Tensor.image(4, 3, ef.PixelFormat.Nv12, MEM)


def test_tensor_without_format_is_no_image() -> None:
    tensor = ef.Tensor([4, 6, 3], "uint8")
    assert tensor.format is None
    assert (tensor.width, tensor.height, tensor.row_stride) == (None, None, None)
    assert not tensor.is_planar


def test_set_format_checks_the_shape_and_keeps_the_old_one_otherwise() -> None:
    tensor = ef.Tensor([4, 6, 3], "float32")
    tensor.set_format(ef.PixelFormat.Rgb)
    assert (tensor.width, tensor.row_stride) == (6, 72)
    with pytest.raises(ef.InvalidShapeError):
        tensor.set_format(ef.PixelFormat.Rgba)
    assert tensor.format is ef.PixelFormat.Rgb
    with pytest.raises(TypeError):
        tensor.set_format(1)  # type: ignore[arg-type]
    with pytest.raises(ef.InvalidArgumentError, match="unknown pixel format 'RGBX'"):
        tensor.set_format("RGBX")


def test_reshape_keeps_data_and_quantization_and_drops_the_format() -> None:
    tensor = ef.Tensor.image(4, 2, ef.PixelFormat.Rgb, MEM)
    tensor.numpy()[...] = np.arange(24).reshape(2, 4, 3)
    tensor.set_quantization_per_tensor(0.5, 1)
    tensor.reshape([6, 4])
    assert tensor.shape == [6, 4]
    assert tensor.format is None
    assert tensor.quantization is not None
    assert tensor.numpy().ravel().tolist() == list(range(24))
    for shape in ([5, 5], []):
        with pytest.raises(RuntimeError):
            tensor.reshape(shape)
    assert tensor.shape == [6, 4]


def test_colorimetry_is_read_and_written() -> None:
    image = ef.Tensor.image(2, 2, ef.PixelFormat.Nv12, MEM)
    assert image.colorimetry is None
    image.colorimetry = ef.Colorimetry(encoding=ef.ColorEncoding.Bt601)
    assert image.colorimetry == ef.Colorimetry(encoding=ef.ColorEncoding.Bt601)
    image.colorimetry = None
    assert image.colorimetry is None


def test_quantization_is_a_copy_and_can_be_cleared() -> None:
    tensor = ef.Tensor([2, 3], "int8")
    assert tensor.quantization is None
    tensor.set_quantization_per_channel([0.5, 0.25, 1], [0, 1, 2], axis=1)
    value = tensor.quantization
    assert value is not None
    assert value.scale == [0.5, 0.25, 1.0]
    tensor.set_quantization_per_channel_symmetric([1, 2], 0)
    tensor.set_quantization_per_tensor_symmetric(3)
    assert value.scale == [0.5, 0.25, 1.0]
    tensor.clear_quantization()
    assert tensor.quantization is None


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_float_tensors_have_no_quantization(dtype: str) -> None:
    with pytest.raises(ef.InvalidQuantizationError):
        ef.Tensor([1], dtype).set_quantization_per_tensor(1.0, 0)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_tensors_take_quantization(dtype: str) -> None:
    tensor = ef.Tensor([1], dtype)
    tensor.set_quantization_per_tensor(1.0, 0)
    assert tensor.quantization is not None


def test_failed_quantization_keeps_the_old_one() -> None:
    tensor = ef.Tensor([2, 3], "uint8")
    tensor.set_quantization_per_tensor(0.5, 7)
    bad: list[Callable[[], None]] = [
        lambda: tensor.set_quantization_per_channel([1, 2], [0, 0], 1),
        lambda: tensor.set_quantization_per_channel([1, 2, 3], [0, 0], 1),
        lambda: tensor.set_quantization_per_channel([1], [0], 0),
        lambda: tensor.set_quantization_per_channel([], [], 0),
        lambda: tensor.set_quantization_per_channel_symmetric([1, 2], 2),
        lambda: tensor.set_quantization_per_tensor(float("nan"), 0),
        lambda: tensor.set_quantization_per_tensor(1.0, 256),
    ]
    for call in bad:
        with pytest.raises(ef.InvalidQuantizationError):
            call()
    assert tensor.quantization is not None
    assert tensor.quantization.zero_point == [7]


def test_creating_and_dropping_tensors_leaves_no_descriptor_open() -> None:
    ef.Tensor([16])
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(200):
        tensor = ef.Tensor([64], "uint8")
        with tensor.map() as m:
            m[0] = 1
        del tensor
    assert len(os.listdir("/proc/self/fd")) == before


def test_wrap_shares_the_arrays_memory() -> None:
    array = np.zeros((3, 4, 3), np.uint8)
    tensor = ef.Tensor.wrap(array, ef.PixelFormat.Rgb)
    assert (tensor.width, tensor.height) == (4, 3)
    array[1, 2, 0] = 9
    assert tensor.numpy()[1, 2, 0] == 9
    tensor.numpy()[0, 0, 1] = 5
    assert array[0, 0, 1] == 5


def test_wrap_keeps_the_array_alive() -> None:
    tensor = ef.Tensor.wrap(np.full((1000, 1000), 7, np.int32))
    noise = [np.zeros((1000, 1000), np.int32) for _ in range(4)]
    assert tensor.numpy().min() == 7
    assert noise


def test_wrap_refuses_what_it_cannot_share() -> None:
    array = np.zeros((4, 4), np.float32)
    with pytest.raises(ef.InvalidArgumentError, match=r"axis 1 .* steps by 16 bytes"):
        ef.Tensor.wrap(array.T[1:])
    array.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        ef.Tensor.wrap(array)
    for other in (np.zeros(3, bool), np.zeros(3, ">f4"), np.zeros(3, complex), [1, 2]):
        with pytest.raises(TypeError):
            ef.Tensor.wrap(other)  # type: ignore[arg-type]


def test_probes_answer_with_bools() -> None:
    assert isinstance(ef.is_dma_available(), bool)
    assert ef.is_gpu_buffer_available() == ef.is_dma_available()
    assert ef.is_iosurface_available() is False
    assert isinstance(ef.is_shm_available(), bool)


def test_pitch_alignment() -> None:
    assert ef.gpu_dma_buf_pitch_alignment_bytes() == 64
    assert ef.align_width_for_gpu_pitch(100, 4) == 112
    assert ef.align_width_for_gpu_pitch(100, 3) == 128
    assert ef.align_width_for_gpu_pitch(0, 4) == 0
    assert ef.align_width_for_gpu_pitch(100, 0) == 100
    assert ef.align_width_for_pixel_format(100, ef.PixelFormat.Rgba) == 112
    assert ef.align_width_for_pixel_format(100, ef.PixelFormat.PlanarRgb, "float32") == 112
    with pytest.raises(RuntimeError, match="Invalid data type"):
        ef.align_width_for_pixel_format(100, ef.PixelFormat.Rgb, "f32")
    with pytest.raises(TypeError):
        ef.align_width_for_pixel_format(100, 1)  # type: ignore[arg-type]
