# SPDX-License-Identifier: Apache-2.0
"""Reports whatever surrounds them: notebooks, settings of matplotlib, names, other versions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edgefirst_hal.cli import main
from edgefirst_hal.profiler import charts, folder, libraries
from edgefirst_hal.profiler.comparison import Rules, compare
from edgefirst_hal.profiler.folder import read_run
from edgefirst_hal.profiler.html_report import html_report
from edgefirst_hal.profiler.libraries import MissingLibraryError, ProfilerError
from profiler_cases import read_json, write_cats_model, write_coco, write_pictures

pytest.importorskip("onnxruntime", reason="runs the test models")
pytest.importorskip("pyarrow", reason="the extra profile stores runs with it")
matplotlib = pytest.importorskip("matplotlib", reason="the extra profile draws with it")
pytest.importorskip("pycocotools", reason="the extra profile evaluates with it")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whole")
    pictures = write_pictures(place / "in", 9)
    truth = write_coco(place / "truth.json", pictures)
    given = ["--images", str(place / "in"), "--ground-truth", str(truth), "--quiet"]
    model = write_cats_model(place)
    assert main(["validate", str(model), *given, "-o", str(place / "run")]) == 0
    return place


@pytest.fixture
def run(tmp_path: Path, whole: Path) -> Path:
    return Path(shutil.copytree(whole / "run", tmp_path / "run"))


def command(*arguments: object, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edgefirst_hal.cli", *map(str, arguments)],
        env={**os.environ, **env},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# The backend that matplotlib inherits.


@pytest.mark.parametrize(
    "backend", ["module://matplotlib_inline.backend_inline", "nonsense", "tkagg", "Agg", ""]
)
def test_the_backend_of_a_notebook_does_not_matter(
    tmp_path: Path, whole: Path, run: Path, backend: str
) -> None:
    (run / "report.html").unlink()
    env = {"MPLBACKEND": backend}
    given = ["--images", whole / "in", "--ground-truth", whole / "truth.json", "-o", "new"]
    for arguments in (["report", run], ["validate", whole / "cats.onnx", *given]):
        done = command(*arguments, env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    assert (run / "report.html").read_text().count("<svg") == 4
    assert (tmp_path / "new/report.html").is_file()


@pytest.mark.parametrize("backend", ["nonsense", "svg"])
def test_the_backend_that_was_set_stays_set_for_others(tmp_path: Path, backend: str) -> None:
    """Also after an import of matplotlib that has failed before ours."""
    program = """
import os
try:
    import matplotlib
except ValueError:
    print("failed")
else:
    import sys
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        del sys.modules[name]
from edgefirst_hal.profiler.libraries import library
backend = library("matplotlib", "a test").rcParams._get("backend")
print(os.environ["MPLBACKEND"], backend if isinstance(backend, str) else "any")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "MPLBACKEND": backend},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    expected = "failed\nnonsense any\n" if backend != "svg" else "svg svg\n"
    assert (done.stdout, done.stderr) == (expected, "")


