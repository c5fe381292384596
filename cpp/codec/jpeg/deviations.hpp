// SPDX-License-Identifier: Apache-2.0
// What files do against T.81 and other decoders forgive. Whatever forgives one of these calls
// accept(), which is the one place that refuses them under DecodeOptions::strict.
#pragma once

#include <cstdint>

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

enum class Deviation : std::uint8_t {
  kRepeatedSoi,     ///< several SOI markers in a row
  kJunk,            ///< bytes between segments
  kSegmentLength,   ///< a skipped segment of length 0 or 1
  kComponentIds,    ///< two components with one id
  kComponentOrder,  ///< a scan's components stand in another order than the frame's
  kHuffmanTable,    ///< a table that no decoder could use, and that no scan uses
  kAdobeTransform,  ///< four components with a transform other than 0 and 2
  kHeight,          ///< a DNL segment that lowers the frame's height
  kRestart,         ///< restart markers that are missing or out of order
  kSurplusZeros,    ///< zeros coded past the end of a block
};

/// Throws kInvalidData where the file is read strictly.
void accept(const Header& header, Deviation deviation);

}  // namespace edgefirst::jpeg
