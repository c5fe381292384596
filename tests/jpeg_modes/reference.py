# SPDX-License-Identifier: Apache-2.0
"""cjpeg and djpeg of libjpeg-turbo 3, an encoder of lossless files that cjpeg does not write, and
what this package decodes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.uint16]
FOLDER = Path(os.environ.get("EDGEFIRST_CJPEG", "build/jpeg-modes"))


def run(tool: str, arguments: Sequence[str], data: bytes) -> bytes:
    """Standard output; empty where the tool fails. The tools bring the loader they need."""
    libraries = next((FOLDER / "root/usr/lib").glob("*-linux-gnu"))
    loader = next((FOLDER / "root").rglob("ld-linux*"))
    command = [loader, "--library-path", libraries, FOLDER / "root/usr/bin" / tool, *arguments]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def scene(width: int, height: int, channels: int, largest: int) -> Samples:
    """A ramp with some noise, edges, and noise: one in each channel."""
    rng = np.random.default_rng(width * 71 + height)
    y, x = np.mgrid[0:height, 0:width]
    ramp = (x * largest // max(width - 1, 1) + y * 37) % (largest + 1)
    edges = np.where((x // 5 + y // 3) % 2 == 0, 0, largest)
    noise = rng.integers(0, largest + 1, (height, width))
    return np.stack([ramp, edges, noise][:channels], axis=-1).astype(np.uint16)


def to_pnm(pixels: Samples, largest: int) -> bytes:
    height, width, channels = pixels.shape
    header = f"P{6 if channels == 3 else 5}\n{width} {height}\n{largest}\n".encode()
    return header + pixels.astype(">u2" if largest > 255 else "u1").tobytes()


def from_pnm(data: bytes) -> tuple[Samples, int]:
    """Pixels, and the largest sample there can be."""
    kind, width, height, rest = data.split(maxsplit=3)
    largest, body = rest.split(b"\n", 1)
    shape = (int(height), int(width), 3 if kind == b"P6" else 1)
    samples = np.frombuffer(body, ">u2" if int(largest) > 255 else "u1")
    return samples.reshape(shape).astype(np.uint16), int(largest)


def widen(samples: Samples, precision: int) -> Samples:
    """Samples of more than 8 bits repeated to 16, as this package gives them."""
    if precision <= 8:
        return samples
    wide = samples.astype(np.uint32)
    return (wide << (16 - precision) | wide >> (2 * precision - 16)).astype(np.uint16)


def djpeg(data: bytes) -> Samples | None:
    """What libjpeg-turbo decodes; None where it refuses."""
    pnm = run("djpeg", ["-pnm"], data)
    if not pnm:
        return None
    samples, largest = from_pnm(pnm)
    return widen(samples, largest.bit_length())


def ours(data: bytes, channels: int, deep: bool) -> Samples:
    info = ef.Tensor.peek_image_info(data)
    pixel_format = ef.PixelFormat.Rgb if channels == 3 else ef.PixelFormat.Grey
    dtype = "uint16" if deep else "uint8"
    image = ef.Tensor.image(info.width, info.height, pixel_format, ef.TensorMemory.MEM, dtype)
    image.decode_image(data, pixel_format)
    return image.numpy().astype(np.uint16)


@dataclass
class Count:
    """Files compared, and their samples that differ."""

    files: int = 0
    samples: int = 0
    different: int = 0

    def compare(self, data: bytes, precision: int, name: object) -> None:
        expected = djpeg(data)
        assert expected is not None, f"djpeg refuses {name}"
        got = ours(data, expected.shape[2], precision > 8)
        wrong = int((got != expected).sum())
        if wrong:
            print(f"{name}: {wrong} of {got.size} samples differ")
        self.files += 1
        self.samples += got.size
        self.different += wrong

    def finish(self, what: str) -> None:
        print(f"{what}: {self.files} files, {self.samples} samples, {self.different} differ")
        assert self.files > 0
        assert self.different == 0


@dataclass
class Lossless:
    """A lossless file (T.81 annex H) whose components have sampling factors: cjpeg writes none.
    All Huffman codes have five bits."""

    planes: list[Samples]
    sampling: list[tuple[int, int]]
    size: tuple[int, int]
    precision: int = 8
    predictor: int = 1
    point_transform: int = 0
    restart_rows: int = 0
    interleaved: bool = True

    def encode(self) -> bytes:
        width, height = self.size
        frame = [self.precision, height >> 8, height & 255, width >> 8, width & 255]
        frame.append(len(self.planes))
        for i, (h, v) in enumerate(self.sampling):
            frame += [i + 1, h << 4 | v, 0]
        table = [0, 0, 0, 0, 0, 17, *[0] * 11, *range(17)]
        out = b"\xff\xd8" + segment(0xC3, frame) + segment(0xC4, table)
        everything = list(range(len(self.planes)))
        for scan in [everything] if self.interleaved else [[i] for i in everything]:
            out += self.scan(scan)
        return out + b"\xff\xd9"

    def scan(self, indices: list[int]) -> bytes:
        alone = len(indices) == 1
        h_max = max(h for h, _ in self.sampling)
        v_max = max(v for _, v in self.sampling)
        width, height = self.size
        if alone:
            rows, mcus = self.planes[indices[0]].shape
        else:
            rows, mcus = -(-height // v_max), -(-width // h_max)
        interval = self.restart_rows * mcus
        header = [len(indices)]
        for i in indices:
            header += [i + 1, 0]
        out = segment(0xDD, [interval >> 8, interval & 255])
        out += segment(0xDA, [*header, self.predictor, 0, self.point_transform])
        bits: list[str] = []
        for row in range(rows):
            begins = row == 0 or (self.restart_rows != 0 and row % self.restart_rows == 0)
            if begins and row != 0:
                out += stuffed(bits) + bytes([0xFF, 0xD0 + (row // self.restart_rows - 1) % 8])
                bits = []
            for mcu in range(mcus):
                for i in indices:
                    h, v = (1, 1) if alone else self.sampling[i]
                    for y in range(v):
                        for x in range(h):
                            at = (row * v + y, mcu * h + x)
                            bits.append(code(self.difference(i, *at, begins and y == 0)))
        return out + stuffed(bits)

    def difference(self, index: int, y: int, x: int, first_row: bool) -> int:
        plane = self.planes[index] >> self.point_transform
        if y >= plane.shape[0] or x >= plane.shape[1]:
            return 0
        value = int(plane[y, x])
        if first_row:
            middle = 1 << (self.precision - self.point_transform - 1)
            return value - (int(plane[y, x - 1]) if x else middle)
        b = int(plane[y - 1, x])
        if x == 0:
            return value - b
        a, c = int(plane[y, x - 1]), int(plane[y - 1, x - 1])
        predictions = (a, b, c, a + b - c, a + (b - c) // 2, b + (a - c) // 2, (a + b) // 2)
        return value - predictions[self.predictor - 1]


def segment(marker: int, payload: Sequence[int]) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + bytes(payload)


def code(difference: int) -> str:
    difference = (difference + 32768) % 65536 - 32768
    if difference == -32768:
        return "10000"
    size = abs(difference).bit_length()
    if size == 0:
        return "00000"
    raw = difference if difference > 0 else difference + (1 << size) - 1
    return f"{size:05b}{raw:0{size}b}"


def stuffed(bits: list[str]) -> bytes:
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    packed = int(text, 2).to_bytes(len(text) // 8, "big") if text else b""
    return packed.replace(b"\xff", b"\xff\x00")
