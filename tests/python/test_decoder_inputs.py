# SPDX-License-Identifier: Apache-2.0
"""Model outputs as engines hand them over: numpy arrays of any layout, rows with padding axes,
prototypes of either layout, end-to-end rows with more columns, float levels."""

from __future__ import annotations

from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest

Array = Any
FLAT = {"outputs": [{"type": "detection", "shape": [1, 7, 50]}]}


def flat() -> Array:
    """Anchor 3 is a box of class 2."""
    table = np.zeros((1, 7, 50), np.float32)
    table[0, :, 3] = [0.5, 0.5, 0.2, 0.4, 0.1, 0.2, 0.9]
    return table


def tensor_of(array: Array) -> ef.Tensor:
    tensor = ef.Tensor(list(array.shape), array.dtype.name)
    tensor.from_numpy(array)
    return tensor


def assert_same(got: Any, expected: Any) -> None:
    assert len(expected[0])
    for a, b in zip(got[:3], expected[:3], strict=True):
        assert np.array_equal(a, b)


LAYOUTS = {
    "contiguous": lambda a: a,
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    "transposed": lambda a: np.ascontiguousarray(a.transpose(0, 2, 1)).transpose(0, 2, 1),
    "Fortran": np.asfortranarray,
    "reversed": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "every other": lambda a: np.repeat(a, 2, axis=2)[:, :, ::2],
    "cut out": lambda a: np.pad(a, ((0, 0), (1, 1), (2, 3)))[:, 1:-1, 2:-3],
}


@pytest.mark.parametrize("layout", list(LAYOUTS))
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_decode_takes_arrays_of_every_layout(layout: str, dtype: str) -> None:
    table = flat().astype(dtype)
    decoder = ef.Decoder(FLAT)
    expected = decoder.decode([tensor_of(table)])
    array = LAYOUTS[layout](table)
    assert_same(decoder.decode([array]), expected)
    assert_same(decoder.decode((array,)), expected)


def test_every_decode_method_takes_arrays() -> None:
    table = flat()
    tensors, arrays = [tensor_of(table)], [table]
    decoder = ef.Decoder(FLAT)
    expected = decoder.decode(tensors)
    assert_same(decoder.decode_batch(arrays)[0], expected)
    assert_same(decoder.decode_proto(arrays), expected)
    first, second = ef.ByteTrack(), ef.ByteTrack()
    tracked = decoder.decode_tracked(first, 1, arrays)
    assert_same(tracked, decoder.decode_tracked(second, 1, tensors))
    first, second = ef.ByteTrack(), ef.ByteTrack()
    tracked = decoder.decode_proto_tracked(first, 1, arrays)
    assert_same(tracked, decoder.decode_proto_tracked(second, 1, tensors))
    processor = ef.ImageProcessor(backend="cpu")
    canvases = [ef.Tensor.image(64, 48, ef.PixelFormat.Rgb) for _ in range(2)]
    drawn = processor.draw_masks(decoder, arrays, canvases[0])
    assert_same(drawn, processor.draw_masks(decoder, tensors, canvases[1]))
    assert np.array_equal(canvases[0].numpy(), canvases[1].numpy())


def test_arrays_and_tensors_mix() -> None:
    boxes = np.full((1, 4, 5), 0.25, np.float32)
    scores = np.eye(5, dtype=np.float32)[None, :2]
    config = {
        "outputs": [{"type": "boxes", "shape": [1, 4, 5]}, {"type": "scores", "shape": [1, 2, 5]}]
    }
    decoder = ef.Decoder(config)
    expected = decoder.decode([tensor_of(boxes), tensor_of(scores)])
    assert_same(decoder.decode([boxes, tensor_of(scores)]), expected)
    assert_same(decoder.decode([tensor_of(boxes), scores]), expected)


def test_integer_arrays_take_the_configurations_quantization() -> None:
    scale, zero_point = 0.01, -20
    table = np.clip(np.rint(flat() / scale) + zero_point, -128, 127).astype(np.int8)
    entry: dict[str, Any] = {"type": "detection", "shape": [1, 7, 50]}
    decoder = ef.Decoder({"outputs": [entry | {"quantization": [scale, zero_point]}]})
    boxes, scores, classes, _ = decoder.decode([table])
    assert classes.tolist() == [2]
    assert scores == pytest.approx([0.9], abs=scale)
    assert boxes[0] == pytest.approx([0.4, 0.3, 0.6, 0.7], abs=2 * scale)
    with pytest.raises(ef.MissingQuantizationError):
        ef.Decoder({"outputs": [entry]}).decode([table])


def test_an_array_that_is_also_the_canvas_is_refused() -> None:
    table = flat()
    canvas = ef.Tensor.wrap(table.view(np.uint8).reshape(1, -1, 4), ef.PixelFormat.Rgba)
    with pytest.raises(ef.AliasedBuffersError):
        ef.ImageProcessor(backend="cpu").draw_masks(ef.Decoder(FLAT), [table], canvas)


