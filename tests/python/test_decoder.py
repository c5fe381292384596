# SPDX-License-Identifier: Apache-2.0
"""Decoder, Output and ProtoData: construction, settings, results, errors."""

from __future__ import annotations

import json
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from numpy.typing import NDArray

ANCHORS = 60
CLASSES = 3
PROTOS = 4
GRID = 16
CONFIG: dict[str, Any] = {
    "outputs": [
        {
            "type": "detection",
            "decoder": "ultralytics",
            "shape": [1, 4 + CLASSES, ANCHORS],
            "normalized": True,
        }
    ]
}
MASK_CONFIG: dict[str, Any] = {
    "outputs": [
        {"type": "detection", "shape": [1, 4 + CLASSES + PROTOS, ANCHORS], "normalized": True},
        {"type": "protos", "shape": [1, GRID, GRID, PROTOS]},
    ]
}
Detection = tuple[float, float, float, float, int, float]
CAT: Detection = (0.25, 0.5, 0.25, 0.25, 0, 0.875)
DOG: Detection = (0.75, 0.5, 0.25, 0.5, 1, 0.625)


def output_of(features: int, *detections: Detection) -> NDArray[np.float32]:
    """[1, features, ANCHORS] with every detection (cx, cy, w, h, class, score) at an anchor."""
    table = np.zeros((1, features, ANCHORS), np.float32)
    for i, (cx, cy, w, h, label, score) in enumerate(detections):
        table[0, :4, 7 * i + 3] = (cx, cy, w, h)
        table[0, 4 + label, 7 * i + 3] = score
    return table


def tensor_of(array: NDArray[Any]) -> ef.Tensor:
    tensor = ef.Tensor(array.shape, array.dtype.name, ef.TensorMemory.MEM)
    tensor.from_numpy(array)
    return tensor


