# SPDX-License-Identifier: Apache-2.0
"""One picture through every stage: decode, letterbox, inference, boxes, track, draw, encode, write.

Prints nothing and swallows no error; the detect command does both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import edgefirst_hal as ef
from edgefirst_hal._files import make_folder, write_whole
from edgefirst_hal.cli.pictures import Picture
from edgefirst_hal.cli.results import Found, PictureResult
from edgefirst_hal.cli.timeline import Timeline
from edgefirst_hal.models import Detections, Model
from edgefirst_hal.sources.leftovers import marked

_NANOSECONDS = 1_000_000_000
_STARTS_TRACK = 0.5
_TRACK_OVERLAP = 0.1
_CORRECTION = 1.0
"""The filter follows fast objects; the library's default corrects a quarter and falls behind."""
_LIFESPAN_NS = 500_000_000
_LONGEST_LIFESPAN_NS = 60 * _NANOSECONDS
"""A track outlives three frames, or half a second where they follow faster, but no minute."""
_COLORS = 20
_LONGEST_NS = 10**18
"""31 years; the tracker's clock has 63 bits. No object is followed across such a gap."""


@dataclass(frozen=True)
class FrameOptions:
    """`frame_rate` gives the frames of a sequence their time; overlays lie below `output`."""

    quality: int
    frame_rate: float
    score: float
    output: Path


class SequenceTracks:
    """ByteTrack over one sequence; tracks are numbered from 1 in order of appearance.

    Time begins with the first frame, whatever its number or time is.
    """

    def __init__(self, options: FrameOptions, picture: Picture) -> None:
        """`picture` is the first of the sequence."""
        self._high_conf = max(_STARTS_TRACK, options.score)
        self._unit_ns = 1.0 if picture.is_timed else _NANOSECONDS / options.frame_rate
        usual_ns = min(picture.step * self._unit_ns, _LONGEST_LIFESPAN_NS)
        self._lifespan_ns = round(min(max(_LIFESPAN_NS, 3 * usual_ns), _LONGEST_LIFESPAN_NS))
        self._tracker = self._new_tracker()
        self._first = picture.frame
        self._numbers: dict[str, int] = {}

    def update(self, found: Detections, frame: int) -> list[int | None]:
        """One number a box; None for boxes that belong to no track."""
        if (frame - self._first) * self._unit_ns > _LONGEST_NS:
            self._tracker, self._first = self._new_tracker(), frame
        time_ns = round((frame - self._first) * self._unit_ns)
        infos = self._tracker.update(found.boxes, found.scores, found.classes, time_ns)
        return [
            info and self._numbers.setdefault(info.uuid, len(self._numbers) + 1) for info in infos
        ]

    def _new_tracker(self) -> ef.ByteTrack:
        return ef.ByteTrack(
            high_conf=self._high_conf,
            iou=_TRACK_OVERLAP,
            update=_CORRECTION,
            lifespan_ns=self._lifespan_ns,
        )


def drawn_track(number: int) -> ef.TrackInfo:
    """A track whose label is "#" and the number, and whose colour is the number's.

    Drawing shows the first two bytes of the UUID in hexadecimal and takes the first three modulo 20
    as the colour; real UUIDs are random, so labels and colours would change from run to run.
    """
    label = f"{number % 10000:04d}"
    color = (number - 1 - int(label + "00", 16)) % _COLORS
    return ef.TrackInfo(f"{label}{color:02x}".ljust(32, "0"), (0, 0, 0, 0), 0, 0, 0)


class FrameProcessor:
    """Keeps the canvas and the tracks from picture to picture. Not thread-safe."""

    def __init__(self, model: Model, options: FrameOptions, timeline: Timeline) -> None:
        self._model = model
        self._options = options
        self._timeline = timeline
        self._canvas: ef.Tensor | None = None
        self._sequence = ""
        self._tracks: SequenceTracks | None = None

    def process(self, picture: Picture, overlay: Path) -> PictureResult:
        """Raises ef.Error, ModelError, OSError; the next picture may follow."""
        stage = self._timeline.stage
        self._timeline.begin(picture.label)
        with stage("decode"):
            frame = ef.Tensor.load(str(picture.path), ef.PixelFormat.Rgb)
        size = (frame.width or 0, frame.height or 0)
        with stage("letterbox"):
            fit = self._model.fill(frame)
        with stage("inference"):
            outputs = self._model.infer()
        with stage("boxes"):
            found = self._model.decode(outputs, fit, size)
            del outputs
        tracks = self._track(picture, found)
        with stage("draw"):
            canvas = self._draw(frame, found, tracks)
        with stage("encode"):
            data = marked(canvas.encode_jpeg(self._options.quality))
        with stage("write"):
            make_folder(self._options.output, overlay.parent)
            write_whole(overlay, data)
        listed = self._listed(found, tracks)
        return PictureResult(picture, *size, overlay, listed, self._timeline.times())

    def _track(self, picture: Picture, found: Detections) -> list[int | None]:
        """One entry a box, None for boxes without a track."""
        if not picture.sequence:
            return [None] * len(found)
        if self._tracks is None or picture.sequence != self._sequence:
            self._sequence = picture.sequence
            self._tracks = SequenceTracks(self._options, picture)
        with self._timeline.stage("track"):
            return self._tracks.update(found, picture.frame)

    def _draw(self, frame: ef.Tensor, found: Detections, tracks: list[int | None]) -> ef.Tensor:
        width, height = frame.width or 0, frame.height or 0
        canvas = self._canvas
        if canvas is None or (canvas.width, canvas.height) != (width, height):
            canvas = self._model.processor.create_image(width, height, ef.PixelFormat.Rgb)
            self._canvas = canvas
        self._model.processor.draw_decoded_masks(
            canvas,
            found.boxes,
            found.scores,
            found.classes,
            seg=found.drawn,
            background=frame,
            letterbox=found.letterbox.normalized,
            color_mode=ef.ColorMode.Track if any(tracks) else ef.ColorMode.Class,
            labels=True,
            class_names=self._model.names,
            tracks=[None if number is None else drawn_track(number) for number in tracks],
        )
        return canvas

    def _listed(self, found: Detections, tracks: list[int | None]) -> list[Found]:
        boxes = found.source_boxes().tolist()
        rows = zip(found.classes.tolist(), found.scores.tolist(), boxes, tracks)
        return [
            Found(
                index,
                self._model.class_name(index),
                score,
                tuple(box),
                track,
            )
            for index, score, box, track in rows
        ]
