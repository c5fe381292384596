// SPDX-License-Identifier: Apache-2.0
// A plain encoder of lossless JPEG files (T.81 annex H), written from the standard alone: every
// predictor, point transform, precision, sampling, restart and order of scans, with one Huffman
// table whose codes all have five bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/jpeg_file.hpp"

namespace edgefirst::testing {

struct LosslessPlane {
  int h = 1;
  int v = 1;
  std::uint8_t id = 1;
  std::vector<std::uint16_t> samples{};  ///< tight rows of the component's own size
};

struct LosslessFile {
  int width = 0;
  int height = 0;
  int precision = 8;
  int predictor = 1;
  int point_transform = 0;
  int restart_rows = 0;  ///< MCU rows; 0: no restarts
  bool interleaved = true;
  std::vector<LosslessPlane> planes{};

  int largest_h() const {
    int largest = 1;
    for (const LosslessPlane& plane : planes) largest = std::max(largest, plane.h);
    return planes.size() == 1 ? planes[0].h : largest;
  }
  int largest_v() const {
    int largest = 1;
    for (const LosslessPlane& plane : planes) largest = std::max(largest, plane.v);
    return planes.size() == 1 ? planes[0].v : largest;
  }
  int plane_width(const LosslessPlane& p) const {
    return (width * p.h + largest_h() - 1) / largest_h();
  }
  int plane_height(const LosslessPlane& p) const {
    return (height * p.v + largest_v() - 1) / largest_v();
  }
  /// The sample of image pixel x, y that a decoder gives: what the point transform leaves of it.
  int expected(std::size_t plane, int x, int y) const {
    const LosslessPlane& p = planes[plane];
    const int at = y * p.v / largest_v() * plane_width(p) + x * p.h / largest_h();
    return p.samples[static_cast<std::size_t>(at)] >> point_transform << point_transform;
  }
};

class LosslessEncoder {
 public:
  explicit LosslessEncoder(const LosslessFile& file) : file_(file) {}

  ByteVector encode() {
    bytes_ = {0xFF, 0xD8};
    ByteVector frame = {byte(file_.precision),  byte(file_.height >> 8), byte(file_.height),
                        byte(file_.width >> 8), byte(file_.width),       byte(file_.planes.size())};
    for (const LosslessPlane& p : file_.planes) {
      frame.insert(frame.end(), {p.id, byte(p.h << 4 | p.v), 0});
    }
    append(segment(0xC3, frame));
    ByteVector codes = {0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    for (int size = 0; size <= 16; ++size) codes.push_back(byte(size));
    append(segment(0xC4, codes));
    if (file_.interleaved || file_.planes.size() == 1) {
      std::vector<std::size_t> all;
      for (std::size_t i = 0; i < file_.planes.size(); ++i) all.push_back(i);
      encode_scan(all);
    } else {
      for (std::size_t i = 0; i < file_.planes.size(); ++i) encode_scan({i});
    }
    bytes_.insert(bytes_.end(), {0xFF, 0xD9});
    return bytes_;
  }

 private:
  template <class Number>
  static std::uint8_t byte(Number value) {
    return static_cast<std::uint8_t>(value);
  }
  void append(const ByteVector& more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }

  void encode_scan(const std::vector<std::size_t>& indices) {
    const bool alone = indices.size() == 1;
    const LosslessPlane& first = file_.planes[indices[0]];
    const int mcus = alone ? file_.plane_width(first)
                           : (file_.width + file_.largest_h() - 1) / file_.largest_h();
    const int rows = alone ? file_.plane_height(first)
                           : (file_.height + file_.largest_v() - 1) / file_.largest_v();
    const int interval = file_.restart_rows * mcus;
    append(segment(0xDD, {byte(interval >> 8), byte(interval)}));
    ByteVector header = {byte(indices.size())};
    for (const std::size_t i : indices) header.insert(header.end(), {file_.planes[i].id, 0});
    header.insert(header.end(), {byte(file_.predictor), 0, byte(file_.point_transform)});
    append(segment(0xDA, header));
    for (int row = 0; row < rows; ++row) {
      const bool restarts = file_.restart_rows != 0 && row % file_.restart_rows == 0;
      if (restarts && row != 0) {
        flush();
        bytes_.insert(bytes_.end(), {0xFF, byte(0xD0 + (row / file_.restart_rows - 1) % 8)});
      }
      for (int mcu = 0; mcu < mcus; ++mcu) {
        for (const std::size_t i : indices) {
          const LosslessPlane& p = file_.planes[i];
          const int h = alone ? 1 : p.h;
          const int v = alone ? 1 : p.v;
          for (int k = 0; k < h * v; ++k) {
            put(difference(p, mcu * h + k % h, row * v + k / h, (row == 0 || restarts) && k < h));
          }
        }
      }
    }
    flush();
  }

  int sample(const LosslessPlane& p, int x, int y) const {
    const int at = y * file_.plane_width(p) + x;
    return p.samples[static_cast<std::size_t>(at)] >> file_.point_transform;
  }

  /// Padding has no difference.
  int difference(const LosslessPlane& p, int x, int y, bool is_first_row) const {
    if (x >= file_.plane_width(p) || y >= file_.plane_height(p)) return 0;
    const int value = sample(p, x, y);
    if (is_first_row) {
      const int middle = 1 << (file_.precision - file_.point_transform - 1);
      return value - (x == 0 ? middle : sample(p, x - 1, y));
    }
    const int b = sample(p, x, y - 1);
    if (x == 0) return value - b;
    const int a = sample(p, x - 1, y);
    const int c = sample(p, x - 1, y - 1);
    const int predictions[] = {a,           b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1),
                               (a + b) >> 1};
    return value - predictions[file_.predictor - 1];
  }

  void put(int difference) {
    int value = static_cast<std::int16_t>(difference);  // modulo 65536
    if (value == -32768) return put_bits(16, 5);
    const int magnitude = value < 0 ? -value : value;
    int size = 0;
    while (magnitude >> size != 0) ++size;
    put_bits(static_cast<unsigned>(size), 5);
    if (value < 0) value += (1 << size) - 1;
    put_bits(static_cast<unsigned>(value), size);
  }

  void put_bits(unsigned bits, int count) {
    for (int i = count - 1; i >= 0; --i) {
      held_ = held_ << 1 | (bits >> i & 1U);
      if (++held_count_ == 8) put_byte();
    }
  }
  void put_byte() {
    bytes_.push_back(byte(held_));
    if (bytes_.back() == 0xFF) bytes_.push_back(0);
    held_ = 0;
    held_count_ = 0;
  }
  void flush() {
    while (held_count_ != 0) put_bits(1, 1);
  }

  const LosslessFile& file_;
  ByteVector bytes_;
  unsigned held_ = 0;
  int held_count_ = 0;
};

}  // namespace edgefirst::testing
