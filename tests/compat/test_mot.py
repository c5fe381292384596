# SPDX-License-Identifier: Apache-2.0
"""HOTA on the MOT15 sequences of the shared data, against the package `trackers` in the same run.

Deep job: `make compat`. Both trackers get the public detections and report them with identities.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from numpy.typing import NDArray

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "python")]

from shared_data import shared_data  # noqa: E402

DATA = shared_data() / "mot"
trackeval = pytest.importorskip("trackeval.metrics", reason="computes HOTA")
peer = pytest.importorskip("trackers", reason="the tracker to compare with")
supervision = pytest.importorskip("supervision", reason="carries the peer's detections")

F64 = NDArray[np.float64]
Rows = list[tuple[F64, NDArray[np.int64]]]
"""Boxes xyxy in pixels and identities, by frame."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no shared test data in {DATA}")

OPTIONS: dict[str, dict[str, Any]] = {
    "compatible": {},
    "timed": {
        "timed_motion": True,
        "optimal_assignment": True,
        "update": 1.0,
        "confirm_after": 2,
        "lifespan_ns": 1_000_000_000,
    },
}


class Sequence:
    def __init__(self, folder: Path) -> None:
        lines = (folder / "seqinfo.ini").read_text().splitlines()
        info = dict(line.split("=", 1) for line in lines if "=" in line)
        self.name = folder.name
        self.frames, self.rate = int(info["seqLength"]), float(info["frameRate"])
        self.size = np.tile([float(info["imWidth"]), float(info["imHeight"])], 2)
        self.detections = self.read(folder / "det" / "det.txt")
        truth = self.read(folder / "gt" / "gt.txt")
        self.truth: Rows = []
        for rows in truth:
            kept = rows[rows[:, 6] > 0]
            self.truth.append((corners(kept), kept[:, 1].astype(np.int64)))

    def read(self, path: Path) -> list[F64]:
        table = np.loadtxt(path, delimiter=",", ndmin=2)
        return [table[table[:, 0] == frame + 1] for frame in range(self.frames)]


def corners(rows: F64) -> F64:
    return np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1)


def ours(sequence: Sequence, options: dict[str, Any]) -> Rows:
    tracker = ef.ByteTrack(**{"frame_ns": int(1e9 / sequence.rate), **options})
    numbers: dict[str, int] = {}
    result: Rows = []
    for frame, rows in enumerate(sequence.detections):
        boxes = corners(rows)
        scaled = (boxes / sequence.size).astype(np.float32)
        scores = rows[:, 6].astype(np.float32)
        labels = np.zeros(len(rows), np.uint64)
        time = int(frame * 1e9 / sequence.rate)
        found = tracker.update(scaled, scores, labels, time)
        seen = [i for i, info in enumerate(found) if info is not None]
        ids = [numbers.setdefault(info.uuid, len(numbers)) for info in found if info is not None]
        result.append((boxes[seen], np.array(ids, np.int64)))
    return result


def theirs(sequence: Sequence) -> Rows:
    tracker = peer.ByteTrackTracker(frame_rate=sequence.rate)
    result: Rows = []
    for rows in sequence.detections:
        detections = supervision.Detections(
            corners(rows), confidence=rows[:, 6], class_id=np.zeros(len(rows), int)
        )
        found = tracker.update(detections)
        known = found.tracker_id >= 0
        result.append((found.xyxy[known], found.tracker_id[known].astype(np.int64)))
    return result


def overlaps(a: F64, b: F64) -> F64:
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.maximum(high - low, 0).prod(-1)
    area = [(x[:, 2:] - x[:, :2]).prod(-1) for x in (a, b)]
    both: F64 = inner / np.maximum(area[0][:, None] + area[1][None] - inner, 1e-9)
    return both


def hota(truth: Rows, found: Rows) -> float:
    data: dict[str, Any] = {}
    for key, rows in (("gt", truth), ("tracker", found)):
        ids = sorted({int(i) for _, row in rows for i in row})
        number = {identity: index for index, identity in enumerate(ids)}
        data[f"{key}_ids"] = [np.array([number[int(i)] for i in row], int) for _, row in rows]
        data[f"num_{key}_ids"] = len(ids)
        data[f"num_{key}_dets"] = sum(len(row) for _, row in rows)
    data["similarity_scores"] = [overlaps(a, b) for (a, _), (b, _) in zip(truth, found)]
    return float(np.mean(trackeval.HOTA().eval_sequence(data)["HOTA"])) * 100


def test_mean_hota_is_at_least_the_peers() -> None:
    sequences = [Sequence(folder) for folder in sorted(DATA.iterdir()) if folder.is_dir()]
    runs: dict[str, Callable[[Sequence], Rows]] = {"trackers": theirs}
    for name, options in OPTIONS.items():
        runs[name] = lambda sequence, options=options: ours(sequence, options)  # type: ignore[misc]
    means = {}
    for name, run in runs.items():
        scores = [hota(sequence.truth, run(sequence)) for sequence in sequences]
        means[name] = float(np.mean(scores))
        listed = " ".join(f"{s.name} {score:.1f}" for s, score in zip(sequences, scores))
        print(f"\n{name}: mean HOTA {means[name]:.2f} ({listed})")
    assert means["timed"] >= means["trackers"]
