# SPDX-License-Identifier: Apache-2.0
"""Procedural colour fields: the backgrounds that the synthetic scenes are painted on.

A background is a scalar field in 0..1, coloured by a ramp between two colours. It knows nothing of
objects.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float32]
Field = Callable[[np.random.Generator, int, int], FloatArray]


def random_colour(
    rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]
) -> FloatArray:
    """One RGB colour in 0..255, hue uniform."""
    rgb = colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(*saturation), rng.uniform(*value))
    return np.asarray(rgb, dtype=np.float32) * 255.0


def _directed(angle: float, width: int, height: int) -> FloatArray:
    """Signed distance, in units of the long side, to the line at this angle through the centre."""
    x = (np.arange(width, dtype=np.float32) - width / 2) / max(width, height)
    y = (np.arange(height, dtype=np.float32) - height / 2) / max(width, height)
    field = np.cos(angle) * x[None, :] + np.sin(angle) * y[:, None]
    return np.asarray(field, dtype=np.float32)


def _angle(rng: np.random.Generator) -> float:
    return rng.uniform(0.0, 2.0 * np.pi)


def _unit(field: FloatArray) -> FloatArray:
    low, high = float(field.min()), float(field.max())
    unit = (field - np.float32(low)) / np.float32(max(high - low, 1e-6))
    return np.asarray(unit, dtype=np.float32)


def _soft_steps(wave: FloatArray, sharpness: float) -> FloatArray:
    steps = np.clip(wave * np.float32(sharpness) + np.float32(0.5), 0.0, 1.0)
    return np.asarray(steps, dtype=np.float32)


def gradient(rng: np.random.Generator, width: int, height: int) -> FloatArray:
    return _unit(_directed(_angle(rng), width, height))


def octaves(rng: np.random.Generator, width: int, height: int) -> FloatArray:
    """Value noise: random grids of doubling resolution and falling weight, bicubically enlarged."""
    total = np.zeros((height, width), np.float32)
    cells = int(rng.integers(2, 5))
    for octave in range(int(rng.integers(1, 6))):
        size = cells * 2**octave
        grid = Image.fromarray(rng.random((size, size), dtype=np.float32))
        enlarged = grid.resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(enlarged, dtype=np.float32) * np.float32(0.55**octave)
    return _unit(total)


def stripes(rng: np.random.Generator, width: int, height: int) -> FloatArray:
    across = _directed(_angle(rng), width, height)
    wave = np.sin(across * np.float32(2 * np.pi * rng.uniform(3.0, 24.0)))
    return _soft_steps(wave, rng.uniform(0.5, 4.0))


def checker(rng: np.random.Generator, width: int, height: int) -> FloatArray:
    frequency = np.float32(2 * np.pi * rng.uniform(2.0, 12.0))
    angle = _angle(rng)
    across = np.sin(_directed(angle, width, height) * frequency)
    along = np.sin(_directed(angle + np.pi / 2, width, height) * frequency)
    return _soft_steps(across * along, rng.uniform(1.0, 8.0))


def rings(rng: np.random.Generator, width: int, height: int) -> FloatArray:
    centre = rng.uniform(-0.2, 1.2, size=2)
    x = (np.arange(width, dtype=np.float32) - np.float32(centre[0] * width)) / max(width, height)
    y = (np.arange(height, dtype=np.float32) - np.float32(centre[1] * height)) / max(width, height)
    radius = np.hypot(x[None, :], y[:, None])
    wave = np.sin(radius * np.float32(2 * np.pi * rng.uniform(0.5, 8.0)))
    return _soft_steps(wave, rng.uniform(0.4, 1.0))


SMOOTH: tuple[Field, ...] = (gradient, rings)
ALL_FIELDS: tuple[Field, ...] = (gradient, octaves, octaves, stripes, checker, rings)


def background(
    rng: np.random.Generator,
    width: int,
    height: int,
    fields: tuple[Field, ...] = ALL_FIELDS,
    grain: float = 8.0,
) -> FloatArray:
    """Paints an RGB background (height, width, 3) in 0..255; `grain` is the largest noise sigma."""
    field = fields[int(rng.integers(len(fields)))](rng, width, height)
    if rng.uniform() < 0.4:
        other = fields[int(rng.integers(len(fields)))](rng, width, height)
        field = field + np.float32(rng.uniform(0.2, 0.6)) * (other - field)
    first = random_colour(rng, (0.0, 0.7), (0.15, 1.0))
    second = random_colour(rng, (0.0, 0.7), (0.15, 1.0))
    second = first + np.float32(rng.uniform(0.15, 0.8)) * (second - first)
    image = first + field[:, :, None] * (second - first)
    sigma = rng.uniform(0.0, grain) if rng.uniform() < 0.6 else 0.0
    if sigma > 0.0:
        noise = rng.standard_normal((height, width, 1), dtype=np.float32)
        image = image + np.float32(sigma) * noise
    return np.clip(image, 0.0, 255.0).astype(np.float32)
