# SPDX-License-Identifier: Apache-2.0
"""Wrong usage ends with exit code 2 and one clear line; help and version work without a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import edgefirst_hal as ef
import pytest
from edgefirst_hal.cli import main
from edgefirst_hal.cli.values import size


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["detect", "--conf", "1.5"], "1.5 is not within 0...1"),
        (["detect", "--conf", "nan"], "not within"),
        (["detect", "--iou", "high"], "'high' is not a number"),
        (["detect", "--max-det", "0"], "0 is not within 1...100000"),
        (["detect", "--threads", "-1"], "-1 is not within"),
        (["detect", "--quality", "101"], "101 is not within 1...100"),
        (["detect", "--fps", "0"], "0 is not within"),
        (["detect", "--size", "1x2x3"], "is not WxH"),
        (["validate", "m.onnx"], "required: --images"),
        (
            ["validate", "m.onnx", "--images", "x", "--pipeline-depth", "0"],
            "0 is not within 1...64",
        ),
        (["validate", "m.onnx", "--images", "x", "--depth", "draw=2"], "'draw=2' is not NAME=N"),
        (["validate", "m.onnx", "--images", "x", "--depth", "decode=0"], "0 is not within"),
        (["validate", "m.onnx", "--images", "x", "--backend", "npu"], "invalid choice: 'npu'"),
        (["profile", "m.onnx", "--images", "x", "--ground-truth", "y"], "unrecognized arguments"),
        (["compare", "a"], "required: B"),
        (["compare", "a", "b", "--confidence", "2"], "2 is not within 0...1"),
        (["detect", "--unknown"], "unrecognized arguments: --unknown"),
    ],
)
def test_wrong_usage(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert text in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [[], ["detect"], ["validate"], ["profile"], ["report"], ["compare"], ["info"]],
)
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--help"])
    assert caught.value.code == 0
    assert "edgefirst-hal" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"edgefirst-hal {ef.version()}\n"


def test_sizes_are_height_then_width() -> None:
    assert size("640x480") == (480, 640)
    assert size("320") == (320, 320)


def test_a_missing_picture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", str(tmp_path / "gone.jpg")]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("edgefirst-hal: error: ")
    assert captured.err.count("\n") == 1


def imported_with(module: str, heavy: tuple[str, ...]) -> list[str]:
    """Which of `heavy` a fresh interpreter has after importing `module`."""
    code = f"import sys, {module}; print(*(name for name in {heavy!r} if name in sys.modules))"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


def test_importing_the_package_imports_neither_the_command_nor_engines() -> None:
    heavy = ("edgefirst_hal.cli", "edgefirst_hal.models", "rich", "onnxruntime", "argparse")
    assert imported_with("edgefirst_hal", heavy) == []


def test_the_command_imports_no_engine_before_it_needs_one() -> None:
    heavy = ("rich", "onnxruntime", "ai_edge_litert", "yaml", "pyarrow", "matplotlib", "av")
    heavy += ("pycocotools", "openvino")
    assert imported_with("edgefirst_hal.cli.program", heavy) == []


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "edgefirst_hal.cli", "--version"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0
    assert process.stdout.startswith("edgefirst-hal ")
