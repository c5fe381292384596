# SPDX-License-Identifier: Apache-2.0
"""The package as installed: names, cost of the import, what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import edgefirst_hal as ef
import pytest

IMPORT_BUDGET_MS = 30.0


def milliseconds(statement: str, before: str = "") -> float:
    """Processor time, which a busy machine stretches least."""
    code = (
        f"{before}\nfrom time import process_time as now\nstart = now()\n{statement}\n"
        "print((now() - start) * 1000)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return float(result.stdout)


def test_import_takes_at_most_30_ms_over_numpy() -> None:
    times = [milliseconds("import edgefirst_hal", "import numpy") for _ in range(7)]
    assert min(times) <= IMPORT_BUDGET_MS


def test_import_needs_nothing_but_numpy() -> None:
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        heavy = {'onnxruntime', 'rich', 'PIL', 'cv2', 'yaml', 'scipy', 'torch'}\n"
        "        assert name.split('.')[0] not in heavy, name\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import edgefirst_hal\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_name_of_all_exists_and_is_documented() -> None:
    for name in ef.__all__:
        assert getattr(ef, name).__doc__


def test_every_method_and_property_is_documented() -> None:
    classes = [getattr(ef, name) for name in ef.__all__ if isinstance(getattr(ef, name), type)]
    members = [(c, n) for c in classes for n in vars(c) if not n.startswith("_")]
    functions = [
        m for m in members if callable(getattr(*m)) or isinstance(vars(m[0])[m[1]], property)
    ]
    assert len(functions) > 150
    assert [f"{c.__name__}.{n}" for c, n in functions if not getattr(c, n).__doc__] == []


def test_public_names_are_all_listed() -> None:
    public = {name for name in vars(ef) if not name.startswith("_")}
    modules = {name for name in public if type(getattr(ef, name)).__name__ == "module"}
    assert public - modules <= set(ef.__all__)


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert ef.version() == ef.__version__ == version("edgefirst-hal-cpp") == "1.0.0"


def test_compatible_version_is_that_of_the_contract() -> None:
    assert ef.compatible_version() == "0.24.2"


@pytest.mark.parametrize(
    ("name", "version"),
    [("edgefirst_hal-0.28.3.dist-info", "0.28.3"), ("edgefirst_hal-0.1-py3.11.egg-info", "0.1")],
)
def test_import_warns_of_the_foreign_distribution(tmp_path: Path, name: str, version: str) -> None:
    site = tmp_path / "site"
    shutil.copytree(Path(ef.__file__).parent, site / "edgefirst_hal")
    (site / "edgefirst_hal_cpp-1.0.0.dist-info").mkdir()
    assert import_from(site) == ""
    (site / name).mkdir()
    warning = import_from(site)
    assert f"edgefirst-hal {version} is installed beside edgefirst-hal-cpp" in warning
    assert "RuntimeWarning" in warning
    assert len(warning.split("RuntimeWarning: ")[1].splitlines()[0]) < 300


def import_from(folder: Path) -> str:
    """What an interpreter that finds the package in this folder prints to stderr."""
    code = "import sys, edgefirst_hal; assert edgefirst_hal.__file__.startswith(sys.path[1])"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads binaries of Linux")
def test_binaries_are_hardened() -> None:
    package, checkout = Path(ef.__file__).parent, Path(__file__).resolve().parents[2]
    check = checkout / "tests/package/check_hardening.sh"
    binaries = [*package.glob("_core*.so"), package / "lib/libedgefirst_hal.so"]
    assert len(binaries) == 2
    for binary in binaries:
        command = ["sh", str(check), str(binary), str(checkout)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr) == (0, "")


def test_type_information_is_installed() -> None:
    package = Path(ef.__file__).parent
    assert (package / "py.typed").is_file()
    assert (package / "_core.pyi").is_file()


def test_classes_of_results_cannot_be_constructed() -> None:
    for name in ("ImageInfo", "TensorMap", "ProtoData", "Output", "Quantization", "Nms"):
        try:
            getattr(ef, name)()
        except TypeError:
            continue
        raise AssertionError(f"{name}() was accepted")