@pytest.mark.parametrize(
    ("outputs", "error"),
    [
        ([flat().astype(bool)], TypeError),
        ([flat().astype(">f4")], TypeError),
        ([flat().astype(complex)], TypeError),
        ([flat().astype(object)], TypeError),
        ([flat().tolist()], TypeError),
        (flat(), TypeError),
        ("abc", TypeError),
        ([flat()[0]], ef.InvalidShapeError),
        ([flat()[:, :6]], ef.InvalidShapeError),
        ([np.array(1, np.float32)], ef.InvalidShapeError),
        ([flat().astype(np.int64)], ef.Error),
        ([], ef.InvalidConfigError),
    ],
)
def test_what_is_no_output_is_refused(outputs: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        ef.Decoder(FLAT).decode(outputs)
    assert len(str(caught.value)) < 300


def split(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"outputs": list(entries)}


@pytest.mark.parametrize("named", [False, True])
def test_one_anchor_a_row_with_a_padding_axis(named: bool) -> None:
    boxes, scores = np.zeros((1, 10, 1, 4), np.float32), np.zeros((1, 10, 1, 3), np.float32)
    boxes[0, 2, 0] = [0.5, 0.5, 0.2, 0.2]
    scores[0, 2, 0, 1] = 0.9
    entries: list[dict[str, Any]] = [
        {"type": "boxes", "shape": [1, 10, 1, 4]},
        {"type": "scores", "shape": [1, 10, 1, 3]},
    ]
    if named:
        for entry, name, size in zip(entries, ("box_coords", "num_classes"), (4, 3), strict=True):
            entry["dshape"] = [["batch", 1], ["num_boxes", 10], ["padding", 1], [name, size]]
    decoder = ef.Decoder(split(*entries))
    for outputs in ([boxes, scores], [boxes[:, :, 0], scores[:, :, 0]]):
        found, _, classes, _ = decoder.decode(outputs)
        assert classes.tolist() == [1]
        assert found[0] == pytest.approx([0.4, 0.4, 0.6, 0.6])


def test_rows_of_outputs_described_one_by_one() -> None:
    dim = ef.DimName
    boxes, scores = np.zeros((1, 10, 1, 4), np.float32), np.zeros((1, 10, 1, 3), np.float32)
    boxes[0, 2, 0] = [0.5, 0.5, 0.2, 0.2]
    scores[0, 2, 0, 1] = 0.9
    rows = [(dim.Batch, 1), (dim.NumBoxes, 10), (dim.Padding, 1)]
    decoder = ef.Decoder.new_from_outputs(
        [
            ef.Output.boxes(dshape=[*rows, (dim.BoxCoords, 4)]),
            ef.Output.scores(dshape=[*rows, (dim.NumClasses, 3)]),
        ]
    )
    assert decoder.decode([boxes, scores])[2].tolist() == [1]


def test_end_to_end_rows_of_eight_columns(caplog: pytest.LogCaptureFixture) -> None:
    table = np.zeros((1, 300, 8), np.float32)
    table[0, 0] = [0.1, 0.2, 0.3, 0.4, 0.9, 2, 7, 8]
    ef.set_log_level("warn")
    decoder = ef.Decoder(
        {"decoder_version": "yolo26", "outputs": [{"type": "detection", "shape": [1, 300, 8]}]}
    )
    assert "columns 6 to 7 of detection are not read" in caplog.text
    assert decoder.is_end_to_end() is True
    boxes, scores, classes, _ = decoder.decode([table])
    assert boxes[0] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert (scores[0], classes.tolist()) == (pytest.approx(0.9), [2])
    decoder.iou_threshold = 0.4
    assert "iou_threshold has no effect" in caplog.text
    ef.set_log_level("off")


def test_models_that_need_suppression_are_not_end_to_end() -> None:
    assert ef.Decoder(FLAT).is_end_to_end() is False


def test_layout_says_how_prototypes_lie() -> None:
    detection = np.zeros((1, 13, 20), np.float32)
    detection[0, :6, 3] = [0.5, 0.5, 0.8, 0.8, 0.9, 1]
    protos = np.random.default_rng(3).normal(size=(1, 12, 16, 8)).astype(np.float32)

    def mask(**entry: Any) -> Array:
        array = entry.pop("array")
        config = split(
            {"type": "detection", "shape": [1, 13, 20]},
            {"type": "protos", "shape": list(array.shape), **entry},
        )
        return ef.Decoder(config).decode([detection, array])[3][0]

    nchw = np.ascontiguousarray(protos.transpose(0, 3, 1, 2))
    expected = mask(array=protos)
    assert np.array_equal(mask(array=nchw, layout="nchw"), expected)
    assert np.array_equal(mask(array=protos, layout="nhwc"), expected)
    with pytest.raises(ef.InvalidConfigError, match="layout"):
        mask(array=nchw, layout="chw")
    axes = [["batch", 1], ["height", 12], ["width", 16], ["num_protos", 8]]
    with pytest.raises(ef.InvalidConfigError, match="layout"):
        mask(array=protos, layout="nchw", dshape=axes)


def test_float_levels_need_no_quantization() -> None:
    def children(role: str, channels: int) -> list[dict[str, Any]]:
        return [
            {
                "name": f"{role}{stride}",
                "stride": stride,
                "shape": [1, 64 // stride, 64 // stride, channels],
                "dtype": "float32",
            }
            for stride in (8, 16)
        ]

    decoder = ef.Decoder(
        {
            "schema_version": 2,
            "input": {"shape": [1, 64, 64, 3]},
            "outputs": [
                {
                    "type": "boxes",
                    "encoding": "ltrb",
                    "shape": [1, 80, 4],
                    "outputs": children("boxes", 4),
                },
                {
                    "type": "scores",
                    "shape": [1, 80, 2],
                    "activation_required": "sigmoid",
                    "outputs": children("scores", 2),
                },
            ],
        }
    )
    outputs = [np.ones((1, n, n, 4), np.float32) for n in (8, 4)]
    outputs += [np.full((1, n, n, 2), value, np.float32) for n, value in ((8, -9), (4, 3))]
    boxes, scores, _, _ = decoder.decode(outputs)
    assert len(boxes)
    assert scores[0] == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-3)
