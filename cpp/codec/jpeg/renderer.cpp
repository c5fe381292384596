// SPDX-License-Identifier: Apache-2.0
// Chooses the upsampling method as libjpeg does: the triangle filter for factor 2 (horizontally
// only where a row has more than two samples), replication for everything else and for lossless
// pictures.
#include "codec/jpeg/renderer.hpp"

#include <algorithm>

namespace edgefirst::jpeg {

Renderer::Method Renderer::choose_method(const Channel& channel, const Plane& plane) {
  const unsigned x = channel.factor_x;
  const unsigned y = channel.factor_y;
  if (x == 1 && y == 1) return Method::kCopy;
  if (x == 1 && y == 2) return Method::kH1V2;
  if (x == 2 && y == 1 && plane.width > 2) return Method::kH2V1;
  if (x == 2 && y == 2 && plane.width > 2) return Method::kH2V2;
  return Method::kReplicate;
}

void Renderer::start(const Header& header, const Plane* planes, ColorFn* color, bool luma_only) {
  header_ = &header;
  planes_ = planes;
  color_ = color;
  kernels_ = upsample_kernels();
  channel_count_ = luma_only ? 1 : header.component_count;
  needs_row_below_ = false;
  const std::size_t stride = (header.width + 8 * Plane::kMargin) / Plane::kMargin * Plane::kMargin;
  std::uint8_t* row = rows_.require(stride * channels_.size());
  for (std::size_t i = 0; i < channel_count_; ++i, row += stride) {
    Channel& channel = channels_[i];
    channel.factor_x = header.h_max / header.components[i].h;
    channel.factor_y = header.v_max / header.components[i].v;
    channel.method = choose_method(channel, planes[i]);
    if (header.lossless && channel.method != Method::kCopy) channel.method = Method::kReplicate;
    channel.row = row;
    needs_row_below_ |= channel.method == Method::kH1V2 || channel.method == Method::kH2V2;
  }
}

void Renderer::extend_edges(std::size_t mcu_row) const {
  for (std::size_t i = 0; i < channel_count_; ++i) {
    const Method method = channels_[i].method;
    if (method != Method::kH2V1 && method != Method::kH2V2) continue;
    const Plane& plane = planes_[i];
    const std::size_t rows = 8U * header_->components[i].v;
    for (std::size_t y = mcu_row * rows; y < (mcu_row + 1) * rows; ++y) {
      std::uint8_t* row = plane.row(y);
      row[-1] = row[0];
      row[plane.width] = row[plane.width - 1];
    }
  }
}

std::size_t Renderer::rows_ready(std::size_t mcu_rows) const {
  if (mcu_rows >= header_->mcu_rows) return header_->height;
  if (mcu_rows == 0) return 0;
  return mcu_rows * 8 * header_->v_max - (needs_row_below_ ? 1 : 0);
}

const std::uint8_t* Renderer::full_row(std::size_t index, std::size_t y) {
  const Channel& channel = channels_[index];
  const Plane& plane = planes_[index];
  const auto source = static_cast<std::ptrdiff_t>(y / channel.factor_y);
  const bool is_lower = y % 2 == 1;
  const std::uint8_t* near = plane.clamped_row(source);
  const std::uint8_t* far = plane.clamped_row(is_lower ? source + 1 : source - 1);
  switch (channel.method) {
    case Method::kCopy:
      return near;
    case Method::kH2V1:
      kernels_.h2v1(near, near, channel.row, plane.width, is_lower);
      break;
    case Method::kH1V2:
      kernels_.h1v2(near, far, channel.row, plane.width, is_lower);
      break;
    case Method::kH2V2:
      kernels_.h2v2(near, far, channel.row, plane.width, is_lower);
      break;
    case Method::kReplicate:
      replicate_row(near, channel.row, plane.width, channel.factor_x);
      break;
  }
  return channel.row;
}

void Renderer::render(std::size_t y, std::uint8_t* out) {
  ColorRow row;
  for (std::size_t i = 0; i < channel_count_; ++i) row.samples[i] = full_row(i, y);
  row.out = out;
  row.width = header_->width;
  color_(row);
}

}  // namespace edgefirst::jpeg