def mask_outputs(*detections: Detection) -> list[ef.Tensor]:
    """A model whose mask of every detection is the left half of the picture."""
    table = output_of(4 + CLASSES + PROTOS, *detections)
    table[0, 4 + CLASSES, :] = 8.0
    protos = np.zeros((1, GRID, GRID, PROTOS), np.float32)
    protos[0, :, : GRID // 2, 0] = 1.0
    protos[0, :, GRID // 2 :, 0] = -1.0
    return [tensor_of(table), tensor_of(protos)]


def test_decode_returns_arrays_of_fixed_types() -> None:
    decoder = ef.Decoder(CONFIG)
    boxes, scores, classes, masks = decoder.decode([tensor_of(output_of(7, DOG, CAT))])
    assert boxes.tolist() == [[0.125, 0.375, 0.375, 0.625], [0.625, 0.25, 0.875, 0.75]]
    assert scores.tolist() == [0.875, 0.625]
    assert classes.tolist() == [0, 1]
    assert masks == []
    assert [a.dtype.name for a in (boxes, scores, classes)] == ["float32", "float32", "uint64"]
    for array in (boxes, scores, classes):
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.flags.owndata


def test_nothing_found_has_empty_arrays() -> None:
    boxes, scores, classes, masks = ef.Decoder(CONFIG).decode([tensor_of(output_of(7))])
    assert (boxes.shape, scores.shape, classes.shape, masks) == ((0, 4), (0,), (0,), [])


def test_results_do_not_change_with_the_next_call() -> None:
    decoder = ef.Decoder(CONFIG)
    first = decoder.decode([tensor_of(output_of(7, CAT))])
    decoder.decode([tensor_of(output_of(7, DOG))])
    assert first[2].tolist() == [0]


def test_max_boxes_keeps_the_best() -> None:
    decoder = ef.Decoder(CONFIG)
    tensors = [tensor_of(output_of(7, DOG, CAT))]
    assert decoder.decode(tensors, 1)[2].tolist() == [0]
    assert decoder.decode(model_output=tensors, max_boxes=0)[0].shape == (0, 4)


def test_every_construction_decodes_alike() -> None:
    text = json.dumps(CONFIG)
    outputs = [ef.Output.detection(shape=[1, 7, ANCHORS]).with_normalized(True)]
    decoders = [
        ef.Decoder(CONFIG, 0.25, 0.45),
        ef.Decoder.new_from_json_str(text, 0.25, 0.45),
        ef.Decoder.new_from_yaml_str(text, score_threshold=0.25, iou_threshold=0.45),
        ef.Decoder.new_from_outputs(outputs),
    ]
    for decoder in decoders:
        assert decoder.decode([tensor_of(output_of(7, CAT, DOG))])[2].tolist() == [0, 1]
        assert decoder.model_type == decoders[0].model_type
        assert decoder.score_threshold == 0.25
        assert decoder.iou_threshold == pytest.approx(0.45)


def test_defaults_differ_between_constructors() -> None:
    assert ef.Decoder(CONFIG).score_threshold == float(np.float32(0.1))
    assert ef.Decoder(CONFIG).iou_threshold == float(np.float32(0.7))
    outputs = [ef.Output.detection(shape=(1, 7, ANCHORS))]
    assert ef.Decoder.new_from_outputs(outputs).score_threshold == 0.25


def test_settings_take_effect_on_the_next_decode() -> None:
    decoder = ef.Decoder(CONFIG)
    tensors = [tensor_of(output_of(7, CAT, DOG))]
    decoder.score_threshold = 0.75
    assert decoder.decode(tensors)[2].tolist() == [0]
    decoder.score_threshold, decoder.iou_threshold = 0.1, 0.5
    decoder.pre_nms_top_k, decoder.max_det = 0, 17
    assert decoder.decode(tensors)[2].tolist() == [0, 1]
    assert (decoder.pre_nms_top_k, decoder.max_det, decoder.iou_threshold) == (0, 17, 0.5)
    assert ef.Decoder(CONFIG).pre_nms_top_k == ef.Decoder(CONFIG).max_det == 300


def test_nms_mode_is_resolved() -> None:
    assert ef.Decoder(CONFIG).nms is ef.Nms.ClassAgnostic
    assert ef.Decoder({**CONFIG, "nms": "class_aware"}).nms is ef.Nms.ClassAware
    assert ef.Decoder({**CONFIG, "nms": "class_aware"}, nms=ef.Nms.ClassAgnostic).nms == 0
    assert ef.Decoder(CONFIG, nms=None).nms is None
    with pytest.raises(AttributeError):
        ef.Decoder(CONFIG).nms = None  # type: ignore[misc]


def test_input_dims_are_a_tuple_of_width_and_height() -> None:
    assert ef.Decoder(CONFIG).input_dims is None
    assert ef.Decoder(CONFIG, input_dims=(640, 480)).input_dims == (640, 480)
    with pytest.raises(TypeError):
        ef.Decoder(CONFIG, input_dims=[640, 480])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="3 items"):
        ef.Decoder(CONFIG, input_dims=(1, 2, 3))  # type: ignore[arg-type]
    assert ef.Decoder(CONFIG).normalized_boxes is True


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"outputs": []},
        {"outputs": "detection"},
        {"outputs": [{"type": "nonsense", "shape": [1, 7, 60]}]},
        {"outputs": [{"shape": [1, 7, 60]}]},
        {"outputs": [{"type": "detection", "shape": [1, 7.5, 60]}]},
        {"outputs": [{"type": "detection", "shape": [1, -7, 60]}]},
        {"outputs": None},
        {"schema_version": -1, "outputs": []},
        {"schema_version": "2", "outputs": []},
    ],
)
def test_invalid_configurations_are_runtime_errors(config: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError):
        ef.Decoder(config)


@pytest.mark.parametrize("version", ["2", 2.0, True, -1, None, 2**64])
def test_a_schema_version_of_a_dict_is_a_whole_number(version: Any) -> None:
    with pytest.raises(ef.InvalidConfigError, match="schema_version: expected a whole number"):
        ef.Decoder({**CONFIG, "schema_version": version})
    text = json.dumps({**CONFIG, "schema_version": version})
    ef.Decoder.new_from_json_str(text)  # text with an odd version counts as version 1


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_count_as_null(number: float) -> None:
    assert ef.Decoder({**CONFIG, "metrics": {"map": [number]}}).model_type
    with pytest.raises(ef.InvalidConfigError, match="outputs"):
        ef.Decoder({**CONFIG, "outputs": number})


def test_a_configuration_that_holds_itself_is_refused() -> None:
    config: dict[str, Any] = {**CONFIG}
    config["self"] = config
    with pytest.raises(ef.InvalidConfigError, match="config: Circular reference"):
        ef.Decoder(config)


