// SPDX-License-Identifier: Apache-2.0
// Image conversion, overlays and masks on the best backend at hand: OpenGL ES, G2D or CPU.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edgefirst/detection.hpp"
#include "edgefirst/export.hpp"
#include "edgefirst/fence.hpp"
#include "edgefirst/geometry.hpp"
#include "edgefirst/ignored.hpp"
#include "edgefirst/pixel_format.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst {

enum class ComputeBackend : std::uint8_t { kAuto = 0, kCpu = 1, kG2d = 2, kOpenGl = 3 };
/// "auto", "cpu", "g2d", "opengl".
EDGEFIRST_API const char* compute_backend_name(ComputeBackend backend);

/// Which pixels of the source go where. Rectangles must lie inside their images and hold a pixel.
struct Crop {
  std::optional<Rect> src_rect;    ///< none: the whole source
  std::optional<Rect> dst_rect;    ///< none: the whole destination
  std::optional<Color> dst_color;  ///< fills what dst_rect leaves; none: those pixels stay.
                                   ///< Needs a dst_rect, which may be the whole destination.
};

/// How pixels are resampled. For output pixel i of n across a source interval [a, a + m), the
/// centre is c = a + (i + 1/2) * m / n; the weight of source pixel j is proportional to
///   kAntialias: max(0, 1 - |j + 1/2 - c| / max(1, m / n))   triangle, widened when shrinking
///   kBilinear:  max(0, 1 - |j + 1/2 - c|)                    plain 2 x 2
///   kNearest:   1 for j = floor(c), else 0
///   kArea:      overlap of [j, j + 1) with [a + i m / n, a + (i + 1) m / n)
/// over the pixels j inside the source rectangle, normalised to 1.
enum class Filter : std::uint8_t { kAntialias = 0, kBilinear = 1, kNearest = 2, kArea = 3 };

struct ConvertOptions {
  Rotation rotation = Rotation::kRotate0;
  Flip flip = Flip::kNone;
  Crop crop;
  Filter filter = Filter::kAntialias;
  /// Float destinations hold value * scale[c] + offset[c] for 8-bit value and channel c in
  /// R, G, B, A order; integer destinations take neither. None: 1 / 255 and 0, which map 0...255 to
  /// 0...1. Mean and std fold into them: scale = 1 / (255 std), offset = -mean / std.
  std::optional<std::array<float, 4>> scale;
  std::optional<std::array<float, 4>> offset;
  /// What becomes of options without effect: an empty rectangle, a dst_color without dst_rect, a
  /// scale or offset for integers.
  OnIgnored on_ignored = OnIgnored::kRefuse;
};

/// One backend's answer to a request: a static reason where it declines.
struct BackendAnswer {
  ComputeBackend backend;
  bool accepts;
  const char* reason;  ///< "" when it accepts
};

/// How many requests a backend took, or declined for one reason.
struct RequestCount {
  ComputeBackend backend;
  const char* reason;  ///< "" for those it took
  std::uint64_t count;
};

enum class ColorMode : std::uint8_t { kClass = 0, kInstance = 1, kTrack = 2 };

/// How detections are painted.
struct OverlayOptions {
  const Tensor* background = nullptr;  ///< copied under the overlay; nullptr: cleared to zero
  float opacity = 1.0F;                ///< scales the palette's alpha of masks; clamped to 0...1
  /// The picture's normalised rectangle in the model input (Letterbox::normalized()); boxes and
  /// regions are mapped back through it.
  std::optional<BoundingBox> letterbox;
  ColorMode color_mode = ColorMode::kClass;
  /// Parallel to the boxes where given: kTrack takes the colour from the track's UUID, labels show
  /// the track. A box whose record is no track takes the colour of its place, and its label shows
  /// none.
  Span<const TrackInfo> tracks;
  /// Text labels "name score" above the boxes, in UTF-8. The font has printable ASCII; any other
  /// character is drawn as a box, combining marks and characters of no width not at all.
  bool labels = false;
  /// By label; a missing name shows the number. Of a name 256 bytes at most are drawn.
  Span<const std::string> class_names;
  /// What becomes of options without effect: class_names without labels, tracks that neither labels
  /// nor colours show, boxes or a letterbox in pixels, maps behind the first, an opacity of NaN.
  OnIgnored on_ignored = OnIgnored::kRefuse;
};

/// Size of materialised masks: the proto grid's, or the box's part of a width x height picture.
struct MaskResolution {
  std::size_t width = 0;  ///< 0: proto resolution
  std::size_t height = 0;
  static MaskResolution proto() { return {}; }
  static MaskResolution scaled(std::size_t width, std::size_t height) { return {width, height}; }
};

/// How OpenGL finds its display.
enum class EglDisplayKind : std::uint8_t { kGbm = 0, kPlatformDevice = 1, kDefault = 2 };

struct EglDisplayInfo {
  EglDisplayKind kind = EglDisplayKind::kDefault;
  std::string description;
};

