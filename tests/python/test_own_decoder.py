# SPDX-License-Identifier: Apache-2.0
"""What a program holds itself: decoders, identities of buffers, planes, tensors in one line."""

from __future__ import annotations

import gc
import os
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest
from PIL import Image

MEM = ef.TensorMemory.MEM
SHM = ef.TensorMemory.SHM


def png(size: int = 16, shade: int = 7) -> bytes:
    rows = np.full((size, size, 3), shade, np.uint8)
    rows[:, ::2] += 20
    out = BytesIO()
    Image.fromarray(rows).save(out, "PNG")
    return out.getvalue()


def test_a_decoder_of_ones_own_decodes_as_the_threads(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    decoder = ef.ImageDecoder()
    want = ef.Tensor.load_from_bytes(png()).numpy()
    assert np.array_equal(decoder.load(png()).numpy(), want)
    assert np.array_equal(decoder.load_file(tmp_path / "a.png", "rgb", MEM).numpy(), want)
    assert decoder.peek(png()).width == 16
    tensor = ef.Tensor.image(16, 16, "rgb", MEM)
    assert decoder.decode(BytesIO(png()), tensor).height == 16
    assert np.array_equal(tensor.numpy(), want)
    tensor.from_numpy(np.zeros_like(want))
    assert decoder.decode_file(tmp_path / "a.png", tensor, "rgb", tolerant=True).valid_rows == 16
    assert np.array_equal(tensor.numpy(), want)


def test_an_error_leaves_the_decoder_usable() -> None:
    decoder = ef.ImageDecoder()
    with pytest.raises(ef.InvalidDataError):
        decoder.load(png()[:45])
    with pytest.raises(ef.InsufficientCapacityError):
        decoder.decode(png(), ef.Tensor.image(4, 4, "rgb", MEM))
    with pytest.raises(ef.InvalidDataError, match="max_bytes"):
        decoder.peek(png(), max_bytes=10)
    with pytest.raises(ef.NotFoundError, match=r"absent\.png"):
        decoder.load_file("absent.png")
    assert decoder.load(png()).shape == [16, 16, 3]


def test_threads_take_turns_at_one_decoder() -> None:
    decoder = ef.ImageDecoder()
    files = [png(8 + i, i) for i in range(40)]
    with ThreadPoolExecutor(4) as pool:
        tensors = list(pool.map(decoder.load, files))
    for file, tensor in zip(files, tensors, strict=True):
        assert np.array_equal(tensor.numpy(), ef.Tensor.load_from_bytes(file).numpy())


def test_an_identity_is_the_key_of_a_cache() -> None:
    tensor = ef.Tensor.image(8, 8, "rgb", MEM)
    identity = tensor.buffer_identity
    assert identity.id == tensor.buffer_id
    assert identity.is_alive
    view = tensor.view(ef.Rect(2, 2, 4, 4))
    assert view.buffer_identity == identity
    assert hash(view.buffer_identity) == hash(identity)
    other = ef.Tensor.image(8, 8, "rgb", MEM)
    assert other.buffer_identity != identity
    assert identity != identity.id
    cache = {identity: "texture"}
    assert cache[view.buffer_identity] == "texture"
    array = tensor.numpy()
    del tensor, view
    gc.collect()
    assert identity.is_alive  # the array holds the buffer
    assert "alive" in repr(identity)
    del array
    gc.collect()
    assert not identity.is_alive
    assert "gone" in repr(identity)


@pytest.mark.skipif(not ef.is_shm_available(), reason="no shared memory here")
def test_a_tensor_is_built_in_one_expression() -> None:
    frame = ef.Tensor([8192], "uint8", SHM)
    rows = np.arange(8192, dtype=np.uint8)
    frame.from_numpy(rows)
    fd = frame.fd
    tensor = (
        ef.Tensor.from_fd(fd, [4, 8, 3], "uint8")
        .with_format("rgb")
        .with_row_stride(64)
        .with_plane_offset(128)
    )
    os.close(fd)
    assert tensor.format is ef.PixelFormat.Rgb
    assert (tensor.row_stride, tensor.plane_offset) == (64, 128)
    assert tensor.numpy()[1, 0, 0] == rows[128 + 64]
    assert tensor.with_row_stride(32) is tensor
    with pytest.raises(ef.InvalidArgumentError):
        tensor.with_row_stride(1)
    with pytest.raises(ef.InvalidShapeError):
        ef.Tensor([4, 4, 3], "uint8", MEM).with_format("nv12")


def test_a_plane_descriptor_carries_stride_and_offset() -> None:
    read, write = os.pipe()
    try:
        plane = ef.PlaneDescriptor(read).with_stride(4096).with_offset(64)
        assert (plane.stride, plane.offset) == (4096, 64)
        assert plane.with_offset(0) is plane
        assert ef.PlaneDescriptor(read).stride is None
        with pytest.raises(ef.InvalidArgumentError):
            plane.with_stride(0)
        with pytest.raises(ef.IoError, match="fd is -1, expected an open file descriptor"):
            ef.PlaneDescriptor(-1)
        processor = ef.ImageProcessor(backend="cpu")
        with pytest.raises(ef.NotSupportedError):  # a pipe is no DMA-BUF
            processor.import_image(plane, 4, 4, "rgb")
        with pytest.raises(ef.InvalidArgumentError, match="fd is a PlaneDescriptor: give stride"):
            processor.import_image(plane, 4, 4, "rgb", stride=64)
        with pytest.raises(TypeError, match="must be int or PlaneDescriptor, not str"):
            processor.import_image("fd", 4, 4, "rgb")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            processor.import_image(None, 4, 4, "rgb")  # type: ignore[arg-type]
    finally:
        os.close(read)
        os.close(write)
