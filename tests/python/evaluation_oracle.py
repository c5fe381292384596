# SPDX-License-Identifier: Apache-2.0
"""pycocotools fed by hand with stored predictions: nothing of the profiler takes part."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any


def coco_stats(
    truth: Path,
    rows: list[dict[str, Any]],
    images: dict[str, int],
    categories: dict[str, int],
    kind: str = "bbox",
) -> list[float]:
    """The 12 numbers for rows of predictions.parquet; `images` by label, `categories` by name."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    found = []
    for row in rows:
        entry = {
            "image_id": images[row["label"]],
            "category_id": categories[row["name"]],
            "score": row["score"],
        }
        if kind == "bbox":
            width, height = row["x1"] - row["x0"], row["y1"] - row["y0"]
            entry["bbox"] = [row["x0"], row["y0"], width, height]
        else:
            size = [row["height"], row["width"]]
            entry["segmentation"] = {"size": size, "counts": row["mask"]}
        found.append(entry)
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(str(truth))
        known.dataset.setdefault("info", {})
        evaluator = COCOeval(known, known.loadRes(found), kind)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return [float(value) for value in evaluator.stats]
