// SPDX-License-Identifier: Apache-2.0
// Scans of a lossless frame one after the other, and their samples as rows.
#include "codec/jpeg/lossless_picture.hpp"

#include <algorithm>

#include "codec/errors.hpp"
#include "codec/jpeg/markers.hpp"

namespace edgefirst::jpeg {
namespace {

/// Refuses at once what the data cannot hold: every sample takes a bit or more.
void check_size(const LosslessScan& scan) {
  if (scan.sample_count() <= 8 * scan.consumed()) return;
  raise_invalid_image("the data ends: ", scan.consumed(), " bytes for ", scan.sample_count(),
                      " samples of a lossless scan");
}

}  // namespace

std::uint16_t* LosslessPicture::Store::row(std::size_t y) const {
  auto* const piece = reinterpret_cast<std::uint16_t*>(pieces[y / kRowsPerPiece].data());
  return piece + y % kRowsPerPiece * width;
}

void LosslessPicture::Store::append(const std::uint16_t* samples) {
  const std::size_t piece = rows / kRowsPerPiece;
  if (piece == pieces.size()) pieces.emplace_back();
  pieces[piece].require(kRowsPerPiece * width * sizeof(std::uint16_t));
  std::copy_n(samples, width, row(rows));
  ++rows;
}

void LosslessPicture::start(Span<const std::uint8_t> data, Header& header, const Limits& limits) {
  header_ = &header;
  mcu_row_ = 0;
  damage_ = {};
  is_stored_ = !header.is_single_scan();
  if (is_stored_) return collect_scans(data, header, limits);
  scan_.start(header, data.subspan(header.entropy_begin));
  if (!limits.tolerant) check_size(scan_);
}

void LosslessPicture::collect_scans(Span<const std::uint8_t> data, Header& header,
                                    const Limits& limits) {
  for (Store& store : stores_) store.rows = 0;
  auto* const grey =
      reinterpret_cast<std::uint16_t*>(grey_.require(header.width * sizeof(std::uint16_t)));
  std::fill_n(grey, header.width, static_cast<std::uint16_t>(1U << (header.precision - 1)));
  for (std::size_t count = 1;; ++count) {
    if (count > limits.max_scans) {
      raise_invalid_image("more than the limit of ", limits.max_scans, " scans (max_scans)");
    }
    const std::size_t begin = header.entropy_begin;
    scan_.start(header, data.subspan(begin));
    if (!limits.tolerant) check_size(scan_);
    collect_scan();
    if (scan_.damage().any() && !limits.tolerant) raise_damage(scan_.damage());
    try {
      if (!parse_next_scan(data, begin + scan_.consumed(), header)) break;
    } catch (const Error&) {
      if (!limits.tolerant) throw;
      return;
    }
  }
  if (!limits.tolerant) check_components();
}

/// Keeps the rows of a scan up to the first damage.
void LosslessPicture::collect_scan() {
  const ScanSpec spec = header_->scan;
  for (std::size_t i = 0; i < spec.component_count; ++i) {
    stores_[spec.components[i]].width = header_->components[spec.components[i]].width;
    stores_[spec.components[i]].rows = 0;
  }
  for (std::size_t mcu_row = 0; mcu_row < scan_.mcu_rows(); ++mcu_row) {
    scan_.decode_mcu_row();
    if (scan_.damage().any()) return;
    for (std::size_t i = 0; i < spec.component_count; ++i) {
      const Component& component = header_->components[spec.components[i]];
      Store& store = stores_[spec.components[i]];
      for (std::size_t y = 0; y < scan_.rows_per_mcu(i) && store.rows < component.height; ++y) {
        store.append(scan_.row(i, y));
      }
    }
  }
}

void LosslessPicture::check_components() const {
  for (std::size_t i = 0; i < header_->component_count; ++i) {
    if (stores_[i].rows > 0) continue;
    raise_invalid_image("the data ends before a scan of component ",
                        int{header_->components[i].id});
  }
}

void LosslessPicture::decode_mcu_row() {
  ++mcu_row_;
  if (is_stored_) return;
  scan_.decode_mcu_row();
  damage_ = scan_.damage();
}

const std::uint16_t* LosslessPicture::row(std::size_t component, std::size_t y) const {
  if (!is_stored_) return scan_.row(component, y % header_->components[component].v);
  const Store& store = stores_[component];
  return y < store.rows ? store.row(y) : reinterpret_cast<const std::uint16_t*>(grey_.data());
}

void LosslessPicture::decode_band(const Plane* planes) {
  constexpr std::size_t kBandRows = 8;
  for (std::size_t r = 0; r < kBandRows && mcu_row_ * header_->v_max < header_->height; ++r) {
    const std::size_t mcu_row = mcu_row_;
    decode_mcu_row();
    for (std::size_t i = 0; i < header_->component_count; ++i) {
      const Component& component = header_->components[i];
      const std::size_t end = std::min<std::size_t>(component.height, (mcu_row + 1) * component.v);
      for (std::size_t y = mcu_row * component.v; y < end; ++y) {
        const std::uint16_t* const samples = row(i, y);
        std::uint8_t* const out = planes[i].row(y);
        for (std::size_t x = 0; x < component.width; ++x) {
          out[x] = static_cast<std::uint8_t>(samples[x]);
        }
      }
    }
  }
}

std::size_t LosslessPicture::valid_rows() const {
  std::size_t rows = header_->height;
  if (!is_stored_) {
    return damage_.any() ? std::min(rows, damage_.mcu_row * header_->v_max) : rows;
  }
  for (std::size_t i = 0; i < header_->component_count; ++i) {
    const Component& component = header_->components[i];
    if (stores_[i].rows < component.height) {
      rows = std::min(rows, stores_[i].rows / component.v * header_->v_max);
    }
  }
  return rows;
}

}  // namespace edgefirst::jpeg
