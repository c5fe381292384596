# SPDX-License-Identifier: Apache-2.0
"""The training set: scenes drawn once into memory, augmented as they are batched.

Training scenes use TRAIN_SEED + i, held-out scenes HELD_OUT_SEED + i, samples their own range.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from letterbox import INPUT_SIZE, apply_letterbox, letterbox_for, letterbox_labels
from PIL import Image
from scenes import ByteArray, IntArray, Scene, scene
from textures import FloatArray

TRAIN_SEED = 1_000_000
HELD_OUT_SEED = 5_000_000
MAX_OBJECTS = 10
ASPECTS = (1.0, 4 / 3, 16 / 9, 3 / 4, 3 / 2, 9 / 16, 2.0, 1.0)
LONG_SIDES = (320, 320, 320, 400, 480, 640)


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; rows beyond an image's objects have valid = False."""

    images: torch.Tensor  # float32 (B, 3, S, S), 0..1
    boxes: torch.Tensor  # float32 (B, M, 4), x0 y0 x1 y1 in input pixels
    classes: torch.Tensor  # int64 (B, M)
    valid: torch.Tensor  # bool (B, M)
    instances: torch.Tensor  # uint8 (B, S, S), 0 background, i + 1 object i


@dataclass(frozen=True)
class Dataset:
    """Letterboxed scenes as arrays, first axis the scene."""

    images: ByteArray
    boxes: FloatArray
    classes: IntArray
    counts: IntArray
    instances: ByteArray

    def __len__(self) -> int:
        return len(self.images)


def jpeg_round_trip(image: ByteArray, quality: int, subsampling: int) -> ByteArray:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(stream).convert("RGB"))


def varied_scene(seed: int) -> Scene:
    """A scene of random size and aspect ratio."""
    rng = np.random.default_rng([seed, 1])
    long_side = int(rng.choice(LONG_SIDES))
    aspect = float(rng.choice(ASPECTS))
    width = long_side if aspect >= 1 else round(long_side * aspect)
    height = round(long_side / aspect) if aspect >= 1 else long_side
    return scene(seed, width, height)


def _example(seed: int) -> tuple[ByteArray, ByteArray, FloatArray, IntArray]:
    drawn = varied_scene(seed)
    rng = np.random.default_rng([seed, 2])
    image = drawn.image
    if rng.uniform() < 0.6:
        image = jpeg_round_trip(image, int(rng.integers(70, 97)), int(rng.choice([0, 2])))
    fit = letterbox_for(image.shape[1], image.shape[0])
    boxed = apply_letterbox(image, fit, antialias=bool(rng.uniform() < 0.5))
    return boxed, letterbox_labels(drawn.instances, fit), fit.to_model(drawn.boxes), drawn.classes


def build(first_seed: int, count: int, workers: int = 2) -> Dataset:
    """Draws `count` scenes."""
    dataset = Dataset(
        images=np.zeros((count, INPUT_SIZE, INPUT_SIZE, 3), np.uint8),
        boxes=np.zeros((count, MAX_OBJECTS, 4), np.float32),
        classes=np.zeros((count, MAX_OBJECTS), np.int64),
        counts=np.zeros(count, np.int64),
        instances=np.zeros((count, INPUT_SIZE, INPUT_SIZE), np.uint8),
    )
    with ProcessPoolExecutor(workers) as pool:
        seeds = range(first_seed, first_seed + count)
        examples = pool.map(_example, seeds, chunksize=32)
        for i, (image, labels, boxes, classes) in enumerate(examples):
            dataset.images[i], dataset.instances[i] = image, labels
            dataset.boxes[i, : len(boxes)] = boxes
            dataset.classes[i, : len(classes)] = classes
            dataset.counts[i] = len(classes)
    return dataset


def _flipped(boxes: FloatArray, axis: int) -> FloatArray:
    result = boxes.copy()
    result[:, axis] = INPUT_SIZE - boxes[:, axis + 2]
    result[:, axis + 2] = INPUT_SIZE - boxes[:, axis]
    return result


def _augmented(
    rng: np.random.Generator, image: ByteArray, labels: ByteArray, boxes: FloatArray
) -> tuple[ByteArray, ByteArray, FloatArray]:
    """Mirrors, transposes and recolours one example."""
    if rng.uniform() < 0.5:
        image, labels, boxes = image[:, ::-1], labels[:, ::-1], _flipped(boxes, 0)
    if rng.uniform() < 0.5:
        image, labels, boxes = image[::-1], labels[::-1], _flipped(boxes, 1)
    if rng.uniform() < 0.5:
        image, labels = image.transpose(1, 0, 2), labels.T
        boxes = boxes[:, [1, 0, 3, 2]]
    image = image[:, :, rng.permutation(3)]
    if rng.uniform() < 0.5:
        steps = np.arange(256, dtype=np.float32)
        curve = (steps - 128) * rng.uniform(0.75, 1.25) + 128 + rng.uniform(-25, 25)
        image = np.clip(curve, 0, 255).astype(np.uint8)[image]
    return image, labels, boxes


def batches(dataset: Dataset, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """One shuffled pass; an incomplete last batch is dropped."""
    order = rng.permutation(len(dataset))
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start : start + size]
        images = np.empty((size, INPUT_SIZE, INPUT_SIZE, 3), np.uint8)
        labels = np.empty((size, INPUT_SIZE, INPUT_SIZE), np.uint8)
        boxes = np.empty((size, MAX_OBJECTS, 4), np.float32)
        for slot, i in enumerate(chosen):
            images[slot], labels[slot], boxes[slot] = _augmented(
                rng, dataset.images[i], dataset.instances[i], dataset.boxes[i]
            )
        yield Batch(
            images=torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255.0,
            boxes=torch.from_numpy(boxes),
            classes=torch.from_numpy(dataset.classes[chosen]),
            valid=torch.from_numpy(np.arange(MAX_OBJECTS) < dataset.counts[chosen, None]),
            instances=torch.from_numpy(labels),
        )
