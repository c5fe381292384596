# SPDX-License-Identifier: Apache-2.0
"""What a decode may be asked for beyond the defaults, and the tracker's options."""

from __future__ import annotations

import pickle
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from numpy.typing import NDArray

SCORES = np.array([0.9], np.float32)
LABELS = np.array([0], np.uint64)


def tensor_of(array: NDArray[Any]) -> ef.Tensor:
    tensor = ef.Tensor(array.shape, array.dtype.name, ef.TensorMemory.MEM)
    tensor.from_numpy(array)
    return tensor


def batch_model() -> tuple[ef.Decoder, list[ef.Tensor]]:
    """Two pictures; element e has e + 1 boxes, each with one coefficient."""
    table = np.zeros((2, 6, 4), np.float32)
    for element in range(2):
        for anchor in range(element + 1):
            table[element, :, anchor] = [0.2 + 0.3 * anchor, 0.5, 0.1, 0.1, 0.9, 4.0]
    protos = np.ones((2, 8, 8, 1), np.float32)
    protos[0] = -1
    outputs = [
        {"type": "detection", "shape": [2, 6, 4], "normalized": True},
        {"type": "protos", "shape": [2, 8, 8, 1]},
    ]
    return ef.Decoder({"outputs": outputs}), [tensor_of(table), tensor_of(protos)]


def test_batches() -> None:
    decoder, outputs = batch_model()
    assert decoder.batch_size == 2
    results = decoder.decode_batch(outputs)
    assert [len(result[0]) for result in results] == [1, 2]
    assert results[0][3][0].max() < 128 < results[1][3][0].min()
    boxes, *_ = decoder.decode(outputs, element=1)
    assert boxes.tolist() == results[1][0].tolist()
    with pytest.raises(ValueError, match="element 2 of a batch of 2"):
        decoder.decode(outputs, element=2)


def test_masks_can_be_left_out() -> None:
    decoder, outputs = batch_model()
    assert decoder.decode(outputs, masks=False)[3] == []
    assert len(decoder.decode(outputs)[3]) == 1


def test_boxes_in_source_pixels() -> None:
    decoder, outputs = batch_model()
    letterbox = ef.letterbox(200, 100, 64, 64)
    boxes = decoder.decode(outputs, letterbox=letterbox)[0]
    np.testing.assert_allclose(boxes, [[30, 40, 50, 60]], atol=1e-3)
    np.testing.assert_allclose(decoder.decode_batch(outputs, letterbox=letterbox)[0][0], boxes)


def test_tracked_prototypes_have_a_row_per_box() -> None:
    decoder, outputs = batch_model()
    tracker = ef.ByteTrack()
    boxes, _, _, protos, tracks = decoder.decode_proto_tracked(tracker, 1, outputs, element=1)
    assert protos is not None
    rows = protos.take_mask_coefficients()
    assert rows is not None
    assert (len(boxes), len(tracks), rows.shape) == (2, 2, [2, 1])
    boxes, _, _, protos, tracks = decoder.decode_proto_tracked(tracker, 2, outputs, element=0)
    assert protos is not None
    rows = protos.take_mask_coefficients()
    assert rows is not None
    assert (len(boxes), len(tracks), rows.shape) == (2, 2, [1, 1])
    assert tracks[1].last_updated == 1


def test_integers_need_quantization() -> None:
    decoder = ef.Decoder({"outputs": [{"type": "detection", "shape": [1, 6, 4]}]})
    tensor = tensor_of(np.full((1, 6, 4), 100, np.uint8))
    with pytest.raises(ef.MissingQuantizationError, match="set_quantization"):
        decoder.decode([tensor])
    tensor.set_quantization_per_tensor(1 / 128, 0)
    assert len(decoder.decode([tensor])[0]) == 1


