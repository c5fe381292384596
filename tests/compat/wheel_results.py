# SPDX-License-Identifier: Apache-2.0
"""Runs in the environment of a published wheel: decodes the seeded cases, tracks the scenes.

python wheel_results.py OUT FIRST_SEED LAST_SEED SCENES UPDATES
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "python")]

import edgefirst_hal as ef  # noqa: E402
from decoder_cases import cases  # noqa: E402
from decoder_running import run  # noqa: E402
from scenes import account  # noqa: E402


def main() -> None:
    first, last, scenes, updates = (int(text) for text in sys.argv[2:6])
    decoded: dict[str, object] = {}
    for case in cases(range(first, last)):
        try:
            decoded[case.name] = run(case)
        except BaseException as error:  # the wheel's assertions are no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            decoded[case.name] = f"{type(error).__name__}: {error}"
    tracked = {seed: account(ef.ByteTrack(), seed, updates) for seed in range(scenes)}
    Path(sys.argv[1]).write_bytes(pickle.dumps((decoded, tracked)))


if __name__ == "__main__":
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # its assertion messages
    main()
