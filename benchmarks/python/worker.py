# SPDX-License-Identifier: Apache-2.0
"""Times cases in a process of its own, so that every contestant can live in its own environment.

Reads one JSON request per line and answers one line each:
  {"library": "edgefirst", "case": "letterbox Nv12 Rgb"}  ->  {"ready": true} or {"missing": "why"}
  {"run": 3}                                       ->  {"seconds": time of three calls}
Time is the wall clock's, or that of a module of cases that names another as `clock`.
The process ends with its input.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from time import perf_counter
from typing import Callable

Call = Callable[[], object]
Clock = Callable[[], float]


def prepare(library: str, case: str) -> tuple[Call, Clock]:
    """The call to time: a function of module cases_<library>, named by the first word of the case
    and given the others, sets it up. And the clock to time it by."""
    name, *arguments = case.split()
    module = importlib.import_module(f"cases_{library}")
    call: Call = getattr(module, name)(*arguments)
    call()
    return call, getattr(module, "clock", perf_counter)


def measure(call: Call, clock: Clock, count: int) -> float:
    start = clock()
    for _ in range(count):
        call()
    return clock() - start


def main() -> None:
    # Whatever a library prints goes to stderr: stdout belongs to the protocol.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    call: Call = lambda: None  # noqa: E731
    clock: Clock = perf_counter
    for line in sys.stdin:
        request = json.loads(line)
        if "run" in request:
            answer: dict[str, object] = {"seconds": measure(call, clock, request["run"])}
        else:
            try:
                call, clock = prepare(request["library"], request["case"])
                answer = {"ready": True}
            except (ImportError, AttributeError, TypeError, RuntimeError) as error:  # not offered
                answer = {"missing": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
