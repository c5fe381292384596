// SPDX-License-Identifier: Apache-2.0
// Where the orientation of a PNG may stand: eXIf chunks, and texts of EXIF data or XMP.
#include <gtest/gtest.h>

#include <string>

#include "edgefirst/codec.hpp"

#include "support/jpeg_file.hpp"
#include "support/png_file.hpp"

namespace edgefirst {
namespace {

using testing::HandmadePng;
using testing::PngBytes;

int orientation_with(const PngBytes& chunks) {
  HandmadePng png;
  png.in_front = chunks;
  const PngBytes file = png.file();
  const ImageInfo info = ImageDecoder().peek(file);
  EXPECT_EQ(info.width, info.orientation >= 5 ? 28U : 40U);
  EXPECT_EQ(load_image(file).width(), info.width);
  return info.orientation;
}

PngBytes exif(int orientation) {
  PngBytes tiff;
  for (const std::uint8_t byte : testing::tiff_orientation(orientation)) tiff.push_back(byte);
  return tiff;
}

PngBytes behind_preamble(const PngBytes& tiff) {
  PngBytes bytes = testing::bytes_of_text("Exif");
  testing::append(bytes, {0, 0});
  testing::append(bytes, tiff);
  return bytes;
}

/// As ImageMagick writes it: a name, the length, lines of hexadecimal digits.
std::string raw_profile(const std::string& name, const PngBytes& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\n" + name + "\n" + std::to_string(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 36 == 0) text += '\n';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text + "\n";
}

PngBytes text_chunk(const std::string& type, const std::string& keyword, const std::string& text,
                    bool compressed) {
  PngBytes payload = testing::bytes_of_text(keyword);
  payload.push_back(0);
  if (type == "iTXt") {
    testing::append(payload, {static_cast<std::uint8_t>(compressed ? 1 : 0), 0, 'e', 'n', 0, 0});
  } else if (type == "zTXt") {
    payload.push_back(0);
  }
  const PngBytes bytes = testing::bytes_of_text(text);
  testing::append(payload, compressed ? testing::deflated(bytes) : bytes);
  return testing::png_chunk(type, payload);
}

std::string xmp(int orientation) {
  return "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description "
         "xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" tiff:Orientation=\"" +
         std::to_string(orientation) + "\"/></rdf:RDF></x:xmpmeta>";
}

constexpr char kXmp[] = "XML:com.adobe.xmp";

TEST(PngOrientation, StandsInItsOwnChunk) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(orientation_with(testing::png_chunk("eXIf", exif(orientation))), orientation);
    EXPECT_EQ(orientation_with(testing::png_chunk("eXIf", behind_preamble(exif(orientation)))),
              orientation);
    PngBytes swapped = exif(orientation);
    std::swap(swapped[2], swapped[3]);
    EXPECT_EQ(orientation_with(testing::png_chunk("eXIf", swapped)), orientation);
  }
}

TEST(PngOrientation, StandsInARawProfile) {
  const std::string profile = raw_profile("exif", behind_preamble(exif(6)));
  for (const char* keyword : {"Raw profile type exif", "Raw profile type APP1"}) {
    EXPECT_EQ(orientation_with(text_chunk("zTXt", keyword, profile, true)), 6) << keyword;
    EXPECT_EQ(orientation_with(text_chunk("tEXt", keyword, profile, false)), 6) << keyword;
    EXPECT_EQ(orientation_with(text_chunk("iTXt", keyword, profile, true)), 6) << keyword;
  }
  EXPECT_EQ(orientation_with(text_chunk("tEXt", "Raw profile type icc", profile, false)), 1);
}

TEST(PngOrientation, StandsInXmp) {
  for (const bool compressed : {false, true}) {
    EXPECT_EQ(orientation_with(text_chunk("iTXt", kXmp, xmp(8), compressed)), 8);
  }
  EXPECT_EQ(orientation_with(text_chunk("zTXt", kXmp, xmp(8), true)), 8);
}

TEST(PngOrientation, CountsFromExifBeforeProfilesBeforeXmp) {
  const PngBytes own = testing::png_chunk("eXIf", exif(3));
  const PngBytes profile =
      text_chunk("zTXt", "Raw profile type exif", raw_profile("exif", exif(6)), true);
  const PngBytes packet = text_chunk("iTXt", kXmp, xmp(8), false);
  PngBytes all = packet;
  testing::append(all, profile);
  EXPECT_EQ(orientation_with(all), 6);
  testing::append(all, own);
  EXPECT_EQ(orientation_with(all), 3);
}

TEST(PngOrientation, IgnoresWhatIsDamaged) {
  PngBytes chunk = text_chunk("zTXt", kXmp, xmp(8), true);
  chunk.back() ^= 1U;
  EXPECT_EQ(orientation_with(chunk), 1);
  for (const char* type : {"tEXt", "zTXt", "iTXt"}) {
    PngBytes payload = testing::bytes_of_text(kXmp);
    EXPECT_EQ(orientation_with(testing::png_chunk(type, payload)), 1);
    for (int i = 0; i < 5; ++i) {
      payload.push_back(0);
      EXPECT_EQ(orientation_with(testing::png_chunk(type, payload)), 1) << type << " " << i;
    }
    EXPECT_EQ(orientation_with(testing::png_chunk(type, {})), 1);
    EXPECT_EQ(orientation_with(testing::png_chunk(type, PngBytes(200, 'k'))), 1);
  }
}

}  // namespace
}  // namespace edgefirst
