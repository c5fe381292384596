# SPDX-License-Identifier: Apache-2.0
"""tests/capi/null_arguments.c gives NULL for every pointer that hal.h declares, and
tests/capi/after_free.c frees every handle before what came from it: no function is forgotten."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from sources import ROOT, text

HEADER = Path("capi/include/edgefirst/hal.h")


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", text(path), flags=re.S)


def arguments_at(code: str, at: int) -> tuple[list[str], int]:
    """The arguments of the call whose parenthesis opens at the position, and where it closes."""
    arguments, depth = [""], 0
    while True:
        depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(code[at], 0)
        if depth == 0:
            return [a.strip() for a in arguments], at
        if code[at] == "," and depth == 1:
            arguments.append("")
        elif depth > 1 or code[at] != "(":
            arguments[-1] += code[at]
        at += 1


def pointers() -> dict[str, dict[int, str]]:
    """The pointer parameters of each declared function, by position."""
    code = without_comments(HEADER)
    found: dict[str, dict[int, str]] = {}
    for match in re.finditer(r"HAL_API[^;()]*?\b(hal_\w+)\s*\(", code):
        parameters, _ = arguments_at(code, match.end() - 1)
        found[match[1]] = {
            at: p for at, p in enumerate(parameters) if re.search(r"[*\[]|hal_\w+_callback", p)
        }
    return found


def null_calls() -> list[tuple[str, set[int], bool]]:
    """Function, positions given NULL, and whether the call has to fail, for each call with one."""
    code = without_comments(Path("tests/capi/null_arguments.c"))
    failing = []
    for match in re.finditer(r"\bFAILS(?=\()", code):
        failing.append(range(match.start(), arguments_at(code, match.end())[1]))
    calls = []
    for match in re.finditer(r"\b(hal_\w+)\(", code):
        arguments, _ = arguments_at(code, match.end() - 1)
        given = {at for at, argument in enumerate(arguments) if argument == "NULL"}
        if given:
            calls.append((match[1], given, any(match.start() in span for span in failing)))
    return calls


def test_every_pointer_is_given_null_alone() -> None:
    """A pointer is optional where a call with NULL succeeds; else a call has to fail in which it is
    the only NULL that is not optional."""
    optional, required = defaultdict(set), defaultdict(set)
    for function, given, fails in null_calls():
        if not fails:
            optional[function] |= given
    for function, given, fails in null_calls():
        blamed = given - optional[function]
        if fails and len(blamed) == 1:
            required[function] |= blamed
    missing = [
        f"{function}: {parameter}"
        for function, parameters in pointers().items()
        for at, parameter in parameters.items()
        if at not in optional[function] | required[function]
    ]
    assert not missing, "calls that null_arguments.c lacks:\n" + "\n".join(missing)


def test_every_handle_is_freed_before_its_dependents() -> None:
    releases = {f for f in pointers() if f.endswith(("_free", "_unmap"))}
    code = without_comments(Path("tests/capi/after_free.c"))
    assert releases == set(re.findall(r"\b(hal_\w+(?:_free|_unmap))\(", code))


def test_the_header_is_what_the_library_shows() -> None:
    """exports.map shows the prefix hal_; each declaration has its definition, and none is extra."""
    assert re.search(r"^\s*hal_\*;", text(Path("capi/exports.map")), re.M)
    sources = "\n".join(
        without_comments(p.relative_to(ROOT)) for p in (ROOT / "capi").glob("*.cpp")
    )
    defined = set(re.findall(r"^[A-Za-z][^\n;=]*?\b(hal_\w+)\(", sources, re.M))
    assert set(pointers()) == defined
