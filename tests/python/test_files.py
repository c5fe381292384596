# SPDX-License-Identifier: Apache-2.0
"""Files are whole or absent, and links that a stranger planted are not followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from edgefirst_hal._files import (
    make_folder,
    real_path,
    shortened,
    whole_file,
    write_to,
    write_whole,
)


def test_a_file_replaces_another_at_the_end_of_the_block(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    with whole_file(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_a_block_that_raises_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def write_half() -> None:
        with whole_file(tmp_path / "a") as partial:
            partial.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert os.listdir(tmp_path) == []


def test_a_cleanup_that_fails_hides_no_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, missing_ok: bool = False) -> None:
        if self.exists():
            raise PermissionError(13, "the folder has become read-only")

    def write_half() -> None:
        with whole_file(tmp_path / "a") as partial:
            monkeypatch.setattr(Path, "unlink", fail)
            partial.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_half()


def test_a_planted_link_is_replaced(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.jpg").symlink_to(victim)
    write_whole(folder / "a.jpg", b"picture")
    assert victim.read_text() == "precious"
    assert not (folder / "a.jpg").is_symlink()


def test_a_link_in_the_place_of_the_partial_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / "out"
    folder.mkdir()
    with whole_file(folder / "a.jpg") as partial:
        name = partial.name
    (folder / name).symlink_to(victim)
    write_whole(folder / "a.jpg", b"picture")
    assert victim.read_text() == "precious"
    assert os.listdir(folder) == ["a.jpg"]


def test_a_planted_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/group").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="a link stands"):
        make_folder(tmp_path / "out", tmp_path / "out/group/deeper")
    assert os.listdir(tmp_path / "elsewhere") == []


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    write_whole(tmp_path / ("n" * 255), b"")
    assert os.listdir(tmp_path) == ["n" * 255]


def test_a_path_of_the_user_may_be_a_link_or_a_device(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_to(tmp_path / "link", b"new")
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()
    write_to(Path("/dev/null"), b"gone")
    assert not Path("/dev/null").is_file()
    write_to(tmp_path / "deep/er.json", b"{}")
    assert (tmp_path / "deep/er.json").read_bytes() == b"{}"


@pytest.mark.parametrize("letter", ["n", "\xe9", "\u81ea", "\U0001f600", os.fsdecode(b"\xe9")])
def test_a_name_is_shortened_to_what_a_file_may_have(letter: str) -> None:
    for count in (1, 60, 62, 63, 64, 80, 126, 251, 252, 300, 5000):
        short = shortened(letter * count, "-2.jpg")
        assert (letter * count).startswith(short)
        assert len(os.fsencode(short)) <= 249
        assert short == letter * count or len(os.fsencode(short)) > 240


def test_links_that_lead_in_a_circle_have_a_real_path(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    assert real_path(tmp_path / "a.jpg").parent == real_path(tmp_path)
    with pytest.raises(OSError, match="symbolic links"):
        write_to(tmp_path / "a.jpg", b"?")
