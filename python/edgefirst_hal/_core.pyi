# SPDX-License-Identifier: Apache-2.0
"""Native part of edgefirst_hal: import edgefirst_hal instead.

Every function raises TypeError for an argument of the wrong type and OverflowError for an integer
that does not fit. Every failure of the library itself is an Error, and thereby a RuntimeError. A
message is one line of at most 300 characters, names the argument, and holds no data.
Calls that touch pixels or model outputs let other Python threads run.

A pixel format may be given by name, "rgb" for PixelFormat.Rgb. Boxes, scores and classes of a frame
without detections may be arrays without elements of any dtype, or empty lists. Values (Rect,
Quantization, TrackInfo, Output and the like, ByteTrack too) can be pickled and copied; Tensor,
Decoder, ImageProcessor and other objects that own memory or devices raise TypeError then.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Protocol, SupportsFloat, SupportsIndex, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer, Never, Self, TypeAlias

class _Reader(Protocol):
    def read(self, size: int, /) -> Any: ...

class _ArrayLike(Protocol):
    @property
    def __array_interface__(self) -> dict[str, Any]: ...

_Path: TypeAlias = str | os.PathLike[str]
_File: TypeAlias = Buffer | _Reader
_Format: TypeAlias = PixelFormat | str
_Ints: TypeAlias = Sequence[int] | NDArray[Any]
_Floats: TypeAlias = Sequence[float] | NDArray[Any]
_Boxes: TypeAlias = NDArray[np.float32]
_Scores: TypeAlias = NDArray[np.float32]
_Classes: TypeAlias = NDArray[np.uint64]
_Masks: TypeAlias = list[NDArray[np.uint8]]
_Outputs: TypeAlias = Sequence["Tensor | NDArray[Any]"]

# Errors --------------------------------------------------------------------------------------

class Error(RuntimeError):
    """Base of every error of the library."""

    code: ClassVar[str]
    """Name of the error in the library's table, the same in Python, C and C++."""

class InvalidArgumentError(Error, ValueError):
    """A value outside what the function accepts."""

class InvalidShapeError(Error, ValueError):
    """A tensor shape, rank or stride that does not fit."""

class InvalidRectError(Error, ValueError):
    """A rectangle that leaves its image."""

class NotAnImageError(Error, ValueError):
    """A tensor without pixel format where an image is needed."""

class AliasedBuffersError(Error, ValueError):
    """Two arguments that must not share memory do."""

class NotSupportedError(Error, NotImplementedError):
    """Valid, but not offered: a format pair, a dtype, a platform."""

class OutOfMemoryError(Error, MemoryError):
    """An allocation failed or its size overflows."""

class IoError(Error, OSError):
    """The operating system refused a file or descriptor operation; errno says why."""

class NotFoundError(Error, FileNotFoundError):
    """A file does not exist."""

class InvalidDataError(Error, ValueError):
    """An encoded image that is damaged or is none."""

class UnsupportedFeatureError(Error, NotImplementedError):
    """A well-formed image that uses a feature outside the codec's scope."""

class InsufficientCapacityError(Error, ValueError):
    """The destination is too small."""

class InvalidConfigError(Error, ValueError):
    """A decoder configuration that describes no model."""

class NotMappedError(Error, BufferError):
    """Use of a TensorMap after unmap()."""

class BusyError(Error, BufferError):
    """An exclusive resource is in use."""

class DisconnectedError(Error, OSError):
    """The object that backed this one is gone."""

class InvalidQuantizationError(Error, ValueError):
    """Quantization metadata that does not fit its tensor."""

class MissingQuantizationError(Error, ValueError):
    """An integer output without scale."""

class DtypeMismatchError(Error, ValueError):
    """A tensor or array of another dtype than needed."""

class AlreadyActiveError(Error):
    """A session that can run only once at a time is running."""

class BackendUnavailableError(Error, NotImplementedError):
    """A forced backend or kernel is absent."""

class NoBackendError(Error, NotImplementedError):
    """No backend accepts the request."""

class InternalError(Error):
    """A defect of the library: please report it."""

class EngineUnavailableError(Error, ImportError):
    """The library of an inference engine is absent, or too old."""

class EngineFailedError(Error, RuntimeError):
    """An inference engine refuses to load or to run a model."""

class ElementIndexError(Error, IndexError, BufferError):
    """An element beyond either end of a TensorMap."""

class ExchangeError(Error, BufferError):
    """Memory that two libraries cannot share as asked: its device, its dtype, or without a copy."""

# Enumerations --------------------------------------------------------------------------------
# Members are unique objects, equal to their number, unequal to members of other enumerations.

class _Enum:
    @property
    def name(self) -> str:
        """The member's name."""
    @property
    def value(self) -> int:
        """The member's number."""
    def __int__(self) -> int: ...
    def __eq__(self, other: object) -> bool: ...
    def __ne__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

@final
class TensorMemory(_Enum):
    """Where a tensor's bytes live."""

    __members__: ClassVar[dict[str, TensorMemory]]
    def __init__(self, _: Never, /) -> None: ...
    DMA: ClassVar[TensorMemory]
    """Linux DMA-BUF, IOSurface on macOS."""
    SHM: ClassVar[TensorMemory]
    """POSIX shared memory."""
    PBO: ClassVar[TensorMemory]
    """OpenGL pixel buffer; only ImageProcessor.create_image makes one."""
    MEM: ClassVar[TensorMemory]
    """Heap."""

@final
class CpuAccess(_Enum):
    """What a map is for; the cache maintenance of DMA-BUFs follows it."""

    __members__: ClassVar[dict[str, CpuAccess]]
    def __init__(self, _: Never, /) -> None: ...
    Read: ClassVar[CpuAccess]
    """The CPU looks at what a device wrote."""
    Write: ClassVar[CpuAccess]
    """The CPU writes what a device will look at; nothing is read."""
    ReadWrite: ClassVar[CpuAccess]
    """Both."""

@final
class PixelFormat(_Enum):
    """Layout of an image's pixels; H and W are its height and width."""

    __members__: ClassVar[dict[str, PixelFormat]]
    Rgb: ClassVar[PixelFormat]
    """[H, W, 3]"""
    Rgba: ClassVar[PixelFormat]
    """[H, W, 4]"""
    Bgra: ClassVar[PixelFormat]
    """[H, W, 4]"""
    Grey: ClassVar[PixelFormat]
    """[H, W, 1], full-range luma."""
    Yuyv: ClassVar[PixelFormat]
    """[H, W, 2], 4:2:2, bytes Y0 U Y1 V."""
    Vyuy: ClassVar[PixelFormat]
    """[H, W, 2], 4:2:2, bytes V Y0 U Y1."""
    Nv12: ClassVar[PixelFormat]
    """[H * 3 / 2, W], 4:2:0: luma rows, then rows of U V pairs; H is even."""
    Nv16: ClassVar[PixelFormat]
    """[H * 2, W], 4:2:2: luma rows, then rows of U V pairs."""
    PlanarRgb: ClassVar[PixelFormat]
    """[3, H, W]"""
    PlanarRgba: ClassVar[PixelFormat]
    """[4, H, W]"""

    def __new__(cls, name: str) -> PixelFormat: ...
    def __init__(self, name: str) -> None:
        """The member of that name, FourCC or alias ("rgb", "NV12", "GRAY"), in any case.

        Raises InvalidArgumentError for an unknown name.
        """

@final
class ColorEncoding(_Enum):
    """Matrix between YUV and RGB: ITU-R BT.601, BT.709, BT.2020."""

    __members__: ClassVar[dict[str, ColorEncoding]]
    def __init__(self, _: Never, /) -> None: ...
    Bt601: ClassVar[ColorEncoding]
    Bt709: ClassVar[ColorEncoding]
    Bt2020: ClassVar[ColorEncoding]

@final
class ColorRange(_Enum):
    """Range of YUV samples: 0...255, or 16...235 for luma and 16...240 for chroma."""

    __members__: ClassVar[dict[str, ColorRange]]
    def __init__(self, _: Never, /) -> None: ...
    Full: ClassVar[ColorRange]
    Limited: ClassVar[ColorRange]

