# SPDX-License-Identifier: Apache-2.0
"""Paths become pictures: order, sequences, problems, and overlays that overwrite nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from edgefirst_hal.cli.pictures import gather, overlay_paths


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_a_folder_gives_its_pictures_sorted(tmp_path: Path) -> None:
    folder = touch(tmp_path / "in", "b.JPG", "a.png", "notes.txt", "c.jpeg")
    touch(folder / "below", "z.jpg")
    pictures, problems = gather([folder], track=False)
    assert [picture.label for picture in pictures] == ["in/a.png", "in/b.JPG", "in/c.jpeg"]
    assert problems == []


def test_problems_are_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    folder = touch(tmp_path / "empty")
    touch(tmp_path, "a.jpg")
    pictures, problems = gather([tmp_path / "gone.jpg", folder, tmp_path / "a.jpg"], track=False)
    assert [picture.path.name for picture in pictures] == ["a.jpg"]
    assert "gone.jpg: no such file or folder" in problems[0]
    assert "empty: no pictures" in problems[1]


def test_a_picture_named_twice_is_processed_once(tmp_path: Path) -> None:
    folder = touch(tmp_path / "in", "a.jpg", "b.jpg")
    pictures, _ = gather([folder / "b.jpg", folder], track=False)
    assert [picture.label for picture in pictures] == ["b.jpg", "in/a.jpg"]


def test_numbered_pictures_of_a_folder_are_a_sequence_in_number_order(tmp_path: Path) -> None:
    folder = touch(tmp_path / "in", "f9.jpg", "f10.jpg", "f11.jpg", "other.jpg", "g1.jpg")
    pictures, _ = gather([folder], track=True)
    frames = [picture for picture in pictures if picture.sequence]
    assert [(frame.path.name, frame.frame) for frame in frames] == [
        ("f9.jpg", 9),
        ("f10.jpg", 10),
        ("f11.jpg", 11),
    ]
    assert {frame.sequence for frame in frames} == {"in/f*"}
    assert len(pictures) == 5


def test_frames_named_one_by_one_are_a_sequence_too(tmp_path: Path) -> None:
    folder = touch(tmp_path / "in", "000.jpg", "001.jpg")
    pictures, _ = gather(sorted(folder.iterdir(), reverse=True), track=True)
    assert [picture.frame for picture in pictures] == [0, 1]


def test_without_tracking_numbers_mean_nothing(tmp_path: Path) -> None:
    folder = touch(tmp_path / "in", "000.jpg", "001.jpg")
    assert not any(picture.sequence for picture in gather([folder], track=False)[0])


def test_overlays_have_distinct_names_and_spare_the_inputs(tmp_path: Path) -> None:
    folder = touch(tmp_path / "in", "a.jpg", "a.png")
    pictures, _ = gather([folder], track=False)
    first, second = overlay_paths(pictures, tmp_path / "out")
    assert (first, second) == (tmp_path / "out/in/a.jpg", tmp_path / "out/in/a-2.jpg")
    onto_inputs = overlay_paths(pictures, tmp_path)
    assert onto_inputs == [folder / "a-2.jpg", folder / "a-3.jpg"]


def test_folders_of_equal_name_do_not_share_overlays(tmp_path: Path) -> None:
    folders = [touch(tmp_path / side / "in", "a.jpg") for side in ("left", "right")]
    paths = overlay_paths(gather(folders, track=False)[0], tmp_path / "out")
    assert len(set(paths)) == 2


@pytest.mark.parametrize("stem", ["n" * 251, "\u81ea" * 80, "x" * 240, "s" * 249 + "e\u0301"[:1]])
def test_overlays_of_the_longest_names_can_be_written(tmp_path: Path, stem: str) -> None:
    """Three pictures of one name: two overlays need a number, for which there must be room."""
    folders = [touch(tmp_path / name, f"{stem}.jpg") for name in "abc"]
    pictures, problems = gather([folder / f"{stem}.jpg" for folder in folders], track=False)
    assert problems == []
    overlays = overlay_paths(pictures, touch(tmp_path / "out"))
    for overlay in overlays:
        overlay.touch()
    assert len(set(overlays)) == 3
    assert overlays[0].name == f"{stem}.jpg"


def test_names_that_no_file_can_have_are_problems(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    paths = [tmp_path / ("n" * 300), tmp_path / "a.jpg" / "b.jpg", tmp_path / "a.jpg"]
    pictures, problems = gather(paths, track=False)
    assert [picture.path.name for picture in pictures] == ["a.jpg"]
    assert problems[0].endswith(": File name too long")
    assert problems[1].endswith(": no such file or folder")
