// SPDX-License-Identifier: Apache-2.0
// Signatures: the PRONOM registry of the UK National Archives, and the formats' specifications.
#include "codec/file_kind.hpp"

#include <algorithm>
#include <string_view>

#include "codec/errors.hpp"

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;
using std::string_view;

constexpr std::size_t kMaxFiller = 64;
constexpr string_view kStartOfJpeg("\xFF\xD8\xFF", 3);
constexpr string_view kStartOfPng("\x89PNG", 4);

/// A kind of file that is not read, by the bytes at an offset; a '?' stands for any byte.
struct Signature {
  std::size_t offset;
  string_view bytes;
  const char* name;
};

constexpr Signature kSignatures[] = {
    {0, "RIFF????WEBP", "WebP"},
    {0, "RIFF????AVI ", "an AVI film"},
    {0, "RIFF????WAVE", "WAVE sound"},
    {0, "GIF8", "GIF"},
    {0, {"II*\0", 4}, "TIFF (or a camera's raw file)"},
    {0, {"MM\0*", 4}, "TIFF (or a camera's raw file)"},
    {0, {"II+\0", 4}, "BigTIFF"},
    {0, {"MM\0+", 4}, "BigTIFF"},
    {0, "IIRO", "a camera's raw file"},
    {0, "FUJIFILMCCD-RAW", "a camera's raw file"},
    {0, "II\xBC", "JPEG XR"},
    {4, "ftypavif", "AVIF"},
    {4, "ftypavis", "AVIF"},
    {4, "ftypheic", "HEIC"},
    {4, "ftypheix", "HEIC"},
    {4, "ftypheim", "HEIC"},
    {4, "ftypheis", "HEIC"},
    {4, "ftyphevc", "HEIC"},
    {4, "ftyphevx", "HEIC"},
    {4, "ftypmif1", "HEIC or AVIF"},
    {4, "ftypmsf1", "HEIC or AVIF"},
    {4, "ftypcrx ", "a camera's raw file (CR3)"},
    {4, "ftyp", "a film (MP4, QuickTime)"},
    {0, {"\0\0\0\x0CJXL \x0D\x0A\x87\x0A", 12}, "JPEG XL"},
    {0, "\xFF\x0A", "JPEG XL"},
    {0, {"\0\0\0\x0CjP  \x0D\x0A\x87\x0A", 12}, "JPEG 2000"},
    {0, "\xFF\x4F\xFF\x51", "JPEG 2000"},
    {0, "\x8AMNG", "MNG"},
    {0, "\x8BJNG", "JNG"},
    {0, "8BPS", "a Photoshop document (PSD)"},
    {0, {"\x76\x2F\x31\x01", 4}, "OpenEXR"},
    {0, "#?RADIANCE", "Radiance HDR"},
    {0, "#?RGBE", "Radiance HDR"},
    {0, "DDS ", "a DirectDraw surface (DDS)"},
    {0, "\xABKTX", "a KTX texture"},
    {0, "qoif", "QOI"},
    {0, "BPG\xFB", "BPG"},
    {0, "FLIF", "FLIF"},
    {0, {"\0\0\1\0", 4}, "an icon (ICO)"},
    {0, {"\0\0\2\0\0\0\0\0", 8}, "TGA"},  // no palette; a cursor file holds cursors
    {0, {"\0\0\x0A\0\0\0\0\0", 8}, "TGA"},
    {0, {"\0\0\2\0", 4}, "a cursor (CUR)"},
    {4, "TFL3", "a TFLite model"},
    {0, "SIMPLE  =", "FITS"},
    {128, "DICM", "DICOM"},
    {0, "\x93NUMPY", "a NumPy array (NPY)"},
    {0, "\x89HDF", "HDF5"},
    {0, "%PDF", "PDF"},
    {0, "%!PS", "PostScript"},
    {0, "PK\3\4", "a ZIP archive"},
    {0, "PK\5\6", "a ZIP archive"},
    {0, "\x1F\x8B", "gzip data"},
    {0, "BZh", "bzip2 data"},
    {0,
     "\xFD"
     "7zXZ",
     "XZ data"},
    {0, "\x28\xB5\x2F\xFD", "Zstandard data"},
    {0, "7z\xBC\xAF", "a 7-Zip archive"},
    {0, "Rar!", "a RAR archive"},
    {257, "ustar", "a tar archive"},
    {0, "\x1A\x45\xDF\xA3", "a film (Matroska, WebM)"},
    {0, "version https://git-lfs", "a Git LFS pointer: fetch the file with 'git lfs pull'"},
    {0, "/9j/", "base64 text of a JPEG: decode the text first"},
    {0, "iVBORw0KGgo", "base64 text of a PNG: decode the text first"},
    {0, "data:", "a data URL: decode its base64 text first"},
    {0, "http://", "a URL: fetch it first"},
    {0, "https://", "a URL: fetch it first"},
    {0, "file://", "a URL: pass the path in it"},
};

