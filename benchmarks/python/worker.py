# SPDX-License-Identifier: Apache-2.0
"""Times cases in a process of its own, so that every contestant can live in its own environment.

Reads one JSON request per line and answers one line each:
  {"library": "edgefirst", "case": "letterbox Nv12 Rgb"}  ->  {"ready": true} or {"missing": "why"}
  {"run": 3}                                       ->  {"seconds": time of three calls}
The process ends with its input.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from time import perf_counter
from typing import Callable


def prepare(library: str, case: str) -> Callable[[], object]:
    """The call to time: a function of module cases_<library>, named by the first word of the case
    and given the others, sets it up."""
    name, *arguments = case.split()
    setup = getattr(importlib.import_module(f"cases_{library}"), name)
    call: Callable[[], object] = setup(*arguments)
    call()
    return call


def measure(call: Callable[[], object], count: int) -> float:
    start = perf_counter()
    for _ in range(count):
        call()
    return perf_counter() - start


def main() -> None:
    # Whatever a library prints goes to stderr: stdout belongs to the protocol.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    call: Callable[[], object] = lambda: None  # noqa: E731
    for line in sys.stdin:
        request = json.loads(line)
        if "run" in request:
            answer: dict[str, object] = {"seconds": measure(call, request["run"])}
        else:
            try:
                call = prepare(request["library"], request["case"])
                answer = {"ready": True}
            except (ImportError, AttributeError, TypeError, RuntimeError) as error:  # not offered
                answer = {"missing": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
