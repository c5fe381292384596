# SPDX-License-Identifier: Apache-2.0
"""What the distribution is called, where pip gets it, and which other one spoils it."""

import os

NAME = "edgefirst-hal-cpp"
# What `pip install` is given for this distribution. No package index has it yet: the folder of the
# source. A publisher changes this line to NAME; a lint test holds README.md to it.
SOURCE = "."
# Another project's distribution, which installs a module of the same name.
FOREIGN = "edgefirst-hal"


def pip_install(extra: str) -> str:
    """The command that adds an extra, for a sentence that says what to do."""
    command = f"pip install '{SOURCE}[{extra}]'"
    return command if SOURCE == NAME else f"{command} in a checkout of {NAME}"


def foreign_distribution(folder: str) -> str:
    """The version of the foreign distribution that is installed into this folder; "" for none.

    Reads one folder: importlib.metadata would take as long as the rest of the import.
    """
    prefix = FOREIGN.replace("-", "_") + "-"
    try:
        names = os.listdir(folder)
    except OSError:  # the package lies in an archive
        return ""
    for name in names:
        stem, suffix = os.path.splitext(name)
        if stem.startswith(prefix) and suffix in (".dist-info", ".egg-info"):
            return stem[len(prefix) :].split("-")[0]
    return ""


def warn_of_foreign_distribution(folder: str) -> None:
    """Warns where the foreign distribution is installed into this folder, as ours is."""
    version = foreign_distribution(folder)
    if version:
        import warnings

        warnings.warn(
            f"the distribution {FOREIGN} {version} is installed beside {NAME} and has the same "
            "module edgefirst_hal, so each may have replaced files of the other: uninstall both, "
            f"then install {NAME} again",
            RuntimeWarning,
            stacklevel=3,
        )
