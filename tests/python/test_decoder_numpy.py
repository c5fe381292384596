# SPDX-License-Identifier: Apache-2.0
"""Seeded outputs of every model type against decoding as plain NumPy."""

from __future__ import annotations

import decoder_numpy
import pytest
from decoder_cases import DTYPES, Case, cases
from decoder_running import difference, run

ALL = list(cases(range(6)))
KINDS = sorted({case.kind for case in ALL})


def expected(case: Case) -> str:
    found = decoder_numpy.decode(case)
    exact = case.kind.startswith("modelpack-grid") and case.outputs[0].quantization is None
    wanted = (found.boxes, found.scores, found.labels, found.masks)
    return difference(run(case), wanted, exact and case.outputs[0].stored.dtype != "float16")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_type_and_dtype_matches_numpy(kind: str, dtype: str) -> None:
    chosen = [case for case in ALL if case.kind == kind and f"-{dtype}-" in case.name]
    if not chosen:
        pytest.skip(f"{kind} takes no {dtype}")
    wrong = {case.name: text for case in chosen if (text := expected(case))}
    assert not wrong
    assert sum(len(run(case)[0]) + len(run(case)[3]) for case in chosen) > 0
