# SPDX-License-Identifier: Apache-2.0
"""Writes the sample pictures, the sample sequence and their truth.

python make_samples.py --out DIRECTORY

Seeds are the first ones of ranges that training and held-out scenes do not use. The styles below
limit overlap more than training does.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from scenes import CLASS_NAMES, Faint, Scene, Style, scene, sequence
from textures import SMOOTH

PICTURE_SEED = 9_000_000
SEQUENCE_SEED = 9_100_000
QUALITY = 90
SUBSAMPLING = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}

PICTURE_STYLE = Style(
    objects=(4, 7), radius=(0.05, 0.16), min_visible=0.7, max_box_iou=0.3, grain=3.0, contrast=90.0
)
SEQUENCE_STYLE = Style(
    objects=(6, 6),
    radius=(0.055, 0.09),
    min_visible=0.7,
    max_box_iou=0.3,
    fields=SMOOTH,
    grain=0.0,
    contrast=90.0,
)
FAINT = Faint(CLASS_NAMES.index("square"), x=0.92, y=0.07, radius=1 / 32, like=3, share=0.3)


@dataclass(frozen=True)
class Picture:
    """Size and chroma subsampling of one sample picture."""

    width: int
    height: int
    chroma: str


PICTURES = (
    Picture(640, 480, "4:2:0"),
    Picture(480, 640, "4:2:0"),
    Picture(640, 360, "4:4:4"),
    Picture(512, 512, "4:2:0"),
    Picture(501, 375, "4:2:0"),
    Picture(640, 320, "4:4:4"),
    Picture(375, 563, "4:2:2"),
    Picture(800, 600, "4:2:0"),
)


def _entry(drawn: Scene, file: str, with_ids: bool) -> dict[str, object]:
    """The truth of one file; boxes are x0 y0 x1 y1 around the visible part, in pixels."""
    objects = []
    for box, class_id, track in zip(drawn.boxes, drawn.classes, drawn.ids, strict=True):
        record: dict[str, object] = {"class": int(class_id), "name": CLASS_NAMES[int(class_id)]}
        record["bbox"] = [int(edge) for edge in box]
        if with_ids:
            record["id"] = int(track)
        objects.append(record)
    height, width = drawn.image.shape[:2]
    return {"file": file, "width": width, "height": height, "objects": objects}


def _save(drawn: Scene, path: Path, chroma: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(drawn.image)
    subsampling = SUBSAMPLING[chroma]
    picture.save(path, "JPEG", quality=QUALITY, subsampling=subsampling, optimize=True)


def _json(truth: dict[str, list[dict[str, object]]]) -> str:
    """One line per file, so that the text stays small and differences stay readable."""
    sections = []
    for name, entries in truth.items():
        lines = ",\n".join("  " + json.dumps(entry) for entry in entries)
        sections.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(sections) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    directory: Path = parser.parse_args().out
    truth: dict[str, list[dict[str, object]]] = {"pictures": [], "sequence": []}
    for index, picture in enumerate(PICTURES):
        drawn = scene(PICTURE_SEED + index, picture.width, picture.height, PICTURE_STYLE)
        file = f"pictures/{index:03d}.jpg"
        _save(drawn, directory / file, picture.chroma)
        truth["pictures"].append(_entry(drawn, file, with_ids=False))
    for index, drawn in enumerate(sequence(SEQUENCE_SEED, SEQUENCE_STYLE, FAINT)):
        file = f"sequence/{index:03d}.jpg"
        _save(drawn, directory / file, "4:2:0")
        truth["sequence"].append(_entry(drawn, file, with_ids=True))
    (directory / "truth.json").write_text(_json(truth), encoding="utf-8")


if __name__ == "__main__":
    main()
