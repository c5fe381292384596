# SPDX-License-Identifier: Apache-2.0
"""edgefirst-hal info says what the library says, and compare says what two runs say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import pytest
from edgefirst_hal.cli import main
from edgefirst_hal.profiler import platform_info
from profiler_cases import write_cats_model, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")


def info(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main(["info", "--json", *(str(argument) for argument in arguments)]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_machine_is_what_the_library_finds(capsys: pytest.CaptureFixture[str]) -> None:
    document = info(capsys)
    assert document["library"]["version"] == ef.version()
    assert document["cpu"]["simd"] == ef.simd_target()
    assert document["memory"]["shared_memory"] == ef.is_shm_available()
    assert document["memory"]["dma_buf"] == ef.is_dma_available()
    assert len(document["egl_displays"]) == len(ef.probe_egl_displays())
    used = ef.ImageProcessor().backends
    for name, entry in document["image_backends"].items():
        assert entry["available"] or entry["reason"]
        if name in used:
            assert entry == {"available": True, "reason": ""}
    assert document["engines"]["onnxruntime"]["version"]
    assert document["engines"]["tflite"]["opens"] == [".tflite"]


def test_a_backend_that_is_absent_comes_with_the_library_s_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = [ef.Tensor.image(side, side, ef.PixelFormat.Rgb) for side in (16, 8)]
    answers = {name: reason for name, _, reason in ef.ImageProcessor().explain(*small)}
    backends = info(capsys)["image_backends"]
    for name in ("opengl", "g2d"):
        if not backends[name]["available"] and name in answers:
            assert backends[name]["reason"] == answers[name]


def test_a_machine_without_egl_is_shown_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ef.NotFoundError("no EGL library")

    monkeypatch.setattr(ef, "probe_egl_displays", fail)
    assert info(capsys)["egl_displays"] == []
    assert main(["info"]) == 0
    assert "unexpected" not in capsys.readouterr().err


def test_a_model_whose_name_no_file_can_have_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("n" * 300 + ".onnx", "a/b.onnx"):
        assert main(["info", str(tmp_path / name)]) == 2
        errors = capsys.readouterr().err
        assert errors.startswith("edgefirst-hal: error: model ")
        assert "unexpected" not in errors


def test_what_nobody_knows_is_unknown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform_info, "_read", lambda path: "")
    monkeypatch.setattr(platform_info.platform, "processor", lambda: "")
    document = info(capsys)
    assert document["cpu"]["model"] is None
    assert document["memory"]["ram_bytes"] is None
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "unknown, " in out
    assert any(line.split() == ["RAM", "unknown"] for line in out.splitlines())


def test_a_model_is_shown_with_every_engine_and_backend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_cats_model(tmp_path)
    document = info(capsys, model)["model"]
    assert document["engines"]["onnxruntime"]["runs"]
    assert "pipeline depth up to 2" in document["engines"]["onnxruntime"]["text"]
    assert document["engines"]["tflite"] == {
        "runs": False,
        "text": "tflite does not open '.onnx', only .tflite",
    }
    assert [entry["source"].split()[0] for entry in document["conversions"]] == [
        "Rgb",
        "Nv12",
        "Yuyv",
    ]
    for entry in document["conversions"]:
        answers = {answer["backend"]: answer["takes"] for answer in entry["answers"]}
        assert answers["cpu"]
    assert main(["info", str(model)]) == 0
    out = capsys.readouterr().out
    assert "letterbox into its input" in out
    assert "2 names from the model's metadata" in out


def test_a_model_that_nothing_opens_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "broken.onnx"
    model.write_bytes(b"no model")
    assert main(["info", str(model)]) == 2
    captured = capsys.readouterr()
    assert "Machine" in captured.out
    assert captured.err.startswith(f"edgefirst-hal: error: model {model}: onnxruntime: ")
    assert captured.err.count("\n") == 1


def test_a_run_does_not_differ_from_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for needed in ("pyarrow", "matplotlib"):
        pytest.importorskip(needed, reason="the extra profile stores runs with it")
    model = write_cats_model(tmp_path)
    write_pictures(tmp_path / "in", 12)
    run = tmp_path / "run"
    command = ["profile", str(model), "--images", str(tmp_path / "in"), "-o", str(run)]
    assert main(command) == 0
    capsys.readouterr()
    assert main(["compare", str(run), str(run)]) == 0
    out = capsys.readouterr().out
    assert "12 frames in both. No difference beyond noise." in out
    assert main(["compare", str(run), str(run), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {each["verdict"] for each in document["differences"]} == {"no difference"}
    assert document["rules"] == {"confidence": 0.99, "least": 0.01}
    assert main(["compare", str(run), str(tmp_path)]) == 2
    assert "is no complete run" in capsys.readouterr().err
