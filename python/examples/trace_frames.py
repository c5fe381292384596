# SPDX-License-Identifier: Apache-2.0
"""Where does the time go? A trace of decoding and letterboxing one picture a few times, for
ui.perfetto.dev.

    python trace_frames.py photo.jpg trace.json
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

import edgefirst_hal as ef

INPUT = 640


def main(picture: str, trace: str) -> None:
    data = Path(picture).read_bytes()
    info = ef.Tensor.peek_image_info(data)
    photo = ef.Tensor.image(info.width, info.height, ef.PixelFormat.Rgb)
    processor = ef.ImageProcessor()
    model_input = processor.create_image(INPUT, INPUT, ef.PixelFormat.Rgb)
    fit = ef.letterbox(info.width, info.height, INPUT, INPUT)
    with ef.Tracing(trace):
        for _ in range(20):
            photo.decode_image(data)
            processor.convert(
                photo, model_input, dst_crop=fit.content, dst_color=(114, 114, 114, 255)
            )

    times: dict[str, list[float]] = defaultdict(list)
    begun: dict[tuple[int, str], list[float]] = defaultdict(list)
    for event in json.loads(Path(trace).read_text()):
        key = (event.get("tid", 0), event["name"])
        if event["ph"] == "X":
            times[event["name"]].append(event["dur"])
        elif event["ph"] == "B":
            begun[key].append(event["ts"])
        elif event["ph"] == "E" and begun[key]:
            times[event["name"]].append(event["ts"] - begun[key].pop())
    for name, durations in sorted(times.items()):
        print(f"{name:42} {len(durations):3} times {sum(durations) / len(durations):9.1f} us")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
