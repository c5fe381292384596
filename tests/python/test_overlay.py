# SPDX-License-Identifier: Apache-2.0
"""Drawing and materialised masks: array rules, order of painting, errors."""

from __future__ import annotations

from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import noise

MEM = ef.TensorMemory.MEM
RGBA = ef.PixelFormat.Rgba
GREEN = (0, 255, 0)

BOXES = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)
SCORES = np.array([0.9], np.float32)
CLASSES = np.array([0], np.uint64)
NOTHING: tuple[Any, Any, Any] = (
    np.empty((0, 4), np.float32),
    np.empty(0, np.float32),
    np.empty(0, np.uint64),
)


@pytest.fixture(scope="module")
def processor() -> ef.ImageProcessor:
    return ef.ImageProcessor()


@pytest.fixture
def canvas() -> ef.Tensor:
    return ef.Tensor.image(64, 48, RGBA, MEM)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("bbox", [[0, 0, 1, 1]], r"bbox needs an array of float32, got list: pass numpy"),
        (
            "scores",
            SCORES.astype(float),
            r"got float64: pass numpy.asarray\(scores, numpy.float32\)",
        ),
        ("classes", np.array([0]), r"classes needs an array of uint64, got int64: pass numpy"),
        ("scores", SCORES[None], "scores needs 1 axes, got an array of 2"),
    ],
)
def test_arrays_of_other_kinds_are_named(
    processor: ef.ImageProcessor, canvas: ef.Tensor, argument: str, value: Any, message: str
) -> None:
    arguments: dict[str, Any] = {"bbox": BOXES, "scores": SCORES, "classes": CLASSES}
    with pytest.raises(TypeError, match=message):
        processor.draw_decoded_masks(canvas, **arguments | {argument: value})


def test_without_detections_the_canvas_is_cleared(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    canvas.numpy()[...] = 99
    processor.draw_decoded_masks(canvas, *NOTHING)
    assert not canvas.numpy().any()


def test_background_is_copied_first(processor: ef.ImageProcessor, canvas: ef.Tensor) -> None:
    background = ef.Tensor.image(64, 48, RGBA, MEM)
    background.from_numpy(noise(1, 48, 64, 4))
    processor.draw_decoded_masks(canvas, *NOTHING, background=background)
    assert np.array_equal(canvas.numpy(), background.numpy())


def test_a_box_is_a_frame_of_three_pixels_grown_outwards(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES)
    painted = (canvas.numpy()[..., :3] == GREEN).all(axis=-1)
    rows, columns = np.nonzero(painted)
    left, right = round(63 * 0.25 - 0.5), round(63 * 0.75 + 0.5)
    assert np.flatnonzero(painted[24]).tolist() == [
        *range(left - 2, left + 1),
        *range(right, right + 3),
    ]
    assert (columns.min(), columns.max()) == (left - 2, right + 2)
    assert rows.min() < 12 < 36 < rows.max()


def test_a_mask_blends_the_class_colour(processor: ef.ImageProcessor, canvas: ef.Tensor) -> None:
    mask = np.zeros((8, 8, 1), np.uint8)
    mask[:, 4:] = 255
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES, [mask])
    assert not canvas.numpy()[24, 24].any()
    assert canvas.numpy()[24, 42, 1] == 255 * 179 // 255
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES, [mask], opacity=0.5)
    assert canvas.numpy()[24, 42, 1] == 255 * round(179 * 0.5) // 255
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES, [mask], opacity=0)
    assert canvas.numpy()[24, 42, 1] == 0


GRID = 16


def found_masks(box: list[float]) -> tuple[list[Any], list[Any], ef.ProtoData]:
    """Boxes, scores and classes of a model that finds that box, its decoded masks and its
    prototypes, all positive."""
    config = {
        "outputs": [
            {"type": "detection", "shape": [1, 6, 20], "normalized": True},
            {"type": "protos", "shape": [1, GRID, GRID, 1]},
        ]
    }
    table = np.zeros((1, 6, 20), np.float32)
    xmin, ymin, xmax, ymax = box
    centre = [(xmin + xmax) / 2, (ymin + ymax) / 2]
    table[0, :, 3] = [*centre, xmax - xmin, ymax - ymin, 0.9, 4]
    outputs = []
    for array in (table, np.ones((1, GRID, GRID, 1), np.float32)):
        tensor = ef.Tensor(list(array.shape), "float32", MEM)
        tensor.from_numpy(array)
        outputs.append(tensor)
    decoder = ef.Decoder(config)
    boxes, scores, classes, masks = decoder.decode(outputs)
    protos = decoder.decode_proto(outputs)[3]
    assert protos is not None
    return [boxes, scores, classes], masks, protos


def painted(canvas: ef.Tensor) -> tuple[slice, slice]:
    """The rectangle that masks painted; frames are opaque, masks are not."""
    blended = (canvas.numpy()[..., 1] > 0) & (canvas.numpy()[..., 1] < 255)
    rows, columns = np.nonzero(blended)
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


