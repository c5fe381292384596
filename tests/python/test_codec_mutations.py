# SPDX-License-Identifier: Apache-2.0
"""Damaged pictures through the Python surface: an answer or an edgefirst_hal.Error, in bounded time
and memory. EDGEFIRST_MUTATIONS sets their number (`make mutations`)."""

from __future__ import annotations

import os
import random
import resource
import struct
import time
import zlib
from pathlib import Path

import edgefirst_hal as ef
from pictures import ramp

COUNT = int(os.environ.get("EDGEFIRST_MUTATIONS", "4000"))
MEM = ef.TensorMemory.MEM
RGB = ef.PixelFormat.Rgb
MODES = [
    "arithmetic_sequential_2x2",
    "arithmetic_progressive_restarts_3",
    "lossless_predictor_4",
    "lossless_scans_444",
]
FORMATS = [ef.PixelFormat.Rgb, ef.PixelFormat.Rgba, ef.PixelFormat.Grey, ef.PixelFormat.Nv12]


def png(width: int, height: int, channels: int, filters: bool = True) -> bytes:
    """An 8-bit PNG of noise with every filter in turn."""
    noise = random.Random(width * height)
    rows = b"".join(
        bytes([y % 5 if filters else 0]) + noise.randbytes(width * channels) for y in range(height)
    )

    def chunk(name: bytes, payload: bytes) -> bytes:
        body = name + payload
        return struct.pack(">I", len(payload)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + data + chunk(b"IEND", b"")


def seeds() -> list[bytes]:
    colour = ef.Tensor.wrap(ramp(48, 40), RGB)
    grey = ef.Tensor.image(40, 24, ef.PixelFormat.Grey, MEM)
    jpegs = [colour.encode_jpeg(75), colour.encode_jpeg(92), grey.encode_jpeg(60)]
    modes = Path(__file__).parents[1] / "data" / "jpeg_modes"
    jpegs += [(modes / f"{name}.jpg").read_bytes() for name in MODES]
    return [*jpegs, png(20, 12, 3), png(17, 9, 4), png(31, 7, 1)]


def mutate(data: bytes, source: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(changed))
        kind = source.random()
        if kind < 0.7:
            changed[at] = source.randrange(256)
        elif kind < 0.8:
            del changed[at + 1 :]
        elif kind < 0.9:
            del changed[at : at + source.randint(1, 40)]
        else:
            changed[at:at] = source.randbytes(source.randint(1, 12))
        if not changed:
            changed = bytearray(b"\xff")
    return bytes(changed)


def test_damaged_pictures_end_in_an_answer_or_an_error() -> None:
    files = seeds()
    tensor = ef.Tensor.image(64, 64, ef.PixelFormat.Rgba, MEM)
    decoded = refused = 0
    slowest = 0.0
    source = random.Random(20261125)
    memory = 0
    for i in range(COUNT):
        data = mutate(source.choice(files), source)
        start = time.perf_counter()
        try:
            info = tensor.decode_image(
                data,
                source.choice(FORMATS),
                tolerant=i % 3 == 0,
                apply_exif=i % 2 == 0,
                max_pixels=1 << 20,
            )
            assert 0 <= info.valid_rows <= 64
            decoded += 1
        except ef.Error:
            refused += 1
        slowest = max(slowest, time.perf_counter() - start)
        if i == COUNT // 4:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert decoded > COUNT // 50
    assert refused > COUNT // 5
    assert slowest < 5
    assert grown < 32 * 1024, f"{grown} KiB"
