// SPDX-License-Identifier: Apache-2.0
// Every place that can hold a picture's orientation, as writers write it and as they damage it.
#include "codec/orientation.hpp"

#include <gtest/gtest.h>

#include <string>

#include "edgefirst/codec.hpp"

#include "codec/exif.hpp"
#include "support/jpeg_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;

struct Entry {
  std::uint16_t type = 3;
  std::uint32_t count = 1;
  ByteVector value;  // where it has more than four bytes, it stands behind the directory
};

void put(ByteVector& out, std::uint32_t value, int bytes, bool big_endian) {
  for (int i = 0; i < bytes; ++i) {
    const int shift = 8 * (big_endian ? bytes - 1 - i : i);
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

/// TIFF data whose directory holds another tag in front of the orientation.
ByteVector tiff(const Entry& entry, bool big_endian) {
  ByteVector out(2, static_cast<std::uint8_t>(big_endian ? 'M' : 'I'));
  const auto add = [&](std::uint32_t value, int bytes) { put(out, value, bytes, big_endian); };
  add(42, 2);
  add(8, 4);
  add(2, 2);
  for (const std::uint32_t word : {0x0100U, 3U}) add(word, 2);
  for (const std::uint32_t word : {1U, 0U}) add(word, 4);
  add(0x0112, 2);
  add(entry.type, 2);
  add(entry.count, 4);
  ByteVector value = entry.value;
  if (value.size() > 4) {
    add(38, 4);
    add(0, 4);
  } else {
    value.resize(4);
  }
  out.insert(out.end(), value.begin(), value.end());
  if (entry.value.size() <= 4) add(0, 4);
  return out;
}

ByteVector bytes_of(std::uint32_t value, int bytes, bool big_endian) {
  ByteVector out;
  put(out, value, bytes, big_endian);
  return out;
}

Span<const std::uint8_t> span(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(ExifOrientation, IsReadByTheTypesSizeInBothByteOrders) {
  const std::pair<std::uint16_t, int> types[] = {{1, 1}, {3, 2}, {4, 4}, {6, 1},
                                                 {8, 2}, {9, 4}, {13, 4}};
  for (const auto& [type, size] : types) {
    for (const bool big_endian : {false, true}) {
      for (std::uint32_t value = 1; value <= 8; ++value) {
        const ByteVector data = tiff({type, 1, bytes_of(value, size, big_endian)}, big_endian);
        EXPECT_EQ(exif_orientation(data), value) << "type " << type << ", big " << big_endian;
      }
      for (const std::uint32_t value : {0U, 9U, 0xFAU, 0xFFFFFFFAU}) {
        const ByteVector data = tiff({type, 1, bytes_of(value, size, big_endian)}, big_endian);
        EXPECT_EQ(exif_orientation(data), 1) << "type " << type << ", value " << value;
      }
    }
  }
}

TEST(ExifOrientation, DoesNotTakeALargeNumberForItsLowBytes) {
  for (const std::uint16_t type : {std::uint16_t{4}, std::uint16_t{9}}) {
    EXPECT_EQ(exif_orientation(tiff({type, 1, {6, 0, 1, 0}}, false)), 1);
    EXPECT_EQ(exif_orientation(tiff({type, 1, {0, 1, 0, 6}}, true)), 1);
  }
}

TEST(ExifOrientation, ReadsValuesThatStandBehindTheDirectory) {
  for (const bool big_endian : {false, true}) {
    ByteVector ratio = bytes_of(12, 4, big_endian);
    const ByteVector two = bytes_of(2, 4, big_endian);
    ratio.insert(ratio.end(), two.begin(), two.end());
    EXPECT_EQ(exif_orientation(tiff({5, 1, ratio}, big_endian)), 6);
    EXPECT_EQ(exif_orientation(tiff({10, 1, ratio}, big_endian)), 6);
    EXPECT_EQ(exif_orientation(tiff({5, 1, ByteVector(8, 0)}, big_endian)), 1);  // 0 / 0
    ByteVector three = bytes_of(8, 2, big_endian);
    three.resize(6);
    EXPECT_EQ(exif_orientation(tiff({3, 3, three}, big_endian)), 8);  // the first of three
    EXPECT_EQ(exif_orientation(tiff({11, 1, bytes_of(0x40C00000, 4, big_endian)}, big_endian)), 6);
    EXPECT_EQ(exif_orientation(tiff({11, 1, bytes_of(0x7FC00000, 4, big_endian)}, big_endian)), 1);
    ByteVector real = bytes_of(big_endian ? 0x40180000 : 0, 4, big_endian);
    const ByteVector half = bytes_of(big_endian ? 0 : 0x40180000, 4, big_endian);
    real.insert(real.end(), half.begin(), half.end());
    EXPECT_EQ(exif_orientation(tiff({12, 1, real}, big_endian)), 6);
    ByteVector wide(8, 0);
    wide[big_endian ? 7 : 0] = 6;
    EXPECT_EQ(exif_orientation(tiff({16, 1, wide}, big_endian)), 6);
    std::reverse(wide.begin(), wide.end());
    EXPECT_EQ(exif_orientation(tiff({16, 1, wide}, big_endian)), 1);
  }
}

TEST(ExifOrientation, IsOneForTypesThatHoldNoNumber) {
  for (const std::uint16_t type : {std::uint16_t{0}, std::uint16_t{2}, std::uint16_t{7},
                                   std::uint16_t{14}, std::uint16_t{0xFFFF}}) {
    EXPECT_EQ(exif_orientation(tiff({type, 1, {6, 0, 0, 0}}, false)), 1) << type;
  }
}

TEST(ExifOrientation, TellsAbsentDataFromAValueOutOfRange) {
  EXPECT_FALSE(exif_orientation(ByteVector()));
  EXPECT_FALSE(exif_orientation(ByteVector({'I', 'I', 42, 0, 8, 0, 0, 0, 0, 0})));
  const ByteVector whole = testing::tiff_orientation(6);
  for (std::size_t size = 0; size < 22; ++size) {
    EXPECT_FALSE(exif_orientation(ByteVector(whole.data(), whole.data() + size))) << size;
  }
  EXPECT_EQ(exif_orientation(whole), 6);
  EXPECT_EQ(exif_orientation(testing::tiff_orientation(9)), 1);
}

TEST(ExifOrientation, AcceptsASwappedMagicNumberAndRepeatedPreambles) {
  for (const bool big_endian : {false, true}) {
    ByteVector data = testing::tiff_orientation(6, big_endian);
    std::swap(data[2], data[3]);
    EXPECT_EQ(exif_orientation(data), 6);
    for (int count = 0; count < 2; ++count) {
      const ByteVector preamble = {'E', 'x', 'i', 'f', 0, 0};
      data.insert(data.begin(), preamble.begin(), preamble.end());
      EXPECT_EQ(exif_orientation(data), 6);
    }
    data[14] = 43;
    EXPECT_FALSE(exif_orientation(data));
  }
  EXPECT_FALSE(exif_orientation(ByteVector({'I', 'M', 42, 0, 8, 0, 0, 0})));
}

TEST(ExifOrientation, IsReadAcrossEveryCutBetweenPieces) {
  ByteVector data = tiff({3, 3, {8, 0, 0, 0, 0, 0}}, false);
  for (std::size_t first = 0; first <= data.size(); ++first) {
    const Span<const std::uint8_t> whole(data);
    const Span<const std::uint8_t> pieces[] = {whole.subspan(0, first), whole.subspan(first, 0),
                                               whole.subspan(first)};
    EXPECT_EQ(exif_orientation(pieces), 8) << first;
  }
}

std::string packet(const std::string& body) {
  return "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
         "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>" +
         body + "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>";
}

std::uint8_t of_xmp(const std::string& text) {
  OrientationTags tags;
  tags.add_xmp(span(text));
  return tags.value();
}

TEST(XmpOrientation, IsReadAsAttributeAndAsElement) {
  const std::string uri = "http://ns.adobe.com/tiff/1.0/";
  const std::string known[] = {
      "<rdf:Description xmlns:tiff=\"" + uri + "\" tiff:Orientation=\"6\"/>",
      "<rdf:Description tiff:Orientation='6' xmlns:tiff='" + uri + "'></rdf:Description>",
      "<rdf:Description\n\ttiff:Make='a>b'\n tiff:Orientation = \"6\" />",
      "<rdf:Description><tiff:Orientation>6</tiff:Orientation></rdf:Description>",
      "<rdf:Description><tiff:Orientation rdf:datatype='x'>\n 6 </tiff:Orientation>",
      "<rdf:Description xmlns:t='" + uri + "' t:Orientation='6'/>",
      "<rdf:Description xmlns:t='" + uri + "'><t:Orientation>6</t:Orientation>",
      "<!-- tiff:Orientation='3' --><rdf:Description tiff:Orientation='6'/>"};
  for (const std::string& body : known) EXPECT_EQ(of_xmp(packet(body)), 6) << body;
}

TEST(XmpOrientation, IsNotFoundWhereNoneIsSaid) {
  const std::string unknown[] = {
      "",
      "<!-- <rdf:Description tiff:Orientation='6'/> -->",
      "<!-- tiff:Orientation='6'",
      "<![CDATA[<a tiff:Orientation='6'/>]]>",
      "<?note tiff:Orientation='6'?>",
      "<rdf:Description dc:note=\"tiff:Orientation='6'\"/>",
      "<rdf:Description>tiff:Orientation=\"6\"</rdf:Description>",
      "<rdf:Description xtiff:Orientation='6' tiff:Orientations='6' exif:Orientation='6'/>",
      "<rdf:Description xmlns:t='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'/>",
      "<rdf:Description tiff:Orientation='0'/>",
      "<rdf:Description tiff:Orientation='9'/>",
      "<rdf:Description tiff:Orientation='66'/>",
      "<rdf:Description tiff:Orientation=''/>",
      "<rdf:Description tiff:Orientation=6/>",
      "<tiff:Orientation/>6",
      "</tiff:Orientation>6",
      "<tiff:Orientation"};
  for (const std::string& body : unknown) {
    EXPECT_EQ(of_xmp(packet(body)), 1) << body;
  }
  for (std::size_t size = 0; size < 20; ++size) {
    EXPECT_EQ(of_xmp(std::string("<a tiff:Orientation='6'").substr(0, size)), 1) << size;
  }
}

std::string raw_profile(const std::string& name, const std::string& data) {
  std::string text = "\n" + name + "\n    " + std::to_string(data.size()) + "\n";
  const char* digits = "0123456789abcdef";
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(data[i]);
    text += {digits[byte >> 4], digits[byte & 15]};
    if (i % 36 == 35) text += '\n';
  }
  return text + "\n";
}

std::uint8_t of_text(const std::string& keyword, const std::string& text) {
  Scratch memory;
  OrientationTags tags;
  tags.add_text(keyword, span(text), memory);
  return tags.value();
}

std::string text_of(const ByteVector& bytes) { return {bytes.begin(), bytes.end()}; }

TEST(RawProfile, HoldsExifOrXmp) {
  const std::string exif = text_of(testing::tiff_orientation(6));
  const std::string preamble("Exif\0\0", 6);
  const std::string xmp = packet("<a tiff:Orientation='8'/>");
  const std::string segment = std::string("http://ns.adobe.com/xap/1.0/\0", 29) + xmp;
  EXPECT_EQ(of_text("Raw profile type exif", raw_profile("exif", preamble + exif)), 6);
  EXPECT_EQ(of_text("Raw profile type exif", raw_profile("exif", exif)), 6);
  EXPECT_EQ(of_text("Raw profile type APP1", raw_profile("APP1", preamble + exif)), 6);
  EXPECT_EQ(of_text("Raw profile type APP1", raw_profile("APP1", segment)), 8);
  EXPECT_EQ(of_text("Raw profile type xmp", raw_profile("xmp", xmp)), 8);
  EXPECT_EQ(of_text("XML:com.adobe.xmp", xmp), 8);
  EXPECT_EQ(of_text("Raw profile type iptc", raw_profile("iptc", preamble + exif)), 1);
  EXPECT_EQ(of_text("Comment", xmp), 1);
  EXPECT_FALSE(OrientationTags::is_text_of_interest("raw profile type exif"));
}

TEST(RawProfile, MayBeDamaged) {
  const std::string whole =
      raw_profile("exif", std::string("Exif\0\0", 6) + text_of(testing::tiff_orientation(6)));
  for (std::size_t size = 0; size < whole.size() - 8; ++size) {
    const std::uint8_t value = of_text("Raw profile type exif", whole.substr(0, size));
    EXPECT_TRUE(value == 1 || value == 6) << size;
  }
  std::string other = whole;
  other[20] = 'x';
  EXPECT_EQ(of_text("Raw profile type exif", other), 1);
  EXPECT_EQ(of_text("Raw profile type exif", ""), 1);
  EXPECT_EQ(of_text("Raw profile type exif", "\n\n\n\n\n"), 1);
  std::string upper = whole;
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
  EXPECT_EQ(of_text("Raw profile type exif", "\nexif\n 32\n" + upper.substr(upper.find("4578"))),
            6);
}

TEST(OrientationTags, PreferExifToARawProfileAndThatToXmp) {
  Scratch memory;
  OrientationTags tags;
  EXPECT_EQ(tags.value(), 1);
  tags.add_xmp(span("<a tiff:Orientation='3'/>"));
  EXPECT_EQ(tags.value(), 3);
  const std::string text = raw_profile("exif", text_of(testing::tiff_orientation(8)));
  tags.add_text("Raw profile type exif", span(text), memory);
  EXPECT_EQ(tags.value(), 8);
  tags.add_exif(testing::tiff_orientation(6));
  EXPECT_EQ(tags.value(), 6);
  tags.add_exif(testing::tiff_orientation(2));
  EXPECT_EQ(tags.value(), 6);
  OrientationTags upright;
  upright.add_exif(testing::tiff_orientation(1));
  upright.add_xmp(span("<a tiff:Orientation='3'/>"));
  EXPECT_EQ(upright.value(), 1);
}

ByteVector jpeg_with(const std::vector<ByteVector>& segments) {
  ByteVector all;
  for (const ByteVector& one : segments) all.insert(all.end(), one.begin(), one.end());
  const ByteVector plain = testing::reference_encode(
      testing::make_picture(24, 16, 3, testing::Content::kSmooth), 80, TJSAMP_420);
  return testing::with_segment(plain, all);
}

int orientation_of(const std::vector<ByteVector>& segments) {
  ImageDecoder decoder;
  return decoder.peek(jpeg_with(segments)).orientation;
}

ByteVector part(const ByteVector& bytes, std::size_t begin, std::size_t end) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin),
          bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

ByteVector xmp_segment(const std::string& body, const char* name = "http://ns.adobe.com/xap/1.0/") {
  const std::string text = name + std::string(1, '\0') + packet(body);
  return testing::segment(0xE1, ByteVector(text.begin(), text.end()));
}

TEST(JpegOrientation, ComesFromTheFirstExifSegment) {
  const ByteVector six = testing::exif_segment(testing::tiff_orientation(6));
  EXPECT_EQ(orientation_of({six, testing::exif_segment(testing::tiff_orientation(1))}), 6);
  EXPECT_EQ(orientation_of({six, testing::exif_segment(testing::tiff_orientation(3, true))}), 6);
  EXPECT_EQ(orientation_of({six, testing::exif_segment({})}), 6);
  EXPECT_EQ(orientation_of({six, testing::exif_segment({'j', 'u', 'n', 'k'})}), 6);
  EXPECT_EQ(orientation_of({testing::exif_segment({}), six}), 6);
  EXPECT_EQ(orientation_of({xmp_segment(""), six}), 6);
}

TEST(JpegOrientation, ComesFromALaterExifSegmentWhereTheFirstSaysNothing) {
  const ByteVector six = testing::exif_segment(testing::tiff_orientation(6));
  const ByteVector junk = testing::exif_segment({'j', 'u', 'n', 'k'});
  const ByteVector bare = testing::exif_segment({'I', 'I', 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(orientation_of({junk, six}), 6);
  EXPECT_EQ(orientation_of({bare, six}), 6);
  EXPECT_EQ(orientation_of({junk, bare, testing::exif_segment({}), six}), 6);
  EXPECT_EQ(orientation_of({junk, testing::exif_segment(testing::tiff_orientation(1)), six}), 1);
}

TEST(JpegOrientation, IsReadFromExifDataOverSeveralSegments) {
  ByteVector data = {'I', 'I', 42, 0, 0, 0, 0, 0};
  const ByteVector directory = part(testing::tiff_orientation(6), 8, 26);
  for (const std::size_t first : {std::size_t{8}, std::size_t{60000}}) {
    ByteVector whole = data;
    whole.resize(60010, 0);
    whole[4] = 0x6A;  // 60010
    whole[5] = 0xEA;
    whole.insert(whole.end(), directory.begin(), directory.end());
    EXPECT_EQ(orientation_of({testing::exif_segment(part(whole, 0, first)),
                              testing::exif_segment(part(whole, first, 60015)),
                              testing::exif_segment(part(whole, 60015, whole.size()))}),
              6);
  }
  std::vector<ByteVector> many(300, testing::exif_segment({0}));
  many.insert(many.begin(), testing::exif_segment(testing::tiff_orientation(8)));
  EXPECT_EQ(orientation_of(many), 8);
}

TEST(JpegOrientation, ComesFromXmpOnlyWhereExifHasNone) {
  const ByteVector xmp = xmp_segment("<a tiff:Orientation='6'/>");
  EXPECT_EQ(orientation_of({xmp}), 6);
  EXPECT_EQ(orientation_of({xmp_segment("<tiff:Orientation>6</tiff:Orientation>")}), 6);
  EXPECT_EQ(orientation_of({xmp, testing::exif_segment(testing::tiff_orientation(1))}), 1);
  EXPECT_EQ(orientation_of({xmp, testing::exif_segment(testing::tiff_orientation(0))}), 1);
  EXPECT_EQ(orientation_of({xmp, testing::exif_segment({'I', 'I', 42, 0, 8, 0, 0, 0, 0, 0})}), 6);
  EXPECT_EQ(orientation_of(
                {xmp_segment("<a tiff:Orientation='6'/>", "http://ns.adobe.com/xmp/extension/"),
                 xmp_segment("<a tiff:Orientation='8'/>")}),
            8);
}

TEST(JpegOrientation, ComesFromTheLastXmpPacketThatNamesOne) {
  const ByteVector one = xmp_segment("<a tiff:Orientation='1'/>");
  const ByteVector six = xmp_segment("<a tiff:Orientation='6'/>");
  const ByteVector none = xmp_segment("<a/>");
  EXPECT_EQ(orientation_of({one, six}), 6);  // as Pillow reads it
  EXPECT_EQ(orientation_of({six, one}), 1);
  EXPECT_EQ(orientation_of({none, six}), 6);
  EXPECT_EQ(orientation_of({six, none}), 6);
}

}  // namespace
}  // namespace edgefirst
