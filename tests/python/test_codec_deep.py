# SPDX-License-Identifier: Apache-2.0
"""JPEGs of 12 bits a sample against libjpeg-turbo 3, which imagecodecs brings."""

from __future__ import annotations

import edgefirst_hal as ef
import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest

U16 = npt.NDArray[np.uint16]
MEM = ef.TensorMemory.MEM
SIZES = [(1, 1), (2, 3), (3, 2), (5, 8), (8, 5), (16, 16), (17, 31), (33, 47), (70, 65)]


def widen(samples: U16) -> U16:
    """12 bits repeated to 16: 4095 becomes 65535."""
    return (samples << 4 | samples >> 8).astype(np.uint16)


def scene(width: int, height: int) -> U16:
    """A ramp, noise and full swings in one picture of 12-bit samples."""
    rng = np.random.default_rng(width * 71 + height)
    y, x = np.mgrid[0:height, 0:width]
    ramp = (x * 4095 // max(width - 1, 1) + y * 37) % 4096
    noise = rng.integers(0, 4096, (height, width))
    swings = np.where((x + y) % 2 == 0, 0, 4095)
    return np.stack([ramp, noise, swings], axis=-1).astype(np.uint16)


def deep_jpeg(pixels: U16, subsampling: str = "420", quality: int = 90) -> bytes:
    return bytes(
        imagecodecs.jpeg8_encode(
            pixels,
            quality,
            bitspersample=12,
            subsampling=subsampling,
            colorspace="RGB",
            outcolorspace="YCBCR",
        )
    )


def decode(
    data: bytes, dtype: str = "uint16", pixel_format: ef.PixelFormat = ef.PixelFormat.Rgb
) -> npt.NDArray[np.generic]:
    info = ef.Tensor.peek_image_info(data)
    image = ef.Tensor.image(info.width, info.height, pixel_format, MEM, dtype)
    image.decode_image(data, pixel_format)
    return image.numpy().copy()


@pytest.mark.parametrize("subsampling", ["444", "422", "420", "440", "411"])
@pytest.mark.parametrize("quality", [40, 90, 100])
def test_every_sample_equals_libjpeg_turbo(subsampling: str, quality: int) -> None:
    for width, height in SIZES:
        data = deep_jpeg(scene(width, height), subsampling, quality)
        expected = widen(imagecodecs.jpeg8_decode(data))
        np.testing.assert_array_equal(decode(data), expected, f"{width}x{height}")


def test_samples_scale_to_the_dtype() -> None:
    data = deep_jpeg(scene(33, 17))
    expected = widen(imagecodecs.jpeg8_decode(data))
    signed = decode(data, "int16").view(np.uint16) ^ 0x8000
    np.testing.assert_array_equal(signed, expected)
    exact = expected.astype(np.float32) / np.float32(65535)
    np.testing.assert_array_equal(decode(data, "float32"), exact)
    np.testing.assert_allclose(decode(data, "float16"), exact, atol=2**-11)


def test_channels_stand_where_the_format_says() -> None:
    data = deep_jpeg(scene(33, 17))
    rgb = decode(data)
    rgba = decode(data, "uint16", ef.PixelFormat.Rgba)
    np.testing.assert_array_equal(rgba[..., :3], rgb)
    assert (rgba[..., 3] == 65535).all()
    np.testing.assert_array_equal(
        decode(data, "uint16", ef.PixelFormat.Bgra)[..., [2, 1, 0, 3]], rgba
    )
    planes = decode(data, "uint16", ef.PixelFormat.PlanarRgb)
    np.testing.assert_array_equal(planes.reshape(3, 17, 33), rgb.transpose(2, 0, 1))
    luma = imagecodecs.jpeg8_decode(data, outcolorspace="GRAYSCALE")
    grey = decode(data, "uint16", ef.PixelFormat.Grey)[..., 0]
    np.testing.assert_array_equal(grey, widen(luma.reshape(17, 33)))


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_a_byte_does_not_hold_twelve_bits(dtype: str) -> None:
    image = ef.Tensor.image(16, 16, ef.PixelFormat.Rgb, MEM, dtype)
    with pytest.raises(ef.UnsupportedFeatureError, match=f"12 bits a sample to {dtype}; decode to"):
        image.decode_image(deep_jpeg(scene(16, 16)))
    assert not image.numpy().view(np.uint8).any()


def test_what_twelve_bits_cannot_become_is_named() -> None:
    data = deep_jpeg(scene(16, 16))
    semi_planar = ef.Tensor.image(16, 16, ef.PixelFormat.Nv12, MEM, "uint16")
    with pytest.raises(ef.UnsupportedFeatureError, match="12 bits a sample to Nv12"):
        semi_planar.decode_image(data, ef.PixelFormat.Nv12)
    image = ef.Tensor.image(16, 16, ef.PixelFormat.Rgb, MEM, "uint16")
    with pytest.raises(ef.UnsupportedFeatureError, match="12 bits"):
        image.decode_image(data, strict=True)


def test_a_truncated_file_keeps_its_rows() -> None:
    data = deep_jpeg(scene(64, 64), "444", 100)
    whole = decode(data)
    image = ef.Tensor.image(64, 64, ef.PixelFormat.Rgb, MEM, "uint16")
    cut = data[: len(data) // 2]
    with pytest.raises(ef.InvalidDataError, match="the data ends"):
        image.decode_image(cut)
    rows = image.decode_image(cut, tolerant=True).valid_rows
    assert 8 <= rows < 64
    np.testing.assert_array_equal(image.numpy()[:rows], whole[:rows])
