# SPDX-License-Identifier: Apache-2.0
"""The tables of the detect command: what was found, and how long each stage took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from edgefirst_hal.cli.results import PictureResult
from edgefirst_hal.cli.terminal import Table

_MOST_DETECTIONS = 30
_MOST_PICTURES = 40


def detections_table(results: Sequence[PictureResult]) -> Table:
    """Every detection where they are few, else a row a picture, else a row a class."""
    if sum(len(result.found) for result in results) <= _MOST_DETECTIONS:
        return _each_detection(results)
    if len(results) <= _MOST_PICTURES:
        return _each_picture(results)
    return _each_class(results)


def stages_table(statistics: dict[str, dict[str, float]]) -> Table:
    columns = ("stage", "mean", "median", "p95", "max")
    rows = [
        (stage, *(f"{values[column]:.2f}" for column in columns[1:]))
        for stage, values in statistics.items()
    ]
    return Table("Stage times, ms", columns, rows, columns[1:])


def _each_detection(results: Sequence[PictureResult]) -> Table:
    columns = ("picture", "class", "score", "x0", "y0", "x1", "y1", "track")
    rows = [
        (
            result.picture.label,
            found.name,
            f"{found.score:.2f}",
            *(f"{edge:.0f}" for edge in found.box),
            "" if found.track is None else str(found.track),
        )
        for result in results
        for found in result.found
    ]
    return _without_empty(Table("Detections", columns, rows, columns[2:]))


def _each_picture(results: Sequence[PictureResult]) -> Table:
    columns = ("picture", "size", "found", "best", "tracks", "classes")
    rows = []
    for result in results:
        tracks = [found.track for found in result.found if found.track is not None]
        rows.append(
            (
                result.picture.label,
                f"{result.width} x {result.height}",
                str(len(result.found)),
                f"{max((found.score for found in result.found), default=0):.2f}",
                " ".join(str(track) for track in sorted(tracks)),
                _counts(result),
            )
        )
    return _without_empty(Table("Detections by picture", columns, rows, columns[1:4]))


def _counts(result: PictureResult) -> str:
    """The commonest class first."""
    counts = Counter(found.name for found in result.found)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered)


def _each_class(results: Sequence[PictureResult]) -> Table:
    columns = ("class", "found", "pictures", "mean score", "best")
    scores: dict[str, list[float]] = {}
    pictures: Counter[str] = Counter()
    for result in results:
        pictures.update({found.name for found in result.found})
        for found in result.found:
            scores.setdefault(found.name, []).append(found.score)
    rows = [
        (
            name,
            str(len(values)),
            str(pictures[name]),
            f"{sum(values) / len(values):.2f}",
            f"{max(values):.2f}",
        )
        for name, values in sorted(scores.items(), key=lambda item: -len(item[1]))
    ]
    return Table("Detections by class", columns, rows, columns[1:])


def _without_empty(table: Table) -> Table:
    """Leaves out columns without text."""
    kept = [i for i in range(len(table.columns)) if any(row[i] for row in table.rows)]
    columns = [table.columns[i] for i in kept]
    rows = [[row[i] for i in kept] for row in table.rows]
    return Table(table.title, columns, rows, table.right)
