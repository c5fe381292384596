# SPDX-License-Identifier: Apache-2.0
"""The memory of decoding grows with the bytes that came, not with what a header claims."""

from __future__ import annotations

import io
import subprocess
import sys
import time

import edgefirst_hal as ef
import numpy as np
import pytest

pytest.importorskip("PIL")
from jpeg_files import (
    EOI,
    QUANT,
    SOI,
    TABLES,
    by_pillow,
    picture,
    position,
    saved,
    segment,
    ycc,
)
from PIL import Image

MIB = 1 << 20


def measured(prepare: str, call: str, result: str, data: bytes) -> tuple[int, int]:
    """How far memory rose above its level during a call, in a process of its own, and a number.
    The peak is Linux's VmHWM, reset before the call: getrusage() begins with the parent's."""
    program = f"""
import sys
import edgefirst_hal as ef

def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))

data = sys.stdin.buffer.read()
{prepare}
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
before = status("VmRSS")
{call}
print(status("VmHWM") - before, {result})
"""
    out = subprocess.run(
        [sys.executable, "-c", program], input=data, capture_output=True, check=True
    )
    taken, number = map(int, out.stdout.split())
    return taken, number


def growth(data: bytes, tolerant: bool = False) -> tuple[int, int]:
    """Most bytes that loading took, and the length of the pixels."""
    prepare = f"""
ef.Tensor.load_from_bytes({saved(picture(16, 16), progressive=True)!r})
pixels = 0
"""
    call = f"""
try:
    pixels = ef.Tensor.load_from_bytes(data, tolerant={tolerant}).size
except ef.Error:
    pass
"""
    return measured(prepare, call, "pixels", data)


def decode_growth(data: bytes, pixel_format: str, dtype: str) -> tuple[int, int]:
    """Most bytes that decoding into a tensor of that format took, and the tensor's bytes."""
    prepare = f"""
kind = ef.PixelFormat({pixel_format!r})
info = ef.Tensor.peek_image_info(data, kind)
image = ef.Tensor.image(info.width, info.height, kind, ef.TensorMemory.MEM, {dtype!r})
"""
    return measured(prepare, "image.decode_image(data, kind)", "image.size", data)


def claims(data: bytes, marker: int, side: int) -> bytes:
    at = position(data, marker) + 5
    return data[:at] + side.to_bytes(2, "big") * 2 + data[at + 4 :]


