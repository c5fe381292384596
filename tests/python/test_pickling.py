# SPDX-License-Identifier: Apache-2.0
"""Values travel through pickle and copy at every protocol; what owns memory says why it does not.
Nothing of it ends the process."""

from __future__ import annotations

import copy
import copyreg
import pickle
import subprocess
import sys
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal import _core
from test_messages import instances

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def output() -> ef.Output:
    names = [(ef.DimName.Batch, 1), (ef.DimName.NumFeatures, 6), (ef.DimName.NumBoxes, 8)]
    made = ef.Output.detection(dshape=names, decoder=ef.DecoderType.ModelPack)
    return made.with_quantization(0.5, 3).with_anchors([(0.1, 0.2)]).with_normalized(True)


def active_track() -> ef.ActiveTrackInfo:
    tracker = ef.ByteTrack(confirm_after=3)
    tracker.update(np.array([[0.1, 0.1, 0.5, 0.5]], np.float32), [0.9], [4], 1)
    return tracker.get_active_tracks()[0]


VALUES: dict[str, Any] = {
    "Rect": ef.Rect(1, 2, 3, 4),
    "Letterbox": ef.letterbox(640, 480, 320, 320),
    "Colorimetry": ef.Colorimetry(encoding=ef.ColorEncoding.Bt601, range=ef.ColorRange.Full),
    "Quantization": ef.Quantization.per_channel([0.5, 1.0], [1, 2], 1),
    "Quantization symmetric": ef.Quantization.per_tensor_symmetric(0.25),
    "TrackInfo": ef.TrackInfo("0" * 31 + "7", [0, 0.25, 0.5, 1], 3, 4, 5),
    "ActiveTrackInfo": active_track(),
    "ByteTrack": ef.ByteTrack(0.5, per_class=True),
    "MaskResolution.Proto": ef.MaskResolution.Proto(),
    "MaskResolution.Scaled": ef.MaskResolution.Scaled(3, 4),
    "Output": output(),
    "PixelFormat": ef.PixelFormat.Nv12,
    "Nms": ef.Nms.Auto,
}


def picture_info() -> ef.ImageInfo:
    tensor = ef.Tensor.image(6, 4, "rgb", ef.TensorMemory.MEM)
    return ef.Tensor.peek_image_info(tensor.encode_jpeg())


VALUES["ImageInfo"] = picture_info()


def facts(value: Any) -> Any:
    """Everything that a value tells of itself."""
    if isinstance(value, ef.ByteTrack):
        return value.snapshot()
    if isinstance(value, ef.Output):
        return value.__getstate__()  # type: ignore[attr-defined]
    told = [repr(value) if "object at" not in repr(value) else "", str(type(value))]
    for name, member in vars(type(value)).items():
        if isinstance(member, property):
            told.append(f"{name}={getattr(value, name)!r}")
    return told


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", VALUES)
def test_values_travel_at_every_protocol(name: str, protocol: int) -> None:
    value = VALUES[name]
    back = pickle.loads(pickle.dumps(value, protocol))
    assert type(back) is type(value)
    assert facts(back) == facts(value)


@pytest.mark.parametrize("name", VALUES)
def test_values_are_copied(name: str) -> None:
    for made in (copy.copy(VALUES[name]), copy.deepcopy(VALUES[name])):
        assert facts(made) == facts(VALUES[name])


def test_an_output_that_came_by_pickle_makes_the_same_decoder() -> None:
    plain = ef.Output.detection([1, 84, 100])
    again = pickle.loads(pickle.dumps(plain, 0))
    first = ef.Decoder.new_from_outputs([plain]).explanation
    assert ef.Decoder.new_from_outputs([again]).explanation == first


RESOURCES = ["Decoder", "Fence", "ImageProcessor", "Tensor", "TensorMap", "Tracing"]


@pytest.mark.parametrize("name", RESOURCES)
def test_what_owns_memory_says_why_it_does_not_travel(name: str) -> None:
    resource = instances()[name]
    for protocol in PROTOCOLS:
        with pytest.raises(TypeError, match=f"cannot pickle or copy a {name}: "):
            pickle.dumps(resource, protocol)
        with pytest.raises(TypeError, match="cannot pickle or copy"):
            resource.__reduce_ex__(protocol)
    for attempt in (resource.__reduce__, lambda: copy.copy(resource)):
        with pytest.raises(TypeError, match="cannot pickle or copy"):
            attempt()
    with pytest.raises(TypeError, match="cannot pickle or copy"):
        copy.deepcopy([resource])


CLASSES = [c for c in vars(_core).values() if isinstance(c, type) and not issubclass(c, Exception)]


def test_every_class_has_its_own_answer() -> None:
    for cls in CLASSES:
        assert "__reduce__" in vars(cls), cls


def test_the_common_base_has_no_instances() -> None:
    base = ef.Tensor.__base__
    assert base is not None
    with pytest.raises(TypeError, match="cannot create 'pybind11_"):
        base()
    with pytest.raises(TypeError, match="cannot create"):
        type("Own", (base,), {})()
    with pytest.raises(TypeError):
        base.__new__(base)
    for cls in CLASSES:
        if cls.__base__ is base:
            with pytest.raises(TypeError):
                copyreg._reduce_ex(
                    cls.__new__(cls) if cls is not ef.PixelFormat else VALUES["PixelFormat"], 0
                )  # type: ignore[attr-defined]


def test_damaged_states_are_refused() -> None:
    for cls in CLASSES:
        if "__setstate__" not in vars(cls):
            continue
        for state in (None, (), (1,), "text", (0, 0, 0, 0, 0, 0, 0, 0), b"", b"damaged"):
            with pytest.raises((TypeError, RuntimeError, IndexError)):
                cls.__new__(cls).__setstate__(state)


def test_no_way_into_pickle_ends_the_process() -> None:
    program = """
import copy, pickle, edgefirst_hal as ef
objects = [ef.Tensor([2], "uint8"), ef.ImageProcessor(backend="cpu"), ef.ByteTrack(),
           ef.Decoder.new_from_outputs([ef.Output.detection([1, 84, 100])]), ef.Tracing("x"),
           ef.Quantization.per_tensor(0.5, 1), ef.Rect(0, 0, 1, 1), ef.PixelFormat.Rgb]
for each in objects:
    for attempt in (lambda: pickle.dumps(each, 0), lambda: pickle.dumps(each, 1),
                    lambda: each.__reduce__(), lambda: type(each).__base__(),
                    lambda: copy.copy(each)):
        try:
            attempt()
        except TypeError:
            pass
print("alive")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
