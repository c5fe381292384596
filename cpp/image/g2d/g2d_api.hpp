// SPDX-License-Identifier: Apache-2.0
// NXP's 2D blitter through libg2d.so.2, opened at run time: numbers and both layouts of its surface
// record are those of the vendor's public header. Decides nothing about images; g2d_backend.cpp
// does.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/dynamic_library.hpp"

namespace edgefirst::g2d {

/// Pixel layouts by the vendor's numbers.
inline constexpr int kRgba8888 = 1;
inline constexpr int kBgra8888 = 3;
inline constexpr int kRgb888 = 10;
inline constexpr int kNv12 = 20;
inline constexpr int kYuyv = 24;
inline constexpr int kNv16 = 28;

/// Turns of a destination, clockwise in steps of 90 degrees; of a source, mirroring.
inline constexpr int kRotate0 = 0;
inline constexpr int kRotate90 = 1;
inline constexpr int kRotate180 = 2;
inline constexpr int kRotate270 = 3;
inline constexpr int kFlipHorizontal = 4;
inline constexpr int kFlipVertical = 5;

/// Capabilities that select the matrix between YUV and RGB.
inline constexpr int kBt601Limited = 5;
inline constexpr int kBt709Limited = 6;
inline constexpr int kBt601Full = 7;
inline constexpr int kBt709Full = 8;

struct Surface {
  int format = kRgba8888;
  std::array<std::uint64_t, 3> planes{};  ///< physical addresses
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
  int stride = 0;  ///< pixels
  int width = 0;
  int height = 0;
  std::uint32_t clear_color = 0;  ///< bytes R, G, B, A
  int rotation = kRotate0;
};

/// One handle of the blitter; not thread-safe. Work is queued until finish(). Functions answer the
/// library's status: 0 for success.
class Blitter {
 public:
  /// nullptr, and why, where the library, a symbol of it or the device is missing.
  static std::unique_ptr<Blitter> open(std::string& reason);
  ~Blitter();
  Blitter(const Blitter&) = delete;
  Blitter& operator=(const Blitter&) = delete;

  /// Makes one matrix the one in force.
  int select_matrix(int capability);
  int clear(const Surface& surface);
  int blit(const Surface& from, const Surface& to);
  int finish();
  /// Whether the library's records hold that address: before version 6.4.11 they have 32 bits.
  bool can_address(std::uint64_t address) const;

 private:
  struct Functions;
  Blitter() = default;

  DynamicLibrary library_;
  std::unique_ptr<Functions> functions_;
  void* handle_ = nullptr;
  bool is_legacy_ = false;
  int matrix_ = -1;
};

/// Where a DMA-BUF lies in physical memory, by an ioctl of the vendor's kernel; none and errno's
/// value where that fails, ENOTTY on other kernels.
std::optional<std::uint64_t> physical_address(int dma_buffer, int& error);

}  // namespace edgefirst::g2d
