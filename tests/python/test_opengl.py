# SPDX-License-Identifier: Apache-2.0
"""OpenGL from Python, on whatever driver the machine has; each test skips visibly without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest
from numpy.typing import NDArray

RGB = ef.PixelFormat.Rgb


def absence(processor: ef.ImageProcessor) -> str:
    image = ef.Tensor.image(4, 4, RGB, ef.TensorMemory.MEM)
    answers = processor.explain(image, ef.Tensor.image(4, 4, RGB, ef.TensorMemory.MEM))
    return next((reason for name, _, reason in answers if name == "opengl"), "no answer")


@pytest.fixture
def opengl(monkeypatch: pytest.MonkeyPatch) -> ef.ImageProcessor:
    monkeypatch.setenv("EDGEFIRST_ALLOW_SOFTWARE_GL", "1")
    monkeypatch.setenv("EDGEFIRST_FORCE_TRANSFER", "pbo")
    processor = ef.ImageProcessor(backend="opengl")
    if processor.backends[0] != "opengl":
        pytest.skip(f"no OpenGL ES here: {absence(processor)}")
    return processor


def test_convert_equals_the_cpu(opengl: ef.ImageProcessor) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (48, 66, 3), np.uint8)
    source = opengl.create_image(66, 48, RGB)
    assert source.memory == ef.TensorMemory.PBO
    source.from_numpy(pixels)
    target = opengl.create_image(31, 20, RGB)
    opengl.convert(source, target)
    assert opengl.request_counts[0][:2] == ("opengl", "")
    expected = ef.Tensor.image(31, 20, RGB, ef.TensorMemory.MEM)
    ef.ImageProcessor(backend="cpu").convert(source, expected)
    with target.map() as got, expected.map() as want:
        difference = np.asarray(got).astype(int) - np.asarray(want)
    assert np.abs(difference).max() <= 2


def test_pixel_buffers_are_exclusive_and_outlive_their_processor(
    monkeypatch: pytest.MonkeyPatch, opengl: ef.ImageProcessor
) -> None:
    processor = ef.ImageProcessor(backend="opengl")
    image = processor.create_image(8, 8)
    with image.map(), pytest.raises(ef.BusyError):
        image.map()
    del processor
    with pytest.raises(ef.DisconnectedError):
        image.map()


def test_the_display_in_use_is_listed(opengl: ef.ImageProcessor) -> None:
    (display,) = ef.probe_egl_displays()
    assert display.description
    assert ef.ImageProcessor(display.kind, "opengl").backends[0] == "opengl"


def test_a_missing_library_is_told(tmp_path: object) -> None:
    program = """
import edgefirst_hal as ef
processor = ef.ImageProcessor(backend="opengl")
assert processor.backends == ["cpu"]
image = processor.create_image(4, 4)
answers = processor.explain(image, processor.create_image(4, 4))
print([reason for name, _, reason in answers if name == "opengl"])
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"EDGEFIRST_ANGLE_PATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path) in run.stdout


def test_interpreter_ends_quietly_with_processors_alive(opengl: ef.ImageProcessor) -> None:
    program = """
import edgefirst_hal as ef
processors = [ef.ImageProcessor(backend="opengl") for _ in range(2)]
images = [processor.create_image(8, 8) for processor in processors]
processors[0].convert(images[0], images[1])
maps = [images[0].map()]
"""
    environment = {"EDGEFIRST_ALLOW_SOFTWARE_GL": "1", "EGL_PLATFORM": "surfaceless"}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_work_of_its_thread_is_traced_to_the_caller(
    opengl: ef.ImageProcessor, tmp_path: Path
) -> None:
    source, target = opengl.create_image(66, 48, RGB), opengl.create_image(31, 20, RGB)
    with ef.Tracing(tmp_path / "trace.json"):
        opengl.convert(source, target)
        opengl.draw_decoded_masks(
            target,
            np.array([[0.2, 0.2, 0.8, 0.8]], np.float32),
            np.ones(1, np.float32),
            np.zeros(1, np.uint64),
        )
    events = json.loads((tmp_path / "trace.json").read_text())
    begun = {e["name"]: e for e in events if e["ph"] == "B"}
    assert {"image.gl", "image.convert.gl", "image.draw.gl"} <= set(begun)
    assert begun["image.convert.gl"]["tid"] == begun["image.gl"]["tid"]
    assert begun["image.convert"]["tid"] != begun["image.gl"]["tid"]
    jobs = [e for e in events if e["ph"] == "B" and e["name"] == "image.gl"]
    assert {e.get("args", {}).get("of") for e in jobs} >= {
        "image.convert",
        "image.draw_decoded_masks",
    }


