# SPDX-License-Identifier: Apache-2.0
"""What random command lines are given: pictures, models, names, truths, stored runs; whole or not.

Each function draws one thing with the generator it is given, and writes it where it is told.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Callable

import numpy as np
from profiler_cases import write_cats_model, write_coco, write_pictures
from synthetic_models import ULTRALYTICS, flat_table, write_model

STEMS = [
    "a", "0001", "1700000000123", "1403636579763555584", "b c", "-x", "--json", "%s%n", "'\"",
    os.fsdecode(b"caf\xe9"), os.fsdecode(b"\xff\xfe"), "\x1b]0;t\x07", "two\nlines",
    "\u202egpj", "\u81ea\u8ee2\u8eca", "e\u0301", "\\xe9", "\\\\", "<b>&amp;", "$\\frac{$", "[1]*?",
    "n" * 251, "\u81ea" * 80, "s" * 240, ".hidden", "c\xad", "~", "#1",
    "x" * 200 + os.fsdecode(b"\xe9"),
]  # fmt: skip
SUFFIXES = [".jpg", ".jpg", ".jpg", ".JPG", ".jpeg", ".png", ".txt"]


class Kit:
    """Good files that are made once; `at` is a folder of its own."""

    def __init__(self, at: Path) -> None:
        self.pictures = [path.read_bytes() for path in write_pictures(at, 2)]
        self.model = write_cats_model(at).read_bytes()
        self.odd_models = [made.read_bytes() for made in _odd_models(at)]
        self.film = _film(at / "film.mp4")


def _film(path: Path) -> bytes:
    """Eight frames; no film at all where PyAV, of the extra `video`, is absent."""
    try:
        import av
    except ImportError:
        return b""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(8):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 30 * i, np.uint8), "rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path.read_bytes()


def _odd_models(at: Path) -> list[Path]:
    nan, infinity = float("nan"), float("inf")
    cat = (16.0, 32.0, 16.0, 16.0, 0, 0.9)
    names = {**ULTRALYTICS, "names": "{0: '\u81ea\u8ee2\u8eca', 1: '\x1b[2J<b>\\ud800'}"}
    tables = [
        (flat_table(2, 84, [(nan, 1.0, 2.0, 2.0, 0, 0.9), cat]), ULTRALYTICS),
        (flat_table(2, 84, [(infinity, 1.0, 2.0, 2.0, 0, 0.9), cat]), ULTRALYTICS),
        (flat_table(2, 84, [(9.0, 9.0, 2.0, 2.0, 0, nan)]), ULTRALYTICS),
        (flat_table(2, 84, [cat]), names),
        (flat_table(2, 84, [cat]), {**ULTRALYTICS, "names": "[" * 300}),
        (flat_table(2, 84, [cat]), {**ULTRALYTICS, "names": "{0: 'one'}"}),
        (flat_table(3, 84, [cat]), {}),
        (np.zeros((1, 5), np.float32), {}),
        (np.full((1, 6, 84), 3e38, np.float32), {**ULTRALYTICS, "stride": "x", "imgsz": "[0]"}),
    ]
    return [
        write_model(at / f"odd{i}.onnx", {"output0": table}, [1, 3, 64, 64], metadata)
        for i, (table, metadata) in enumerate(tables)
    ]


def picture_bytes(random: Random, kit: Kit) -> bytes:
    whole = random.choice(kit.pictures)
    kinds: list[Callable[[], bytes]] = [
        lambda: whole[: random.randrange(len(whole))],
        lambda: b"",
        lambda: b"no picture",
        lambda: random.randbytes(200),
    ]
    return whole if random.random() < 0.85 else random.choice(kinds)()


def make_pictures(random: Random, folder: Path, kit: Kit) -> Path:
    """A folder of up to 12 pictures, seldom with things that only look like one."""
    folder.mkdir(parents=True, exist_ok=True)
    if random.random() < 0.25:
        for i in range(random.choice([9, 12])):
            (folder / f"{i}.jpg").write_bytes(kit.pictures[0])
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        name = random.choice(STEMS) + random.choice(SUFFIXES)
        if len(os.fsencode(name)) <= 255:
            (folder / name).write_bytes(picture_bytes(random, kit))
    odd = random.random()
    if odd < 0.03:
        (folder / "folder.jpg").mkdir(exist_ok=True)
    elif odd < 0.06:
        (folder / "loop.jpg").symlink_to("loop.jpg")
    elif odd < 0.09:
        (folder / "gone.jpg").symlink_to("nowhere")
    elif odd < 0.11:
        os.mkfifo(folder / "pipe.jpg")
    return folder


def make_film(random: Random, folder: Path, kit: Kit) -> Path:
    """A video, whole, cut short, damaged or of another kind."""
    suffix = random.choice([".mp4", ".mp4", ".avi", ".mkv", ".MP4", ".mov"])
    name = random.choice(["film", *(stem for stem in STEMS if len(os.fsencode(stem)) < 240)])
    path = folder / f"{name}{suffix}"
    data = kit.film
    chosen = random.random()
    if chosen < 0.2:
        data = data[: random.randrange(len(data) + 1)]
    elif chosen < 0.4 and data:
        at = random.randrange(len(data))
        data = data[:at] + random.randbytes(8) + data[at + 8 :]
    elif chosen < 0.5:
        data = random.choice([b"", b"no film", kit.pictures[0]])
    path.write_bytes(data)
    return path


def make_model(random: Random, folder: Path, kit: Kit) -> Path:
    name = random.choice(["m", "m", "m", *(stem for stem in STEMS if len(os.fsencode(stem)) < 240)])
    path = folder / f"{name}{random.choice(['.onnx'] * 9 + ['.tflite', '.xml', '.pt', ''])}"
    chosen = random.random()
    data = kit.model
    if chosen < 0.15:
        data = random.choice(kit.odd_models)
    elif chosen < 0.18:
        data = data[: random.randrange(len(data))]
    elif chosen < 0.20:
        at = random.randrange(len(data))
        data = data[:at] + random.randbytes(4) + data[at + 4 :]
    elif chosen < 0.22:
        return folder  # no file at all
    elif chosen < 0.24:
        return folder / ("gone" * random.choice([1, 80]))
    path.write_bytes(data)
    return path


def make_names(random: Random, path: Path) -> Path:
    path.write_bytes(
        random.choice(
            [
                b"cat\ndog\n", b"\xef\xbb\xbfcat\r\ndog", b'["cat", "\\ud800"]', b"\xff\xfec\x00",
                b"{0: cat, 1: [x]}", b"caf\xe9\ndog", b"", b"[" * 5000, b"names: {0: yes, 1: no}",
                b"a\x00b\nc",
                b"n" * 20000, "\u81ea\u8ee2\u8eca\n\x1b[2J".encode(), b"cat\ncat\n", b"{}",
            ]
        )
    )  # fmt: skip
    return path


def make_config(random: Random, path: Path) -> Path:
    texts = [
        b"",
        b"{",
        b"[]",
        b'{"outputs": []}',
        b"a: &a [*a]",
        b"\xff",
        b'{"outputs": ' + b"[" * 9999,
    ]
    path.write_bytes(random.choice(texts))
    return path


def make_truth(random: Random, folder: Path) -> Path:
    """COCO of the numbered pictures, whole or spoiled; labels; files that are no truth."""
    kind = random.choice(["coco"] * 4 + ["spoiled"] * 4 + ["yolo", "yolo", "voc", "none", "junk"])
    folder.mkdir(parents=True, exist_ok=True)
    if kind in ("coco", "spoiled"):
        path = write_coco(folder / "truth.json", [Path(f"{i}.jpg") for i in range(12)])
        if kind == "spoiled":
            _spoil(random, path)
        return path
    if kind == "none":
        return folder / "gone.json"
    if kind == "junk":
        path = folder / "truth.json"
        path.write_bytes(
            random.choice([b"", b"[]", b"null", b"[" * 99999, b"\xff", b'{"images": 1}'])
        )
        return path
    text, suffix = (b"0 .5 .5 .2 .2\n", "txt") if kind == "yolo" else (b"<annotation/>", "xml")
    for i in range(12):
        spoiled = random.choice(
            [b"nan " + text, b"\xff", b"0 .1\n", b"<a><b>", text * 3, b"9" * 400]
        )
        (folder / f"{i}.{suffix}").write_bytes(text if random.random() < 0.9 else spoiled)
    return folder


def _spoil(random: Random, path: Path) -> None:
    """Another value in the place of one of the document's."""
    document = json.loads(path.read_text())
    values = [None, -1, 1e400, float("nan"), "x", [], [1], {}, 10**30, "\ud800", True, [[1, 2]], 0]
    part = random.choice(["images", "annotations", "categories"])
    entry = random.choice(document[part])
    keys = ["segmentation", "area", "width", "height", "iscrowd", *entry]
    entry[random.choice(keys)] = random.choice(values)
    if random.random() < 0.1:
        document[part] = random.choice(values)
    path.write_text(json.dumps(document))


def spoil_run(random: Random, folder: Path) -> None:
    """Damages one file of a stored run: another byte, another value, cut short, or gone."""
    path = random.choice(sorted(path for path in folder.iterdir() if path.is_file()))
    data = path.read_bytes()
    at = random.randrange(max(1, len(data)))
    kind = random.random()
    if kind < 0.2:
        path.unlink()
    elif kind < 0.4:
        path.write_bytes(data[:at])
    elif kind < 0.7 and path.suffix == ".json":
        document = json.loads(data)
        if isinstance(document, dict) and document:
            document[random.choice(sorted(document))] = random.choice(
                [None, [], {}, "x", -1, 1e300]
            )
        path.write_text(json.dumps(document))
    else:
        path.write_bytes(data[:at] + random.randbytes(1) + data[at + 1 :])
