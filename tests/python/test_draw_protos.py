# SPDX-License-Identifier: Apache-2.0
"""draw_proto_masks: the second half of draw_masks, for results that decode_proto returned."""

from __future__ import annotations

from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import noise

MEM = ef.TensorMemory.MEM
RGBA = ef.PixelFormat.Rgba
CONFIG = {
    "outputs": [
        {"type": "detection", "shape": [1, 4 + 2 + 8, 30], "normalized": True},
        {"type": "protos", "shape": [1, 20, 20, 8]},
    ]
}


def outputs() -> list[Any]:
    random = np.random.default_rng(5)
    detection = np.zeros((1, 14, 30), np.float32)
    for anchor, label in ((3, 0), (17, 1)):
        detection[0, :4, anchor] = [0.3 + 0.02 * anchor, 0.5, 0.4, 0.6]
        detection[0, 4 + label, anchor] = 0.9
        detection[0, 6:, anchor] = random.normal(size=8)
    return [detection, random.normal(size=(1, 20, 20, 8)).astype(np.float32)]


@pytest.fixture(params=["cpu", "auto"])
def processor(request: pytest.FixtureRequest) -> ef.ImageProcessor:
    return ef.ImageProcessor(backend=request.param)


def canvas() -> ef.Tensor:
    return ef.Tensor.image(96, 72, RGBA, MEM)


@pytest.mark.parametrize("letterbox", [None, (0.0, 0.125, 1.0, 0.875)])
def test_it_draws_what_draw_masks_draws(processor: ef.ImageProcessor, letterbox: Any) -> None:
    decoder = ef.Decoder(CONFIG)
    background = canvas()
    background.from_numpy(noise(4, 72, 96, 4))
    options: dict[str, Any] = {
        "background": background,
        "opacity": 0.6,
        "letterbox": letterbox,
        "color_mode": ef.ColorMode.Instance,
    }
    boxes, scores, classes, protos = decoder.decode_proto(outputs())
    assert len(boxes) == 2
    assert protos is not None
    whole, parts = canvas(), canvas()
    processor.draw_masks(decoder, outputs(), whole, **options)
    for _ in range(2):  # the ingredients can be drawn again
        processor.draw_proto_masks(parts, boxes, scores, classes, protos, **options)
        assert np.array_equal(parts.numpy(), whole.numpy())
    assert not np.array_equal(whole.numpy(), background.numpy())


def test_boxes_beyond_the_last_row_are_outlines(processor: ef.ImageProcessor) -> None:
    boxes, scores, classes, protos = ef.Decoder(CONFIG).decode_proto(outputs())
    assert protos is not None
    more = np.concatenate([boxes, [[0.05, 0.05, 0.15, 0.2]]]).astype(np.float32)
    dst = canvas()
    processor.draw_proto_masks(
        dst, more, np.append(scores, scores[:1]), np.append(classes, classes[:1]), protos
    )
    inside = dst.numpy()[6:12, 8:12]
    assert not inside.any()
    assert dst.numpy()[3, 8].any()


def test_labels_and_tracks(processor: ef.ImageProcessor) -> None:
    boxes, scores, classes, protos = ef.Decoder(CONFIG).decode_proto(outputs())
    assert protos is not None
    plain, named = canvas(), canvas()
    tracks = [
        ef.TrackInfo(f"{i}2345678123456781234567812345678", box.tolist(), 1, 0, 0)
        for i, box in enumerate(boxes)
    ]
    processor.draw_proto_masks(plain, boxes, scores, classes, protos)
    processor.draw_proto_masks(
        named,
        boxes,
        scores,
        classes,
        protos,
        color_mode=ef.ColorMode.Track,
        labels=True,
        class_names=["cat", "dog"],
        tracks=tracks,
    )
    assert not np.array_equal(plain.numpy(), named.numpy())


def test_errors_name_what_is_wrong() -> None:
    processor = ef.ImageProcessor(backend="cpu")
    boxes, scores, classes, protos = ef.Decoder(CONFIG).decode_proto(outputs())
    assert protos is not None
    dst = canvas()

    def draw(**changes: Any) -> None:
        arguments: dict[str, Any] = {
            "dst": dst,
            "bbox": boxes,
            "scores": scores,
            "classes": classes,
            "proto_data": protos,
        }
        processor.draw_proto_masks(**arguments | changes)

    draw()
    before = dst.numpy().copy()
    for error, changes in [
        (ef.AliasedBuffersError, {"background": dst}),
        (ef.InvalidShapeError, {"background": ef.Tensor.image(9, 9, RGBA, MEM)}),
        (ef.InvalidShapeError, {"scores": scores[:1]}),
        (ef.InvalidArgumentError, {"bbox": boxes * 640}),
        (ef.InvalidArgumentError, {"class_names": ["cat"]}),
        (ef.InvalidArgumentError, {"opacity": float("nan")}),
        (ef.InvalidArgumentError, {"letterbox": (0.0, 80.0, 640.0, 560.0)}),
        (ef.NotSupportedError, {"dst": ef.Tensor.image(9, 9, ef.PixelFormat.Grey, MEM)}),
        (ValueError, {"letterbox": (0.0, 0.0, 1.0)}),
        (TypeError, {"proto_data": None}),
        (TypeError, {"bbox": boxes.tolist()}),
    ]:
        with pytest.raises(error) as caught:
            draw(**changes)
        if error is not TypeError:
            assert len(str(caught.value)) < 300
        assert np.array_equal(dst.numpy(), before)
    protos.take_protos()
    with pytest.raises(ef.InvalidArgumentError, match="take_"):
        draw()


def test_boxes_without_prototypes_to_draw() -> None:
    empty = outputs()
    empty[0][...] = 0
    boxes, scores, classes, protos = ef.Decoder(CONFIG).decode_proto(empty)
    assert len(boxes) == 0
    assert protos is not None
    dst = canvas()
    dst.numpy()[...] = 9
    ef.ImageProcessor(backend="cpu").draw_proto_masks(dst, boxes, scores, classes, protos)
    assert not dst.numpy().any()
