# SPDX-License-Identifier: Apache-2.0
"""Runs one case of one contestant under pytest-benchmark.

Workers time themselves; the benchmark's clock advances by what they report, so that neither the
pipes nor this process count.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contestants import CONTESTANTS, OURS, Contestant, Worker

sys.path.insert(0, str(Path(__file__).parent))

ROUNDS = 30
SECONDS_PER_ROUND = 0.02
MAX_SECONDS = 3.0

Compare = Callable[[str], None]


class Clock:
    """Time as the workers report it."""

    now = 0.0

    @classmethod
    def read(cls) -> float:
        return cls.now


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.benchmark(timer=Clock.read, warmup=False))


@pytest.fixture(scope="session")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 1080p picture as a file, written by OpenCV or Pillow so that no contestant chooses it."""
    from inputs import FRAME, picture

    path = tmp_path_factory.mktemp("bench") / "frame.jpg"
    pixels = picture(*FRAME)
    image = pytest.importorskip("cv2", reason="writes the JPEG that the contestants decode")
    assert image.imwrite(str(path), pixels[..., ::-1], [image.IMWRITE_JPEG_QUALITY, 85])
    return path


@pytest.fixture(params=CONTESTANTS, ids=lambda c: c.name)
def compare(request: pytest.FixtureRequest, benchmark: Any, jpeg: Path) -> Iterator[Compare]:
    """compare(case) measures the contestant at that case."""
    contestant: Contestant = request.param
    if not contestant.python.exists():
        pytest.skip(f"{contestant.python.parents[1]} has no environment: make .venv/bench makes it")
    workers: list[Worker] = []

    def run(case: str) -> None:
        try:
            worker = Worker(contestant, case, jpeg)
        except TimeoutError as error:
            if contestant.name == OURS.name:
                raise
            pytest.skip(f"{contestant.name} hangs at {case}: {error}")
        workers.append(worker)
        if worker.missing is not None:
            assert contestant.name != OURS.name, worker.missing
            pytest.skip(f"{contestant.name} has no {case}: {worker.missing}")
        once = min(worker.run(1) for _ in range(3))
        count = max(1, int(SECONDS_PER_ROUND / once))
        rounds = max(5, min(ROUNDS, int(MAX_SECONDS / (once * count))))

        def advance() -> None:
            Clock.now += worker.run(count) / count

        benchmark.group = case
        benchmark.extra_info["contestant"] = contestant.name
        benchmark.pedantic(advance, rounds=rounds, iterations=1)

    yield run
    for worker in workers:
        worker.close()
