# SPDX-License-Identifier: Apache-2.0
"""Synthetic scenes: coloured shapes on textured backgrounds, with boxes, classes and masks.

Everything is drawn from one seed. Masks and boxes cover the *visible* part of an object.
`scene` makes one picture, `sequence` the same objects moving over several frames.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from textures import ALL_FIELDS, Field, FloatArray, background, random_colour

ByteArray = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int64]

CLASS_NAMES = ("circle", "square", "triangle", "star", "hexagon", "cross")
SUPERSAMPLING = 4


@dataclass(frozen=True)
class Style:
    """What a scene may look like. Radii are fractions of the long side of the picture."""

    objects: tuple[int, int] = (1, 9)
    radius: tuple[float, float] = (0.036, 0.19)
    min_visible: float = 0.45
    max_box_iou: float = 0.6
    fields: tuple[Field, ...] = ALL_FIELDS
    grain: float = 8.0
    contrast: float = 65.0


@dataclass(frozen=True)
class Paint:
    """Fill of one object: base colour, shading across it, and a rim of another colour."""

    colour: FloatArray
    shade: float
    bands: float
    rim_colour: FloatArray
    rim: float


@dataclass(frozen=True)
class Item:
    """One object, placed. `radius` is the circumradius in pixels, `angle` in radians."""

    class_id: int
    x: float
    y: float
    radius: float
    angle: float
    paint: Paint


@dataclass(frozen=True)
class Faint:
    """An object at rest that hardly stands out: its score stays below what starts a track.

    Its colour is that of object `like`, mixed into the background's mean until `share` is left.
    Place and radius are fractions of the picture, the radius of its long side.
    """

    class_id: int
    x: float
    y: float
    radius: float
    like: int
    share: float


@dataclass(frozen=True)
class Scene:
    """A picture and its truth; row i of boxes (x0, y0, x1, y1), classes and ids is one object.

    `instances` holds 0 for background and i + 1 where object i is visible.
    """

    image: ByteArray
    boxes: FloatArray
    classes: IntArray
    ids: IntArray
    instances: ByteArray

    @property
    def masks(self) -> npt.NDArray[np.bool_]:
        """Visible masks, (objects, height, width)."""
        numbers = np.arange(1, len(self.classes) + 1, dtype=np.uint8)
        return np.equal(numbers[:, None, None], self.instances[None])


def _star(points: int, inner: float) -> FloatArray:
    turns = np.arange(2 * points) * (np.pi / points) - np.pi / 2
    radii = np.where(np.arange(2 * points) % 2 == 0, 1.0, inner)
    return np.stack([np.cos(turns) * radii, np.sin(turns) * radii], axis=1).astype(np.float32)


def _regular(corners: int) -> FloatArray:
    turns = np.arange(corners) * (2 * np.pi / corners) - np.pi / 2
    return np.stack([np.cos(turns), np.sin(turns)], axis=1).astype(np.float32)


def _cross(arm: float) -> FloatArray:
    a, b = arm, float(np.sqrt(1.0 - arm * arm))
    corners = [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a)]
    return np.array(corners + [(-x, -y) for x, y in corners], dtype=np.float32)


OUTLINES: tuple[FloatArray, ...] = (
    _regular(64),
    _regular(4),
    _regular(3),
    _star(5, 0.42),
    _regular(6),
    _cross(0.3),
)


def _corners(item: Item, scale: float = 1.0) -> FloatArray:
    c, s = np.cos(item.angle), np.sin(item.angle)
    turn = np.array([[c, s], [-s, c]], dtype=np.float32) * np.float32(item.radius * scale)
    return OUTLINES[item.class_id] @ turn + np.array([item.x, item.y], dtype=np.float32)


def _area(item: Item) -> float:
    x, y = _corners(item).T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def _window(item: Item, width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the picture that the object can touch."""
    reach = item.radius + 1
    x0, x1 = int(max(item.x - reach, 0)), int(min(item.x + reach + 1, width))
    y0, y1 = int(max(item.y - reach, 0)), int(min(item.y + reach + 1, height))
    return slice(y0, max(y1, y0)), slice(x0, max(x1, x0))


