// SPDX-License-Identifier: Apache-2.0
// hal_image_processor_*: conversion, allocation, import; hal_crop_*, hal_rect_*. Drawing is
// overlay.cpp's.
#include "edgefirst/image.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>

#include "edgefirst/geometry.hpp"
#include "edgefirst/hal.h"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace capi = edgefirst::capi;
using capi::ErrnoRule;
using capi::guard;
using capi::require;
using edgefirst::ErrorCode;

namespace {

constexpr auto kConvertErrors = ErrnoRule::all(EIO, ErrorCode::kAliasedBuffers);
constexpr auto kImportErrors = ErrnoRule::system(
    EIO, ErrorCode::kInvalidArgument, ErrorCode::kInvalidShape, ErrorCode::kNotSupported);

constexpr float kUnitScale = 1.0F / 255;

void require_size(std::size_t width, std::size_t height) {
  if (width == 0 || height == 0) {
    throw capi::BadCall(edgefirst::message("an image of ", width, " x ", height, " is empty"));
  }
}

edgefirst::ConvertOptions convert_options(hal_rotation rotation, hal_flip flip,
                                          const hal_crop* crop) {
  edgefirst::ConvertOptions options;
  options.rotation = capi::to_core(rotation);
  options.flip = capi::to_core(flip);
  options.crop = capi::to_core(crop);
  return options;
}

/// None where every one has the value of hal_convert_options_new().
std::optional<std::array<float, 4>> given_factors(const float (&factors)[4], float otherwise) {
  const bool is_given = std::any_of(std::begin(factors), std::end(factors),
                                    [&](float factor) { return !(factor == otherwise); });
  if (!is_given) return std::nullopt;
  return std::array<float, 4>{factors[0], factors[1], factors[2], factors[3]};
}

edgefirst::ConvertOptions convert_options(const hal_convert_options& from) {
  edgefirst::ConvertOptions options = convert_options(from.rotation, from.flip, &from.crop);
  options.filter = capi::to_core(from.filter);
  options.scale = given_factors(from.scale, kUnitScale);
  options.offset = given_factors(from.offset, 0);
  return options;
}

edgefirst::Letterbox to_core(const hal_letterbox_fit& fit) {
  return {fit.source_width, fit.source_height, fit.target_width, fit.target_height,
          capi::to_core(fit.content)};
}

hal_image_processor* new_processor(hal_compute_backend backend, const char* function) {
  const auto make = [&] {
    edgefirst::ProcessorOptions options;
    options.backend = capi::to_core(backend);
    return new hal_image_processor{edgefirst::ImageProcessor(options)};
  };
  return guard(ErrnoRule::all(ENOTSUP, ErrorCode::kOutOfMemory), make, function);
}

std::string describe(const std::vector<edgefirst::BackendAnswer>& answers) {
  std::string text;
  for (const edgefirst::BackendAnswer& answer : answers) {
    text += edgefirst::compute_backend_name(answer.backend);
    text += answer.accepts ? ": yes\n" : edgefirst::message(": no: ", answer.reason, "\n");
  }
  return text;
}

}  // namespace

hal_rect hal_rect_new(size_t left, size_t top, size_t width, size_t height) {
  return {left, top, width, height};
}

hal_crop hal_crop_new(void) {
  hal_crop crop{};
  crop.dst_color[3] = 255;
  return crop;
}

void hal_crop_set_src_rect(hal_crop* crop, const hal_rect* rect) {
  if (crop == nullptr) return;
  crop->has_src_rect = rect != nullptr;
  if (rect != nullptr) crop->src_rect = *rect;
}

void hal_crop_set_dst_rect(hal_crop* crop, const hal_rect* rect) {
  if (crop == nullptr) return;
  crop->has_dst_rect = rect != nullptr;
  if (rect != nullptr) crop->dst_rect = *rect;
}

void hal_crop_set_dst_color(hal_crop* crop, uint8_t r, uint8_t g, uint8_t b, uint8_t a) {
  if (crop == nullptr) return;
  const std::uint8_t color[4] = {r, g, b, a};
  std::copy(std::begin(color), std::end(color), crop->dst_color);
  crop->has_dst_color = true;
}

hal_rect hal_letterbox(size_t source_width, size_t source_height, size_t target_width,
                       size_t target_height) {
  hal_rect content{};
  guard([&] {
    content = capi::to_c(
        edgefirst::letterbox(source_width, source_height, target_width, target_height).content);
  });
  return content;
}

