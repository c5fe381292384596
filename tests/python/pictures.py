# SPDX-License-Identifier: Apache-2.0
"""Pictures and model outputs that the tests of several areas make."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]


def ramp(width: int, height: int, channels: int = 3) -> U8:
    """Smooth in both directions, different in every channel: what JPEG keeps well."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        x * 255 // max(width - 1, 1),
        y * 255 // max(height - 1, 1),
        (x + y) * 255 // max(width + height - 2, 1),
        255 - x * 255 // max(width - 1, 1),
    ]
    return np.stack(planes[:channels], axis=-1).astype(np.uint8)


def noise(seed: int, *shape: int) -> U8:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def difference(a: U8, b: U8) -> tuple[float, int]:
    """Mean and largest absolute difference."""
    delta = np.abs(a.astype(np.int16) - b.astype(np.int16))
    return float(delta.mean()), int(delta.max())
