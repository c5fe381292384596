// SPDX-License-Identifier: Apache-2.0
// hal_tensor_decode_image, hal_peek_image_info, _save_jpeg, _encode_jpeg and the loaders.
#include "edgefirst/codec.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

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

edgefirst::DecodeOptions to_core(const hal_decode_options* options) {
  const hal_decode_options values = options != nullptr ? *options : hal_decode_options_new();
  edgefirst::DecodeOptions core = decode_options(values.format);
  core.apply_exif = values.apply_exif;
  core.strict = values.strict;
  core.tolerant = values.tolerant;
  core.threads = values.threads;
  core.max_pixels = values.max_pixels;
  core.max_bytes = values.max_bytes;
  core.max_scans = values.max_scans;
  return core;
}

void report(const edgefirst::ImageInfo& info, hal_image_info* out) {
  if (out == nullptr) return;
  *out = {info.width,      info.height,           capi::to_c(info.format),
          info.row_stride, int{info.orientation}, info.valid_rows};
}

edgefirst::EncodeOptions encode_options(int quality) {
  edgefirst::EncodeOptions options;
  options.quality = quality < 1 || quality > 100 ? kDefaultQuality : quality;
  return options;
}

edgefirst::DecodeOptions load_options(hal_pixel_format format) {
  edgefirst::DecodeOptions options;
  options.format = capi::to_core(format);
  return options;
}

hal_tensor* load(const uint8_t* data, size_t len, hal_pixel_format format, hal_tensor_memory memory,
                 const char* function) {
  const auto make = [&] {
    const auto bytes = required_bytes(data, len);
    return new hal_tensor{
        edgefirst::load_image(bytes, load_options(format), capi::to_core(memory))};
  };
  return guard(ErrnoRule::all(EBADMSG), make, function);
}

}  // namespace

int hal_tensor_decode_image(hal_tensor* tensor, const uint8_t* data, size_t len, int format,
                            size_t* out_width, size_t* out_height) {
  return guard(ErrnoRule::all(EBADMSG, ErrorCode::kInsufficientCapacity), [&] {
    require({{"tensor", tensor}});
    const auto bytes = required_bytes(data, len);
    const auto options = decode_options(format);
    report_size(edgefirst::ImageDecoder::of_this_thread().decode(bytes, tensor->value, options),
                out_width, out_height);
  });
}

int hal_tensor_decode_image_file(hal_tensor* tensor, const char* path, int format,
                                 size_t* out_width, size_t* out_height) {
  return guard(kFromFile, [&] {
    require({{"tensor", tensor}});
    const std::string file = required_file(path);
    const auto options = decode_options(format);
    report_size(edgefirst::ImageDecoder::of_this_thread().decode_file(file, tensor->value, options),
                out_width, out_height);
  });
}

int hal_tensor_save_jpeg(const hal_tensor* tensor, const char* path, int quality) {
  return guard(ErrnoRule::all(EIO, ErrorCode::kNotFound), [&] {
    require({{"tensor", tensor}});
    const std::string file = capi::required_text("path", path);
    edgefirst::save_jpeg(tensor->value, file, encode_options(quality));
  });
}

uint8_t* hal_tensor_encode_jpeg(const hal_tensor* tensor, int quality, size_t* out_len) {
  return guard(ErrnoRule::all(EIO, ErrorCode::kOutOfMemory), [&] {
    require({{"tensor", tensor}, {"out_len", out_len}});
    std::vector<std::uint8_t> bytes;
    edgefirst::encode_jpeg(tensor->value, bytes, encode_options(quality));
    auto* copy = static_cast<uint8_t*>(std::malloc(bytes.size()));
    if (copy == nullptr) throw std::bad_alloc();
    std::copy(bytes.begin(), bytes.end(), copy);
    *out_len = bytes.size();
    return copy;
  });
}

