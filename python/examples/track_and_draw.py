# SPDX-License-Identifier: Apache-2.0
"""Model outputs become tracked boxes and an overlay: letterbox, decode and track, draw.

    python track_and_draw.py photo.jpg overlay.jpg

The model is played by a function that finds one object, a little further right in every frame;
yours fills output from model_input.
"""

from __future__ import annotations

import sys

import edgefirst_hal as ef

INPUT, ANCHORS, FRAMES, FRAME_NS = 320, 100, 10, 33_000_000
NAMES = ["circle", "square"]


def run_model(model_input: ef.Tensor, output: ef.Tensor, frame: int) -> None:
    """YOLOv8's layout: centre x, y, width, height (0...1) and a score per class, per anchor."""
    output.numpy()[0, :, 7] = 0.3 + 0.02 * frame, 0.5, 0.2, 0.3, 0, 0.9


def main(picture: str, overlay: str) -> None:
    photo = ef.Tensor.load(picture, ef.PixelFormat.Rgb)
    fit = ef.letterbox(photo.width, photo.height, INPUT, INPUT)
    processor = ef.ImageProcessor()
    model_input = processor.create_image(INPUT, INPUT, ef.PixelFormat.Rgb)
    shape = [1, 4 + len(NAMES), ANCHORS]
    output = ef.Tensor(shape, "float32", ef.TensorMemory.MEM)
    config = {"outputs": [{"type": "detection", "shape": shape, "normalized": True}]}
    decoder, tracker = ef.Decoder(config, score_threshold=0.5), ef.ByteTrack()
    for frame in range(FRAMES):
        processor.convert(photo, model_input, dst_crop=fit.content, dst_color=(114, 114, 114, 255))
        run_model(model_input, output, frame)
        found = decoder.decode_tracked(tracker, frame * FRAME_NS, [output])
    boxes, scores, classes, masks, tracks = found
    for box, label, track in zip(fit.to_source(boxes), classes, tracks):
        print(f"{NAMES[label]}, seen {track.count} times, at {[round(float(v)) for v in box]}")

    canvas = ef.Tensor.image(photo.width, photo.height, ef.PixelFormat.Rgb)
    processor.draw_decoded_masks(
        canvas,
        boxes,
        scores,
        classes,
        seg=masks,
        background=photo,
        letterbox=fit.normalized,
        labels=True,
        class_names=NAMES,
        tracks=tracks,
    )
    canvas.save_jpeg(overlay, 90)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
