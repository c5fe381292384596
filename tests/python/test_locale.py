# SPDX-License-Identifier: Apache-2.0
"""What a program sees is the same whatever locale it has set: points in numbers, letters of ASCII.

GTK and Qt programs call setlocale() as they start. The locales are made here, by localedef.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LOCALES = {
    "de_DE.UTF-8": ("de_DE", "UTF-8", ","),
    "ps_AF.UTF-8": ("ps_AF", "UTF-8", "\u066b"),  # a decimal point of two bytes
    "tr_TR.ISO-8859-9": ("tr_TR", "ISO-8859-9", ","),  # capital I is another letter's
}

PROGRAM = r"""
import ctypes, hashlib, json, locale, sys
import numpy as np
import edgefirst_hal as ef

if sys.argv[1] != "C":
    locale.setlocale(locale.LC_ALL, sys.argv[1])
    assert locale.localeconv()["decimal_point"] == sys.argv[2], locale.localeconv()
    text = ctypes.create_string_buffer(16)
    ctypes.CDLL(None).snprintf(text, 16, b"%.1f", ctypes.c_double(0.5))
    assert text.value != b"0.5"

with ef.Tracing("trace.json"):
    source = ef.Tensor.image(64, 48, ef.PixelFormat.Rgb)
    ef.ImageProcessor().convert(source, ef.Tensor.image(32, 24, ef.PixelFormat.Rgb))
events = json.load(open("trace.json"))
assert len(events) > 3 and all(isinstance(event.get("ts", 0.0), float) for event in events)

output = {"type": "detection", "shape": [1, 6, 84], "decoder": "ultralytics"}
output["dshape"] = [{"batch": 1}, {"num_features": 6}, {"num_boxes": 84}]
output["quantization"] = [0.0234375, -12]
document = {"outputs": [output], "nms": "class_agnostic", "x": [1.5e-7, 0.1, 1e300, -2.5e10]}
text = json.dumps(document)
yaml = "{type: detection, shape: [1, 6, 84], decoder: ultralytics, quantization: [2.5e-1, 3]}"
yaml = f"outputs:\n- {yaml}\n"
for decoder in (
    ef.Decoder.new_from_json_str(text, 0.25, 0.45),
    ef.Decoder.new_from_yaml_str(yaml, 0.25, 0.45),
    ef.Decoder(document, 0.25, 0.45),
):
    table = np.zeros((1, 6, 84), np.int8)
    table[0, :, 0] = [100, 100, 60, 60, 120, 0]
    print([part.tolist() for part in decoder.decode([table])[:3]])
    print(decoder.explanation)
print(ef.Quantization.per_tensor(0.0234375, 3) if hasattr(ef.Quantization, "per_tensor") else "")
tracker = ef.ByteTrack(high_conf=0.5)
box = np.array([[0.125, 0.25, 0.5, 0.75]], np.float32)
(track,) = tracker.update(box, [0.9], [0], 1_500_000)
print(track.tracked_location, repr(track).split("tracked_location")[1])
canvas = ef.Tensor.image(320, 240, ef.PixelFormat.Rgb)
tracks = [ef.TrackInfo("3f2504e0-4f89-41d3-9a0c-0305e82c3301", (0, 0, 1, 1), 1, 0, 0)]
ef.ImageProcessor(backend="cpu").draw_decoded_masks(
    canvas, box, np.array([0.875], np.float32), np.array([0], np.uint64), labels=True,
    class_names=["INI"], tracks=tracks,
)
print(hashlib.sha256(canvas.numpy().tobytes()).hexdigest())
for wrong in (
    lambda: ef.ByteTrack(low_conf=float("nan")),
    lambda: ef.Tensor.image(1234567, 1234567, ef.PixelFormat.Rgb),
    lambda: ef.Decoder.new_from_json_str('{"outputs": [{"shape": [1.5, 1e400]}]}', 0.25, 0.45),
    lambda: ef.letterbox(0, 1, 2, 3),
):
    try:
        print(wrong())
    except Exception as error:
        print(type(error).__name__, error)
for name in ("RGB", "rgb", "GREY", "grey", "nv12", "YUYV", "planar_rgb"):
    print(ef.Tensor.image(16, 16, name).format)
print(ef.build_info())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("localedef") is None:
        pytest.skip("localedef makes the locales; Debian's libc-bin has it")
    made = tmp_path_factory.mktemp("locales")
    for name, (source, letters, _) in LOCALES.items():
        command = ["localedef", "-i", source, "-f", letters, str(made / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not (made / name).is_dir():
            pytest.skip(f"localedef needs the package locales: {done.stderr.strip()[:200]}")
    return made


def said(folder: Path, tmp_path: Path, name: str, point: str) -> str:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", PROGRAM, name, point],
        env={**os.environ, "LOCPATH": str(folder), "EDGEFIRST_SIMD": "SSE4"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", LOCALES)
def test_nothing_depends_on_the_locale(folder: Path, tmp_path: Path, name: str) -> None:
    expected = said(folder, tmp_path, "C", ".")
    assert "0.0234375" in expected
    assert said(folder, tmp_path, name, LOCALES[name][2]) == expected
