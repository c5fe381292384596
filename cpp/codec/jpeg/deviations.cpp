// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg/deviations.hpp"

#include "codec/errors.hpp"

namespace edgefirst::jpeg {
namespace {

const char* text_of(Deviation deviation) {
  switch (deviation) {
    case Deviation::kRepeatedSoi:
      return "a repeated SOI marker";
    case Deviation::kJunk:
      return "bytes between segments";
    case Deviation::kSegmentLength:
      return "a segment of length 0 or 1";
    case Deviation::kComponentIds:
      return "two components with one id";
    case Deviation::kComponentOrder:
      return "a scan whose components stand in another order than the frame's";
    case Deviation::kHuffmanTable:
      return "a Huffman table with more codes than there are bit strings";
    case Deviation::kAdobeTransform:
      return "an Adobe transform other than 0 and 2 for four components";
    case Deviation::kHeight:
      return "a DNL segment that lowers the frame's height";
    case Deviation::kRestart:
      return "restart markers that are missing or out of order";
    case Deviation::kSurplusZeros:
      return "zeros coded past the end of a block";
  }
  return "a deviation from T.81";
}

}  // namespace

void accept(const Header& header, Deviation deviation) {
  if (header.strict) raise_invalid_image(text_of(deviation), ", refused because of strict");
}

}  // namespace edgefirst::jpeg
