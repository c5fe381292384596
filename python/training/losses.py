# SPDX-License-Identifier: Apache-2.0
"""Training targets and losses: task-aligned assignment (TOOD), CIoU, BCE for classes and masks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from dataset import Batch
from model import Predictions, corners
from torch import Tensor
from torch.nn import functional

CANDIDATES = 10
SCORE_POWER = 0.5
IOU_POWER = 6.0
BOX_GAIN = 7.5
CLASS_GAIN = 1.0
MASK_GAIN = 5.0


@dataclass(frozen=True)
class Assignment:
    """Which object each cell answers for."""

    foreground: Tensor  # bool (B, N)
    target: Tensor  # int64 (B, N), index of the object
    quality: Tensor  # float (B, N), the class score to aim for


def complete_iou(first: Tensor, second: Tensor) -> Tensor:
    """CIoU of broadcast boxes x0 y0 x1 y1 (Zheng et al. 2020, arXiv:1911.08287)."""
    low, high = torch.maximum(first, second), torch.minimum(first, second)
    shared = (high[..., 2:] - low[..., :2]).clamp(min=0).prod(-1)
    size1, size2 = first[..., 2:] - first[..., :2], second[..., 2:] - second[..., :2]
    iou = shared / (size1.prod(-1) + size2.prod(-1) - shared + 1e-7)
    hull = high.new_tensor(0.0) + torch.maximum(first[..., 2:], second[..., 2:])
    hull = hull - torch.minimum(first[..., :2], second[..., :2])
    apart = (first[..., :2] + first[..., 2:] - second[..., :2] - second[..., 2:]) / 2
    distance = apart.square().sum(-1) / (hull.square().sum(-1) + 1e-7)
    angle1 = torch.atan(size1[..., 0] / (size1[..., 1] + 1e-7))
    angle2 = torch.atan(size2[..., 0] / (size2[..., 1] + 1e-7))
    shape = (4 / math.pi**2) * (angle1 - angle2).square()
    with torch.no_grad():
        weight = shape / (shape - iou + 1 + 1e-7)
    return iou - distance - weight * shape


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, centres: Tensor, batch: Batch) -> Assignment:
    """Gives each object the cells inside it whose class score and box agree best with it."""
    offsets = torch.cat(
        (
            centres[None, None] - batch.boxes[:, :, None, :2],
            batch.boxes[:, :, None, 2:] - centres[None, None],
        ),
        3,
    )
    inside = (offsets.amin(3) > 0) & batch.valid[:, :, None]
    iou = complete_iou(batch.boxes[:, :, None], boxes[:, None]).clamp(min=0) * inside
    index = batch.classes[:, :, None].expand(-1, -1, scores.shape[1])
    own = scores.transpose(1, 2).gather(1, index)
    aligned = own.pow(SCORE_POWER) * iou.pow(IOU_POWER) * inside
    best = aligned.topk(CANDIDATES, 2)
    chosen = torch.zeros_like(inside).scatter_(2, best.indices, best.values > 1e-9)
    contested = chosen.sum(1, keepdim=True) > 1
    winner = torch.zeros_like(inside).scatter_(1, (iou * chosen).argmax(1, keepdim=True), True)
    chosen = torch.where(contested, winner, chosen) & inside
    aligned = aligned * chosen
    top = aligned.amax(2, keepdim=True)
    top_iou = (iou * chosen).amax(2, keepdim=True)
    quality = (aligned * top_iou / (top + 1e-9)).amax(1)
    return Assignment(chosen.any(1), chosen.float().argmax(1), quality)


def _mask_loss(found: Predictions, batch: Batch, plan: Assignment) -> Tensor:
    """BCE of the assembled masks inside their boxes, every object weighted by 1 / box area."""
    count = batch.boxes.shape[1]
    grid = found.prototypes.shape[-1]
    shrink = batch.instances.shape[-1] // grid
    numbers = torch.arange(1, count + 1, dtype=torch.uint8)[None, :, None, None]
    truth = functional.avg_pool2d((batch.instances[:, None] == numbers).float(), shrink)
    image, cell = plan.foreground.nonzero(as_tuple=True)
    target = plan.target[image, cell]
    total = found.prototypes.new_zeros(())
    steps = torch.arange(grid, dtype=torch.float32) + 0.5
    for i in range(len(batch.images)):
        mine = image == i
        coefficients = found.coefficients[i, cell[mine]]
        logits = torch.einsum("nk,khw->nhw", coefficients, found.prototypes[i])
        x0, y0, x1, y1 = (batch.boxes[i, target[mine]] / shrink).unbind(1)
        columns = (steps > x0[:, None] - 0.5) & (steps < x1[:, None] + 0.5)
        rows = (steps > y0[:, None] - 0.5) & (steps < y1[:, None] + 0.5)
        crop = (rows[:, :, None] & columns[:, None, :]).float()
        loss = functional.binary_cross_entropy_with_logits(
            logits, truth[i, target[mine]], reduction="none"
        )
        area = crop.sum((1, 2)).clamp(min=1.0)
        total = total + ((loss * crop).sum((1, 2)) / area).sum()
    return total / max(len(image), 1)


def loss(found: Predictions, batch: Batch, centres: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum, and its parts for the log."""
    boxes = corners(found.distances, centres)
    plan = assign(found.scores.detach().sigmoid(), boxes.detach(), centres, batch)
    image, cell = plan.foreground.nonzero(as_tuple=True)
    target = plan.target[image, cell]
    quality = plan.quality[image, cell]
    aims = torch.zeros_like(found.scores)
    aims[image, cell, batch.classes[image, target]] = quality
    weight = quality.sum().clamp(min=1.0)
    by_class = functional.binary_cross_entropy_with_logits(found.scores, aims, reduction="sum")
    misfit = 1.0 - complete_iou(boxes[image, cell], batch.boxes[image, target])
    parts = {
        "box": BOX_GAIN * (misfit * quality).sum() / weight,
        "class": CLASS_GAIN * by_class / weight,
        "mask": MASK_GAIN * _mask_loss(found, batch, plan),
    }
    total = parts["box"] + parts["class"] + parts["mask"]
    return total, {name: float(part.detach()) for name, part in parts.items()}