def test_objectness() -> None:
    output = ef.Output.detection(shape=[1, 7, 1]).with_objectness()
    decoder = ef.Decoder.new_from_outputs([output])
    table = np.array([0.5, 0.5, 0.2, 0.2, 0.5, 0.9, 0.8], np.float32).reshape(1, 7, 1)
    _, scores, classes, _ = decoder.decode([tensor_of(table)])
    np.testing.assert_allclose(scores, [0.45])
    assert classes.tolist() == [0]
    with pytest.raises(ValueError, match="only valid for detection"):
        ef.Output.boxes(shape=[1, 4, 1]).with_objectness()


def box_at(x: float) -> NDArray[np.float32]:
    return np.array([[x, 0.2, x + 0.1, 0.4]], np.float32)


def test_confirmation_and_states() -> None:
    tracker = ef.ByteTrack(confirm_after=2)
    assert tracker.update(box_at(0.2), SCORES, LABELS, 0) == [None]
    assert [track.state for track in tracker.get_active_tracks()] == ["tentative"]
    assert tracker.update(box_at(0.2), SCORES, LABELS, 1)[0] is not None
    assert [track.state for track in tracker.get_active_tracks()] == ["confirmed"]
    tracker.update(box_at(0.2), -SCORES, LABELS, 2)
    assert [track.state for track in tracker.get_active_tracks()] == ["lost"]


def test_per_class_and_tiny() -> None:
    tracker = ef.ByteTrack(per_class=True)
    first = tracker.update(box_at(0.2), SCORES, LABELS, 0)[0]
    other = tracker.update(box_at(0.2), SCORES, LABELS + 1, 1)[0]
    assert first is not None
    assert other is not None
    assert first.uuid != other.uuid
    tiny = np.array([[0.2, 0.2, 0.201, 0.201]], np.float32)
    for match_tiny, tracks in ((False, 2), (True, 1)):
        tracker = ef.ByteTrack(match_tiny=match_tiny)
        for time in range(2):
            tracker.update(tiny, SCORES, LABELS, time)
        assert len(tracker.get_active_tracks()) == tracks


def test_timed_motion_follows_the_clock() -> None:
    tracker = ef.ByteTrack(timed_motion=True, update=1.0, frame_ns=10, lifespan_ns=10_000)
    for frame in range(60):
        tracker.update(box_at(0.1 + 0.005 * frame), SCORES, LABELS, 10 * frame)
    tracker.update(box_at(0), -SCORES, LABELS, 590 + 200)
    (track,) = tracker.get_active_tracks()
    assert track.info.tracked_location[0] == pytest.approx(0.1 + 0.005 * 79, abs=0.01)


@pytest.mark.parametrize("way", ["snapshot", "pickle"])
def test_snapshots(way: str) -> None:
    tracker = ef.ByteTrack(high_conf=0.6, per_class=True)
    tracker.update(box_at(0.2), SCORES, LABELS, 0)
    if way == "snapshot":
        copy = ef.ByteTrack.restore(tracker.snapshot())
    else:
        copy = pickle.loads(pickle.dumps(tracker))
    assert copy.get_active_tracks() == tracker.get_active_tracks()
    for each in (tracker, copy):
        each.update(box_at(0.21), SCORES, LABELS, 1)
    assert copy.get_active_tracks() == tracker.get_active_tracks()


def test_what_is_no_snapshot_is_refused() -> None:
    for text in (b"", b"EFTR", ef.ByteTrack().snapshot() + b"x"):
        with pytest.raises(ef.InvalidDataError):
            ef.ByteTrack.restore(text)


def test_the_update_factor_is_clamped() -> None:
    low, high = ef.ByteTrack(update=-1), ef.ByteTrack(update=0)
    for tracker in (low, high):
        for time, x in enumerate((0.2, 0.24)):
            tracker.update(box_at(x), SCORES, LABELS, time)
    a, b = low.get_active_tracks()[0], high.get_active_tracks()[0]
    assert a.info.tracked_location == b.info.tracked_location
