# SPDX-License-Identifier: Apache-2.0
"""ImageProcessor: arguments, errors and the meaning of every convert option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import U8, difference, noise

MEM = ef.TensorMemory.MEM
RGB = ef.PixelFormat.Rgb
RGBA = ef.PixelFormat.Rgba


@pytest.fixture(scope="module")
def processor() -> ef.ImageProcessor:
    return ef.ImageProcessor()


def rgb_image(pixels: U8, row_stride: int | None = None) -> ef.Tensor:
    height, width, _ = pixels.shape
    image = ef.Tensor.image(width, height, RGB, MEM, row_stride=row_stride)
    image.from_numpy(pixels)
    return image


def test_the_cpu_backend_is_always_there(processor: ef.ImageProcessor) -> None:
    assert processor.backends[-1] == "cpu"
    assert ef.ImageProcessor(backend="cpu").backends == ["cpu"]
    assert ef.ImageProcessor(egl_display=ef.EglDisplayKind.Default).backends


def test_unknown_backends_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="vulkan"):
        ef.ImageProcessor(backend="vulkan")
    with pytest.raises(TypeError):
        ef.ImageProcessor(egl_display=2)  # type: ignore[arg-type]
    monkeypatch.setenv("EDGEFIRST_FORCE_BACKEND", "vulkan")
    with pytest.raises(ef.BackendUnavailableError):
        ef.ImageProcessor()


def test_environment_is_read_at_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEFIRST_FORCE_BACKEND", "cpu")
    assert ef.ImageProcessor().backends == ["cpu"]


def test_without_backend_only_image_creation_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for backend in ("GL", "G2D", "CPU"):
        monkeypatch.setenv(f"EDGEFIRST_DISABLE_{backend}", "1")
    processor = ef.ImageProcessor()
    image = processor.create_image(4, 4)
    with pytest.raises(ef.NoBackendError):
        processor.convert(image, processor.create_image(2, 2))
    with pytest.raises(ef.NoBackendError):
        processor.set_class_colors([(1, 2, 3, 4)])


def test_create_image_is_zero_rgba_by_default(processor: ef.ImageProcessor) -> None:
    image = processor.create_image(5, 3)
    assert image.format is RGBA
    assert image.shape == [3, 5, 4]
    assert image.row_stride is not None
    assert image.row_stride >= 20
    assert not image.numpy().any()
    planar = processor.create_image(5, 3, ef.PixelFormat.PlanarRgb, "float32")
    assert (planar.shape, planar.dtype) == ([3, 3, 5], "float32")


def test_create_image_refuses_unknown_dtypes_and_odd_nv12(processor: ef.ImageProcessor) -> None:
    with pytest.raises(RuntimeError, match="Invalid data type: u8"):
        processor.create_image(4, 4, RGB, "u8")
    with pytest.raises(RuntimeError):
        processor.create_image(4, 3, ef.PixelFormat.Nv12)


def test_images_outlive_their_processor() -> None:
    """But for pixel buffers: tests/python/test_opengl.py."""
    image = ef.ImageProcessor(backend="cpu").create_image(64, 64)
    image.numpy()[...] = 3
    assert image.numpy().min() == 3


def test_same_size_conversion_copies(processor: ef.ImageProcessor) -> None:
    pixels = noise(1, 17, 33, 3)
    source = rgb_image(pixels, row_stride=128)
    target = ef.Tensor.image(33, 17, RGBA, MEM)
    processor.convert(source, target)
    assert np.array_equal(target.numpy()[..., :3], pixels)
    assert (target.numpy()[..., 3] == 255).all()


@pytest.mark.parametrize("size", [(64, 48), (31, 17), (200, 150)])
def test_resampling_is_pillows_bilinear(
    processor: ef.ImageProcessor, size: tuple[int, int]
) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pixels = noise(2, 96, 128, 3)
    target = ef.Tensor.image(*size, RGB, MEM)
    processor.convert(rgb_image(pixels), target)
    expected = np.asarray(pillow.fromarray(pixels).resize(size, pillow.Resampling.BILINEAR))
    assert difference(target.numpy(), expected)[1] <= 1


@pytest.mark.parametrize("rotation", range(4))
@pytest.mark.parametrize("flip", range(3))
def test_orientation_is_flip_then_rotation(
    processor: ef.ImageProcessor, rotation: int, flip: int
) -> None:
    turn = list(ef.Rotation.__members__.values())[rotation]
    mirror = list(ef.Flip.__members__.values())[flip]
    pixels = noise(3, 8, 12, 3)
    flipped = [pixels, pixels[:, ::-1], pixels[::-1]][flip]
    expected = np.rot90(flipped, -rotation)
    target = ef.Tensor.image(expected.shape[1], expected.shape[0], RGB, MEM)
    processor.convert(rgb_image(pixels), target, turn, mirror)
    assert np.array_equal(target.numpy(), expected)


def test_crops_and_fill(processor: ef.ImageProcessor) -> None:
    pixels = noise(4, 20, 30, 3)
    target = ef.Tensor.image(20, 16, RGB, MEM)
    target.numpy()[...] = 9
    crop = ef.Rect(5, 4, 10, 8)
    place = ef.Rect(2, 3, 10, 8)
    processor.convert(rgb_image(pixels), target, src_crop=crop, dst_crop=place)
    expected = np.full((16, 20, 3), 9, np.uint8)
    expected[3:11, 2:12] = pixels[4:12, 5:15]
    assert np.array_equal(target.numpy(), expected)
    processor.convert(
        rgb_image(pixels), target, src_crop=crop, dst_crop=place, dst_color=[1, 2, 3, 255]
    )
    expected[...] = (1, 2, 3)
    expected[3:11, 2:12] = pixels[4:12, 5:15]
    assert np.array_equal(target.numpy(), expected)


def test_letterbox_fits_a_picture_into_a_model_input(processor: ef.ImageProcessor) -> None:
    fit = ef.letterbox(100, 50, 64, 64)
    target = ef.Tensor.image(64, 64, RGB, MEM)
    source = rgb_image(np.full((50, 100, 3), 200, np.uint8))
    processor.convert(source, target, dst_crop=fit.content, dst_color=(114, 114, 114, 255))
    inside = np.zeros((64, 64), bool)
    area = fit.content
    inside[area.top : area.top + area.height, area.left : area.left + area.width] = True
    assert (target.numpy()[inside] == 200).all()
    assert (target.numpy()[~inside] == 114).all()


def test_int8_destination_is_uint8_with_the_sign_bit_flipped(processor: ef.ImageProcessor) -> None:
    pixels = noise(5, 6, 8, 3)
    target = ef.Tensor.image(8, 6, RGB, MEM, "int8")
    processor.convert(rgb_image(pixels), target)
    assert np.array_equal(target.numpy().view(np.uint8), pixels ^ 0x80)


def per_channel(value: Any) -> Any:
    return np.full(3, value) if np.isscalar(value) else np.asarray(value)[:3]


@pytest.mark.parametrize(
    ("scale", "offset"),
    [
        (None, None),
        (1.0, 0.0),
        (1 / 127.5, -1.0),
        ([1.0, 2.0, 4.0], [0.5, 0.25, 0.0]),
        (np.array([0.1, 0.2, 0.3, 1.0]), (1, 2, 3, 0)),
    ],
)
def test_float_destinations_are_scaled(
    processor: ef.ImageProcessor, scale: Any, offset: Any
) -> None:
    pixels = noise(6, 6, 8, 3)
    target = ef.Tensor.image(8, 6, ef.PixelFormat.PlanarRgb, MEM, "float32")
    processor.convert(rgb_image(pixels), target, scale=scale, offset=offset)
    factor = per_channel(1 / 255 if scale is None else scale)
    shift = per_channel(0.0 if offset is None else offset)
    expected = (pixels * factor + shift).transpose(2, 0, 1)
    assert np.allclose(target.numpy(), expected, atol=1e-3, rtol=1e-5)


def test_nearest_takes_pixels_as_they_are(processor: ef.ImageProcessor) -> None:
    pixels = noise(7, 10, 10, 3)
    target = ef.Tensor.image(5, 5, RGB, MEM)
    processor.convert(rgb_image(pixels), target, filter=ef.Filter.Nearest)
    assert np.array_equal(target.numpy(), pixels[1::2, 1::2])


def test_requests_are_counted_by_backend_and_answer() -> None:
    processor = ef.ImageProcessor(backend="cpu")
    assert processor.request_counts == []
    source = ef.Tensor.image(8, 8, ef.PixelFormat.Nv12)
    target = ef.Tensor.image(4, 4, ef.PixelFormat.Rgb)
    processor.convert(source, target)
    processor.convert(source, target)
    with pytest.raises(ef.Error):
        processor.convert(target, target)
    assert processor.request_counts == [("cpu", "", 2)]


def test_explain_names_every_backend_and_a_reason(processor: ef.ImageProcessor) -> None:
    source, target = rgb_image(noise(8, 4, 4, 3)), ef.Tensor.image(2, 2, RGB, MEM)
    answers = processor.explain(source, target)
    assert answers[-1] == ("cpu", True, "")
    for backend, accepts, reason in processor.explain(source, target, ef.Rotation.Rotate180):
        assert backend in ("cpu", "g2d", "opengl")
        assert accepts == (reason == "")


def test_misuse_is_refused_and_leaves_the_destination(processor: ef.ImageProcessor) -> None:
    source, target = rgb_image(noise(9, 8, 8, 3)), ef.Tensor.image(4, 4, RGB, MEM)
    target.numpy()[...] = 7
    bare = ef.Tensor([4, 4, 3], "uint8")
    refused: list[tuple[type[Exception], Any]] = [
        (ef.NotAnImageError, lambda: processor.convert(bare, target)),
        (ef.NotAnImageError, lambda: processor.convert(source, bare)),
        (ef.AliasedBuffersError, lambda: processor.convert(source, source)),
        (
            ef.InvalidRectError,
            lambda: processor.convert(source, target, src_crop=ef.Rect(4, 4, 8, 8)),
        ),
        (
            ef.InvalidRectError,
            lambda: processor.convert(source, target, dst_crop=ef.Rect(0, 0, 5, 1)),
        ),
        (ValueError, lambda: processor.convert(source, target, dst_color=[0, 0, 0])),
        (OverflowError, lambda: processor.convert(source, target, dst_color=[0, 0, 0, 256])),
        (ValueError, lambda: processor.convert(source, target, scale=[1.0, 2.0])),
        (TypeError, lambda: processor.convert(source, target, 1)),  # type: ignore[arg-type]
        (TypeError, lambda: processor.convert(source, None)),  # type: ignore[arg-type]
        (TypeError, lambda: processor.convert(source, target, src_crop=(0, 0, 1, 1))),  # type: ignore[arg-type]
    ]
    for error, call in refused:
        with pytest.raises(error):
            call()
    assert (target.numpy() == 7).all()


def test_wrapped_arrays_that_share_memory_are_refused(processor: ef.ImageProcessor) -> None:
    array = noise(10, 8, 8, 3)
    a, b = ef.Tensor.wrap(array, RGB), ef.Tensor.wrap(array[:4], RGB)
    with pytest.raises(ef.AliasedBuffersError):
        processor.convert(a, b)


def test_set_int8_interpolation_accepts_three_modes(processor: ef.ImageProcessor) -> None:
    for mode in ("nearest", "bilinear", "twopass"):
        processor.set_int8_interpolation(mode)
    with pytest.raises(RuntimeError):
        processor.set_int8_interpolation("Nearest")


def test_import_image_refuses_bad_arguments(processor: ef.ImageProcessor) -> None:
    with open("/dev/null", "rb") as file:
        fd = file.fileno()
        refused: list[Callable[[], ef.Tensor]] = [
            lambda: processor.import_image(-1, 4, 4, RGB),
            lambda: processor.import_image(fd, 0, 4, RGB),
            lambda: processor.import_image(fd, 4, 0, RGB),
            lambda: processor.import_image(fd, 4, 4, RGB),
            lambda: processor.import_image(fd, 4, 4, RGB, "u8"),
            lambda: processor.import_image(fd, 4, 4, RGB, stride=11),
            lambda: processor.import_image(fd, 4, 3, ef.PixelFormat.Nv12),
            lambda: processor.import_image(fd, 4, 4, RGB, chroma_fd=fd),
            lambda: processor.import_image(fd, 4, 4, ef.PixelFormat.Nv12, chroma_fd=-1),
        ]
        for call in refused:
            with pytest.raises(RuntimeError):
                call()


def test_displays_are_listed() -> None:
    try:
        displays = ef.probe_egl_displays()
    except ef.NotFoundError as error:
        pytest.skip(str(error))
    assert len(displays) <= 1
    for display in displays:
        assert isinstance(display.kind, ef.EglDisplayKind)
