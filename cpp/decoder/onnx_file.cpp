// SPDX-License-Identifier: Apache-2.0
// ONNX: a protobuf message. Source: onnx.proto of the ONNX project (field numbers) and the protocol
// buffers encoding guide (wire format).
#include <algorithm>

#include "base/message.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst::decoding {
namespace {

[[noreturn]] void damaged(const char* what) {
  raise(ErrorCode::kInvalidData, "the ONNX file is damaged: ", what);
}

/// A piece of the file.
struct Range {
  std::uint64_t begin, end;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct Entry {
  std::uint32_t field = 0;
  std::uint32_t wire = 0;
  std::uint64_t value = 0;  ///< of a varint
  Range bytes{};            ///< of kBytes
};

/// Walks the entries of one message.
class Message {
 public:
  Message(ByteSource& source, Range range) : source_(source), at_(range.begin), end_(range.end) {}

  bool next(Entry& entry) {
    if (at_ == end_) return false;
    const std::uint64_t tag = varint();
    entry.field = static_cast<std::uint32_t>(tag >> 3);
    entry.wire = static_cast<std::uint32_t>(tag & 7U);
    switch (entry.wire) {
      case kVarint:
        entry.value = varint();
        return true;
      case kFixed64:
        return skip(8);
      case kFixed32:
        return skip(4);
      case kBytes: {
        const std::uint64_t size = varint();
        const std::uint64_t begin = at_;
        skip(size);
        entry.bytes = {begin, at_};
        return true;
      }
      default:
        damaged("an unknown wire type");
    }
  }

 private:
  bool skip(std::uint64_t size) {
    if (size > end_ - at_) damaged("a field is longer than its message");
    at_ += size;
    return true;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) damaged("a number ends early");
      const std::uint8_t byte = source_.u8(at_++);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    damaged("a number has more than 64 bits");
  }

  ByteSource& source_;
  std::uint64_t at_;
  std::uint64_t end_;
};

class OnnxReader {
 public:
  explicit OnnxReader(ByteSource& source) : source_(source) {}

  ModelFile read() {
    constexpr std::uint32_t kGraph = 7;
    constexpr std::uint32_t kMetadata = 14;
    Message model(source_, {0, source_.size()});
    bool has_graph = false;
    for (Entry entry; model.next(entry);) {
      if (entry.wire != kBytes) continue;
      if (entry.field == kGraph) {
        read_graph(entry.bytes);
        has_graph = true;
      } else if (entry.field == kMetadata) {
        read_metadata(entry.bytes);
      }
    }
    if (!has_graph) damaged("it has no graph");
    return std::move(file_);
  }

 private:
  std::string text(const Range& range) {
    if (range.size() > kMaxEntryBytes) damaged("a text is too long");
    return source_.text(range.begin, range.size());
  }

  /// The name of a tensor. All names together have a limit as well: they are kept at a time.
  std::string short_text(const Range& range) {
    if (range.size() > kMaxNameBytes - name_bytes_) damaged("its names are too long");
    name_bytes_ += range.size();
    return text(range);
  }

  void read_metadata(const Range& range) {
    if (file_.metadata.size() == kMaxEntries) damaged("it has too many metadata entries");
    std::pair<std::string, std::string> property;
    Message message(source_, range);
    for (Entry entry; message.next(entry);) {
      if (entry.wire != kBytes) continue;
      if (entry.field == 1) property.first = text(entry.bytes);
      if (entry.field == 2) property.second = text(entry.bytes);
    }
    file_.metadata.push_back(std::move(property));
  }