@final
class Normalization(_Enum):
    """What Tensor.normalize_to_numpy makes of a byte v, with zero point z."""

    __members__: ClassVar[dict[str, Normalization]]
    def __init__(self, _: Never, /) -> None: ...
    DEFAULT: ClassVar[Normalization]
    """RAW for uint8 destinations, SIGNED for the others."""
    SIGNED: ClassVar[Normalization]
    """int8: v - z clamped, z 128 by default. Floats: v / 127.5 - z / 127.5, by default - 1."""
    UNSIGNED: ClassVar[Normalization]
    """Floats: v / 255."""
    RAW: ClassVar[Normalization]
    """v"""

@final
class ColorMode(_Enum):
    """What the colour of a detection follows."""

    __members__: ClassVar[dict[str, ColorMode]]
    def __init__(self, _: Never, /) -> None: ...
    Class: ClassVar[ColorMode]
    """The class."""
    Instance: ClassVar[ColorMode]
    """The order of detections."""
    Track: ClassVar[ColorMode]
    """The track of a box that has one, else the order of detections."""

@final
class Flip(_Enum):
    """Mirroring."""

    __members__: ClassVar[dict[str, Flip]]
    def __init__(self, _: Never, /) -> None: ...
    NoFlip: ClassVar[Flip]
    Horizontal: ClassVar[Flip]
    """Left and right change places."""
    Vertical: ClassVar[Flip]
    """Top and bottom change places."""

@final
class Rotation(_Enum):
    """Rotation by quarter turns."""

    __members__: ClassVar[dict[str, Rotation]]
    def __init__(self, _: Never, /) -> None: ...
    Rotate0: ClassVar[Rotation]
    Clockwise90: ClassVar[Rotation]
    Rotate180: ClassVar[Rotation]
    CounterClockwise90: ClassVar[Rotation]

    @staticmethod
    def degrees_clockwise(angle: int) -> Rotation:
        """The rotation by angle degrees, modulo 360.

        Raises InvalidArgumentError for anything but quarter turns.
        """

@final
class Filter(_Enum):
    """How ImageProcessor.convert resamples."""

    __members__: ClassVar[dict[str, Filter]]
    def __init__(self, _: Never, /) -> None: ...
    Antialias: ClassVar[Filter]
    """Triangle filter, widened when shrinking: Pillow's BILINEAR."""
    Bilinear: ClassVar[Filter]
    """Plain 2 x 2: OpenCV's INTER_LINEAR."""
    Nearest: ClassVar[Filter]
    Area: ClassVar[Filter]
    """Mean of the covered pixels."""

@final
class EglDisplayKind(_Enum):
    """Which displays OpenGL may use."""

    __members__: ClassVar[dict[str, EglDisplayKind]]
    def __init__(self, _: Never, /) -> None: ...
    Gbm: ClassVar[EglDisplayKind]
    PlatformDevice: ClassVar[EglDisplayKind]
    Default: ClassVar[EglDisplayKind]

@final
class EglDisplayInfo:
    """A display that OpenGL can use."""

    def __init__(self, _: Never, /) -> None: ...
    @property
    def kind(self) -> EglDisplayKind:
        """How the display is reached."""
    @property
    def description(self) -> str:
        """For people."""

@final
class Nms(_Enum):
    """Which boxes suppress each other."""

    __members__: ClassVar[dict[str, Nms]]
    def __init__(self, _: Never, /) -> None: ...
    ClassAgnostic: ClassVar[Nms]
    """All of them."""
    ClassAware: ClassVar[Nms]
    """Boxes of the same class."""
    Auto: ClassVar[Nms]
    """As the model's description says, else ClassAgnostic."""

@final
class DecoderType(_Enum):
    """Family of a model output."""

    __members__: ClassVar[dict[str, DecoderType]]
    def __init__(self, _: Never, /) -> None: ...
    Ultralytics: ClassVar[DecoderType]
    ModelPack: ClassVar[DecoderType]

@final
class DecoderVersion(_Enum):
    """Generation of an Ultralytics model."""

    __members__: ClassVar[dict[str, DecoderVersion]]
    def __init__(self, _: Never, /) -> None: ...
    Yolov5: ClassVar[DecoderVersion]
    Yolov8: ClassVar[DecoderVersion]
    Yolo11: ClassVar[DecoderVersion]
    Yolo26: ClassVar[DecoderVersion]

@final
class DimName(_Enum):
    """Meaning of one axis of a model output."""

    __members__: ClassVar[dict[str, DimName]]
    def __init__(self, _: Never, /) -> None: ...
    Batch: ClassVar[DimName]
    Height: ClassVar[DimName]
    Width: ClassVar[DimName]
    NumClasses: ClassVar[DimName]
    NumFeatures: ClassVar[DimName]
    NumBoxes: ClassVar[DimName]
    NumProtos: ClassVar[DimName]
    NumAnchorsXFeatures: ClassVar[DimName]
    Padding: ClassVar[DimName]
    BoxCoords: ClassVar[DimName]

# Values --------------------------------------------------------------------------------------

@final
class Rect:
    """A pixel rectangle, compared by value."""

    left: int
    """Distance from the image's left edge, pixels."""
    top: int
    """Distance from the image's top edge, pixels."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""

    def __init__(self, left: int, top: int, width: int, height: int) -> None: ...
    def __eq__(self, other: object) -> bool: ...
    def __ne__(self, other: object) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Letterbox:
    """Where a picture lies in a model's input after a fit that keeps its aspect.

    Pass content as dst_crop of convert, normalized as letterbox of the drawing and mask methods,
    and decoded boxes through to_source.
    """

    def __init__(self, _: Never, /) -> None: ...
    @property
    def source_width(self) -> int:
        """Pixels of the picture."""
    @property
    def source_height(self) -> int:
        """Pixels of the picture."""
    @property
    def target_width(self) -> int:
        """Pixels of the model input."""
    @property
    def target_height(self) -> int:
        """Pixels of the model input."""
    @property
    def content(self) -> Rect:
        """The picture's rectangle inside the target, at least 1 x 1."""
    @property
    def normalized(self) -> tuple[float, float, float, float]:
        """content in units of the target: (x0, y0, x1, y1)."""
    def to_source(self, boxes: _Boxes) -> _Boxes:
        """Boxes [N, 4] normalised to the target as pixels of the picture, clamped to it."""

def letterbox(
    source_width: int, source_height: int, target_width: int, target_height: int
) -> Letterbox:
    """Fits a picture into a model's input without changing its aspect, rounded as Ultralytics does.

    Raises InvalidArgumentError where a size is 0.
    """

@final
class MaskResolution:
    """Size of the masks that ImageProcessor.materialize_masks makes."""

    def __init__(self, _: Never, /) -> None: ...
    @classmethod
    def Proto(cls) -> MaskResolution:  # noqa: N802
        """The box's crop of the prototype grid."""
    @classmethod
    def Scaled(cls, width: int, height: int) -> MaskResolution:  # noqa: N802
        """The box's part of a picture of width x height pixels."""

@final
class ImageInfo:
    """What a decode wrote, or a peek would write."""

    def __init__(self, _: Never, /) -> None: ...
    @property
    def width(self) -> int:
        """Pixels."""
    @property
    def height(self) -> int:
        """Pixels."""
    @property
    def format(self) -> PixelFormat:
        """The format written."""
    @property
    def row_stride(self) -> int:
        """From row to row in bytes: the tensor's for a decode, width * channels for a peek."""
    @property
    def orientation(self) -> int:
        """Orientation 1...8 found in the file: in its EXIF data, else in XMP; 1 if in neither."""
    @property
    def valid_rows(self) -> int:
        """Rows of the stored picture, from the top, that are undamaged.

        All, unless tolerant was given for a damaged file, or a JPEG lacks a restart marker.
        """

