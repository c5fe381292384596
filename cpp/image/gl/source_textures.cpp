// SPDX-License-Identifier: Apache-2.0
// One table says how a format's planes lie in texels; import and upload both follow it.
#include "image/gl/source_textures.hpp"

#include "image/gl/gl_thread.hpp"

namespace edgefirst::gl {
namespace {

/// A plane as texels: so many pixels of the image in one, along x and y.
struct PlaneTexels {
  TexelLayout texels;
  std::size_t shift_x = 0;
  std::size_t shift_y = 0;
};

struct FormatTexels {
  SourceKind kind;
  PlaneTexels image;
  PlaneTexels chroma;
};

FormatTexels texels_of(PixelFormat format) {
  switch (format) {
    case PixelFormat::kBgra:
      return {SourceKind::kBgra, {kTexelsRgba8}, {}};
    case PixelFormat::kRgb:
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

/// The whole plane. Packed RGB, which no driver imports, goes as single bytes.
const Texture* import_plane(GlDevice& device, const Operand& source, std::size_t index,
                            const PlaneTexels& plane) {
  const ImageLayout& image = source.layout();
  const bool triples = plane.texels.bytes == 3;
  const ImportGeometry geometry{fourcc_of(triples ? kTexelsR8 : plane.texels),
                                source.plane_offset(index), image.planes[index].stride,
                                triples ? 3 * image.width : image.width >> plane.shift_x,
                                image.height >> plane.shift_y};
  return device.imports().get(source.storage(index), geometry, false);
}

/// Only the rectangle, which begins and ends on whole texels.
const Texture* upload_plane(GlDevice& device, const Operand& source, std::size_t index,
                            const PlaneTexels& plane, const Rect& rect) {
  const std::size_t width = rect.width >> plane.shift_x;
  const std::size_t height = (rect.height + (1U << plane.shift_y) - 1) >> plane.shift_y;
  Texture& texture = device.textures().take(plane.texels.internal, width, height);
  PlaneBytes bytes = source.plane(index);
  bytes.offset += (rect.top >> plane.shift_y) * bytes.stride +
                  (rect.left >> plane.shift_x) * plane.texels.bytes;
  upload(device.gl(), texture, plane.texels, bytes);
  return &texture;
}

}  // namespace

SourceTextures source_textures(GlDevice& device, Operand& source, const Rect& rect) {
  const FormatTexels format = texels_of(source.layout().format);
  const bool has_chroma = format.kind == SourceKind::kSemiPlanar;
  SourceTextures textures;
  textures.kind = format.kind;
  if (source.is_importable()) {
    textures.image = import_plane(device, source, 0, format.image);
    if (has_chroma && textures.image != nullptr) {
      textures.chroma = import_plane(device, source, 1, format.chroma);
    }
    textures.is_imported = textures.image != nullptr && has_chroma == (textures.chroma != nullptr);
    if (textures.is_imported) {
      textures.left = static_cast<Int>(rect.left);
      textures.top = static_cast<Int>(rect.top);
      if (format.kind == SourceKind::kRgb) textures.kind = SourceKind::kTriple;
      return textures;
    }
    source.map();
  }
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
