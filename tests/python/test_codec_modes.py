# SPDX-License-Identifier: Apache-2.0
"""Arithmetic-coded and lossless JPEGs: files of every mode, made by libjpeg-turbo 3.1 (those with
samplings or scans of lossless components by tests/jpeg_modes), against the samples that its djpeg
gives, of which tests/data/jpeg_modes/expected.json holds the SHA-256."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import edgefirst_hal as ef
import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest

FOLDER = Path(__file__).parents[1] / "data" / "jpeg_modes"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
MEM = ef.TensorMemory.MEM
Array = npt.NDArray[np.generic]


def read(name: str) -> bytes:
    return (FOLDER / f"{name}.jpg").read_bytes()


def decode(
    data: bytes, pixel_format: ef.PixelFormat, dtype: str = "uint8", **options: bool | int
) -> Array:
    info = ef.Tensor.peek_image_info(data)
    image = ef.Tensor.image(info.width, info.height, pixel_format, MEM, dtype)
    image.decode_image(data, pixel_format, **options)
    return image.numpy().copy()


def native(name: str, data: bytes) -> Array:
    """The picture in its own channels and depth."""
    expected = EXPECTED[name]
    pixel_format = ef.PixelFormat.Rgb if expected["channels"] == 3 else ef.PixelFormat.Grey
    return decode(data, pixel_format, "uint16" if expected["precision"] > 8 else "uint8")


def test_every_mode_has_a_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.jpg")} == set(EXPECTED)
    for predictor in range(1, 8):
        assert f"lossless_predictor_{predictor}" in EXPECTED
    assert {row["precision"] for row in EXPECTED.values()} == set(range(2, 17))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_samples_equal_libjpeg_turbo(name: str) -> None:
    data = read(name)
    expected = EXPECTED[name]
    info = ef.Tensor.peek_image_info(data)
    assert (info.width, info.height) == (expected["width"], expected["height"])
    samples = native(name, data)
    little = samples.astype("<u2" if samples.dtype == np.uint16 else "u1")
    assert hashlib.sha256(little.tobytes()).hexdigest() == expected["sha256"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_strict_refuses(name: str) -> None:
    kind = "lossless" if name.startswith("lossless") else "arithmetic-coded"
    with pytest.raises(ef.UnsupportedFeatureError, match=f"{kind} JPEG"):
        ef.Tensor.peek_image_info(read(name), strict=True)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_cut_file_is_refused_or_keeps_its_rows(name: str) -> None:
    data = read(name)
    whole = native(name, data)
    scan = data.index(b"\xff\xda")
    dtype = whole.dtype.name
    pixel_format = ef.PixelFormat.Rgb if whole.shape[-1] == 3 else ef.PixelFormat.Grey
    image = ef.Tensor.image(whole.shape[1], whole.shape[0], pixel_format, MEM, dtype)
    for part in (0.2, 0.5, 0.8):
        cut = data[: scan + 14 + int((len(data) - scan - 14) * part)]
        rows = image.decode_image(cut, pixel_format, tolerant=True).valid_rows
        if rows < whole.shape[0] and "progressive" not in name:
            np.testing.assert_array_equal(image.numpy()[:rows], whole[:rows])
        if rows == whole.shape[0]:
            continue
        with pytest.raises(ef.InvalidDataError) as refusal:
            image.decode_image(cut, pixel_format)
        assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("name", sorted(n for n in EXPECTED if "restarts" in n))
@pytest.mark.parametrize("times", [0, 2])
def test_restart_markers_in_the_middle_of_an_interval_are_refused(name: str, times: int) -> None:
    data = read(name)
    for interval in set(re.findall(rb"\xff\xdd\x00\x04(..)", data, re.DOTALL)):
        other = (int.from_bytes(interval, "big") * times).to_bytes(2, "big")
        data = data.replace(b"\xff\xdd\0\4" + interval, b"\xff\xdd\0\4" + other)
    assert data != read(name)
    with pytest.raises(ef.InvalidDataError):
        native(name, data)


def test_sixteen_bits_keep_every_value() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 65536, (31, 17, 3), np.uint16)
    data = bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=4, bitspersample=16))
    np.testing.assert_array_equal(decode(data, ef.PixelFormat.Rgb, "uint16"), pixels)
    exact = pixels.astype(np.float32) / np.float32(65535)
    np.testing.assert_array_equal(decode(data, ef.PixelFormat.Rgb, "float32"), exact)


@pytest.mark.parametrize("name", ["lossless_predictor_5", "arithmetic_sequential_2x2"])
def test_every_format_and_dtype_comes_from_the_same_rgb(name: str) -> None:
    data = read(name)
    rgb = decode(data, ef.PixelFormat.Rgb)
    rgba = decode(data, ef.PixelFormat.Rgba)
    np.testing.assert_array_equal(rgba[..., :3], rgb)
    bgra = decode(data, ef.PixelFormat.Bgra)
    np.testing.assert_array_equal(bgra[..., [2, 1, 0, 3]], rgba)
    planes = decode(data, ef.PixelFormat.PlanarRgb).reshape(3, *rgb.shape[:2])
    np.testing.assert_array_equal(planes, rgb.transpose(2, 0, 1))
    wide = decode(data, ef.PixelFormat.Rgb, "uint16")
    np.testing.assert_array_equal(wide, rgb.astype(np.uint16) * 257)
    exact = rgb.astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(decode(data, ef.PixelFormat.Rgb, "float32"), exact)


def test_lossless_rgb_becomes_yuv() -> None:
    data = read("lossless_predictor_5")
    luma = decode(data, ef.PixelFormat.Nv12).reshape(-1, 24)[:18].astype(int)
    grey = decode(data, ef.PixelFormat.Grey)[..., 0].astype(int)
    assert np.abs(luma - grey).max() <= 1


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_a_byte_does_not_hold_ten_bits(dtype: str) -> None:
    with pytest.raises(ef.UnsupportedFeatureError, match=f"10 bits a sample to {dtype}"):
        decode(read("lossless_10_bits"), ef.PixelFormat.Grey, dtype)