def test_schema_versions_beyond_2_are_not_supported() -> None:
    with pytest.raises(RuntimeError, match="schema_version 3 is not supported"):
        ef.Decoder({"schema_version": 3})


@pytest.mark.parametrize("config", ["{}", None, [CONFIG], 1])
def test_configuration_must_be_a_dict(config: Any) -> None:
    with pytest.raises(TypeError):
        ef.Decoder(config)


def test_numpy_scalars_in_the_configuration_are_type_errors() -> None:
    with pytest.raises(TypeError):
        ef.Decoder({"outputs": [{"type": "detection", "shape": [1, 7, np.int64(60)]}]})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\0", "{}}", "a: [", "- - -"])
def test_damaged_texts_are_runtime_errors(text: str) -> None:
    for make in (ef.Decoder.new_from_json_str, ef.Decoder.new_from_yaml_str):
        with pytest.raises(RuntimeError):
            make(text)


@pytest.mark.parametrize("outputs", [None, 5, "tensor", np.zeros((1, 7, 60), np.float32), {}])
def test_model_outputs_must_be_a_sequence_of_tensors(outputs: Any) -> None:
    with pytest.raises((TypeError, RuntimeError)):
        ef.Decoder(CONFIG).decode(outputs)


def test_a_single_tensor_a_generator_and_other_elements_are_type_errors() -> None:
    tensor = tensor_of(output_of(7))
    for outputs in (
        tensor,
        (t for t in [tensor]),
        [tensor, None],
        np.zeros(3),
        [np.zeros(3, bool)],
        [b"bytes"],
    ):
        with pytest.raises(TypeError):
            ef.Decoder(CONFIG).decode(outputs)  # type: ignore[arg-type]


def test_missing_and_unsupported_outputs_are_runtime_errors() -> None:
    decoder = ef.Decoder(CONFIG)
    calls: list[list[ef.Tensor]] = [
        [],
        [tensor_of(output_of(8))],
        [ef.Tensor([1, 7, ANCHORS], "int64")],
    ]
    for outputs in calls:
        with pytest.raises(RuntimeError):
            decoder.decode(outputs)


def test_extra_tensors_are_ignored_and_order_is_irrelevant() -> None:
    decoder = ef.Decoder(CONFIG)
    tensors = [ef.Tensor([5]), tensor_of(output_of(7, CAT)), ef.Tensor([1, 2])]
    assert decoder.decode(tuple(tensors))[2].tolist() == [0]


def test_quantized_outputs_use_the_configured_scale() -> None:
    config = {"outputs": [{**CONFIG["outputs"][0], "quantization": [1 / 256, 0]}]}
    table = np.round(output_of(7, CAT, DOG) * 256).clip(0, 255).astype(np.uint8)
    boxes, scores, _, _ = ef.Decoder(config).decode([tensor_of(table)])
    assert np.allclose(boxes, [[0.125, 0.375, 0.375, 0.625], [0.625, 0.25, 0.875, 0.75]], atol=0.01)
    assert np.allclose(scores, [0.875, 0.625], atol=0.01)


def test_masks_belong_to_their_boxes() -> None:
    boxes, _, _, masks = ef.Decoder(MASK_CONFIG).decode(mask_outputs(CAT, DOG))
    assert len(masks) == len(boxes) == 2
    left, right = masks
    assert left.ndim == 3
    assert left.shape[2] == 1
    assert left.dtype == np.uint8
    assert left.min() > 127 > right.max()
    assert left.flags.writeable
    assert left.flags.c_contiguous


def test_materialised_masks_outlive_each_other_and_the_next_call() -> None:
    decoder, processor = ef.Decoder(MASK_CONFIG), ef.ImageProcessor()
    boxes, scores, classes, protos = decoder.decode_proto(mask_outputs(CAT, DOG))
    assert protos is not None
    first, second = processor.materialize_masks(boxes, scores, classes, protos)
    before = second.copy()
    del first
    processor.materialize_masks(boxes, scores, classes, protos)
    assert second.flags.c_contiguous
    assert second.flags.writeable
    assert (second == before).all()


def test_decode_proto_leaves_the_masks_as_ingredients() -> None:
    decoder = ef.Decoder(MASK_CONFIG)
    boxes, scores, classes, protos = decoder.decode_proto(mask_outputs(CAT, DOG))
    assert protos is not None
    assert protos.layout == "nhwc"
    processor = ef.ImageProcessor()
    masks = processor.materialize_masks(boxes, scores, classes, protos)
    assert [set(np.unique(m)) for m in masks] == [{255}, {0}]
    tiles = processor.materialize_masks(
        boxes, scores, classes, protos, resolution=ef.MaskResolution.Scaled(640, 480)
    )
    assert tiles[0].shape == (120, 160, 1)
    with pytest.raises(RuntimeError):
        processor.materialize_masks(
            boxes, scores, classes, protos, resolution=ef.MaskResolution.Scaled(0, 480)
        )
    with pytest.raises(RuntimeError):
        processor.materialize_masks(boxes[:1], scores[:1], classes[:1], protos)
    with pytest.raises(TypeError):
        processor.materialize_masks(boxes.tolist(), scores, classes, protos)


def test_protos_are_handed_over_once() -> None:
    decoder = ef.Decoder(MASK_CONFIG)
    boxes, scores, classes, data = decoder.decode_proto(mask_outputs(CAT))
    assert data is not None
    protos, coefficients = data.take_protos(), data.take_mask_coefficients()
    assert protos is not None
    assert coefficients is not None
    assert (protos.shape, coefficients.shape) == ([GRID, GRID, PROTOS], [1, PROTOS])
    assert data.take_protos() is None
    assert data.take_mask_coefficients() is None
    with pytest.raises(RuntimeError, match="emptied"):
        ef.ImageProcessor().materialize_masks(boxes, scores, classes, data)


def test_models_without_protos_give_none() -> None:
    assert ef.Decoder(CONFIG).decode_proto([tensor_of(output_of(7, CAT))])[3] is None


def test_tracked_decoding_lists_the_active_tracks() -> None:
    decoder, tracker = ef.Decoder(CONFIG), ef.ByteTrack()
    for frame in range(3):
        boxes, scores, classes, masks, tracks = decoder.decode_tracked(
            tracker, frame * 33_000_000, [tensor_of(output_of(7, CAT))]
        )
    assert len(boxes) == len(scores) == len(classes) == len(tracks) == 1
    assert masks == []
    assert tracks == [track.info for track in tracker.get_active_tracks()]
    assert tracks[0].count == 3
    assert tracks[0].last_updated == 66_000_000


def test_draw_masks_decodes_and_paints() -> None:
    processor, canvas = ef.ImageProcessor(), ef.Tensor.image(64, 64, ef.PixelFormat.Rgba)
    boxes, scores, classes = processor.draw_masks(
        ef.Decoder(MASK_CONFIG), mask_outputs(CAT, DOG), canvas
    )
    assert classes.tolist() == [0, 1]
    assert scores.shape == (2,)
    assert canvas.numpy().any()
    assert canvas.numpy()[32, 16, 1] == 179
    plain = canvas.numpy().copy()
    result = processor.draw_masks(
        ef.Decoder(CONFIG), [tensor_of(output_of(7, CAT))], canvas, opacity=0.5
    )
    assert result[0].shape == (1, 4)
    assert not np.array_equal(plain, canvas.numpy())
    assert boxes.shape == (2, 4)


def test_draw_masks_with_a_tracker_returns_tracks() -> None:
    processor, canvas = ef.ImageProcessor(), ef.Tensor.image(64, 64, ef.PixelFormat.Rgba)
    tracker = ef.ByteTrack()
    for timestamp in (None, 10**18):
        result = processor.draw_masks(
            ef.Decoder(CONFIG), [tensor_of(output_of(7, CAT))], canvas, tracker, timestamp
        )
    assert len(result) == 4
    assert len(result[0]) == len(result[3]) == 1


def test_draw_masks_refuses_a_canvas_among_the_outputs() -> None:
    table = output_of(7, CAT)
    canvas = ef.Tensor.wrap(table.view(np.uint8).reshape(1, -1, 4), ef.PixelFormat.Rgba)
    with pytest.raises(ef.AliasedBuffersError):
        ef.ImageProcessor().draw_masks(ef.Decoder(CONFIG), [ef.Tensor.wrap(table)], canvas)


def test_draw_masks_refuses_the_canvas_as_background_before_it_tracks() -> None:
    canvas, tracker = ef.Tensor.image(64, 64, ef.PixelFormat.Rgba), ef.ByteTrack()
    with pytest.raises(ef.AliasedBuffersError):
        ef.ImageProcessor().draw_masks(
            ef.Decoder(CONFIG), [tensor_of(output_of(7, CAT))], canvas, tracker, background=canvas
        )
    assert tracker.get_active_tracks() == []


def test_output_takes_exactly_one_of_shape_and_dshape() -> None:
    for name in (
        *("detection", "boxes", "scores", "protos"),
        *("segmentation", "mask_coefficients", "mask", "classes"),
    ):
        make = getattr(ef.Output, name)
        with pytest.raises(ValueError, match="Either 'shape' or 'dshape' must be provided"):
            make()
        with pytest.raises(ValueError, match="Provide either 'shape' or 'dshape', not both"):
            make([1], [(ef.DimName.Batch, 1)])
        assert make([1, 2]) is not None


def test_output_methods_chain_on_the_same_object() -> None:
    output = ef.Output.detection([1, 7, ANCHORS])
    assert output.with_quantization(0.5, 1) is output
    assert output.with_normalized(True) is output
    assert output.with_anchors([(0.1, 0.2), (0.3, 0.4)]) is output
    with pytest.raises(ValueError, match="only valid for detection outputs"):
        ef.Output.boxes([1]).with_anchors([(1, 1)])
    with pytest.raises(ValueError, match="only valid for detection or boxes outputs"):
        ef.Output.scores([1]).with_normalized(True)
    with pytest.raises(TypeError):
        output.with_normalized(1)  # type: ignore[arg-type]


def test_outputs_with_named_axes_decode_permuted_tensors() -> None:
    dims = [(ef.DimName.Batch, 1), (ef.DimName.NumBoxes, ANCHORS), (ef.DimName.NumFeatures, 7)]
    output = ef.Output.detection(dshape=dims).with_normalized(True)
    decoder = ef.Decoder.new_from_outputs([output], decoder_version=ef.DecoderVersion.Yolov8)
    table = output_of(7, CAT).transpose(0, 2, 1)
    assert decoder.decode([tensor_of(table)])[2].tolist() == [0]


def test_from_outputs_refuses_nothing_and_nonsense() -> None:
    with pytest.raises(RuntimeError):
        ef.Decoder.new_from_outputs([])
    with pytest.raises(RuntimeError):
        ef.Decoder.new_from_outputs([ef.Output.protos([1, 4, 4, 4])])
    with pytest.raises(TypeError):
        ef.Decoder.new_from_outputs([CONFIG])  # type: ignore[list-item]


def test_dequantize() -> None:
    source = tensor_of(np.array([-128, 0, 127], np.int8))
    target = ef.Tensor([3])
    ef.dequantize(source, 0.5, -3, target)
    assert target.numpy().tolist() == [-62.5, 1.5, 65.0]
    with pytest.raises(RuntimeError):
        ef.dequantize(source, 0.5, 0, ef.Tensor([4]))


def test_end_to_end_models_explain_that_they_suppress_by_themselves() -> None:
    outputs = [{"type": "detection", "shape": [1, 3, 6]}]
    decoder = ef.Decoder({"decoder_version": "yolo26", "outputs": outputs})
    assert "suppression: none, the model suppresses\n" in decoder.explanation
    assert "suppression: across classes\n" in ef.Decoder(CONFIG).explanation


def test_dequantize_follows_padded_rows_and_views() -> None:
    padded = ef.Tensor.image(64, 4, ef.PixelFormat.Rgb, row_stride=256)
    padded.numpy()[...] = 5
    flat = ef.Tensor([768])
    ef.dequantize(padded, 1.0, 0, flat)
    assert (flat.numpy() == 5).all()
    image = ef.Tensor.image(64, 4, ef.PixelFormat.Grey)
    image.numpy()[..., 0] = np.arange(256).reshape(4, 64)
    part = ef.Tensor([16])
    ef.dequantize(image.view(ef.Rect(10, 1, 8, 2)), 1.0, 0, part)
    assert part.numpy().tolist() == [*range(74, 82), *range(138, 146)]


def test_dequantize_refuses_shared_memory() -> None:
    memory = np.zeros(16, np.uint8)
    narrow = ef.Tensor.wrap(memory[:4])
    wide = ef.Tensor.wrap(memory.view(np.float32))
    with pytest.raises(ef.AliasedBuffersError):
        ef.dequantize(narrow, 1.0, 0, wide)
