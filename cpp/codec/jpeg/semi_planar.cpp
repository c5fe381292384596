// SPDX-License-Identifier: Apache-2.0
// A chroma sample of the target covers two pixels in width and one or two in height. Finer source
// chroma is averaged over that box, coarser repeated.
#include "codec/jpeg/semi_planar.hpp"

#include <algorithm>

namespace edgefirst::jpeg {

void SemiPlanarWriter::start(const Header& header, const Plane* planes, PixelFormat format,
                             const PixelDestination& destination) {
  header_ = &header;
  planes_ = planes;
  destination_ = destination;
  convert_ = sample_conversion(1, destination.dtype);
  luma_rows_per_chroma_ = format == PixelFormat::kNv12 ? 2 : 1;
  row_.require(header.width);
}

void SemiPlanarWriter::write_mcu_row(std::size_t mcu_row) {
  const std::size_t rows = 8U * header_->v_max;
  const std::size_t end = std::min(header_->height, (mcu_row + 1) * rows);
  for (std::size_t y = mcu_row * rows; y < end; ++y) {
    write_luma(y);
    if (y % luma_rows_per_chroma_ == 0) write_chroma(y / luma_rows_per_chroma_);
  }
}

void SemiPlanarWriter::write_luma(std::size_t y) {
  const Component& component = header_->components[0];
  const unsigned factor_x = header_->h_max / component.h;
  const std::uint8_t* samples = planes_[0].row(y / (header_->v_max / component.v));
  if (factor_x != 1) {
    for (std::size_t x = 0; x < header_->width; ++x) row_.data()[x] = samples[x / factor_x];
    samples = row_.data();
  }
  convert_(samples, destination_.data + y * destination_.row_stride, header_->width);
}

namespace {

/// Compilers turn this loop into vector code.
void interleave(const std::uint8_t* __restrict first, const std::uint8_t* __restrict second,
                std::uint8_t* __restrict out, std::size_t count) {
  for (std::size_t x = 0; x < count; ++x) {
    out[2 * x] = first[x];
    out[2 * x + 1] = second[x];
  }
}

}  // namespace

/// The source's chroma has the target's resolution.
bool SemiPlanarWriter::is_same_chroma() const {
  const auto fits = [&](const Component& component) {
    return header_->h_max == 2 * component.h &&
           header_->v_max == luma_rows_per_chroma_ * component.v;
  };
  return fits(header_->components[1]) && fits(header_->components[2]);
}

void SemiPlanarWriter::write_chroma(std::size_t chroma_y) {
  if (is_same_chroma()) {
    interleave(planes_[1].row(chroma_y), planes_[2].row(chroma_y), row_.data(), header_->width / 2);
  } else {
    fill_chroma(1, chroma_y, row_.data());
    fill_chroma(2, chroma_y, row_.data() + 1);
  }
  std::uint8_t* target = destination_.chroma + chroma_y * destination_.chroma_stride;
  convert_(row_.data(), target, header_->width);
}

void SemiPlanarWriter::fill_chroma(std::size_t index, std::size_t chroma_y,
                                   std::uint8_t* out) const {
  const Component& component = header_->components[index];
  const Plane& plane = planes_[index];
  const std::size_t factor_x = header_->h_max / component.h;
  const std::size_t factor_y = header_->v_max / component.v;
  const std::size_t y = chroma_y * luma_rows_per_chroma_ / factor_y;
  const std::size_t box_y = std::max<std::size_t>(1, luma_rows_per_chroma_ / factor_y);
  const std::uint8_t* upper = plane.row(y);
  const std::uint8_t* lower = plane.row(y + box_y - 1);
  const std::size_t count = header_->width / 2;
  if (factor_x == 1) {
    for (std::size_t x = 0; x < count; ++x) {
      const unsigned sum = upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1];
      out[2 * x] = static_cast<std::uint8_t>((sum + 2) / 4);
    }
  } else {
    for (std::size_t x = 0; x < count; ++x) {
      const std::size_t at = 2 * x / factor_x;
      out[2 * x] = static_cast<std::uint8_t>((upper[at] + lower[at] + 1U) / 2);
    }
  }
}

}  // namespace edgefirst::jpeg
