// SPDX-License-Identifier: Apache-2.0
// Conversions that only move bytes: copies, turns and mirrors of a format into itself, and packed
// RGB formats into one another, all of u8. Recognises them and carries them out. Called by the
// converter.
#pragma once

#include <cstdint>

#include "image/cpu/pixel_block.hpp"
#include "image/request.hpp"

namespace edgefirst::cpu {

/// Whether move_pixels() can do it.
bool only_moves_pixels(const ConvertRequest& request);

/// Fills nothing outside dst_rect.
void move_pixels(const ConvertRequest& request, const MappedPlanes<const std::uint8_t>& source,
                 const MappedPlanes<std::uint8_t>& destination);

/// Pixel (columns[x], rows[y]) of the source becomes pixel (x, y) of dst_rect.
struct PointTable {
  const std::uint32_t* rows;
  const std::uint32_t* columns;
};
/// Whether pick_pixels() can do it: packed RGB into the same, or without its alpha, all of u8.
bool only_picks_pixels(const ConvertRequest& request);

/// Fills nothing outside dst_rect.
void pick_pixels(const ConvertRequest& request, const PointTable& points,
                 const MappedPlanes<const std::uint8_t>& source,
                 const MappedPlanes<std::uint8_t>& destination);

}  // namespace edgefirst::cpu
