// SPDX-License-Identifier: Apache-2.0
// JPEG and PNG into tensors, and tensors into JPEG.
//
// Decoding writes the picture into the top-left corner of an existing tensor at its row stride and
// leaves every other byte, the shape and the format of the tensor as they are: allocate once at
// the largest size, decode every frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edgefirst/export.hpp"
#include "edgefirst/pixel_format.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst {

/// What a decode wrote, or a peek would write.
struct ImageInfo {
  std::size_t width = 0;  ///< after orientation where it is applied
  std::size_t height = 0;
  PixelFormat format = PixelFormat::kRgb;
  std::size_t row_stride = 0;  ///< bytes: the tensor's for a decode; peek: a pixel's times width
  /// Orientation 1...8 found in the file: in its EXIF data, else in XMP; 1 where there is none.
  std::uint8_t orientation = 1;
  /// Rows of the picture as stored, before orientation, from the top that are undamaged: all but
  /// for damaged files under DecodeOptions::tolerant and for JPEGs that lack a restart marker. Of
  /// progressive JPEGs rows count that the first scan of every component reached; they may lack
  /// detail.
  std::size_t valid_rows = 0;
};

struct DecodeOptions {
  std::optional<PixelFormat> format;              ///< none: RGB
  bool apply_exif = true;                         ///< rotate and mirror by the EXIF orientation
  std::size_t max_pixels = std::size_t{1} << 28;  ///< larger pictures: kInvalidData
  std::size_t max_bytes = std::size_t{1} << 30;   ///< larger files: kInvalidData
  std::size_t max_scans = 256;                    ///< JPEGs of more scans: kInvalidData
  /// Refuse what only most readers take: JPEGs other than baseline ones of grey or colour in a
  /// single scan, and breaches of the standard that decoders forgive, as a missing restart marker,
  /// which costs its interval; PNGs with a wrong or missing checksum of a chunk or of the data,
  /// data in several runs or behind the last row, or no IEND chunk. Without it, PNG data count by
  /// their own checksum (Adler-32) where they have one, and those of their chunks do not count.
  bool strict = false;
  /// Keep what a file damaged behind its headers holds instead of throwing; see
  /// ImageInfo::valid_rows. JPEG blocks that are missing become mid-grey, PNG rows black. PNG data
  /// with a wrong checksum are kept, too.
  bool tolerant = false;
  std::size_t threads = 0;  ///< to use at most; 0: as many as help. The pixels do not depend on it
};

/// Owns the scratch memory of decoding; reuse it, one per thread. After the first picture of a
/// size a decode makes no heap allocation. Scratch above 64 MB is freed after an error, and after
/// 100 calls that needed less than half of it. Not thread-safe; independent objects are.
class EDGEFIRST_API ImageDecoder {
 public:
  ImageDecoder();
  ~ImageDecoder();
  ImageDecoder(ImageDecoder&&) noexcept;
  ImageDecoder& operator=(ImageDecoder&&) noexcept;

  /// The decoder that load_image(), C and Python use on the calling thread. It lives as long as
  /// the thread; keep no reference to it beyond that, and hand it to no other thread.
  static ImageDecoder& of_this_thread();