@pytest.mark.parametrize(
    "text", ["text.usetex: True\n", "backend: module://absent\n", "font.family: None\n", "\x00\n"]
)
def test_a_matplotlibrc_does_not_matter(tmp_path: Path, run: Path, text: str) -> None:
    """usetex needs a LaTeX that nobody has installed."""
    (tmp_path / "matplotlibrc").write_text(text)
    (run / "report.html").unlink()
    done = command("report", run, env={"MATPLOTLIBRC": str(tmp_path)}, cwd=tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert (run / "report.html").read_text().count("<svg") == 4


@pytest.mark.parametrize("error", [ValueError("numpy.dtype size"), RuntimeError(), OSError("x")])
def test_a_library_that_raises_of_its_own_is_missing(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str) -> Any:
        raise error

    monkeypatch.setattr(libraries.importlib, "import_module", load)
    with pytest.raises(MissingLibraryError, match="a test needs av, which cannot be imported"):
        libraries.library("av", "a test")


@pytest.mark.parametrize(
    "name", ["$x_{$", "$", "_hidden", "自転車", "\x1b[31m", "a\nb", "<script>", "\\frac", ""]
)
def test_any_class_name_can_be_drawn(name: str) -> None:
    curve = [1.0] * 101
    numbers = {
        "by_class": {name: {"true_positives": 1, "misses": 0}},
        "precision_at_recall": {"mean": curve, "by_class": {name: curve}},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = charts.precision_chart(numbers, "boxes")
    assert "mean of classes" in text
    assert text.count("legend_") == 1
    assert "<script>" not in text


def test_charts_of_nothing_are_drawn_in_silence() -> None:
    numbers: dict[str, Any] = {
        "by_class": {},
        "precision_at_recall": {"mean": [], "by_class": {}},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for text in (
            charts.precision_chart(numbers, "boxes"),
            charts.overlap_chart([]),
            charts.latency_chart([]),
            charts.throughput_chart([]),
        ):
            assert text.startswith("<svg")


@pytest.mark.parametrize("error", [RuntimeError("glyph"), KeyError("x"), np.linalg.LinAlgError()])
def test_a_report_that_cannot_be_drawn_costs_the_report_alone(
    tmp_path: Path,
    whole: Path,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(contents: object) -> str:
        raise error

    monkeypatch.setattr(folder, "html_report", fail)
    given = ["--images", str(whole / "in"), "-o", str(tmp_path / "run")]
    assert main(["validate", str(whole / "cats.onnx"), *given]) == 4
    assert "not stored: report.html: " in capsys.readouterr().err
    assert read_json(tmp_path / "run", "run.json")["frames"]["done"] == 9
    assert (tmp_path / "run/frames.parquet").is_file()


# Damaged runs and runs of other versions.

Change = Callable[[dict[str, Any]], object]

OLDER: dict[str, Change] = {
    "no throughput": lambda run: run["timing"].pop("throughput"),
    "no model": lambda run: run.pop("model"),
    "no queues": lambda run: run.pop("queues"),
    "flat timing": lambda run: run.update(timing=[1, 2]),
    "stages of texts": lambda run: run["timing"]["stages"].update(decode="1 ms"),
    "no reasons": lambda run: run.update(failures=[{"label": "a.jpg"}]),
}


@pytest.mark.parametrize("change", OLDER.values(), ids=OLDER.keys())
def test_a_run_of_another_version_is_named(
    run: Path, change: Change, capsys: pytest.CaptureFixture[str]
) -> None:
    document = read_json(run, "run.json")
    change(document)
    (run / "run.json").write_text(json.dumps({**document, "edgefirst_hal": "0.9.1"}))
    assert main(["report", str(run)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "is no complete run: " in line
    assert "; edgefirst-hal 0.9.1 wrote it, and this is " in line
    assert len(line.replace(str(run), "")) < 300
    with pytest.raises(ProfilerError, match="is no complete run"):
        read_run(run)
    assert main(["compare", str(run), str(run)]) == 0, "the frames are whole"


def test_metrics_without_what_later_versions_added_are_shown(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = read_json(run, "metrics.json")
    del metrics["remarks"], metrics["unknown_classes"]
    (run / "metrics.json").write_text(json.dumps(metrics))
    assert main(["report", str(run)]) == 0
    assert "AP 1.0000" in capsys.readouterr().out


def test_runs_without_objects_are_compared_without_minus_one(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = read_json(run, "metrics.json")
    metrics["boxes"]["AP"] = -1.0
    (run / "metrics.json").write_text(json.dumps(metrics))
    assert main(["compare", str(run), str(run)]) == 0
    assert "AP of boxes: none and none" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "{}", "null", "3", "", '{"timing": NaN}', "\xff"]
)
@pytest.mark.parametrize("name", ["run.json", "metrics.json", "platform.json"])
def test_damaged_documents_are_a_typed_error_of_the_library(
    run: Path, name: str, text: str
) -> None:
    if (name, text) == ("metrics.json", "null"):
        return  # a run without ground truth
    (run / name).write_text(text, encoding="latin-1")
    with pytest.raises(ProfilerError) as caught:
        read_run(run)
    assert len(str(caught.value).replace(str(run), "")) < 300


def test_damaged_contents_are_a_typed_error_of_the_library(run: Path) -> None:
    contents = read_run(run)
    del contents.run["model"]
    with pytest.raises(ProfilerError, match="is no complete run: no 'model'"):
        html_report(contents)
    for record in contents.records:
        del record.spans["inference"]
    with pytest.raises(ProfilerError, match="is no complete run: no 'inference'"):
        compare(contents.records, contents.records, Rules())


@pytest.mark.parametrize("text", ["[" * 100_000, '{"outputs":' * 100_000, "{a: " * 100_000])
def test_a_deep_configuration_is_one_sentence(
    tmp_path: Path, whole: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").write_text(text)
    model = str(whole / "cats.onnx")
    given = ["--images", str(whole / "in"), "-o", str(tmp_path / "run")]
    for option in ("--config", "--ground-truth"):
        assert main(["validate", model, *given, option, str(tmp_path / "deep")]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("edgefirst-hal: error: ")
        assert len(line.replace(str(tmp_path), "").replace(model, "")) < 300
    assert not (tmp_path / "run").exists()
