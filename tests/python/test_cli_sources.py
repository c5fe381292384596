# SPDX-License-Identifier: Apache-2.0
"""validate and profile over films, and over folders that hold what nobody means as input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from edgefirst_hal.cli import main
from film_files import COUNT, corner, cut, grainy, rewrite, write_film
from profiler_cases import write_cats_model, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")
parquet = pytest.importorskip("pyarrow.parquet", reason="the extra profile stores runs with it")
pytest.importorskip("matplotlib", reason="the extra profile draws the charts with it")
pytest.importorskip("pycocotools", reason="the extra profile evaluates with it")


def run(tmp_path: Path, images: object, *arguments: object, code: int = 0) -> dict[str, Any]:
    """The document of a run of profile."""
    folder = tmp_path / f"run-{len(list(tmp_path.glob('run-*')))}"
    given = ["profile", write_cats_model(tmp_path), "--images", images, "-o", folder, *arguments]
    assert main([str(argument) for argument in given]) == code
    document: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return document


def frames(tmp_path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(tmp_path / "run-0/frames.parquet").to_pylist()
    return rows


@pytest.mark.parametrize("name", ["film.mp4", "film.ts", "00001.MTS", "film.m4v", "film.mpg"])
def test_every_frame_of_a_film_is_done(tmp_path: Path, name: str) -> None:
    codec = "mpeg2video" if name.endswith("mpg") else "libx264"
    document = run(tmp_path, write_film(tmp_path / name, codec))
    assert document["frames"]["done"] == document["frames"]["planned"] == COUNT
    assert [row["label"] for row in frames(tmp_path)][:2] == [f"{name}#000000", f"{name}#000001"]


def test_a_trimmed_film_is_whole(tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4")
    document = run(tmp_path, rewrite(whole, tmp_path / "trimmed.mp4", shift=8))
    assert (document["frames"]["done"], document["frames"]["failed"]) == (COUNT - 8, 0)


def test_a_turned_film_is_profiled_upright(tmp_path: Path) -> None:
    film = write_film(
        tmp_path / "phone.mov",
        draw=corner,
        count=3,
        prepare=lambda stream: stream.set_display_rotation(90),
    )
    run(tmp_path, film)
    assert {(row["width"], row["height"]) for row in frames(tmp_path)} == {(48, 64)}


def test_missing_frames_keep_their_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_film(tmp_path / "whole.mp4", options={"bf": "2"})
    document = run(tmp_path, rewrite(whole, tmp_path / "hit.mp4", emptied=[6]), code=3)
    failed = [row["frame"] for row in frames(tmp_path) if row["status"] == "failed"]
    assert 1 <= len(failed) <= 3
    assert document["frames"]["done"] == COUNT - len(failed)
    for number in failed:
        assert f"hit.mp4#{number:06d}: decode: frame {number} is missing" in capsys.readouterr().err
        break


def test_a_film_cut_off_says_so_and_is_incomplete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    front = {"movflags": "faststart"}
    whole = write_film(tmp_path / "w.mp4", draw=grainy, container_options=front)
    short = cut(whole, tmp_path / "short.mp4", 0.5)
    document = run(tmp_path, short, "--quiet", code=3)
    assert document["frames"]["failed"] == 0
    (problem,) = document["source_problems"]
    assert problem in capsys.readouterr().err
    run(tmp_path, short, "--count", 2)


def test_runs_in_the_folder_of_the_pictures_find_the_same_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path / "in", 3)
    (tmp_path / "deep/in").mkdir(parents=True)
    for turn in range(3):
        document = run(tmp_path, tmp_path)
        assert document["frames"]["done"] == 3 + 0 * turn
    assert document["source_notes"] == ["passed over 6 pictures that runs of this program wrote"]
    assert document["source_notes"][0] in capsys.readouterr().out


@pytest.mark.parametrize("left", [".DS_Store", "Thumbs.db", "desktop.ini", "._report.html"])
def test_what_a_file_browser_left_does_not_fill_an_output_folder(tmp_path: Path, left: str) -> None:
    write_pictures(tmp_path / "in", 1)
    (tmp_path / "run-0").mkdir()
    (tmp_path / "run-0" / left).write_bytes(b"x")
    folder = tmp_path / "run-0"
    given = ["profile", write_cats_model(tmp_path), "--images", tmp_path / "in", "-o", folder]
    assert main([str(argument) for argument in given]) == 0
    assert (folder / left).is_file()
    assert main([str(argument) for argument in given]) == 2