@pytest.mark.parametrize("letterboxed", [False, True])
def test_tiles_are_painted_where_they_were_computed(
    processor: ef.ImageProcessor, letterboxed: bool
) -> None:
    """Weakness 43: a tile holds whole cells of the prototype grid and is larger than its box."""
    canvas = ef.Tensor.image(640, 320 if letterboxed else 640, RGBA, MEM)
    fit = ef.letterbox(640, 320, 640, 640)
    letterbox = fit.normalized if letterboxed else None
    top = fit.content.top if letterboxed else 0
    box = [0.27, 0.4, 0.6, 0.55]  # cells of 40 pixels: 4.32 to 9.6, 6.4 to 8.8
    found, decoded, protos = found_masks(box)
    tiles = processor.materialize_masks(*found, protos, letterbox=letterbox)
    assert tiles[0].shape == decoded[0].shape == (3, 6, 1)
    cells = (slice(240 - top, 360 - top), slice(160, 400))
    for masks in (tiles, decoded, [m[:] for m in tiles]):
        processor.draw_decoded_masks(canvas, *found, masks, letterbox=letterbox)
        assert painted(canvas) == cells
    inside = (slice(256 - top, 352 - top), slice(173, 384))
    for masks in ([m.copy() for m in tiles], [m.transpose(1, 0, 2) for m in tiles]):
        processor.draw_decoded_masks(canvas, *found, masks, letterbox=letterbox)
        assert painted(canvas) == inside
    scaled = ef.MaskResolution.Scaled(canvas.width or 0, canvas.height or 0)
    masks = processor.materialize_masks(*found, protos, letterbox=letterbox, resolution=scaled)
    processor.draw_decoded_masks(canvas, *found, masks, letterbox=letterbox)
    assert painted(canvas) == inside


def test_more_masks_than_memory_holds_are_an_error_of_the_library(
    processor: ef.ImageProcessor,
) -> None:
    found, _, protos = found_masks([0.0, 0.0, 1.0, 1.0])
    for side in (2**31, 2**32 - 1):  # 2**62 bytes cannot be had, 2**64 not even be asked for
        with pytest.raises(ef.OutOfMemoryError) as caught:
            processor.materialize_masks(
                *found, protos, resolution=ef.MaskResolution.Scaled(side, side)
            )
        assert isinstance(caught.value, MemoryError)


def test_tiles_keep_their_memory(processor: ef.ImageProcessor, canvas: ef.Tensor) -> None:
    found, decoded, protos = found_masks([0.3, 0.3, 0.7, 0.7])
    tiles = processor.materialize_masks(*found, protos)
    first = tiles.pop()
    del tiles, protos
    first[...] = 0
    processor.draw_decoded_masks(canvas, *found, [first])
    assert not canvas.numpy()[24, 32].any()
    assert decoded[0].flags.writeable


def test_masks_may_be_strided_and_come_in_one_array(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    stack = noise(2, 1, 16, 16, 2)[..., ::2]
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES, stack)  # type: ignore[arg-type]
    strided = canvas.numpy().copy()
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES, [stack[0].copy()])
    assert np.array_equal(canvas.numpy(), strided)


def test_arrays_may_have_any_strides(processor: ef.ImageProcessor, canvas: ef.Tensor) -> None:
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES)
    expected = canvas.numpy().copy()
    wide = np.zeros((2, 8), np.float32)
    wide[::2, ::2] = BOXES
    processor.draw_decoded_masks(
        canvas,
        wide[::2, ::2],
        np.repeat(SCORES, 2)[::2],
        np.repeat(CLASSES, 2)[::-2],
    )
    assert np.array_equal(canvas.numpy(), expected)


def test_letterbox_moves_boxes_back_to_the_picture(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    fit = ef.letterbox(64, 48, 64, 64)
    x0, y0, x1, y1 = fit.normalized
    inner = BOXES * [x1 - x0, y1 - y0, x1 - x0, y1 - y0] + [x0, y0, x0, y0]
    processor.draw_decoded_masks(
        canvas, inner.astype(np.float32), SCORES, CLASSES, letterbox=fit.normalized
    )
    mapped = canvas.numpy().copy()
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES)
    assert np.array_equal(mapped, canvas.numpy())


def test_labels_are_drawn_on_request(processor: ef.ImageProcessor, canvas: ef.Tensor) -> None:
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES)
    plain = canvas.numpy().copy()
    processor.draw_decoded_masks(
        canvas, BOXES, SCORES, CLASSES, labels=True, class_names=["cat", "dog"]
    )
    assert not np.array_equal(canvas.numpy(), plain)


