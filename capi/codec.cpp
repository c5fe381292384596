// SPDX-License-Identifier: Apache-2.0
// hal_tensor_decode_image, _save_jpeg and the loaders.
#include "edgefirst/codec.hpp"

#include <filesystem>
#include <string>

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

constexpr int kDefaultFormat = -1;
constexpr int kDefaultQuality = 80;
constexpr auto kFromFile =
    ErrnoRule::all(EBADMSG, ErrorCode::kInsufficientCapacity, ErrorCode::kNotFound, ErrorCode::kIo);

edgefirst::ImageDecoder& thread_decoder() {
  thread_local edgefirst::ImageDecoder decoder;
  return decoder;
}

edgefirst::Span<const std::uint8_t> required_bytes(const std::uint8_t* data, std::size_t length) {
  require({{"data", data}});
  if (length == 0) throw capi::BadCall("data is empty");
  return {data, length};
}

/// A file that is there and not empty; whether it can be read is the core's to find out.
std::string required_file(const char* path) {
  std::string file = capi::required_text("path", path);
  std::error_code ignored;
  if (std::filesystem::file_size(file, ignored) == 0 && !ignored) {
    throw capi::BadCall(edgefirst::message("'", file, "' is empty"));
  }
  return file;
}

/// Pictures go into the tensor as stored: EXIF orientation is the loaders' business.
edgefirst::DecodeOptions decode_options(int format) {
  edgefirst::DecodeOptions options;
  options.apply_exif = false;
  if (format != kDefaultFormat)
    options.format = capi::to_core(static_cast<hal_pixel_format>(format));
  return options;
}

void report_size(const edgefirst::ImageInfo& info, std::size_t* out_width,
                 std::size_t* out_height) {
  if (out_width != nullptr) *out_width = info.width;
  if (out_height != nullptr) *out_height = info.height;
}

edgefirst::DecodeOptions load_options(hal_pixel_format format) {
  edgefirst::DecodeOptions options;
  options.format = capi::to_core(format);
  return options;
}

}  // namespace

int hal_tensor_decode_image(hal_tensor* tensor, const uint8_t* data, size_t len, int format,
                            size_t* out_width, size_t* out_height) {
  return guard(ErrnoRule::all(EBADMSG, ErrorCode::kInsufficientCapacity), [&] {
    require({{"tensor", tensor}});
    const auto bytes = required_bytes(data, len);
    const auto options = decode_options(format);
    report_size(thread_decoder().decode(bytes, tensor->value, options), out_width, out_height);
  });
}

int hal_tensor_decode_image_file(hal_tensor* tensor, const char* path, int format,
                                 size_t* out_width, size_t* out_height) {
  return guard(kFromFile, [&] {
    require({{"tensor", tensor}});
    const std::string file = required_file(path);
    const auto options = decode_options(format);
    report_size(thread_decoder().decode_file(file, tensor->value, options), out_width, out_height);
  });
}

int hal_tensor_save_jpeg(const hal_tensor* tensor, const char* path, int quality) {
  return guard(ErrnoRule::all(EIO), [&] {
    require({{"tensor", tensor}});
    edgefirst::EncodeOptions options;
    options.quality = quality < 1 || quality > 100 ? kDefaultQuality : quality;
    edgefirst::save_jpeg(tensor->value, capi::required_text("path", path), options);
  });
}

hal_tensor* hal_tensor_load_image(const uint8_t* data, size_t len, hal_pixel_format format,
                                  hal_tensor_memory memory) {
  return guard(ErrnoRule::all(EBADMSG), [&] {
    const auto bytes = required_bytes(data, len);
    return new hal_tensor{
        edgefirst::load_image(bytes, load_options(format), capi::to_core(memory))};
  });
}

hal_tensor* hal_tensor_load_image_file(const char* path, hal_pixel_format format,
                                       hal_tensor_memory memory) {
  return guard(kFromFile, [&] {
    const std::string file = required_file(path);
    return new hal_tensor{
        edgefirst::load_image_file(file, load_options(format), capi::to_core(memory))};
  });
}

hal_tensor* hal_tensor_load_jpeg(const uint8_t* data, size_t len, hal_pixel_format format,
                                 hal_tensor_memory memory) {
  return hal_tensor_load_image(data, len, format, memory);
}

hal_tensor* hal_tensor_load_png(const uint8_t* data, size_t len, hal_pixel_format format,
                                hal_tensor_memory memory) {
  return hal_tensor_load_image(data, len, format, memory);
}