  /// Decodes data into dst. They are recognised by FF D8 FF, in front of which up to 64 blanks,
  /// zeros or EOI markers (FF D9) may stand, or by 89 50 4E 47. Samples are converted to its dtype:
  /// u8 v, i8 v ^ 0x80, u16 v * 257, i16 (v * 257) ^ 0x8000, f16 and f32 v / 255. 16-bit PNG
  /// samples keep their precision for all but u8 and i8, which take the high byte. JPEGs are
  /// Huffman-coded (SOF0 to SOF2) or arithmetic-coded (SOF9, SOF10) of 8 or 12 bits a sample, or
  /// lossless (SOF3) of 2 to 16, with any predictor, point transform and sampling. Samples of 2 to
  /// 8 bits are v as the file holds them, as in libjpeg-turbo: 4 bits give 0 to 15. Those of 9 to
  /// 16 (grey, YCbCr, RGB; to no YUV format) are repeated to 16, so that the largest becomes 65535,
  /// and throw kUnsupportedFeature where dst is u8 or i8. Lossless pictures of three components are
  /// RGB unless a JFIF or Adobe segment says YCbCr. Grey of a colour picture is its BT.601 luma
  /// (0.299 R + 0.587 G + 0.114 B), of PNGs as of JPEGs, which hold it. In CMYK JPEGs without an
  /// Adobe segment 255 counts as full ink; Pillow and OpenCV count it as none. Every format;
  /// pictures that become Yuyv, Vyuy, Nv12 or Nv16 have an even width, Nv12 an even height. Nv12
  /// and Nv16 keep the chroma of colour JPEGs that are not turned; all other YUV is made of 8-bit
  /// Rgb. They set dst's colorimetry to BT.601 full range; chroma rows go behind the picture's last
  /// luma row or into dst's chroma plane. Throws kInvalidData, kUnsupportedFeature, kNotSupported
  /// (dtype), kInsufficientCapacity (dst narrower or lower than the picture).
  ImageInfo decode(Span<const std::uint8_t> data, Tensor& dst, const DecodeOptions& options = {});
  /// The same from a file. Throws kNotFound and kIo besides.
  ImageInfo decode_file(const std::string& path, Tensor& dst, const DecodeOptions& options = {});

  /// Reads headers only.
  ImageInfo peek(Span<const std::uint8_t> data, const DecodeOptions& options = {});
  ImageInfo peek_file(const std::string& path, const DecodeOptions& options = {});

  /// A new u8 image tensor of exactly the picture's size with the picture in it. Throws as peek()
  /// and decode() do, and what the allocation throws.
  Tensor load(Span<const std::uint8_t> data, const DecodeOptions& options = {},
              std::optional<TensorMemory> memory = std::nullopt);
  Tensor load_file(const std::string& path, const DecodeOptions& options = {},
                   std::optional<TensorMemory> memory = std::nullopt);

  /// The same from where a stream stands to its end, or to options.max_bytes, which is an error.
  /// Throws kIo where the stream fails.
  ImageInfo decode_stream(std::istream& stream, Tensor& dst, const DecodeOptions& options = {});
  Tensor load_stream(std::istream& stream, const DecodeOptions& options = {},
                     std::optional<TensorMemory> memory = std::nullopt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A u8 image tensor of exactly the picture's size, decoded by a decoder of the calling thread.
/// EXIF orientation is applied unless options say otherwise.
EDGEFIRST_API Tensor load_image(Span<const std::uint8_t> data, const DecodeOptions& options = {},
                                std::optional<TensorMemory> memory = std::nullopt);
/// From where the stream stands to its end: load_image(std::ifstream("a.jpg", std::ios::binary)).
EDGEFIRST_API Tensor load_image(std::istream& stream, const DecodeOptions& options = {},
                                std::optional<TensorMemory> memory = std::nullopt);
/// path may name a pipe or a device as well, "/dev/stdin" say.
EDGEFIRST_API Tensor load_image_file(const std::string& path, const DecodeOptions& options = {},
                                     std::optional<TensorMemory> memory = std::nullopt);

/// Chroma resolution of an encoded JPEG. kAuto: 4:2:0 below quality 90, 4:4:4 from 90 on.
enum class ChromaSubsampling : std::uint8_t { kAuto, k444, k420 };

struct EncodeOptions {
  int quality = 80;  ///< 1...100, libjpeg's scale; outside: clamped
  ChromaSubsampling subsampling = ChromaSubsampling::kAuto;
};

/// Baseline JPEG from a u8 Rgb, Rgba (alpha dropped), Bgra, Grey or Nv12 image at its row stride.
/// Nv12 keeps its halved chroma; it is brought from its colorimetry (unset: BT.709 limited) to
/// JPEG's BT.601 full range. Replaces out, keeping its capacity. Throws kNotAnImage, kNotSupported,
/// kInvalidArgument (a side of 0 or above 65535, an Nv12 of odd width).
EDGEFIRST_API void encode_jpeg(const Tensor& image, std::vector<std::uint8_t>& out,
                               const EncodeOptions& options = {});
/// The same to a file. Throws kIo besides.
EDGEFIRST_API void save_jpeg(const Tensor& image, const std::string& path,
                             const EncodeOptions& options = {});

}  // namespace edgefirst
