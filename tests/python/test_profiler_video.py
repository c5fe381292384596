# SPDX-License-Identifier: Apache-2.0
"""Videos become frames in order; what is no video, or ends early, is a clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.sources import open_source

av: Any = pytest.importorskip("av", reason="the extra video reads videos with PyAV")

WIDTH, HEIGHT, COUNT = 96, 64, 12


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Grey frames, each 20 brighter than the one before."""
    path = tmp_path / "grey.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for i in range(COUNT):
            pixels = np.full((HEIGHT, WIDTH, 3), 20 * i, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def test_frames_come_in_order_with_labels(video: Path) -> None:
    source = open_source(str(video), None)
    items = list(source.items)
    assert (source.count, len(items)) == (COUNT, COUNT)
    assert items[3].label == "grey.avi#000003"
    assert items[3].path.stem == "grey_000003"
    for i, item in enumerate(items):
        frame = item.load()
        assert (frame.width, frame.height) == (WIDTH, HEIGHT)
        assert abs(float(frame.numpy().mean()) - 20 * i) < 4


def test_a_count_cuts_a_video(video: Path) -> None:
    assert open_source(str(video), 5).count == 5
    assert open_source(str(video), 500, repeat=True).count == COUNT


def test_a_video_that_ends_early_says_so(video: Path) -> None:
    source = open_source(str(video), None)
    items = list(source.items)
    for item in items:
        item.load()
    with pytest.raises(ProfilerError, match="the video ends after 12 frames"):
        type(items[0])(items[0].video, COUNT).load()


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.avi"
    path.write_bytes(b"no video at all")
    with pytest.raises(ProfilerError, match="not a readable video"):
        open_source(str(path), None)
