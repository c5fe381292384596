// SPDX-License-Identifier: Apache-2.0
// Tensors: a shape, a dtype and optional image metadata over shared storage.
//
// A Tensor is a cheap value: copying it shares the storage (and its identity) and never allocates.
// Storage lives until the last Tensor and the last TensorMap over it are gone, so nothing a
// caller holds can dangle.
//
// Thread-safety: const functions of one Tensor may run concurrently; changing one needs exclusive
// access. Several maps of one tensor may be open at once (except PBO); ordering the accesses to
// the mapped bytes is the caller's business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edgefirst/dtype.hpp"
#include "edgefirst/error.hpp"
#include "edgefirst/export.hpp"
#include "edgefirst/geometry.hpp"
#include "edgefirst/pixel_format.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst {

class Storage;  // cpp/tensor/storage.hpp: owns the bytes

/// Where the bytes live. The values are part of the Python interface.
enum class TensorMemory : std::uint8_t {
  kDma = 0,  ///< Linux DMA-BUF, IOSurface on macOS
  kShm = 1,  ///< POSIX shared memory
  kPbo = 2,  ///< OpenGL pixel buffer, created by an ImageProcessor only
  kMem = 3,  ///< heap
};
/// "dma", "shm", "pbo", "mem".
EDGEFIRST_API const char* tensor_memory_name(TensorMemory memory);

/// What a map is for. Cache maintenance of DMA-BUFs follows it.
enum class CpuAccess : std::uint8_t { kRead = 1, kWrite = 2, kReadWrite = 3 };

/// Up to kMaxRank extents, stored inline so that copying never allocates.
class EDGEFIRST_API Shape {
 public:
  static constexpr std::size_t kMaxRank = 16;

  Shape() = default;
  Shape(std::initializer_list<std::size_t> extents);
  /// Throws kInvalidShape for more than kMaxRank extents.
  explicit Shape(Span<const std::size_t> extents);

  std::size_t rank() const { return rank_; }
  std::size_t operator[](std::size_t axis) const { return extents_[axis]; }
  const std::size_t* data() const { return extents_.data(); }
  const std::size_t* begin() const { return extents_.data(); }
  const std::size_t* end() const { return extents_.data() + rank_; }
  /// Product of the extents. Throws kOutOfMemory where it overflows.
  std::size_t element_count() const;
  /// "[1, 84, 8400]"
  std::string to_string() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t i = 0; i < a.rank_; ++i) {
      if (a.extents_[i] != b.extents_[i]) return false;
    }
    return true;
  }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  std::array<std::size_t, kMaxRank> extents_{};
  std::size_t rank_ = 0;
};

/// real = scale[c] * (stored - zero_point[c]); one scale, or one per index of an axis.
class EDGEFIRST_API Quantization {
 public:
  static Quantization per_tensor(float scale, std::int32_t zero_point);
  static Quantization per_tensor_symmetric(float scale);
  /// Throws kInvalidQuantization for empty scales or unequal lengths.
  static Quantization per_channel(std::vector<float> scales, std::vector<std::int32_t> zero_points,
                                  std::size_t axis);
  static Quantization per_channel_symmetric(std::vector<float> scales, std::size_t axis);

  const std::vector<float>& scales() const { return scales_; }
  /// Empty for the symmetric forms.
  const std::vector<std::int32_t>& zero_points() const { return zero_points_; }
  std::optional<std::size_t> axis() const { return axis_; }
  bool is_per_tensor() const { return scales_.size() == 1; }
  bool is_per_channel() const { return scales_.size() > 1; }
  /// No zero points, or all of them zero.
  bool is_symmetric() const;
  float scale(std::size_t channel = 0) const;
  std::int32_t zero_point(std::size_t channel = 0) const;

 private:
  std::vector<float> scales_;
  std::vector<std::int32_t> zero_points_;
  std::optional<std::size_t> axis_;
};

/// A process-unique number for a buffer, and a guard that expires with it: the key of caches that
/// must not keep the buffer alive.
class EDGEFIRST_API BufferIdentity {
 public:
  BufferIdentity();
  std::uint64_t id() const { return id_; }
  std::weak_ptr<const void> guard() const { return guard_; }

 private:
  std::uint64_t id_;
  std::shared_ptr<const void> guard_;
};

class Tensor;

/// A scope of CPU access to a tensor's bytes. Holds the storage, so it outlives any Tensor.
/// Move-only. Allocates nothing.
class EDGEFIRST_API TensorMap {
 public:
  TensorMap() = default;
  TensorMap(TensorMap&& other) noexcept;
  TensorMap& operator=(TensorMap&& other) noexcept;
  TensorMap(const TensorMap&) = delete;
  TensorMap& operator=(const TensorMap&) = delete;
  ~TensorMap();

