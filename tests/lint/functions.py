# SPDX-License-Identifier: Apache-2.0
"""Finds the functions of C++, C and Python sources and their sizes, without a compiler."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S
)
_CONTAINER = re.compile(r"\b(namespace|class|struct|enum|union)\b|\bextern\s*$")


@dataclass
class Function:
    name: str
    line: int
    lines: int
    parameters: int
    nesting: int


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _strip_directives(code: str) -> str:
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", _blank, code, flags=re.M)


def _parameter_count(head: str) -> int:
    """Parameters of the last balanced parenthesis group before a body or initialiser list."""
    head = re.sub(r"\)\s*:\s[^:].*$", ")", head, flags=re.S)
    end = head.rfind(")")
    depth = 0
    start = end
    while start >= 0:
        depth += {")": 1, "(": -1}.get(head[start], 0)
        if depth == 0:
            break
        start -= 1
    inside = head[start + 1 : end].strip()
    if not inside or inside == "void":
        return 0
    depth, count = 0, 1
    for char in inside:
        depth += {"<": 1, "(": 1, "[": 1, "{": 1, ">": -1, ")": -1, "]": -1, "}": -1}.get(char, 0)
        count += char == "," and depth == 0
    return count


def _body_end(code: str, start: int) -> tuple[int, int]:
    """Position of the brace that closes the one at start, and the deepest nesting inside."""
    depth = deepest = 0
    for at in range(start, len(code)):
        if code[at] == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif code[at] == "}":
            depth -= 1
            if depth == 0:
                return at, deepest - 1
    return len(code) - 1, deepest


def cpp_functions(source: str) -> Iterator[Function]:
    code = _strip_directives(_NOISE.sub(_blank, source))
    at = previous = 0
    while (at := code.find("{", at)) != -1:
        boundary = max(code.rfind(c, previous, at) for c in ";}{")
        head = code[max(boundary + 1, previous) : at]
        if _CONTAINER.search(head) and "(" not in head.split("=")[0].replace("EDGEFIRST_API", ""):
            previous = at = at + 1
            continue
        end, nesting = _body_end(code, at)
        if ")" in head and "=" not in re.sub(r"operator\s*\S+|\([^()]*\)", "", head):
            line = code.count("\n", 0, at) + 1
            lines = code.count("\n", at, end) + 1
            name = re.findall(r"([~\w:]+)\s*\(", head)
            yield Function(name[0] if name else "?", line, lines, _parameter_count(head), nesting)
        previous = at = end + 1


class _Nesting(ast.NodeVisitor):
    def __init__(self) -> None:
        self.deepest = self.depth = 0

    def generic_visit(self, node: ast.AST) -> None:
        block = isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try))
        self.depth += block
        self.deepest = max(self.deepest, self.depth)
        super().generic_visit(node)
        self.depth -= block


def python_functions(source: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args.posonlyargs + node.args.args
            own = [a for a in arguments if a.arg not in ("self", "cls")]
            nesting = _Nesting()
            nesting.visit(node)
            first = node.body[0].lineno
            lines = (node.end_lineno or first) - first + 1
            yield Function(node.name, node.lineno, lines, len(own), nesting.deepest)
