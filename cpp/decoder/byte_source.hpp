// SPDX-License-Identifier: Apache-2.0
// Random access to a model file without loading its weights. Reading past the end is an error, so
// that no offset of a hostile file leads out of it. Called by the readers of model files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "edgefirst/span.hpp"

#include "base/unique_fd.hpp"

namespace edgefirst::decoding {

class ByteSource {
 public:
  /// Bytes that outlive the source.
  explicit ByteSource(Span<const std::uint8_t> bytes) : memory_(bytes), size_(bytes.size()) {}
  /// Throws kNotFound, kIo.
  static ByteSource open(const std::string& path);

  std::uint64_t size() const { return size_; }
  /// Throws kInvalidData past the end, kIo.
  void read(std::uint64_t offset, std::uint8_t* out, std::size_t count);
  std::string text(std::uint64_t offset, std::size_t count);
  std::uint8_t u8(std::uint64_t offset);
  std::uint16_t u16(std::uint64_t offset);
  std::uint32_t u32(std::uint64_t offset);
  std::uint64_t u64(std::uint64_t offset);

 private:
  ByteSource(UniqueFd file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  void fetch(std::uint64_t offset);
  std::uint64_t little_endian(std::uint64_t offset, std::size_t bytes);

  Span<const std::uint8_t> memory_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
  std::vector<std::uint8_t> block_;  // of the file, from block_at_ on
  std::uint64_t block_at_ = 0;
};

}  // namespace edgefirst::decoding
