# SPDX-License-Identifier: Apache-2.0
"""Sizes of files and functions stay within the budgets of ARCHITECTURE.md, "Style"."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest
from functions import Function, cpp_functions, python_functions
from sources import text, tracked

FILE_CAP, FILE_P95, FILE_MEDIAN = 600, 450, 150
FUNCTION_CAP, KERNEL_CAP, FUNCTION_P95, FUNCTION_MEDIAN = 80, 120, 45, 10
PARAMETERS, NESTING = 5, 4

# Each exception has its reason.
FILE_EXCEPTIONS = {
    "capi/include/edgefirst/hal.h": "one self-contained header by contract",
    "python/edgefirst_hal/_core.pyi": "the whole typed Python surface with its docstrings",
}
PARAMETER_EXCEPTIONS = {
    "capi/": "signatures fixed by the C contract",
    "python/src/": "one parameter per Python argument",
    "cpp/tensor/tensor.cpp:Tensor::image_with_stride": "image() with its stride, in one line",
}

CODE = [f for f in tracked(".cpp", ".hpp", ".h", ".c", ".py", ".pyi")]
PRODUCT = [f for f in CODE if f.parts[0] in ("cpp", "include", "capi", "python")]


def functions(path: Path) -> list[Function]:
    if path.suffix == ".pyi":
        return []
    find = python_functions if path.suffix == ".py" else cpp_functions
    return list(find(text(path)))


def is_kernel(path: Path) -> bool:
    return "HWY_BEFORE_NAMESPACE" in text(path)


def percentile_95(values: list[int]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


@pytest.mark.parametrize("path", CODE, ids=str)
def test_file_is_not_too_long(path: Path) -> None:
    if str(path) in FILE_EXCEPTIONS:
        return
    lines = text(path).count("\n")
    assert lines <= FILE_CAP, f"{path} has {lines} lines"


@pytest.mark.parametrize("path", CODE, ids=str)
def test_functions_are_small(path: Path) -> None:
    cap = KERNEL_CAP if is_kernel(path) else FUNCTION_CAP
    long = [f"{f.name} at line {f.line}: {f.lines}" for f in functions(path) if f.lines > cap]
    assert not long, f"{path}: {long}"


@pytest.mark.parametrize("path", PRODUCT, ids=str)
def test_functions_take_few_parameters_and_nest_little(path: Path) -> None:
    kernel = is_kernel(path)

    def may_take_many(name: str) -> bool:
        return kernel or f"{path}:{name}".startswith(tuple(PARAMETER_EXCEPTIONS))

    bad = [
        f"{f.name} at line {f.line}: {f.parameters} parameters, nesting {f.nesting}"
        for f in functions(path)
        if (f.parameters > PARAMETERS and not may_take_many(f.name)) or f.nesting > NESTING
    ]
    assert not bad, f"{path}: {bad}"


def test_most_files_and_functions_are_short() -> None:
    lines = [text(f).count("\n") for f in PRODUCT if str(f) not in FILE_EXCEPTIONS]
    sizes = [f.lines for path in PRODUCT for f in functions(path)]
    assert statistics.median(lines) <= FILE_MEDIAN
    assert percentile_95(lines) <= FILE_P95
    assert statistics.median(sizes) <= FUNCTION_MEDIAN
    assert percentile_95(sizes) <= FUNCTION_P95


def test_the_counter_finds_functions() -> None:
    source = "int f(int a, std::map<int, int> b) {\n  if (a) {\n    g([&] { h(); });\n  }\n}\n"
    (found,) = cpp_functions(source)
    assert (found.name, found.lines, found.parameters, found.nesting) == ("f", 5, 2, 2)