hal_letterbox_fit hal_letterbox_fit_new(size_t source_width, size_t source_height,
                                        size_t target_width, size_t target_height) {
  hal_letterbox_fit fit{};
  guard([&] {
    const edgefirst::Letterbox core =
        edgefirst::letterbox(source_width, source_height, target_width, target_height);
    const edgefirst::BoundingBox box = core.normalized();
    fit = {source_width,
           source_height,
           target_width,
           target_height,
           capi::to_c(core.content),
           {box.xmin, box.ymin, box.xmax, box.ymax}};
  });
  return fit;
}

int hal_letterbox_fit_to_source(const hal_letterbox_fit* fit, float box[4]) {
  return guard([&] {
    require({{"fit", fit}, {"box", box}});
    capi::require_inside("content", fit->content, fit->target_width, fit->target_height);
    const edgefirst::BoundingBox source = to_core(*fit).to_source({box[0], box[1], box[2], box[3]});
    const float corners[] = {source.xmin, source.ymin, source.xmax, source.ymax};
    std::copy(std::begin(corners), std::end(corners), box);
  });
}

hal_image_processor* hal_image_processor_new(void) {
  return new_processor(HAL_COMPUTE_BACKEND_AUTO, __func__);
}

hal_image_processor* hal_image_processor_new_with_backend(hal_compute_backend backend) {
  return new_processor(backend, __func__);
}

void hal_image_processor_free(hal_image_processor* processor) { capi::release(processor); }

int hal_image_processor_convert(hal_image_processor* processor, const hal_tensor* src,
                                hal_tensor* dst, hal_rotation rotation, hal_flip flip,
                                const hal_crop* crop) {
  return guard(kConvertErrors, [&] {
    require({{"processor", processor}, {"src", src}, {"dst", dst}});
    edgefirst::ConvertOptions options = convert_options(rotation, flip, crop);
    options.on_ignored = edgefirst::OnIgnored::kWarn;
    processor->value.convert(src->value, dst->value, options);
  });
}

hal_convert_options hal_convert_options_new(void) {
  hal_convert_options options{};
  options.crop = hal_crop_new();
  std::fill(std::begin(options.scale), std::end(options.scale), kUnitScale);
  return options;
}

int hal_image_processor_convert_with(hal_image_processor* processor, const hal_tensor* src,
                                     hal_tensor* dst, const hal_convert_options* options) {
  return guard(kConvertErrors, [&] {
    require({{"processor", processor}, {"src", src}, {"dst", dst}});
    processor->value.convert(
        src->value, dst->value,
        options == nullptr ? edgefirst::ConvertOptions() : convert_options(*options));
  });
}

hal_fence* hal_image_processor_convert_async(hal_image_processor* processor, const hal_tensor* src,
                                             hal_tensor* dst, const hal_convert_options* options) {
  return guard(kConvertErrors, [&] {
    require({{"processor", processor}, {"src", src}, {"dst", dst}});
    return new hal_fence{processor->value.convert_async(
        src->value, dst->value,
        options == nullptr ? edgefirst::ConvertOptions() : convert_options(*options))};
  });
}

int hal_fence_wait(const hal_fence* fence, int64_t timeout_ms) {
  return guard(kConvertErrors, [&]() -> int {
    require({{"fence", fence}});
    if (timeout_ms < 0) return fence->value.wait(), 1;
    constexpr std::int64_t kLongest = std::int64_t{1} << 40;  // 35 years; fits in nanoseconds
    const std::chrono::milliseconds timeout(std::min(timeout_ms, kLongest));
    return fence->value.wait_for(timeout) ? 1 : 0;
  });
}

bool hal_fence_is_done(const hal_fence* fence) {
  return fence != nullptr && fence->value.is_done();
}

void hal_fence_free(hal_fence* fence) { capi::release(fence); }

size_t hal_image_processor_request_counts(const hal_image_processor* processor,
                                          hal_request_count* counts, size_t capacity) {
  std::size_t total = 0;
  guard([&] {
    if (processor == nullptr) return;
    const std::vector<edgefirst::RequestCount> entries = processor->value.request_counts();
    total = entries.size();
    for (std::size_t i = 0; i < std::min(total, counts == nullptr ? 0 : capacity); ++i) {
      counts[i] = {static_cast<hal_compute_backend>(entries[i].backend), entries[i].reason,
                   entries[i].count};
    }
  });
  return total;
}

