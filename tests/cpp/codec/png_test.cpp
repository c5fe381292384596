// SPDX-License-Identifier: Apache-2.0
// PNG files of every colour type, depth and interlacing, written by libpng, decode to the samples
// that went in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cstring>

#include "edgefirst/codec.hpp"

#include "base/simd.hpp"
#include "support/allocation_counter.hpp"
#include "support/jpeg_file.hpp"
#include "support/png_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;

struct PngSpec {
  int width = 1;
  int height = 1;
  int color_type = PNG_COLOR_TYPE_RGB;
  int depth = 8;
  bool interlaced = false;
  ByteVector exif;
  int filters = PNG_ALL_FILTERS;
  std::size_t chunk_bytes = 8192;
  bool transparent = false;  ///< entry or colour 3 is, the others are opaque
};

int channels_of(int color_type) {
  switch (color_type) {
    case PNG_COLOR_TYPE_RGB:
      return 3;
    case PNG_COLOR_TYPE_RGBA:
      return 4;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return 2;
    default:
      return 1;
  }
}

/// Sample c of pixel (x, y), full scale of the depth.
std::uint32_t sample(const PngSpec& spec, int x, int y, int c) {
  const auto mixed = static_cast<std::uint32_t>(x * 2654435 + y * 97531 + c * 7919 + x * y * 31);
  return (mixed ^ mixed >> 7) & ((1U << spec.depth) - 1);
}

void append(png_structp png, png_bytep bytes, std::size_t count) {
  auto* out = static_cast<ByteVector*>(png_get_io_ptr(png));
  out->insert(out->end(), bytes, bytes + count);
}
void ignore_flush(png_structp) {}

ByteVector packed_row(const PngSpec& spec, int y) {
  const int channels = channels_of(spec.color_type);
  ByteVector row((static_cast<std::size_t>(spec.width * channels * spec.depth) + 7) / 8);
  for (int i = 0; i < spec.width * channels; ++i) {
    const std::uint32_t value = sample(spec, i / channels, y, i % channels);
    const auto at = static_cast<std::size_t>(i * spec.depth / 8);
    if (spec.depth == 16) {
      row[at] = static_cast<std::uint8_t>(value >> 8);
      row[at + 1] = static_cast<std::uint8_t>(value);
    } else {
      const int shift = 8 - spec.depth - i * spec.depth % 8;
      row[at] = static_cast<std::uint8_t>(row[at] | value << shift);
    }
  }
  return row;
}

ByteVector write_png(const PngSpec& spec) {
  ByteVector file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &file, append, ignore_flush);
  png_set_IHDR(png, info, static_cast<png_uint_32>(spec.width),
               static_cast<png_uint_32>(spec.height), spec.depth, spec.color_type,
               spec.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
  std::vector<png_color> palette;
  for (int i = 0; i < 1 << std::min(spec.depth, 8); ++i) {
    const auto v = static_cast<png_byte>(i);
    palette.push_back({v, static_cast<png_byte>(255 - v), static_cast<png_byte>(v * 7)});
  }
  if (spec.color_type == PNG_COLOR_TYPE_PALETTE) {
    png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  }
  png_set_filter(png, PNG_FILTER_TYPE_BASE, spec.filters);
  png_set_compression_buffer_size(png, spec.chunk_bytes);
  if (spec.transparent) {
    png_byte alphas[] = {255, 255, 255, 0};
    png_color_16 color{0, 3, 3, 3, 3};
    png_set_tRNS(png, info, alphas, 4, &color);
  }
  ByteVector exif = spec.exif;
  if (!exif.empty()) {
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()), exif.data());
  }
  png_write_info(png, info);
  std::vector<ByteVector> rows;
  std::vector<png_bytep> pointers;
  for (int y = 0; y < spec.height; ++y) rows.push_back(packed_row(spec, y));
  for (ByteVector& row : rows) pointers.push_back(row.data());
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