hal_decode_options hal_decode_options_new(void) {
  const edgefirst::DecodeOptions defaults;
  hal_decode_options options{};
  options.format = kDefaultFormat;
  options.threads = defaults.threads;
  options.max_pixels = defaults.max_pixels;
  options.max_bytes = defaults.max_bytes;
  options.max_scans = defaults.max_scans;
  return options;
}

int hal_tensor_decode_image_with(hal_tensor* tensor, const uint8_t* data, size_t len,
                                 const hal_decode_options* options, hal_image_info* out_info) {
  return guard(ErrnoRule::all(EBADMSG, ErrorCode::kInsufficientCapacity), [&] {
    require({{"tensor", tensor}});
    const auto bytes = required_bytes(data, len);
    report(edgefirst::ImageDecoder::of_this_thread().decode(bytes, tensor->value, to_core(options)),
           out_info);
  });
}

int hal_tensor_decode_image_file_with(hal_tensor* tensor, const char* path,
                                      const hal_decode_options* options, hal_image_info* out_info) {
  return guard(kFromFile, [&] {
    require({{"tensor", tensor}});
    const std::string file = required_file(path);
    report(edgefirst::ImageDecoder::of_this_thread().decode_file(file, tensor->value,
                                                                 to_core(options)),
           out_info);
  });
}

int hal_peek_image_info(const uint8_t* data, size_t len, const hal_decode_options* options,
                        hal_image_info* out_info) {
  return guard(ErrnoRule::all(EBADMSG), [&] {
    const auto bytes = required_bytes(data, len);
    require({{"out_info", out_info}});
    report(edgefirst::ImageDecoder::of_this_thread().peek(bytes, to_core(options)), out_info);
  });
}

int hal_peek_image_info_file(const char* path, const hal_decode_options* options,
                             hal_image_info* out_info) {
  return guard(kFromFile, [&] {
    const std::string file = required_file(path);
    require({{"out_info", out_info}});
    report(edgefirst::ImageDecoder::of_this_thread().peek_file(file, to_core(options)), out_info);
  });
}

hal_image_decoder* hal_image_decoder_new(void) {
  return guard([&] { return new hal_image_decoder; });
}

int hal_image_decoder_decode(hal_image_decoder* decoder, hal_tensor* tensor, const uint8_t* data,
                             size_t len, const hal_decode_options* options,
                             hal_image_info* out_info) {
  return guard(ErrnoRule::all(EBADMSG, ErrorCode::kInsufficientCapacity), [&] {
    require({{"decoder", decoder}, {"tensor", tensor}});
    const auto bytes = required_bytes(data, len);
    report(decoder->value.decode(bytes, tensor->value, to_core(options)), out_info);
  });
}

int hal_image_decoder_decode_file(hal_image_decoder* decoder, hal_tensor* tensor, const char* path,
                                  const hal_decode_options* options, hal_image_info* out_info) {
  return guard(kFromFile, [&] {
    require({{"decoder", decoder}, {"tensor", tensor}});
    const std::string file = required_file(path);
    report(decoder->value.decode_file(file, tensor->value, to_core(options)), out_info);
  });
}

int hal_image_decoder_peek(hal_image_decoder* decoder, const uint8_t* data, size_t len,
                           const hal_decode_options* options, hal_image_info* out_info) {
  return guard(ErrnoRule::all(EBADMSG), [&] {
    require({{"decoder", decoder}, {"out_info", out_info}});
    const auto bytes = required_bytes(data, len);
    report(decoder->value.peek(bytes, to_core(options)), out_info);
  });
}

void hal_image_decoder_free(hal_image_decoder* decoder) { capi::release(decoder); }

hal_tensor* hal_tensor_load_image(const uint8_t* data, size_t len, hal_pixel_format format,
                                  hal_tensor_memory memory) {
  return load(data, len, format, memory, __func__);
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
  return load(data, len, format, memory, __func__);
}

hal_tensor* hal_tensor_load_png(const uint8_t* data, size_t len, hal_pixel_format format,
                                hal_tensor_memory memory) {
  return load(data, len, format, memory, __func__);
}
