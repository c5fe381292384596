# SPDX-License-Identifier: Apache-2.0
"""What people pass without looking it up: names of formats, files, pictures of Pillow, dicts of
class names, masks of bool, and no boxes at all."""

from __future__ import annotations

import array
import mmap
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from PIL import Image

MEM = ef.TensorMemory.MEM


def photo() -> bytes:
    rows = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    out = BytesIO()
    Image.fromarray(rows).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("name", ["rgb", "RGB", "Rgb"])
def test_a_format_is_taken_by_its_name(name: str) -> None:
    want = ef.Tensor.load_from_bytes(photo(), ef.PixelFormat.Rgb).numpy()
    assert np.array_equal(ef.Tensor.load_from_bytes(photo(), name).numpy(), want)
    assert ef.Tensor.image(2, 2, name).format is ef.PixelFormat.Rgb
    assert ef.Tensor.wrap(want.copy(), format=name).format is ef.PixelFormat.Rgb
    assert ef.ImageProcessor(backend="cpu").create_image(2, 2, name).format is ef.PixelFormat.Rgb
    tensor = ef.Tensor([2, 2, 3], "uint8", MEM)
    tensor.set_format(name)
    tensor.configure_image(1, 1, name)
    assert tensor.format is ef.PixelFormat.Rgb
    assert ef.align_width_for_pixel_format(3, name) == 64


class Socket:
    """Hands out a file in small pieces, as a network stream does."""

    def __init__(self, data: bytes) -> None:
        self.data = BytesIO(data)
        self.asked = 0

    def read(self, size: int) -> bytes:
        self.asked += size
        return self.data.read(min(size, 7))


def buffers(data: bytes, folder: Path) -> list[Any]:
    (folder / "photo").write_bytes(data)
    file = (folder / "photo").open("rb")
    return [
        bytearray(data),
        memoryview(data),
        array.array("B", data),
        np.frombuffer(data, np.uint8),
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ),
        BytesIO(data),
        file,
        Socket(data),
    ]


@pytest.mark.parametrize("at", range(8))
def test_bytes_come_from_any_buffer_or_file(at: int, tmp_path: Path) -> None:
    want = ef.Tensor.load_from_bytes(photo()).numpy()

    def source() -> Any:
        return buffers(photo(), tmp_path)[at]

    assert ef.Tensor.peek_image_info(source()).width == 16
    assert np.array_equal(ef.Tensor.load_from_bytes(source()).numpy(), want)
    tensor = ef.Tensor.image(16, 16, "rgb", MEM)
    tensor.decode_image(source())
    assert np.array_equal(tensor.numpy(), want)


def test_a_stream_is_read_as_far_as_max_bytes_allows() -> None:
    endless = Socket(photo() + bytes(1 << 20))
    with pytest.raises(ef.InvalidDataError, match=r"101 bytes, more than the limit of 100"):
        ef.Tensor.peek_image_info(endless, max_bytes=100)
    assert endless.data.tell() == 101


def test_a_text_file_is_told_to_be_one() -> None:
    with pytest.raises(TypeError, match=r"read\(\) of StringIO gave str, not bytes: open the file"):
        ef.Tensor.peek_image_info(StringIO("text"))  # type: ignore[arg-type]


def test_a_stream_that_fails_tells_so_itself() -> None:
    class Broken:
        def read(self, _: int) -> bytes:
            raise ConnectionResetError("peer")

    with pytest.raises(ConnectionResetError, match="peer"):
        ef.Tensor.load_from_bytes(Broken())


def test_a_snapshot_comes_from_any_buffer() -> None:
    snapshot = ef.ByteTrack().snapshot()
    for data in (bytearray(snapshot), memoryview(snapshot)):
        assert ef.ByteTrack.restore(data).snapshot() == snapshot


def test_from_numpy_takes_pictures_of_pillow_and_other_array_likes() -> None:
    rows = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    tensor = ef.Tensor.image(4, 4, "rgb", MEM)
    for source in (Image.fromarray(rows), memoryview(rows), ef.Tensor.wrap(rows.copy())):
        tensor.from_numpy(np.zeros((4, 4, 3), np.uint8))
        tensor.from_numpy(source)
        assert np.array_equal(tensor.numpy(), rows)


