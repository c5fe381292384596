// SPDX-License-Identifier: Apache-2.0
// Marker segments. Every length and table id comes from the file and is checked here, so that the
// stages behind can trust the header.
#include "codec/jpeg/markers.hpp"

#include <algorithm>
#include <cstring>

#include "codec/errors.hpp"
#include "codec/jpeg/deviations.hpp"
#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/segments.hpp"
#include "codec/jpeg/standard_tables.hpp"
#include "codec/orientation.hpp"
#include "codec/xmp.hpp"

namespace edgefirst::jpeg {
namespace {

using Bytes = Span<const std::uint8_t>;

constexpr std::uint8_t kSoi = 0xD8;
constexpr std::uint8_t kEoi = 0xD9;

/// Reads a segment front to back; running out is an error that names the segment.
class Cursor {
 public:
  Cursor(Bytes bytes, const char* segment) : bytes_(bytes), segment_(segment) {}

  std::size_t left() const { return bytes_.size() - position_; }
  std::uint8_t byte() { return take(1)[0]; }
  std::size_t word() {
    const Bytes two = take(2);
    return static_cast<std::size_t>(two[0]) << 8 | two[1];
  }
  Bytes take(std::size_t count) {
    if (left() < count) raise_invalid_image(segment_, " segment ends too early");
    position_ += count;
    return bytes_.subspan(position_ - count, count);
  }

