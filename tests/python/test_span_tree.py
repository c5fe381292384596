# SPDX-License-Identifier: Apache-2.0
"""What each call does is what its spans say: their tree and their fields, of real work."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from decoder_cases import Case, end_to_end_case, modelpack_case, per_scale_case, yolo_case
from decoder_running import make_decoder, tensors_of
from PIL import Image

PICTURE = Path(ef.__file__).parent / "samples/pictures/000.jpg"
NMS = "decoder.nms_get_boxes"
COUNTS = ("n_candidates", "n_after_topk", "n_after_nms", "n_detections")


@dataclass
class Span:
    name: str
    fields: dict[str, str]
    inside: list[Span] = field(default_factory=list)

    def names(self) -> list[str]:
        """Of the spans inside, each followed by those inside it; repeated ones once."""
        names: list[str] = []
        for span in self.inside:
            for name in (span.name, *span.names()):
                if name not in names:
                    names.append(name)
        return names

    def find(self, name: str) -> list[Span]:
        found = [span for span in self.inside if span.name == name]
        return found + [deep for span in self.inside for deep in span.find(name)]

    def only(self, name: str) -> Span:
        (span,) = self.find(name)
        return span


def traced(work: Callable[[], object]) -> Span:
    """The calling thread's spans, without those of tensors."""
    events: list[dict[str, Any]] = []
    with ef.Tracing(lambda text: events.append(json.loads(text))):
        work()
    thread = next(e["tid"] for e in events if e["ph"] == "B" and e["name"] != "parallel.work")
    root = Span("", {})
    stack = [root]
    spans = [e for e in events if e["ph"] in "BE" and e["tid"] == thread]
    for event in sorted(spans, key=lambda e: float(e["ts"])):
        if event["ph"] == "E":
            assert stack.pop().name == event["name"]
            continue
        span = Span(event["name"], event.get("args", {}))
        if not span.name.startswith("tensor."):
            stack[-1].inside.append(span)
        stack.append(span)
    return root


def decoded(case: Case) -> Span:
    decoder, outputs = make_decoder(case), tensors_of(case)
    return traced(lambda: decoder.decode(outputs, 1000)).only("decoder.decode")


def proto_decoded(case: Case) -> Span:
    decoder, outputs = make_decoder(case), tensors_of(case)
    return traced(lambda: decoder.decode_proto(outputs, 1000)).only("decoder.decode_proto")


def boxes_step(dtype: str) -> str:
    return f"{NMS}.{'decode' if dtype.startswith('float') else 'dequant'}_boxes"


def check_counts(span: Span, case: Case) -> None:
    counts = [int(span.only(NMS).fields[name]) for name in COUNTS]
    assert counts == sorted(counts, reverse=True)
    assert counts[3] == len(make_decoder(case).decode(tensors_of(case), 1000)[0]) > 0
    survivors = span.find(f"{NMS}.dequant_boxes") + span.find(f"{NMS}.decode_boxes")
    assert counts[3] <= sum(int(step.fields["n"]) for step in survivors) <= counts[1]


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8", "float16"])
@pytest.mark.parametrize("kind", ["det", "seg", "2way", "split", "splitseg"])
def test_yolo(kind: str, dtype: str) -> None:
    case = replace(yolo_case(kind, dtype, 1), nms="ClassAgnostic")
    span = decoded(case)
    head = f"decoder.decode.yolo_{'float' if dtype.startswith('float') else 'quant'}"
    selection = [NMS, f"{NMS}.score_filter", f"{NMS}.top_k", f"{NMS}.suppress", boxes_step(dtype)]
    masks = ["decoder.decode.process_masks"] if kind in ("seg", "2way", "splitseg") else []
    assert span.names() == [f"{head}_{'split' if 'split' in kind else 'flat'}", *selection, *masks]
    assert span.fields == {"path": "legacy", "n_outputs": str(len(case.outputs))}
    assert span.only(f"{NMS}.top_k").fields == {"k": "300"}
    check_counts(span, case)
    if masks:
        fields = span.only(masks[0]).fields
        assert fields["n"] == span.only(NMS).fields["n_detections"]
        assert fields["mode"] == ("quant" if dtype in ("int8", "uint8") else "float")


