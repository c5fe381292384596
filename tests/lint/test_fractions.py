# SPDX-License-Identifier: Apache-2.0
"""No number depends on the program's locale: what writes or reads one by the locale is refused.

Fractions go through base/number_text, whole numbers through message() and integer_text(), letters
through base/text.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sources import text, tracked

LIBRARY = [
    path
    for path in map(str, tracked(".cpp", ".hpp", ".h", ".c"))
    if re.match(r"(cpp|capi|include|python/src)/", path) and "/examples/" not in path
]
# What each place may use, and why it depends on no locale.
ALLOWED = {
    "cpp/base/message.hpp": {"stream"},  # imbued with the classic locale
    "cpp/base/number_text.cpp": {"stream"},  # imbued with the classic locale
    "cpp/base/text.hpp": {"to_string"},  # of whole numbers, by static_assert
    "cpp/base/log_filter.cpp": {"locale"},  # of a regular expression: the classic one
    "cpp/decoder/file.cpp": {"stream"},  # of bytes
    "cpp/decoder/yaml.cpp": {"stream"},  # yaml-cpp reads text from it
    "cpp/model/engines/registry.cpp": {"stream"},  # words between spaces
    "cpp/tensor/storage_fd.cpp": {"stream"},  # imbued with the classic locale
}
RULES = {
    "fraction": r"\b(strto(d|f|ld)|ato(f|d)|std::sto(d|f|ld)|gcvt|ecvt|fcvt)\b",
    "to_string": r"\bstd::to_w?string\b",
    "stream": r"\bstd::[io]?(string|f)stream\b(?!::)",
    "letter": r"\bstd::(to(lower|upper)|is(alpha|alnum|digit|xdigit|space|punct|upper|lower))\b",
    "locale": r"\b(setlocale|uselocale|localeconv|std::locale)\b",
}
FORMAT = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?L?[aefgAEFG]")
PRINTS = re.compile(r"\b(?:f|s|sn|d|vsn|vf)?(?:printf|scanf)\s*\(")


def without_comments(source: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", " ", source, flags=re.S)


def broken_rules(path: str, source: str) -> list[str]:
    source = without_comments(source)
    allowed = ALLOWED.get(path, set())
    if "stream" in allowed and "std::locale::classic()" in source:
        allowed = {*allowed, "locale"}
    found = [
        f"{name}: {match[0]}"
        for name, rule in RULES.items()
        if name not in allowed
        for match in re.finditer(rule, source)
    ]
    for call in PRINTS.finditer(source):
        statement = source[call.start() : source.find(";", call.start())]
        found += [f"format: {match[0]}" for match in FORMAT.finditer(statement)]
    return found


def test_numbers_are_written_and_read_in_one_way() -> None:
    found = {path: broken for path in LIBRARY if (broken := broken_rules(path, text(Path(path))))}
    assert found == {}


def test_places_that_may_are_still_there() -> None:
    assert set(ALLOWED) <= set(LIBRARY)


@pytest.mark.parametrize(
    "source",
    [
        'std::snprintf(text, sizeof text, "%.3f", x);',
        'fprintf(file, "%s %-8.*g\\n", name, 3, x);',
        'std::sscanf(text,\n    "%d %Lf", &n, &x);',
        'printf("%d%%%e", n, x);',
        "const double x = std::strtod(text, nullptr);",
        "float f = std::stof(text);",
        "double d = atof(text);",
        "text += std::to_string(0.5);",
        "std::ostringstream out;",
        "std::ifstream file(path);",
        "letter = std::tolower(letter);",
        "if (std::isdigit(c)) return;",
        'std::setlocale(LC_ALL, "");',
    ],
)
def test_each_rule_refuses(source: str) -> None:
    assert len(broken_rules("cpp/decoder/new.cpp", source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'std::snprintf(text, sizeof text, "%u.%03u", a, b);',
        'std::snprintf(text, sizeof text, "\\\\u%04x", c);',
        "const std::string text = integer_text(7) + fixed_text(0.5, 2);  // as %f, of a locale",
        "shape.to_string(); value.stored(1); std::strtoul(text, &end, 10);",
        "if (stream.peek() != std::ifstream::traits_type::eof()) return;",
    ],
)
def test_whole_numbers_and_texts_pass(source: str) -> None:
    assert broken_rules("cpp/decoder/new.cpp", source) == []
