// SPDX-License-Identifier: Apache-2.0
// Pictures and files for codec tests, made and judged by libjpeg-turbo: seeded content, its
// encoder with chosen options, its decoder on the accurate path.
#pragma once

#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace edgefirst::testing {

using ByteVector = std::vector<std::uint8_t>;

/// Packed 8-bit pixels with tight rows.
struct Picture {
  int width = 0;
  int height = 0;
  int channels = 3;
  ByteVector pixels;
};

enum class Content { kNoise, kSmooth, kEdges };

/// Deterministic for its arguments.
inline Picture make_picture(int width, int height, int channels, Content content,
                            unsigned seed = 1) {
  Picture picture{width, height, channels, {}};
  std::mt19937 random(seed);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        int value = 0;
        if (content == Content::kNoise) value = static_cast<int>(random() & 255U);
        if (content == Content::kSmooth) {
          value = 40 + (x * (3 + c) + y * (5 - c)) % 160 + static_cast<int>(random() % 9);
        }
        if (content == Content::kEdges) value = ((x / 5 + y / 3 + c) % 2) * 255;
        picture.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return picture;
}

inline ByteVector reference_encode(const Picture& picture, int quality, int subsampling) {
  tjhandle handle = tjInitCompress();
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  const int format = picture.channels == 1 ? TJPF_GRAY : TJPF_RGB;
  const int status = tjCompress2(handle, picture.pixels.data(), picture.width, 0, picture.height,
                                 format, &memory, &size, subsampling, quality, TJFLAG_ACCURATEDCT);
  EXPECT_EQ(status, 0) << tjGetErrorStr2(handle);
  ByteVector bytes(memory, memory + size);
  tjFree(memory);
  tjDestroy(handle);
  return bytes;
}

inline Picture reference_decode(const ByteVector& file, int format = TJPF_RGB) {
  tjhandle handle = tjInitDecompress();
  Picture picture;
  int subsampling = 0;
  int colorspace = 0;
  EXPECT_EQ(tjDecompressHeader3(handle, file.data(), file.size(), &picture.width, &picture.height,
                                &subsampling, &colorspace),
            0)
      << tjGetErrorStr2(handle);
  picture.channels = tjPixelSize[format];
  picture.pixels.resize(static_cast<std::size_t>(picture.width) * picture.height *
                        picture.channels);
  // A non-zero status may be a warning about a damaged file; the pixels are valid then.
  (void)tjDecompress2(handle, file.data(), file.size(), picture.pixels.data(), picture.width, 0,
                      picture.height, format, TJFLAG_ACCURATEDCT);
  tjDestroy(handle);
  return picture;
}

/// Peak signal-to-noise ratio in decibels.
inline double psnr(const ByteVector& a, const ByteVector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    sum += d * d;
  }
  return sum == 0 ? 99.0 : 10.0 * std::log10(255.0 * 255.0 * static_cast<double>(a.size()) / sum);
}

}  // namespace edgefirst::testing