 private:
  Bytes bytes_;
  const char* segment_;
  std::size_t position_ = 0;
};

struct WalkState {
  bool saw_segment = false;
  bool saw_frame = false;
  bool saw_junk = false;  // in front of the frame
  bool saw_jfif = false;
  int adobe_transform = -1;  // -1: no Adobe segment
};

std::size_t ceil_divide(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

void parse_quant_tables(Cursor segment, Header& header) {
  while (segment.left() > 0) {
    const std::uint8_t spec = segment.byte();
    const unsigned precision = spec >> 4;
    const unsigned id = spec & 15U;
    if (precision > 1 || id >= kMaxTables) {
      raise_invalid_image("DQT names precision ", precision, " and table ", id,
                          "; precisions 0-1 and tables 0-3 exist");
    }
    QuantTable& table = header.quant[id];
    for (std::size_t k = 0; k < kBlockSize; ++k) {
      table.values[kZigzag[k]] =
          static_cast<std::int16_t>(precision == 0 ? segment.byte() : segment.word());
    }
    table.defined = true;
  }
}

/// Conditioning of arithmetic decoding (T.81 B.2.4.3).
void parse_conditioning(Cursor segment, Header& header) {
  while (segment.left() > 0) {
    const std::uint8_t spec = segment.byte();
    const unsigned table_class = spec >> 4;
    const unsigned id = spec & 15U;
    const std::uint8_t value = segment.byte();
    if (table_class > 1 || id >= kMaxTables) {
      raise_invalid_image("DAC names class ", table_class, " and table ", id,
                          "; classes 0-1 and tables 0-3 exist");
    }
    Conditioning& conditioning = header.conditioning[id];
    if (table_class == 1) {
      conditioning.ac_limit = value;
      continue;
    }
    conditioning.dc_lower = value & 15U;
    conditioning.dc_upper = value >> 4;
    if (conditioning.dc_lower > conditioning.dc_upper) {
      raise_invalid_image("DAC sets the lower bound ", int{conditioning.dc_lower},
                          " above the upper bound ", int{conditioning.dc_upper});
    }
  }
}

/// Canonical codes fill the code space from 0 upwards (T.81 annex C); more codes of a length than
/// are left means that one bit string would be two symbols.
bool is_usable(const HuffmanSpec& spec) {
  std::size_t code = 0;
  for (std::size_t length = 1; length <= 16; ++length) {
    code = code * 2 + spec.counts[length - 1];
    if (code > std::size_t{1} << length) return false;
  }
  return true;
}

void parse_huffman_tables(Cursor segment, Header& header) {
  while (segment.left() > 0) {
    const std::uint8_t spec = segment.byte();
    const unsigned table_class = spec >> 4;
    const unsigned id = spec & 15U;
    if (table_class > 1 || id >= kMaxTables) {
      raise_invalid_image("DHT names class ", table_class, " and table ", id,
                          "; classes 0-1 and tables 0-3 exist");
    }
    HuffmanSpec& table = table_class == 0 ? header.dc[id] : header.ac[id];
    const Bytes counts = segment.take(16);
    std::size_t total = 0;
    for (std::size_t i = 0; i < 16; ++i) total += table.counts[i] = counts[i];
    if (total > table.symbols.size()) {
      raise_invalid_image("DHT holds ", total, " symbols; a table has at most 256");
    }
    if (!is_usable(table)) accept(header, Deviation::kHuffmanTable);
    const Bytes symbols = segment.take(total);
    std::copy(symbols.begin(), symbols.end(), table.symbols.begin());
    table.symbol_count = total;
    table.defined = true;
  }
}

void check_component(const Component& component, const Header& header, std::size_t index) {
  if (component.h < 1 || component.h > 4 || component.v < 1 || component.v > 4) {
    raise_invalid_image("component ", int{component.id}, " has sampling factors ", int{component.h},
                        "x", int{component.v}, "; 1 to 4 are allowed");
  }
  if (component.quant >= kMaxTables && !header.lossless) {
    raise_invalid_image("component ", int{component.id}, " uses quantization table ",
                        int{component.quant}, "; tables 0-3 exist");
  }
  for (std::size_t i = 0; i < index; ++i) {
    if (header.components[i].id == component.id) accept(header, Deviation::kComponentIds);
  }
}

/// Sizes of MCUs and component planes (T.81 A.1.1, A.2).
void lay_out_frame(Header& header) {
  if (header.component_count == 1) header.components[0].h = header.components[0].v = 1;  // A.2.2
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    header.h_max = std::max(header.h_max, component.h);
    header.v_max = std::max(header.v_max, component.v);
  }
  for (std::size_t i = 0; i < header.component_count; ++i) {
    Component& component = header.components[i];
    if (header.h_max % component.h != 0 || header.v_max % component.v != 0) {
      raise_unsupported_image("JPEG chroma subsampling ", int{component.h}, "x", int{component.v},
                              " in a frame of ", int{header.h_max}, "x", int{header.v_max});
    }
    component.width = ceil_divide(header.width * component.h, header.h_max);
    component.height = ceil_divide(header.height * component.v, header.v_max);
  }
  header.mcus_per_row = ceil_divide(header.width, 8U * header.h_max);
  header.mcu_rows = ceil_divide(header.height, 8U * header.v_max);
}

void parse_frame(Cursor segment, Header& header, WalkState& state) {
  header.precision = segment.byte();
  header.height = segment.word();
  header.width = segment.word();
  header.component_count = segment.byte();
  const bool is_lossless_depth = header.lossless && header.precision >= 2 && header.precision <= 16;
  if (header.precision != 8 && header.precision != 12 && !is_lossless_depth) {  // T.81 table B.2
    raise_unsupported_image("JPEG precision of ", header.precision, " bits");
  }
  if (header.component_count == 0 || header.component_count > kMaxComponents) {
    raise_invalid_image("a frame of ", header.component_count, " components");
  }
  if (header.component_count == 2) {
    raise_unsupported_image("JPEG with ", header.component_count, " components");
  }
  if (header.width == 0) raise_invalid_image("an image 0 pixels wide");
  for (std::size_t i = 0; i < header.component_count; ++i) {
    Component& component = header.components[i];
    component.id = segment.byte();
    const std::uint8_t sampling = segment.byte();
    component.h = sampling >> 4;
    component.v = sampling & 15U;
    component.quant = segment.byte();
    check_component(component, header, i);
  }
  state.saw_frame = true;
}

[[noreturn]] void raise_unsupported_frame(std::uint8_t marker) {
  const unsigned number = marker - 0xC0U;
  if (number < 8) raise_unsupported_image("hierarchical JPEG (SOF", number, ")");
  const char* const kind = number == 11 ? "lossless" : "hierarchical";
  raise_unsupported_image(kind, " arithmetic-coded JPEG (SOF", number, ")");
}

/// A further packet replaces the one before unless it names no orientation.
void keep_xmp(Bytes packet, Header& header) {
  if (header.xmp.empty() || xmp_orientation(packet)) header.xmp = packet;
}

void parse_app(std::uint8_t marker, Bytes payload, Header& header, WalkState& state) {
  const auto starts_with = [&](const char* text, std::size_t length) {
    return payload.size() >= length && std::memcmp(payload.data(), text, length) == 0;
  };
  if (marker == 0xE0 && starts_with("JFIF\0", 5)) state.saw_jfif = true;
  if (marker == 0xE1 && starts_with("Exif\0\0", 6) && header.exif_count < kMaxExifPieces) {
    header.exif[header.exif_count++] = payload.subspan(6);
  }
  if (marker == 0xE1) keep_xmp(xmp_packet(payload), header);
  if (marker == 0xEE && payload.size() >= 12 && starts_with("Adobe", 5)) {
    state.adobe_transform = payload[11];
  }
}

/// Predictor and point transform: T.81 H.1.1, table B.3.
void check_prediction(const Header& header) {
  const unsigned predictor = header.scan.spectral_begin;
  const unsigned point_transform = header.scan.approximation_low;
  if (predictor >= 1 && predictor <= 7 && point_transform < header.precision) return;
  raise_invalid_image("a lossless scan with predictor ", predictor, " and point transform ",
                      point_transform, "; predictors 1-7 and transforms 0-", header.precision - 1,
                      " exist");
}

/// Spectral selection and successive approximation: T.81 G.1.1.1; a sequential scan has no choice.
void parse_progression(Cursor& segment, Header& header) {
  ScanSpec& scan = header.scan;
  scan.spectral_begin = segment.byte();
  scan.spectral_end = segment.byte();
  const std::uint8_t approximation = segment.byte();
  scan.approximation_high = approximation >> 4;
  scan.approximation_low = approximation & 15U;
  if (header.lossless) {
    check_prediction(header);
    return;
  }
  if (!header.progressive) {
    scan.spectral_begin = scan.approximation_high = scan.approximation_low = 0;
    scan.spectral_end = 63;
    return;
  }
  const bool is_dc = scan.spectral_begin == 0;
  const bool valid_band = is_dc ? scan.spectral_end == 0
                                : scan.spectral_begin <= scan.spectral_end &&
                                      scan.spectral_end <= 63 && scan.component_count == 1;
  if (!valid_band || scan.approximation_low > 13 || scan.approximation_high > 13) {
    raise_invalid_image("a progressive scan of ", scan.component_count,
                        " components with coefficients ", int{scan.spectral_begin}, "-",
                        int{scan.spectral_end}, " and bits ", int{scan.approximation_high}, "-",
                        int{scan.approximation_low});
  }
}

/// Frames of Motion JPEG leave the tables of annex K out.
bool is_defined(HuffmanSpec& table, const HuffmanSpec* standard) {
  if (!table.defined && standard != nullptr) table = *standard;
  return table.defined;
}

/// The tables that the scan will use are there.
void check_tables(Header& header, const Component& component) {
  const std::size_t dc = component.dc_table;
  const std::size_t ac = component.ac_table;
  if (dc >= kMaxTables || ac >= kMaxTables) {
    raise_invalid_image("SOS names ", header.arithmetic ? "arithmetic" : "Huffman", " tables ", dc,
                        " and ", ac, "; tables 0-3 exist");
  }
  if (header.arithmetic) return;
  const ScanSpec& scan = header.scan;
  const bool needs_dc =
      header.lossless || (scan.spectral_begin == 0 && scan.approximation_high == 0);
  const bool needs_ac = scan.spectral_end > 0 && !header.lossless;
  const bool has_standard_dc = dc < 2 && !header.lossless;
  const bool dc_there =
      is_defined(header.dc[dc], has_standard_dc ? &standard_dc_table(dc) : nullptr);
  const bool ac_there = is_defined(header.ac[ac], ac < 2 ? &standard_ac_table(ac) : nullptr);
  if ((needs_dc && !dc_there) || (needs_ac && !ac_there)) {
    raise_invalid_image("component ", int{component.id},
                        " uses a Huffman table that no DHT defines");
  }
  if ((needs_dc && !is_usable(header.dc[dc])) || (needs_ac && !is_usable(header.ac[ac]))) {
    raise_invalid_image("component ", int{component.id},
                        " uses a Huffman table with more codes than there are bit strings");
  }
}

/// The frame's component that stands at place in the scan, by its id. As in libjpeg it is none
/// whose index is below place: a part of the components may stand in any order, all of them may
/// not.
std::size_t find_component(const Header& header, std::size_t place, std::uint8_t id) {
  const ScanSpec& scan = header.scan;
  std::array<std::size_t, kMaxComponents> found{};
  std::size_t count = 0;
  for (std::size_t i = place; i < header.component_count; ++i) {
    const auto* const end = scan.components.begin() + place;
    const bool used = std::find(scan.components.begin(), end, i) != end;
    if (header.components[i].id == id && !used) found[count++] = i;
  }
  if (count == 0) {
    raise_invalid_image("scan component ", int{id}, " is none of the frame, or out of order");
  }
  if (count == 1 || scan.component_count == header.component_count) return found[0];
  if (header.progressive) {
    raise_invalid_image("a scan of component ", int{id}, ", an id that ", count,
                        " components of the frame have");
  }
  const auto* const fresh = std::find_if(found.begin(), found.begin() + count, [&](std::size_t i) {
    return !header.components[i].was_scanned;
  });
  return fresh == found.begin() + count ? found[0] : *fresh;
}

void check_mcu(const Header& header) {
  const ScanSpec& scan = header.scan;
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < scan.component_count; ++i) {
    const Component& component = header.components[scan.components[i]];
    blocks += static_cast<std::size_t>(component.h) * component.v;
  }
  if (blocks > kMaxBlocksPerMcu && scan.component_count > 1) {
    raise_invalid_image("an interleaved scan with an MCU of ", blocks,
                        " blocks; at most 10 are allowed");
  }
}

void parse_scan_header(Cursor segment, Header& header) {
  ScanSpec& scan = header.scan;
  scan = ScanSpec{};
  scan.component_count = segment.byte();
  if (scan.component_count == 0 || scan.component_count > header.component_count) {
    raise_invalid_image("a scan of ", scan.component_count, " components in a frame of ",
                        header.component_count);
  }
  for (std::size_t i = 0; i < scan.component_count; ++i) {
    const std::size_t index = find_component(header, i, segment.byte());
    if (i > 0 && index < scan.components[i - 1]) accept(header, Deviation::kComponentOrder);
    Component& component = header.components[index];
    const std::uint8_t tables = segment.byte();
    component.dc_table = tables >> 4;
    component.ac_table = tables & 15U;
    component.was_scanned = true;
    scan.components[i] = static_cast<std::uint8_t>(index);
  }
  check_mcu(header);
  parse_progression(segment, header);
  for (std::size_t i = 0; i < scan.component_count; ++i) {
    check_tables(header, header.components[scan.components[i]]);
  }
}

/// JFIF means YCbCr; else Adobe's transform flag decides, else the ids 'R' 'G' 'B'. Lossless
/// pictures of which nothing says so are RGB, as in libjpeg-turbo.
ColorModel color_model(const Header& header, const WalkState& state) {
  if (header.component_count == 1) return ColorModel::kGrey;
  if (header.component_count == 4) {
    if (state.adobe_transform < 0) return ColorModel::kCmyk;
    if (state.adobe_transform == 0) return ColorModel::kInvertedCmyk;
    if (state.adobe_transform != 2) accept(header, Deviation::kAdobeTransform);  // as libjpeg
    return ColorModel::kYcck;
  }
  if (state.saw_jfif) return ColorModel::kYcc;
  if (state.adobe_transform >= 0) {
    return state.adobe_transform == 0 ? ColorModel::kRgb : ColorModel::kYcc;
  }
  const auto& c = header.components;
  const bool rgb = header.lossless || (c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B');
  return rgb ? ColorModel::kRgb : ColorModel::kYcc;
}

bool is_decoded_frame(std::uint8_t marker) {
  return (marker >= 0xC0 && marker <= 0xC3) || marker == 0xC9 || marker == 0xCA;
}

void parse_segment(std::uint8_t marker, Bytes payload, Header& header, WalkState& state) {
  if (is_decoded_frame(marker)) {
    if (state.saw_frame) raise_invalid_image("a second SOF segment");
    header.progressive = marker == 0xC2 || marker == 0xCA;
    header.arithmetic = marker == 0xC9 || marker == 0xCA;
    header.lossless = marker == 0xC3;
    header.extended = marker == 0xC1;  // differs in what 8-bit Huffman files may use
    parse_frame(Cursor(payload, "SOF"), header, state);
  } else if (is_frame(marker)) {
    raise_unsupported_frame(marker);
  } else if (marker == 0xDB) {
    parse_quant_tables(Cursor(payload, "DQT"), header);
  } else if (marker == 0xC4) {
    parse_huffman_tables(Cursor(payload, "DHT"), header);
  } else if (marker == 0xCC) {
    parse_conditioning(Cursor(payload, "DAC"), header);
  } else if (marker == 0xDD) {
    header.restart_interval = Cursor(payload, "DRI").word();
  } else if (marker >= 0xE0 && marker <= 0xEF) {
    parse_app(marker, payload, header, state);
  }
}

/// Walks segments until an SOS is parsed; false at EOI or the end of the file.
bool parse_to_scan(Bytes data, std::size_t position, Header& header, WalkState& state) {
  for (;;) {
    const bool is_gap = position < data.size() && data[position] != 0xFF;
    if (is_gap && state.saw_segment && !state.saw_frame) state.saw_junk = true;
    const std::uint8_t marker = next_marker(data, position, header);
    if (marker == kEoi) return false;
    if (is_standalone(marker)) continue;
    if (marker == kSoi) {
      if (state.saw_segment) {
        raise_invalid_image("an SOI marker behind a segment; a thumbnail stands where the header",
                            " should go on, as behind a damaged segment length");
      }
      accept(header, Deviation::kRepeatedSoi);
      continue;
    }
    state.saw_segment = true;
    const Bytes payload = segment_payload(data, marker, position, header);
    if (marker != 0xDA) {
      parse_segment(marker, payload, header, state);
      continue;
    }
    if (!state.saw_frame) raise_invalid_image("no SOF segment before the first SOS");
    parse_scan_header(Cursor(payload, "SOS"), header);
    header.entropy_begin = position;
    return true;
  }
}

/// The DNL segment gives the height to a frame of height 0 and may lower it: scanners that do not
/// know it beforehand write the largest.
void take_height(Bytes data, Header& header) {
  const std::size_t height = height_behind_scan(data, header);
  const bool is_lower = height != 0 && height < header.height;
  if (is_lower) accept(header, Deviation::kHeight);
  if (is_lower || header.height == 0) header.height = height;
  if (header.height == 0) raise_invalid_image("an image of height 0 without DNL segment");
}

}  // namespace

void parse_header(Bytes data, Header& header, bool strict) {
  header = Header{};
  header.strict = strict;
  for (QuantTable& table : header.quant) table.values.fill(1);
  if (data.size() < 2 || data[0] != 0xFF || data[1] != 0xD8) {
    raise_invalid_image("no JPEG: the first two bytes are not FF D8");
  }
  WalkState state;
  if (!parse_to_scan(data, 2, header, state)) {
    raise_invalid_image(state.saw_frame ? "no SOS segment" : "no SOF segment");
  }
  take_height(data, header);
  const std::size_t begin = header.entropy_begin;
  check_picture_is_last(
      data, state.saw_junk ? begin + scan_end(data.subspan(begin)) : near_scan_end(data, begin),
      header);
  lay_out_frame(header);
  header.color = color_model(header, state);
}

bool parse_next_scan(Bytes data, std::size_t position, Header& header) {
  WalkState state;
  state.saw_segment = state.saw_frame = true;
  return parse_to_scan(data, position, header, state);
}

}  // namespace edgefirst::jpeg
