# SPDX-License-Identifier: Apache-2.0
"""A street with people (vtest.avi): every frame is done, as tracked pictures and as a film.

Many frames have boxes that are too weak for a track beside those of people who are followed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import pytest
from edgefirst_hal.cli import main
from edgefirst_hal.sources import open_source
from real_runs import DATA, FLOAT, INT8, VIDEO, needs_data, needs_video, run

pytestmark = [needs_data, needs_video]

FRAMES, ALL = 60, 795


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("street")
    with open_source(VIDEO, FRAMES) as source:
        for frame in source:
            frame.load().save_jpeg(str(folder / f"{1700000000000 + frame.index * 100}.jpg"))
    return folder


@pytest.mark.parametrize("model", [INT8, FLOAT])
def test_every_picture_of_the_street_is_tracked(tmp_path: Path, pictures: Path, model: str) -> None:
    given = ["detect", "--model", DATA / "models" / model, "--track", pictures, "--quiet"]
    assert main([str(each) for each in [*given, "--output", tmp_path]]) == 0
    document: dict[str, Any] = json.loads((tmp_path / "detections.json").read_text())
    assert (len(document["pictures"]), document["failures"]) == (FRAMES, [])
    found = [[each["track"] for each in entry["detections"]] for entry in document["pictures"]]
    mixed = sum(None in tracks and any(tracks) for tracks in found)
    followed = {track for tracks in found for track in tracks if track is not None}
    print(f"{model}: {mixed} of {FRAMES} frames have boxes with and without track, {len(followed)}")
    assert mixed >= FRAMES // 5
    assert 3 <= len(followed) <= 40
    overlay = ef.Tensor.load(document["pictures"][-1]["overlay"])
    assert (overlay.width, overlay.height) == (768, 576)


def test_every_frame_of_the_film_is_profiled(tmp_path: Path) -> None:
    document = run(tmp_path / "run", "profile", INT8, "--images", VIDEO)
    assert document["frames"]["planned"] == document["frames"]["done"] == ALL
    assert (document["source_notes"], document["source_problems"]) == ([], [])


def test_every_frame_of_the_film_is_validated(tmp_path: Path) -> None:
    document = run(tmp_path / "run", "validate", FLOAT, "--images", VIDEO, "--count", FRAMES)
    assert document["frames"]["done"] == FRAMES
