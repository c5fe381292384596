// SPDX-License-Identifier: Apache-2.0
// The dispatcher: asks the backends in order of preference and hands the request to the first that
// takes it.
#include <algorithm>
#include <atomic>
#include <mutex>

#include "edgefirst/image.hpp"

#include "base/env.hpp"
#include "base/ignored.hpp"
#include "base/log.hpp"
#include "base/message.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"
#include "image/backend.hpp"
#include "image/convert_queue.hpp"
#include "image/dispatcher.hpp"
#include "image/draw_request.hpp"
#include "image/masks.hpp"
#include "tensor/layout.hpp"

namespace edgefirst {
namespace {

constexpr const char* kBackendNames[] = {"auto", "cpu", "g2d", "opengl"};

struct Reason {
  std::string text;
  const Reason* next = nullptr;
};

/// Reasons live as long as the process: answers point to them. A list that only grows needs no
/// mutex, which a child of fork() could find locked.
const char* lasting(const std::string& text) {
  static std::atomic<const Reason*> first{nullptr};
  const Reason* known = first.load(std::memory_order_acquire);
  for (const Reason* reason = known; reason != nullptr; reason = reason->next) {
    if (reason->text == text) return reason->text.c_str();
  }
  auto* fresh = new Reason{text, known};
  while (!first.compare_exchange_weak(fresh->next, fresh, std::memory_order_acq_rel)) {
  }
  return fresh->text.c_str();
}

/// One backend, or nullptr and the reason where this machine or this build has none.
std::unique_ptr<Backend> make_backend(ComputeBackend kind, const ProcessorOptions& options,
                                      std::string& reason) {
  if (kind == ComputeBackend::kCpu) return make_cpu_backend();
  if (kind == ComputeBackend::kOpenGl) return make_gl_backend(options.egl_display, reason);
  return make_g2d_backend(reason);
}

/// The backends of a processor, and what is absent with its reason.
struct Selection {
  std::vector<std::unique_ptr<Backend>> backends;
  std::vector<BackendAnswer> absent;
};

/// Without OpenGL a program runs slower than its user may think: that is told once in a process.
LogLevel level_of_absence(ComputeBackend kind, bool automatic) {
  if (!automatic) return LogLevel::kWarn;
  static std::atomic<bool> is_told{false};
  const bool tells = kind == ComputeBackend::kOpenGl && log_enabled(LogLevel::kWarn);
  return tells && !is_told.exchange(true) ? LogLevel::kWarn : LogLevel::kDebug;
}

Selection forced_backend(const std::string& wanted, const ProcessorOptions& options) {
  for (const ComputeBackend kind :
       {ComputeBackend::kCpu, ComputeBackend::kG2d, ComputeBackend::kOpenGl}) {
    if (lower_case(wanted) != compute_backend_name(kind)) continue;
    std::string reason;
    Selection selection;
    selection.backends.push_back(make_backend(kind, options, reason));
    if (selection.backends[0] != nullptr) return selection;
    raise(ErrorCode::kBackendUnavailable, "EDGEFIRST_FORCE_BACKEND=", wanted,
          ": that backend is not available here: ", reason);
  }
  raise(ErrorCode::kBackendUnavailable, "EDGEFIRST_FORCE_BACKEND=", wanted,
        " is none of cpu, g2d, opengl");
}

/// Order of preference: OpenGL, G2D, CPU.
Selection select_backends(const ProcessorOptions& options) {
  Selection selection;
  const ComputeBackend preference = options.backend;
  const bool automatic = preference == ComputeBackend::kAuto;
  if (options.egl_display && !automatic && preference != ComputeBackend::kOpenGl) {
    warn_ignored(message("egl_display has no effect on a processor of the ",
                         compute_backend_name(preference), " backend"));
  }
  if (automatic) {
    if (const auto wanted = env::get(env::Variable::kForceBackend)) {
      return forced_backend(*wanted, options);
    }
  }
  const auto add = [&](ComputeBackend kind, env::Variable disable) {
    if (automatic ? env::is_on(disable) : kind != preference && kind != ComputeBackend::kCpu) {
      return;
    }
    std::string reason;
    if (auto backend = make_backend(kind, options, reason)) {
      selection.backends.push_back(std::move(backend));
      return;
    }
    log(level_of_absence(kind, automatic), "edgefirst_image", compute_backend_name(kind),
        " backend is not available: ", reason);
    selection.absent.push_back({kind, false, lasting(reason)});
  };
  add(ComputeBackend::kOpenGl, env::Variable::kDisableGl);
  add(ComputeBackend::kG2d, env::Variable::kDisableG2d);
  add(ComputeBackend::kCpu, env::Variable::kDisableCpu);
  return selection;
}

/// Rows of DMA images start at multiples of 64 bytes, which GPUs need to import them.
std::optional<Tensor> create_dma_image(std::size_t width, std::size_t height, PixelFormat format,
                                       DType dtype) {
  if (env::is_on(env::Variable::kTensorForceMem) || !is_memory_available(TensorMemory::kDma)) {
    return std::nullopt;
  }
  try {
    if (pixel_format_info(format).layout == PixelLayout::kSemiPlanar) {
      return Tensor::image(width, height, format, dtype, TensorMemory::kDma);
    }
    const std::size_t stride = gpu_row_stride(image_shape(width, height, format), format, dtype);
    return Tensor::image_with_stride(width, height, format, stride, dtype, TensorMemory::kDma);
  } catch (const Error& error) {
    log(LogLevel::kDebug, "edgefirst_image", "no DMA image: ", error.what());
    return std::nullopt;
  }
}

}  // namespace

const char* compute_backend_name(ComputeBackend backend) {
  return kBackendNames[static_cast<std::size_t>(backend)];
}

struct ImageProcessor::Impl {
  explicit Impl(Selection selection)
      : dispatcher(std::move(selection.backends)), absent(std::move(selection.absent)) {}
  ~Impl() {
    if (!queue->is_forked()) return;
    // Their thread stayed in the parent, perhaps in the middle of a change: nothing can be freed.
    static_cast<void>(queue.release());
    abandon(std::move(dispatcher));
  }