def canvas() -> ef.Tensor:
    return ef.Tensor.image(64, 64, "rgb", MEM)


def drawn(**options: Any) -> Any:
    target = canvas()
    ef.ImageProcessor(backend="cpu").draw_decoded_masks(
        target,
        np.array([[0.1, 0.4, 0.9, 0.9]], np.float32),
        np.array([0.9], np.float32),
        np.array([2], np.uint64),
        **options,
    )
    return target.numpy().copy()


def test_class_names_come_as_a_dict() -> None:
    listed = drawn(labels=True, class_names=["person", "bicycle", "car"])
    dense = {0: "person", 1: "bicycle", 2: "car"}
    assert np.array_equal(drawn(labels=True, class_names=dense), listed)
    assert np.array_equal(drawn(labels=True, class_names={2: "car"}), listed)
    assert np.array_equal(
        drawn(labels=True, class_names={0: "person", 7: "bus"}), drawn(labels=True)
    )
    assert not np.array_equal(listed, drawn(labels=True))


@pytest.mark.parametrize(
    ("names", "error", "reason"),
    [
        ({"0": "person"}, TypeError, "a dict of class names maps int to str, not str to str"),
        ({0: 1}, TypeError, "a dict of class names maps int to str, not int to int"),
        ({65536: "far"}, ValueError, "class 65536 is beyond the limit of 65535"),
        ({-1: "none"}, OverflowError, "-1 is out of range"),
        ("person", TypeError, "must be a sequence of str or dict of int to str, not str"),
    ],
)
def test_a_dict_that_maps_something_else_is_refused(
    names: Any, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=f"argument 'class_names' of .*{reason}"):
        drawn(labels=True, class_names=names)


def test_masks_of_bool_are_those_of_0_and_255() -> None:
    cells = np.zeros((8, 8, 1), np.uint8)
    cells[2:6, 2:6] = 255
    want = drawn(seg=[cells])
    assert not np.array_equal(want, drawn())
    assert np.array_equal(drawn(seg=[cells > 0]), want)
    assert np.array_equal(drawn(seg=[cells[..., 0] > 0]), want)
    assert np.array_equal(drawn(seg=(cells > 0)[None]), want)
    assert np.array_equal(drawn(seg=[cells[..., 0]]), want)


@pytest.mark.parametrize(
    ("dtype", "inside"),
    [("float32", 1), ("float32", 0.8), ("int64", 1), ("int32", 255), ("float64", 255)],
)
def test_masks_of_other_dtypes_are_told_what_to_do(dtype: str, inside: float) -> None:
    cells = np.zeros((8, 8, 1), np.uint8)
    cells[2:6, 2:6] = 255
    mask = np.where(cells > 0, inside, 0).astype(dtype)
    with pytest.raises(
        TypeError,
        match=rf"seg\[0\] must be an array of uint8 \(0 and 255\) or bool, not {dtype}: pass "
        r"mask > 0\.5$",
    ):
        drawn(seg=[mask])
    assert np.array_equal(drawn(seg=[mask > 0.5]), drawn(seg=[cells]))


EMPTY: list[Callable[[], Any]] = [
    lambda: np.array([]),
    lambda: np.array([], np.float32),
    lambda: np.zeros((0, 4), np.float32),
    lambda: np.zeros((0, 4)),
    list,
]


@pytest.mark.parametrize("none", EMPTY)
def test_no_boxes_come_in_every_shape_of_nothing(none: Callable[[], Any]) -> None:
    processor = ef.ImageProcessor(backend="cpu")
    processor.draw_decoded_masks(canvas(), none(), none(), none())
    assert ef.ByteTrack().update(none(), none(), none(), 1) == []
    assert ef.letterbox(4, 4, 8, 8).to_source(none()).shape == (0, 4)


def test_no_boxes_hide_no_mistake() -> None:
    processor = ef.ImageProcessor(backend="cpu")
    with pytest.raises(ef.InvalidShapeError, match="lengths differ: 0 boxes, 1 scores"):
        processor.draw_decoded_masks(canvas(), [], np.zeros(1, np.float32), [])
    with pytest.raises(TypeError, match="bbox needs an array of float32"):
        processor.draw_decoded_masks(canvas(), np.zeros((0, 5)), [], [])