def _coverage(item: Item, window: tuple[slice, slice], scale: float = 1.0) -> FloatArray:
    """Anti-aliased coverage 0..1 of the object in the window."""
    rows, columns = window
    size = (columns.stop - columns.start, rows.stop - rows.start)
    if min(size) == 0:
        return np.zeros((size[1], size[0]), np.float32)
    canvas = Image.new("L", (size[0] * SUPERSAMPLING, size[1] * SUPERSAMPLING))
    origin = np.array([columns.start, rows.start], dtype=np.float32)
    points = (_corners(item, scale) - origin) * SUPERSAMPLING - np.float32(0.5)
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in points], fill=255)
    return np.asarray(canvas.reduce(SUPERSAMPLING), dtype=np.float32) / np.float32(255.0)


def _fill(item: Item, window: tuple[slice, slice]) -> FloatArray:
    """Colours of the object over its window: shaded and banded base, rim outside."""
    rows, columns = window
    x = (np.arange(columns.start, columns.stop, dtype=np.float32) - item.x) / item.radius
    y = (np.arange(rows.start, rows.stop, dtype=np.float32) - item.y) / item.radius
    c, s = np.float32(np.cos(item.angle + 0.6)), np.float32(np.sin(item.angle + 0.6))
    along = c * x[None, :] + s * y[:, None]
    paint = item.paint
    light = 1.0 + paint.shade * along
    if paint.bands > 0.0:
        light = light + np.float32(0.1) * np.sin(along * np.float32(paint.bands))
    colours = paint.colour * light[:, :, None]
    if paint.rim > 0.0:
        inside = _coverage(item, window, 1.0 - paint.rim)[:, :, None]
        colours = paint.rim_colour + inside * (colours - paint.rim_colour)
    return np.asarray(colours, dtype=np.float32)


def _draw(canvas: FloatArray, item: Item) -> None:
    window = _window(item, canvas.shape[1], canvas.shape[0])
    cover = _coverage(item, window)[:, :, None]
    canvas[window] += cover * (_fill(item, window) - canvas[window])


def _instances(items: list[Item], width: int, height: int) -> ByteArray:
    """The object in front at each pixel: 0 none, i + 1 for items[i]; later items cover earlier."""
    front = np.zeros((height, width), np.uint8)
    for index, item in enumerate(items):
        window = _window(item, width, height)
        front[window][_coverage(item, window) >= 0.5] = index + 1
    return front


def _visible(items: list[Item], front: ByteArray) -> FloatArray:
    """Visible share of each object, what lies outside the picture counted as hidden."""
    pixels = np.bincount(front.ravel(), minlength=len(items) + 1)[1:]
    areas = np.array([_area(item) for item in items])
    return np.asarray(pixels / np.maximum(areas, 1.0), dtype=np.float32)


def _boxes(count: int, front: ByteArray) -> FloatArray:
    boxes = np.zeros((count, 4), np.float32)
    for index in range(count):
        mask = front == index + 1
        columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
        if len(columns) > 0:
            boxes[index] = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    return boxes


