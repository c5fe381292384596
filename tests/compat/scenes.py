# SPDX-License-Identifier: Apache-2.0
"""Seeded tracking scenes, and a tracker's account of them that does not depend on its UUIDs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint64], int]


def scene(seed: int, updates: int) -> Iterator[Frame]:
    """Boxes that wander, cross, vanish for a while and come back; some weak, some contested."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 40))
    centre = rng.random((count, 2)) * 0.8 + 0.1
    size = rng.random((count, 2)) * 0.12 + 0.03
    speed = rng.normal(0, 0.004, (count, 2))
    time = 1_000_000_000
    back_at = np.zeros(count)
    for _ in range(updates):
        speed += rng.normal(0, 0.001, speed.shape)
        centre = np.abs((centre + speed) % 2)
        centre = np.where(centre > 1, 2 - centre, centre)
        leaves = (rng.random(count) < 0.02) & (back_at < time)
        back_at = np.where(leaves, time + rng.uniform(0.2e9, 1.5e9, count), back_at)
        seen = (rng.random(count) < 0.85) & (back_at < time)
        middle = centre[seen] + rng.normal(0, 0.003, (int(seen.sum()), 2))
        half = size[seen] / 2 * rng.uniform(0.95, 1.05, (int(seen.sum()), 2))
        boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
        scores = rng.uniform(0.2, 1.0, len(boxes)).astype(np.float32)
        time += int(rng.choice([33, 33, 33, 66, 100])) * 1_000_000
        yield boxes, scores, rng.integers(0, 5, len(boxes)).astype(np.uint64), time


LIFESPAN_NS = 500_000_000


def overdue(frames: list[Any], seed: int) -> list[set[int]]:
    """Per update: the living tracks that no box had matched for longer than their lifespan."""
    seen: dict[int, int] = {}
    found = []
    living: list[int] = []
    for (row, active), (_, _, _, time) in zip(frames, scene(seed, len(frames))):
        found.append({track for track in living if time - seen[track] > LIFESPAN_NS})
        seen.update({entry[0]: time for entry in row if entry[0] >= 0})
        living = [entry[0] for entry in active]
    return found


def account(tracker: Any, seed: int, updates: int) -> list[Any]:
    """Per update: (track number or -1, count, location) by box, then the same of active tracks."""
    numbers: dict[str, int] = {}
    frames = []
    for boxes, scores, labels, time in scene(seed, updates):
        found = tracker.update(boxes, scores, labels, time)
        row = []
        for info in found:
            if info is None:
                row.append((-1, 0, (0.0,) * 4))
                continue
            number = numbers.setdefault(info.uuid, len(numbers))
            row.append((number, info.count, tuple(info.tracked_location)))
        active = [
            (numbers[t.info.uuid], t.info.count, tuple(t.info.tracked_location))
            for t in tracker.get_active_tracks()
        ]
        frames.append((row, active))
    return frames
