# SPDX-License-Identifier: Apache-2.0
"""How fast a Python thread runs while another converts: a core is left to it, so that only the
interpreter lock can slow it down. Speed kept: the time alone over the time beside."""

from __future__ import annotations

import pytest
from conftest import Compare


@pytest.mark.parametrize("beside", ["alone", "convert"])
def test_python_loop(compare: Compare, beside: str) -> None:
    compare(f"python_loop {beside}")
