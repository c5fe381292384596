# SPDX-License-Identifier: Apache-2.0
"""report.html: a run on one page that needs nothing else, neither a network nor a script."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from edgefirst_hal.profiler import charts
from edgefirst_hal.profiler.damage import stored_run
from edgefirst_hal.profiler.records import Document
from edgefirst_hal.profiler.wording import (
    Cells,
    class_rows,
    failure_rows,
    metric_rows,
    platform_rows,
    queue_rows,
    stage_rows,
    summary_lines,
)

if TYPE_CHECKING:
    from edgefirst_hal.profiler.folder import RunContents

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse } td, th { padding: .2rem .8rem; border-bottom: 1px solid #ddd;
  text-align: right; font-variant-numeric: tabular-nums }
td:first-child, th:first-child { text-align: left }
svg { max-width: 100%; height: auto }
figure { display: inline-block; margin: .4rem; max-width: 30rem }
figure img { max-width: 100% } figcaption { font-size: .85rem; color: #555 }
.samples { text-align: center } .warning { color: #a00 }
"""


def html_report(contents: RunContents) -> str:
    """Raises MissingLibraryError without matplotlib, ProfilerError for a damaged run."""
    with stored_run(contents.path):
        title = f"{contents.run['model']['file']} on {contents.run['source']}"
        body = "\n".join(_sections(contents))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def _sections(contents: RunContents) -> Iterator[str]:
    run, records = contents.run, contents.records
    yield _paragraphs(summary_lines(run, contents.metrics), run)
    yield _section("Stages, ms", _table(stage_rows(run)))
    yield _section(
        "Overlap",
        "<p>Consecutive frames from the middle of the run, by number.</p>"
        + charts.overlap_chart(records),
    )
    yield _section("Latency", charts.latency_chart(records))
    yield _section("Throughput", charts.throughput_chart(records))
    yield from _precision(contents.metrics)
    yield _section("Queues", _table(queue_rows(run)))
    if run["failures"]:
        yield _section("Failed frames", _table(failure_rows(run)))
    if contents.samples:
        yield _section("Samples", f'<div class="samples">{_images(contents.samples)}</div>')
    yield _section("Machine", _table(platform_rows(contents.platform)))


def _precision(metrics: Document | None) -> Iterator[str]:
    for kind in ("boxes", "masks"):
        numbers = metrics.get(kind) if metrics else None
        if numbers is None:
            continue
        yield _section(f"Precision of {kind}", _table(metric_rows(numbers)))
        yield charts.precision_chart(numbers, kind)
        yield _section(f"Classes, {kind}", _table(class_rows(numbers)))


def _paragraphs(lines: Sequence[str], run: Document) -> str:
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    for reason in [run["broken"], "interrupted" if run["interrupted"] else ""]:
        if reason:
            text += f'<p class="warning">The run ended early: {escape(reason)}</p>'
    return text


def _section(title: str, inside: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{inside}"


def _table(rows: Cells) -> str:
    """The first row is the head."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows[1:]
    )
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def _images(samples: Sequence[tuple[str, bytes]]) -> str:
    return "".join(
        f'<figure><img alt="{escape(label)}" src="data:image/jpeg;base64,'
        f'{base64.b64encode(jpeg).decode()}"><figcaption>{escape(label)}</figcaption></figure>'
        for label, jpeg in samples
    )
