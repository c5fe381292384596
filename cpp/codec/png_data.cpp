// SPDX-License-Identifier: Apache-2.0
// PNG specification, clause 10; RFC 1950. zlib's checksum is judged in ending() alone: every row
// in front of it has come by then.
#include "codec/png_data.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/checked.hpp"
#include "codec/errors.hpp"
#include "codec/png_filters.hpp"

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;

/// Memory for rows that inflate in one piece: little beside the file's own size, whatever the
/// header claims.
constexpr std::size_t kWholeBytes = std::size_t{7} << 20;  // a picture of 1920 x 1080
constexpr std::size_t kWholePerDataByte = 13;
/// What a stream inflates at a time, at least.
constexpr std::size_t kWindow = std::size_t{64} << 10;

[[noreturn]] void raise_no_memory() {
  raise(ErrorCode::kOutOfMemory, "no memory for the PNG reader");
}

}  // namespace

struct PngData::Stream {
  z_stream zlib{};
  int state = Z_OK;

  Stream() {
    if (inflateInit(&zlib) != Z_OK) raise_no_memory();
  }
  ~Stream() { inflateEnd(&zlib); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

PngData::PngData() = default;
PngData::~PngData() = default;

void PngData::FreeInflater::operator()(libdeflate_decompressor* inflater) const {
  libdeflate_free_decompressor(inflater);
}

void PngData::open(Bytes file, const PngChunks& chunks, const Request& request) {
  file_ = file;
  offset_ = chunks.first_data;
  every_run_ = request.every_run;
  damage_ = "";
  const std::size_t cheap =
      checked_add(kWholeBytes, checked_multiply(kWholePerDataByte, chunks.data_bytes));
  if (request.bytes <= cheap && inflate_whole(chunks, request.bytes)) return;
  offset_ = chunks.first_data;
  if (stream_ == nullptr) stream_ = std::make_unique<Stream>();
  inflateReset(&stream_->zlib);
  stream_->zlib.avail_in = 0;
  stream_->state = Z_OK;
  capacity_ = std::max(kWindow, request.longest_row);
  next_ = inflated_.require(checked_add(capacity_, kPngRowMargin));
  left_ = 0;
}

/// The payload of the next IDAT chunk; empty behind the last one.
Bytes PngData::next_piece() {
  PngChunk chunk;
  while (next_png_chunk(file_, offset_, chunk)) {
    const bool is_data = chunk.is("IDAT");
    if (is_data && !chunk.payload.empty()) return chunk.payload;
    if (!is_data && !every_run_) break;
  }
  offset_ = file_.size();
  return {};
}

/// False where anything is wrong: the stream finds out what. The chunks are read anew, by memory
/// that may have changed since: what was counted bounds the copy.
bool PngData::inflate_whole(const PngChunks& chunks, std::size_t bytes) {
  if (inflater_ == nullptr) inflater_.reset(libdeflate_alloc_decompressor());
  if (inflater_ == nullptr) raise_no_memory();
  Bytes data = next_piece();
  if (data.size() < chunks.data_bytes) {
    std::uint8_t* joined = joined_.require(chunks.data_bytes);
    std::size_t size = 0;
    for (; size < chunks.data_bytes && !data.empty(); data = next_piece()) {
      const std::size_t count = std::min(data.size(), chunks.data_bytes - size);
      std::memcpy(joined + size, data.data(), count);
      size += count;
    }
    data = {joined, size};
  }
  std::uint8_t* rows = inflated_.require(checked_add(bytes, kPngRowMargin));
  std::size_t size = 0;
  if (libdeflate_zlib_decompress(inflater_.get(), data.data(), data.size(), rows, bytes, &size) !=
          LIBDEFLATE_SUCCESS ||
      size != bytes) {
    return false;
  }
  next_ = rows;
  left_ = bytes;
  capacity_ = 0;
  return true;
}

/// The bytes that came, fewer than count at the end and at damage.
std::size_t PngData::inflate(std::uint8_t* to, std::size_t count) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  z_stream& zlib = stream_->zlib;
  std::size_t done = 0;
  while (done < count && stream_->state == Z_OK) {
    if (zlib.avail_in == 0) {
      const Bytes piece = next_piece();  // at most 2^32 - 1 bytes: a chunk's length
      zlib.next_in = const_cast<Bytef*>(piece.data());
      zlib.avail_in = static_cast<uInt>(piece.size());
    }
    const auto room = static_cast<uInt>(std::min(count - done, kMost));
    zlib.next_out = to + done;
    zlib.avail_out = room;
    stream_->state = ::inflate(&zlib, Z_NO_FLUSH);
    done += room - zlib.avail_out;
  }
  if (stream_->state == Z_MEM_ERROR) raise_no_memory();
  return done;
}

const std::uint8_t* PngData::take(std::size_t count) {
  if (left_ < count && capacity_ != 0) {
    std::uint8_t* window = inflated_.data();
    std::memmove(window, next_, left_);
    next_ = window;
    left_ += inflate(window + left_, capacity_ - left_);
  }
  if (left_ < count) {
    const int state = capacity_ == 0 ? Z_BUF_ERROR : stream_->state;
    const bool ended = state == Z_BUF_ERROR || state == Z_STREAM_END;
    damage_ = ended ? "the file ends too early: its data end before the picture does"
                    : "the data (IDAT) are damaged";
    return nullptr;
  }
  const std::uint8_t* bytes = next_;
  next_ += count;
  left_ -= count;
  return bytes;
}

PngData::Ending PngData::ending() {
  if (capacity_ == 0) return Ending::kRight;
  std::uint8_t more = 0;
  if (left_ != 0 || inflate(&more, 1) != 0) return Ending::kMore;
  switch (stream_->state) {
    case Z_STREAM_END:
      return Ending::kRight;
    case Z_DATA_ERROR:
    case Z_NEED_DICT:
      return Ending::kWrongChecksum;
    default:
      return Ending::kNoChecksum;
  }
}

Bytes inflate_png_text(Bytes compressed, std::size_t limit, Scratch& memory) {
  libdeflate_decompressor* inflater = libdeflate_alloc_decompressor();
  if (inflater == nullptr) return {};
  // Deflate shrinks by 1032 at most.
  const std::size_t most =
      compressed.size() > limit / 1032 ? limit : std::min(limit, compressed.size() * 1032);
  std::size_t size = 0;
  std::uint8_t* text = memory.require(most);
  const auto result =
      libdeflate_zlib_decompress(inflater, compressed.data(), compressed.size(), text, most, &size);
  libdeflate_free_decompressor(inflater);
  if (result != LIBDEFLATE_SUCCESS) return {};
  return {text, size};
}

}  // namespace edgefirst