/// 16-bit R, G, B, A of a pixel by the PNG specification.
std::array<std::uint32_t, 4> expected_pixel(const PngSpec& spec, int x, int y) {
  const std::uint32_t scale = 65535U / ((1U << spec.depth) - 1);
  const auto value = [&](int c) { return sample(spec, x, y, c) * scale; };
  switch (spec.color_type) {
    case PNG_COLOR_TYPE_PALETTE: {
      const std::uint32_t v = sample(spec, x, y, 0);
      return {v * 257, (255 - v) * 257, (v * 7 & 255U) * 257, 65535};
    }
    case PNG_COLOR_TYPE_GRAY:
      return {value(0), value(0), value(0), 65535};
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return {value(0), value(0), value(0), value(1)};
    case PNG_COLOR_TYPE_RGB:
      return {value(0), value(1), value(2), 65535};
    default:
      return {value(0), value(1), value(2), value(3)};
  }
}

Tensor decode(const ByteVector& file, PixelFormat format, DType dtype) {
  DecodeOptions options;
  options.format = format;
  ImageDecoder decoder;
  const ImageInfo info = decoder.peek(file, options);
  Tensor tensor = Tensor::image(info.width, info.height, format, dtype, TensorMemory::kMem);
  decoder.decode(file, tensor, options);
  return tensor;
}

std::vector<PngSpec> all_specs() {
  std::vector<PngSpec> specs;
  const std::pair<int, std::vector<int>> types[] = {{PNG_COLOR_TYPE_GRAY, {1, 2, 4, 8, 16}},
                                                    {PNG_COLOR_TYPE_PALETTE, {1, 2, 4, 8}},
                                                    {PNG_COLOR_TYPE_GRAY_ALPHA, {8, 16}},
                                                    {PNG_COLOR_TYPE_RGB, {8, 16}},
                                                    {PNG_COLOR_TYPE_RGBA, {8, 16}}};
  for (const auto& [type, depths] : types) {
    for (const int depth : depths) {
      for (const bool interlaced : {false, true}) {
        for (const int width : {1, 2, 7, 9, 33})
          specs.push_back({width, 13, type, depth, interlaced, {}});
      }
    }
  }
  return specs;
}

TEST(Png, DecodesEveryColourTypeDepthAndInterlacing) {
  for (const PngSpec& spec : all_specs()) {
    const ByteVector file = write_png(spec);
    const Tensor rgba = decode(file, PixelFormat::kRgba, DType::kU8);
    const Tensor bgra = decode(file, PixelFormat::kBgra, DType::kU8);
    const Tensor wide = decode(file, PixelFormat::kRgb, DType::kU16);
    const TensorMap rgba_map = rgba.map(CpuAccess::kRead);
    const TensorMap bgra_map = bgra.map(CpuAccess::kRead);
    const TensorMap wide_map = wide.map(CpuAccess::kRead);
    for (int i = 0; i < spec.width * spec.height; ++i) {
      const auto expected = expected_pixel(spec, i % spec.width, i / spec.width);
      for (std::size_t c = 0; c < 4; ++c) {
        const std::size_t at = static_cast<std::size_t>(i) * 4;
        ASSERT_EQ(rgba_map.as<std::uint8_t>()[at + c], expected[c] >> 8)
            << "type " << spec.color_type << " depth " << spec.depth << " pixel " << i;
        ASSERT_EQ(bgra_map.as<std::uint8_t>()[at + (c < 3 ? 2 - c : 3)], expected[c] >> 8);
        if (c == 3) continue;
        ASSERT_EQ(wide_map.as<std::uint16_t>()[static_cast<std::size_t>(i) * 3 + c], expected[c]);
      }
    }
  }
}

/// RGBA of libpng's own simplified reader.
ByteVector reference_rgba(const ByteVector& file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, file.data(), file.size()), 0);
  image.format = PNG_FORMAT_RGBA;
  ByteVector pixels(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0);
  return pixels;
}

ByteVector bytes_of(const Tensor& tensor) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  return {map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()};
}