@final
class Colorimetry:
    """How a YUV image relates to RGB."""

    def __init__(
        self,
        *,
        encoding: ColorEncoding = ...,
        range: ColorRange = ...,
    ) -> None:
        """By default BT.709, limited range."""
    @property
    def encoding(self) -> ColorEncoding:
        """The matrix."""
    @property
    def range(self) -> ColorRange:
        """The samples' range."""
    def __eq__(self, other: object) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Quantization:
    """real = scale * (stored - zero_point), per tensor or per index of an axis."""

    def __init__(self, _: Never, /) -> None: ...
    @staticmethod
    def per_tensor(scale: float, zero_point: int) -> Quantization:
        """One scale and zero point."""
    @staticmethod
    def per_tensor_symmetric(scale: float) -> Quantization:
        """One scale, no zero point."""
    @staticmethod
    def per_channel(scales: _Floats, zero_points: _Ints, axis: int) -> Quantization:
        """A scale and zero point per index of an axis.

        Raises InvalidQuantizationError for no scales or lists of different lengths.
        """
    @staticmethod
    def per_channel_symmetric(scales: _Floats, axis: int) -> Quantization:
        """A scale per index of an axis, no zero points.

        Raises InvalidQuantizationError for no scales.
        """
    @property
    def scale(self) -> list[float]:
        """The scales: one per tensor, else one per channel."""
    @property
    def zero_point(self) -> list[int] | None:
        """The zero points; None for the symmetric forms."""
    @property
    def axis(self) -> int | None:
        """The channel axis; None per tensor."""
    @property
    def is_per_tensor(self) -> bool:
        """Exactly one scale."""
    @property
    def is_per_channel(self) -> bool:
        """More than one scale."""
    @property
    def is_symmetric(self) -> bool:
        """No zero points, or all of them 0."""

# Tensor --------------------------------------------------------------------------------------

@final
class TensorMap:
    """CPU view of a tensor's memory in its dtype and shape, made by Tensor.map().

    Supports the buffer protocol: memoryview(m) and numpy.asarray(m) share the memory at its true
    strides; writable unless mapped for CpuAccess.Read. Views outlive the map and the tensor: their
    memory stays, though cache maintenance is done at unmap(), after which every use of the map
    raises NotMappedError.
    """

    def unmap(self) -> None:
        """Ends the access; views already taken stay valid. May be called again."""
    def view(self) -> memoryview:
        """The raw bytes, row padding included: one-dimensional, format 'B'."""
    def __len__(self) -> int:
        """Number of elements; 0 once unmapped."""
    def __getitem__(self, index: SupportsIndex, /) -> Any:
        """Element number index in C order, an int or float; negative ones count from the end.

        Raises ElementIndexError past either end.
        """
    def __setitem__(self, index: SupportsIndex, value: SupportsFloat | SupportsIndex, /) -> None:
        """Writes element number index in C order.

        Raises OverflowError for an int the dtype cannot hold, TypeError for a float into an
        integer tensor, ElementIndexError past either end, BufferError in a map for reading.
        """
    def __delitem__(self, index: SupportsIndex, /) -> None:
        """Raises NotImplementedError."""
    def __iter__(self) -> Iterator[Any]: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

