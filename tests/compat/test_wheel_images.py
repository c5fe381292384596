# SPDX-License-Identifier: Apache-2.0
"""Thousands of conversions against the published 0.24.2 wheel: every difference has a known reason,
a numbered weakness (spec/tensor-codec-image.md, section 11) where it has one.

Deep job: `make compat`, which makes the wheel's own environment.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from image_cases import YUV, Conversion, background, conversions, run  # noqa: E402

ROOT = HERE.parents[1]
WHEEL = ROOT / "build/bench-wheels/0.24.2/bin/python"

pytestmark = pytest.mark.skipif(not WHEEL.exists(), reason=f"{WHEEL} is made by `make compat`")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("wheel") / "images"
    environment = {**os.environ, "RUST_LOG": "off"}
    environment.pop("PYTHONPATH", None)
    subprocess.run(
        [str(WHEEL), str(HERE / "wheel_images.py"), str(out)], check=True, env=environment
    )
    results: dict[str, Any] = pickle.loads(out.read_bytes())
    return results


def placed(case: Conversion, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The bytes that belong to pixels of the rectangle."""
    mask = np.ones(shape, bool)
    if case.geometry.place is None:
        return mask
    left, top, width, height = case.geometry.place
    mask[...] = False
    rows, columns = slice(top, top + height), slice(left, left + width)
    if case.target.startswith("Planar"):
        mask[:, rows, columns] = True
    else:
        mask[rows, columns] = True
    if case.target == "Nv16":  # chroma rows follow the luma rows
        mask[case.geometry.size[1] :] = mask[: case.geometry.size[1]]
    return mask


def difference(case: Conversion, a: Any, b: Any) -> NDArray[np.int_]:
    """Levels between two destinations; int8 bytes wrap around."""
    distance: NDArray[np.int_] = np.abs(a.astype(int) - b.astype(int))
    return np.minimum(distance, 256 - distance) if case.dtype == "int8" else distance


def tolerance(case: Conversion) -> int:
    """Section 4.5: colour within 2 levels from YUV, 1 into it; resampling within 1. The wheel turns
    YUV into YUV through RGB, except where it only moves whole images."""
    moves_bytes = case.target in (case.source, "Nv16") and case.source in ("Yuyv", "Vyuy")
    if case.source in YUV:
        color = 0 if moves_bytes and case.geometry.name == "same size" else 2
    else:
        color = 1 if case.target in (*YUV, "Grey") and case.target != case.source else 0
    return color + (1 if case.geometry.resizes() else 0)


def failure(case: Conversion, error: str) -> str | None:
    if case.geometry.name == "turned mirror" and "out of the image boundaries" in error:
        return "28: quarter turn with flip fails on other than squares"
    if "NotSupported" in error:
        return "32: no way back from, or into, the format it works in"
    return None


def inside(case: Conversion) -> str | None:
    """Why pixels of the rectangle may differ."""
    if "Grey" in (case.source, case.target) and {case.source, case.target} & set(YUV):
        return "27: luma range"
    if case.geometry.source and case.geometry.resizes():
        return "30: taps leave the source rectangle"
    if case.source in YUV and case.content == "noise":
        return "YUV outside the RGB cube saturates midway"
    return None


def outside(case: Conversion) -> str | None:
    """Why pixels around the rectangle may differ."""
    if case.geometry.fills:
        return "30: fill of BGRA is not swapped" if case.target == "Bgra" else None
    if case.geometry.turn:
        return "28: a turn into a part loses what was there"
    return "28: what is kept passes through the format it works in"


def test_every_difference_has_its_reason(wheel: dict[str, Any]) -> None:
    agreed, reasons, wrong = 0, Counter[str](), dict[str, str]()
    for case in conversions():
        ours, theirs = run(case), wheel[case.name]
        mask = placed(case, ours.shape)
        if case.geometry.place and not case.geometry.fills:
            kept = background(case, list(ours.shape))
            assert np.array_equal(ours[~mask], kept[~mask]), case.name
        if isinstance(theirs, str):
            found = [(failure(case, theirs), theirs)]
        else:
            levels = difference(case, ours, theirs)
            found = []
            if (worst := levels[mask].max()) > tolerance(case):
                found.append((inside(case), f"{worst} levels"))
            if not mask.all() and (worst := levels[~mask].max()) > 1:
                found.append((outside(case), f"{worst} levels around the rectangle"))
        agreed += not found
        for reason, text in found:
            if reason is None:
                wrong[case.name] = text
            else:
                reasons[reason] += 1
    print(f"\n{agreed} conversions agree; the others: {dict(reasons)}")
    assert not wrong, f"{len(wrong)} differ: {dict(list(wrong.items())[:40])}"
    assert agreed > len(conversions()) // 2
    assert len(reasons) == 8  # none stands here for nothing