  Dispatcher dispatcher;
  std::vector<BackendAnswer> absent;  // tried, and not to be had
  std::mutex mutex;                   // of the dispatcher, the palette and the scratch below
  Palette palette = default_palette();
  DrawRequestBuilder drawing;
  MaskMaterializer masks;
  std::unique_ptr<ConvertQueue> queue = std::make_unique<ConvertQueue>(dispatcher, mutex);
};

ImageProcessor::ImageProcessor(const ProcessorOptions& options)
    : impl_(std::make_unique<Impl>(select_backends(options))) {}
ImageProcessor::~ImageProcessor() = default;
ImageProcessor::ImageProcessor(ImageProcessor&&) noexcept = default;
ImageProcessor& ImageProcessor::operator=(ImageProcessor&&) noexcept = default;

void ImageProcessor::convert(const Tensor& src, Tensor& dst, const ConvertOptions& options) {
  const ConvertRequest request = check_convert(src, dst, options);
  const auto turn = impl_->queue->take_turn();
  impl_->dispatcher.convert(request);
}

Fence ImageProcessor::convert_async(const Tensor& src, Tensor& dst, const ConvertOptions& options) {
  return impl_->queue->submit(src, dst, options);
}

std::vector<BackendAnswer> ImageProcessor::explain(const Tensor& src, const Tensor& dst,
                                                   const ConvertOptions& options) const {
  const ConvertRequest request = check_convert(src, dst, options);
  const auto turn = impl_->queue->take_turn();
  std::vector<BackendAnswer> answers = impl_->absent;
  for (const auto& backend : impl_->dispatcher.backends()) {
    const char* reason = backend->declines(request);
    answers.push_back({backend->kind(), reason == nullptr, reason == nullptr ? "" : reason});
  }
  return answers;
}

std::vector<RequestCount> ImageProcessor::request_counts() const {
  const auto turn = impl_->queue->take_turn();
  return impl_->dispatcher.counts();
}

Tensor ImageProcessor::create_image(std::size_t width, std::size_t height, PixelFormat format,
                                    DType dtype) {
  const auto& backends = impl_->dispatcher.backends();
  if (backends.empty() || backends[0]->prefers_dma_buffers()) {
    if (auto image = create_dma_image(width, height, format, dtype)) return *image;
  }
  for (const auto& backend : backends) {
    if (auto image = backend->create_image(width, height, format, dtype)) return *image;
  }
  return Tensor::image(width, height, format, dtype, TensorMemory::kMem);
}

Tensor ImageProcessor::import_image(ImagePlanes planes, std::size_t width, std::size_t height,
                                    PixelFormat format, DType dtype) const {
  return Tensor::import_image(std::move(planes), width, height, format, dtype);
}

void ImageProcessor::draw_decoded_masks(Tensor& dst, Span<const DetectBox> boxes,
                                        const SegmentationList& masks,
                                        const OverlayOptions& options) {
  TraceSpan span("image.draw_decoded_masks");
  span.field("n_detections", boxes.size()).field("n_segmentations", masks.size());
  const auto turn = impl_->queue->take_turn();
  const DrawRequest& request = impl_->drawing.decoded(dst, boxes, masks, options, impl_->palette);
  impl_->dispatcher.draw(request);
}

void ImageProcessor::draw_proto_masks(Tensor& dst, Span<const DetectBox> boxes,
                                      const ProtoData& protos, const OverlayOptions& options) {
  TraceSpan span("image.draw_proto_masks");
  span.field("n_detections", boxes.size());
  const auto turn = impl_->queue->take_turn();
  check_protos(protos);
  const DrawRequest& request = impl_->drawing.protos(dst, boxes, protos, options, impl_->palette);
  impl_->dispatcher.draw(request);
}

void ImageProcessor::materialize_masks(Span<const DetectBox> boxes, const ProtoData& protos,
                                       const std::optional<BoundingBox>& letterbox,
                                       const MaskResolution& resolution, SegmentationList& masks) {
  TraceSpan span("image.materialize_masks");
  const bool scaled = resolution.width != 0 || resolution.height != 0;
  span.field("mode", scaled ? "scaled" : "proto").field("n_detections", boxes.size());
  if (scaled) span.field("width", resolution.width).field("height", resolution.height);
  const auto turn = impl_->queue->take_turn();
  if (impl_->dispatcher.backends().empty() ||
      impl_->dispatcher.backends().back()->kind() != ComputeBackend::kCpu) {
    raise(ErrorCode::kNoBackend, "materialize_masks runs on the CPU backend, which is disabled");
  }
  report_pixel_boxes(boxes, OnIgnored::kWarn);
  impl_->masks.materialize(boxes, protos, check_letterbox(letterbox), resolution, masks);
}

void ImageProcessor::set_class_colors(Span<const Color> colors) {
  const auto turn = impl_->queue->take_turn();
  if (impl_->dispatcher.backends().empty()) {
    raise(ErrorCode::kNoBackend, "no backend draws: every one is disabled or absent");
  }
  if (colors.size() > kPaletteSize) {
    log(LogLevel::kWarn, "edgefirst_image", "set_class_colors: the palette has ", kPaletteSize,
        " colours and the last ", colors.size() - kPaletteSize, " are not used");
  }
  std::copy_n(colors.begin(), std::min(colors.size(), kPaletteSize), impl_->palette.begin());
}

std::vector<ComputeBackend> ImageProcessor::backends() const {
  std::vector<ComputeBackend> kinds;
  for (const auto& backend : impl_->dispatcher.backends()) kinds.push_back(backend->kind());
  return kinds;
}

}  // namespace edgefirst
