# SPDX-License-Identifier: Apache-2.0
"""The cases of decoder and tracker, for this tree and every published wheel; they share the API."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
from decoder_inputs import drifting_boxes, mask_output, split_output, weak_yolo_output
from inputs import ANCHORS, IOU, MODEL, SCORE, yolo_output

try:
    import edgefirst_hal as ef
except ImportError:  # later generations come as one package a component
    import edgefirst.decoder as ef
    from edgefirst.tracker import ByteTrack

    ef.ByteTrack = ByteTrack

Call = Callable[[], object]


def filled(array: Any) -> Any:
    tensor = ef.Tensor(list(array.shape), array.dtype.name, ef.TensorMemory.MEM)
    tensor.from_numpy(array)
    return tensor


def decode_yolo_float32() -> Call:
    config = {"outputs": [{"type": "detection", "shape": [1, 84, ANCHORS], "normalized": True}]}
    decoder, outputs = ef.Decoder(config, SCORE, IOU), [filled(yolo_output())]
    return lambda: decoder.decode(outputs)


def decode_yolo_int8() -> Call:
    output = {"type": "detection", "shape": [1, 84, ANCHORS], "normalized": True}
    decoder = ef.Decoder({"outputs": [{**output, "quantization": [1 / 256, -128]}]}, SCORE, IOU)
    table = (yolo_output() * 256 - 128).clip(-128, 127).astype(np.int8)
    outputs = [filled(table)]
    return lambda: decoder.decode(outputs)


def decode_yolo_float32_all() -> Call:
    """conf .001, every anchor may enter NMS."""
    config = {"outputs": [{"type": "detection", "shape": [1, 84, ANCHORS], "normalized": True}]}
    decoder = ef.Decoder(config, 0.001, IOU)
    decoder.pre_nms_top_k = ANCHORS
    outputs = [filled(weak_yolo_output())]
    return lambda: decoder.decode(outputs, 300)


def segmentation(dtype: str) -> Call:
    table, protos = mask_output()
    detection = {"type": "detection", "shape": [1, 116, ANCHORS], "normalized": True}
    prototypes = {"type": "protos", "shape": [1, 160, 160, 32]}
    if dtype == "int8":
        detection["quantization"], prototypes["quantization"] = [1 / 64, 0], [1 / 127, 0]
        table = (table * 64).round().clip(-128, 127).astype(np.int8)
        protos = (protos * 127).round().astype(np.int8)
    decoder = ef.Decoder({"outputs": [detection, prototypes]}, SCORE, IOU)
    outputs = [filled(table), filled(protos)]
    return lambda: decoder.decode(outputs)


def decode_segmentation_float32() -> Call:
    return segmentation("float32")


def decode_segmentation_int8() -> Call:
    return segmentation("int8")


def decode_per_scale_int8() -> Call:
    """Three levels of DFL bins and class logits."""
    scale = {"boxes": 0.1, "scores": 0.08}
    roles: dict[str, Any] = {}
    for role, feature, extent in (("boxes", "box_coords", 4), ("scores", "num_classes", 80)):
        dshape = [["batch", 1], [feature, extent], ["num_boxes", ANCHORS]]
        roles[role] = {"type": role, "shape": [1, extent, ANCHORS], "dshape": dshape}
        roles[role]["outputs"] = []
    roles["boxes"].update(encoding="dfl", normalized=True)
    roles["scores"]["activation_required"] = "sigmoid"
    outputs = []
    for role, stride, values in split_output():
        side, channels = values.shape[1], values.shape[3]
        feature = "num_features" if role == "boxes" else "num_classes"
        order = zip(("batch", "height", "width", feature), values.shape)
        child: dict[str, Any] = {"name": f"{role}{stride}", "type": role, "stride": stride}
        child.update(shape=[1, side, side, channels], dtype="int8")
        child["dshape"] = [[name, extent] for name, extent in order]
        child["quantization"] = {"scale": scale[role], "zero_point": 0, "dtype": "int8"}
        roles[role]["outputs"].append(child)
        tensor = filled((values / scale[role]).round().clip(-128, 127).astype(np.int8))
        tensor.set_quantization_per_tensor(scale[role], 0)
        outputs.append(tensor)
    config = {"schema_version": 2, "input": {"shape": [1, MODEL, MODEL, 3]}}
    decoder = ef.Decoder({**config, "outputs": list(roles.values())}, SCORE, IOU)
    return lambda: decoder.decode(outputs)


def track(count: int, **options: Any) -> Call:
    frames, tracker = drifting_boxes(count), ef.ByteTrack(**options)
    clock = iter(range(1 << 40))

    def call() -> None:
        for boxes, scores, labels in frames:
            tracker.update(boxes, scores, labels, next(clock) * 33_000_000)

    return call


def track_100_boxes() -> Call:
    return track(100)


def track_300_boxes() -> Call:
    return track(300)


def track_2000_boxes() -> Call:
    return track(2000)
