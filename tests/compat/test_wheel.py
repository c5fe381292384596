# SPDX-License-Identifier: Apache-2.0
"""Thousands of seeded cases and ten thousand tracker updates against the published 0.24.2 wheel.

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

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "python")]

import edgefirst_hal as ef  # noqa: E402
from decoder_cases import INTEGERS, Case, cases  # noqa: E402
from decoder_running import difference, run  # noqa: E402
from scenes import account, overdue  # noqa: E402

ROOT = HERE.parents[1]
WHEEL = ROOT / "build/bench-wheels/0.24.2/bin/python"
SEEDS = int(os.environ.get("COMPAT_SEEDS", "40"))
SCENES, UPDATES = 110, 200

pytestmark = pytest.mark.skipif(not WHEEL.exists(), reason=f"{WHEEL} is made by `make compat`")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[int, Any]]:
    out = tmp_path_factory.mktemp("wheel") / "results"
    command = [str(WHEEL), str(HERE / "wheel_results.py"), str(out)]
    command += [str(number) for number in (0, SEEDS, SCENES, UPDATES)]
    environment = {**os.environ, "RUST_LOG": "off"}
    environment.pop("PYTHONPATH", None)
    subprocess.run(command, check=True, env=environment)
    decoded, tracked = pickle.loads(out.read_bytes())
    return decoded, tracked


def weakness(case: Case, ours: Any) -> int | None:
    """The numbered weakness (spec/decoder-tracker.md, section 16) that explains a difference."""
    if case.kind == "2way" and case.outputs[0].stored.dtype.kind != "f":
        return 1  # it aborts
    has_ties = len(np.unique(ours[1])) < len(ours[1])
    if case.nms is None and case.kind in ("seg", "2way", "splitseg") and has_ties:
        return 18  # it sorts without keeping the order of equal scores
    return None


def test_decoding_agrees(wheel: tuple[dict[str, Any], dict[int, Any]]) -> None:
    compared: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    wrong: dict[str, str] = {}
    for case in cases(range(SEEDS)):
        theirs = wheel[0][case.name]
        ours = run(case)
        exact = case.kind.startswith("modelpack") and case.outputs[0].stored.dtype.name in (
            *INTEGERS,
            "float32",
        )
        if isinstance(theirs, str):
            text = f"the wheel raises {theirs[:200]}"
        else:
            text = difference(ours, theirs, exact)
        number = weakness(case, ours)
        if text and number is not None:
            explained[f"{case.kind}: weakness {number}"] += 1
        elif text:
            wrong[case.name] = text
        else:
            compared[case.kind] += 1
    print(f"\n{sum(compared.values())} cases agree: {dict(compared)}; explained: {dict(explained)}")
    assert not wrong, f"{len(wrong)} differ: {dict(list(wrong.items())[:40])}"
    assert min(compared.values()) > 0


def test_tracking_agrees(wheel: tuple[dict[str, Any], dict[int, Any]]) -> None:
    """Identical association in every update, locations within 1e-5.

    The wheel also matches tracks that have outlived their lifespan; a scene may end where one of
    those took part, as nothing after it is the same.
    """
    updates = 0
    for seed, theirs in wheel[1].items():
        ours = account(ef.ByteTrack(), seed, UPDATES)
        late = overdue(theirs, seed)
        for frame, (mine, their) in enumerate(zip(ours, theirs)):
            if late[frame] and followed(mine) != followed(their):
                break
            updates += 1
            assert followed(mine) == followed(their), (seed, frame)
            for which in (0, 1):
                a = np.array([r[2] for r in mine[which]], np.float64).reshape(-1, 4)
                b = np.array([r[2] for r in their[which]], np.float64).reshape(-1, 4)
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    print(f"\n{updates} updates agree")
    assert updates > 10_000


def followed(frame: Any) -> list[list[Any]]:
    """Track and count by box, then of the active tracks."""
    return [[entry[:2] for entry in part] for part in frame]
