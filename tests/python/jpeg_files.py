# SPDX-License-Identifier: Apache-2.0
"""JPEG files made by hand (T.81), for what no encoder writes, and edits of what Pillow wrote."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def segment(marker: int, payload: bytes = b"", length: int | None = None) -> bytes:
    size = len(payload) + 2 if length is None else length
    return bytes([0xFF, marker]) + size.to_bytes(2, "big") + payload


def by_pillow(data: bytes) -> NDArray[np.uint8]:
    """What Pillow makes of a file, upright, as RGB."""
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):  # 16 bits, which Pillow would clip
            upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
        return np.asarray(upright.convert("RGB"))


def picture(width: int = 64, height: int = 48) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 120 * np.sin(x / (3 + c) + y / (7 - c)) for c in range(3)]
    return Image.fromarray(np.stack(waves, axis=-1).astype(np.uint8))


def saved(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def segments(data: bytes) -> list[tuple[int, int, int]]:
    """Marker, begin and end of every segment up to the first SOS."""
    found = []
    at = 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], at, end))
        at = end
    return [*found, (0xDA, at, at + 2 + int.from_bytes(data[at + 2 : at + 4], "big"))]


def position(data: bytes, marker: int) -> int:
    return next(begin for found, begin, _ in segments(data) if found == marker)


def restart_positions(data: bytes) -> list[int]:
    """Where RSTn markers stand in the scans."""
    begin = segments(data)[-1][2]
    return [
        i
        for i in range(begin, len(data) - 1)
        if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 7 + 0xD0
    ]


_DC_COUNTS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
_DC_SYMBOLS = bytes(range(12))
# Codes of eight bits for the first 255 symbols that AC coefficients can have: simple, not short.
_AC_SYMBOLS = bytes([0x00, 0xF0] + [r << 4 | s for r in range(16) for s in range(1, 11)])
_AC_COUNTS = bytes([0, 0, 0, 0, 0, 0, 0, len(_AC_SYMBOLS)] + [0] * 8)


def _codes(counts: bytes, symbols: bytes) -> dict[int, str]:
    codes = {}
    code = index = 0
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            codes[symbols[index]] = format(code, f"0{length}b")
            code += 1
            index += 1
        code <<= 1
    return codes


_DC = _codes(_DC_COUNTS, _DC_SYMBOLS)
_AC = _codes(_AC_COUNTS, _AC_SYMBOLS)
TABLES = segment(0xC4, b"\0" + _DC_COUNTS + _DC_SYMBOLS + b"\x10" + _AC_COUNTS + _AC_SYMBOLS)
QUANT = segment(0xDB, b"\0" + bytes([4] * 64))


def _value(value: int) -> tuple[int, str]:
    size = abs(value).bit_length()
    return size, format(
        value if value > 0 else value + (1 << size) - 1, f"0{size}b"
    ) if size else ""


def _packed(text: str) -> bytes:
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def _divided(a: int, b: int) -> int:
    """Rounded up."""
    return (a + b - 1) // b


@dataclass
class Component:
    id: int
    h: int = 1
    v: int = 1
    blocks: dict[tuple[int, int], list[int]] = field(default_factory=dict)


@dataclass
class Frame:
    """A sequential frame of random blocks; every scan is written by call."""

    width: int
    height: int
    components: list[Component]
    seed: int = 1

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        self.h_max = max(c.h for c in self.components)
        self.v_max = max(c.v for c in self.components)
        self.mcus = -(-self.width // (8 * self.h_max)), -(-self.height // (8 * self.v_max))
        for c in self.components:
            for y in range(self.mcus[1] * c.v):
                for x in range(self.mcus[0] * c.h):
                    block = [0] * 64
                    block[0] = int(random.integers(-200, 200))
                    for k in random.integers(1, 30, 4):
                        block[int(k)] = int(random.integers(-20, 20))
                    c.blocks[x, y] = block

    def sof(self, marker: int = 0xC0, ids: list[int] | None = None) -> bytes:
        ids = ids or [c.id for c in self.components]
        size = self.height.to_bytes(2, "big") + self.width.to_bytes(2, "big")
        specs = b"".join(
            bytes([i, c.h << 4 | c.v, 0]) for i, c in zip(ids, self.components, strict=True)
        )
        return segment(marker, b"\x08" + size + bytes([len(ids)]) + specs)

    def _order(self, scan: list[Component]) -> list[list[tuple[Component, int, int]]]:
        """The blocks of every MCU."""
        if len(scan) == 1:
            (c,) = scan
            columns = _divided(_divided(self.width * c.h, self.h_max), 8)
            rows = _divided(_divided(self.height * c.v, self.v_max), 8)
            return [[(c, x, y)] for y in range(rows) for x in range(columns)]
        return [
            [(c, mx * c.h + x, my * c.v + y) for c in scan for y in range(c.v) for x in range(c.h)]
            for my in range(self.mcus[1])
            for mx in range(self.mcus[0])
        ]

    def scan(
        self,
        order: list[int],
        ids: list[int] | None = None,
        surplus_zeros: bool = False,
        interval: int = 0,
    ) -> bytes:
        """SOS and data of the components at these indices; ids as the SOS names them."""
        return self._written(
            order, ids, (0, 63), lambda block: self._ac(block, surplus_zeros), interval
        )

    def dc_scan(self, order: list[int]) -> bytes:
        """The progressive scan of the DC coefficients, all bits at once."""
        return self._written(order, None, (0, 0), lambda block: "")

    def band_scan(self, index: int, k: int) -> bytes:
        """The progressive scan of one AC coefficient of one component."""

        def code(block: list[int]) -> str:
            size, raw = _value(block[k])
            return _AC[size] + raw  # of size 0: the band ends

        return self._written([index], None, (k, k), code)

    def _written(
        self,
        order: list[int],
        ids: list[int] | None,
        band: tuple[int, int],
        code: Callable[[list[int]], str],
        interval: int = 0,
    ) -> bytes:
        chosen = [self.components[i] for i in order]
        ids = ids or [c.id for c in chosen]
        mcus = self._order(chosen)
        step = interval or len(mcus)
        data = b""
        for i, first in enumerate(range(0, len(mcus), step)):
            predictors = {id(c): 0 for c in chosen}
            bits: list[str] = []
            for c, x, y in (block for mcu in mcus[first : first + step] for block in mcu):
                block = c.blocks[x, y]
                if band[0] == 0:
                    size, raw = _value(block[0] - predictors[id(c)])
                    predictors[id(c)] = block[0]
                    bits.append(_DC[size] + raw)
                bits.append(code(block))
            data += bytes([0xFF, 0xD0 + (i - 1) % 8]) * (i > 0) + _packed("".join(bits))
        specs = b"".join(bytes([i, 0]) for i in ids)
        return segment(0xDA, bytes([len(ids)]) + specs + bytes([*band, 0])) + data

    @staticmethod
    def _ac(block: list[int], surplus_zeros: bool) -> str:
        out = ""
        k = 1
        run = 0
        for k in range(1, 64):
            if block[k] == 0:
                run += 1
                continue
            out += _AC[0xF0] * (run // 16)
            size, raw = _value(block[k])
            out += _AC[run % 16 << 4 | size] + raw
            run = 0
        if run and surplus_zeros:
            return out + _AC[0xF0] * (-(-run // 16))  # the last of them leaves the block
        return out + _AC[0x00] if run else out


def ycc(
    h: int = 1, v: int = 1, size: tuple[int, int] = (64, 48), ids: tuple[int, ...] = (1, 2, 3)
) -> Frame:
    return Frame(*size, [Component(ids[0], h, v), *(Component(i) for i in ids[1:])])
