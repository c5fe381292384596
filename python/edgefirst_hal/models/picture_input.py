# SPDX-License-Identifier: Apache-2.0
"""How a picture becomes a model's input tensor: layout, pixel format, dtype, quantisation.

One conversion by the library straight into the engine's memory wherever the dtype allows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import edgefirst_hal as ef
from edgefirst_hal.models.error import ModelError
from edgefirst_hal.models.session import Array, TensorSpec

GREY = (114, 114, 114, 255)
_UNIT = 1 / 255
_DIRECT = {"uint8": 0, "int8": -128}
_FLOATS = ("float32", "float16")
_CHANNELS = (1, 3, 4)
_ADAPTORS = {
    ("rgb", False): ef.PixelFormat.Rgb,
    ("rgb", True): ef.PixelFormat.PlanarRgb,
    ("rgba", False): ef.PixelFormat.Rgba,
    ("rgba", True): ef.PixelFormat.PlanarRgba,
    ("bgra", False): ef.PixelFormat.Bgra,
    ("grey", False): ef.PixelFormat.Grey,
    ("grey", True): ef.PixelFormat.Grey,
}
_ADAPTOR_OF_CHANNELS = {1: "grey", 3: "rgb", 4: "rgba"}


@dataclass(frozen=True)
class PictureInput:
    """The plan, made once a model. Values are 0...1 unless the dtype takes bytes as they are."""

    width: int
    height: int
    format: ef.PixelFormat
    dtype: str
    scale: float
    offset: float
    is_staged: bool
    """Quantised otherwise than bytes: converted as float, then rounded."""

    @property
    def grey(self) -> float:
        """The input value of an all-grey picture."""
        if self.scale == 1.0:
            return GREY[0] + _DIRECT[self.dtype]
        return GREY[0] * self.scale + self.offset

    def fill(self, processor: ef.ImageProcessor, frame: ef.Tensor, array: Array) -> ef.Letterbox:
        """Fits `frame` into the input, grey around it; `array` has the batch axis."""
        fit = ef.letterbox(frame.width or 0, frame.height or 0, self.width, self.height)
        target = np.empty(array.shape, np.float32) if self.is_staged else array
        image = ef.Tensor.wrap(self._pixels(target[0]), self.format)
        takes_factors = target.dtype.kind == "f"
        processor.convert(
            frame,
            image,
            dst_crop=fit.content,
            dst_color=GREY,
            scale=self.scale if takes_factors else None,
            offset=self.offset if takes_factors else None,
        )
        if self.is_staged:
            limits = np.iinfo(self.dtype)
            np.copyto(array, np.clip(np.rint(target), limits.min, limits.max), casting="unsafe")
        return fit

    def _pixels(self, plane: Array) -> Array:
        """Grey pictures are [H, W, 1] in either layout."""
        if self.format == ef.PixelFormat.Grey:
            return plane.reshape(self.height, self.width, 1)
        return plane


def resolve_shape(spec: TensorSpec, size: tuple[int, int] | None) -> tuple[int, ...]:
    """The input's shape with open dimensions closed: batch 1, `size` = height, width."""
    shape = list(spec.shape)
    if len(shape) != 4:
        raise ModelError(f"input {spec}: expected one picture, [1, H, W, C] or [1, C, H, W]")
    if shape[0] not in (None, 1):
        raise ModelError(
            f"input {spec}: expected one picture, not {shape[0]} at once; export the model again "
            "with batch=1 or dynamic=True"
        )
    shape[0] = 1
    first = 2 if is_planar(spec) else 1
    for axis, extent in enumerate(size or (None, None), start=first):
        shape[axis] = shape[axis] or extent
    if None in shape or 0 in shape:
        raise ModelError(f"input {spec} leaves its size open; give it with {{size}}")
    return tuple(extent or 0 for extent in shape)


def is_planar(spec: TensorSpec) -> bool:
    """Channels first. Raises ModelError when neither axis can be the channels."""
    if spec.shape[-1] in _CHANNELS:
        return False
    if len(spec.shape) == 4 and spec.shape[1] in _CHANNELS:
        return True
    raise ModelError(f"input {spec}: expected 1, 3 or 4 channels, first or last")


def plan_input(spec: TensorSpec, shape: tuple[int, ...], adaptor: str | None) -> PictureInput:
    """`shape` is the resolved one, `adaptor` the configuration's pixel order. Raises ModelError."""
    planar = is_planar(spec)
    height, width = (shape[2], shape[3]) if planar else (shape[1], shape[2])
    channels = shape[1] if planar else shape[3]
    order = (adaptor or _ADAPTOR_OF_CHANNELS[channels]).lower()
    pixel_format = _ADAPTORS.get((order, planar))
    if pixel_format is None or len(order.replace("grey", "g")) != channels:
        raise ModelError(f"input {spec}: {channels} channels of '{order}' are not supported")
    if spec.dtype in _FLOATS:
        return PictureInput(width, height, pixel_format, spec.dtype, _UNIT, 0.0, False)
    if spec.dtype not in _DIRECT:
        raise ModelError(f"input {spec}: expected float32, float16, uint8 or int8")
    direct = PictureInput(width, height, pixel_format, spec.dtype, 1.0, 0.0, False)
    if takes_bytes(spec):
        return direct
    scale, offset = _UNIT / (spec.scale or 1.0), float(spec.zero_point)
    return PictureInput(width, height, pixel_format, spec.dtype, scale, offset, True)


def takes_bytes(spec: TensorSpec) -> bool:
    """Quantisation under which 0...255 (or -128...127) stands for 0...1, or none at all."""
    if spec.dtype not in _DIRECT or spec.scale is None:
        return spec.dtype in _DIRECT
    close = abs(spec.scale / _UNIT - 1) < 0.01
    return close and spec.zero_point == _DIRECT[spec.dtype]
