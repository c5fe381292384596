# SPDX-License-Identifier: Apache-2.0
"""Pictures of folders and patterns: what is read, what is passed over, and that it is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal.sources import Source, SourceError, open_source
from edgefirst_hal.sources.leftovers import marked


def picture(path: Path, width: int = 16, height: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((height, width, 3), 90, np.uint8)
    path.write_bytes(ef.Tensor.wrap(pixels, ef.PixelFormat.Rgb).encode_jpeg(90))
    return path


def names(source: Source) -> list[str]:
    return [frame.name for frame in source]


def test_a_folder_gives_all_below_in_order(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/2.jpg", "a/1.JPG", "notes.txt"):
        picture(tmp_path / "in" / name)
    with open_source(tmp_path / "in") as source:
        frames = list(source)
        assert [frame.name for frame in frames] == ["a/1.JPG", "a/2.jpg", "b.jpg"]
        assert [frame.index for frame in frames] == [0, 1, 2]
        assert (source.count, source.notes, source.problems) == (3, [], [])
        assert (frames[0].load().width, frames[0].time_ns) == (16, None)


def test_pictures_are_repeated_where_that_is_asked_for(tmp_path: Path) -> None:
    for name in ("1.jpg", "2.jpg"):
        picture(tmp_path / name)
    assert names(open_source(tmp_path, 5)) == ["1.jpg", "2.jpg"]
    repeated = names(open_source(tmp_path, 5, repeat=True))
    assert repeated == ["1.jpg", "2.jpg", "1.jpg (x2)", "2.jpg (x2)", "1.jpg (x3)"]


def test_names_that_are_times_give_the_frames_theirs(tmp_path: Path) -> None:
    for name in ("1305031102.175304", "1305031102.211214", "1305031103.005"):
        picture(tmp_path / f"{name}.jpg")
    times = [frame.time_ns for frame in open_source(tmp_path)]
    assert times == [0, 35_910_000, 829_696_000]


# A command's own outputs --------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["out", "deep/er/results", "[1] run", ".hidden"])
def test_overlays_are_not_read_wherever_they_lie(tmp_path: Path, place: str) -> None:
    own = picture(tmp_path / "a.jpg").read_bytes()
    (tmp_path / place).mkdir(parents=True)
    for name in ("a.jpg", "renamed.jpeg"):
        (tmp_path / place / name).write_bytes(marked(own))
    with open_source(tmp_path) as source:
        assert names(source) == ["a.jpg"]
        assert source.notes == ["passed over 2 pictures that runs of this program wrote"]
    with pytest.raises(SourceError, match="passed over 2 pictures that runs"):
        open_source(tmp_path / place)
    with pytest.raises(SourceError, match="passed over 1 picture that runs"):
        open_source(tmp_path / place / "a.jpg")


def test_a_marked_picture_is_still_a_jpeg(tmp_path: Path) -> None:
    plain = picture(tmp_path / "a.jpg")
    noted = tmp_path / "b.jpg"
    noted.write_bytes(marked(plain.read_bytes()))
    before, after = (ef.Tensor.load(str(path)).numpy() for path in (plain, noted))
    assert np.array_equal(before, after)


def test_outputs_of_runs_without_the_mark_are_known_by_their_place(tmp_path: Path) -> None:
    picture(tmp_path / "in/a.jpg")
    for name in ("run.json", "platform.json"):
        (tmp_path / "in/old").mkdir(exist_ok=True)
        (tmp_path / "in/old" / name).write_text("{}")
    picture(tmp_path / "in/old/samples/00-a.jpg")
    picture(tmp_path / "in/found/in/a.jpg")
    picture(tmp_path / "in/found/kept.jpg")
    entry = {"file": "in/a.jpg", "overlay": "in/found/in/a.jpg"}
    document = {"edgefirst_hal": "1.0", "pictures": [entry]}
    (tmp_path / "in/found/detections.json").write_text(json.dumps(document))
    with open_source(tmp_path / "in") as source:
        assert names(source) == ["a.jpg", "found/kept.jpg"]
        assert source.notes == ["passed over 2 pictures that runs of this program wrote"]


def test_folders_that_are_called_samples_are_read(tmp_path: Path) -> None:
    picture(tmp_path / "samples/a.jpg")
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "detections.json").write_text("[1, 2")
    assert names(open_source(tmp_path)) == ["samples/a.jpg"]


def test_the_folder_that_a_run_writes_to_is_not_read(tmp_path: Path) -> None:
    picture(tmp_path / "in/a.jpg")
    picture(tmp_path / "in/out/b.jpg")
    with open_source(tmp_path / "in", output=tmp_path / "in/out") as source:
        assert names(source) == ["a.jpg"]
        assert len(source.notes) == 1
    assert names(open_source(tmp_path / "in/out", output=tmp_path / "in/out")) == ["b.jpg"]


# What systems leave -------------------------------------------------------------------------------


def test_files_that_systems_leave_are_passed_over(tmp_path: Path) -> None:
    fork = b"\0\5\26\7\0\2\0\0Mac OS X        "
    picture(tmp_path / "a.jpg")
    for name in ("._a.jpg", "._b.PNG", "__MACOSX/._a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(fork)
    picture(tmp_path / "@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg")
    picture(tmp_path / ".ipynb_checkpoints/a-checkpoint.jpg")
    with open_source(tmp_path) as source:
        assert names(source) == ["a.jpg"]
        (note,) = source.notes
        assert note.startswith("passed over 5 files that systems left behind")


def test_pipes_and_devices_of_a_folder_are_passed_over(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "zeros.png").symlink_to("/dev/zero")
    with open_source(tmp_path) as source:
        assert names(source) == ["a.jpg", "gone.jpg"]
        (note,) = source.notes
        assert note.startswith("passed over 2 pipes or devices with the name of a picture")
    with open_source(str(tmp_path / "*.jpg")) as source:
        assert names(source) == ["a.jpg", "gone.jpg"]


def test_a_picture_with_a_name_like_a_leftover_is_read(tmp_path: Path) -> None:
    picture(tmp_path / "._real.jpg")
    assert names(open_source(tmp_path)) == ["._real.jpg"]


# Links --------------------------------------------------------------------------------------------


def test_folders_behind_links_are_read(tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere/deep/b.jpg")
    picture(tmp_path / "in/a.jpg")
    (tmp_path / "in/linked").symlink_to(tmp_path / "elsewhere")
    assert names(open_source(tmp_path / "in")) == ["a.jpg", "linked/deep/b.jpg"]
    assert names(open_source(f"{tmp_path}/in/**/*.jpg")) == ["a.jpg", "linked/deep/b.jpg"]


def test_circles_of_links_end(tmp_path: Path) -> None:
    picture(tmp_path / "in/below/a.jpg")
    (tmp_path / "in/below/up").symlink_to(tmp_path / "in")
    (tmp_path / "in/self").symlink_to(tmp_path / "in/self")
    (tmp_path / "in/zz").symlink_to(tmp_path / "in/below")
    with open_source(tmp_path / "in") as source:
        assert names(source) == ["below/a.jpg"]
        assert source.notes == ["2 links lead to a folder that was read already and counts once"]


def test_two_names_of_one_picture_count_once_and_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "in/a.jpg")
    (tmp_path / "in/b.jpg").symlink_to("a.jpg")
    (tmp_path / "in/c.jpg").symlink_to(tmp_path / "in/b.jpg")
    with open_source(tmp_path / "in") as source:
        assert names(source) == ["a.jpg"]
        assert source.notes == ["2 names lead to a picture that was found already and counts once"]


def test_hard_links_are_pictures_of_their_own(tmp_path: Path) -> None:
    os.link(picture(tmp_path / "a.jpg"), tmp_path / "b.jpg")
    assert names(open_source(tmp_path)) == ["a.jpg", "b.jpg"]


def test_a_link_to_nowhere_fails_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    (frame,) = open_source(tmp_path)
    with pytest.raises(OSError, match="gone"):
        frame.load()


# Other formats and patterns -----------------------------------------------------------------------


def test_pictures_of_other_formats_are_counted(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.webp", "c.WEBP", "d.bmp", "e.heic", "film.mp4", "f.txt"):
        picture(tmp_path / name)
    with open_source(tmp_path) as source:
        assert names(source) == ["a.jpg"]
        assert source.notes == [
            "4 pictures of other formats are not read: 1 .bmp, 1 .heic, 2 .webp"
            " (only .jpg, .jpeg, .png are)",
            "1 film is not read among pictures: name a film to read it",
        ]


def test_a_folder_of_other_formats_says_what_it_holds(tmp_path: Path) -> None:
    picture(tmp_path / "a.tiff")
    with pytest.raises(SourceError, match=r"no pictures .* 1 \.tiff"):
        open_source(tmp_path)


@pytest.mark.parametrize("folder", ["[2024] trip", "a[b", "100% [x]*", "day [1-3]/[0]"])
def test_a_pattern_in_a_folder_with_brackets_finds_its_pictures(
    tmp_path: Path, folder: str
) -> None:
    picture(tmp_path / folder / "a.jpg")
    picture(tmp_path / folder / "b.png")
    assert names(open_source(f"{tmp_path}/{folder}/*.jpg")) == ["a.jpg"]
    assert names(open_source(f"{tmp_path}/{folder}/**/?.[jp]*g")) == ["a.jpg", "b.png"]


def test_brackets_in_a_file_name_beside_a_star(tmp_path: Path) -> None:
    for name in ("shot[1]a.jpg", "shot[1]b.jpg", "other.jpg"):
        picture(tmp_path / name)
    assert names(open_source(f"{tmp_path}/shot[1]*.jpg")) == ["shot[1]a.jpg", "shot[1]b.jpg"]


def test_patterns_work_as_those_of_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a1.jpg", "a2.jpg", "b1.jpg", ".a9.jpg", "x/a3.jpg", ".git/a4.jpg"):
        picture(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert names(open_source("a[12].jpg")) == ["a1.jpg", "a2.jpg"]
    assert names(open_source("**/a*.jpg")) == ["a1.jpg", "a2.jpg", "x/a3.jpg"]
    assert names(open_source(".a*.jpg")) == [".a9.jpg"]
    assert names(open_source("*/a?.jpg")) == ["a3.jpg"]
    with pytest.raises(SourceError, match="no pictures"):
        open_source("c*.jpg")


def test_a_folder_that_cannot_be_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told by the double, as the superuser reads every folder."""
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "closed/b.jpg")
    iterdir = Path.iterdir

    def refuse(self: Path) -> Iterator[Path]:
        if self.name == "closed":
            raise PermissionError(13, "Permission denied", str(self))
        return iterdir(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with open_source(tmp_path) as source:
        assert names(source) == ["a.jpg"]
        (problem,) = source.problems
    assert problem == f"this folder cannot be read: {tmp_path}/closed (Permission denied)"
