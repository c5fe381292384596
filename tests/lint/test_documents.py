# SPDX-License-Identifier: Apache-2.0
"""README.md quotes programs that are compiled and run as tests, to the letter."""

from __future__ import annotations

import re

import pytest
from sources import ROOT, text, tracked

README = text(ROOT / "README.md")


@pytest.mark.parametrize("language", ["python", "c", "cpp"])
def test_readme_quotes_the_tested_program(language: str) -> None:
    suffix = {"python": "py"}.get(language, language)
    program = text(ROOT / f"tests/package/readme.{suffix}")
    without_licence = program.split("\n", 1)[1].strip()
    (quoted,) = re.findall(rf"```{language}\n(.*?)```", README, re.S)
    assert quoted.strip() == without_licence


def test_readme_lists_the_packages_that_the_build_installs() -> None:
    packages = text(ROOT / ".ci/apt-build.txt").split()
    (line,) = re.findall(r"`apt install ([^`]+)`", README)
    assert line.split() == packages


def test_readme_lists_the_environment_variables() -> None:
    source = text(ROOT / "cpp/base/env.cpp")
    table = re.findall(r'\{Variable::\w+, "(\w+)",\s*"([^"]+)"\}', source)
    assert len(table) == source.count("Variable::k")
    listed = re.findall(r"^\| `(EDGEFIRST_\w+)` \| (.+) \|$", README, re.M)
    assert [row for row in listed if row[0] != "EDGEFIRST_LOG"] == table


def test_only_one_place_says_what_pip_is_given() -> None:
    source = text(ROOT / "python/edgefirst_hal/_distribution.py")
    (given,) = re.findall(r'^SOURCE = (?:"(.+)"|NAME)$', source, re.M)
    given = given or re.findall(r'^NAME = "(.+)"$', source, re.M)[0]
    read = [ROOT / path for path in tracked(".md", ".py", ".pyi", ".h", ".hpp", ".cpp", ".c")]
    read.remove(ROOT / "python/edgefirst_hal/_distribution.py")
    commands = [
        (path.name, argument.strip("`'\""))
        for path in read
        for argument in re.findall(r"pip install (?:-\S+ )*('[^']+'|\"[^\"]+\"|\S+)", text(path))
    ]
    extras = {found: found[1].split("[")[0] for found in commands if "[" in found[1]}
    assert [name for name, _ in extras].count("README.md") == 2
    assert set(extras.values()) == {given}
    assert [found for found in commands if found[1].startswith("edgefirst")] == []


def test_links_point_at_files() -> None:
    for document in ROOT.glob("*.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", text(document)):
            assert (ROOT / target).exists(), f"{document.name} links to {target}"