TEST(Png, UndoesEveryFilterOnEveryTarget) {
  const std::pair<int, int> types[] = {
      {PNG_COLOR_TYPE_GRAY, 8},        {PNG_COLOR_TYPE_GRAY, 16}, {PNG_COLOR_TYPE_GRAY_ALPHA, 8},
      {PNG_COLOR_TYPE_GRAY_ALPHA, 16}, {PNG_COLOR_TYPE_RGB, 8},   {PNG_COLOR_TYPE_RGB, 16},
      {PNG_COLOR_TYPE_RGBA, 8},        {PNG_COLOR_TYPE_RGBA, 16}, {PNG_COLOR_TYPE_PALETTE, 8}};
  for (const char* target : simd::available_targets()) {
    ASSERT_TRUE(simd::force_target(target));
    for (const auto& [type, depth] : types) {
      for (const int filter : {PNG_FILTER_NONE, PNG_FILTER_SUB, PNG_FILTER_UP, PNG_FILTER_AVG,
                               PNG_FILTER_PAETH, PNG_ALL_FILTERS}) {
        for (const int width : {1, 3, 64, 101}) {
          const PngSpec spec{width, 9, type, depth, false, {}, filter, 100};
          const Tensor rgba = decode(write_png(spec), PixelFormat::kRgba, DType::kU16);
          const TensorMap map = rgba.map(CpuAccess::kRead);
          for (int i = 0; i < spec.width * spec.height; ++i) {
            const auto expected = expected_pixel(spec, i % spec.width, i / spec.width);
            for (std::size_t c = 0; c < 4; ++c) {
              ASSERT_EQ(map.as<std::uint16_t>()[static_cast<std::size_t>(i) * 4 + c], expected[c])
                  << target << " type " << type << " depth " << depth << " filter " << filter
                  << " width " << width << " pixel " << i;
            }
          }
        }
      }
    }
  }
  simd::reset_target();
}

TEST(Png, HonoursTransparencyAsLibpngDoes) {
  for (PngSpec spec : all_specs()) {
    spec.transparent =
        (spec.color_type & PNG_COLOR_MASK_ALPHA) == 0 && spec.depth >= 2 && spec.depth <= 8;
    if (!spec.transparent) continue;
    const ByteVector file = write_png(spec);
    EXPECT_TRUE(bytes_of(decode(file, PixelFormat::kRgba, DType::kU8)) == reference_rgba(file))
        << "type " << spec.color_type << " depth " << spec.depth << " width " << spec.width;
  }
}

TEST(Png, KeepsTheRowsOfADamagedFileWhereAsked) {
  DecodeOptions options;
  options.tolerant = true;
  for (const bool interlaced : {false, true}) {
    const ByteVector file = write_png({200, 150, PNG_COLOR_TYPE_RGB, 8, interlaced, {}});
    const ByteVector whole = bytes_of(decode(file, PixelFormat::kRgb, DType::kU8));
    const ByteVector cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2));
    Tensor tensor = Tensor::image(200, 150, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
    const std::size_t rows = ImageDecoder().decode(cut, tensor, options).valid_rows;
    if (interlaced) {
      EXPECT_EQ(rows, 0U);
      continue;
    }
    EXPECT_GT(rows, 20U);
    EXPECT_LT(rows, 150U);
    const ByteVector got = bytes_of(tensor);
    EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(rows * 600),
                           got.begin()));
    EXPECT_EQ(got.back(), 0);
  }
}

TEST(Png, FindsTheOrientationBehindTheData) {
  const ByteVector first =
      write_png({20, 10, PNG_COLOR_TYPE_RGB, 8, false, testing::tiff_orientation(6)});
  const char name[] = "eXIf";
  const auto at = std::search(first.begin(), first.end(), name, name + 4) - 4;
  const std::ptrdiff_t length = at[3] + 12;
  ByteVector last(first.begin(), at);
  last.insert(last.end(), at + length, first.end() - 12);
  last.insert(last.end(), at, at + length);
  last.insert(last.end(), first.end() - 12, first.end());
  ImageDecoder decoder;
  EXPECT_EQ(decoder.peek(last).orientation, 6);
  EXPECT_EQ(decoder.peek(last).width, 10U);
}

TEST(Png, AllocatesNothingAfterTheFirstPicture) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizers own the allocator";
  const ByteVector rgb = write_png({90, 60, PNG_COLOR_TYPE_RGB, 8, false, {}});
  const ByteVector palette = write_png({90, 60, PNG_COLOR_TYPE_PALETTE, 8, false, {}});
  Tensor tensor = Tensor::image(90, 60, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  ImageDecoder decoder;
  decoder.decode(rgb, tensor);
  decoder.decode(palette, tensor);
  const testing::AllocationCounter counter;
  decoder.decode(rgb, tensor);
  decoder.decode(palette, tensor);
  EXPECT_EQ(counter.count(), 0U);
}

