# SPDX-License-Identifier: Apache-2.0
"""Where sizes come from callers or files, they are multiplied by checked_multiply() alone.

A product that wraps around passes every check of a buffer's capacity: a "bottom-up" stride of
2^64 - 64, or a shape of [2, 2^62, 0], once let the decoder write in front of its tensor. The files
below are the front doors, which compute sizes before anything bounds them; behind them every size
has been checked, so that kernels may multiply freely."""

from __future__ import annotations

import re

import pytest
from sources import ROOT, text

FRONT_DOORS = (
    "cpp/codec/image_decoder.cpp",
    "cpp/codec/image_encoder.cpp",
    "cpp/codec/file_bytes.cpp",
    "cpp/tensor/import_fd.cpp",
    "cpp/tensor/layout.cpp",
    "cpp/tensor/shape.cpp",
    "cpp/tensor/storage_dma.cpp",
    "cpp/tensor/storage_fd.cpp",
    "cpp/tensor/storage_heap.cpp",
    "cpp/tensor/storage_iosurface.cpp",
    "cpp/tensor/storage_pbo.cpp",
    "cpp/tensor/storage_shm.cpp",
    "cpp/tensor/tensor.cpp",
    "cpp/tensor/tensor_map.cpp",
    "cpp/tensor/tensor_planes.cpp",
    "cpp/tensor/tensor_sharing.cpp",
    "cpp/tensor/tensor_views.cpp",
    "cpp/image/request.cpp",
    "cpp/image/gl/dma_image.cpp",
    "capi/codec.cpp",
    "capi/image.cpp",
    "capi/layout.cpp",
    "capi/tensor.cpp",
    "capi/views.cpp",
    "python/src/array_interface.cpp",
    "python/src/dlpack.cpp",
    "python/src/sharing.cpp",
    "python/src/tensor.cpp",
    "python/src/views.cpp",
)
# Products that cannot wrap around, and why.
ALLOWED = {
    ("cpp/image/gl/dma_image.cpp", "kTrialSize * 4"): "constants",
    ("cpp/image/gl/dma_image.cpp", "kTrialSize * kTrialSize * 4"): "constants",
    (
        "cpp/image/gl/dma_image.cpp",
        "row * pitch + column",
    ): "inside the trial picture of constant size",
    ("python/src/dlpack.cpp", "info.size * 8"): "bits of an element: at most 64",
}
# A field that holds a size, whatever it is called in front of that word.
WORDS = r"(?:stride|pitch|width|height|rows|extent|count|bytes|size|shape\[\w+\])"
SIZE = rf"(?:\w|\.|->|\[\w+\]|\(\))*{WORDS}_?(?:\(\w*\))?"
OPERAND = r"(?:\w|\.|->|\[\w+\]|\(\w*\))+"
PRODUCT = re.compile(
    rf"{SIZE} \* {OPERAND}|{OPERAND}[)\]]* \* {SIZE}\b|\) \* {SIZE}\b|{SIZE} \* \("
)


def code_lines(source: str) -> list[str]:
    """Lines without comments and texts."""
    source = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', source)
    return [line.split("//")[0] for line in source.splitlines()]


def unchecked_products(path: str, source: str) -> list[str]:
    allowed = [product for name, product in ALLOWED if name == path]
    return [
        f"{path}:{number}: {line.strip()}"
        for number, line in enumerate(code_lines(source), 1)
        if PRODUCT.search(line) and not any(product in line for product in allowed)
    ]


@pytest.mark.parametrize("path", FRONT_DOORS)
def test_sizes_are_multiplied_where_overflow_is_an_error(path: str) -> None:
    found = unchecked_products(path, text(ROOT / path))
    assert not found, "use checked_multiply() of base/checked.hpp, or say in ALLOWED why not: " + (
        "; ".join(found)
    )


@pytest.mark.parametrize(
    "line",
    [
        "const std::size_t needed = (rows - 1) * room.row_stride + row_bytes;",
        "return {width, shape[first], width * samples * dtype_size(tensor.dtype()), {}};",
        "if (format.layout == PixelLayout::kPlanar) rows += (format.channels - 1U) * room.height;",
        "const std::size_t begin = plane_offset_ + rect.top * stride + rect.left * pixel;",
        "const std::size_t bytes = shape.element_count() * dtype_size(dtype_);",
        "image.planes[i] = {image.height * stride * i, stride};",
        "size = shape[0] * item;",
    ],
)
def test_the_rule_finds_products_that_were_unchecked_once(line: str) -> None:
    assert unchecked_products("cpp/tensor/tensor.cpp", line)


@pytest.mark.parametrize(
    "line",
    [
        "const std::size_t* shape = tensor.shape().data();",
        "const std::size_t bytes = checked_multiply(stride, rows);",
        'return info.chroma_shift_y == 1 ? "[height * 3 / 2, width]" : "[height * 2, width]";',
        "// width * height",
        "auto* bytes = map.as<std::uint8_t>();",
    ],
)
def test_the_rule_leaves_everything_else_alone(line: str) -> None:
    assert not unchecked_products("cpp/tensor/tensor.cpp", line)


def test_every_exception_is_still_there() -> None:
    for path, product in ALLOWED:
        assert product in text(ROOT / path), f"{path} has no product {product} any more"
