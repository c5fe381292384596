// SPDX-License-Identifier: Apache-2.0
// One table says how a format's planes lie in texels; import and upload both follow it.
#include "image/gl/source_textures.hpp"

#include <optional>

#include "image/gl/gl_thread.hpp"

namespace edgefirst::gl {
namespace {

/// A plane as texels: so many pixels of the image in one, along x and y, or so many for a pixel.
struct PlaneTexels {
  TexelLayout texels;
  std::size_t shift_x = 0;
  std::size_t shift_y = 0;
  std::size_t repeat = 1;

  std::size_t columns(std::size_t pixels) const { return (pixels >> shift_x) * repeat; }
};

struct FormatTexels {
  SourceKind kind;
  PlaneTexels image;
  PlaneTexels chroma;
};

FormatTexels texels_of(PixelFormat format, bool as_bytes) {
  switch (format) {
    case PixelFormat::kBgra:
      return {SourceKind::kBgra, {kTexelsRgba8}, {}};
    case PixelFormat::kRgb:
      if (as_bytes) return {SourceKind::kTriple, {kTexelsR8, 0, 0, 3}, {}};
      return {SourceKind::kRgb, {kTexelsRgb8}, {}};
    case PixelFormat::kGrey:
      return {SourceKind::kGrey, {kTexelsR8}, {}};
    case PixelFormat::kYuyv:
      return {SourceKind::kYuyv, {kTexelsRgba8, 1, 0}, {}};
    case PixelFormat::kVyuy:
      return {SourceKind::kVyuy, {kTexelsRgba8, 1, 0}, {}};
    case PixelFormat::kNv12:
      return {SourceKind::kSemiPlanar, {kTexelsR8}, {kTexelsRg8, 1, 1}};
    case PixelFormat::kNv16:
      return {SourceKind::kSemiPlanar, {kTexelsR8}, {kTexelsRg8, 1, 0}};
    default:
      return {SourceKind::kRgba, {kTexelsRgba8}, {}};
  }
}

Fourcc fourcc_of(const TexelLayout& texels) {
  return texels.bytes == 4 ? Fourcc::kAbgr8888 : texels.bytes == 2 ? Fourcc::kGr88 : Fourcc::kR8;
}

/// The whole plane.
const Texture* import_plane(GlDevice& device, const Operand& source, std::size_t index,
                            const PlaneTexels& plane) {
  const ImageLayout& image = source.layout();
  const ImportGeometry geometry{fourcc_of(plane.texels), source.plane_offset(index),
                                image.planes[index].stride, plane.columns(image.width),
                                image.height >> plane.shift_y};
  return device.imports().get(source.storage(index), geometry, false);
}

/// Only the rectangle, which begins and ends on whole texels.
const Texture* upload_plane(GlDevice& device, const Operand& source, std::size_t index,
                            const PlaneTexels& plane, const Rect& rect) {
  const std::size_t width = plane.columns(rect.width);
  const std::size_t height = (rect.height + (1U << plane.shift_y) - 1) >> plane.shift_y;
  Texture& texture = device.textures().take(plane.texels.internal, width, height);
  PlaneBytes bytes = source.plane(index);
  bytes.offset +=
      (rect.top >> plane.shift_y) * bytes.stride + plane.columns(rect.left) * plane.texels.bytes;
  upload(device.gl(), texture, plane.texels, bytes);
  return &texture;
}

/// None where the driver refuses a plane. Packed RGB, which no driver imports, goes as bytes.
std::optional<SourceTextures> import_all(GlDevice& device, const Operand& source,
                                         const Rect& rect) {
  const FormatTexels format = texels_of(source.layout().format, true);
  SourceTextures textures;
  textures.kind = format.kind;
  textures.is_imported = true;
  textures.left = static_cast<Int>(rect.left);
  textures.top = static_cast<Int>(rect.top);
  textures.image = import_plane(device, source, 0, format.image);
  if (textures.image == nullptr) return std::nullopt;
  if (format.kind != SourceKind::kSemiPlanar) return textures;
  textures.chroma = import_plane(device, source, 1, format.chroma);
  if (textures.chroma == nullptr) return std::nullopt;
  return textures;
}

}  // namespace

SourceTextures source_textures(GlDevice& device, Operand& source, const Rect& rect, bool sparsely) {
  if (source.is_importable()) {
    if (const auto imported = import_all(device, source, rect)) return *imported;
    source.map();
  }
  const auto widest = static_cast<std::size_t>(device.caps().max_texture_size);
  const bool as_bytes = sparsely && 3 * rect.width <= widest;
  const FormatTexels format = texels_of(source.layout().format, as_bytes);
  const bool has_chroma = format.kind == SourceKind::kSemiPlanar;
  SourceTextures textures;
  textures.kind = format.kind;
  Rect part = rect;
  const bool pairs = has_chroma || format.image.shift_x != 0;
  if (pairs) {
    part.left = rect.left / 2 * 2;
    part.width = (rect.left + rect.width + 1) / 2 * 2 - part.left;
  }
  if (format.chroma.shift_y != 0) {
    part.top = rect.top / 2 * 2;
    part.height = rect.top + rect.height - part.top;
  }
  textures.left = static_cast<Int>(rect.left - part.left);
  textures.top = static_cast<Int>(rect.top - part.top);
  textures.image = upload_plane(device, source, 0, format.image, part);
  if (has_chroma) textures.chroma = upload_plane(device, source, 1, format.chroma, part);
  return textures;
}

}  // namespace edgefirst::gl
