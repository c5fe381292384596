# SPDX-License-Identifier: Apache-2.0
"""`edgefirst-hal info`: this machine, this build, and what they would do with a model.

The library answers where it knows; what nobody knows is shown as unknown.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from edgefirst_hal._text import json_text
from edgefirst_hal.cli.interrupts import held_back
from edgefirst_hal.cli.streams import OUT
from edgefirst_hal.cli.terminal import EXIT_ERROR, EXIT_OK, Table, Terminal
from edgefirst_hal.profiler.libraries import ProfilerError
from edgefirst_hal.profiler.model_info import model_document
from edgefirst_hal.profiler.platform_info import platform_document
from edgefirst_hal.profiler.records import Document


def add_parser(subparsers: Any) -> None:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "info",
        help="show the machine, and what it would do with a model",
        description="Shows processor, memories, displays, image backends and inference engines; "
        "with a model, what each backend and engine would do with it.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("model", nargs="?", type=Path, help=".onnx, .tflite or .xml")
    parser.add_argument("--json", action="store_true", help="as JSON on stdout")
    parser.add_argument("--no-color", action="store_true", help="the same as NO_COLOR=1")


def run(arguments: argparse.Namespace) -> int:
    terminal = Terminal(False, not arguments.no_color, False)
    with held_back():
        document = platform_document()
    code = EXIT_OK
    if arguments.model is not None:
        try:
            with held_back():
                document["model"] = model_document(arguments.model)
        except ProfilerError as error:
            terminal.error(str(error))
            code = EXIT_ERROR
        except OSError as error:  # of a name that no file can have
            terminal.error(f"model {arguments.model}: {error.strerror or error}")
            code = EXIT_ERROR
    if arguments.json:
        OUT.write_document(json_text(document))
        return code
    for table in (_machine(document), _backends(document), _engines(document)):
        terminal.table(table)
    for table in _model(document.get("model")):
        terminal.table(table)
    return code


def _machine(document: Document) -> Table:
    cpu, memory, system = document["cpu"], document["memory"], document["system"]
    displays = document["egl_displays"]
    rows = [
        ("library", f"edgefirst-hal {document['library']['version']}"),
        ("system", f"{system['kernel']}, {system['machine']}, Python {system['python']}"),
        ("processor", f"{_known(cpu['model'])}, {_known(cpu['usable'])} logical CPUs usable"),
        ("SIMD target", f"{cpu['simd']} of {', '.join(cpu['simd_targets'])}"),
        ("RAM", "unknown" if memory["ram_bytes"] is None else f"{memory['ram_bytes'] >> 20} MiB"),
        *(
            (name, "yes" if memory[key] else "no")
            for name, key in (
                ("shared memory", "shared_memory"),
                ("DMA-BUF", "dma_buf"),
                ("IOSurface", "iosurface"),
                ("GPU buffers", "gpu_buffers"),
            )
        ),
        ("EGL displays", "; ".join(f"{d['kind']}: {d['description']}" for d in displays) or "none"),
        *(("environment", text) for text in document["library"]["environment"]),
    ]
    return Table("Machine", ("", "found"), rows)


def _backends(document: Document) -> Table:
    rows = [
        (name, "yes" if entry["available"] else "no", entry["reason"])
        for name, entry in document["image_backends"].items()
    ]
    return Table("Image backends", ("backend", "available", "reason"), rows)


def _engines(document: Document) -> Table:
    rows = [
        (name, entry["package"], entry["version"] or "not installed", " ".join(entry["opens"]))
        for name, entry in document["engines"].items()
    ]
    return Table("Inference engines", ("engine", "package", "version", "opens"), rows)


def _model(model: Document | None) -> list[Table]:
    if model is None:
        return []
    engines = [
        (name, "yes" if entry["runs"] else "no", entry["text"])
        for name, entry in model["engines"].items()
    ]
    conversions = [
        (entry["source"], answer["backend"], "yes" if answer["takes"] else "no", answer["reason"])
        for entry in model["conversions"]
        for answer in entry["answers"]
    ]
    return [
        Table(f"{model['file']}: engines", ("engine", "runs it", "what"), engines),
        Table(
            f"{model['file']}: letterbox into its input",
            ("from", "backend", "takes it", "reason"),
            conversions,
        ),
        Table(f"{model['file']}: account", ("", "found"), model["account"]),
    ]


def _known(value: object) -> str:
    return "unknown" if value is None else str(value)
