# SPDX-License-Identifier: Apache-2.0
"""Every span under its name, sinks, limits, and threads of the trace."""

from __future__ import annotations

import json
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from decoder_cases import cases
from decoder_running import make_decoder, tensors_of
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURE = Path(ef.__file__).parent / "samples/pictures/000.jpg"


def names(*kinds: str) -> set[str]:
    lines = (ROOT / "tests/span_names.txt").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return {name for name, kind in rows if kind in kinds}


def decode_everything() -> None:
    processor = ef.ImageProcessor()
    canvas = ef.Tensor.image(64, 64, ef.PixelFormat.Rgba)
    for case in cases(range(1)):
        decoder, outputs = make_decoder(case), tensors_of(case)
        boxes, scores, classes, masks = decoder.decode(outputs)
        processor.draw_decoded_masks(canvas, boxes, scores, classes, seg=masks)
        tracker = ef.ByteTrack()
        decoder.decode_tracked(tracker, 1, outputs)
        tracker.update(boxes, scores, classes, 2)
        processor.draw_masks(decoder, outputs, canvas)
        boxes, scores, classes, proto = decoder.decode_proto(outputs)
        if proto is not None:
            processor.materialize_masks(boxes, scores, classes, proto)
            decoder.decode_proto_tracked(ef.ByteTrack(), 1, outputs)
        decoder.decode_batch(outputs)


def work_on_pictures() -> None:
    photo = ef.Tensor.load(PICTURE, ef.PixelFormat.Rgba)
    processor = ef.ImageProcessor()
    processor.convert(photo, ef.Tensor.image(640, 480, ef.PixelFormat.Nv12))
    small = ef.Tensor.image(240, 320, ef.PixelFormat.Rgb)
    processor.convert(photo, small, ef.Rotation.Clockwise90)
    processor.convert(photo, ef.Tensor.image(photo.width, photo.height, ef.PixelFormat.Rgba))
    photo.encode_jpeg()
    png = BytesIO()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(png, "PNG")
    ef.Tensor.peek_image_info(png.getvalue())
    ef.Tensor.load_from_bytes(png.getvalue())


def traced(path: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(path.read_text())
    return loaded


def test_every_step_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEFIRST_FORCE_BACKEND", "cpu")
    with ef.Tracing(tmp_path / "trace.json"):
        work_on_pictures()
        decode_everything()
    seen = {e["name"] for e in traced(tmp_path / "trace.json") if e["ph"] == "B"}
    assert names("core", "heads", "python") - seen == set()
    others = names(
        "threads", "gl"
    )  # workers, and the pixel buffers that earlier processors give up
    assert seen - names("core", "heads", "python") - others == set()


def test_spans_nest_in_each_thread(tmp_path: Path) -> None:
    with ef.Tracing(tmp_path / "trace.json"):
        threads = [threading.Thread(target=work_on_pictures) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    open_spans: dict[int, list[str]] = {}
    for event in sorted(traced(tmp_path / "trace.json"), key=lambda e: float(e.get("ts", 0))):
        stack = open_spans.setdefault(event["tid"], [])
        if event["ph"] == "B":
            stack.append(event["name"])
        elif event["ph"] == "E":
            assert stack.pop() == event["name"]
    assert not any(open_spans.values())


def test_events_tell_their_place_in_the_source(tmp_path: Path) -> None:
    with ef.Tracing(tmp_path / "trace.json"):
        work_on_pictures()
    spans = [e for e in traced(tmp_path / "trace.json") if e["ph"] in "BE"]
    assert spans
    assert all(e[".file"].startswith(("cpp/", "python/src/")) and e[".line"] > 0 for e in spans)


def test_arrows_lead_from_a_caller_to_its_workers(tmp_path: Path) -> None:
    source = ef.Tensor.image(1920, 1080, ef.PixelFormat.Rgba)
    target = ef.Tensor.image(1280, 720, ef.PixelFormat.Rgb)
    processor = ef.ImageProcessor()
    with ef.Tracing(tmp_path / "trace.json"):
        for _ in range(20):
            processor.convert(source, target)
    events = traced(tmp_path / "trace.json")
    starts = {e["id"]: e for e in events if e["ph"] == "s"}
    ends = {e["id"]: e for e in events if e["ph"] == "f"}
    assert set(starts) == set(ends)
    if not starts:
        pytest.skip("one thread did all the work")
    assert all(starts[i]["tid"] != ends[i]["tid"] for i in starts)
    assert all(starts[i]["ts"] <= ends[i]["ts"] for i in starts)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_told_at_the_end() -> None:
    lost = "trace file '/dev/full' is incomplete: No space left"
    with pytest.raises(ef.IoError, match=lost), ef.Tracing("/dev/full"):
        ef.Tensor([1])
    with pytest.raises(KeyError), ef.Tracing("/dev/full"):
        raise KeyError("the block's own")
    with ef.Tracing("/dev/null"):  # the next session is none the worse
        ef.Tensor([1])


def test_a_function_receives_the_events() -> None:
    events: list[dict[str, Any]] = []
    tracing = ef.Tracing(lambda text: events.append(json.loads(text)))
    with tracing:
        work_on_pictures()
        assert events, "events arrive while the capture runs"
    assert {"image.convert", "python.convert"} <= {e["name"] for e in events}
    assert sum(e["ph"] == "B" for e in events) == sum(e["ph"] == "E" for e in events)
    count = len(events)
    work_on_pictures()
    assert len(events) == count
    with tracing:  # again
        ef.Tensor([1])
    assert len(events) > count


def test_a_function_may_use_the_library_and_may_raise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raised: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", raised.append)
    calls = 0

    def receive(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls < 5:
            work_on_pictures()
        raise KeyError("in a sink")

    with ef.Tracing(receive):
        work_on_pictures()
    assert calls > 5
    assert raised
    assert all(isinstance(each.exc_value, KeyError) for each in raised)


def test_a_limited_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    with ef.Tracing(path, max_bytes=4096):
        for _ in range(100):
            ef.Tensor([1])
    events = traced(path)
    assert path.stat().st_size <= 4096
    assert events[-1]["name"] == "trace.full"
    spans = sum(e["ph"] == "B" for e in events)
    assert spans + int(events[-1]["args"]["spans_left_out"]) == 100
    with pytest.raises(ValueError, match="max_bytes is 10, expected at least 1024"):
        ef.Tracing(path, 10).start()
    assert ef.Tracing(path).stop() is None


@pytest.mark.parametrize("target", [7, None, [print]])
def test_other_targets_are_type_errors(target: Any) -> None:
    with pytest.raises(TypeError):
        ef.Tracing(target)