TEST(Png, ConvertsNativeSamplesToEveryDtype) {
  const PngSpec spec{19, 5, PNG_COLOR_TYPE_GRAY, 16, false, {}};
  const ByteVector file = write_png(spec);
  for (int i = 0; i < 19 * 5; ++i) {
    const std::uint32_t v = sample(spec, i % 19, i / 19, 0);
    const auto at = static_cast<std::size_t>(i);
    const auto check = [&](DType dtype, auto type, double expected, double tolerance) {
      const Tensor tensor = decode(file, PixelFormat::kGrey, dtype);
      EXPECT_NEAR(static_cast<double>(tensor.map(CpuAccess::kRead).as<decltype(type)>()[at]),
                  expected, tolerance);
    };
    check(DType::kU8, std::uint8_t(), v >> 8, 0);
    check(DType::kI8, std::int8_t(), static_cast<int>(v >> 8) - 128, 0);
    check(DType::kU16, std::uint16_t(), v, 0);
    check(DType::kI16, std::int16_t(), static_cast<int>(v) - 32768, 0);
    check(DType::kF32, float(), v / 65535.0, 1e-6);
  }
}

/// As a JPEG of the picture holds it: BT.601 (JFIF 1.02).
TEST(Png, GreyIsLumaWithBt601Weights) {
  for (PngSpec spec : all_specs()) {
    if (spec.color_type == PNG_COLOR_TYPE_GRAY) continue;
    spec.interlaced = false;
    const ByteVector file = write_png(spec);
    const Tensor narrow = decode(file, PixelFormat::kGrey, DType::kU8);
    const Tensor wide = decode(file, PixelFormat::kGrey, DType::kU16);
    const TensorMap narrow_map = narrow.map(CpuAccess::kRead);
    const TensorMap wide_map = wide.map(CpuAccess::kRead);
    for (int i = 0; i < spec.width * spec.height; ++i) {
      const auto p = expected_pixel(spec, i % spec.width, i / spec.width);
      const auto luma = [&](unsigned shift) {
        return 0.299 * (p[0] >> shift) + 0.587 * (p[1] >> shift) + 0.114 * (p[2] >> shift);
      };
      ASSERT_NEAR(narrow_map.as<std::uint8_t>()[i], luma(8), 0.51) << spec.color_type << " " << i;
      if (spec.depth != 16) continue;
      ASSERT_NEAR(wide_map.as<std::uint16_t>()[i], luma(0), 1.0) << spec.color_type << " " << i;
    }
  }
}

TEST(Png, GreyOfPrimariesIsThatOfPillow) {
  const std::pair<std::array<std::uint8_t, 3>, int> primaries[] = {
      {{255, 0, 0}, 76}, {{0, 255, 0}, 150}, {{0, 0, 255}, 29}, {{255, 255, 255}, 255}};
  for (const auto& [color, expected] : primaries) {
    for (const int type : {2, 3, 6}) {
      testing::HandmadePng png;
      png.width = png.height = 1;
      png.color_type = type;
      ByteVector rows{0, color[0], color[1], color[2], 255};
      if (type != 6) rows.resize(type == 3 ? 2 : 4);
      if (type == 3) rows[1] = 200;
      ByteVector palette(768);
      std::copy(color.begin(), color.end(), palette.begin() + 600);
      png.in_front = testing::png_chunk("PLTE", palette);  // the last palette counts
      const ByteVector file = png.file_with(testing::deflated(rows));
      const Tensor grey = decode(file, PixelFormat::kGrey, DType::kU8);
      EXPECT_EQ(grey.map(CpuAccess::kRead).as<std::uint8_t>()[0], expected) << type;
    }
  }
}

/// Where pixel (x, y) of a w x h picture goes, by the table of the EXIF specification.
std::pair<int, int> turned(int orientation, std::pair<int, int> at, int w, int h) {
  const auto [x, y] = at;
  const int right = w - 1 - x;
  const int bottom = h - 1 - y;
  const std::pair<int, int> places[] = {{x, y}, {right, y},  {right, bottom}, {x, bottom},
                                        {y, x}, {bottom, x}, {bottom, right}, {y, right}};
  return places[orientation - 1];
}