char* hal_image_processor_explain(const hal_image_processor* processor, const hal_tensor* src,
                                  const hal_tensor* dst, hal_rotation rotation, hal_flip flip,
                                  const hal_crop* crop) {
  return guard(kConvertErrors, [&] {
    require({{"processor", processor}, {"src", src}, {"dst", dst}});
    return capi::to_malloc(describe(
        processor->value.explain(src->value, dst->value, convert_options(rotation, flip, crop))));
  });
}

int hal_image_processor_set_class_colors(hal_image_processor* processor, const uint8_t (*colors)[4],
                                         size_t num_colors) {
  return guard(ErrnoRule::all(EIO), [&] {
    require({{"processor", processor}, {"colors", colors}});
    if (num_colors == 0) throw capi::BadCall("num_colors is 0");
    std::vector<edgefirst::Color> palette(num_colors);
    for (std::size_t i = 0; i < num_colors; ++i) {
      std::copy(std::begin(colors[i]), std::end(colors[i]), palette[i].begin());
    }
    processor->value.set_class_colors(palette);
  });
}

size_t hal_gpu_dma_buf_pitch_alignment_bytes(void) { return edgefirst::kGpuPitchAlignmentBytes; }

size_t hal_align_width_for_gpu_pitch(size_t width, size_t bpp) {
  return edgefirst::align_width_for_gpu_pitch(width, bpp);
}

size_t hal_align_width_for_pixel_format(size_t width, hal_pixel_format format, hal_dtype dtype) {
  const capi::ErrnoKeeper keeper;
  std::size_t aligned = width;
  guard([&] {
    const auto& info = edgefirst::pixel_format_info(capi::to_core(format));
    const bool packed = info.layout == edgefirst::PixelLayout::kPacked;
    aligned = edgefirst::align_width_for_gpu_pitch(
        width, edgefirst::dtype_size(capi::to_core(dtype)) * (packed ? info.channels : 1));
  });
  return aligned;
}

hal_tensor* hal_image_processor_create_image(hal_image_processor* processor, size_t width,
                                             size_t height, hal_pixel_format format,
                                             hal_dtype dtype) {
  return guard(ErrnoRule::system(), [&] {
    require({{"processor", processor}});
    require_size(width, height);
    return new hal_tensor{
        processor->value.create_image(width, height, capi::to_core(format), capi::to_core(dtype))};
  });
}

hal_plane_descriptor* hal_plane_descriptor_new(int fd) {
  return guard(ErrnoRule::system(), [&] {
    if (fd < 0) throw capi::BadCall(edgefirst::message("fd is ", fd, ", expected at least 0"));
    return new hal_plane_descriptor{edgefirst::PlaneDescriptor(fd)};
  });
}

void hal_plane_descriptor_free(hal_plane_descriptor* pd) { capi::release(pd); }

int hal_plane_descriptor_set_stride(hal_plane_descriptor* pd, size_t stride) {
  return guard([&] {
    require({{"pd", pd}});
    pd->value.set_stride(stride);
  });
}

int hal_plane_descriptor_set_offset(hal_plane_descriptor* pd, size_t offset) {
  return guard([&] {
    require({{"pd", pd}});
    pd->value.set_offset(offset);
  });
}

hal_tensor* hal_import_image(hal_image_processor* processor, hal_plane_descriptor* image,
                             hal_plane_descriptor* chroma, size_t width, size_t height,
                             hal_pixel_format format, hal_dtype dtype) {
  return guard(kImportErrors, [&] {
    const std::unique_ptr<hal_plane_descriptor> consumed_image(image);
    const std::unique_ptr<hal_plane_descriptor> consumed_chroma(chroma == image ? nullptr : chroma);
    require({{"processor", processor}, {"image", image}});
    if (image == chroma) throw capi::BadCall("image and chroma are one descriptor");
    require_size(width, height);
    edgefirst::ImagePlanes planes{std::move(image->value), std::nullopt};
    if (chroma != nullptr) planes.chroma = std::move(chroma->value);
    return new hal_tensor{processor->value.import_image(
        std::move(planes), width, height, capi::to_core(format), capi::to_core(dtype))};
  });
}
