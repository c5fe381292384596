# SPDX-License-Identifier: Apache-2.0
"""python -m edgefirst_hal.cli, the same as edgefirst-hal."""

from __future__ import annotations

import sys

from edgefirst_hal.cli import command

if __name__ == "__main__":
    sys.exit(command())
