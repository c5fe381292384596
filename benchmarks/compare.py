# SPDX-License-Identifier: Apache-2.0
"""Prints how the contestants of each benchmark compare: ratios of medians.

    python benchmarks/compare.py RESULTS.json...

Reads the JSON of pytest-benchmark and of Google Benchmark. A ratio is our median over theirs: below
1 we are faster. Medians come from one run on one machine, so compare ratios, not times.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

OURS = "edgefirst"
# The contestants of the C++ programs: a part of the benchmark's name.
IN_PROCESS = {OURS, "libjpeg-turbo"}
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
Table = dict[str, dict[str, list[float]]]


def add_pytest(document: dict[str, Any], table: Table) -> None:
    for result in document["benchmarks"]:
        contestant = result["extra_info"].get("contestant", OURS)
        table[result["group"] or result["name"]][contestant].append(result["stats"]["median"])


def add_google(document: dict[str, Any], program: str, table: Table) -> None:
    """A benchmark without a contestant in its name is ours."""
    for result in document["benchmarks"]:
        if result.get("run_type", "iteration") == "iteration":
            seconds = result["real_time"] * UNITS[result["time_unit"]]
            parts = [part for part in result["run_name"].split("/") if part != "real_time"]
            contestant = next((part for part in parts if part in IN_PROCESS), OURS)
            name = "/".join(part for part in parts if part != contestant)
            table[f"{program}/{name}"][contestant].append(seconds)


def load(paths: list[Path]) -> Table:
    table: Table = defaultdict(lambda: defaultdict(list))
    for path in paths:
        document = json.loads(path.read_text())
        if "machine_info" in document:
            add_pytest(document, table)
        else:
            add_google(document, path.name.partition(".")[0], table)
    return table


def time_text(seconds: float) -> str:
    for unit in ("s", "ms", "us", "ns"):
        if seconds >= UNITS[unit]:
            return f"{seconds / UNITS[unit]:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def lines(table: Table) -> list[str]:
    result = []
    for name in sorted(table):
        medians = {who: statistics.median(times) for who, times in table[name].items()}
        ours = medians.pop(OURS, None)
        text = f"{name:40} {time_text(ours) if ours is not None else 'not run':>9}"
        for who in sorted(medians):
            ratio = f"{ours / medians[who]:.2f}x" if ours is not None else time_text(medians[who])
            text += f"   {who} {ratio}"
        result.append(text)
    return result


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    print("\n".join(lines(load([Path(name) for name in arguments]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