@pytest.mark.skipif(sys.platform != "linux", reason="counts the memory of a process as Linux does")
class TestMemory:
    @pytest.mark.parametrize(
        "options", [{}, {"progressive": True}], ids=["baseline", "progressive"]
    )
    def test_a_header_takes_none(self, options: dict[str, bool]) -> None:
        marker = 0xC2 if options else 0xC0
        data = claims(saved(picture(8, 8), subsampling=0, **options), marker, 16384)
        taken, pixels = growth(data)
        assert pixels == 0
        assert taken < 16 * len(data) + 8 * MIB

    def test_a_header_takes_its_picture_where_damage_is_tolerated(self) -> None:
        data = claims(saved(picture(8, 8), subsampling=0, progressive=True), 0xC2, 3000)
        taken, pixels = growth(data, tolerant=True)
        assert pixels == 3000 * 3000 * 3
        assert taken < 16 * len(data) + pixels + 8 * MIB

    def test_a_band_in_front_of_the_dc_coefficients_takes_none(self) -> None:
        # one code ends the band of up to 32767 blocks
        tables = segment(0xC4, b"\x10" + bytes([1, *[0] * 15]) + b"\xe0")
        sof = segment(0xC2, b"\x08" + (16384).to_bytes(2, "big") * 2 + b"\x01\x01\x11\0")
        scan = segment(0xDA, b"\x01\x01\0\x01\x3f\0") + b"\x7f\xff\0" * 300
        taken, _ = growth(SOI + QUANT + sof + tables + scan + EOI)
        assert taken < 8 * MIB

    @pytest.mark.parametrize("pixel_format", ["yuyv", "vyuy", "nv12", "nv16"])
    @pytest.mark.parametrize("orientation", [1, 3, 6])
    def test_yuv_takes_strips_of_rgb(self, pixel_format: str, orientation: int) -> None:
        image = Image.new("RGB", (4000, 3000), (10, 200, 30))
        exif = Image.Exif()
        exif[0x0112] = orientation
        png = io.BytesIO()
        image.save(png, "PNG", exif=exif)
        for data in (png.getvalue(), saved(image, exif=exif, subsampling=0)):
            taken, pixels = decode_growth(data, pixel_format, "uint8")
            assert pixels == 4000 * 3000 * (1.5 if pixel_format == "nv12" else 2)
            assert taken < 16 * len(data) + pixels + 8 * MIB

    @pytest.mark.parametrize("marker", [0xC1, 0xC9], ids=["Huffman", "arithmetic"])
    def test_twelve_bits_take_rows(self, marker: int) -> None:
        # flat: "0" is both a DC difference of 0 and the end of a block
        side = 2048
        ids = b"\1\2\3"
        components = b"".join(bytes([i]) + b"\x11\0" for i in ids)
        sof = segment(marker, b"\x0c" + side.to_bytes(2, "big") * 2 + b"\3" + components)
        table = bytes([1, *[0] * 15]) + b"\0"
        tables = segment(0xC4, b"\0" + table + b"\x10" + table)
        sos = segment(0xDA, b"\3" + b"".join(bytes([i, 0]) for i in ids) + b"\0\x3f\0")
        scan = sos + bytes(3 * (side // 8) ** 2 // 4)
        data = SOI + QUANT + tables + sof + scan + EOI
        taken, pixels = decode_growth(data, "rgb", "uint16")
        assert pixels == side * side * 6
        assert taken < 16 * len(data) + pixels + 8 * MIB

    @pytest.mark.parametrize("step", [0, 1, 3])
    def test_restart_markers_take_little(self, step: int) -> None:
        count = 2 * MIB
        markers = b"".join(bytes([0xFF, 0xD0 + (2 + step * i) % 8]) for i in range(8))
        for interval in (b"", segment(0xDD, b"\0\x01")):
            data = SOI + interval + saved(picture(8, 8))[2:-2] + markers * (count // 8) + EOI
            taken, _ = growth(data, tolerant=True)
            assert taken < 16 * len(data) + 8 * MIB


def test_a_coefficient_in_too_many_scans_is_refused() -> None:
    blocks = (2048 // 8) ** 2
    sof = segment(0xC2, b"\x08" + (2048).to_bytes(2, "big") * 2 + b"\x01\x01\x11\0")
    tables = segment(0xC4, b"\0" + bytes([1, *[0] * 15]) + b"\0")
    tables += segment(0xC4, b"\x10" + bytes([1, 1, *[0] * 14]) + b"\xe0\x01")
    text = ("0" + format(32767 - 16384, "014b")) * (blocks // 32767) + "0" + "0" * 14
    text += "1" * (-len(text) % 8)
    run = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    dc = segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes(blocks // 8)
    first = segment(0xDA, bytes([1, 1, 0, 1, 63, 1])) + run
    again = segment(0xDA, bytes([1, 1, 0, 1, 63, 0x10])) + run
    data = SOI + QUANT + sof + tables + dc + first
    assert ef.Tensor.load_from_bytes(data + again * 13 + EOI).shape == [2048, 2048, 3]
    begin = time.monotonic()
    for tolerant in (False, True):
        with pytest.raises(ef.InvalidDataError, match="more than the limit of 14 scans"):
            ef.Tensor.load_from_bytes(data + again * 250 + EOI, tolerant=tolerant)
    assert time.monotonic() - begin < 10


def test_a_progressive_file_may_have_every_scan_of_max_scans() -> None:
    frame, plain = ycc(2, 2), ycc(2, 2)
    bands = b"".join(frame.band_scan(i, k) for i in range(3) for k in range(1, 64))
    data = SOI + QUANT + TABLES + frame.sof(0xC2) + frame.dc_scan([0, 1, 2]) + bands + EOI
    wanted = by_pillow(SOI + QUANT + TABLES + plain.sof() + plain.scan([0, 1, 2]) + EOI)
    assert np.array_equal(ef.Tensor.load_from_bytes(data, max_scans=190).numpy(), wanted)
    with pytest.raises(ef.InvalidDataError, match="max_scans"):
        ef.Tensor.load_from_bytes(data, max_scans=189)
