// SPDX-License-Identifier: Apache-2.0
// What decoding does to its destination: strides, dtypes, orientation, capacity, limits,
// allocations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "edgefirst/codec.hpp"

#include "base/float16.hpp"
#include "support/allocation_counter.hpp"
#include "support/environment.hpp"
#include "support/jpeg_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;
using testing::Picture;

ByteVector make_file(int width, int height, int subsampling = TJSAMP_420) {
  return testing::reference_encode(testing::make_picture(width, height, 3, Content::kSmooth), 85,
                                   subsampling);
}

Tensor mem_image(std::size_t width, std::size_t height, PixelFormat format,
                 DType dtype = DType::kU8) {
  return Tensor::image(width, height, format, dtype, TensorMemory::kMem);
}

ErrorCode code_of(const ByteVector& file, Tensor& tensor, const DecodeOptions& options = {},
                  const char* text = "") {
  ImageDecoder decoder;
  try {
    decoder.decode(file, tensor, options);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
    return error.code();
  }
  ADD_FAILURE() << "decoded";
  return ErrorCode::kInternal;
}

TEST(ImageDecoder, WritesTheTopLeftCornerAndNothingElse) {
  const ByteVector file = make_file(37, 21);
  const Picture expected = testing::reference_decode(file);
  for (const std::size_t padding : {0, 1, 3, 64}) {
    const std::size_t stride = 50 * 3 + padding;
    Tensor tensor = Tensor::image_with_stride(50, 30, PixelFormat::kRgb, stride, DType::kU8,
                                              TensorMemory::kMem);
    const TensorMap map = tensor.map();
    auto* bytes = map.as<std::uint8_t>();
    std::memset(bytes, 0xA5, map.size_bytes());
    ImageDecoder decoder;
    const ImageInfo info = decoder.decode(file, tensor);
    EXPECT_EQ(info.width, 37U);
    EXPECT_EQ(info.height, 21U);
    EXPECT_EQ(info.row_stride, stride);
    EXPECT_EQ(info.format, PixelFormat::kRgb);
    for (std::size_t at = 0; at < map.size_bytes(); ++at) {
      const std::size_t y = at / stride;
      const std::size_t x = at % stride;
      const bool inside = y < 21 && x < 37 * 3;
      ASSERT_EQ(bytes[at], inside ? expected.pixels[y * 37 * 3 + x] : 0xA5)
          << "padding " << padding << " x " << x << " y " << y;
    }
  }
}

TEST(ImageDecoder, WritesAtThePlaneOffset) {
  const ByteVector file = make_file(8, 8);
  const Picture expected = testing::reference_decode(file);
  auto owner = std::make_shared<ByteVector>(7 + 8 * 8 * 3, std::uint8_t{0});
  Tensor tensor = Tensor::wrap(owner->data() + 7, 8 * 8 * 3, {8, 8, 3}, DType::kU8, owner);
  ImageDecoder().decode(file, tensor);
  EXPECT_EQ(ByteVector(owner->begin() + 7, owner->end()), expected.pixels);
}

TEST(ImageDecoder, KeepsShapeAndFormat) {
  Tensor tensor = mem_image(64, 64, PixelFormat::kRgba);
  DecodeOptions options;
  options.format = PixelFormat::kRgb;
  ImageDecoder().decode(make_file(20, 20), tensor, options);
  EXPECT_EQ(tensor.format(), PixelFormat::kRgba);
  EXPECT_EQ(tensor.shape(), (Shape{64, 64, 4}));
}

TEST(ImageDecoder, ConvertsToEveryDtypeByTheTable) {
  const ByteVector file = make_file(33, 17);
  const Picture expected = testing::reference_decode(file);
  for (const DType dtype :
       {DType::kU8, DType::kI8, DType::kU16, DType::kI16, DType::kF16, DType::kF32}) {
    Tensor tensor = mem_image(33, 17, PixelFormat::kRgb, dtype);
    ImageDecoder().decode(file, tensor);
    const TensorMap map = tensor.map(CpuAccess::kRead);
    for (std::size_t i = 0; i < expected.pixels.size(); ++i) {
      const int v = expected.pixels[i];
      const float unit = static_cast<float>(v) / 255.0F;
      switch (dtype) {
        case DType::kU8:
          ASSERT_EQ(map.as<std::uint8_t>()[i], v);
          break;
        case DType::kI8:
          ASSERT_EQ(map.as<std::int8_t>()[i], v - 128);
          break;
        case DType::kU16:
          ASSERT_EQ(map.as<std::uint16_t>()[i], v * 257);
          break;
        case DType::kI16:
          ASSERT_EQ(map.as<std::int16_t>()[i], v * 257 - 32768);
          break;
        case DType::kF16:
          ASSERT_NEAR(to_float(map.as<Float16>()[i]), unit, 0.0003);
          break;
        default:
          ASSERT_EQ(map.as<float>()[i], unit);
          break;
      }
    }
  }
}

