# SPDX-License-Identifier: Apache-2.0
"""How much longer importing edgefirst_hal takes than importing numpy: fails above 30 ms. The least
of many alternating runs, which other work on the machine lengthens least."""

import subprocess
import sys
import time

LIMIT_MS = 30.0


def milliseconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return (time.perf_counter() - start) * 1e3


pairs = [
    (milliseconds("import numpy"), milliseconds("import numpy, edgefirst_hal")) for _ in range(30)
]
alone, both = (min(column) for column in zip(*pairs))
print(f"import numpy {alone:.1f} ms, with edgefirst_hal {both - alone:.1f} ms more")
sys.exit(both - alone > LIMIT_MS)
