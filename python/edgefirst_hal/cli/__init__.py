# SPDX-License-Identifier: Apache-2.0
"""The command `edgefirst-hal`. Importing edgefirst_hal does not import this package."""

from __future__ import annotations

from edgefirst_hal.cli.program import main

__all__ = ["main"]
