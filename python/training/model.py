# SPDX-License-Identifier: Apache-2.0
"""A tiny anchor-free detector with mask prototypes, of the YOLOv8-seg family of shapes.

Three levels (strides 8, 16, 32); each cell predicts distances to the four sides, class scores and
mask coefficients. Training reads `Predictions`; `Exported` puts the same numbers into the two
tensors of an Ultralytics export.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
PROTOTYPES = 32


class Predictions(NamedTuple):
    """Raw outputs; N cells of all levels, row-major within a level, small strides first."""

    distances: Tensor  # (B, N, 4) left top right bottom, in input pixels
    scores: Tensor  # (B, N, classes) logits
    coefficients: Tensor  # (B, N, 32)
    prototypes: Tensor  # (B, 32, S/4, S/4)


class ConvBlock(nn.Module):
    """Convolution, batch norm, activation."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(x)))  # type: ignore[no-any-return]


class SplitBlock(nn.Module):
    """Half of the channels go through two 3x3 convolutions; all three stages are merged."""

    def __init__(self, inputs: int, outputs: int, residual: bool = True) -> None:
        super().__init__()
        half = self.width = outputs // 2
        self.residual = residual
        self.enter = ConvBlock(inputs, outputs, 1)
        self.first = ConvBlock(half, half)
        self.second = ConvBlock(half, half)
        self.merge = ConvBlock(3 * half, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept, worked = self.enter(x).split(self.width, 1)
        done = self.second(self.first(worked))
        if self.residual:
            done = done + worked
        return self.merge(torch.cat((kept, worked, done), 1))  # type: ignore[no-any-return]


class PyramidPool(nn.Module):
    """Widens the receptive field by three stacked max pools."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.enter = ConvBlock(channels, half, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.merge = ConvBlock(4 * half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        stages = [self.enter(x)]
        for _ in range(3):
            stages.append(self.pool(stages[-1]))
        return self.merge(torch.cat(stages, 1))  # type: ignore[no-any-return]


class Head(nn.Module):
    """Decoupled outputs of one level."""

    def __init__(self, inputs: int, width: int, classes: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.box = nn.Sequential(
            ConvBlock(inputs, width, 1), ConvBlock(width, width), nn.Conv2d(width, 4, 1)
        )
        self.score = nn.Sequential(
            ConvBlock(inputs, width, 1), ConvBlock(width, width), nn.Conv2d(width, classes, 1)
        )
        self.mask = nn.Sequential(
            ConvBlock(inputs, width, 1), ConvBlock(width, width), nn.Conv2d(width, PROTOTYPES, 1)
        )
        for tower, bias in ((self.box, 2.0), (self.score, -4.5)):
            last = tower[-1]
            assert isinstance(last, nn.Conv2d)
            assert last.bias is not None
            nn.init.constant_(last.bias, bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        distances = functional.softplus(self.box(x)) * self.stride
        return distances.flatten(2), self.score(x).flatten(2), self.mask(x).flatten(2)


class Detector(nn.Module):
    """Backbone, feature pyramid, three heads and the prototype branch."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = ConvBlock(3, 16, 3, 2)
        self.stage2 = nn.Sequential(ConvBlock(16, 24, 3, 2), SplitBlock(24, 24))
        self.stage3 = nn.Sequential(ConvBlock(24, 40, 3, 2), SplitBlock(40, 40))
        self.stage4 = nn.Sequential(ConvBlock(40, 64, 3, 2), SplitBlock(64, 64))
        self.stage5 = nn.Sequential(ConvBlock(64, 80, 3, 2), SplitBlock(80, 80), PyramidPool(80))
        self.up4 = SplitBlock(80 + 64, 64, residual=False)
        self.up3 = SplitBlock(64 + 40, 48, residual=False)
        self.down3 = ConvBlock(48, 48, 3, 2)
        self.out4 = SplitBlock(48 + 64, 64, residual=False)
        self.down4 = ConvBlock(64, 64, 3, 2)
        self.out5 = SplitBlock(64 + 80, 64, residual=False)
        self.heads = nn.ModuleList(
            Head(channels, 32, classes, stride)
            for channels, stride in zip((48, 64, 64), STRIDES, strict=True)
        )
        self.proto_coarse = ConvBlock(48, 24, 1)
        self.proto_fine = ConvBlock(24, 24, 1)
        self.proto = nn.Sequential(ConvBlock(24, 24), nn.Conv2d(24, PROTOTYPES, 1))

    def forward(self, images: Tensor) -> Predictions:
        c2 = self.stage2(self.stem(images))
        c3 = self.stage3(c2)
        c4 = self.stage4(c3)
        c5 = self.stage5(c4)
        p4 = self.up4(torch.cat((functional.interpolate(c5, scale_factor=2.0), c4), 1))
        p3 = self.up3(torch.cat((functional.interpolate(p4, scale_factor=2.0), c3), 1))
        n4 = self.out4(torch.cat((self.down3(p3), p4), 1))
        n5 = self.out5(torch.cat((self.down4(n4), c5), 1))
        levels = [head(x) for head, x in zip(self.heads, (p3, n4, n5), strict=True)]
        boxes, scores, masks = (torch.cat(parts, 2) for parts in zip(*levels, strict=True))
        coarse = functional.interpolate(self.proto_coarse(p3), scale_factor=2.0)
        prototypes = self.proto(coarse + self.proto_fine(c2))
        return Predictions(
            boxes.transpose(1, 2), scores.transpose(1, 2), masks.transpose(1, 2), prototypes
        )


def cell_centres(size: int) -> Tensor:
    """Centres (N, 2) of the cells of all levels, in input pixels."""
    centres = []
    for stride in STRIDES:
        steps = (torch.arange(size // stride, dtype=torch.float32) + 0.5) * stride
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        centres.append(torch.stack((x, y), 2).reshape(-1, 2))
    return torch.cat(centres)


def corners(distances: Tensor, centres: Tensor) -> Tensor:
    """Boxes x0 y0 x1 y1 from side distances."""
    return torch.cat((centres - distances[..., :2], centres + distances[..., 2:]), -1)


class Exported(nn.Module):
    """The detector with the outputs of an Ultralytics segmentation export.

    output0 (1, 4 + classes + 32, N): cx cy w h in input pixels, class probabilities, coefficients.
    output1 (1, 32, S/4, S/4): prototypes.
    """

    centres: Tensor

    def __init__(self, detector: Detector, size: int) -> None:
        super().__init__()
        self.detector = detector
        self.register_buffer("centres", cell_centres(size).T[None].contiguous())

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        distances, scores, coefficients, prototypes = self.detector(images)
        before, after = distances.transpose(1, 2).split(2, 1)
        middle = self.centres + (after - before) * 0.5
        parts = (
            middle,
            before + after,
            scores.transpose(1, 2).sigmoid(),
            coefficients.transpose(1, 2),
        )
        return torch.cat(parts, 1), prototypes
