# SPDX-License-Identifier: Apache-2.0
"""Arithmetic-coded and lossless JPEGs of every mode against djpeg of libjpeg-turbo 3, sample for
sample. `make jpeg-modes` fetches the tools and runs this."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from reference import Count, Lossless, Samples, ours, run, scene, to_pnm

SIZES = [(37, 29), (64, 48), (17, 16), (2, 3), (1, 1)]
SAMPLINGS = ["1x1", "2x1", "2x2", "1x2", "4x1", "1x1,2x2,1x1", "2x2,2x1,1x2"]
RESTARTS: list[list[str]] = [[], ["-restart", "1"], ["-restart", "3B"]]


@pytest.mark.parametrize("precision", [8, 12])
@pytest.mark.parametrize("progressive", [False, True])
def test_arithmetic(precision: int, progressive: bool) -> None:
    count = Count()
    fixed = ["-arithmetic", "-precision", str(precision)]
    fixed += ["-progressive"] if progressive else []
    for (width, height), channels in itertools.product(SIZES, (1, 3)):
        source = to_pnm(scene(width, height, channels, 255), 255)
        for quality, restart in itertools.product(("10", "60", "90", "100"), RESTARTS):
            for sampling in SAMPLINGS if channels == 3 else SAMPLINGS[:1]:
                options = [*fixed, "-quality", quality, "-sample", sampling, *restart]
                if channels == 1:
                    options += ["-grayscale"]
                data = run("cjpeg", options, source)
                assert data, options
                count.compare(data, precision, (width, height, *options))
    count.finish(f"arithmetic, {precision} bits{', progressive' if progressive else ''}")


# Scripts of cjpeg: sequential scans apart; progressive ones without and with refinements.
SCANS = [
    "0; 1; 2;",
    "0; 1 2;",
    "0 1 2: 0-0, 0, 0; 0: 1-63, 0, 0; 1: 1-63, 0, 0; 2: 1-63, 0, 0;",
    "0 1 2: 0-0, 0, 2; 0: 1-5, 0, 2; 1: 1-63, 0, 1; 2: 1-63, 0, 1; 0: 6-63, 0, 2;"
    "0: 1-63, 2, 1; 0 1 2: 0-0, 2, 1; 0: 1-63, 1, 0; 1: 1-63, 1, 0; 2: 1-63, 1, 0;"
    "0 1 2: 0-0, 1, 0;",
]


@pytest.mark.parametrize("precision", [8, 12])
def test_arithmetic_scans(precision: int, tmp_path: Path) -> None:
    """And what is left of a file without its EOI still decodes."""
    count = Count()
    for i, script in enumerate(SCANS):
        path = tmp_path / str(i)
        path.write_text(script)
        for (width, height), restart in itertools.product(SIZES, RESTARTS):
            source = to_pnm(scene(width, height, 3, 255), 255)
            for sampling in SAMPLINGS:
                options = ["-arithmetic", "-precision", str(precision), "-scans", str(path)]
                options += ["-quality", "85", "-sample", sampling, *restart]
                data = run("cjpeg", options, source)
                assert data, options
                count.compare(data, precision, (width, height, *options))
                whole = ours(data, 3, precision > 8)
                np.testing.assert_array_equal(ours(data[:-2], 3, precision > 8), whole)
    count.finish(f"arithmetic, scans, {precision} bits")


@pytest.mark.parametrize("precision", range(2, 17))
def test_lossless(precision: int) -> None:
    count = Count()
    largest = (1 << precision) - 1
    for (width, height), channels in itertools.product(SIZES[:1] + SIZES[3:4], (1, 3)):
        source = to_pnm(scene(width, height, channels, largest), largest)
        for predictor, transform in itertools.product(range(1, 8), range(precision)):
            for restart in ([], ["-restart", "1"], ["-restart", "4"]):
                options = ["-precision", str(precision), "-lossless", f"{predictor},{transform}"]
                data = run("cjpeg", [*options, *restart], source)
                assert data, options
                count.compare(data, precision, (width, height, *options, *restart))
    count.finish(f"lossless, {precision} bits")


def planes_of(size: tuple[int, int], sampling: list[tuple[int, int]], bits: int) -> list[Samples]:
    h_max = max(h for h, _ in sampling)
    v_max = max(v for _, v in sampling)
    planes = []
    for i, (h, v) in enumerate(sampling):
        shape = -(-size[0] * h // h_max), -(-size[1] * v // v_max)
        planes.append(scene(*shape, 3, (1 << bits) - 1)[..., i % 3].copy())
    return planes


@pytest.mark.parametrize("precision", [8, 12, 16])
def test_lossless_samplings_and_scans(precision: int) -> None:
    """Restarts of scans of one component whose rows do not fill an MCU row are left out:
    libjpeg-turbo restarts the prediction a row early there, which T.81 H.1.1 does not say."""
    samplings = [
        [(1, 1)] * 3,
        [(2, 1), (1, 1), (1, 1)],
        [(2, 2), (1, 1), (1, 1)],
        [(1, 2), (1, 1), (1, 1)],
        [(4, 1), (1, 1), (1, 1)],
        [(2, 2), (2, 1), (1, 2)],
        [(1, 1), (2, 2), (1, 1)],
    ]
    count = Count()
    for size, sampling in itertools.product(SIZES, samplings):
        planes = planes_of(size, sampling, precision)
        for predictor, rows, interleaved in itertools.product((1, 4, 7), (0, 1, 4), (True, False)):
            if not interleaved and rows % max(v for _, v in sampling) != 0:
                continue
            file = Lossless(planes, sampling, size, precision, predictor, 0, rows, interleaved)
            count.compare(file.encode(), precision, (size, sampling, predictor, rows, interleaved))
    count.finish(f"lossless, sampled, {precision} bits")


def test_the_encoder_of_this_folder_agrees_with_itself() -> None:
    """What djpeg gives of it is what went in."""
    planes = planes_of((9, 7), [(1, 1)] * 3, 8)
    file = Lossless(planes, [(1, 1)] * 3, (9, 7), predictor=5)
    count = Count()
    count.compare(file.encode(), 8, "plain")
    count.finish("plain")
    assert planes[0].dtype == np.uint16