TEST(ImageDecoder, RejectsOtherDtypes) {
  const ByteVector file = make_file(8, 8);
  Tensor doubles = mem_image(8, 8, PixelFormat::kRgb, DType::kF64);
  EXPECT_EQ(code_of(file, doubles, {}, "unsupported tensor dtype"), ErrorCode::kNotSupported);
}

/// Table of the EXIF specification: where pixel (x, y) of a w x h picture goes.
std::pair<int, int> oriented(int orientation, int x, int y, int w, int h) {
  switch (orientation) {
    case 2:
      return {w - 1 - x, y};
    case 3:
      return {w - 1 - x, h - 1 - y};
    case 4:
      return {x, h - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {h - 1 - y, x};
    case 7:
      return {h - 1 - y, w - 1 - x};
    case 8:
      return {y, w - 1 - x};
    default:
      return {x, y};
  }
}

class ExifOrientation : public ::testing::TestWithParam<int> {};

TEST_P(ExifOrientation, TurnsThePictureInEveryDtype) {
  const int orientation = GetParam();
  const ByteVector plain = make_file(45, 38);
  const Picture expected = testing::reference_decode(plain);
  const ByteVector file = testing::with_segment(
      plain, testing::exif_segment(testing::tiff_orientation(orientation, orientation % 2 == 0)));
  for (const DType dtype : {DType::kU8, DType::kI8, DType::kU16}) {
    Tensor tensor = mem_image(50, 50, PixelFormat::kRgb, dtype);
    ImageDecoder decoder;
    const ImageInfo peeked = decoder.peek(file);
    const ImageInfo info = decoder.decode(file, tensor);
    EXPECT_EQ(info.orientation, orientation);
    EXPECT_EQ(peeked.orientation, orientation);
    EXPECT_EQ(info.width, orientation >= 5 ? 38U : 45U);
    EXPECT_EQ(info.height, orientation >= 5 ? 45U : 38U);
    EXPECT_EQ(peeked.width, info.width);
    const TensorMap map = tensor.map(CpuAccess::kRead);
    for (int i = 0; i < 45 * 38 * 3; ++i) {
      const auto [x, y] = oriented(orientation, i / 3 % 45, i / 3 / 45, 45, 38);
      const auto at = static_cast<std::size_t>((y * 50 + x) * 3 + i % 3);
      const int v = expected.pixels[static_cast<std::size_t>(i)];
      if (dtype == DType::kU8) {
        ASSERT_EQ(map.as<std::uint8_t>()[at], v);
      } else if (dtype == DType::kI8) {
        ASSERT_EQ(map.as<std::int8_t>()[at], v - 128);
      } else {
        ASSERT_EQ(map.as<std::uint16_t>()[at], v * 257);
      }
    }
  }
}

TEST_P(ExifOrientation, IsOnlyReportedWhenNotAsked) {
  const ByteVector plain = make_file(20, 12);
  const ByteVector file =
      testing::with_segment(plain, testing::exif_segment(testing::tiff_orientation(GetParam())));
  DecodeOptions options;
  options.apply_exif = false;
  Tensor tensor = mem_image(20, 12, PixelFormat::kRgb);
  const ImageInfo info = ImageDecoder().decode(file, tensor, options);
  EXPECT_EQ(info.orientation, GetParam());
  EXPECT_EQ(info.width, 20U);
  const TensorMap map = tensor.map(CpuAccess::kRead);
  EXPECT_EQ(ByteVector(map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()),
            testing::reference_decode(plain).pixels);
}

INSTANTIATE_TEST_SUITE_P(All, ExifOrientation, ::testing::Range(1, 9));

TEST(ImageDecoder, IgnoresDamagedExif) {
  const ByteVector tiff = testing::tiff_orientation(6);
  ImageDecoder decoder;
  for (std::size_t size = 0; size < 20; ++size) {
    const ByteVector cut(tiff.begin(), tiff.begin() + static_cast<std::ptrdiff_t>(size));
    const ByteVector file = testing::with_segment(make_file(8, 4), testing::exif_segment(cut));
    EXPECT_EQ(decoder.peek(file).orientation, 1) << size;
  }
  for (const int value : {0, 9, 255}) {
    const ByteVector file = testing::with_segment(
        make_file(8, 4), testing::exif_segment(testing::tiff_orientation(value)));
    EXPECT_EQ(decoder.peek(file).orientation, 1) << value;
  }
}

TEST(ImageDecoder, RejectsATensorThatIsTooSmall) {
  const ByteVector file = make_file(20, 10);
  Tensor narrow = mem_image(19, 10, PixelFormat::kRgb);
  EXPECT_EQ(code_of(file, narrow, {}, "image dimensions 20×10 exceed tensor capacity 19×10"),
            ErrorCode::kInsufficientCapacity);
  Tensor low = mem_image(20, 9, PixelFormat::kRgb);
  EXPECT_EQ(code_of(file, low), ErrorCode::kInsufficientCapacity);
  Tensor grey = mem_image(20, 10, PixelFormat::kGrey);
  EXPECT_EQ(code_of(file, grey, {}, "rows of Rgb need 60 bytes each, the tensor's have 20"),
            ErrorCode::kInsufficientCapacity);
  Tensor planar = mem_image(20, 10, PixelFormat::kPlanarRgb);
  EXPECT_EQ(code_of(file, planar), ErrorCode::kInsufficientCapacity);
  Tensor vector({600}, DType::kU8, TensorMemory::kMem);
  EXPECT_EQ(code_of(file, vector), ErrorCode::kInsufficientCapacity);
  Tensor flat({10, 20}, DType::kU8, TensorMemory::kMem);
  EXPECT_EQ(code_of(file, flat), ErrorCode::kInsufficientCapacity);
}

std::vector<std::uint8_t> bytes_of(const Tensor& tensor) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  return {map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()};
}