@final
class Tensor:
    """An n-dimensional array in heap, shared or device memory; with a pixel format, an image.

    Tensors may be used from several threads; ordering the accesses to their contents is up to the
    program.
    """

    def __init__(
        self,
        shape: _Ints,
        dtype: str = "float32",
        mem: TensorMemory | None = None,
        name: str | None = None,
    ) -> None:
        """A zero-filled tensor.

        dtype is one of uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64.
        mem None takes DMA, shared memory or heap, whichever works first.
        Raises InvalidArgumentError (dtype), InvalidShapeError ([]), NotSupportedError (mem),
        OutOfMemoryError.
        """
    @staticmethod
    def image(
        width: int,
        height: int,
        format: _Format,
        mem: TensorMemory | None = None,
        dtype: str = "uint8",
        row_stride: int | None = None,
    ) -> Tensor:
        """A zero-filled image of the shape that PixelFormat names, its rows row_stride bytes apart.

        row_stride None means tight rows. Raises InvalidShapeError (Nv12 of odd height),
        InvalidArgumentError (a row_stride below a row).
        """
    @staticmethod
    def wrap(array: NDArray[Any], format: _Format | None = None) -> Tensor:
        """A tensor over the array's own memory, kept alive by the tensor.

        The array must be of one of the eleven dtypes (TypeError) and writable (ValueError). Its
        rows may lie apart, at one distance: a rectangle of a frame, or the rows of a padded camera
        buffer. Rows are the image's; without a format, the indices of axis 0. Raises
        InvalidShapeError for an array that is no image of the format, InvalidArgumentError for
        gaps inside a row, axes that run backwards and planes further apart than their rows: copy
        such an array with from_numpy.

            image = Tensor.wrap(buffer[: h * 3 // 2, :w], PixelFormat.Nv12)  # rows of the pitch
            image = Tensor.from_planes(  # planes apart, each with its pitch
                Tensor.wrap(luma[:h, :w]), Tensor.wrap(chroma[: h // 2, :w]), PixelFormat.Nv12
            )
            image = Tensor.wrap(buffer[:, : w * 3].reshape(h, w, 3), PixelFormat.Rgb)
        """
    @staticmethod
    def from_fd(fd: int, shape: _Ints, dtype: str = "float32", name: str | None = None) -> Tensor:
        """A tensor over the buffer behind a descriptor, which is duplicated: DMA-BUF, memfd, tmpfs.

        Raises InvalidShapeError, IoError (a bad descriptor), NotSupportedError (another kind),
        InsufficientCapacityError (a buffer smaller than the shape), OutOfMemoryError (more than can
        be addressed).
        """
    @staticmethod
    def load(
        filename: _Path,
        format: _Format | None = None,
        mem: TensorMemory | None = None,
        *,
        apply_exif: bool = True,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> Tensor:
        """A JPEG or PNG file as a uint8 image of exactly its size, turned upright by its EXIF tag.

        format None means Rgb; YUV is of BT.601 full range and needs an even width, Nv12 an even
        height as well. The options are decode_image's. The file may be a pipe or a device, as
        "/dev/stdin". Raises NotFoundError, IoError, InvalidDataError, UnsupportedFeatureError.
        """
    @staticmethod
    def load_from_bytes(
        data: _File,
        format: _Format | None = None,
        mem: TensorMemory | None = None,
        *,
        apply_exif: bool = True,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> Tensor:
        """The same from the bytes of a file, or from an open binary file.

        data is anything with a contiguous buffer (bytes, bytearray, memoryview, mmap, array,
        numpy.ndarray), or an object whose read(size) gives bytes (an open file, io.BytesIO, a
        stream), which is read from where it stands to its end, but never beyond max_bytes.
        """
    @staticmethod
    def peek_image_info(
        data: _File,
        format: _Format | None = None,
        *,
        apply_exif: bool = False,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> ImageInfo:
        """Size and orientation of an encoded image from its headers. format None means Rgb.

        data is as for load_from_bytes; of a file all is read.
        Raises InvalidDataError, UnsupportedFeatureError.
        """
    @staticmethod
    def peek_image_info_file(
        filename: _Path,
        format: _Format | None = None,
        *,
        apply_exif: bool = False,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> ImageInfo:
        """The same from a file. Raises NotFoundError and IoError besides."""
    @property
    def dtype(self) -> str:
        """numpy's name of the element type."""
    @property
    def shape(self) -> list[int]:
        """Extents, a fresh list."""
    @property
    def size(self) -> int:
        """Bytes: elements times their size, never with row padding."""
    @property
    def memory(self) -> TensorMemory:
        """Where the bytes live."""
    @property
    def name(self) -> str:
        """Name of the memory."""
    @property
    def format(self) -> PixelFormat | None:
        """The pixel format of an image."""
    @property
    def width(self) -> int | None:
        """Pixels; None without a format."""
    @property
    def height(self) -> int | None:
        """Pixels; None without a format."""
    @property
    def row_stride(self) -> int | None:
        """Bytes from one row to the next; None without a format, but for chroma planes."""
    @property
    def is_planar(self) -> bool:
        """True for PlanarRgb and PlanarRgba."""
    @property
    def fd(self) -> int:
        """A new descriptor of the buffer on every access, for the caller to close.

        Raises NotSupportedError for memory without one.
        """
    def dmabuf_clone(self) -> int:
        """A new descriptor of a DMA-BUF, for the caller to close.

        Raises NotSupportedError for other memory.
        """
    if sys.platform == "darwin":
        @staticmethod
        def from_iosurface(
            surface_ref: int, shape: _Ints, dtype: str = "uint8", name: str | None = None
        ) -> Tensor:
            """A tensor over an IOSurfaceRef, given as an int and retained."""
        @property
        def iosurface_id(self) -> int | None:
            """The IOSurface's id; None for other memory."""
        @property
        def iosurface_ref(self) -> int | None:
            """The IOSurfaceRef as an int, borrowed; None for other memory."""

    @property
    def colorimetry(self) -> Colorimetry | None:
        """How YUV relates to RGB; None means BT.709 limited range."""
    @colorimetry.setter
    def colorimetry(self, value: Colorimetry | None) -> None: ...
    @property
    def quantization(self) -> Quantization | None:
        """A copy of the quantization metadata."""
    def reshape(self, shape: _Ints) -> None:
        """Changes the shape and drops the format; data stay where they are.

        Of an image with padded rows the first bytes count, padding included: copy it to a tight
        one to keep pixels together. Quantization per channel that no longer fits is dropped.
        Raises InvalidShapeError unless the element count stays, OutOfMemoryError for extents whose
        product no memory can hold.
        """
    def set_format(self, format: _Format) -> None:
        """Makes an image of the tensor. Raises InvalidShapeError unless the shape fits."""
    @property
    def capacity(self) -> int:
        """Bytes from the plane offset to the end of the buffer, or of a view's part of it."""
    def resize(self, shape: _Ints) -> None:
        """Any shape that the buffer holds: allocate once, fit every frame. Drops the format.

        Raises InvalidShapeError ([], two planes), InsufficientCapacityError, OutOfMemoryError
        (more than can be addressed).
        """
    def configure_image(self, width: int, height: int, format: _Format) -> None:
        """resize() to an image with tight rows. Raises InvalidShapeError also for odd Nv12."""
    def view(self, rect: Rect) -> Tensor:
        """A rectangle of a packed image with the image's row stride, sharing its bytes.

        Raises NotAnImageError, NotSupportedError (planar formats), InvalidRectError (empty,
        outside, or cutting a Yuyv pair).
        """
    def batch(self, n: int) -> Tensor:
        """Element n of axis 0, without that axis and without format, sharing its bytes.

        Raises InvalidArgumentError (n), InvalidShapeError (one axis), NotSupportedError (padded
        rows, two planes).
        """
    def set_row_stride(self, bytes: int) -> None:
        """Rows of an image start every bytes bytes from now on.

        Raises InvalidArgumentError without a format, below a row, beyond the buffer;
        OutOfMemoryError where the rows exceed what can be addressed.
        """
    @property
    def plane_offset(self) -> int:
        """Bytes from the start of the buffer to the first element."""
    def set_plane_offset(self, bytes: int) -> None:
        """Raises InvalidArgumentError unless a multiple of the element size inside the buffer."""
    @staticmethod
    def from_planes(luma: Tensor, chroma: Tensor, format: _Format) -> Tensor:
        """A semi-planar image of two tensors without format, sharing both.

        luma [h, w] with chroma [h/2, w] (Nv12, h even) or [h, w] (Nv16), else
        InvalidArgumentError. Each keeps the row stride that it was wrapped with.
        """
    @property
    def chroma(self) -> Tensor | None:
        """The chroma plane of an image of two planes; None where all lie in this tensor."""
    def aliases(self, other: Tensor) -> bool:
        """Whether writing one can change the other. Descriptors of one buffer are that buffer."""
    @property
    def buffer_id(self) -> int:
        """A number that no other buffer of the process has or will have; views share it."""
    @property
    def buffer_identity(self) -> BufferIdentity:
        """That number, and whether the buffer still exists: the key of a cache."""
    def with_format(self, format: _Format) -> Tensor:
        """set_format() in an expression: Tensor.from_fd(fd, [4, 4, 3]).with_format("rgb").

        Returns self, as the next two do.
        """
    def with_row_stride(self, bytes: int) -> Tensor:
        """set_row_stride() in an expression; returns self."""
    def with_plane_offset(self, bytes: int) -> Tensor:
        """set_plane_offset() in an expression; returns self."""
    def map(self, access: CpuAccess = ...) -> TensorMap:
        """Opens the memory for the CPU; use it in a with statement.

        access says what for (default CpuAccess.ReadWrite): the cache maintenance of DMA-BUFs
        follows it, and tensors of read-only descriptors open for CpuAccess.Read alone.
        Raises BusyError (a mapped pixel buffer), DisconnectedError, IoError.
        """
    def numpy(self) -> NDArray[Any]:
        """An array over the tensor's memory, at its true strides, that keeps it alive.

        CPU access lasts as long as the array: where a device shares the memory (DMA), drop it
        before the device's turn, or use map(), whose access ends with the with statement.
        It is read-only for a tensor of a read-only descriptor.
        """
    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """What numpy.asarray() takes. Raises InvalidArgumentError where copy=False must cast."""
    @property
    def __array_interface__(self) -> dict[str, Any]:
        """numpy's array interface, version 3; its data entry keeps the mapping alive."""
    @staticmethod
    def from_dlpack(array: Any, copy: bool | None = None) -> Tensor:
        """A tensor over the CPU memory of any array with __dlpack__, or of its capsule.

        copy None shares the memory where it is writable and aligned and at most the indices of
        axis 0 lie apart, and copies it otherwise; True always copies; False raises ExchangeError
        rather than copy. Raises ExchangeError also for other devices and dtypes, InvalidShapeError,
        InvalidArgumentError and OutOfMemoryError for damaged or consumed capsules.
        """
    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """A DLPack capsule over the memory at its true strides that keeps memory and mapping alive.

        A max_version from (1, 0) on gives a versioned capsule, which can say that memory is
        read-only. copy None copies only what DLPack cannot express. Raises ExchangeError.
        """
    def __dlpack_device__(self) -> tuple[int, int]:
        """(1, 0): CPU memory, which every tensor has while it is mapped."""
    def from_numpy(self, src: NDArray[Any] | _ArrayLike | Buffer) -> None:
        """Overwrites all elements with those of an array of any layout, in C order.

        src may also be what numpy.asarray() takes without a guess: a picture of Pillow, a buffer.
        Raises DtypeMismatchError, or InvalidShapeError unless the element counts agree.
        """
    def normalize_to_numpy(
        self,
        dst: NDArray[Any],
        normalization: Normalization = ...,
        zero_point: int | None = None,
    ) -> None:
        """Writes a uint8 image into dst as Normalization says.

        dst has the tensor's first three extents (of Rgba images also [H, W, 3]) in uint8, int8,
        float16, float32 or float64; any strides. Raises TypeError (dtype, rank of dst), ValueError
        (read-only dst), DtypeMismatchError, InvalidShapeError, InvalidArgumentError (mode,
        zero_point), AliasedBuffersError (dst overlaps the tensor, unless its bytes lie where the
        tensor has them).
        """
    def decode_image(
        self,
        data: _File,
        format: _Format | None = None,
        *,
        apply_exif: bool = False,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> ImageInfo:
        """Decodes a JPEG or PNG into the top-left corner at the tensor's row stride.

        data is as for load_from_bytes. Shape, format and the other pixels stay; format None means
        Rgb. apply_exif turns the picture upright. strict refuses JPEGs other than baseline ones of
        grey or colour in one scan or with a breach of the standard that decoders forgive, and PNGs
        with a wrong or missing checksum, with data in several runs or behind the last row, or
        without an end.
        tolerant keeps what a damaged file holds, and ImageInfo.valid_rows tells how much that is.
        threads: to use at most, 0 as many as help; the pixels do not depend on it. Pictures above
        max_pixels, files above max_bytes and JPEGs of more than max_scans scans are refused before
        memory is taken. Grey of a colour picture is its BT.601 luma. In CMYK JPEGs without an Adobe
        segment 255 counts as full ink; Pillow and OpenCV count it as none.
        8-bit value v becomes uint8 v, int8 v ^ 0x80, uint16 v * 257, int16 (v * 257) ^ 0x8000,
        float16 and float32 v / 255. JPEGs may be Huffman-coded, arithmetic-coded or lossless. Those
        of 2 to 8 bits a sample give v as the file holds it; those of 9 to 16 bits and 16-bit PNGs
        keep their precision, the largest sample becoming uint16 65535, and such JPEGs are no uint8
        and no int8. Raises InsufficientCapacityError (a picture larger than the tensor),
        InvalidDataError, UnsupportedFeatureError, NotSupportedError (dtype).
        """
    def decode_image_file(
        self,
        filename: _Path,
        format: _Format | None = None,
        *,
        apply_exif: bool = False,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> ImageInfo:
        """The same from a file. Raises NotFoundError and IoError besides."""
    def save_jpeg(self, filename: _Path, quality: int = 80) -> None:
        """Writes a uint8 Rgb, Rgba (alpha dropped), Bgra, Grey or Nv12 image as baseline JPEG.

        Chroma is 4:2:0 below quality 90, 4:4:4 from there on. The file is written beside its name
        and then renamed: where that fails, an old file stays as it was.
        Raises NotAnImageError, NotSupportedError, NotFoundError (no such folder), IoError.
        """
    def encode_jpeg(self, quality: int = 80) -> bytes:
        """The bytes that save_jpeg would write."""
    def set_quantization_per_tensor(self, scale: float, zero_point: int) -> None:
        """One scale and zero point. Raises InvalidQuantizationError; the old value stays then."""
    def set_quantization_per_tensor_symmetric(self, scale: float) -> None:
        """One scale, zero point 0."""
    def set_quantization_per_channel(self, scales: _Floats, zero_points: _Ints, axis: int) -> None:
        """A scale and zero point per index of an axis."""
    def set_quantization_per_channel_symmetric(self, scales: _Floats, axis: int) -> None:
        """A scale per index of an axis, zero points 0."""
    def clear_quantization(self) -> None:
        """Removes the metadata."""

@final
class BufferIdentity:
    """What a cache keeps of a buffer without keeping the buffer, made by Tensor.buffer_identity.

    Compared and hashed by id: `cache[tensor.buffer_identity] = texture`, and from time to time
    `cache = {key: value for key, value in cache.items() if key.is_alive}`.
    """

    def __init__(self, _: Never, /) -> None: ...
    @property
    def id(self) -> int:
        """Tensor.buffer_id, also after the buffer's end."""
    @property
    def is_alive(self) -> bool:
        """Whether a tensor, view, map or array still holds the buffer."""
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

# Codec ---------------------------------------------------------------------------------------

@final
class ImageDecoder:
    """Decodes pictures with scratch memory of its own, which goes with the object.

    The functions of Tensor do the same with a decoder of the calling thread. Calls from several
    threads take turns: make one decoder per thread or stage.
    """

    def __init__(self) -> None: ...
    def decode(
        self,
        data: _File,
        tensor: Tensor,
        format: _Format | None = None,
        *,
        apply_exif: bool = False,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> ImageInfo:
        """Tensor.decode_image(data) of tensor."""
    def decode_file(
        self,
        filename: _Path,
        tensor: Tensor,
        format: _Format | None = None,
        *,
        apply_exif: bool = False,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> ImageInfo:
        """Tensor.decode_image_file(filename) of tensor."""
    def load(
        self,
        data: _File,
        format: _Format | None = None,
        mem: TensorMemory | None = None,
        *,
        apply_exif: bool = True,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> Tensor:
        """Tensor.load_from_bytes(data)."""
    def load_file(
        self,
        filename: _Path,
        format: _Format | None = None,
        mem: TensorMemory | None = None,
        *,
        apply_exif: bool = True,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> Tensor:
        """Tensor.load(filename)."""
    def peek(
        self,
        data: _File,
        format: _Format | None = None,
        *,
        apply_exif: bool = False,
        strict: bool = False,
        tolerant: bool = False,
        threads: int = 0,
        max_pixels: int = ...,
        max_bytes: int = ...,
        max_scans: int = ...,
    ) -> ImageInfo:
        """Tensor.peek_image_info(data)."""

# Image ---------------------------------------------------------------------------------------

@final
class PlaneDescriptor:
    """Where one plane of an image lies: PlaneDescriptor(fd).with_stride(4096).with_offset(64).

    For ImageProcessor.import_image, in place of a descriptor with its stride and offset.
    """

    def __init__(self, fd: int) -> None:
        """The descriptor is duplicated. Raises IoError."""
    def with_stride(self, bytes: int) -> PlaneDescriptor:
        """Rows start every bytes bytes; returns self. Raises InvalidArgumentError for 0."""
    def with_offset(self, bytes: int) -> PlaneDescriptor:
        """The first pixel lies at that byte of the buffer; returns self."""
    @property
    def stride(self) -> int | None:
        """Bytes from row to row; None: tight rows."""
    @property
    def offset(self) -> int:
        """Bytes."""

@final
class Fence:
    """The end of work that goes on without its caller, as ImageProcessor.convert_async() gives it.

    `with fence:` waits at the end of its block. Dropping it neither stops the work nor waits.
    """

    def __init__(self, _: Never, /) -> None: ...
    @property
    def done(self) -> bool:
        """Whether the work is over, well or not."""
    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the end, at most timeout seconds; False where they pass first.

        Raises what the work failed with, every time; DisconnectedError in a forked child where it
        was not over; ValueError for a negative timeout. Other threads run meanwhile.
        """
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...

@final
class ImageProcessor:
    """Converts and draws images on the best backend at hand: OpenGL ES, G2D or CPU.

    Make one per pipeline and reuse it. Calls from several threads take turns.
    """

    def __init__(self, egl_display: EglDisplayKind | None = None, backend: str = "auto") -> None:
        """backend is auto, cpu, g2d or opengl; auto follows the EDGEFIRST_* variables.

        egl_display is the only kind of display that OpenGL may use; without it the first that
        answers. Where the backend named is absent the CPU does the work: backends tells, and
        explain() why OpenGL is absent.

        Raises BackendUnavailableError where EDGEFIRST_FORCE_BACKEND names an absent backend.
        """
    @property
    def backends(self) -> list[str]:
        """The backends in use, in order of preference."""
    @property
    def request_counts(self) -> list[tuple[str, str, int]]:
        """(backend, reason, count) of every answer to valid conversions and drawings so far.

        The reason says why the backend declined; it is "" for requests that it took.
        """
    def create_image(
        self, width: int, height: int, format: _Format = ..., dtype: str = "uint8"
    ) -> Tensor:
        """A zero-filled image in the memory that suits the backends; rows may be padded.

        format is Rgba by default. Raises InvalidArgumentError (dtype), InvalidShapeError.
        """
    def import_image(
        self,
        fd: int | PlaneDescriptor,
        width: int,
        height: int,
        format: _Format,
        dtype: str = "uint8",
        stride: int | None = None,
        offset: int | None = None,
        chroma_fd: int | PlaneDescriptor | None = None,
        chroma_stride: int | None = None,
        chroma_offset: int | None = None,
    ) -> Tensor:
        """An image over the DMA-BUF of a camera, codec or NPU; descriptors are duplicated.

        stride and offset are bytes; a PlaneDescriptor carries its own. A chroma_fd makes a
        two-plane Nv12 of shape [height, width].
        Raises InvalidArgumentError, InvalidShapeError, NotSupportedError (format, dtype, no
        DMA-BUF), IoError, InsufficientCapacityError.
        """
    def convert(
        self,
        src: Tensor,
        dst: Tensor,
        rotation: Rotation = ...,
        flip: Flip = ...,
        src_crop: Rect | None = None,
        dst_crop: Rect | None = None,
        dst_color: Sequence[int] | None = None,
        filter: Filter = ...,
        scale: float | _Floats | None = None,
        offset: float | _Floats | None = None,
    ) -> None:
        """Crops src, flips, rotates, scales into dst_crop, and converts format, colour and dtype.

        dst_color (R, G, B, A) fills what dst_crop leaves; None leaves it as it is. Float
        destinations hold v * scale + offset per channel for 8-bit v; the default scale is 1 / 255.
        Integer destinations take neither. What has no effect is a warning of the log: an empty
        crop, which leaves dst as it is, dst_color without dst_crop, scale or offset for integers.
        Raises NotAnImageError, InvalidRectError, InvalidArgumentError (NaN or infinity in scale,
        offset), AliasedBuffersError, NotSupportedError, NoBackendError; ValueError for sequences
        of the wrong length.
        """
    def convert_async(
        self,
        src: Tensor,
        dst: Tensor,
        rotation: Rotation = ...,
        flip: Flip = ...,
        src_crop: Rect | None = None,
        dst_crop: Rect | None = None,
        dst_color: Sequence[int] | None = None,
        filter: Filter = ...,
        scale: float | _Floats | None = None,
        offset: float | _Floats | None = None,
    ) -> Fence:
        """Submits that convert and returns at once, so that the caller overlaps other work.

        What is wrong with the arguments is raised here, what has no effect (see convert) too, all
        else by Fence.wait(). Conversions of one processor are done in the order of submission, and
        its other calls come after them. The memory of src and dst is kept; until the fence is done
        dst must not be touched and src not be changed. 64 may be pending, then the call waits. A
        processor ends its work before it goes. A forked child converts at once.
        """
    def explain(
        self,
        src: Tensor,
        dst: Tensor,
        rotation: Rotation = ...,
        flip: Flip = ...,
        src_crop: Rect | None = None,
        dst_crop: Rect | None = None,
        dst_color: Sequence[int] | None = None,
        filter: Filter = ...,
        scale: float | _Floats | None = None,
        offset: float | _Floats | None = None,
    ) -> list[tuple[str, bool, str]]:
        """(backend, accepts, reason) of every backend for that convert, in order of preference.

        Raises what convert_async raises.
        """
    def draw_decoded_masks(
        self,
        dst: Tensor,
        bbox: _Boxes,
        scores: _Scores,
        classes: _Classes,
        seg: Sequence[NDArray[np.uint8] | NDArray[np.bool_]] = ...,
        background: Tensor | None = None,
        opacity: float = 1.0,
        letterbox: Sequence[float] | None = None,
        color_mode: ColorMode = ...,
        labels: bool = False,
        class_names: Sequence[str] | Mapping[int, str] = ...,
        tracks: Sequence[TrackInfo | None] = ...,
    ) -> None:
        """Rewrites dst (uint8 Rgb, Rgba or Bgra): background or zeros, then boxes, masks, labels.

        bbox [N, 4] normalised xyxy, scores [N], classes [N]; seg holds [h, w, 1] or [h, w] masks,
        one per box, or one [h, w, classes] map. Masks are uint8, 0 and 255 (more than 127 is
        painted, so that 1 is not), or bool. Masks of decode and materialize_masks are painted where
        they were computed, whole cells of the prototype grid; other arrays, copies too, into their
        box. opacity scales the masks' alpha. letterbox is Letterbox.normalized. labels writes
        "name score" at the boxes; the font has printable ASCII, and another character is drawn as
        a box. class_names is a sequence, or a dict from class to name as models carry it,
        {0: "person"}; a class without a name shows its number, and of a name 256 bytes at most are
        drawn. tracks is parallel to bbox, with None for a box without a track, as ByteTrack.update
        returns it: such a box takes the colour of its place, and its label shows no track. A box
        outside the picture, or with a NaN or an infinity in its corners or score, paints nothing.
        What has no effect is a warning of the log: boxes or a letterbox in pixels, class_names
        without labels, tracks that neither labels nor colours show, maps behind the first.
        Raises InvalidShapeError, InvalidArgumentError, AliasedBuffersError, NotSupportedError.
        """
    def draw_proto_masks(
        self,
        dst: Tensor,
        bbox: _Boxes,
        scores: _Scores,
        classes: _Classes,
        proto_data: ProtoData,
        background: Tensor | None = None,
        opacity: float = 1.0,
        letterbox: Sequence[float] | None = None,
        color_mode: ColorMode = ...,
        labels: bool = False,
        class_names: Sequence[str] | Mapping[int, str] = ...,
        tracks: Sequence[TrackInfo | None] = ...,
    ) -> None:
        """draw_decoded_masks with masks computed from what Decoder.decode_proto returned.

        Coefficient row i belongs to box i; boxes beyond the last row are outlines. proto_data can
        be drawn any number of times, until a take_ call empties it (InvalidArgumentError). What
        draw_decoded_masks warns of is an InvalidArgumentError here.

            boxes, scores, classes, protos = decoder.decode_proto(outputs)
            if protos is not None:
                processor.draw_proto_masks(canvas, boxes, scores, classes, protos, background=frame)

        Raises InvalidShapeError, InvalidArgumentError, AliasedBuffersError, NotSupportedError.
        """
    def draw_masks(
        self,
        decoder: Decoder,
        model_output: _Outputs,
        dst: Tensor,
        tracker: ByteTrack | None = None,
        timestamp: int | None = None,
        background: Tensor | None = None,
        opacity: float = 1.0,
        letterbox: Sequence[float] | None = None,
        color_mode: ColorMode = ...,
    ) -> tuple[Any, ...]:
        """Decodes and draws: (boxes, scores, classes), with a tracker (..., tracks).

        timestamp in ns defaults to the wall clock and counts for the tracker alone. Errors of
        Decoder.decode and draw_decoded_masks.
        """
    def materialize_masks(
        self,
        bbox: _Boxes,
        scores: _Scores,
        classes: _Classes,
        proto_data: ProtoData,
        letterbox: Sequence[float] | None = None,
        resolution: MaskResolution | None = None,
    ) -> _Masks:
        """One [h, w, 1] array of 0 and 255 per box from the results of Decoder.decode_proto.

        resolution None means MaskResolution.Proto(). Raises InvalidShapeError where counts differ,
        InvalidArgumentError for an emptied proto_data or a resolution without pixels.
        """
    def set_class_colors(self, colors: Sequence[Sequence[int]]) -> None:
        """Replaces the first colours (R, G, B, A) of the palette of 20."""
    def set_int8_interpolation(self, mode: str) -> None:
        """Accepts nearest, bilinear or twopass, for programs written for EdgeFirst HAL; no effect.

        Prototypes of every dtype become float32 logits on every backend, which are then
        interpolated linearly: all modes give the CPU's answer.
        Raises InvalidArgumentError for another mode.
        """

# Decoder -------------------------------------------------------------------------------------

@final
class Output:
    """Describes one model output for Decoder.new_from_outputs.

    Every factory takes exactly one of shape (axes in the role's canonical order) and dshape (named
    axes in physical order), else ValueError.
    """

    def __init__(self, _: Never, /) -> None: ...
    @staticmethod
    def detection(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """Boxes and scores in one tensor: [batch, num_features, num_boxes]."""
    @staticmethod
    def boxes(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """Box coordinates: [batch, box_coords, num_boxes]."""
    @staticmethod
    def scores(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """Class scores: [batch, num_classes, num_boxes]."""
    @staticmethod
    def protos(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """Mask prototypes: [batch, height, width, num_protos]."""
    @staticmethod
    def segmentation(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """A semantic map: [batch, height, width, num_classes]."""
    @staticmethod
    def mask_coefficients(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """Mask coefficients: [batch, num_protos, num_boxes]."""
    @staticmethod
    def mask(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """Masks."""
    @staticmethod
    def classes(
        shape: _Ints | None = None,
        dshape: Sequence[tuple[DimName, int]] | None = None,
        decoder: DecoderType = ...,
    ) -> Output:
        """Class indices: [batch, num_classes, num_boxes]."""
    def with_quantization(self, scale: float, zero_point: int) -> Output:
        """Sets the quantization; returns self. 1 and 0: the integers are the values."""
    def with_anchors(self, anchors: Sequence[tuple[float, float]]) -> Output:
        """Sets normalised (width, height) anchors; returns self. ValueError unless a detection."""
    def with_objectness(self) -> Output:
        """Says that feature 4 is a factor of every class score (YOLOv5); returns self.

        Raises ValueError for anything but detection.
        """
    def with_normalized(self, normalized: bool) -> Output:
        """Says whether coordinates are in 0...1; returns self. ValueError unless they are boxes."""

@final
class ProtoData:
    """Masks left as ingredients: mask i = sigmoid(coefficients[i] . protos)."""

    def __init__(self, _: Never, /) -> None: ...
    @property
    def layout(self) -> str:
        """'nhwc': protos are [H, W, K]; 'nchw': [K, H, W]."""
    def take_protos(self) -> Tensor | None:
        """The prototypes, once; then None, and materialize_masks refuses this object."""
    def take_mask_coefficients(self) -> Tensor | None:
        """The coefficients [N, K], once; then None, and materialize_masks refuses this object."""

@final
class Decoder:
    """Turns model outputs into boxes, scores, classes and masks.

    Concurrent decodes of one Decoder are fine; changing a threshold waits for them.
    """

    def __init__(
        self,
        config: dict[str, Any],
        score_threshold: float = 0.1,
        iou_threshold: float = 0.7,
        nms: Nms | None = ...,
        input_dims: tuple[int, int] | None = None,
    ) -> None:
        """config describes the model: what json.loads gives for its edgefirst.json.

        nms None means no suppression, Auto what config says. input_dims is (width, height); a 0
        counts as unknown. Of several outputs of one type the last counts, grids of ModelPack all.
        Thresholds are taken as they come. Raises InvalidConfigError, also for a schema_version that
        is no whole number.
        """
    @staticmethod
    def new_from_json_str(
        json_str: str,
        score_threshold: float = 0.1,
        iou_threshold: float = 0.7,
        nms: Nms | None = ...,
        input_dims: tuple[int, int] | None = None,
    ) -> Decoder:
        """A decoder for a model described in JSON. Raises InvalidConfigError."""
    @staticmethod
    def new_from_yaml_str(
        yaml_str: str,
        score_threshold: float = 0.1,
        iou_threshold: float = 0.7,
        nms: Nms | None = ...,
        input_dims: tuple[int, int] | None = None,
    ) -> Decoder:
        """A decoder for a model described in YAML. Raises InvalidConfigError."""
    @staticmethod
    def from_model(
        path: _Path,
        score_threshold: float = 0.25,
        iou_threshold: float = 0.45,
        nms: Nms | None = ...,
        input_dims: tuple[int, int] | None = None,
    ) -> Decoder:
        """A decoder for what an ONNX or TFLite file says about itself.

        The configuration in the file or beside it (edgefirst.json), else the shapes of the outputs
        with the keys that Ultralytics writes; explanation says why. Raises FileNotFoundError,
        InvalidDataError (damaged), InvalidConfigError (outputs that could mean several things).
        """
    @staticmethod
    def new_from_outputs(
        outputs: Sequence[Output],
        score_threshold: float = 0.25,
        iou_threshold: float = 0.45,
        nms: Nms | None = ...,
        decoder_version: DecoderVersion | None = None,
        input_dims: tuple[int, int] | None = None,
    ) -> Decoder:
        """A decoder for outputs described one by one. Raises InvalidConfigError."""
    score_threshold: float
    """Least score of a detection."""
    iou_threshold: float
    """Overlap above which NMS suppresses the weaker box; from 1 on nothing is suppressed."""
    pre_nms_top_k: int
    """Best candidates that enter NMS; 0: all."""
    max_det: int
    """Most detections of a frame."""
    @property
    def nms(self) -> Nms | None:
        """The mode asked for, never Auto; None without NMS. End-to-end models run none in any."""
    @property
    def normalized_boxes(self) -> bool | None:
        """Whether boxes are normalised; None where the model does not say."""
    @property
    def input_dims(self) -> tuple[int, int] | None:
        """(width, height) of the model input."""
    @property
    def model_type(self) -> str:
        """The kind of model that the configuration describes, for example "yolo_seg_det"."""
    def is_end_to_end(self) -> bool:
        """Whether the model suppresses by itself: its rows are kept as they come.

        NMS, iou_threshold and pre_nms_top_k have no effect then (a warning of the log).
        """
    @property
    def batch_size(self) -> int:
        """Elements of the batch that the outputs hold."""
    @property
    def explanation(self) -> str:
        """How the decoder is configured and why, a line a fact."""
    @property
    def class_count(self) -> int | None:
        """Scores that each anchor has; None where rows name their class, and for maps alone."""
    @property
    def configuration(self) -> str:
        """The description in use as edgefirst.json (generation 2), for what from_model found."""
    def decode(
        self,
        model_output: _Outputs,
        max_boxes: int = 100,
        *,
        element: int = 0,
        masks: bool = True,
        letterbox: Letterbox | None = None,
    ) -> tuple[_Boxes, _Scores, _Classes, _Masks]:
        """(boxes [N, 4] xyxy, scores [N], classes [N], masks) of one frame, best score first
        where NMS runs; models that suppress by themselves keep their order, and without NMS
        (nms=None) detection-only models keep the order of their anchors.

        model_output holds tensors, or numpy arrays of any layout; integer arrays take the
        quantization of the configuration. Each configured output takes the first unused one of its
        shape, with or without its padding axes; tensors that bear its name come first. Masks are
        one [h, w, 1] crop of 0...255 per box, or one [H, W, classes] map. element is the number in
        the batch; masks False leaves them out. With a letterbox, boxes are pixels of its source
        picture; masks and tracks stay normalised to the model input.
        Raises InvalidShapeError (no tensor of a configured shape), InvalidConfigError (dtypes,
        boxes of unknown unit for a letterbox), MissingQuantizationError (integers whose scale
        neither the tensor nor the configuration gives; scale 1 and zero point 0 take them as they
        are).
        """
    def decode_batch(
        self,
        model_output: _Outputs,
        max_boxes: int = 100,
        *,
        masks: bool = True,
        letterbox: Letterbox | None = None,
    ) -> list[tuple[_Boxes, _Scores, _Classes, _Masks]]:
        """What decode returns, for every element of the batch."""
    def decode_proto(
        self,
        model_output: _Outputs,
        max_boxes: int = 100,
        *,
        element: int = 0,
        letterbox: Letterbox | None = None,
    ) -> tuple[_Boxes, _Scores, _Classes, ProtoData | None]:
        """The same boxes, masks left as prototypes; None for models without them."""
    def decode_tracked(
        self,
        tracker: ByteTrack,
        timestamp: int,
        model_output: _Outputs,
        max_boxes: int = 100,
        *,
        element: int = 0,
        masks: bool = True,
        letterbox: Letterbox | None = None,
    ) -> tuple[_Boxes, _Scores, _Classes, _Masks, list[TrackInfo]]:
        """Decodes, advances the tracker to timestamp (ns) and returns tracked boxes.

        tracks is parallel to boxes; tracks not seen in this frame come last and have no mask.
        """
    def decode_proto_tracked(
        self,
        tracker: ByteTrack,
        timestamp: int,
        model_output: _Outputs,
        max_boxes: int = 100,
        *,
        element: int = 0,
        letterbox: Letterbox | None = None,
    ) -> tuple[_Boxes, _Scores, _Classes, ProtoData | None, list[TrackInfo]]:
        """As decode_tracked, masks left as prototypes with one row per box of this frame."""

# Tracker -------------------------------------------------------------------------------------

@final
class TrackInfo:
    """One track as reported for a frame, compared by value."""

    def __init__(
        self,
        uuid: str,
        tracked_location: _Floats,
        count: int,
        created: int,
        last_updated: int,
    ) -> None:
        """Raises ValueError for a malformed uuid or a location without four numbers."""
    @property
    def uuid(self) -> str:
        """36 lower-case characters with hyphens."""
    @property
    def tracked_location(self) -> list[float]:
        """The filter's box, normalised [xmin, ymin, xmax, ymax]."""
    @property
    def count(self) -> int:
        """Detections matched so far."""
    @property
    def created(self) -> int:
        """Time of the first detection, ns."""
    @property
    def last_updated(self) -> int:
        """Time of the last detection, ns."""
    def __eq__(self, other: object) -> bool: ...
    def __ne__(self, other: object) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class ActiveTrackInfo:
    """A living track with its last raw detection, compared by value."""

    def __init__(self, track_info: TrackInfo, bbox: _Floats, score: float, label: int) -> None: ...
    @property
    def info(self) -> TrackInfo:
        """The track."""
    @property
    def last_box(self) -> tuple[list[float], float, int]:
        """([xmin, ymin, xmax, ymax], score, label) of the last detection."""
    @property
    def state(self) -> str:
        """'tentative', 'confirmed' or 'lost' (not matched by the last update)."""
    def __eq__(self, other: object) -> bool: ...
    def __ne__(self, other: object) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class ByteTrack:
    """Follows detections over time (ByteTrack, ECCV 2022).

    Calls from several threads take turns.
    """

    def __init__(
        self,
        high_conf: float = 0.7,
        iou: float = 0.25,
        update: float = 0.25,
        lifespan_ns: int = 500_000_000,
        *,
        optimal_assignment: bool = False,
        timed_motion: bool = False,
        frame_ns: int = 33_333_333,
        per_class: bool = False,
        low_conf: float = 0.0,
        confirm_after: int = 1,
        match_tiny: bool = False,
    ) -> None:
        """A score of high_conf starts a track; iou is the least overlap of a match.

        update is the share of the innovation that corrects the filter's state. A track that was not
        matched for longer than lifespan_ns ends, whatever came in between; after a timestamp that
        goes back, tracks count as matched at that timestamp. The defaults of the others give the
        numbers of EdgeFirst HAL 0.24. optimal_assignment: exactly the least cost, near-linear on
        sparse scenes. Where more than 2048 boxes or tracks overlap in one crowd, or 8 million pairs
        in a frame, boxes choose in turn instead, best score first, the track that they overlap
        most. timed_motion: tracks move by the time between timestamps, in steps of frame_ns.
        per_class: a detection continues tracks of its own label only. low_conf: least score of the
        second association. confirm_after: detections until a track is reported. match_tiny: also
        boxes whose union is at most 1e-5. Raises InvalidArgumentError for confirm_after below 1,
        for timed_motion with a frame_ns of 0 and for a low_conf of NaN; high_conf, iou and update
        are taken as they come.
        """
    def update(
        self,
        boxes: _Boxes,
        scores: _Scores | Sequence[float],
        labels: _Classes | Sequence[int],
        timestamp_ns: int,
    ) -> list[TrackInfo | None]:
        """Advances one frame with boxes [N, 4] xyxy; one entry per box, None without a track.

        Unequal lengths are cut to the shortest. Raises ValueError for fewer than 4 columns.
        """
    def get_active_tracks(self) -> list[ActiveTrackInfo]:
        """Every living track as of after the last update, also those not seen lately."""
    def snapshot(self) -> bytes:
        """Options and tracks as bytes, the same on every machine."""
    @staticmethod
    def restore(snapshot: Buffer) -> ByteTrack:
        """A tracker that continues where the snapshot was taken. Raises InvalidDataError."""
    def __getstate__(self) -> bytes: ...
    def __setstate__(self, state: bytes, /) -> None: ...

# Runtime -------------------------------------------------------------------------------------

@final
class Tracing:
    """Writes timed spans of the library's steps to a file that ui.perfetto.dev opens.

    One capture runs at a time; any number may follow one another. A function in place of the path
    is called with each event, a JSON object as text, when calls return to Python. The file, or the
    events together, take at most max_bytes bytes (0: no limit, else at least 1024): spans that do
    not fit are left out, and the last event, "trace.full", tells how many. Events of worker threads
    are named "parallel.work" or "image.gl", with an arrow from the span that handed them over.
    """

    def __init__(self, path: _Path | Callable[[str], object], max_bytes: int = 0) -> None: ...
    def start(self) -> None:
        """Begins the capture. Raises AlreadyActiveError, IoError, InvalidArgumentError."""
    def stop(self) -> None:
        """Completes the file, or calls the function for the last time.

        Does nothing unless this object started the capture. Raises IoError where the file could not
        be written whole, on a full disk for example; so does __exit__, unless its block has failed.
        """
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        _exc_type: type[BaseException] | None = None,
        _exc_val: BaseException | None = None,
        _exc_tb: TracebackType | None = None,
    ) -> bool: ...

def version() -> str:
    """The library's version by semantic versioning, "1.0.0"."""

def compatible_version() -> str:
    """The EdgeFirst HAL whose programs run unchanged on this library, "0.24.2"."""

def document_as_json(text: str, keeps_text: bool = False) -> str:
    """The text of a configuration, JSON or YAML, as JSON.

    keeps_text leaves plain scalars of YAML as they are written, as class names want it: no, 007.
    Raises InvalidConfigError for text that is neither, and beyond 4 MiB, 64 levels or 2^18 values,
    which YAML's aliases count towards as often as they are used.
    """

def decoder_of_run(
    run: dict[str, Any], thresholds: tuple[float, float], nms: Nms, size: tuple[int, int]
) -> Decoder:
    """A decoder for a model of which one run is known, for the package's own loader.

    run: outputs [(name, Tensor)], is_tflite, metadata [(key, value)], class_names, and perhaps a
    configuration with its source. thresholds are score and IoU, size is width, height. Raises
    InvalidConfigError.
    """

_Tensors = list[tuple[str, list[int], tuple[float, int] | None]]

def model_contents(path: _Path) -> tuple[_Tensors, _Tensors, list[tuple[str, str]]]:
    """Name, shape and (scale, zero point) of a model file's inputs and of its outputs, and texts.

    The texts are keys and values of an ONNX file, or those of the archive of a TFLite file.

    0 stands for an extent left open, None for no scale or several. Raises FileNotFoundError,
    IoError, InvalidDataError, NotSupportedError.
    """

def mismatch_of(configuration: str, file: str, shapes: list[list[int]], classes: list[str]) -> str:
    """Why an edgefirst.json beside the model file is that of another model; "" where it may fit.

    shapes are those of the outputs, 0 where left open. Raises InvalidConfigError where only the
    classes differ, and for a text that is no configuration.
    """

def appended_texts(path: _Path) -> list[tuple[str, str]]:
    """Names and contents of the texts in the archive that exporters append to a TFLite file.

    Empty without an archive. Raises FileNotFoundError, IoError, and InvalidDataError for a damaged
    archive or one beyond 256 entries, 4 MiB a text or 16 MiB in all.
    """

def build_info() -> str:
    """Version, SIMD target, threads, SIMD targets to choose from, one per line.

    A line that begins with "environment: " names each variable whose value it cannot have.
    """

def simd_target() -> str:
    """The SIMD target that kernels run on, for example "AVX2"; EDGEFIRST_SIMD can lower it."""

def is_dma_available() -> bool:
    """Whether DMA-BUF tensors can be made here."""

def is_iosurface_available() -> bool:
    """Whether IOSurface tensors can be made here."""

def is_gpu_buffer_available() -> bool:
    """Whether buffers can be shared with the GPU: DMA-BUF on Linux, IOSurface on macOS."""

def is_shm_available() -> bool:
    """Whether shared memory tensors can be made here."""

def probe_egl_displays() -> list[EglDisplayInfo]:
    """The display that OpenGL uses in this process, or would use; empty without one.

    Raises NotFoundError where the EGL library is missing.
    """

def from_dlpack(array: Any, copy: bool | None = None) -> Tensor:
    """Tensor.from_dlpack under the name that array libraries give it."""

def dequantize(input: Tensor, scale: float, zero_point: int, output: Tensor) -> None:
    """output = input * scale - zero_point * scale for uint8...int32 input and float32 output.

    Raises InvalidArgumentError for other dtypes or element counts that differ,
    AliasedBuffersError where the two share memory.
    """

def align_width_for_gpu_pitch(width: int, bpp: int) -> int:
    """The smallest width from width on whose rows of bpp-byte pixels are multiples of 64 bytes."""

def align_width_for_pixel_format(width: int, format: _Format, dtype: str = "uint8") -> int:
    """The same for the pixels of a format. Raises InvalidArgumentError for an unknown dtype."""

def gpu_dma_buf_pitch_alignment_bytes() -> int:
    """Row pitch that GPUs need to import an image: 64."""

def set_log_level(level: str) -> None:
    """Sends the library's records up to level to logging.getLogger("edgefirst_hal").

    level is off, error, warn, info, debug or trace; it starts as EDGEFIRST_LOG or RUST_LOG says,
    else off. Records arrive when a call returns to Python.
    """

def set_log_filter(filter: str) -> None:
    """Sends the records that filter chooses to logging.getLogger("edgefirst_hal").

        set_log_filter("warn,edgefirst_codec=trace,edgefirst_image::gl=off")

    The syntax is that of RUST_LOG, which is read at import. Parts are separated by commas: a level
    (off, error, warn, info, debug, trace, or 0 to 5) is for all targets, target=level for one, and
    a target alone passes whole. Of several rules for a record the one with the longest target
    decides. "/regex" behind the parts chooses by text. Targets are edgefirst_codec,
    edgefirst_decoder, edgefirst_image, edgefirst_tensor, edgefirst_tracker and edgefirst_hal, with
    "::module" behind them; edgefirst stands for all, and targets of other libraries choose nothing.
    A record keeps its target as record.target; its logger is called edgefirst_hal.image.gl for
    edgefirst_image::gl. Raises InvalidArgumentError for any other part.
    """
