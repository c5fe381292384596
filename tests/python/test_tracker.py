# SPDX-License-Identifier: Apache-2.0
"""ByteTrack and its results through the Python surface."""

from __future__ import annotations

import uuid
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
BOX = np.array([[0.1, 0.1, 0.3, 0.3]], np.float32)
SCORE = np.array([0.9], np.float32)
LABEL = np.array([7], np.uint64)


@pytest.mark.parametrize(
    "text", [ID, ID.upper(), ID.replace("-", ""), "{" + ID + "}", "urn:uuid:" + ID]
)
def test_uuid_is_read_in_every_spelling(text: str) -> None:
    assert ef.TrackInfo(text, [0, 0, 1, 1], 1, 2, 3).uuid == ID


@pytest.mark.parametrize("text", ["", "xyz", ID[:-1], ID + "0"])
def test_malformed_uuid_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        ef.TrackInfo(text, [0, 0, 1, 1], 1, 2, 3)


def test_track_info_is_compared_by_value() -> None:
    a = ef.TrackInfo(ID, [0, 0.1, 0.5, 1], -1, 2, 3)
    assert a == ef.TrackInfo(
        uuid=ID, tracked_location=(0, 0.1, 0.5, 1), count=-1, created=2, last_updated=3
    )
    assert a != ef.TrackInfo(ID, [0, 0.1, 0.5, 1], 0, 2, 3)
    assert a != ID
    assert a in [a]
    assert a.tracked_location == [0, float(np.float32(0.1)), 0.5, 1]
    assert (a.count, a.created, a.last_updated) == (-1, 2, 3)
    with pytest.raises(AttributeError):
        a.count = 5  # type: ignore[misc]
    assert (
        repr(a)
        == str(a)
        == (
            f"TrackInfo {{ uuid: {ID}, tracked_location: [0.0, 0.1, 0.5, 1.0], "
            "count: -1, created: 2, last_updated: 3 }"
        )
    )


def test_locations_have_four_numbers() -> None:
    for bad in ([0, 0, 1], [0] * 5, []):
        with pytest.raises(ValueError, match="4"):
            ef.TrackInfo(ID, bad, 1, 2, 3)
    with pytest.raises(TypeError):
        ef.TrackInfo(ID, None, 1, 2, 3)  # type: ignore[arg-type]


def test_active_track_info_holds_the_last_box() -> None:
    info = ef.TrackInfo(ID, [0, 0, 1, 1], 1, 2, 3)
    track = ef.ActiveTrackInfo(track_info=info, bbox=[0, 0, 0.5, 0.25], score=0.5, label=4)
    assert track.info == info
    assert track.last_box == ([0, 0, 0.5, 0.25], 0.5, 4)
    assert track == ef.ActiveTrackInfo(info, (0, 0, 0.5, 0.25), 0.5, 4)
    assert track != ef.ActiveTrackInfo(info, (0, 0, 0.5, 0.25), 0.5, 5)
    assert repr(track).startswith("ActiveTrackInfo { info: TrackInfo { uuid: ")
    assert repr(track).endswith("score: 0.5, label: 4 } }")


def test_a_new_track_keeps_its_uuid_over_frames() -> None:
    tracker = ef.ByteTrack()
    first = tracker.update(BOX, SCORE, LABEL, 0)[0]
    second = tracker.update(BOX + np.float32(0.01), SCORE, LABEL, 33)[0]
    assert first is not None
    assert second is not None
    assert first.uuid == second.uuid
    assert uuid.UUID(first.uuid).version == 4
    assert (first.count, second.last_updated) == (1, 33)
    active = tracker.get_active_tracks()
    assert [t.info.count for t in active] == [2]
    assert active[0].last_box[2] == 7


def test_weak_boxes_start_no_track() -> None:
    tracker = ef.ByteTrack(high_conf=0.7)
    boxes = np.repeat(BOX, 2, axis=0)
    boxes[1] += 0.5
    results = tracker.update(boxes, [0.5, 0.9], [0, 0], timestamp_ns=1)
    assert results[0] is None
    assert results[1] is not None
    assert len(tracker.get_active_tracks()) == 1


def test_tracks_expire() -> None:
    tracker = ef.ByteTrack(lifespan_ns=100)
    tracker.update(BOX, SCORE, LABEL, 0)
    nothing = np.empty((0, 4), np.float32)
    assert tracker.update(nothing, [], [], 100) == []
    assert len(tracker.get_active_tracks()) == 1
    tracker.update(nothing, [], [], 101)
    assert tracker.get_active_tracks() == []