def box_iou(first: FloatArray, second: FloatArray) -> FloatArray:
    """Intersection over union of every pair of (x0, y0, x1, y1) boxes."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0.0, None), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)


def _acceptable(items: list[Item], width: int, height: int, style: Style) -> bool:
    front = _instances(items, width, height)
    if float(_visible(items, front).min()) < style.min_visible:
        return False
    boxes = _boxes(len(items), front)
    overlap = box_iou(boxes, boxes) - np.eye(len(items), dtype=np.float32)
    return float(overlap.max()) <= style.max_box_iou


def _random_paint(rng: np.random.Generator, around: FloatArray, contrast: float) -> Paint:
    """A fill whose base colour and rim stand out from the colour that surrounds the object."""
    colour = random_colour(rng, (0.35, 1.0), (0.35, 1.0))
    for _ in range(30):
        if float(np.linalg.norm(colour - around)) >= contrast:
            break
        colour = random_colour(rng, (0.0, 1.0), (0.1, 1.0))
    rim_colour = np.clip(colour * np.float32(rng.choice([0.45, 1.6])), 0, 255)
    has_rim = rng.uniform() < 0.3 and float(np.linalg.norm(rim_colour - around)) >= contrast
    return Paint(
        colour=colour,
        shade=rng.uniform(0.0, 0.22) if rng.uniform() < 0.6 else 0.0,
        bands=rng.uniform(6.0, 16.0) if rng.uniform() < 0.15 else 0.0,
        rim_colour=rim_colour.astype(np.float32),
        rim=rng.uniform(0.08, 0.2) if has_rim else 0.0,
    )


def _random_item(rng: np.random.Generator, canvas: FloatArray, style: Style) -> Item:
    height, width = canvas.shape[:2]
    low, high = style.radius
    radius = max(width, height) * float(low * (high / low) ** rng.uniform())
    item = Item(
        class_id=int(rng.integers(len(CLASS_NAMES))),
        x=rng.uniform(0.3 * radius, width - 0.3 * radius),
        y=rng.uniform(0.3 * radius, height - 0.3 * radius),
        radius=radius,
        angle=rng.uniform(0.0, 2.0 * np.pi),
        paint=Paint(np.zeros(3, np.float32), 0.0, 0.0, np.zeros(3, np.float32), 0.0),
    )
    around = canvas[_window(item, width, height)].mean(axis=(0, 1))
    return replace(item, paint=_random_paint(rng, around, style.contrast))


def _finish(canvas: FloatArray, items: list[Item], style: Style) -> Scene:
    """The picture with its truth, which leaves out objects hidden beyond the style's limit."""
    height, width = canvas.shape[:2]
    front = _instances(items, width, height)
    keep = np.flatnonzero(_visible(items, front) >= style.min_visible)
    renumber = np.zeros(len(items) + 1, np.uint8)
    renumber[keep + 1] = np.arange(1, len(keep) + 1)
    instances = renumber[front]
    return Scene(
        image=np.clip(canvas + 0.5, 0, 255).astype(np.uint8),
        boxes=_boxes(len(keep), instances),
        classes=np.array([items[i].class_id for i in keep], dtype=np.int64),
        ids=keep + 1,
        instances=instances,
    )


def scene(seed: int, width: int, height: int, style: Style | None = None) -> Scene:
    """One random scene; the same arguments always give the same pixels."""
    style = style or Style()
    rng = np.random.default_rng(seed)
    canvas = background(rng, width, height, style.fields, style.grain)
    items: list[Item] = []
    wanted = int(rng.integers(style.objects[0], style.objects[1] + 1))
    for _ in range(8 * wanted):
        if len(items) == wanted:
            break
        item = _random_item(rng, canvas, style)
        if _acceptable([*items, item], width, height, style):
            items.append(item)
            _draw(canvas, item)
    return _finish(canvas, items, style)


def _paths(rng: np.random.Generator, count: int, frames: int) -> tuple[FloatArray, FloatArray]:
    """Smooth paths in 0..1 picture units, (objects, frames) each: across in x, swaying in y.

    Objects with an even index go right, the others left, in lanes that alternate.
    """
    time = np.linspace(0.0, 1.0, frames)[None, :]
    start = rng.uniform(0.1, 0.38, count)
    end = rng.uniform(0.62, 0.9, count)
    leftwards = np.arange(count) % 2 == 1
    start, end = np.where(leftwards, 1.0 - start, start), np.where(leftwards, 1.0 - end, end)
    lane = np.linspace(0.2, 0.8, count)
    lane[~leftwards] = rng.permutation(lane[~leftwards])
    lane[leftwards] = rng.permutation(lane[leftwards])
    sway = rng.uniform(0.02, 0.08, count)[:, None]
    phase = rng.uniform(0.0, 2 * np.pi, count)[:, None]
    x = start[:, None] + (end - start)[:, None] * time
    y = lane[:, None] + sway * np.sin(2 * np.pi * time + phase)
    return x.astype(np.float32), y.astype(np.float32)