TEST(ImageDecoder, FillsPlanesInEveryOrientation) {
  for (const int orientation : {1, 2, 3, 6, 7}) {
    const ByteVector file = testing::with_segment(
        make_file(37, 22), testing::exif_segment(testing::tiff_orientation(orientation)));
    const Tensor packed = load_image(file);
    DecodeOptions options;
    options.format = PixelFormat::kPlanarRgb;
    const Tensor planar = load_image(file, options);
    EXPECT_EQ(planar.width(), packed.width());
    const auto expected = bytes_of(packed);
    const auto planes = bytes_of(planar);
    ASSERT_EQ(planes.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(planes[i % 3 * 37 * 22 + i / 3], expected[i]) << orientation << " " << i;
    }
  }
}

/// Luma and chroma of the reference, without upsampling.
struct Yuv {
  ByteVector y;
  ByteVector u;
  ByteVector v;
};

Yuv reference_yuv(const ByteVector& file, int width, int height, int subsampling) {
  Yuv yuv;
  yuv.y.resize(tjPlaneSizeYUV(0, width, 0, height, subsampling));
  yuv.u.resize(tjPlaneSizeYUV(1, width, 0, height, subsampling));
  yuv.v.resize(tjPlaneSizeYUV(2, width, 0, height, subsampling));
  unsigned char* planes[] = {yuv.y.data(), yuv.u.data(), yuv.v.data()};
  tjhandle handle = tjInitDecompress();
  EXPECT_EQ(tjDecompressToYUVPlanes(handle, file.data(), file.size(), planes, width, nullptr,
                                    height, TJFLAG_ACCURATEDCT),
            0);
  tjDestroy(handle);
  return yuv;
}

