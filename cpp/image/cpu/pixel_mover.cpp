// SPDX-License-Identifier: Apache-2.0
// Plane by plane and band by band: a mirror is a negative stride or a reversed row, a quarter turn
// a transposition of that.
#include "image/cpu/pixel_mover.hpp"

#include <cstring>

#include "base/parallel.hpp"
#include "image/cpu/move_kernels.hpp"
#include "image/cpu/spans.hpp"

namespace edgefirst::cpu {
namespace {

constexpr std::size_t kParallelBytes = 512 * 1024;  // fewest bytes worth a second thread

bool is_packed_rgb(PixelFormat format) {
  return format == PixelFormat::kRgb || format == PixelFormat::kRgba ||
         format == PixelFormat::kBgra;
}

/// Copies keep chroma pairs together.
bool is_even(const ConvertRequest& request) {
  const Rect& from = request.src_rect;
  const Rect& to = request.dst_rect;
  const std::size_t columns = from.left | to.left | from.width;
  const std::size_t rows = from.top | to.top | from.height;
  const bool halves_rows = pixel_format_info(request.source.format).chroma_shift_y != 0;
  return columns % 2 == 0 && (!halves_rows || rows % 2 == 0);
}

MoveKernels::Repack repack_for(const MoveKernels& kernels, PixelFormat from, PixelFormat to) {
  if (from == PixelFormat::kRgb) {
    return to == PixelFormat::kRgba ? kernels.rgb_to_rgba : kernels.rgb_to_bgra;
  }
  if (to != PixelFormat::kRgb) return kernels.rgba_to_bgra;
  return from == PixelFormat::kRgba ? kernels.rgba_to_rgb : kernels.bgra_to_rgb;
}

/// A rectangle of one plane of both images, in units of that plane.
struct PlaneMove {
  const std::uint8_t* in;
  std::size_t in_stride;
  std::uint8_t* out;
  std::size_t out_stride;
  std::size_t width, height;  ///< of the destination
  std::size_t pixel_bytes;
};

void copy_rows(const PlaneMove& move, std::size_t begin, std::size_t end) {
  for (std::size_t y = begin; y < end; ++y) {
    std::memcpy(move.out + y * move.out_stride, move.in + y * move.in_stride,
                move.width * move.pixel_bytes);
  }
}

struct Mirrors {
  bool x, y;  ///< of the source
};

/// Rows [begin, end) of a destination that is mirrored but not turned sideways.
void mirror_rows(const PlaneMove& move, const MoveKernels& kernels, const Mirrors& mirrors,
                 std::size_t begin, std::size_t end) {
  const MoveKernels::Reverse reverse = kernels.reverse_for(move.pixel_bytes);
  for (std::size_t y = begin; y < end; ++y) {
    const std::uint8_t* in = move.in + (mirrors.y ? move.height - 1 - y : y) * move.in_stride;
    std::uint8_t* out = move.out + y * move.out_stride;
    if (mirrors.x) {
      reverse(in, move.width, out);
    } else {
      std::memcpy(out, in, move.width * move.pixel_bytes);
    }
  }
}

/// Rows [begin, end) of a destination that lies sideways: they are columns of the source.
void turn_rows(const PlaneMove& move, const MoveKernels& kernels, const Mirrors& mirrors,
               std::size_t begin, std::size_t end) {
  const auto in_stride = static_cast<std::ptrdiff_t>(move.in_stride);
  const auto out_stride = static_cast<std::ptrdiff_t>(move.out_stride);
  PixelRows<const std::uint8_t> in{move.in, in_stride};
  PixelRows<std::uint8_t> out{move.out + begin * move.out_stride, out_stride};
  std::size_t column = begin;
  if (mirrors.x) {  // source columns ascend while destination rows descend
    column = move.height - end;
    out = {move.out + (end - 1) * move.out_stride, -out_stride};
  }
  if (mirrors.y) in = {in.row(move.width - 1), -in_stride};
  in.data += column * move.pixel_bytes;
  kernels.turn_for(move.pixel_bytes)(in, out, move.width, end - begin);
}

template <class Body>
void for_bands(const PlaneMove& move, const Body& body) {
  const std::size_t bytes = move.width * move.height * move.pixel_bytes;
  const std::size_t grain = bytes < kParallelBytes ? move.height : 64;
  parallel_for(move.height, grain, body);
}

/// The rectangles in a plane of a format whose pixels lie apart; chroma rows count U V pairs'
/// bytes.
PlaneMove plane_move(const ConvertRequest& request, std::size_t plane,
                     const MappedPlanes<const std::uint8_t>& source,
                     const MappedPlanes<std::uint8_t>& destination) {
  const PixelFormatInfo& info = pixel_format_info(request.source.format);
  const bool chroma = info.layout == PixelLayout::kSemiPlanar && plane == 1;
  const std::size_t shift = chroma ? info.chroma_shift_y : 0;
  const auto pixel_bytes = [](const ImageLayout& image) -> std::size_t {
    const PixelFormatInfo& format = pixel_format_info(image.format);
    return format.layout == PixelLayout::kPacked ? format.channels : 1;
  };
  const PlaneLayout& in = request.source.planes[plane];
  const PlaneLayout& out = request.destination.planes[plane];
  const Rect& from = request.src_rect;
  const Rect& to = request.dst_rect;
  const std::size_t out_bytes = pixel_bytes(request.destination);
  return {source.planes[plane] + (from.top >> shift) * in.stride +
              from.left * pixel_bytes(request.source),
          in.stride,
          destination.planes[plane] + (to.top >> shift) * out.stride + to.left * out_bytes,
          out.stride,
          to.width,
          to.height >> shift,
          out_bytes};
}

/// Four bytes travel at a time: the last ones of a three-byte pixel are overwritten by the next.
template <std::size_t kIn, std::size_t kOut>
void pick_row(const std::uint8_t* in, const std::uint32_t* at, std::size_t n, std::size_t width,
              std::uint8_t* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint8_t* from = in + std::size_t{at[i]} * kIn;
    const bool inside = (kIn == 4 || at[i] + 1 < width) && (kOut == 4 || i + 1 < n);
    std::memcpy(out + i * kOut, from, inside ? 4 : kOut);
  }
}

}  // namespace

