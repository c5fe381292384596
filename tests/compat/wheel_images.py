# SPDX-License-Identifier: Apache-2.0
"""Runs in the environment of a published wheel: converts every case, pickles bytes or errors.

python wheel_images.py OUT
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from image_cases import conversions, run


def main() -> None:
    results: dict[str, object] = {}
    for case in conversions():
        try:
            results[case.name] = run(case)
        except BaseException as error:  # the wheel's assertions are no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            results[case.name] = f"{type(error).__name__}: {error}"
    Path(sys.argv[1]).write_bytes(pickle.dumps(results))


if __name__ == "__main__":
    os.environ.setdefault("EDGEFIRST_FORCE_BACKEND", "cpu")
    os.environ.setdefault("EDGEFIRST_TENSOR_FORCE_MEM", "1")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # its assertion messages
    main()