def test_top_k_and_the_cap_show_in_the_counts() -> None:
    case = replace(yolo_case("det", "float32", 1), nms="ClassAgnostic")
    decoder, outputs = make_decoder(case), tensors_of(case)
    decoder.pre_nms_top_k, decoder.max_det = 5, 2
    fields = traced(lambda: decoder.decode(outputs)).only(NMS).fields
    assert int(fields["n_candidates"]) > 5
    assert [fields[name] for name in COUNTS[1:]] == ["5", "2", "2"]


def test_what_is_not_done_has_no_span() -> None:
    case = yolo_case("seg", "float32", 1)
    nothing = decoded(replace(case, score=2.0, nms="ClassAgnostic"))  # no candidate
    assert nothing.names() == ["decoder.decode.yolo_float_flat", NMS, f"{NMS}.score_filter"]
    assert [nothing.only(NMS).fields[name] for name in COUNTS] == ["0", "0", "0", "0"]
    keeping_all = decoded(replace(case, nms=None))
    assert f"{NMS}.suppress" not in keeping_all.names()
    assert "decoder.decode.process_masks" in keeping_all.names()
    decoder, outputs = make_decoder(case), tensors_of(case)
    without_masks = traced(lambda: decoder.decode(outputs, masks=False))
    assert "decoder.decode.process_masks" not in without_masks.names()


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("kind", ["e2e", "e2eseg", "e2esplit", "e2esplitseg"])
def test_end_to_end_models_suppress_nothing(kind: str, dtype: str) -> None:
    span = decoded(end_to_end_case(kind, dtype, 1))
    assert span.names() == (["decoder.decode.process_masks"] if kind.endswith("seg") else [])


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("kind", ["boxes", "boxes-map", "grid", "grid-map"])
def test_modelpack(kind: str, dtype: str) -> None:
    case = replace(modelpack_case(kind, dtype, 1), nms="ClassAgnostic")
    span = decoded(case)
    steps = [NMS, f"{NMS}.score_filter", f"{NMS}.top_k", f"{NMS}.suppress", boxes_step(dtype)]
    assert span.names() == steps
    check_counts(span, case)
    assert decoded(modelpack_case("map", dtype, 1)).names() == []


RUN = "decoder.per_scale_run"
RUN_STEPS = [RUN, f"{RUN}.resolve_bindings", f"{RUN}.level", f"{RUN}.level.scores"]


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8"])
def test_per_scale(dtype: str) -> None:
    case = replace(per_scale_case(dtype, 1), nms="ClassAgnostic")
    span = decoded(case)
    to_masks = "decoder.decode.per_scale_to_masks"
    assert span.fields["path"] == "per_scale"
    assert [step.name for step in span.inside] == [RUN, to_masks]
    assert [RUN, *span.only(RUN).names()] == RUN_STEPS
    steps = [f"{to_masks}.get_boxes", NMS, f"{NMS}.top_k", f"{NMS}.suppress", boxes_step(dtype)]
    masks = [f"{to_masks}.process_masks", "decoder.decode.process_masks"]
    assert span.only(to_masks).names() == [*steps, *masks, f"{RUN}.level.mask_coefs"]
    check_counts(span, case)
    check_levels(span, case)


