# SPDX-License-Identifier: Apache-2.0
"""Writes a trained detector as ONNX, laid out like an Ultralytics segmentation export."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from letterbox import INPUT_SIZE
from model import STRIDES, Detector, Exported
from scenes import CLASS_NAMES

OPSET = 13

METADATA = {
    "description": "EdgeFirst HAL sample model: coloured shapes, detection and segmentation",
    "author": "EdgeFirst HAL contributors",
    "license": "Apache-2.0",
    "version": "1.0.0",
    "task": "segment",
    "stride": str(max(STRIDES)),
    "batch": "1",
    "imgsz": str([INPUT_SIZE, INPUT_SIZE]),
    "names": str(dict(enumerate(CLASS_NAMES))),
}


def export_onnx(detector: Detector, path: Path) -> None:
    """Static shapes, batch 1, batch norms folded into the convolutions."""
    model = Exported(detector, INPUT_SIZE).eval()
    torch.onnx.export(
        model,
        (torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE),),
        str(path),
        opset_version=OPSET,
        input_names=["images"],
        output_names=["output0", "output1"],
        dynamo=False,
    )
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, METADATA)
    proto.doc_string = METADATA["description"]
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)
