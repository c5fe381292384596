# SPDX-License-Identifier: Apache-2.0
"""The variables that say where the tests find their data."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared_data import ROOT, shared_data


def test_the_folder_of_the_tests_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EDGEFIRST_TESTDATA_DIR", raising=False)
    monkeypatch.delenv("EDGEFIRST_SHARED_DATA", raising=False)
    assert shared_data() == ROOT.parent / "shared" / "data"
    monkeypatch.setenv("EDGEFIRST_SHARED_DATA", "/other")
    assert shared_data() == Path("/other")
    monkeypatch.setenv("EDGEFIRST_TESTDATA_DIR", str(tmp_path))
    assert shared_data() == tmp_path
    monkeypatch.setenv("EDGEFIRST_TESTDATA_DIR", "")
    assert shared_data() == Path("/other")