def int8_scene() -> tuple[ef.Decoder, list[ef.Tensor]]:
    """A decoder of four objects with int8 prototypes, and its model's outputs."""
    random = np.random.default_rng(5)
    table = np.zeros((1, 116, 40), np.int8)  # 1 is 64
    for anchor in range(4):
        table[0, :4, anchor] = [13 + 13 * anchor, 32, 12, 51]
        table[0, 4 + anchor, anchor] = 60
        table[0, 84:, anchor] = random.integers(-128, 128, 32)
    protos = random.integers(-128, 128, (1, 160, 160, 32), np.int8)
    outputs = []
    for array, scale, zero_point in ((table, 1 / 64, 0), (protos, 0.03, -7)):
        tensor = ef.Tensor(list(array.shape), "int8", ef.TensorMemory.MEM)
        tensor.from_numpy(array)
        tensor.set_quantization_per_tensor(scale, zero_point)
        outputs.append(tensor)
    config = {
        "outputs": [
            {"type": "detection", "shape": [1, 116, 40], "normalized": True},
            {"type": "protos", "shape": [1, 160, 160, 32]},
        ]
    }
    return ef.Decoder(config, 0.5, 0.5), outputs


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "twopass"])
@pytest.mark.parametrize("compute", ["0", "1"])
def test_settings_for_int8_prototypes_leave_the_answer_alone(
    monkeypatch: pytest.MonkeyPatch, opengl: ef.ImageProcessor, mode: str, compute: str
) -> None:
    def drawn(processor: ef.ImageProcessor) -> NDArray[np.int64]:
        decoder, outputs = int8_scene()
        canvas = processor.create_image(200, 150)
        boxes = processor.draw_masks(decoder, outputs, canvas)[0]
        assert len(boxes) == 4
        return canvas.numpy().astype(np.int64)

    monkeypatch.setenv("EDGEFIRST_PROTO_COMPUTE", compute)
    processor = ef.ImageProcessor(backend="opengl")
    processor.set_int8_interpolation(mode)
    got = drawn(processor)
    assert processor.request_counts[0][:2] == ("opengl", "")
    monkeypatch.delenv("EDGEFIRST_PROTO_COMPUTE")
    assert np.abs(got - drawn(opengl)).max() <= 2
    expected = drawn(ef.ImageProcessor(backend="cpu"))
    assert len(np.unique(expected)) > 10
    rim = (np.abs(got - expected) > 2).mean()  # where a logit is zero up to rounding
    assert rim <= 1e-4


LEAVES_WORK = """
import sys, threading, time
import edgefirst_hal as ef

def image(width, height, pixel_format):
    return ef.Tensor.image(width, height, pixel_format, ef.TensorMemory.MEM)

kept = []
def submit(backend):
    processor = ef.ImageProcessor(backend=backend)
    frame, dst = image(1920, 1080, ef.PixelFormat.Rgb), image(640, 640, ef.PixelFormat.Rgba)
    kept.append((processor, [processor.convert_async(frame, dst) for _ in range(60)]))
    time.sleep(100)

for backend in sys.argv[1:]:
    threading.Thread(target=submit, args=[backend], daemon=True).start()
    time.sleep(0.4)
"""


@pytest.mark.usefixtures("opengl")
@pytest.mark.parametrize("backends", [["opengl"], ["cpu", "opengl"]])
def test_exit_waits_for_what_was_submitted(backends: list[str]) -> None:
    """Drivers end by handlers that they register when they are first used, and which run before
    those registered earlier: a conversion under way then crashed."""
    for _ in range(3):
        subprocess.run([sys.executable, "-c", LEAVES_WORK, *backends], check=True, timeout=60)