/// The display that OpenGL uses in this process, or would use; empty without one.
/// Throws kNotFound where the EGL library is missing.
EDGEFIRST_API std::vector<EglDisplayInfo> probe_egl_displays();

struct ProcessorOptions {
  /// kAuto follows the EDGEFIRST_FORCE_BACKEND and EDGEFIRST_DISABLE_* variables; the others give
  /// that backend plus the CPU.
  ComputeBackend backend = ComputeBackend::kAuto;
  /// The only kind of display that OpenGL may use; none: whichever answers first.
  std::optional<EglDisplayKind> egl_display = std::nullopt;
};

/// Converts and draws. Owns the backends and their scratch memory: make one per pipeline and reuse
/// it; after the first call of a shape, convert makes no heap allocation.
/// Thread-safe: calls on one object take turns. Tensors it made may outlive it.
class EDGEFIRST_API ImageProcessor {
 public:
  /// Throws kBackendUnavailable only where EDGEFIRST_FORCE_BACKEND names a backend that is
  /// unknown or absent.
  explicit ImageProcessor(const ProcessorOptions& options = {});
  ~ImageProcessor();
  ImageProcessor(ImageProcessor&&) noexcept;
  ImageProcessor& operator=(ImageProcessor&&) noexcept;

  /// Crops the source, flips, rotates, then scales into dst_rect; converts format, colour and
  /// dtype: u8 as is, i8 = u8 result ^ 0x80 on colour bytes, floats by scale and offset.
  /// Throws kNotAnImage, kInvalidRect, kInvalidArgument, kAliasedBuffers, kNotSupported,
  /// kNoBackend; dst is untouched then.
  void convert(const Tensor& src, Tensor& dst, const ConvertOptions& options = {});

  /// Submits that conversion and returns at once; the fence tells its end. What is wrong with the
  /// arguments is thrown here, as by convert(); all else by the fence's wait().
  /// Conversions of one processor are done, and their fences end, in the order of submission; every
  /// other call on the processor comes after those before it. OpenGL starts the next without
  /// waiting for the one before, unless they share a buffer; the other backends work in a thread of
  /// the processor. The memory of src and dst is kept until the end; until then dst must not be
  /// touched and src must not be changed (pixel buffers throw kBusy). 64 may be pending; the next
  /// waits for room. The processor's destructor waits for what is pending, as does the end of the
  /// process. A child of fork() converts at once.
  Fence convert_async(const Tensor& src, Tensor& dst, const ConvertOptions& options = {});

  /// What every backend says to that request, absent ones first, then in order of preference.
  std::vector<BackendAnswer> explain(const Tensor& src, const Tensor& dst,
                                     const ConvertOptions& options = {}) const;

  /// What the backends did with the valid conversions and drawings so far: an entry for every
  /// backend and answer, in order of first appearance.
  std::vector<RequestCount> request_counts() const;

  /// A zero-filled image in the memory that suits the backends best: DMA (packed rows padded to 64
  /// bytes), PBO, or heap.
  Tensor create_image(std::size_t width, std::size_t height,
                      PixelFormat format = PixelFormat::kRgba, DType dtype = DType::kU8);

  /// Tensor::import_image(): DMA-BUFs of a camera, codec or NPU as an image, without a copy, to
  /// convert from and into. What it makes does not depend on the processor. Throws what that does.
  Tensor import_image(ImagePlanes planes, std::size_t width, std::size_t height, PixelFormat format,
                      DType dtype = DType::kU8) const;

  /// Rewrites dst (u8 Rgb, Rgba or Bgra): background or zeros, then boxes, masks and labels.
  /// masks[i] with one channel belongs to boxes[i] (there may be fewer); one mask with more
  /// channels is a semantic map of the whole picture whose last class is background. A box outside
  /// the picture, or with a NaN or an infinity in its corners or score, paints nothing: no frame,
  /// no mask, no label. Throws kAliasedBuffers, kInvalidShape (background, masks, tracks),
  /// kInvalidArgument, kNotSupported.
  void draw_decoded_masks(Tensor& dst, Span<const DetectBox> boxes, const SegmentationList& masks,
                          const OverlayOptions& options = {});

  /// The same with masks computed from prototypes on the fly; box i takes coefficient row i, boxes
  /// beyond the last row are outlines.
  void draw_proto_masks(Tensor& dst, Span<const DetectBox> boxes, const ProtoData& protos,
                        const OverlayOptions& options = {});

  /// Masks as bytes 0 or 255 (255 where the logit is positive), one per box in order.
  /// Throws kInvalidShape for protos, coefficients or counts that do not fit.
  void materialize_masks(Span<const DetectBox> boxes, const ProtoData& protos,
                         const std::optional<BoundingBox>& letterbox,
                         const MaskResolution& resolution, SegmentationList& masks);

  /// Replaces the first colours of the palette of 20 on every backend; extra ones are ignored.
  void set_class_colors(Span<const Color> colors);

  /// The backends in use, in order of preference.
  std::vector<ComputeBackend> backends() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgefirst
