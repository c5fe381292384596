# SPDX-License-Identifier: Apache-2.0
"""How much of its speed a Python thread keeps while another is inside the library: gil.py [ROUNDS]

A loop of bytecode runs by turns alone and beside a thread that repeats one operation on one core.
Prints one JSON object an operation:
  speed       iterations beside over iterations alone, the median of the rounds: what a user sees,
              with what caches, clock and other programs take
  lock        the share of the wall time beside in which the loop ran or was ready to run: the rest
              it slept, waiting for the interpreter lock. Other programs hardly move this one
  absent      in place of the others: what the installed library lacks for the operation
  calls       how often a second the operation ran beside the loop
The lock is missing where the kernel does not tell how long a ready thread waits for a core.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
import time
from dataclasses import dataclass

os.environ["EDGEFIRST_THREADS"] = os.environ["RAYON_NUM_THREADS"] = (
    "1"  # a core is left to the loop
)

from cases_decoder import decode_segmentation_float32
from cases_edgefirst import Call, decode_jpeg, draw_masks, letterbox, masks_scaled

SECONDS = 0.4
OPERATIONS = {
    "decode_image": decode_jpeg,
    "convert": lambda: letterbox("Nv12", "Rgb", "uint8", "antialias", "4k"),
    "decode": decode_segmentation_float32,
    "draw": draw_masks,
    "materialize": masks_scaled,
}


@dataclass
class Turn:
    iterations: float  # a second
    lock: float | None  # share of the time in which the lock did not keep the thread asleep


def nanoseconds_ready() -> int | None:
    """For how long this thread has been ready to run without a core."""
    try:
        with open("/proc/thread-self/schedstat") as file:
            return int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return None


def loop(seconds: float) -> Turn:
    ready, cpu, start = nanoseconds_ready(), time.thread_time_ns(), time.perf_counter_ns()
    end, count = start + int(seconds * 1e9), 0
    while (now := time.perf_counter_ns()) < end:
        for _ in range(1000):
            count += 1
    cpu, after = time.thread_time_ns() - cpu, nanoseconds_ready()
    lock = None if ready is None or after is None else (cpu + after - ready) / (now - start)
    return Turn(count / (now - start) * 1e9, lock)


class Beside:
    """A thread that repeats a call while the gate is open."""

    def __init__(self, call: Call) -> None:
        self.call, self.calls, self.gate = call, 0, threading.Event()
        self.resting = threading.Event()
        threading.Thread(target=self.repeat, daemon=True).start()

    def repeat(self) -> None:
        while True:
            self.resting.set()
            self.gate.wait()
            self.resting.clear()
            while self.gate.is_set():
                self.call()
                self.calls += 1

    def turn(self) -> Turn:
        self.gate.set()
        result = loop(SECONDS)
        self.gate.clear()
        self.resting.wait()
        return result


def measure(call: Call, rounds: int) -> dict[str, float | None]:
    call()
    beside = Beside(call)
    loop(SECONDS)
    speeds, locks = [], []
    for _ in range(rounds):
        alone, other = loop(SECONDS), beside.turn()
        speeds.append(other.iterations / alone.iterations)
        locks.append(other.lock)
    known = [share for share in locks if share is not None]
    return {
        "speed": round(statistics.median(speeds), 4),
        "lock": round(statistics.median(known), 4) if known else None,
        "calls": round(beside.calls / (rounds * SECONDS), 1),
    }


if __name__ == "__main__":
    for name, prepare in OPERATIONS.items():
        try:
            answer = measure(prepare(), int(sys.argv[1]) if len(sys.argv) > 1 else 9)
        except (AttributeError, TypeError) as error:
            answer = {"absent": str(error)}
        print(json.dumps({"operation": name, **answer}), flush=True)