def test_tracks_colour_their_boxes(processor: ef.ImageProcessor, canvas: ef.Tensor) -> None:
    def colour_of(uuid: str) -> bytes:
        track = ef.TrackInfo(uuid, [0, 0, 1, 1], 1, 0, 0)
        processor.draw_decoded_masks(
            canvas, BOXES, SCORES, CLASSES, color_mode=ef.ColorMode.Track, tracks=[track]
        )
        return bytes(canvas.numpy()[24, 13])

    first = colour_of("00000000-0000-4000-8000-000000000000")
    assert colour_of("00000000-0000-4000-8000-000000000000") == first
    assert (
        len({colour_of(f"{i * 104729:06x}00-0000-4000-8000-000000000000") for i in range(40)}) > 3
    )


def test_a_box_without_a_track_is_drawn_beside_tracked_ones(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    boxes = np.array([[0.1, 0.2, 0.3, 0.8], [0.4, 0.2, 0.6, 0.8], [0.7, 0.2, 0.9, 0.8]], np.float32)
    tracker = ef.ByteTrack(high_conf=0.5)
    scores = np.array([0.9, 0.3, 0.8], np.float32)
    classes = np.zeros(3, np.uintp)
    tracks = tracker.update(boxes, scores, classes, 1)
    assert [track is None for track in tracks] == [False, True, False]

    def drawn(given: Any) -> np.ndarray[Any, Any]:
        mode = ef.ColorMode.Track
        processor.draw_decoded_masks(
            canvas, boxes, scores, classes, color_mode=mode, labels=True, tracks=given
        )
        return canvas.numpy().copy()

    untracked = drawn([])
    assert np.array_equal(drawn([None, None, None]), untracked)
    assert not np.array_equal(drawn(tracks), untracked)
    with pytest.raises(ef.InvalidShapeError, match="2 tracks for 3 boxes"):
        drawn([tracks[0], tracks[2]])
    with pytest.raises(TypeError):
        drawn([tracks[0], 1, None])


def test_class_colours_can_be_replaced(canvas: ef.Tensor) -> None:
    processor = ef.ImageProcessor()
    processor.set_class_colors([(10, 20, 30, 255)])
    processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES)
    assert canvas.numpy()[24, 13, :3].tolist() == [10, 20, 30]
    processor.set_class_colors([[1, 2, 3, 4]] * 30)
    with pytest.raises(ValueError, match="4"):
        processor.set_class_colors([(1, 2, 3)])
    with pytest.raises(OverflowError):
        processor.set_class_colors([(1, 2, 3, 256)])


def test_wrong_arrays_are_type_errors(processor: ef.ImageProcessor, canvas: ef.Tensor) -> None:
    draw: Any = processor.draw_decoded_masks
    mask = np.zeros((4, 4, 1), np.uint8)
    for arguments in (
        (BOXES.tolist(), SCORES, CLASSES),
        (BOXES.astype(np.float64), SCORES, CLASSES),
        (BOXES, SCORES.astype(np.float64), CLASSES),
        (BOXES, SCORES, CLASSES.astype(np.int32)),
        (BOXES[0], SCORES, CLASSES),
        (BOXES, SCORES, CLASSES, None),
        (BOXES, SCORES, CLASSES, [mask.astype(np.float32)]),
        (BOXES, SCORES, CLASSES, [mask[0, 0]]),
    ):
        with pytest.raises(TypeError):
            draw(canvas, *arguments)


def test_lengths_that_do_not_fit_are_runtime_errors(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    mask = np.zeros((4, 4, 1), np.uint8)
    calls: list[tuple[Any, ...]] = [
        (BOXES[:, :3], SCORES, CLASSES),
        (BOXES, np.repeat(SCORES, 2), CLASSES),
        (BOXES, SCORES, np.repeat(CLASSES, 2)),
        (BOXES, SCORES, CLASSES, [mask, mask]),
    ]
    for arguments in calls:
        with pytest.raises(RuntimeError):
            processor.draw_decoded_masks(canvas, *arguments)
    with pytest.raises(ValueError, match="4"):
        processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES, letterbox=[0, 0, 1])


def test_unsuitable_canvases_and_backgrounds_are_refused(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    for bad in (
        ef.Tensor([48, 64, 4], "uint8"),
        ef.Tensor.image(64, 48, ef.PixelFormat.Grey, MEM),
        ef.Tensor.image(64, 48, RGBA, MEM, "float32"),
    ):
        with pytest.raises(RuntimeError):
            processor.draw_decoded_masks(bad, BOXES, SCORES, CLASSES)
    for background in (canvas, ef.Tensor.image(32, 48, RGBA, MEM)):
        with pytest.raises(RuntimeError):
            processor.draw_decoded_masks(canvas, BOXES, SCORES, CLASSES, background=background)


def test_padded_canvases_are_painted_like_tight_ones(
    processor: ef.ImageProcessor, canvas: ef.Tensor
) -> None:
    padded = ef.Tensor.image(64, 48, RGBA, MEM, row_stride=300)
    mask = noise(3, 9, 9, 1)
    for target in (canvas, padded):
        processor.draw_decoded_masks(target, BOXES, SCORES, CLASSES, [mask])
    assert np.array_equal(canvas.numpy(), padded.numpy())
