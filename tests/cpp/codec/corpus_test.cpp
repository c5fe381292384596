// SPDX-License-Identifier: Apache-2.0
// Real files, where there are any: JPEGs equal libjpeg-turbo's accurate path and PNGs plain libpng,
// byte for byte. EDGEFIRST_CODEC_CORPUS names a folder (`make corpus` fills one); without it the
// photos of the shared data are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <csetjmp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "edgefirst/codec.hpp"

#include "support/codec_reference.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;

std::filesystem::path corpus() {
  if (const char* folder = std::getenv("EDGEFIRST_CODEC_CORPUS")) return folder;
  for (const char* variable : {"EDGEFIRST_TESTDATA_DIR", "EDGEFIRST_SHARED_DATA"}) {
    const char* folder = std::getenv(variable);
    if (folder != nullptr && *folder != '\0') return folder;
  }
  const std::filesystem::path checkout =
      std::filesystem::path(EDGEFIRST_TEST_DATA).parent_path().parent_path();
  return checkout.parent_path() / "shared/data";
}

std::vector<std::filesystem::path> files_with(const std::vector<std::string>& endings) {
  std::vector<std::filesystem::path> found;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus(), absent)) {
    std::string ending = entry.path().extension().string();
    for (char& c : ending) c = static_cast<char>(std::tolower(c));
    for (const std::string& wanted : endings) {
      if (ending == wanted && entry.is_regular_file()) found.push_back(entry.path());
    }
  }
  return found;
}

ByteVector read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Empty where the decoder refuses the file.
ByteVector decode(const ByteVector& file, PixelFormat format, DType dtype, std::string& error) {
  DecodeOptions options;
  options.format = format;
  options.apply_exif = false;
  ImageDecoder decoder;
  try {
    const ImageInfo info = decoder.peek(file, options);
    Tensor tensor = Tensor::image(info.width, info.height, format, dtype, TensorMemory::kMem);
    decoder.decode(file, tensor, options);
    const TensorMap map = tensor.map(CpuAccess::kRead);
    return {map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()};
  } catch (const Error& refusal) {
    error = refusal.what();
    return {};
  }
}

/// libjpeg-turbo's pixels; empty where it refuses the file, warns of damage or cannot make format.
ByteVector turbo(const ByteVector& file, int format) {
  tjhandle handle = tjInitDecompress();
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colorspace = 0;
  ByteVector pixels;
  if (tjDecompressHeader3(handle, file.data(), file.size(), &width, &height, &subsampling,
                          &colorspace) == 0) {
    pixels.resize(static_cast<std::size_t>(width) * height * tjPixelSize[format]);
    if (tjDecompress2(handle, file.data(), file.size(), pixels.data(), width, 0, height, format,
                      TJFLAG_ACCURATEDCT) != 0) {
      pixels.clear();
    }
  }
  tjDestroy(handle);
  return pixels;
}

TEST(Corpus, JpegsEqualLibjpegTurbo) {
  const auto paths = files_with({".jpg", ".jpeg"});
  if (paths.empty()) GTEST_SKIP() << "no JPEG files under " << corpus();
  std::size_t compared = 0;
  for (const auto& path : paths) {
    const ByteVector file = read(path);
    for (const auto& [format, reference] :
         {std::pair{PixelFormat::kRgb, TJPF_RGB}, {PixelFormat::kGrey, TJPF_GRAY}}) {
      const ByteVector expected = turbo(file, reference);
      if (expected.empty()) continue;
      std::string error;
      const ByteVector got = decode(file, format, DType::kU8, error);
      EXPECT_TRUE(got == expected) << path << " " << pixel_format_info(format).name << " " << error;
      ++compared;
    }
  }
  RecordProperty("compared", static_cast<int>(compared));
  std::cout << compared << " pictures of " << paths.size() << " files compared\n";
  EXPECT_GT(compared, 0U);
}

struct PngInput {
  const ByteVector& file;
  std::size_t at = 0;
};

void read_png(png_structp png, png_bytep out, std::size_t count) {
  auto* input = static_cast<PngInput*>(png_get_io_ptr(png));
  if (count > input->file.size() - input->at) png_error(png, "end");
  std::copy_n(input->file.begin() + static_cast<std::ptrdiff_t>(input->at), count, out);
  input->at += count;
}

[[noreturn]] void fail_png(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void ignore_warning(png_structp, png_const_charp) {}

bool read_reference(png_structp png, png_infop info, bool wide, ByteVector& pixels) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_info(png, info);
  png_set_expand(png);
  if (wide) png_set_expand_16(png);
  if (wide) png_set_swap(png);
  if (!wide) png_set_strip_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 0xFFFF, PNG_FILLER_AFTER);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  const std::size_t row = png_get_rowbytes(png, info);
  const std::size_t height = png_get_image_height(png, info);
  pixels.resize(row * height);
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t y = 0; y < height; ++y) png_read_row(png, pixels.data() + y * row, nullptr);
  }
  return true;
}

/// RGBA of plain libpng; empty where it refuses the file.
ByteVector libpng(const ByteVector& file, bool wide) {
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, fail_png, ignore_warning);
  png_infop info = png_create_info_struct(png);
  PngInput input{file};
  png_set_read_fn(png, &input, read_png);
  ByteVector pixels;
  if (!read_reference(png, info, wide, pixels)) pixels.clear();
  png_destroy_read_struct(&png, &info, nullptr);
  return pixels;
}

/// Checksums of 0 or absent, and an end that is missing, which Pillow reads and so do we.
bool is_read_as_pillow_does(const std::filesystem::path& path) {
  return path.filename() == "badcrc.png" || path.filename() == "huge_IDAT.png";
}

TEST(Corpus, PngsEqualLibpng) {
  const auto paths = files_with({".png"});
  if (paths.empty()) GTEST_SKIP() << "no PNG files under " << corpus();
  for (const auto& path : paths) {
    const ByteVector file = read(path);
    for (const bool wide : {false, true}) {
      std::string error;
      const ByteVector expected = libpng(file, wide);
      const ByteVector got =
          decode(file, PixelFormat::kRgba, wide ? DType::kU16 : DType::kU8, error);
      if (is_read_as_pillow_does(path)) {
        EXPECT_TRUE(expected.empty() && !got.empty()) << path << " " << error;
        continue;
      }
      EXPECT_TRUE(got == expected) << path << (wide ? " uint16 " : " uint8 ") << error;
    }
  }
  std::cout << paths.size() << " files compared\n";
}

}  // namespace
}  // namespace edgefirst
