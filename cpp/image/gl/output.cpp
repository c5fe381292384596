// SPDX-License-Identifier: Apache-2.0
// Words of four bytes are what every OpenGL ES 3.0 renders into and reads back (RGBA8): every
// destination is a raster of them.
#include "image/gl/output.hpp"

#include <cstring>
#include <string>

#include "base/text.hpp"
#include "image/gl/gl_thread.hpp"
#include "image/gl/shaders/pack.hpp"

namespace edgefirst::gl {
namespace {

constexpr std::uint64_t kPackKey = std::uint64_t{1} << 32;

std::size_t row_channels(const ImageLayout& image) {
  return image.layout() == PixelLayout::kPlanar ? 1 : pixel_format_info(image.format).channels;
}

std::size_t pixel_bytes(const ImageLayout& image) {
  return row_channels(image) * dtype_size(image.dtype);
}

int element_of(DType dtype) {
  switch (dtype) {
    case DType::kI8:
      return 1;
    case DType::kF16:
      return 2;
    case DType::kF32:
      return 3;
    default:
      return 0;
  }
}

std::string pack_source(const ImageLayout& image) {
  const auto define = [](const char* name, int value) {
    return std::string("#define ") + name + " " + integer_text(value) + "\n";
  };
  return "#version 300 es\n" + define("ELEMENT_U8", 0) + define("ELEMENT_I8", 1) +
         define("ELEMENT_F16", 2) + define("ELEMENT_F32", 3) +
         define("ELEMENT", element_of(image.dtype)) +
         define("CHANNELS", static_cast<int>(row_channels(image))) +
         define("GREY", image.format == PixelFormat::kGrey) +
         define("SWAP", image.format == PixelFormat::kBgra) + shaders::kPack;
}

std::uint64_t pack_key(const ImageLayout& image) {
  return kPackKey | static_cast<std::uint64_t>(element_of(image.dtype)) << 8 |
         static_cast<std::uint64_t>(row_channels(image)) << 4 |
         (image.format == PixelFormat::kGrey ? 1U : 0U) |
         (image.format == PixelFormat::kBgra ? 2U : 0U);
}

}  // namespace

bool has_partial_words(const ImageLayout& image, const Rect& region) {
  const std::size_t bytes = pixel_bytes(image);
  return region.width * bytes % 4 != 0 || image.planes[0].stride % 4 != 0;
}

RasterSize raster_of(const ImageLayout& image, const Rect& region) {
  return {(region.width * pixel_bytes(image) + 3) / 4, region.height * image.plane_count()};
}

Output::Output(GlDevice& device, Operand& destination, const Rect& region, Readback* readback)
    : device_(device), destination_(destination), region_(region), readback_(readback) {
  const ImageLayout& image = destination.layout();
  const bool is_byte = image.dtype == DType::kU8 || image.dtype == DType::kI8;
  planes_ = image.plane_count();
  pixel_bytes_ = pixel_bytes(image);
  words_ = raster_of(image, region).width;
  is_direct_ = is_byte && image.layout() == PixelLayout::kPacked && row_channels(image) == 4;
  if (destination_.is_importable()) {
    imported_ = import();
    if (imported_ == nullptr) destination_.map();
  }
  if (is_direct_ && imported_ != nullptr) {
    canvas_ = imported_;
    left_ = static_cast<Int>(region.left);
    top_ = static_cast<Int>(region.top);
  } else {
    canvas_ = &device_.textures().take(kRgba8, region.width, region.height);
  }
  raster_ = is_direct_ ? canvas_ : imported_;
}

/// The whole destination as words; nullptr where the region does not consist of whole words.
Texture* Output::import() {
  const ImageLayout& image = destination_.layout();
  const bool whole_words = image.width * pixel_bytes_ % 4 == 0 &&
                           region_.left * pixel_bytes_ % 4 == 0 &&
                           !has_partial_words(image, region_);
  if (!whole_words) return nullptr;
  const ImportGeometry geometry{Fourcc::kAbgr8888, destination_.plane_offset(0),
                                image.planes[0].stride, image.width * pixel_bytes_ / 4,
                                image.height * planes_};
  return device_.imports().get(destination_.storage(0), geometry, true);
}

void Output::begin() { render_to(device_.gl(), *canvas_); }

void Output::clear(const Color& color) {
  Color bytes = color;
  if (is_direct_) {
    for (std::size_t c = 0; c < 3 && is_signed(); ++c) bytes[c] ^= 0x80;
    if (swaps()) std::swap(bytes[0], bytes[2]);
  }
  const auto level = [&](std::size_t c) { return static_cast<float>(bytes[c]) / 255; };
  device_.gl().ClearColor(level(0), level(1), level(2), level(3));
  device_.gl().Clear(kColorBufferBit);
}

bool Output::takes_bytes_of(const ImageLayout& picture) const {
  const ImageLayout& image = destination_.layout();
  return is_direct_ && imported_ == nullptr && picture.format == image.format &&
         picture.dtype == image.dtype;
}

void Output::fill(const PlaneBytes& picture) {
  upload(device_.gl(), *canvas_, kTexelsRgba8, picture);
}

void Output::finish(const Factors& factors) {
  if (!is_direct_) pack(factors);
  if (imported_ == nullptr) deliver();
  check_gl(device_.gl(), "a conversion");
}

void Output::pack(const Factors& factors) {
  const GlApi& gl = device_.gl();
  const ImageLayout& image = destination_.layout();
  if (raster_ == nullptr) {
    raster_ = &device_.textures().take(kRgba8, words_, region_.height * planes_);
  }
  const Program& program =
      device_.programs().use(pack_key(image), [&] { return pack_source(image); });
  const auto& scale = factors.scale;
  const auto& offset = factors.offset;
  gl.Uniform4f(program.at(Uniform::kScale), scale[0], scale[1], scale[2], scale[3]);
  gl.Uniform4f(program.at(Uniform::kOffset), offset[0], offset[1], offset[2], offset[3]);
  bind(gl, 0, *canvas_);
  render_to(gl, *raster_);
  for (std::size_t plane = 0; plane < planes_; ++plane) {
    Int x = 0, y = static_cast<Int>(plane * region_.height);
    if (imported_ != nullptr) {
      x = static_cast<Int>(region_.left * pixel_bytes_ / 4);
      y = static_cast<Int>(plane * image.height + region_.top);
    }
    gl.Viewport(x, y, static_cast<Size>(words_), static_cast<Size>(region_.height));
    gl.Uniform2i(program.at(Uniform::kTarget), x, y);
    gl.Uniform4i(program.at(Uniform::kLayout), static_cast<Int>(region_.width) - 1,
                 static_cast<Int>(plane), 0, 0);
    gl.DrawArrays(kTriangles, 0, 3);
  }
}

void Output::deliver() {
  const GlApi& gl = device_.gl();
  const bool partial = has_partial_words(destination_.layout(), region_);
  render_to(gl, *raster_);
  if (readback_ != nullptr && !destination_.is_pixel_buffer()) return begin_readback();
  for (std::size_t index = 0; index < planes_; ++index) {
    PlaneBytes plane = destination_.plane(index);
    plane.offset += region_.top * plane.stride + region_.left * pixel_bytes_;
    const WordRect rect{0, static_cast<Int>(index * region_.height), static_cast<Size>(words_),
                        static_cast<Size>(region_.height)};
    if (!partial) {
      read_words(gl, rect, plane);
    } else if (plane.buffer != 0) {
      read_words_by_rows(gl, rect, plane);
    } else {
      deliver_through_staging(rect, plane);
    }
  }
}

void Output::begin_readback() {
  Readback::Target target;
  target.plane_count = planes_;
  target.rows = region_.height;
  target.row_bytes = region_.width * pixel_bytes_;
  for (std::size_t index = 0; index < planes_; ++index) {
    PlaneBytes plane = destination_.plane(index);
    plane.offset += region_.top * plane.stride + region_.left * pixel_bytes_;
    target.planes[index] = plane;
  }
  readback_->begin(device_.gl(), device_.readbacks(), words_, target);
}

/// Only the region's own bytes: what lies beside them stays.
void Output::deliver_through_staging(const WordRect& rect, const PlaneBytes& plane) {
  const std::size_t pitch = words_ * 4;
  const std::size_t rows = region_.height;
  std::vector<std::byte>& staging = device_.staging();
  if (staging.size() < pitch * rows) staging.resize(pitch * rows);
  PlaneBytes copy;
  copy.data = staging.data();
  copy.stride = pitch;
  read_words(device_.gl(), rect, copy);
  for (std::size_t y = 0; y < rows; ++y) {
    std::memcpy(plane.data + plane.offset + y * plane.stride, staging.data() + y * pitch,
                region_.width * pixel_bytes_);
  }
}

}  // namespace edgefirst::gl