def check_levels(span: Span, case: Case) -> None:
    run = span.only(RUN)
    outputs = {output.role: output.stored.shape for output in case.outputs}
    assert run.fields["n_levels"] == "3"
    assert run.fields["encoding"] in ("dfl", "ltrb")
    assert int(run.fields["nc"]) in outputs["scores"]
    assert int(run.fields["nm"]) in outputs["mask_coefs"]
    levels = run.find(f"{RUN}.level")
    for index, (level, (stride, cells)) in enumerate(zip(levels, ((8, 8), (16, 4), (32, 2)))):
        fields = {"li": index, "stride": stride, "h": cells, "w": cells, "anchors": cells * cells}
        assert {k: v for k, v in level.fields.items() if k != "layout"} == {
            k: str(v) for k, v in fields.items()
        }
        assert level.fields["layout"] in ("nhwc", "nchw")
        assert level.only(f"{RUN}.level.scores").fields["activation"] in ("sigmoid", "none")
    coefficients = span.find(f"{RUN}.level.mask_coefs")
    assert 1 <= len(coefficients) <= 3
    assert {step.fields["li"] for step in coefficients} <= {"0", "1", "2"}


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_per_scale_prototypes(dtype: str) -> None:
    case = replace(per_scale_case(dtype, 1), nms="ClassAgnostic")
    span = proto_decoded(case)
    bridge = "decoder.decode_proto.per_scale_to_proto_data"
    assert [step.name for step in span.inside] == [RUN, bridge]
    assert [step.name for step in span.only(bridge).inside] == [
        f"{bridge}.get_boxes",
        f"{bridge}.extract",
    ]
    extract = span.only(f"{bridge}.extract").only("decoder.decode_proto.extract_proto_data")
    assert sorted(extract.names()) == [f"{RUN}.level.mask_coefs", f"{RUN}.protos"]
    assert set(extract.fields) == {"n", "num_protos", "layout", "mode"}
    assert extract.fields["n"] == span.only(NMS).fields["n_detections"]


@pytest.mark.parametrize(("dtype", "mode"), [("float32", "float"), ("int8", "quant")])
def test_yolo_prototypes(dtype: str, mode: str) -> None:
    span = proto_decoded(replace(yolo_case("2way", dtype, 1), nms="ClassAgnostic"))
    extract = span.only("decoder.decode_proto.extract_proto_data")
    assert extract.names() == []  # copied in one pass
    assert extract.fields["mode"] == mode
    assert extract.fields["layout"] in ("nhwc", "nchw")
    assert "decoder.decode.process_masks" not in span.names()


def test_python_calls_tell_their_arguments() -> None:
    case = yolo_case("seg", "float32", 1)
    decoder, outputs = make_decoder(case), tensors_of(case)
    tracker = ef.ByteTrack()
    root = traced(lambda: (decoder.decode(outputs, 7), decoder.decode_tracked(tracker, 9, outputs)))
    assert root.only("python.decode").fields == {"n_tensors": "2", "max_boxes": "7"}
    fields = root.only("python.decode_tracked").fields
    assert (fields["n_tensors"], fields["timestamp"]) == ("2", "9")
    canvas = ef.Tensor.image(64, 64, ef.PixelFormat.Rgba)
    processor = ef.ImageProcessor(backend="cpu")
    drawn = traced(lambda: processor.draw_masks(decoder, outputs, canvas))
    assert drawn.only("python.draw_masks").fields == {"n_tensors": "2", "tracked": "0"}


UPDATE = "tracker.update"


def test_tracker() -> None:
    tracker = ef.ByteTrack()
    boxes = np.array([[0.1, 0.1, 0.3, 0.3], [0.6, 0.6, 0.8, 0.9]], np.float32)
    scores, labels = np.array([0.9, 0.8], np.float32), np.zeros(2, np.uint64)
    first = traced(lambda: tracker.update(boxes, scores, labels, 1)).only(UPDATE)
    assert first.names() == []  # nothing to predict or to match yet
    assert first.fields == {"n_detections": "2", "n_tracklets": "0", "timestamp": "1"}
    second = traced(lambda: tracker.update(boxes, scores, labels, 2)).only(UPDATE)
    steps = ["predict", "match_high_conf", "match_low_conf"]
    assert second.names() == [f"{UPDATE}.{step}" for step in steps]
    assert second.fields["n_tracklets"] == "2"
    empty = traced(lambda: tracker.update(boxes[:0], scores[:0], labels[:0], 3)).only(UPDATE)
    assert empty.names() == [f"{UPDATE}.predict"]


