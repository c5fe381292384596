# SPDX-License-Identifier: Apache-2.0
"""Runs a seeded case through whichever edgefirst_hal is installed, and compares results."""

from __future__ import annotations

from typing import Any

import edgefirst_hal as ef
import numpy as np
from decoder_cases import Array, Case

Result = tuple[Array, Array, Array, list[Array]]


def tensor_of(array: Array) -> Any:
    tensor = ef.Tensor(list(array.shape), array.dtype.name, ef.TensorMemory.MEM)
    tensor.from_numpy(array)
    return tensor


def make_decoder(case: Case) -> Any:
    nms = None if case.nms is None else getattr(ef.Nms, case.nms)
    return ef.Decoder(case.config, case.score, case.iou, nms)


def tensors_of(case: Case) -> list[Any]:
    tensors = []
    for output in case.outputs:
        tensor = tensor_of(output.stored)
        if case.attach and output.quantization is not None:
            tensor.set_quantization_per_tensor(*output.quantization)
        tensors.append(tensor)
    return tensors


def run(case: Case) -> Result:
    boxes, scores, labels, masks = make_decoder(case).decode(tensors_of(case), 1000)
    return boxes, scores, labels, list(masks)


def difference(result: Result, expected: Result, exact: bool = False) -> str:
    """Empty where they agree: boxes 1e-4, scores 1e-5, labels, 99.5 % of the mask pixels."""
    boxes, scores, labels, masks = result
    if len(boxes) != len(expected[0]):
        return f"{len(boxes)} boxes instead of {len(expected[0])}"
    if exact and not (np.array_equal(boxes, expected[0]) and np.array_equal(scores, expected[1])):
        return "not bit for bit"
    if not np.allclose(scores, expected[1], rtol=0, atol=1e-5):
        return f"scores differ by {np.abs(scores - expected[1]).max()}"
    if not np.allclose(boxes, expected[0], rtol=0, atol=1e-4):
        return f"boxes differ by {np.abs(boxes - expected[0]).max()}"
    if not np.array_equal(labels.astype(np.int64), expected[2].astype(np.int64)):
        return "labels differ"
    if [m.shape for m in masks] != [m.shape for m in expected[3]]:
        return "masks have other shapes"
    pixels = sum(m.size for m in masks)
    same = sum(int(((a >= 128) == (b >= 128)).sum()) for a, b in zip(masks, expected[3]))
    if same < 0.995 * pixels:
        return f"{same} of {pixels} mask pixels agree"
    return ""
