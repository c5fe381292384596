# SPDX-License-Identifier: Apache-2.0
"""Who takes part, and the talk with their worker processes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WHEELS = Path(os.environ.get("EDGEFIRST_BENCH_WHEELS", HERE.parents[1] / "build/bench-wheels"))
SECONDS_TO_ANSWER = 30.0


@dataclass(frozen=True)
class Contestant:
    """A name, the module of its cases, how its case functions begin, its interpreter, and variables
    to set for it."""

    name: str
    module: str
    prefix: str
    python: Path
    variables: Mapping[str, str] = field(default_factory=dict)


OURS = Contestant("edgefirst", "edgefirst", "", Path(sys.executable))
CONTESTANTS = [
    OURS,
    *(
        Contestant(n, "peers", n + "_", OURS.python)
        for n in ("numpy", "opencv", "simplejpeg", "pillow", "imagecodecs")
    ),
    *(
        Contestant(f"wheel-{v}", "edgefirst", "", WHEELS / v / "bin/python")
        for v in ("0.24.2", "0.28.3")
    ),
    Contestant("wheel-0.38.0", "decoder", "", WHEELS / "0.38.0/bin/python"),
    Contestant("image-0.38.0", "newer", "", WHEELS / "image-0.38.0/bin/python"),
]
# On OpenGL, a driver that renders on the CPU included: ours when it is allowed to, the wheel where
# Mesa hides the driver's name.
ON_OPENGL = {
    "EDGEFIRST_FORCE_BACKEND": "opengl",
    "EDGEFIRST_FORCE_TRANSFER": "pbo",
    "EDGEFIRST_ALLOW_SOFTWARE_GL": "1",
    "force_gl_renderer": "benchmark",
}
GL_CONTESTANTS = [
    replace(c, module="gl", variables=ON_OPENGL)
    for c in CONTESTANTS
    if c.name in (OURS.name, "wheel-0.24.2")
]


class Worker:
    """One contestant ready to run one case."""

    def __init__(self, contestant: Contestant, case: str, jpeg: Path) -> None:
        environment = {**os.environ, "EDGEFIRST_BENCH_JPEG": str(jpeg), "RUST_LOG": "off"}
        environment.update(contestant.variables)
        if contestant.python != OURS.python:
            environment.pop("PYTHONPATH", None)  # it may lead to this tree's package
        self._process = subprocess.Popen(
            [str(contestant.python), str(HERE / "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        answer = self._ask({"library": contestant.module, "case": contestant.prefix + case})
        self.missing: str | None = answer.get("missing")

    def run(self, count: int) -> float:
        """Seconds that count calls took."""
        return float(self._ask({"run": count})["seconds"])

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], SECONDS_TO_ANSWER)[0]:
            self._process.kill()
            self._process.wait()
            raise TimeoutError(f"no answer in {SECONDS_TO_ANSWER:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker ended with code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