CPU = "image.convert.cpu"


@pytest.mark.parametrize(
    ("source", "target", "options", "name"),
    [
        ((64, 48, "Rgba"), (32, 24, "Rgba"), {}, "resize_flip_rotate"),
        ((64, 48, "Rgba"), (32, 24, "Rgb"), {}, "resize_flip_rotate"),
        ((64, 48, "Nv12"), (40, 40, "Rgb"), {}, "resize_flip_rotate"),
        (
            (64, 48, "Rgb"),
            (32, 32, "PlanarRgb"),
            {"dst_crop": (4, 0, 24, 32)},
            "resize_flip_rotate",
        ),
        ((64, 48, "Rgb"), (48, 64, "Rgb"), {"rotation": "Clockwise90"}, "resize_flip_rotate"),
        ((64, 48, "Rgb"), (48, 64, "Grey"), {"rotation": "Clockwise90"}, "resize_flip_rotate"),
        ((64, 48, "Rgb"), (64, 48, "Rgb"), {"flip": "Horizontal"}, "resize_flip_rotate"),
        ((64, 48, "Rgba"), (64, 48, "Rgb"), {}, "format_convert"),
        ((64, 48, "Nv12"), (64, 48, "Rgb"), {}, "format_convert"),
        ((64, 48, "Rgb"), (64, 48, "Nv12"), {}, "format_convert"),
        ((64, 48, "Rgb"), (64, 48, "PlanarRgb"), {}, "format_convert"),
        ((64, 48, "Rgb"), (32, 24, "Grey"), {"src_crop": (8, 8, 32, 24)}, "format_convert"),
        ((64, 48, "Rgb"), (32, 24, "Rgb"), {"src_crop": (8, 8, 32, 24)}, "copy"),
        ((64, 48, "Rgb"), (64, 48, "Rgb"), {}, "copy"),
    ],
)
def test_conversions(
    source: tuple[int, int, str],
    target: tuple[int, int, str],
    options: dict[str, Any],
    name: str,
) -> None:
    values: Any = {
        key: ef.Rect(*value)
        if "crop" in key
        else getattr(ef.Rotation if key == "rotation" else ef.Flip, value)
        for key, value in options.items()
    }
    src, dst = (
        ef.Tensor.image(width, height, getattr(ef.PixelFormat, pixels), mem=ef.TensorMemory.MEM)
        for width, height, pixels in (source, target)
    )
    processor = ef.ImageProcessor(backend="cpu")
    span = traced(lambda: processor.convert(src, dst, **values)).only("image.convert")
    assert span.names() == [f"{CPU}.{name}"]
    assert set(span.fields) == {
        *("src_fmt", "dst_fmt", "src_memory", "dst_memory", "rotation", "flip")
    }
    inner = span.only(f"{CPU}.{name}").fields
    assert inner == {"from": source[2], "to": target[2], "pass": "direct"}


def test_codec() -> None:
    jpeg = PICTURE.read_bytes()
    png = BytesIO()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(png, "PNG")
    canvas = ef.Tensor.image(1024, 1024, ef.PixelFormat.Rgb)
    root = traced(lambda: canvas.decode_image(jpeg))
    span = root.only("codec.decode_jpeg")
    assert span.names() == ["codec.decode_jpeg.parse_markers", "codec.decode_jpeg.mcu_loop"]
    assert span.fields == {"dtype": "uint8", "n_bytes": str(len(jpeg))}
    root = traced(lambda: canvas.decode_image(png.getvalue()))
    assert root.names() == ["codec.decode_png"]
    assert root.only("codec.decode_png").fields["n_bytes"] == str(len(png.getvalue()))
    root = traced(lambda: ef.Tensor.peek_image_info(jpeg))
    assert root.names() == ["codec.peek", "codec.decode_jpeg.parse_markers"]
    assert traced(lambda: ef.Tensor.peek_image_info(png.getvalue())).names() == ["codec.peek"]