bool only_picks_pixels(const ConvertRequest& request) {
  const PixelFormat from = request.source.format;
  const PixelFormat to = request.destination.format;
  const bool drops_alpha = from == PixelFormat::kRgba && to == PixelFormat::kRgb;
  return request.destination.dtype == DType::kU8 && is_packed_rgb(from) &&
         (from == to || drops_alpha);
}

void pick_pixels(const ConvertRequest& request, const PointTable& points,
                 const MappedPlanes<const std::uint8_t>& source,
                 const MappedPlanes<std::uint8_t>& destination) {
  TraceSpan span(kResizeSpan);
  describe_formats(span, request);
  const PlaneMove move = plane_move(request, 0, source, destination);
  const bool narrow = request.source.format == PixelFormat::kRgb;
  const auto pick = move.pixel_bytes == 4 ? pick_row<4, 4>
                    : narrow              ? pick_row<3, 3>
                                          : pick_row<4, 3>;
  for_bands(move, [&](std::size_t begin, std::size_t end) {
    for (std::size_t y = begin; y < end; ++y) {
      pick(move.in + points.rows[y] * move.in_stride, points.columns, move.width,
           request.src_rect.width, move.out + y * move.out_stride);
    }
  });
}

bool only_moves_pixels(const ConvertRequest& request) {
  const PixelFormat from = request.source.format;
  const PixelFormat to = request.destination.format;
  const bool sideways = request.turns_sideways();
  const bool same_size =
      request.dst_rect.width == (sideways ? request.src_rect.height : request.src_rect.width) &&
      request.dst_rect.height == (sideways ? request.src_rect.width : request.src_rect.height);
  if (!same_size || request.destination.dtype != DType::kU8) return false;
  if (request.source.is_yuv()) {
    return from == to && request.is_copy() && is_even(request) &&
           request.source.color == request.destination.color;
  }
  if (from == to) return true;
  return is_packed_rgb(from) && is_packed_rgb(to) && request.is_copy();
}

void move_pixels(const ConvertRequest& request, const MappedPlanes<const std::uint8_t>& source,
                 const MappedPlanes<std::uint8_t>& destination) {
  const bool converts = request.source.format != request.destination.format;
  TraceSpan span(converts ? kFormatConvertSpan : request.is_copy() ? kCopySpan : kResizeSpan);
  describe_formats(span, request);
  const MoveKernels kernels = move_kernels();
  const PixelFormat from = request.source.format;
  const PixelFormat to = request.destination.format;
  const Mirrors mirrors{request.mirrors_x(), request.mirrors_y()};
  for (std::size_t plane = 0; plane < request.source.plane_count(); ++plane) {
    const PlaneMove move = plane_move(request, plane, source, destination);
    for_bands(move, [&](std::size_t begin, std::size_t end) {
      if (from != to) {
        const MoveKernels::Repack repack = repack_for(kernels, from, to);
        for (std::size_t y = begin; y < end; ++y) {
          repack(move.in + y * move.in_stride, move.width, move.out + y * move.out_stride);
        }
      } else if (request.is_copy()) {
        copy_rows(move, begin, end);
      } else if (request.turns_sideways()) {
        turn_rows(move, kernels, mirrors, begin, end);
      } else {
        mirror_rows(move, kernels, mirrors, begin, end);
      }
    });
  }
}

}  // namespace edgefirst::cpu
