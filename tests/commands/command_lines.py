# SPDX-License-Identifier: Apache-2.0
"""Random command lines and what surrounds them; the same seed gives the same one."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import materials
from materials import Kit

ENCODINGS = ["utf-8"] * 4 + ["ascii", "cp1252", "utf-16", "shift_jis", "iso8859-9"]
ENDS = ["pipe"] * 8 + ["closed", "full", "unread"]


@dataclass
class CommandLine:
    """`ends` says what stdin, stdout and stderr are; `limits` are numbers of RLIMIT_*."""

    arguments: list[str]
    folder: Path
    ends: tuple[str, str, str] = ("pipe", "pipe", "pipe")
    encoding: str = "utf-8"
    environment: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    signals: list[tuple[float, signal.Signals]] = field(default_factory=list)
    """Seconds to wait before each."""
    in_new_interpreter: bool = False


def draw(seed: int, folder: Path, kit: Kit, runs: list[Path]) -> CommandLine:
    """The command works in `folder`, which is empty."""
    random = Random(seed)
    command = random.choice(
        ["detect"] * 4 + ["validate"] * 5 + ["profile"] * 2 + ["report", "compare", "info"]
    )
    if command == "detect":
        arguments = _detect(random, folder, kit)
    elif command in ("validate", "profile"):
        arguments = _measured(random, command, folder, kit)
    elif command == "info":
        model = [str(materials.make_model(random, folder, kit))]
        arguments = [*(model if random.random() < 0.5 else []), *_some(random, ["--json"])]
    else:
        arguments = [str(_run(random, folder / "run", runs))]
        if command == "compare":
            arguments.append(str(_run(random, folder / "run2", runs)))
        arguments += _some(random, ["--json"], ["--no-color"])
    arguments = [command, *arguments]
    if random.random() < 0.04:
        arguments.insert(
            random.randrange(len(arguments)), random.choice(["--help", "--x", "", "\udcff", "-h"])
        )
    return _surrounded(random, CommandLine(arguments, folder))


def _surrounded(random: Random, line: CommandLine) -> CommandLine:
    if random.random() < 0.4:
        line.ends = (random.choice(ENDS), random.choice(ENDS), random.choice(ENDS))
    line.encoding = random.choice(ENCODINGS)
    if random.random() < 0.25:
        line.limits["RLIMIT_FSIZE"] = random.choice([0, 1, 100, 700, 2000, 4096, 20000, 100_000])
    elif random.random() < 0.06:
        line.limits["RLIMIT_NOFILE"] = random.choice([8, 12, 16, 24])
    if random.random() < 0.2:
        kinds = [signal.SIGINT, signal.SIGINT, signal.SIGTERM]
        line.signals = [
            (
                random.choice([0.001, 0.02, 0.1, 0.3, 0.6, 1.0]) * random.random(),
                random.choice(kinds),
            )
            for _ in range(random.choice([1, 1, 2]))
        ]
    choices = {
        "EDGEFIRST_LOG": ["warn", "debug", "nonsense", "edgefirst_hal=trace"],
        "EDGEFIRST_SIMD": ["scalar", "none", ""],
        "EDGEFIRST_DISABLE_GL": ["1"],
        "NO_COLOR": ["1"],
        "COLUMNS": ["0", "-1", "1", "x", "20"],
        "MPLBACKEND": ["module://matplotlib_inline.backend_inline", "x"],
        "HOME": ["/nonexistent"],
        "TMPDIR": ["/nonexistent"],
        "LC_ALL": ["C", "de_DE.UTF-8", "tr_TR"],
        "OMP_NUM_THREADS": ["x", "1"],
    }
    for name, values in choices.items():
        if random.random() < 0.05:
            line.environment[name] = random.choice(values)
    line.in_new_interpreter = random.random() < 0.06
    return line


def _some(random: Random, *groups: list[str]) -> list[str]:
    """Each group of arguments or not."""
    return [each for group in groups if random.random() < 0.25 for each in group]


def _number(random: Random, *good: str) -> str:
    return random.choice(
        [*good] * 3 + ["-1", "nan", "1e400", "x", "", "0", "9" * 30, "\u0663", "1_0"]
    )


def _shared(random: Random, folder: Path) -> list[str]:
    """Options of detect, validate and profile."""
    odd = random.random() < 0.15
    number = _number if odd else (lambda random, *good: random.choice(good))
    return _some(
        random,
        ["--conf", number(random, "0.1", "0.5")],
        ["--iou", number(random, "0.4", "1")],
        ["--max-det", number(random, "1", "7")],
        ["--across-classes"],
        ["--threads", number(random, "1", "2")],
        ["--names", str(materials.make_names(random, folder / "names.txt"))],
        ["--quiet"],
        [
            "--json",
            random.choice(
                ["-", "-", str(folder / "d.json"), str(folder), "/dev/full", "gone/d.json"]
            ),
        ],
        *(
            [["--config", str(materials.make_config(random, folder / "config.json"))]]
            if odd
            else []
        ),
        *([["--size", number(random, "64", "64x64", "1", "x64", "99999")]] if odd else []),
    )


def _output(random: Random, folder: Path) -> str:
    """Where results go: seldom a place that cannot take them."""
    if random.random() < 0.85:
        return str(folder / "out")
    taken = folder / "taken"
    taken.write_bytes(b"a file")
    full = folder / "full"
    full.mkdir()
    (full / "x").write_bytes(b"something")
    closed = folder / "closed"
    closed.mkdir(mode=0o500)
    choices = [taken, full, closed, taken / "deeper", Path("/proc/out"), folder / ("o" * 300)]
    return str(random.choice([*choices, Path(os.fsdecode(b"\xff")), folder / ("p" * 250)]))


def _detect(random: Random, folder: Path, kit: Kit) -> list[str]:
    given = [str(materials.make_pictures(random, folder / "in", kit))]
    if random.random() < 0.2:
        given.append(
            random.choice(["gone", "", "n" * 300, str(folder / "in/0.jpg"), "\udcff", "/dev/null"])
        )
    traces = [str(folder / "t.json"), "/dev/full", str(folder)]
    if random.random() < 0.9:
        given += ["--model", str(materials.make_model(random, folder, kit))]
    return [
        *given,
        *_shared(random, folder),
        *_some(random, ["--track"], ["--no-trace"], ["--quality", "50"]),
        *_some(random, ["--fps", _number(random, "30")], ["--trace", random.choice(traces)]),
        "--output",
        _output(random, folder),
    ]  # fmt: skip


def _measured(random: Random, command: str, folder: Path, kit: Kit) -> list[str]:
    source = str(materials.make_pictures(random, folder / "in", kit))
    if random.random() < 0.12:
        source = str(materials.make_film(random, folder, kit))
    elif random.random() < 0.1:
        source = random.choice(
            ["gone", "", "n" * 300, f"{source}/*", f"{source}/[", "\udcff", "/dev/null"]
        )
    arguments = [
        str(materials.make_model(random, folder, kit)),
        *("--images", source),
        *_shared(random, folder),
        *_some(random, ["--count", _number(random, "1", "5")], ["--warmup", "0"]),
        *_some(random, ["--pipeline-depth", _number(random, "1", "2", "4")], ["--clients", "2"]),
        *_some(random, ["--depth", random.choice(["decode=2", "inference=3", "x=1", "decode"])]),
        "-o",
        _output(random, folder),
    ]  # fmt: skip
    if command == "validate" and random.random() < 0.6:
        arguments += ["--ground-truth", str(materials.make_truth(random, folder / "truth"))]
    return arguments


def _run(random: Random, folder: Path, runs: list[Path]) -> Path:
    if random.random() < 0.1:
        return folder.parent / random.choice(["gone", "", "in", "n" * 300])
    shutil.copytree(random.choice(runs), folder)
    if random.random() < 0.5:
        materials.spoil_run(random, folder)
    return folder
