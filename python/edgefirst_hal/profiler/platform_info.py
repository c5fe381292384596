# SPDX-License-Identifier: Apache-2.0
"""What this machine and this build are: for platform.json and `edgefirst-hal info`.

What cannot be found out is null, never guessed.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
from edgefirst_hal.models.session import ENGINES, PACKAGES

_LIBRARIES = ("numpy", "pyarrow", "pycocotools", "matplotlib", "av", "rich")
_BACKENDS = ("opengl", "g2d", "cpu")


def platform_document() -> dict[str, Any]:
    return {
        "library": library_document(),
        "cpu": cpu_document(),
        "memory": memory_document(),
        "egl_displays": _displays(),
        "image_backends": backends_document(),
        "engines": engines_document(),
        "system": {
            "kernel": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "python": platform.python_version(),
            "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        },
        "libraries": {name: installed(name) for name in _LIBRARIES},
        "environment": {k: v for k, v in os.environ.items() if k.startswith("EDGEFIRST_")},
    }


def library_document() -> dict[str, Any]:
    """`environment` is what the library says of variables with values that they cannot have."""
    return {
        "version": ef.version(),
        "build": ef.build_info().splitlines(),
        "environment": _build_lines("environment: "),
    }


def _build_lines(subject: str) -> list[str]:
    lines = ef.build_info().splitlines()
    return [line.removeprefix(subject) for line in lines if line.startswith(subject)]


def cpu_document() -> dict[str, Any]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return {
        "model": _cpu_model(),
        "logical": os.cpu_count(),
        "usable": usable,
        "simd": ef.simd_target(),
        "simd_targets": _build_lines("SIMD targets: ")[0].split(),
    }


def memory_document() -> dict[str, Any]:
    """`ram_bytes` of the machine, then which kinds of tensor can be made."""
    return {
        "ram_bytes": _ram_bytes(),
        "heap": True,
        "shared_memory": ef.is_shm_available(),
        "dma_buf": ef.is_dma_available(),
        "iosurface": ef.is_iosurface_available(),
        "gpu_buffers": ef.is_gpu_buffer_available(),
    }


def backends_document() -> dict[str, dict[str, Any]]:
    """Each image backend: whether the library uses it when asked for it, and why not."""
    return {name: _backend(name) for name in _BACKENDS}


def engines_document() -> dict[str, dict[str, Any]]:
    """Each inference engine: its installed version or null, and the files it opens."""
    return {
        engine: {
            "package": PACKAGES[engine],
            "version": installed(PACKAGES[engine]),
            "opens": list(suffixes),
        }
        for engine, suffixes in ENGINES.items()
    }


def installed(package: str) -> str | None:
    """None where it is absent, or where no file can be opened to tell its version."""
    try:
        return metadata.version(package)
    except (metadata.PackageNotFoundError, OSError):
        return None


def _displays() -> list[dict[str, str]]:
    """None where there is no EGL library; image_backends tells why."""
    try:
        found = ef.probe_egl_displays()
    except ef.Error:
        return []
    return [{"kind": display.kind.name, "description": display.description} for display in found]


def _backend(name: str) -> dict[str, Any]:
    try:
        processor = ef.ImageProcessor(backend=name)
        if name in processor.backends:
            return {"available": True, "reason": ""}
        reason = _reason_of_absence(processor, name)
    except ef.Error as error:
        reason = str(error)
    return {"available": False, "reason": reason}


def _reason_of_absence(processor: ef.ImageProcessor, name: str) -> str:
    """The library's own, which it gives with its answers to any conversion."""
    picture = ef.Tensor.image(16, 16, ef.PixelFormat.Rgb)
    answers = processor.explain(picture, ef.Tensor.image(8, 8, ef.PixelFormat.Rgb))
    for backend, _, reason in answers:
        if backend == name:
            return reason
    return f"the library uses {', '.join(processor.backends)} instead"


def _cpu_model() -> str | None:
    text = _read("/proc/cpuinfo")
    match = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else platform.processor() or None


def _ram_bytes() -> int | None:
    match = re.search(r"^MemTotal:\s*(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    return int(match[1]) * 1024 if match else None


def _read(path: str) -> str:
    if not sys.platform.startswith("linux"):
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
