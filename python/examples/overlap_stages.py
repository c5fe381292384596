# SPDX-License-Identifier: Apache-2.0
"""Detection in stages that overlap: while one picture is inferred, the next ones are decoded.

python overlap_stages.py model.onnx photo.jpg...
"""

from __future__ import annotations

import sys

import edgefirst_hal as ef
from edgefirst_hal.models import Detections, load_model
from edgefirst_hal.pipeline import Pipeline, Stage


def main(path: str, pictures: list[str]) -> None:
    model = load_model(path)

    def decode(picture: str) -> ef.Tensor:
        return ef.Tensor.load(picture, ef.PixelFormat.Rgb)

    def detect(picture: ef.Tensor) -> Detections:
        fit = model.fill(picture)
        return model.decode(model.infer(), fit, (picture.width or 0, picture.height or 0))

    def describe(found: Detections) -> str:
        return ", ".join(model.class_name(int(index)) for index in found.classes) or "nothing"

    stages = [Stage("decode", decode), Stage("detect", detect), Stage("describe", describe)]
    with Pipeline(stages, depth=2).run(pictures) as run:
        for frame in run:  # in order; an error stays with its frame
            text = f"failed: {frame.error}" if frame.error else frame.result()
            print(f"{frame.item}: {text} ({frame.latency_ns / 1e6:.1f} ms of work)")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