  bool is_mapped() const { return storage_ != nullptr; }
  /// First byte of the tensor (plane offset applied). Throws kNotMapped after unmap().
  void* data() const;
  template <typename T>
  T* as() const {
    return static_cast<T*>(data());
  }
  /// Bytes reachable from data(): row padding included. 0 after unmap().
  std::size_t size_bytes() const;
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  /// The kind of the mapped memory. Throws kNotMapped after unmap().
  TensorMemory memory() const;
  /// Bytes from one row of an image to the next; for a tensor without format, the extent of one
  /// index of axis 0.
  std::size_t row_stride() const;
  /// Byte strides of every axis; image rows may be padded.
  std::array<std::ptrdiff_t, Shape::kMaxRank> strides() const;
  /// Ends the access. Idempotent.
  void unmap() noexcept;
  /// Ends the access, cache maintenance included, for holders of views: the bytes stay readable
  /// until unmap(). Where the mapping ends with the access (pixel buffers) both wait for unmap().
  void end_access() noexcept;

 private:
  friend class Tensor;
  TensorMap(const Tensor& tensor, CpuAccess access);
  void require_mapped() const;

  std::shared_ptr<Storage> storage_;
  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;    // from data_ to the end of what the tensor may touch
  std::size_t padded_row_ = 0;  // 0: rows are tight
  std::size_t row_axis_ = 0;
  Shape shape_;
  DType dtype_ = DType::kU8;
  CpuAccess access_ = CpuAccess::kReadWrite;
  bool has_ended_ = false;
};

/// Where one plane of an image lies: a buffer (its own duplicate of a descriptor), the bytes from
/// row to row, and the byte of the first pixel. Move-only; an import takes it, successful or not.
class EDGEFIRST_API PlaneDescriptor {
 public:
  /// Duplicates fd, close-on-exec; the caller keeps its own. Throws kIo.
  explicit PlaneDescriptor(int fd);
  PlaneDescriptor(PlaneDescriptor&& other) noexcept;
  PlaneDescriptor& operator=(PlaneDescriptor&& other) noexcept;
  ~PlaneDescriptor();

  int fd() const { return fd_; }
  /// None: tight rows.
  std::optional<std::size_t> stride() const { return stride_; }
  std::size_t offset() const { return offset_; }
  /// Throws kInvalidArgument for 0.
  void set_stride(std::size_t bytes);
  void set_offset(std::size_t bytes) { offset_ = bytes; }
  /// The same in one expression: PlaneDescriptor(fd).with_stride(4096).with_offset(64).
  PlaneDescriptor with_stride(std::size_t bytes) &&;
  PlaneDescriptor with_offset(std::size_t bytes) &&;

 private:
  int fd_ = -1;
  std::optional<std::size_t> stride_;
  std::size_t offset_ = 0;
};

/// Memory as NumPy and DLPack describe it.
struct StridedMemory {
  void* data = nullptr;
  DType dtype = DType::kU8;
  Shape shape;
  std::array<std::ptrdiff_t, Shape::kMaxRank>
      strides{};  ///< bytes from index to index of each axis
};

/// The planes of an image made elsewhere. Without chroma a semi-planar image lies in one plane, its
/// chroma rows right after the luma rows.
struct ImagePlanes {
  PlaneDescriptor image;
  std::optional<PlaneDescriptor> chroma;
};

/// The shape of a w x h image: [H,W,C], [C,H,W] or, semi-planar, [H*3/2,W] / [H*2,W].
/// Throws kInvalidShape for NV12 of odd height.
EDGEFIRST_API Shape image_shape(std::size_t width, std::size_t height, PixelFormat format);

class EDGEFIRST_API Tensor {
 public:
  /// Zero-filled. Without memory: DMA, then SHM, then heap, whichever works first
  /// (EDGEFIRST_TENSOR_FORCE_MEM forces heap); with memory: that kind or an error.
  /// Throws kInvalidShape (no extents), kOutOfMemory, kNotSupported.
  explicit Tensor(const Shape& shape, DType dtype = DType::kF32,
                  std::optional<TensorMemory> memory = std::nullopt, std::string name = {});