TEST(ImageDecoder, WritesNv12FromEverySubsampling) {
  for (const int subsampling : {TJSAMP_420, TJSAMP_422, TJSAMP_444, TJSAMP_440}) {
    const ByteVector file = make_file(52, 38, subsampling);
    const Yuv yuv = reference_yuv(file, 52, 38, subsampling);
    DecodeOptions options;
    options.format = PixelFormat::kNv12;
    Tensor tensor = mem_image(52, 38, PixelFormat::kNv12);
    ImageDecoder().decode(file, tensor, options);
    EXPECT_EQ(tensor.colorimetry(), (Colorimetry{ColorEncoding::kBt601, ColorRange::kFull}));
    const auto bytes = bytes_of(tensor);
    EXPECT_EQ(ByteVector(bytes.begin(), bytes.begin() + 52 * 38), yuv.y);
    const bool full_x = subsampling == TJSAMP_444 || subsampling == TJSAMP_440;
    const bool full_y = subsampling == TJSAMP_444 || subsampling == TJSAMP_422;
    for (std::size_t i = 0; i < 26 * 19; ++i) {
      int u = 0;
      int v = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t x = full_x ? i % 26 * 2 + k % 2 : i % 26;
        const std::size_t y = full_y ? i / 26 * 2 + k / 2 : i / 26;
        u += yuv.u[y * (full_x ? 52 : 26) + x];
        v += yuv.v[y * (full_x ? 52 : 26) + x];
      }
      ASSERT_EQ(bytes[52 * 38 + 2 * i], (u + 2) / 4) << subsampling << " " << i;
      ASSERT_EQ(bytes[52 * 38 + 2 * i + 1], (v + 2) / 4) << subsampling << " " << i;
    }
  }
}

TEST(ImageDecoder, WritesNv16AndRefusesOddSizes) {
  const ByteVector file = make_file(34, 21, TJSAMP_422);
  const Yuv yuv = reference_yuv(file, 34, 21, TJSAMP_422);
  DecodeOptions options;
  options.format = PixelFormat::kNv16;
  Tensor tensor = mem_image(34, 21, PixelFormat::kNv16, DType::kI8);
  ImageDecoder().decode(file, tensor, options);
  const auto bytes = bytes_of(tensor);
  for (std::size_t i = 0; i < 34 * 21; ++i) ASSERT_EQ(bytes[i] ^ 0x80, yuv.y[i]);
  for (std::size_t i = 0; i < 17 * 21; ++i) {
    ASSERT_EQ(bytes[34 * 21 + 2 * i] ^ 0x80, yuv.u[i]);
    ASSERT_EQ(bytes[34 * 21 + 2 * i + 1] ^ 0x80, yuv.v[i]);
  }
  options.format = PixelFormat::kNv12;
  Tensor other = mem_image(64, 64, PixelFormat::kNv12);
  EXPECT_EQ(code_of(make_file(33, 22), other, options, "Nv12 needs an even width and height"),
            ErrorCode::kInvalidData);
  EXPECT_EQ(code_of(make_file(32, 21), other, options, "even"), ErrorCode::kInvalidData);
}

TEST(ImageDecoder, WritesChromaIntoAPlaneOfItsOwn) {
  const ByteVector file = make_file(52, 38);
  DecodeOptions options;
  options.format = PixelFormat::kNv12;
  Tensor one = mem_image(52, 38, PixelFormat::kNv12);
  ImageDecoder decoder;
  decoder.decode(file, one, options);
  const Tensor luma({38, 52}, DType::kU8, TensorMemory::kMem);
  const Tensor chroma({19, 52}, DType::kU8, TensorMemory::kMem);
  Tensor two = Tensor::from_planes(luma, chroma, PixelFormat::kNv12);
  decoder.decode(file, two, options);
  auto joined = bytes_of(luma);
  const auto behind = bytes_of(chroma);
  joined.insert(joined.end(), behind.begin(), behind.end());
  EXPECT_EQ(joined, bytes_of(one));
  EXPECT_EQ(code_of(make_file(52, 40), two, options), ErrorCode::kInsufficientCapacity);
}

TEST(ImageDecoder, AcceptsATensorWithoutFormat) {
  const ByteVector file = make_file(20, 10);
  Tensor tensor({10, 20, 3}, DType::kU8, TensorMemory::kMem);
  EXPECT_EQ(ImageDecoder().decode(file, tensor).row_stride, 60U);
  const TensorMap map = tensor.map(CpuAccess::kRead);
  EXPECT_EQ(ByteVector(map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()),
            testing::reference_decode(file).pixels);
}

TEST(ImageDecoder, HoldsItsLimits) {
  const ByteVector file = make_file(20, 10);
  Tensor tensor = mem_image(20, 10, PixelFormat::kRgb);
  DecodeOptions options;
  options.max_pixels = 199;
  EXPECT_EQ(code_of(file, tensor, options, "limit of 199"), ErrorCode::kInvalidData);
  options.max_pixels = 200;
  options.max_bytes = file.size() - 1;
  EXPECT_EQ(code_of(file, tensor, options, "limit of"), ErrorCode::kInvalidData);
  options.max_bytes = file.size();
  EXPECT_NO_THROW(ImageDecoder().decode(file, tensor, options));
}

