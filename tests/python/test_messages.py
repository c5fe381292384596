# SPDX-License-Identifier: Apache-2.0
"""What a wrong argument reads: one short line that names it, and never the data it holds."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal import _core
from PIL import Image

RGB = ef.PixelFormat.Rgb
MEM = ef.TensorMemory.MEM
SECRET = "SECRET-PIXELS"


def jpeg(width: int = 8, height: int = 8) -> bytes:
    out = BytesIO()
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(out, "JPEG")
    return out.getvalue()


def decoder() -> ef.Decoder:
    return ef.Decoder.new_from_outputs([ef.Output.detection([1, 6, 8])])


def outputs() -> list[ef.Tensor]:
    return [ef.Tensor([1, 6, 8], "float32", MEM)]


def boxes(count: int = 1) -> tuple[Any, Any, Any]:
    return (
        np.full((count, 4), 0.5, np.float32),
        np.full(count, 0.9, np.float32),
        np.zeros(count, np.uint64),
    )


def picture() -> ef.Tensor:
    return ef.Tensor.image(8, 8, RGB, MEM)


LongName = type("N" * 5000, (), {})
MANY_FIELDS = np.zeros(2, np.dtype([(f"field{i}", "f4") for i in range(500)]))
HOSTILE: list[Any] = [
    None,
    -1,
    1 << 64,
    10**5000,
    float("nan"),
    "x" * 20_000,
    "two\nlines\x1b[31m",
    "nul\0inside",
    "lone \ud800 surrogate",
    b"\xff\xd8\xff" + SECRET.encode() * 4000,
    bytearray(SECRET.encode() * 4000),
    memoryview(SECRET.encode() * 4000)[::2],
    [SECRET] * 5000,
    (1, SECRET),
    [[SECRET]],
    {SECRET: SECRET},
    {1: 2},
    {1 << 70: "far"},
    object(),
    LongName(),
    LongName,
    lambda: None,
    3j,
    MANY_FIELDS,
    np.array([SECRET, "b"]),
    np.zeros((3, 3)),
    pathlib.Path("n" * 3000),
    BytesIO(SECRET.encode() * 100),
]


# A call of each method that works, to be spoiled one argument at a time.
VALID: dict[str, tuple[Any, ...]] = {
    "ActiveTrackInfo": (ef.TrackInfo("0" * 32, [0, 0, 1, 1], 1, 0, 0), [0, 0, 1, 1], 0.5, 1),
    "Decoder.decode": (outputs(), 10),
    "Decoder.decode_batch": (outputs(), 10),
    "Decoder.decode_proto": (outputs(), 10),
    "Decoder.decode_tracked": (ef.ByteTrack(), 1, outputs(), 10),
    "Decoder.decode_proto_tracked": (ef.ByteTrack(), 1, outputs(), 10),
    "Decoder.from_model": ("absent.onnx", 0.1, 0.1, None, (1, 1)),
    "Decoder.new_from_json_str": ("{}", 0.1, 0.1, None, (1, 1)),
    "Decoder.new_from_yaml_str": ("{}", 0.1, 0.1, None, (1, 1)),
    "Decoder.new_from_outputs": ([ef.Output.detection([1, 6, 8])], 0.1, 0.1, None, None, (1, 1)),
    "Decoder": ({}, 0.1, 0.1, None, (1, 1)),
    "ImageProcessor": (None, "cpu"),
    "ImageProcessor.convert": (picture(), picture(), ef.Rotation.Rotate0, ef.Flip.NoFlip),
    "ImageProcessor.convert_async": (picture(), picture(), ef.Rotation.Rotate0, ef.Flip.NoFlip),
    "ImageProcessor.explain": (picture(), picture(), ef.Rotation.Rotate0, ef.Flip.NoFlip),
    "ImageProcessor.draw_decoded_masks": (picture(), *boxes(), (), None, 1.0, None),
    "ImageProcessor.draw_masks": (decoder(), outputs(), picture()),
    "ImageProcessor.import_image": (0, 8, 8, RGB, "uint8"),
    "Letterbox.to_source": (boxes()[0],),
    "Quantization.per_channel": ([1.0], [0], 0),
    "Tensor": ([1], "uint8", MEM, None),
    "Tensor.image": (8, 8, RGB, MEM, "uint8", None),
    "Tensor.from_fd": (0, [1], "uint8", None),
    "Tensor.wrap": (np.zeros((2, 2, 3), np.uint8), RGB),
    "Tensor.load": ("absent.jpg", RGB, MEM),
    "Tensor.load_from_bytes": (jpeg(), RGB, MEM),
    "Tensor.peek_image_info": (jpeg(), RGB),
    "Tensor.peek_image_info_file": ("absent.jpg", RGB),
    "Tensor.decode_image": (jpeg(), RGB),
    "Tensor.decode_image_file": ("absent.jpg", RGB),
    "Tensor.save_jpeg": ("/nonexistent/a.jpg", 80),
    "Tensor.from_planes": (picture(), picture(), ef.PixelFormat.Nv12),
    "Tensor.normalize_to_numpy": (np.zeros((8, 8, 3), np.uint8), ef.Normalization.RAW, 0),
    "TrackInfo": ("0" * 32, [0, 0, 1, 1], 1, 0, 0),
    "ByteTrack.update": (*boxes(), 1),
    "dequantize": (picture(), 1.0, 0, ef.Tensor([8, 8, 3], "float32", MEM)),
    "align_width_for_pixel_format": (8, RGB, "uint8"),
}
KEYWORDS = [
    "apply_exif", "strict", "tolerant", "threads", "max_pixels", "max_bytes", "max_scans", "masks",
    "element", "letterbox", "class_names", "tracks", "labels", "background", "resolution", "none",
]  # fmt: skip


def instances() -> dict[str, Any]:
    tensor = picture()
    processor = ef.ImageProcessor(backend="cpu")
    return {
        "ActiveTrackInfo": ef.ActiveTrackInfo(*VALID["ActiveTrackInfo"]),
        "BufferIdentity": tensor.buffer_identity,
        "ByteTrack": ef.ByteTrack(),
        "Colorimetry": ef.Colorimetry(),
        "Decoder": decoder(),
        "Fence": processor.convert_async(picture(), picture()),
        "ImageDecoder": ef.ImageDecoder(),
        "ImageInfo": ef.Tensor.peek_image_info(jpeg()),
        "ImageProcessor": processor,
        "Letterbox": ef.letterbox(4, 4, 8, 8),
        "MaskResolution": ef.MaskResolution.Proto(),
        "Output": ef.Output.detection([1, 6, 8]),
        "PlaneDescriptor": ef.PlaneDescriptor(0),
        "Quantization": ef.Quantization.per_tensor(1.0, 0),
        "Rect": ef.Rect(0, 0, 1, 1),
        "Tensor": tensor,
        "TensorMap": tensor.map(),
        "TrackInfo": ef.TrackInfo(*VALID["TrackInfo"]),
        "Tracing": ef.Tracing("/nonexistent/trace.json"),
        "PixelFormat": RGB,
    }


def set_value(subject: Any, attribute: str, *values: Any, **_: Any) -> None:
    for value in values:
        setattr(subject, attribute, value)


SKIPPED = {"__class__", "__init_subclass__", "__subclasshook__", "__dir__", "__sizeof__"}


def callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    alive = instances()
    for name, member in vars(_core).items():
        if name.startswith("__") or (isinstance(member, type) and issubclass(member, Exception)):
            continue
        if callable(member):
            yield name, member
        if not isinstance(member, type):
            continue
        members = getattr(member, "__members__", {})
        subject = alive.get(name, next(iter(members.values()), member))
        for attribute in vars(member):
            if attribute in SKIPPED:
                continue
            if isinstance(vars(member)[attribute], property):
                if subject is member:  # a value set there would stay for the whole process
                    continue
                yield f"{name}.{attribute}", partial(set_value, subject, attribute)
            elif callable(getattr(subject, attribute, None)):
                yield f"{name}.{attribute}", getattr(subject, attribute)


def check(name: str, error: BaseException) -> None:
    text = str(error)
    label = f"{name} -> {type(error).__name__}: {text[:400]!r}"
    assert len(text) <= 300, label
    assert "\n" not in text, label
    assert "\x1b" not in text, label
    assert "Invoked with" not in text, label
    assert "incompatible" not in text, label
    assert SECRET not in text, label


def argument_lists(name: str) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    valid = VALID.get(name, ())
    for value in HOSTILE:
        for at in range(len(valid)):
            yield (*valid[:at], value, *valid[at + 1 :]), {}
        for keyword in KEYWORDS:
            yield valid, {keyword: value}
        for count in (1, 2, 3, 5):
            yield (value,) * count, {}
        yield (*valid, *[value] * 12), {}
        yield (), {"x" * 3000: value}


def test_no_message_is_long_or_holds_data(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some of the values are names of files that can be written
    raised = 0
    names = set()
    for name, function in callables():
        names.add(name)
        for arguments, keywords in argument_lists(name):
            try:
                function(*arguments, **keywords)
            except Exception as error:
                raised += 1
                check(name, error)
    assert VALID.keys() <= names
    assert raised > 20_000


BIG = b"\xff\xd8\xff" + SECRET.encode() * 400_000  # 5 MB
SENTENCES: list[tuple[Callable[[], Any], type[BaseException], str]] = [
    (
        lambda: ef.Tensor.load_from_bytes(BIG, 5),  # type: ignore[arg-type]
        TypeError,
        "argument 'format' of Tensor.load_from_bytes() must be PixelFormat, str or None, not int",
    ),
    (
        lambda: ef.Tensor.load_from_bytes(BIG, mem="heap"),  # type: ignore[arg-type]
        TypeError,
        "argument 'mem' of Tensor.load_from_bytes() must be TensorMemory or None, not str",
    ),
    (
        lambda: ef.Tensor.image("8", 8, RGB),  # type: ignore[arg-type]
        TypeError,
        "argument 'width' of Tensor.image() must be int, not str",
    ),
    (
        lambda: ef.Rect(0, -1, 2, 2),
        OverflowError,
        "argument 'top' of Rect(): -1 is out of range: expected an int of 0...18446744073709551615",
    ),
    (
        lambda: ef.Rect(0, 0, width=10**5000, height=2),
        OverflowError,
        "argument 'width' of Rect(): an int of more than 40 digits is out of range: expected an "
        "int of 0...18446744073709551615",
    ),
    (
        lambda: setattr(ef.Rect(0, 0, 1, 1), "left", "a"),
        TypeError,
        "Rect.left must be int, not str",
    ),
    (
        lambda: ef.Rect(1, 2, 3),  # type: ignore[call-arg]
        TypeError,
        "Rect() needs its argument 'height'",
    ),
    (
        lambda: ef.Rect(1, 2, 3, 4, 5),  # type: ignore[call-arg]
        TypeError,
        "Rect() takes 4 positional arguments at most, got 5",
    ),
    (
        lambda: ef.Rect(1, 2, 3, left=4),  # type: ignore[misc]
        TypeError,
        "Rect() got its argument 'left' twice",
    ),
    (
        lambda: ef.Rect(1, 2, 3, depth=4),  # type: ignore[call-arg]
        TypeError,
        "Rect() has no argument 'depth': it takes left, top, width, height",
    ),
    (
        lambda: ef.Tensor([1, "two"]),  # type: ignore[list-item]
        TypeError,
        "argument 'shape' of Tensor(): item 1 must be an int, not str",
    ),
    (
        lambda: ef.Decoder.new_from_outputs([ef.Output.detection([1, 6, 8]), 7]),  # type: ignore[list-item]
        TypeError,
        "argument 'outputs' of Decoder.new_from_outputs() must be a sequence of Output, not list "
        "with int as item 1",
    ),
    (
        lambda: ef.Tensor.load("a\0b"),
        ValueError,
        "argument 'filename' of Tensor.load(): a path cannot hold a NUL character",
    ),
    (
        lambda: ef.Tensor.load(BIG),
        ValueError,
        "argument 'filename' of Tensor.load(): bytes of 5200003 are no path: what a file holds "
        "goes to the function that takes data",
    ),
    (
        lambda: ef.Tensor.load(7),  # type: ignore[arg-type]
        TypeError,
        "argument 'filename' of Tensor.load() must be os.PathLike, str or bytes, not int",
    ),
    (
        lambda: ef.Tensor.peek_image_info(jpeg(), threads="two"),  # type: ignore[arg-type]
        TypeError,
        "argument 'threads' must be int, not str",
    ),
    (
        lambda: ef.Tensor.wrap(Image.new("RGB", (2, 2))),  # type: ignore[arg-type]
        TypeError,
        "argument 'array' of Tensor.wrap() must be numpy.ndarray, not Image: Tensor.from_numpy "
        "copies what numpy.asarray() takes",
    ),
    (
        lambda: ef.Tracing(7),  # type: ignore[arg-type]
        TypeError,
        "argument 'path' of Tracing() must be os.PathLike, str, bytes or a function, not int",
    ),
    (
        lambda: ef.ImageProcessor.create_image(7, 8, 8),  # type: ignore[arg-type]
        TypeError,
        "argument 'self' of ImageProcessor.create_image() must be ImageProcessor, not int",
    ),
    (
        lambda: ef.Tensor([1], "\ud800"),
        TypeError,
        "argument 'dtype' of Tensor() holds a character that UTF-8 does not have",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), SENTENCES, ids=lambda v: str(v)[:60])
def test_a_wrong_argument_is_named(
    call: Callable[[], Any], error: type[BaseException], text: str
) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text


def test_an_unknown_name_of_a_format_is_told_with_the_known_ones() -> None:
    with pytest.raises(
        ef.InvalidArgumentError,
        match=r"argument 'format' of Tensor\.load_from_bytes\(\): unknown pixel format 'rgbb': use",
    ):
        ef.Tensor.load_from_bytes(BIG, "rgbb")


def test_an_error_of_the_callers_own_code_stays_as_it_is() -> None:
    class Odd:
        def __index__(self) -> int:
            raise KeyError("of the caller's own\n" + "x" * 1000)

    with pytest.raises(KeyError) as caught:
        ef.Rect(Odd(), 0, 1, 1)  # type: ignore[arg-type]
    assert caught.value.args[0].startswith("of the caller's own\n")