string_view text_of(Bytes data, std::size_t most) {
  return {reinterpret_cast<const char*>(data.data()), std::min(data.size(), most)};
}

bool is_at(Bytes data, std::size_t offset, string_view bytes) {
  if (data.size() < offset || data.size() - offset < bytes.size()) return false;
  return std::equal(bytes.begin(), bytes.end(), data.data() + offset,
                    [](char expected, std::uint8_t byte) {
                      return expected == '?' || static_cast<std::uint8_t>(expected) == byte;
                    });
}

bool is_blank(std::uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/// BMP begins with two letters alone: four reserved bytes of zero must follow.
bool is_bmp(Bytes data) { return is_at(data, 0, "BM") && is_at(data, 6, {"\0\0\0\0", 4}); }

/// P and a digit or F, then a blank.
bool is_pnm(Bytes data) {
  if (data.size() < 3 || data[0] != 'P' || !is_blank(data[2])) return false;
  return string_view("1234567Ff").find(static_cast<char>(data[1])) != string_view::npos;
}

/// What text that may begin with blanks and a byte order mark is; nullptr for other bytes.
const char* name_of_text(Bytes data) {
  constexpr std::size_t kEnough = 4096;
  const string_view text = text_of(data, kEnough);
  std::size_t start = text.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
  while (start < text.size() && is_blank(data[start])) ++start;
  if (start == text.size() || (text[start] != '<' && text[start] != '{' && text[start] != '[')) {
    return nullptr;
  }
  if (text[start] != '<') return "text (JSON)";
  const auto contains = [&](string_view name) {
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    return std::search(text.begin(), text.end(), name.begin(), name.end(), same) != text.end();
  };
  if (contains("<svg")) return "SVG";
  if (contains("<html") || contains("<!doctype html")) return "an HTML page";
  return "text (XML)";
}

bool is_zeros(Bytes data) {
  return std::all_of(data.data(), data.data() + data.size(),
                     [](std::uint8_t byte) { return byte == 0; });
}

/// nullptr where nothing is known.
const char* name_of(Bytes data) {
  for (const Signature& signature : kSignatures) {
    if (is_at(data, signature.offset, signature.bytes)) return signature.name;
  }
  if (is_bmp(data)) return "BMP";
  if (is_pnm(data)) return "PNM (PBM, PGM, PPM, PAM)";
  if (const char* text = name_of_text(data)) return text;
  return is_zeros(data) ? "zeros alone: the file was not written to its end" : nullptr;
}

/// How many bytes of filler stand in front of the first other byte, up to a little more than is
/// allowed.
std::size_t filler(Bytes data) {
  std::size_t at = 0;
  while (at <= kMaxFiller && at < data.size()) {
    const bool is_end_of_jpeg = data.size() - at >= 2 && data[at] == 0xFF && data[at + 1] == 0xD9;
    if (!is_end_of_jpeg && !is_blank(data[at]) && data[at] != 0) break;
    at += is_end_of_jpeg ? 2 : 1;
  }
  return at;
}

}  // namespace

Recognised recognise(Bytes data, const DecodeOptions& options) {
  if (data.empty()) raise_invalid_image("no bytes");
  if (data.size() > options.max_bytes) {
    raise_invalid_image(data.size(), " bytes, more than the limit of ", options.max_bytes,
                        " (max_bytes)");
  }
  if (is_at(data, 0, kStartOfJpeg)) return {FileKind::kJpeg, data};
  if (is_at(data, 0, kStartOfPng)) return {FileKind::kPng, data};
  const std::size_t skipped = filler(data);
  if (skipped <= kMaxFiller && is_at(data, skipped, kStartOfJpeg)) {
    if (!options.strict) return {FileKind::kJpeg, data.subspan(skipped)};
    raise_invalid_image("a JPEG behind ", skipped, " bytes of filler (refused by strict)");
  }
  if (const char* name = name_of(data)) {
    raise_invalid_image("this is ", name, "; only JPEG and PNG are read");
  }
  if (options.tolerant && !options.strict) {
    const string_view all = text_of(data, data.size());
    const std::size_t start = all.find(kStartOfJpeg);
    if (start != string_view::npos) return {FileKind::kJpeg, data.subspan(start)};
  }
  raise_invalid_image("neither JPEG (FF D8 FF) nor PNG (89 50 4E 47)");
}

}  // namespace edgefirst