TEST(ImageDecoder, PeeksWithTightStrides) {
  DecodeOptions options;
  options.format = PixelFormat::kRgba;
  const ImageInfo info = ImageDecoder().peek(make_file(21, 10), options);
  EXPECT_EQ(info.width, 21U);
  EXPECT_EQ(info.height, 10U);
  EXPECT_EQ(info.row_stride, 84U);
  EXPECT_EQ(info.format, PixelFormat::kRgba);
  EXPECT_EQ(info.orientation, 1);
}

TEST(ImageDecoder, ReadsFiles) {
  const std::string path = ::testing::TempDir() + "edgefirst_decode.jpg";
  const ByteVector file = make_file(16, 12);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  ImageDecoder decoder;
  EXPECT_EQ(decoder.peek_file(path).width, 16U);
  Tensor tensor = mem_image(16, 12, PixelFormat::kRgb);
  decoder.decode_file(path, tensor);
  const Tensor loaded = load_image_file(path);
  EXPECT_EQ(loaded.shape(), (Shape{12, 16, 3}));
  std::remove(path.c_str());
  const auto code = [&](const std::string& name) {
    try {
      decoder.peek_file(name);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code(path), ErrorCode::kNotFound);
  EXPECT_EQ(code(::testing::TempDir()), ErrorCode::kIo);
}

TEST(ImageDecoder, AllocatesNothingAfterTheFirstPicture) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizers own the allocator";
  std::vector<ByteVector> files = {
      make_file(160, 120), make_file(160, 120, TJSAMP_444),
      testing::with_segment(make_file(120, 160),
                            testing::exif_segment(testing::tiff_orientation(6)))};
  {
    const testing::ScopedVariable progressive("TJ_PROGRESSIVE", "1");
    files.push_back(make_file(160, 120));
  }
  ImageDecoder decoder;
  Tensor bytes = mem_image(160, 160, PixelFormat::kRgb);
  Tensor floats = mem_image(160, 160, PixelFormat::kRgb, DType::kF32);
  const auto decode_all = [&] {
    for (const ByteVector& file : files) {
      decoder.decode(file, bytes);
      decoder.decode(file, floats);
    }
  };
  decode_all();
  const testing::AllocationCounter counter;
  decode_all();
  EXPECT_EQ(counter.count(), 0U);
}

TEST(ImageDecoder, SurvivesSeededMutations) {
  std::vector<ByteVector> seeds;
  for (const int subsampling : {TJSAMP_444, TJSAMP_420, TJSAMP_GRAY}) {
    const testing::ScopedVariable restart("TJ_RESTART", subsampling == TJSAMP_420 ? "2B" : "0");
    for (const char* progressive : {"0", "1"}) {
      const testing::ScopedVariable progression("TJ_PROGRESSIVE", progressive);
      const int channels = subsampling == TJSAMP_GRAY ? 1 : 3;
      seeds.push_back(testing::reference_encode(
          testing::make_picture(40, 30, channels, Content::kSmooth), 70, subsampling));
    }
  }
  std::mt19937 random(20240607);
  ImageDecoder decoder;
  Tensor tensor = mem_image(64, 64, PixelFormat::kRgb);
  std::size_t decoded = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 6000; ++i) {
    ByteVector file = seeds[random() % seeds.size()];
    const std::size_t changes = 1 + random() % 6;
    for (std::size_t c = 0; c < changes; ++c) {
      const std::size_t at = random() % file.size();
      if (random() % 8 == 0) file.resize(at + 1);
      file[random() % file.size()] = static_cast<std::uint8_t>(random());
    }
    try {
      decoder.decode(file, tensor);
      ++decoded;
    } catch (const Error& error) {
      ++refused;
      const ErrorCode code = error.code();
      EXPECT_TRUE(code == ErrorCode::kInvalidData || code == ErrorCode::kUnsupportedFeature ||
                  code == ErrorCode::kInsufficientCapacity)
          << error.what();
    }
  }
  EXPECT_GT(decoded, 500U);
  EXPECT_GT(refused, 500U);
}

}  // namespace
}  // namespace edgefirst
