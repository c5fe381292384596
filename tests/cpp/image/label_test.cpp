// SPDX-License-Identifier: Apache-2.0
// The characters of labels: one cell each, a box for what the font lacks, nothing for what has no
// width.
#include "image/label.hpp"

#include <gtest/gtest.h>

#include "image/characters.hpp"
#include "image/convert_fixture.hpp"

namespace edgefirst {
namespace {

/// The glyphs of a text; a box shows as '#'.
std::string glyphs(std::string_view text) {
  std::string shown;
  for (char glyph = 0; next_glyph(text, glyph);) shown += glyph == kBoxGlyph ? '#' : glyph;
  return shown;
}

struct Text {
  const char* name;
  std::string_view bytes;
  const char* shown;
};

TEST(Label, EveryCharacterTakesOneCell) {
  for (const Text& text : {
           Text{"ASCII", "cat 0.87 ~", "cat 0.87 ~"},
           Text{"Latin-1", "Soci\xC3\xA9t\xC3\xA9", "Soci#t#"},
           Text{"Latin-1 by combining marks", "Socie\xCC\x81te\xCC\x81", "Societe"},
           Text{"Chinese", "\xE4\xBA\xBA\xE8\xBD\xA6", "##"},
           Text{"Armenian", "\xD5\xB4\xD5\xA1\xD6\x80\xD5\xA4", "####"},
           Text{"Devanagari with a vowel sign", "\xE0\xA4\x95\xE0\xA5\x81", "#"},
           Text{"Arabic with a vowel mark", "\xD8\xA8\xD9\x8E", "#"},
           Text{"Hebrew with a point", "\xD7\xA9\xD6\xB8", "#"},
           Text{"Hangul of parts", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "#"},
           Text{"emoji", "\xF0\x9F\x9A\x97!", "#!"},
           Text{"emoji with a selector", "\xE2\x9A\xA0\xEF\xB8\x8F", "#"},
           Text{"joined emoji", "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9", "##"},
           Text{"zero-width space and BOM",
                "a\xE2\x80\x8B"
                "b\xEF\xBB\xBF"
                "c",
                "abc"},
           Text{"soft hyphen",
                "a\xC2\xAD"
                "b",
                "ab"},
           Text{"direction marks",
                "\xE2\x80\xAA"
                "ab\xE2\x80\xAC",
                "ab"},
           Text{"no-break and wide spaces",
                "a\xC2\xA0"
                "b\xE3\x80\x80"
                "c",
                "a b c"},
           Text{"control characters", "a\tb\nc\x7F", "a#b#c#"},
           Text{"NUL", std::string_view("a\0b", 3), "a#b"},
           Text{"the replacement character", "\xEF\xBF\xBD", "#"},
           Text{"the last code point", "\xF4\x8F\xBF\xBF", "#"},
           Text{"nothing", "", ""},
           Text{"marks alone", "\xCC\x81\xCC\x82", ""},
       }) {
    EXPECT_EQ(glyphs(text.bytes), text.shown) << text.name;
  }
}

TEST(Label, BytesThatAreNoUtf8AreBoxes) {
  for (const Text& text : {
           Text{"a byte alone", "caf\xE9", "caf#"},
           Text{"a byte before a letter", "\xE9t\xE9", "#t#"},
           Text{"continuations alone", "\x80\xBF", "##"},
           Text{"a cut sequence of three", "a\xE4\xBA", "a#"},
           Text{"a cut sequence of four", "\xF0\x9F\x9A", "#"},
           Text{"a sequence that another cuts", "\xE4\xBA\xE4\xBA\xBA", "##"},
           Text{"overlong", "\xC0\xAF", "##"},
           Text{"overlong of three", "\xE0\x80\xAF", "###"},
           Text{"a surrogate", "\xED\xA0\x80", "###"},
           Text{"beyond the last code point", "\xF4\x90\x80\x80", "####"},
           Text{"no first byte", "\xFF\xFE", "##"},
       }) {
    EXPECT_EQ(glyphs(text.bytes), text.shown) << text.name;
  }
}

TEST(Label, TheStripIsAsWideAsItsCells) {
  const Color color{0, 255, 0, 255};
  const BoundingBox box{0.1F, 0.5F, 0.9F, 0.9F};
  const Label ascii = place_label(box, "abcd", color, 640, 480);
  for (const char* text : {"\xC3\xA9\xE4\xBA\xBA\xF0\x9F\x9A\x97\xFF",
                           "a\xCC\x81"
                           "bcd"}) {
    const Label label = place_label(box, text, color, 640, 480);
    EXPECT_EQ(label.strip, ascii.strip);
    EXPECT_EQ(label.text, ascii.text);
  }
}

/// The ink of the first cell, one character a dot.
TEST(Label, ABoxIsPaintedForALetterThatTheFontLacks) {
  const std::string names[] = {"\xE4\xBA\xBA"};
  OverlayOptions options;
  options.labels = true;
  options.class_names = names;
  Tensor dst = testing::make_image(120, 90, PixelFormat::kRgb);
  const DetectBox box{{0.2F, 0.5F, 0.9F, 0.9F}, 0.5F, 0};
  ImageProcessor({ComputeBackend::kCpu}).draw_decoded_masks(dst, {box}, {}, options);
  const Label label = place_label(box.box, "\xE4\xBA\xBA 0.50", {0, 255, 0, 179}, 120, 90);
  ASSERT_EQ(label.dot, 1U);
  const TensorMap map = dst.map(CpuAccess::kRead);
  std::string shown;
  for (std::size_t y = 0; y < kGlyphHeight; ++y) {
    for (std::size_t x = 0; x < kGlyphDots; ++x) {
      const std::size_t pixel = (label.text.top + y) * 120 + label.text.left + x;
      shown += map.as<const std::uint8_t>()[3 * pixel + 1] == 0 ? '#' : '.';
    }
    shown += '\n';
  }
  EXPECT_EQ(shown,
            "#####\n#...#\n#...#\n#...#\n#...#\n#...#\n#####\n"
            ".....\n.....\n");
}

TEST(Label, CharactersOfNoWidthAreFoundAtTheEdgesOfTheirRanges) {
  for (const char32_t code :
       {0x00ADU, 0x0300U, 0x036FU, 0x200BU, 0x200FU, 0xFE0FU, 0xFEFFU, 0xE0100U, 0xE01EFU}) {
    EXPECT_TRUE(is_zero_width(code)) << std::hex << code;
  }
  for (const char32_t code :
       {0x0000U, 0x0041U, 0x00ACU, 0x00AEU, 0x02FFU, 0x0370U, 0x200AU, 0x4EBAU, 0x10FFFFU}) {
    EXPECT_FALSE(is_zero_width(code)) << std::hex << code;
  }
}

}  // namespace
}  // namespace edgefirst
