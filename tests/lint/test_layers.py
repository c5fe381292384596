# SPDX-License-Identifier: Apache-2.0
"""Every #include keeps to the table of allowed edges (ARCHITECTURE.md, "Layers")."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sources import text, tracked

# The areas whose headers an area may include with quotes.
ALLOWED = {
    "base": {"base"},
    "tensor": {"base", "tensor"},
    "codec": {"base", "tensor", "codec"},
    "image": {"base", "tensor", "image"},
    "decoder": {"base", "tensor", "decoder"},
    "tracker": {"base", "tracker"},
    "model": {"base", "tensor", "decoder", "model"},
}
# The public headers that belong to each area; base and data are everybody's.
PUBLIC = {
    "export": "base",
    "span": "base",
    "error": "base",
    "geometry": "base",
    "ignored": "base",
    "runtime": "base",
    "dtype": "base",
    "pixel_format": "tensor",
    "tensor": "tensor",
    "detection": "tensor",
    "codec": "codec",
    "fence": "image",
    "image": "image",
    "decoder": "decoder",
    "tracker": "tracker",
    "engine_plugin": "model",
    "model": "model",
}
PUBLIC_ALLOWED = {
    **{area: edges | {"base", "tensor"} for area, edges in ALLOWED.items()},
    "base": {"base"},
}
# Third-party headers that exactly these places may see.
THIRD_PARTY = {
    r"nlohmann/": r"cpp/decoder/|tests/",
    r"yaml-cpp/": r"cpp/decoder/yaml\.cpp$",
    r"libdeflate\.h": r"cpp/(codec/png_(chunks|data)|decoder/archive)\.cpp$|tests/",
    r"zlib\.h": r"cpp/codec/png_data\.cpp$|tests/",
    r"pybind11/": r"python/src/",
    r"oneapi/tbb/|tbb/": r"cpp/base/parallel\.cpp$",
    r"linux/": r"cpp/tensor/|tests/dma_double/|tests/capi/mini_delegate|tests/cpp/support/camera",
    r"EGL/|GLES|glad/": r"cpp/image/gl/",
    r"png\.h": r"(tests|benchmarks)/",
    r"turbojpeg\.h|jpeglib\.h": r"(tests|benchmarks)/",
    r"gtest/|gmock/": r"tests/",
    r"benchmark/": r"benchmarks/",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
FILES = tracked(".cpp", ".hpp", ".h", ".c")


def core_area(path: Path) -> str | None:
    return path.parts[1] if path.parts[0] == "cpp" and len(path.parts) > 2 else None


@pytest.mark.parametrize("path", [f for f in FILES if core_area(f)], ids=str)
def test_core_file_includes_only_lower_layers(path: Path) -> None:
    area = core_area(path)
    assert area is not None
    for quote, name in INCLUDE.findall(text(path)):
        if quote != '"':
            continue
        first = name.split("/")[0]
        if first == "edgefirst":
            assert PUBLIC[Path(name).stem] in PUBLIC_ALLOWED[area], f"{path} includes {name}"
        elif first in ALLOWED:
            assert first in ALLOWED[area], f"{path} includes {name}"


@pytest.mark.parametrize(
    "path", [f for f in FILES if f.parts[:2] == ("include", "edgefirst")], ids=str
)
def test_public_header_includes_only_lower_public_headers(path: Path) -> None:
    if path.stem == "hal":
        return
    for quote, name in INCLUDE.findall(text(path)):
        if quote == '"':
            assert name.startswith("edgefirst/"), f"{path} includes the internal {name}"
            assert PUBLIC[Path(name).stem] in PUBLIC_ALLOWED[PUBLIC[path.stem]], name


@pytest.mark.parametrize("path", FILES, ids=str)
def test_third_party_headers_stay_in_their_place(path: Path) -> None:
    for _, name in INCLUDE.findall(text(path)):
        for header, place in THIRD_PARTY.items():
            if re.match(header, name):
                assert re.match(place, str(path)), f"{path} includes {name}"


@pytest.mark.parametrize("path", [f for f in FILES if f.parts[0] == "capi"], ids=str)
def test_c_surface_sees_public_headers_only(path: Path) -> None:
    for quote, name in INCLUDE.findall(text(path)):
        if quote == '"' and "/" in name:
            assert name.split("/")[0] in ("edgefirst", "capi", "base"), f"{path} includes {name}"
