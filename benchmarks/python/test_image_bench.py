# SPDX-License-Identifier: Apache-2.0
"""The cases of area image against every contestant, like with like: the anti-aliased filter against
the wheels that have it and OpenCV's INTER_AREA, the plain one against edgefirst-image 0.38 and
INTER_LINEAR."""

from __future__ import annotations

import pytest
from conftest import Compare

FILTERS = ("antialias", "bilinear")
OUTPUTS = (("Rgb", "uint8"), ("PlanarRgb", "uint8"), ("Rgb", "int8"), ("PlanarRgb", "float32"))


@pytest.mark.parametrize("filter", FILTERS)
@pytest.mark.parametrize(("target", "dtype"), OUTPUTS)
@pytest.mark.parametrize("source", ["Nv12", "Yuyv", "Rgba", "Rgb"])
def test_letterbox(compare: Compare, source: str, target: str, dtype: str, filter: str) -> None:
    compare(f"letterbox {source} {target} {dtype} {filter}")


@pytest.mark.parametrize("filter", FILTERS)
def test_letterbox_4k(compare: Compare, filter: str) -> None:
    compare(f"letterbox Nv12 Rgb uint8 {filter} 4k")


@pytest.mark.parametrize("filter", FILTERS)
@pytest.mark.parametrize("sizes", ["Rgb 1080p 720p", "Rgba 720p 1080p"])
def test_resize(compare: Compare, sizes: str, filter: str) -> None:
    compare(f"resize {sizes} {filter}")


@pytest.mark.parametrize(
    "pair",
    ["Nv12 Rgb", "Yuyv Rgb", "Nv12 Rgba", "Rgb Nv16", "Rgba Rgb", "Rgb Rgba", "Rgb PlanarRgb"],
)
def test_recolor(compare: Compare, pair: str) -> None:
    compare(f"recolor {pair}")


@pytest.mark.parametrize("turn", ["Rgba 90", "Rgb 90", "Rgba 180", "Rgb 180"])
def test_rotate(compare: Compare, turn: str) -> None:
    compare(f"rotate {turn}")


@pytest.mark.parametrize("case", ["masks_scaled", "draw_masks", "draw_masks tracked"])
def test_masks(compare: Compare, case: str) -> None:
    compare(case)