def test_arrays_may_be_strided_and_lists_are_taken_for_scores_and_labels() -> None:
    wide = np.zeros((4, 8), np.float32)
    wide[::2, ::2] = BOX
    results = ef.ByteTrack().update(wide[::2, ::2], (0.9, 0.9), [1, 2], 0)
    assert len(results) == 2


def test_unequal_lengths_are_cut_and_further_columns_ignored() -> None:
    boxes = np.zeros((3, 6), np.float32)
    boxes[:, 2:4] = 0.2
    assert len(ef.ByteTrack().update(boxes, SCORE, LABEL, 0)) == 1


def test_wrong_arrays_are_refused() -> None:
    update: Any = ef.ByteTrack().update
    for arguments in (
        (BOX.tolist(), SCORE, LABEL, 0),
        (BOX.astype(np.float64), SCORE, LABEL, 0),
        (BOX, SCORE.astype(np.float64), LABEL, 0),
        (BOX, SCORE, LABEL.astype(np.int32), 0),
        (BOX, 0.9, LABEL, 0),
        (BOX, SCORE, LABEL, 0.0),
        (BOX[0], SCORE, LABEL, 0),
    ):
        with pytest.raises(TypeError):
            update(*arguments)
    with pytest.raises(ValueError, match="3 columns"):
        update(BOX[:, :3], SCORE, LABEL, 0)
    with pytest.raises(OverflowError):
        update(BOX, SCORE, LABEL, -1)


@pytest.mark.parametrize(
    ("name", "position", "values"),
    [
        ("boxes", 0, [BOX.astype(np.float64), BOX.tolist(), None, BOX[0], "x", np.int8([[1] * 4])]),
        ("scores", 1, [SCORE.astype(np.float64), 0.9, None, "x", [None], ["0.5"]]),
        ("labels", 2, [LABEL.astype(np.int64), LABEL.astype(np.float32), [-1], [1.5], [1 << 64]]),
        ("labels", 2, [np.array([-1]), None, 7, "x", [None]]),
        ("timestamp_ns", 3, [-1, 0.5, 1 << 64, None, "1", float("nan")]),
    ],
)
def test_a_refusal_names_the_argument(name: str, position: int, values: list[Any]) -> None:
    tracker: Any = ef.ByteTrack()
    for value in values:
        arguments: list[Any] = [BOX, SCORE, LABEL, 0]
        arguments[position] = value
        with pytest.raises((TypeError, ValueError, OverflowError), match=name) as raised:
            tracker.update(*arguments)
        assert len(str(raised.value)) <= 300
    assert tracker.get_active_tracks() == []


@pytest.mark.parametrize(
    "nothing",
    [np.array([]), [], (), np.zeros((0, 4)), np.zeros((0, 4), np.float32), np.array([], np.int64)],
)
def test_a_frame_without_boxes_is_taken_as_it_comes(nothing: Any) -> None:
    empty = np.array([])
    tracker = ef.ByteTrack()
    assert tracker.update(nothing, empty, empty, 0) == []  # also as the first frame
    tracker.update(BOX, SCORE, LABEL, 1)
    assert tracker.update(nothing, [], empty, 2) == []
    assert len(tracker.get_active_tracks()) == 1


def test_a_clock_that_goes_back_keeps_no_track_alive() -> None:
    tracker = ef.ByteTrack()
    hour = 3_600_000_000_000
    (before,) = tracker.update(BOX, SCORE, LABEL, hour)
    (after,) = tracker.update(BOX, SCORE, LABEL, 0)
    assert before is not None
    assert after is not None
    assert after.uuid == before.uuid
    tracker.update([], [], [], 500_000_000)
    assert len(tracker.get_active_tracks()) == 1
    tracker.update([], [], [], 500_000_001)
    assert tracker.get_active_tracks() == []


def test_a_box_does_not_continue_a_track_of_an_hour_before() -> None:
    tracker = ef.ByteTrack()
    (first,) = tracker.update(BOX, SCORE, LABEL, 0)
    (second,) = tracker.update(BOX, SCORE, LABEL, 3_600_000_000_000)
    assert first is not None
    assert second is not None
    assert second.uuid != first.uuid
    assert [track.info.uuid for track in tracker.get_active_tracks()] == [second.uuid]


def test_nan_matches_nothing() -> None:
    tracker = ef.ByteTrack()
    tracker.update(np.full((1, 4), np.nan, np.float32), SCORE, LABEL, 0)
    result = tracker.update(BOX, np.array([np.nan], np.float32), LABEL, 1)
    assert result == [None]
