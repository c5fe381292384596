# SPDX-License-Identifier: Apache-2.0
"""A frame from JPEG to overlay, as programs written for 0.24 and for the 0.22 README do it."""

from __future__ import annotations

import uuid
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
from pictures import difference, ramp

CONFIG = {
    "outputs": [
        {"type": "detection", "shape": [1, 4 + 2 + 4, 50], "normalized": True},
        {"type": "protos", "shape": [1, 40, 40, 4]},
    ]
}


def run_model(model_in: ef.Tensor) -> list[ef.Tensor]:
    """One object in the middle whose mask covers its box."""
    assert model_in.shape == [160, 160, 3]
    table = np.zeros((1, 10, 50), np.float32)
    table[0, :6, 11] = (0.5, 0.5, 0.5, 0.25, 0.1, 0.9)
    table[0, 6:, 11] = 4.0
    protos = np.full((1, 40, 40, 4), 1.0, np.float32)
    outputs = []
    for array in (table, protos):
        tensor = ef.Tensor(array.shape, "float32")
        tensor.from_numpy(array)
        outputs.append(tensor)
    return outputs


def test_the_flow_of_the_readme(tmp_path: Path) -> None:
    path = tmp_path / "image.jpg"
    ef.Tensor.wrap(ramp(320, 240), ef.PixelFormat.Rgb).save_jpeg(str(path), 95)

    frame = ef.Tensor.load(str(path), ef.PixelFormat.Rgb)
    proc = ef.ImageProcessor()
    model_in = proc.create_image(160, 160, ef.PixelFormat.Rgb)
    proc.convert(frame, model_in)
    outputs = run_model(model_in)
    decoder = ef.Decoder(CONFIG, score_threshold=0.25, iou_threshold=0.7)
    boxes, scores, classes, masks = decoder.decode(outputs)
    canvas = proc.create_image(320, 240, ef.PixelFormat.Rgba)
    proc.draw_decoded_masks(canvas, boxes, scores, classes, seg=masks)

    assert boxes.tolist() == [[0.25, 0.375, 0.75, 0.625]]
    assert classes.tolist() == [1]
    assert masks[0].min() == 255
    assert canvas.numpy()[120, 160, 0] == 255 * 179 // 255


def test_a_frame_with_letterbox_tracker_and_jpeg_out() -> None:
    proc = ef.ImageProcessor()
    frame = ef.Tensor.load_from_bytes(
        ef.Tensor.wrap(ramp(320, 240), ef.PixelFormat.Rgb).encode_jpeg(95)
    )
    fit = ef.letterbox(320, 240, 160, 160)
    model_in = proc.create_image(160, 160, ef.PixelFormat.Rgb)
    proc.convert(frame, model_in, dst_crop=fit.content, dst_color=[114, 114, 114, 255])
    decoder, tracker = ef.Decoder(CONFIG), ef.ByteTrack()
    for timestamp in range(0, 3 * 33_000_000, 33_000_000):
        boxes, scores, classes, masks, tracks = decoder.decode_tracked(
            tracker, timestamp, run_model(model_in)
        )
    canvas = proc.create_image(320, 240, ef.PixelFormat.Rgb)
    proc.draw_decoded_masks(
        canvas,
        boxes,
        scores,
        classes,
        masks,
        background=frame,
        letterbox=fit.normalized,
        color_mode=ef.ColorMode.Track,
        labels=True,
        class_names=["circle", "square"],
        tracks=[ef.TrackInfo(str(uuid.UUID(int=1)), boxes[0].tolist(), 1, 0, 0)],
    )
    overlay = ef.Tensor.load_from_bytes(canvas.encode_jpeg(95)).numpy()
    assert len(tracks) == 1
    assert fit.to_source(boxes).tolist() == [[80, 80, 240, 160]]
    assert difference(overlay[:40], frame.numpy()[:40])[0] < 3
    assert difference(overlay[100:140, 120:200], frame.numpy()[100:140, 120:200])[0] > 20