  /// An image with tight rows, format set.
  static Tensor image(std::size_t width, std::size_t height, PixelFormat format,
                      DType dtype = DType::kU8, std::optional<TensorMemory> memory = std::nullopt);
  /// A packed image whose rows start every row_stride bytes. Throws kInvalidArgument when that is
  /// below width * channels * element size.
  static Tensor image_with_stride(std::size_t width, std::size_t height, PixelFormat format,
                                  std::size_t row_stride, DType dtype = DType::kU8,
                                  std::optional<TensorMemory> memory = std::nullopt);
  /// Zero-copy over size_bytes of caller memory that stays valid as long as owner lives.
  /// The library reads and writes it at any alignment. Throws kInsufficientCapacity when the shape
  /// needs more bytes, kInvalidArgument for a null pointer to bytes.
  static Tensor wrap(void* data, std::size_t size_bytes, const Shape& shape, DType dtype,
                     std::shared_ptr<void> owner);
  /// Zero-copy over memory whose rows lie apart, at one distance: a padded camera buffer, or a
  /// rectangle of a frame. Rows are the image's; without a format the indices of axis 0, as of the
  /// planes that from_planes() takes. Row padding is neither read nor written.
  ///   Tensor::wrap({pixels, DType::kU8, {height * 3 / 2, width}, {pitch, 1}}, PixelFormat::kNv12,
  ///                owner)
  /// Throws kInvalidShape (a shape that is no image of the format), kInvalidArgument for what rows
  /// at one distance cannot say: gaps inside a row, axes that run backwards, planes further apart
  /// than their rows; copy such memory.
  static Tensor wrap(const StridedMemory& memory, std::optional<PixelFormat> format,
                     std::shared_ptr<void> owner);
  /// Zero-copy over the buffer behind a descriptor, which is duplicated; the caller keeps its own.
  /// DMA-BUFs become kDma; memfds, shm_open objects and tmpfs files kShm. A read-only descriptor
  /// gives a tensor to map for reading. Every import has an identity of its own; aliases() tells
  /// imports of one buffer by the buffer. Memory of a sparse object is claimed as far as the shape
  /// reaches, and by map() where that is further. A memfd is sealed against shrinking where it lets
  /// itself be sealed. Other shared memory can still be cut short by its maker: map() then throws
  /// kIo, but an access through a map that is open already ends in SIGBUS.
  /// Throws kInvalidShape (no elements), kIo, kNotSupported (another kind of descriptor),
  /// kInsufficientCapacity (the buffer is smaller than the shape).
  static Tensor from_fd(int fd, const Shape& shape, DType dtype = DType::kF32,
                        std::string name = {});
  /// Zero-copy over DMA-BUFs of a camera, codec or NPU (Linux). Planes may be padded and lie
  /// anywhere in their buffers. With a chroma plane: NV12 of u8 or i8, shape [height, width].
  /// Throws, before it looks at a descriptor: kInvalidArgument (a size of 0, a stride below the
  /// row), kInvalidShape (odd NV12 height, chroma stride below width), kNotSupported (formats and
  /// dtypes that have no chroma plane); then kNotSupported (no DMA-BUF), kInsufficientCapacity
  /// (rows past the end of the buffer), kIo.
  static Tensor import_image(ImagePlanes planes, std::size_t width, std::size_t height,
                             PixelFormat format, DType dtype = DType::kU8);
  /// A semi-planar image of two tensors of rank 2 without format: luma [h, w] and chroma [h/2, w]
  /// (NV12, h even) or [h, w] (NV16). Shares both. Throws kInvalidArgument.
  static Tensor from_planes(const Tensor& luma, const Tensor& chroma, PixelFormat format);
  /// Over an IOSurfaceRef, which is retained (macOS, else kNotSupported).
  /// Throws kInsufficientCapacity, kInvalidShape (no elements).
  static Tensor from_iosurface(void* surface, const Shape& shape, DType dtype = DType::kF32,
                               std::string name = {});
  /// Over storage made elsewhere (a pixel buffer of an image backend).
  Tensor(std::shared_ptr<Storage> storage, const Shape& shape, DType dtype);

  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  TensorMemory memory() const;
  const std::string& name() const;
  std::size_t element_count() const { return shape_.element_count(); }
  /// element_count * element size: logical, never with padding.
  std::size_t size_bytes() const { return element_count() * dtype_size(dtype_); }
  /// Bytes from the plane offset to the end of the storage, or of a view's part of it.
  std::size_t capacity_bytes() const;
  const BufferIdentity& identity() const;
  /// Whether writing one can change the other: their bytes, those of chroma planes included, lie
  /// in overlapping ranges of one buffer. Descriptors of one buffer count as that buffer.
  bool aliases(const Tensor& other) const;

  // Sharing ----------------------------------------------------------------------------------
  /// A new descriptor of the buffer, close-on-exec, for the caller to close.
  /// Throws kNotSupported for memory without one (heap, pixel buffers), kIo.
  int clone_fd() const;
  /// The same for DMA-BUFs only; kNotSupported names the actual kind.
  int dmabuf_clone() const;
  /// The DMA-BUF's descriptor, borrowed: valid while a copy of this tensor lives. kNotSupported.
  int dmabuf() const;
  /// The IOSurfaceRef, borrowed, and its id. Throws kNotSupported for other memory.
  void* iosurface_ref() const;
  std::uint32_t iosurface_id() const;

