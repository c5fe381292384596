# SPDX-License-Identifier: Apache-2.0
"""Image files through the Python surface; the codec's own tests go deeper."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import U8, difference, ramp

MEM = ef.TensorMemory.MEM
RGB = ef.PixelFormat.Rgb


def jpeg(pixels: U8, quality: int = 95) -> bytes:
    return ef.Tensor.wrap(pixels, RGB).encode_jpeg(quality)


def with_orientation(data: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF segment that holds nothing but the orientation."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 1) + entry + b"\0\0\0\0"
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (16, 16), (33, 17), (640, 480)])
def test_a_jpeg_comes_back_nearly_unchanged(size: tuple[int, int]) -> None:
    pixels = ramp(*size)
    image = ef.Tensor.load_from_bytes(jpeg(pixels))
    assert image.format is RGB
    assert (image.width, image.height) == size
    mean, most = difference(image.numpy(), pixels)
    assert mean < 3
    assert most < 40


def test_load_takes_paths_and_their_errors(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    path.write_bytes(jpeg(ramp(20, 10)))
    for name in (path, str(path)):
        assert ef.Tensor.load(name, RGB).shape == [10, 20, 3]
        assert ef.Tensor.load(filename=name, format=ef.PixelFormat.Grey).shape == [10, 20, 1]
    with pytest.raises(RuntimeError):
        ef.Tensor.load(tmp_path / "absent.png")
    with pytest.raises(RuntimeError):
        ef.Tensor.load(tmp_path)
    with pytest.raises(TypeError):
        ef.Tensor.load(5)  # type: ignore[arg-type]


def test_load_reads_pipes(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    data = jpeg(ramp(200, 100))
    for call in (ef.Tensor.load, ef.Tensor.peek_image_info_file):
        writer = threading.Thread(target=fifo.write_bytes, args=(data,))
        writer.start()
        assert call(fifo).width == 200
        writer.join()


def test_stdin_is_a_file(tmp_path: Path) -> None:
    program = "import edgefirst_hal as ef; print(ef.Tensor.load('/dev/stdin').shape)"
    data = jpeg(ramp(20, 10))
    run = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True)
    assert run.stdout == b"[10, 20, 3]\n", run.stderr


@pytest.mark.parametrize("start", [b"ImageFormat", b"RIFF\0\0\0\0WEBPVP8 ", b"<!DOCTYPE html>"])
def test_other_files_are_named(start: bytes) -> None:
    expected = {b"I": "neither JPEG", b"R": "WebP", b"<": "HTML"}[start[:1]]
    with pytest.raises(ef.InvalidDataError, match=expected):
        ef.Tensor.load_from_bytes(start + b"\x81" * 100)


@pytest.mark.parametrize("source", [bytes, bytearray, memoryview, "array"])
def test_bytes_come_in_any_buffer(source: object) -> None:
    data = jpeg(ramp(8, 8))
    buffer = np.frombuffer(data, np.uint8) if source == "array" else source(data)  # type: ignore[operator]
    assert ef.Tensor.load_from_bytes(buffer).shape == [8, 8, 3]


@pytest.mark.parametrize("data", ["text", 5, None, np.zeros((4, 4), np.uint8)[:, ::2]])
def test_other_data_is_refused(data: object) -> None:
    with pytest.raises((TypeError, ValueError, BufferError)):
        ef.Tensor.load_from_bytes(data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"GIF89a" + b"\0" * 20, b"\xff\xd8\xff", b"\x89PNG"]
)
def test_damaged_data_is_an_error(data: bytes) -> None:
    tensor = ef.Tensor.image(8, 8, RGB)
    for call in (ef.Tensor.load_from_bytes, ef.Tensor.peek_image_info, tensor.decode_image):
        with pytest.raises(RuntimeError):
            call(data)


def test_peek_reads_size_and_orientation() -> None:
    data = with_orientation(jpeg(ramp(30, 20)), 6)
    info = ef.Tensor.peek_image_info(data)
    assert (info.width, info.height, info.format, info.row_stride) == (30, 20, RGB, 90)
    assert info.orientation == 6
    assert repr(info) == "ImageInfo(width=30, height=20, format=Rgb, row_stride=90)"
    grey = ef.Tensor.peek_image_info(data, format=ef.PixelFormat.Grey)
    assert grey.row_stride == 30


def test_peek_reads_files(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    path.write_bytes(jpeg(ramp(6, 4)))
    assert ef.Tensor.peek_image_info_file(path).width == 6
    assert ef.Tensor.peek_image_info_file(str(path), ef.PixelFormat.Rgba).row_stride == 24


def test_decode_writes_the_corner_and_leaves_the_rest() -> None:
    canvas = ef.Tensor.image(64, 48, RGB, MEM)
    canvas.numpy()[...] = 0x55
    data = jpeg(ramp(40, 30))
    info = canvas.decode_image(data)
    assert (info.width, info.height, info.row_stride) == (40, 30, 64 * 3)
    exact = ef.Tensor.load_from_bytes(data)
    assert np.array_equal(canvas.numpy()[:30, :40], exact.numpy())
    assert (canvas.numpy()[30:] == 0x55).all()
    assert (canvas.numpy()[:, 40:] == 0x55).all()
    assert canvas.format is RGB
    assert canvas.shape == [48, 64, 3]


def test_decode_refuses_a_picture_larger_than_the_tensor(tmp_path: Path) -> None:
    small = ef.Tensor.image(16, 16, RGB)
    with pytest.raises(RuntimeError, match=r"image dimensions 17.16 exceed tensor capacity 16.16"):
        small.decode_image(jpeg(ramp(17, 16)))
    path = tmp_path / "tall.jpg"
    path.write_bytes(jpeg(ramp(16, 17)))
    with pytest.raises(ef.InsufficientCapacityError):
        small.decode_image_file(str(path))
    grey = ef.Tensor.image(20, 20, ef.PixelFormat.Grey)
    with pytest.raises(
        ef.InsufficientCapacityError, match="the tensor is Grey: ask for the format"
    ):
        grey.decode_image(jpeg(ramp(16, 16)))


@pytest.mark.parametrize(("name", "channels"), [("Rgba", 4), ("Grey", 1)])
def test_decode_writes_the_format_asked_for(name: str, channels: int) -> None:
    data = jpeg(ramp(20, 12))
    rgb = ef.Tensor.load_from_bytes(data).numpy()
    pixel_format = getattr(ef.PixelFormat, name)
    tensor = ef.Tensor([12, 20, channels], "uint8")
    assert tensor.decode_image(data, pixel_format).format is pixel_format
    result = tensor.numpy()
    if name == "Grey":
        luma = rgb @ np.array([0.299, 0.587, 0.114])
        assert np.abs(result[..., 0] - luma).max() < 4
    else:
        assert np.array_equal(result[..., :3], rgb)
        assert (result[..., 3] == 255).all()


@pytest.mark.parametrize(
    ("dtype", "convert"),
    [
        ("uint8", lambda v: v),
        ("int8", lambda v: (v ^ 0x80).astype(np.int8)),
        ("uint16", lambda v: v.astype(np.uint16) * 257),
        ("int16", lambda v: ((v.astype(np.uint16) * 257) ^ 0x8000).astype(np.int16)),
        ("float32", lambda v: v.astype(np.float32) / np.float32(255)),
    ],
)
def test_decode_converts_to_the_tensors_dtype(dtype: str, convert: object) -> None:
    data = jpeg(ramp(7, 9))
    pixels = ef.Tensor.load_from_bytes(data).numpy()
    tensor = ef.Tensor([9, 7, 3], dtype)
    tensor.decode_image(data)
    assert np.allclose(tensor.numpy(), convert(pixels), rtol=1e-6)  # type: ignore[operator]


def test_unsupported_dtype_and_format_are_refused() -> None:
    with pytest.raises(RuntimeError):
        ef.Tensor([8, 8, 3], "float64").decode_image(jpeg(ramp(8, 8)))
    with pytest.raises(TypeError):
        ef.Tensor([8, 8, 3], "uint8").decode_image(jpeg(ramp(8, 8)), 1)  # type: ignore[arg-type]


def oriented(pixels: U8, orientation: int) -> U8:
    turned = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: np.rot90(pixels, -1),
        7: np.rot90(pixels, 2).transpose(1, 0, 2),
        8: np.rot90(pixels, 1),
    }
    return turned[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_load_turns_pictures_upright_and_decode_does_not(orientation: int) -> None:
    data = jpeg(ramp(24, 16))
    plain = ef.Tensor.load_from_bytes(data).numpy().copy()
    tagged = with_orientation(data, orientation)
    upright = ef.Tensor.load_from_bytes(tagged)
    assert np.array_equal(upright.numpy(), oriented(plain, orientation))
    tensor = ef.Tensor.image(24, 16, RGB)
    tensor.decode_image(tagged)
    assert np.array_equal(tensor.numpy(), plain)


def test_save_and_encode_write_the_same_file(tmp_path: Path) -> None:
    image = ef.Tensor.wrap(ramp(48, 32), RGB)
    path = tmp_path / "out.jpg"
    image.save_jpeg(path, quality=90)
    assert path.read_bytes() == image.encode_jpeg(90)
    image.save_jpeg(str(path))
    assert path.read_bytes() == image.encode_jpeg()
    assert path.read_bytes()[:3] == b"\xff\xd8\xff"


def test_encode_reads_padded_rows() -> None:
    pixels = ramp(30, 20)
    padded = ef.Tensor.image(30, 20, RGB, MEM, row_stride=128)
    padded.from_numpy(pixels)
    assert padded.encode_jpeg() == ef.Tensor.wrap(pixels, RGB).encode_jpeg()


def test_encode_refuses_what_is_no_8_bit_image(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        ef.Tensor([8, 8, 3], "uint8").encode_jpeg()
    with pytest.raises(RuntimeError):
        ef.Tensor.image(8, 8, ef.PixelFormat.PlanarRgb).encode_jpeg()
    with pytest.raises(RuntimeError):
        ef.Tensor.image(8, 8, RGB, dtype="float32").encode_jpeg()
    image = ef.Tensor.image(8, 8, RGB)
    with pytest.raises(OverflowError):
        image.encode_jpeg(256)
    with pytest.raises(TypeError):
        image.encode_jpeg(80.0)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        image.save_jpeg(tmp_path / "no" / "folder.jpg")


def test_options_reach_the_decoder(tmp_path: Path) -> None:
    data = jpeg(ramp(64, 48))
    tagged = with_orientation(data, 6)
    info = ef.Tensor.peek_image_info(tagged, apply_exif=True)
    assert (info.width, info.height, info.valid_rows) == (48, 64, 48)
    tensor = ef.Tensor.image(48, 64, RGB)
    tensor.decode_image(tagged, apply_exif=True, threads=2)
    assert np.array_equal(tensor.numpy(), ef.Tensor.load_from_bytes(tagged).numpy())
    path = tmp_path / "image.jpg"
    path.write_bytes(tagged)
    assert ef.Tensor.load(path, apply_exif=False).shape == [48, 64, 3]
    assert ef.Tensor.peek_image_info_file(path, strict=True).width == 64
    with pytest.raises(ef.InvalidDataError):
        ef.Tensor.load_from_bytes(data, max_pixels=64 * 48 - 1)
    with pytest.raises(ef.InvalidDataError):
        tensor.decode_image_file(path, apply_exif=True, max_bytes=10)


def test_tolerant_keeps_the_rows_of_a_cut_file() -> None:
    data = jpeg(ramp(64, 64))
    whole = ef.Tensor.load_from_bytes(data).numpy()
    cut = data[: len(data) * 2 // 3]
    tensor = ef.Tensor.image(64, 64, RGB)
    with pytest.raises(ef.InvalidDataError, match="the data ends"):
        tensor.decode_image(cut)
    rows = tensor.decode_image(cut, tolerant=True).valid_rows
    assert 0 < rows < 64
    assert np.array_equal(tensor.numpy()[:rows], whole[:rows])


def test_unknown_and_mistyped_options_are_refused() -> None:
    data = jpeg(ramp(8, 8))
    with pytest.raises(TypeError, match="there is no argument"):
        ef.Tensor.load_from_bytes(data, colour=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ef.Tensor.load_from_bytes(data, threads="two")  # type: ignore[arg-type]


def test_nv12_encodes_and_decodes() -> None:
    nv12 = ef.PixelFormat.Nv12
    image = ef.Tensor.image(64, 48, nv12, MEM)
    pixels = np.repeat(ramp(64, 48)[..., :1], 3, axis=2)
    image.decode_image(jpeg(pixels), nv12)
    colorimetry = image.colorimetry
    assert colorimetry is not None
    assert str(colorimetry.encoding).endswith("Bt601")
    assert str(colorimetry.range).endswith("Full")
    again = ef.Tensor.load_from_bytes(image.encode_jpeg(95))
    mean, most = difference(again.numpy(), pixels)
    assert mean < 2
    assert most < 12
