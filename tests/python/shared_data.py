# SPDX-License-Identifier: Apache-2.0
"""Where trained models and photos that are not part of the repository lie."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def shared_data() -> Path:
    """EDGEFIRST_TESTDATA_DIR, EDGEFIRST_SHARED_DATA, or ../shared/data beside the checkout."""
    for variable in ("EDGEFIRST_TESTDATA_DIR", "EDGEFIRST_SHARED_DATA"):
        if folder := os.environ.get(variable):
            return Path(folder)
    return ROOT.parent / "shared" / "data"
