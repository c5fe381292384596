// SPDX-License-Identifier: Apache-2.0
// TFLite: a FlatBuffer. Source: schema.fbs of TensorFlow Lite (field order) and the FlatBuffers
// internals document (tables, vtables, vectors).
#include <cmath>
#include <cstring>

#include "base/message.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst::decoding {
namespace {

[[noreturn]] void damaged(const char* what) {
  raise(ErrorCode::kInvalidData, "the TFLite file is damaged: ", what);
}

/// A table of the buffer. Absent fields are position 0, where no field can lie.
class Table {
 public:
  Table(ByteSource& source, std::uint64_t at) : source_(&source), at_(at) {
    const auto back = static_cast<std::int32_t>(source.u32(at));
    const std::int64_t vtable = static_cast<std::int64_t>(at) - back;
    if (vtable < 0) damaged("a table lies before the file");
    vtable_ = static_cast<std::uint64_t>(vtable);
    fields_ = source.u16(vtable_) / 2U;
  }

  std::uint64_t field(std::size_t number) const {
    if (number + 2 >= fields_) return 0;
    const std::uint16_t offset = source_->u16(vtable_ + 4 + 2 * number);
    return offset == 0 ? 0 : at_ + offset;
  }
  /// What the offset in a field points at; 0 where the field is absent.
  std::uint64_t target(std::size_t number) const {
    const std::uint64_t at = field(number);
    return at == 0 ? 0 : at + source_->u32(at);
  }

 private:
  ByteSource* source_;
  std::uint64_t at_;
  std::uint64_t vtable_ = 0;
  std::size_t fields_ = 0;
};

/// A vector: its length, then its elements.
struct Vector {
  std::uint64_t first = 0;
  std::size_t size = 0;
};

class TfliteReader {
 public:
  explicit TfliteReader(ByteSource& source) : source_(source) {}

  ModelFile read() {
    constexpr std::size_t kSubgraphs = 2;
    const Table model(source_, source_.u32(0));
    const Vector subgraphs = vector(model.target(kSubgraphs), kMaxFileTensors);
    if (subgraphs.size == 0) damaged("it has no subgraph");
    const Table graph(source_, subgraphs.first + source_.u32(subgraphs.first));
    tensors_ = vector(graph.target(0), kMaxTensors);
    file_.kind = ModelKind::kTflite;
    add(file_.inputs, vector(graph.target(1), kMaxFileTensors));
    add(file_.outputs, vector(graph.target(2), kMaxFileTensors));
    file_.metadata = read_archive(source_);
    return std::move(file_);
  }

 private:
  Vector vector(std::uint64_t at, std::size_t limit) {
    if (at == 0) return {};
    const std::uint32_t size = source_.u32(at);
    if (size > limit) damaged("a list is too long");
    return {at + 4, size};
  }

  void add(std::vector<FileTensor>& list, const Vector& numbers) {
    for (std::size_t i = 0; i < numbers.size; ++i) {
      const std::uint32_t number = source_.u32(numbers.first + 4 * i);
      if (number >= tensors_.size) damaged("a tensor that does not exist");
      const std::uint64_t at = tensors_.first + std::uint64_t{4} * number;
      list.push_back(tensor(Table(source_, at + source_.u32(at))));
    }
  }

  FileTensor tensor(const Table& table) {
    constexpr std::size_t kSignature = 7;  // -1 where the extent is open
    FileTensor result;
    const Vector shape = vector(table.target(0), Shape::kMaxRank);
    const Vector signature = vector(table.target(kSignature), Shape::kMaxRank);
    for (std::size_t i = 0; i < shape.size; ++i) {
      const std::uint32_t extent = source_.u32(shape.first + 4 * i);
      const bool is_open =
          signature.size == shape.size && source_.u32(signature.first + 4 * i) == 0xFFFFFFFFU;
      result.shape.push_back(is_open || extent > 0x7FFFFFFFU ? 0 : extent);
    }
    const std::uint64_t type = table.field(1);
    result.dtype = dtype_of(type == 0 ? 0 : source_.u8(type));
    const Vector name = vector(table.target(3), kMaxNameBytes);
    result.name = source_.text(name.first, name.size);
    const std::uint64_t quantization = table.target(4);
    if (quantization != 0) result.quantization = read_quantization(Table(source_, quantization));
    return result;
  }

  std::optional<QuantizationSpec> read_quantization(const Table& table) {
    const Vector scales = vector(table.target(2), kMaxScales);
    const Vector zero_points = vector(table.target(3), kMaxScales);
    if (scales.size == 0) return std::nullopt;
    QuantizationSpec spec;
    for (std::size_t i = 0; i < scales.size; ++i) {
      const std::uint32_t bits = source_.u32(scales.first + 4 * i);
      float scale = 0;
      std::memcpy(&scale, &bits, sizeof scale);
      spec.scales.push_back(scale);
    }
    for (std::size_t i = 0; i < zero_points.size; ++i) {
      const auto value = static_cast<std::int64_t>(source_.u64(zero_points.first + 8 * i));
      if (value != static_cast<std::int32_t>(value)) damaged("a zero point beyond 32 bits");
      spec.zero_points.push_back(static_cast<std::int32_t>(value));
    }
    const std::uint64_t axis = table.field(6);
    if (scales.size > 1) spec.axis = axis == 0 ? 0 : source_.u32(axis);
    return spec;
  }

  /// TensorType.
  static DType dtype_of(std::uint8_t type) {
    switch (type) {
      case 0:
        return DType::kF32;
      case 1:
        return DType::kF16;
      case 2:
        return DType::kI32;
      case 3:
        return DType::kU8;
      case 4:
        return DType::kI64;
      case 7:
        return DType::kI16;
      case 9:
        return DType::kI8;
      case 10:
        return DType::kF64;
      case 12:
        return DType::kU64;
      case 15:
        return DType::kU32;
      case 16:
        return DType::kU16;
      default:
        raise(ErrorCode::kNotSupported, "the TFLite file has a tensor of element type ",
              static_cast<int>(type));
    }
  }

  static constexpr std::size_t kMaxTensors = 1U << 20;
  static constexpr std::size_t kMaxScales = 1U << 16;
  static constexpr std::size_t kMaxNameBytes = 1U << 16;  // all names may lie on the same bytes

  ByteSource& source_;
  ModelFile file_;
  Vector tensors_;
};

}  // namespace

ModelFile read_tflite(ByteSource& source) { return TfliteReader(source).read(); }

ModelFile read_model_file(ByteSource& source) {
  if (source.size() >= 8 && source.text(4, 4) == "TFL3") return read_tflite(source);
  // An ONNX file begins with its version: field 1, a number.
  if (source.size() >= 8 && source.u8(0) == 0x08) return read_onnx(source);
  raise(ErrorCode::kNotSupported,
        "the model file is neither ONNX nor TFLite; describe its outputs in a configuration");
}

}  // namespace edgefirst::decoding