  /// Same element count, else kInvalidShape. Clears format, row stride and plane offset: what was
  /// padding of rows becomes elements. Keeps the bytes, and the quantization while it still fits.
  void reshape(const Shape& shape);
  /// reshape() to any element count that the buffer holds: one allocation, a new size per frame.
  /// Throws kInvalidShape (no extents, two planes), kInsufficientCapacity.
  void resize(const Shape& shape);
  /// resize() to an image with tight rows. Throws kInvalidShape also for NV12 of odd height.
  void configure_image(std::size_t width, std::size_t height, PixelFormat format);

  // Views, zero-copy: they share storage and identity and stay inside their part of it -------
  /// A rectangle of a packed image, with the image's row stride.
  /// Throws kNotAnImage, kNotSupported (planar formats), kInvalidRect (empty, outside, or cutting
  /// a YUYV pair).
  Tensor view(const Rect& rect) const;
  /// Index n of axis 0, without that axis and without format: an image slot of a batch.
  /// Throws kInvalidArgument (n), kInvalidShape (rank 1), kNotSupported (padded rows).
  Tensor batch(std::size_t n) const;

  // Image metadata -------------------------------------------------------------------------
  std::optional<PixelFormat> format() const { return format_; }
  /// Checks the shape against the format (kInvalidShape; the tensor keeps its format then).
  /// A change of format clears row stride and plane offset; the first format keeps those of memory
  /// that was wrapped with padded rows. A two-plane image keeps its format.
  void set_format(PixelFormat format);
  /// 0 without a format.
  std::size_t width() const;
  std::size_t height() const;
  /// Bytes per row in effect: the explicit stride, else the tight one; 0 without a format, except
  /// that chroma planes have a stride.
  std::size_t row_stride() const;
  std::optional<std::size_t> explicit_row_stride() const { return row_stride_; }
  /// Needs a format; at least the tight stride and within the storage (kInvalidArgument).
  void set_row_stride(std::size_t bytes);
  std::size_t plane_offset() const { return plane_offset_; }
  /// From the start of the buffer. Multiple of the element size, within the storage
  /// (kInvalidArgument); views stay inside their part.
  void set_plane_offset(std::size_t bytes);
  /// The same in one expression, with the errors of the functions above:
  /// Tensor::from_fd(fd, {480, 640, 3}, DType::kU8).with_format(PixelFormat::kRgb).
  Tensor with_format(PixelFormat format) &&;
  Tensor with_row_stride(std::size_t bytes) &&;
  Tensor with_plane_offset(std::size_t bytes) &&;
  /// The chroma plane of a two-plane image: rank 2 of U V pairs, its row stride always set, mapped
  /// on its own. nullptr where all planes lie in this tensor: chroma then starts
  /// height() * row_stride() bytes after the luma.
  const std::shared_ptr<const Tensor>& chroma() const { return chroma_; }
  std::optional<Colorimetry> colorimetry() const { return colorimetry_; }
  void set_colorimetry(std::optional<Colorimetry> colorimetry) { colorimetry_ = colorimetry; }

  // Quantization metadata ------------------------------------------------------------------
  /// nullptr without. The pointer stays valid while this or a copy keeps the metadata.
  const Quantization* quantization() const { return quantization_.get(); }
  /// Validated against dtype and shape (kInvalidQuantization; the old value stays then).
  void set_quantization(const Quantization& quantization);
  void clear_quantization() { quantization_.reset(); }

  /// Allocates nothing. Throws kBusy (mapped pixel buffer), kDisconnected, kIo.
  TensorMap map(CpuAccess access = CpuAccess::kReadWrite) const;

  const std::shared_ptr<Storage>& storage() const { return storage_; }

 private:
  friend class TensorMap;
  static Tensor import_plane(const PlaneDescriptor& plane, const Shape& shape,
                             std::optional<PixelFormat> format, DType dtype, std::string name);
  void set_region(std::size_t begin, std::size_t end);
  void forget_placement();
  void drop_misfit_quantization();

  std::shared_ptr<Storage> storage_;
  Shape shape_;
  std::size_t region_begin_ = 0;  // the bytes of the storage that this tensor may touch
  std::size_t region_end_ = 0;
  std::size_t plane_offset_ = 0;
  std::shared_ptr<const Tensor> chroma_;
  std::optional<std::size_t> row_stride_;
  std::shared_ptr<const Quantization> quantization_;
  DType dtype_ = DType::kF32;
  std::optional<PixelFormat> format_;
  std::optional<Colorimetry> colorimetry_;
};

/// Whether a tensor of this kind can be made here; tried once per process.
EDGEFIRST_API bool is_memory_available(TensorMemory memory);

}  // namespace edgefirst