TEST(Png, AppliesEveryExifOrientation) {
  for (const bool interlaced : {false, true}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const ByteVector tiff = testing::tiff_orientation(orientation, orientation % 2 == 0);
      const PngSpec spec{19, 37, PNG_COLOR_TYPE_RGB, 16, interlaced, tiff};
      const ByteVector file = write_png(spec);
      const Tensor wide = decode(file, PixelFormat::kRgb, DType::kU16);
      const Tensor narrow = decode(file, PixelFormat::kRgb, DType::kI8);
      EXPECT_EQ(ImageDecoder().peek(file).orientation, orientation);
      ASSERT_EQ(wide.width(), orientation >= 5 ? 37U : 19U);
      const TensorMap wide_map = wide.map(CpuAccess::kRead);
      const TensorMap narrow_map = narrow.map(CpuAccess::kRead);
      for (int i = 0; i < 19 * 37; ++i) {
        const auto [x, y] = turned(orientation, {i % 19, i / 19}, 19, 37);
        const auto at =
            (static_cast<std::size_t>(y) * wide.width() + static_cast<std::size_t>(x)) * 3;
        const std::uint32_t red = expected_pixel(spec, i % 19, i / 19)[0];
        ASSERT_EQ(wide_map.as<std::uint16_t>()[at], red) << orientation << " pixel " << i;
        ASSERT_EQ(narrow_map.as<std::uint8_t>()[at], red >> 8 ^ 0x80U);
      }
    }
  }
}

TEST(Png, LeavesBytesOutsideThePictureAlone) {
  const PngSpec spec{7, 3, PNG_COLOR_TYPE_RGB, 8, false, {}};
  Tensor tensor =
      Tensor::image_with_stride(10, 4, PixelFormat::kRgb, 41, DType::kU8, TensorMemory::kMem);
  const TensorMap map = tensor.map();
  std::memset(map.data(), 0x5A, map.size_bytes());
  ImageDecoder().decode(write_png(spec), tensor);
  for (std::size_t at = 0; at < map.size_bytes(); ++at) {
    if (at % 41 < 21 && at / 41 < 3) continue;
    ASSERT_EQ(map.as<std::uint8_t>()[at], 0x5A) << at;
  }
}

TEST(Png, RefusesDamageWithATypedError) {
  const PngSpec spec{40, 30, PNG_COLOR_TYPE_RGBA, 8, false, {}};
  const ByteVector file = write_png(spec);
  Tensor tensor = Tensor::image(64, 64, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  ImageDecoder decoder;
  for (std::size_t size = 4; size + 22 < file.size();
       size += 7) {  // every pixel is there behind that
    const ByteVector cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    try {
      decoder.decode(cut, tensor);
      ADD_FAILURE() << "decoded the first " << size << " bytes";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      EXPECT_THAT(error.what(), ::testing::HasSubstr("invalid image data: PNG: "));
    }
  }
  ByteVector bad_crc = file;
  bad_crc[29] ^= 1;  // checksum of IHDR
  EXPECT_THROW(decoder.decode(bad_crc, tensor), Error);
}

TEST(Png, SurvivesSeededMutations) {
  std::vector<ByteVector> seeds;
  for (const bool interlaced : {false, true}) {
    seeds.push_back(write_png({24, 18, PNG_COLOR_TYPE_PALETTE, 4, interlaced, {}}));
    seeds.push_back(
        write_png({24, 18, PNG_COLOR_TYPE_RGBA, 16, interlaced, testing::tiff_orientation(3)}));
  }
  std::mt19937 random(99);
  ImageDecoder decoder;
  Tensor tensor = Tensor::image(64, 64, PixelFormat::kRgba, DType::kU16, TensorMemory::kMem);
  DecodeOptions options;
  options.format = PixelFormat::kRgba;
  std::size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    ByteVector file = seeds[random() % seeds.size()];
    for (std::size_t c = 0; c < 1 + random() % 4; ++c) {
      file[random() % file.size()] = static_cast<std::uint8_t>(random());
    }
    try {
      decoder.decode(file, tensor, options);
    } catch (const Error& error) {
      ++refused;
      EXPECT_TRUE(error.code() == ErrorCode::kInvalidData ||
                  error.code() == ErrorCode::kInsufficientCapacity)
          << error.what();
    }
  }
  EXPECT_GT(refused, 1000U);
}

}  // namespace
}  // namespace edgefirst