def _meetings(frames: list[list[Item]]) -> int:
    """Pairs in opposite directions that overlap in some frame; -1 where companions touch."""
    position = np.array([[(item.x, item.y) for item in items] for items in frames])
    radius = np.array([item.radius for item in frames[0]])
    distance = np.linalg.norm(position[:, :, None] - position[:, None, :], axis=3).min(axis=0)
    closeness = np.triu((radius[:, None] + radius[None, :]) / np.maximum(distance, 1e-6), 1)
    parity = np.arange(len(radius)) % 2
    companions = parity[:, None] == parity[None, :]
    if bool((closeness[companions] > 1.0).any()):
        return -1
    return int((closeness[~companions] > 1.3).sum())


def _cast(rng: np.random.Generator, canvas: FloatArray, style: Style) -> list[Item]:
    """The objects of a sequence: classes in turn, hues evenly spread from a random start."""
    count = style.objects[1]
    items = []
    hue = rng.uniform()
    for index in range(count):
        item = _random_item(rng, canvas, style)
        rgb = colorsys.hsv_to_rgb((hue + index / count) % 1.0, 0.8, 0.95)
        paint = replace(item.paint, colour=np.asarray(rgb, dtype=np.float32) * 255, rim=0.0)
        items.append(replace(item, class_id=index % len(CLASS_NAMES), paint=paint))
    return items


def _choreography(
    rng: np.random.Generator, cast: list[Item], frames: int, width: int, height: int
) -> list[list[Item]]:
    """The cast placed in every frame."""
    x, y = _paths(rng, len(cast), frames)
    spin = rng.uniform(-1.5, 1.5, len(cast)) / frames

    def placed(i: int, t: int) -> Item:
        angle = cast[i].angle + float(spin[i]) * t
        return replace(cast[i], x=float(x[i, t] * width), y=float(y[i, t] * height), angle=angle)

    return [[placed(i, t) for i in range(len(cast))] for t in range(frames)]


def _stands_out(cast: list[Item], canvas: FloatArray, contrast: float) -> bool:
    around = canvas.mean(axis=(0, 1))
    return all(float(np.linalg.norm(i.paint.colour - around)) >= contrast for i in cast)


def _resting(cast: list[Item], canvas: FloatArray, faint: Faint) -> Item:
    height, width = canvas.shape[:2]
    around = canvas.mean(axis=(0, 1))
    paint = cast[faint.like].paint
    colour = around + np.float32(faint.share) * (paint.colour - around)
    paint = replace(paint, colour=colour, shade=0.0, bands=0.0, rim=0.0)
    x, y, radius = faint.x * width, faint.y * height, faint.radius * max(width, height)
    return Item(faint.class_id, x, y, radius, 0.3, paint)


def sequence(seed: int, style: Style, faint: Faint, frames: int = 24) -> list[Scene]:
    """The same objects moving smoothly, meeting and partly hiding one another; ids are kept.

    Paths are drawn until at least three pairs meet and the style's limits hold in every frame. The
    faint object rests in a corner.
    """
    width, height = 640, 360
    rng = np.random.default_rng(seed)
    canvas = background(rng, width, height, style.fields, style.grain)
    while True:
        cast = _cast(rng, canvas, style)
        moving = _choreography(rng, cast, frames, width, height)
        if not _stands_out(cast, canvas, style.contrast) or _meetings(moving) < 3:
            continue
        if all(_acceptable(items, width, height, style) for items in moving):
            still = _resting(cast, canvas, faint)
            return [_render(canvas, [*items, still], style) for items in moving]


def _render(backdrop: FloatArray, items: list[Item], style: Style) -> Scene:
    canvas = backdrop.copy()
    for item in items:
        _draw(canvas, item)
    return _finish(canvas, items, style)