  /// Weights may be listed among the inputs, too: those are left out.
  void read_graph(const Range& range) {
    constexpr std::uint32_t kInitializer = 5;
    constexpr std::uint32_t kInput = 11;
    constexpr std::uint32_t kOutput = 12;
    std::vector<std::string> weights;
    std::vector<FileTensor> inputs;
    Message graph(source_, range);
    for (Entry entry; graph.next(entry);) {
      if (entry.wire != kBytes) continue;
      if (entry.field == kInitializer) add_weight(weights, entry.bytes);
      if (entry.field == kInput) add(inputs, entry.bytes, kMaxWeights);
      if (entry.field == kOutput) add(file_.outputs, entry.bytes, kMaxFileTensors);
    }
    std::sort(weights.begin(), weights.end());
    for (FileTensor& input : inputs) {
      const bool is_weight = std::binary_search(weights.begin(), weights.end(), input.name);
      if (!is_weight) file_.inputs.push_back(std::move(input));
    }
    if (file_.inputs.size() > kMaxFileTensors) damaged("it has too many inputs");
  }

  void add_weight(std::vector<std::string>& weights, const Range& range) {
    constexpr std::uint32_t kName = 8;
    if (weights.size() == kMaxWeights) damaged("it has too many weights");
    Message tensor(source_, range);
    std::string name;
    for (Entry entry; name.empty() && tensor.next(entry);) {
      if (entry.field == kName && entry.wire == kBytes) name = short_text(entry.bytes);
    }
    weights.push_back(std::move(name));
  }

  void add(std::vector<FileTensor>& list, const Range& range, std::size_t limit) {
    if (list.size() == limit) damaged("it has too many inputs or outputs");
    FileTensor tensor;
    Message info(source_, range);
    for (Entry entry; info.next(entry);) {
      if (entry.wire != kBytes) continue;
      if (entry.field == 1) tensor.name = short_text(entry.bytes);
      if (entry.field == 2) read_type(entry.bytes, tensor);
    }
    list.push_back(std::move(tensor));
  }

  void read_type(const Range& range, FileTensor& tensor) {
    Message type(source_, range);
    for (Entry entry; type.next(entry);) {
      if (entry.field != 1 || entry.wire != kBytes) continue;  // sequences, maps
      Message tensor_type(source_, entry.bytes);
      for (Entry part; tensor_type.next(part);) {
        if (part.field == 1 && part.wire == kVarint) tensor.dtype = dtype_of(part.value);
        if (part.field == 2 && part.wire == kBytes) read_shape(part.bytes, tensor.shape);
      }
    }
  }

  void read_shape(const Range& range, Extents& shape) {
    Message message(source_, range);
    for (Entry entry; message.next(entry);) {
      if (entry.field != 1 || entry.wire != kBytes) continue;
      if (shape.size() == Shape::kMaxRank) damaged("a shape has too many axes");
      std::size_t extent = 0;
      Message dimension(source_, entry.bytes);
      for (Entry part; dimension.next(part);) {
        if (part.field != 1 || part.wire != kVarint) continue;  // a name: left open
        if (part.value <= kMaxExtent) extent = static_cast<std::size_t>(part.value);
      }
      shape.push_back(extent);
    }
  }

  /// TensorProto.DataType.
  static DType dtype_of(std::uint64_t type) {
    switch (type) {
      case 1:
        return DType::kF32;
      case 2:
        return DType::kU8;
      case 3:
        return DType::kI8;
      case 4:
        return DType::kU16;
      case 5:
        return DType::kI16;
      case 6:
        return DType::kI32;
      case 7:
        return DType::kI64;
      case 10:
        return DType::kF16;
      case 11:
        return DType::kF64;
      case 12:
        return DType::kU32;
      case 13:
        return DType::kU64;
      default:
        raise(ErrorCode::kNotSupported, "the ONNX file has a tensor of element type ", type);
    }
  }

  static constexpr std::size_t kMaxWeights = 1U << 16;
  static constexpr std::size_t kMaxNameBytes = std::size_t{16} << 20;
  static constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 31;

  ByteSource& source_;
  ModelFile file_;
  std::size_t name_bytes_ = 0;
};

}  // namespace

ModelFile read_onnx(ByteSource& source) { return OnnxReader(source).read(); }

}  // namespace edgefirst::decoding
