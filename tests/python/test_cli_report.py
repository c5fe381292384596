# SPDX-License-Identifier: Apache-2.0
"""Tables, statistics, truth and trace: what the command says about a run."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from edgefirst_hal.cli.frames import drawn_track
from edgefirst_hal.cli.pictures import Picture
from edgefirst_hal.cli.results import Found, PictureResult, Results, stage_statistics
from edgefirst_hal.cli.tables import detections_table, stages_table
from edgefirst_hal.cli.terminal import Table, Terminal, plain_table
from edgefirst_hal.cli.timeline import Timeline, append_stages
from edgefirst_hal.cli.truth import compare, overlap


def result(path: Path, *found: Found) -> PictureResult:
    return PictureResult(Picture(path, ""), 100, 80, Path("out.jpg"), list(found), {})


def test_few_detections_are_listed_one_by_one() -> None:
    table = detections_table([result(Path("a.jpg"), Found(0, "cat", 0.912, (1, 2, 30.4, 40.6)))])
    assert table.columns == ["picture", "class", "score", "x0", "y0", "x1", "y1"]
    assert table.rows == [["a.jpg", "cat", "0.91", "1", "2", "30", "41"]]


def test_tracks_have_a_column_where_there_are_some() -> None:
    found = Found(0, "cat", 0.9, (0, 0, 1, 1), track=7)
    table = detections_table([result(Path("a.jpg"), found, Found(0, "cat", 0.4, (0, 0, 1, 1)))])
    assert table.columns[-1] == "track"
    assert [row[-1] for row in table.rows] == ["7", ""]


def test_many_detections_are_summed_up_by_picture_then_by_class() -> None:
    found = [Found(0, "cat", 0.9, (0, 0, 1, 1))] * 20 + [Found(1, "dog", 0.5, (0, 0, 1, 1))]
    by_picture = detections_table([result(Path(f"{i}.jpg"), *found) for i in range(3)])
    assert by_picture.rows[0] == ["0.jpg", "100 x 80", "21", "0.90", "20 cat, 1 dog"]
    by_class = detections_table([result(Path(f"{i}.jpg"), *found) for i in range(100)])
    assert by_class.rows[0] == ("cat", "2000", "100", "0.90", "0.90")


def test_stages_are_timed_by_picture() -> None:
    timeline = Timeline()
    for picture in ("a", "b"):
        timeline.begin(picture)
        with timeline.stage("inference"):
            time.sleep(0.005)
    assert timeline.times().keys() == {"inference"}
    assert timeline.times()["inference"] >= 5
    assert [entry.picture for entry in timeline.slices] == ["a", "b"]


def test_a_stage_that_fails_is_not_counted() -> None:
    timeline = Timeline()
    timeline.begin("a")
    with pytest.raises(OSError, match="full"), timeline.stage("write"):
        raise OSError("disk full")
    assert timeline.times() == {}


def test_statistics_follow_the_order_of_the_stages_and_add_their_sum() -> None:
    picture = Picture(Path("a.jpg"), "")
    times = ({"inference": 4.0, "decode": 1.0}, {"inference": 6.0, "decode": 1.0, "track": 3.0})
    results = Results([PictureResult(picture, 1, 1, Path("o.jpg"), [], each) for each in times])
    statistics = stage_statistics(results)
    assert list(statistics) == ["decode", "inference", "track", "total"]
    inference = statistics["inference"]
    assert (inference["count"], inference["mean"], inference["max"]) == (2, 5.0, 6.0)
    assert inference["p95"] == pytest.approx(5.9)
    assert (statistics["total"]["median"], statistics["track"]["count"]) == (7.5, 1)
    assert stages_table(statistics).rows[1] == ("inference", "5.00", "5.00", "5.90", "6.00")
    assert stage_statistics(Results()) == {}


def test_plain_tables_align_their_columns() -> None:
    table = Table("T", ["name", "n"], [["a", "1"], ["long", "100"]], ["n"])
    assert plain_table(table) == "\nT\nname    n\na       1\nlong  100"


def test_quiet_prints_errors_alone(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(quiet=True)
    terminal.note("hello")
    terminal.table(Table("T", ["n"], [["1"]]))
    terminal.error("two\nlines")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "edgefirst-hal: error: two lines\n"


@pytest.mark.parametrize(
    ("option", "variable", "expected"),
    [(True, None, True), (True, "1", False), (True, "", True), (False, None, False)],
)
def test_colour_follows_the_option_and_no_color(
    monkeypatch: pytest.MonkeyPatch, option: bool, variable: str | None, expected: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if variable is not None:
        monkeypatch.setenv("NO_COLOR", variable)
    assert Terminal(color=option).uses_color is expected


@pytest.mark.parametrize(
    "start",
    ["[\n]\n", '[\n{"ph":"B","name":"x [1]","ts":1},\n{"ph":"E","name":"x [1]","ts":2}\n]\n'],
)
def test_stages_join_the_trace(tmp_path: Path, start: str) -> None:
    path = tmp_path / "trace.json"
    path.write_text(start)
    before = json.loads(start)
    timeline = Timeline()
    timeline.begin("a.jpg")
    origin = time.monotonic_ns()
    with timeline.stage("inference"):
        time.sleep(0.002)
    append_stages(path, timeline, origin)
    events = json.loads(path.read_text())
    assert events[: len(before)] == before
    named, stage = events[len(before) :]
    assert (named["ph"], named["name"]) == ("M", "thread_name")
    assert (stage["ph"], stage["name"], stage["args"]) == (
        "X",
        "inference",
        {"picture": "a.jpg"},
    )
    assert stage["dur"] >= 2000
    assert 0 <= stage["ts"] < 1e6


def test_tracks_are_drawn_by_number_in_colours_of_their_own() -> None:
    uuids = [drawn_track(number).uuid.replace("-", "") for number in range(1, 41)]
    assert uuids[11][:4] == "0012"
    colors = [int(uuid[:6], 16) % 20 for uuid in uuids]
    assert colors == 2 * list(range(20))
    assert drawn_track(123456).uuid[:4] == "3456"


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (1, 0, 2, 1)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0


def test_truth_counts_matched_missed_false_and_changed_identities(tmp_path: Path) -> None:
    cat = {"name": "cat", "bbox": [0, 0, 10, 10], "id": 5}
    dog = {"name": "dog", "bbox": [20, 20, 30, 30], "id": 6}
    entries = [{"file": f"{i}.jpg", "objects": [cat, dog]} for i in range(2)]
    truth = tmp_path / "truth.json"
    truth.write_text(json.dumps({"pictures": [], "sequence": entries}))
    first = [
        Found(0, "cat", 0.9, (0, 0, 10, 9), track=1),
        Found(0, "cat", 0.8, (0, 0, 10, 10), track=3),
        Found(0, "cat", 0.9, (20, 20, 30, 30), track=2),
    ]
    second = [Found(0, "cat", 0.9, (0, 0, 10, 9), track=4)]
    results = [
        result(tmp_path / "0.jpg", *first),
        result(tmp_path / "1.jpg", *second),
        result(tmp_path / "unlisted.jpg", *first),
    ]
    comparison = compare(results, truth)
    assert comparison.as_dict() == {
        "iou": 0.5,
        "pictures": 2,
        "matched": 2,
        "missed": 2,
        "false": 2,
        "identities": 1,
        "identity_changes": 1,
    }
    assert str(comparison).startswith("truth: 2 of 4 matched, 2 missed, 2 false")
