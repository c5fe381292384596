# SPDX-License-Identifier: Apache-2.0
"""Trains the sample model and writes it as ONNX: python train.py --out shapes.onnx

Draws the training scenes, trains, exports, then measures the exported file on held-out scenes.
Seeds are fixed.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from dataset import HELD_OUT_SEED, TRAIN_SEED, Dataset, batches, build
from evaluate import evaluate_scenes
from export import export_onnx
from letterbox import INPUT_SIZE
from losses import loss
from model import Detector, Predictions, cell_centres
from scenes import CLASS_NAMES
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

WARMUP_STEPS = 150
EMA_DECAY = 0.998
NORM_BATCHES = 60


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument("--scenes", type=int, default=3600, help="training scenes")
    parser.add_argument("--held-out", type=int, default=300, help="scenes measured at the end")
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2.5e-3, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--float32", action="store_true", help="no bfloat16 in convolutions (for CPUs without it)"
    )
    return parser.parse_args()


def make_optimiser(model: Detector, rate: float) -> torch.optim.AdamW:
    """AdamW; biases and norms are not decayed."""
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate)


def rate_factor(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to 1 %."""
    if step < WARMUP_STEPS:
        return (step + 1) / WARMUP_STEPS
    progress = (step - WARMUP_STEPS) / max(steps - WARMUP_STEPS, 1)
    return float(0.01 + 0.99 * 0.5 * (1.0 + np.cos(np.pi * min(progress, 1.0))))


def settle_norms(model: Detector, dataset: Dataset, batch: int, seed: int) -> Detector:
    """Measures the batch-norm statistics afresh: those gathered belong to other weights."""
    passing = batches(dataset, batch, np.random.default_rng(seed))
    update_bn((item.images for item in islice(passing, NORM_BATCHES)), model)
    return model.eval()


class Trainer:
    """Model, its moving average and the optimiser."""

    def __init__(self, options: argparse.Namespace, dataset: Dataset) -> None:
        self.options, self.dataset = options, dataset
        torch.manual_seed(options.seed)
        self.rng = np.random.default_rng(options.seed)
        self.model = Detector(len(CLASS_NAMES)).to(
            memory_format=torch.channels_last  # type: ignore[call-overload]
        )
        moving = get_ema_multi_avg_fn(EMA_DECAY)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.model, multi_avg_fn=moving, use_buffers=True)
        self.optimiser = make_optimiser(self.model, options.rate)
        steps = options.epochs * (len(dataset) // options.batch)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda step: rate_factor(step, steps)
        )
        self.centres = cell_centres(INPUT_SIZE)

    def epoch(self) -> dict[str, float]:
        """One pass; returns the mean of each part of the loss."""
        self.model.train()
        sums: dict[str, float] = {}
        count = 0
        for batch in batches(self.dataset, self.options.batch, self.rng):
            images = batch.images.contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16, enabled=not self.options.float32):
                raw = self.model(images)
            total, parts = loss(Predictions(*(x.float() for x in raw)), batch, self.centres)
            self.optimiser.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
            self.optimiser.step()
            self.schedule.step()
            self.average.update_parameters(self.model)
            count += 1
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value
        return {name: value / max(count, 1) for name, value in sums.items()}

    def weights(self) -> Detector:
        """The averaged model; its batch-norm statistics are not settled yet."""
        model = self.average.module
        assert isinstance(model, Detector)
        return model


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    trainer = Trainer(options, build(TRAIN_SEED, options.scenes))
    parameters = sum(p.numel() for p in trainer.model.parameters())
    drawn = time.monotonic() - started
    print(f"{parameters} parameters; scenes drawn in {drawn:.0f} s", flush=True)
    for epoch in range(options.epochs):
        parts = trainer.epoch()
        text = "  ".join(f"{name} {value:.3f}" for name, value in parts.items())
        minutes = (time.monotonic() - started) / 60
        print(f"epoch {epoch + 1:2d}  {text}  {minutes:.1f} min", flush=True)
        torch.save(trainer.weights().state_dict(), options.out.with_suffix(".pt"))
    model = settle_norms(trainer.weights(), trainer.dataset, options.batch, options.seed)
    export_onnx(model, options.out)
    metrics = evaluate_scenes(options.out, HELD_OUT_SEED, options.held_out)
    metrics |= {"parameters": parameters, "minutes": (time.monotonic() - started) / 60}
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
