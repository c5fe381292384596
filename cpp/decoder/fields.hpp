// SPDX-License-Identifier: Apache-2.0
// Typed reading of configuration values, with messages that name the place. What both grammars
// share; called by schema_v1 and schema_v2.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgefirst/span.hpp"

#include "base/message.hpp"
#include "decoder/description.hpp"
#include "decoder/document.hpp"

namespace edgefirst::decoding {

/// A value and where it stands: "outputs[1].shape".
class Field {
 public:
  Field(const Json* value, std::string path) : value_(value), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  /// Present and not null.
  bool has_value() const { return value_ != nullptr && !value_->is_null(); }
  bool is_object() const { return has_value() && value_->is_object(); }
  bool is_array() const { return has_value() && value_->is_array(); }
  bool is_number() const { return has_value() && value_->is_number(); }
  /// A member of an object; without value where it is absent.
  Field operator[](const char* key) const;
  /// A member that must be there: "missing field".
  Field required(const char* key) const;
  std::vector<Field> items() const;

  std::size_t as_size() const;
  std::int32_t as_int32() const;
  float as_float() const;
  bool as_bool() const;
  std::string as_string() const;
  /// A one-member object's key and value.
  std::pair<std::string, Field> as_pair() const;

  /// The value as JSON, for messages; text that is no UTF-8 is replaced.
  std::string text() const;

  template <typename... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    raise(ErrorCode::kInvalidConfig, path_, ": ", parts...);
  }

 private:
  const Json* value_;
  std::string path_;
};

template <typename T>
struct Word {
  const char* text;
  T value;
};

/// The meaning of a word; "unknown variant" for any other.
template <typename T>
T read_word(const Field& field, Span<const Word<T>> words) {
  const std::string text = field.as_string();
  std::string expected;
  for (const Word<T>& word : words) {
    if (text == word.text) return word.value;
    expected += expected.empty() ? "`" : ", `";
    expected += word.text;
    expected += '`';
  }
  field.fail("unknown variant `", text, "`, expected one of ", expected);
}

template <typename T>
std::optional<T> read_optional_word(const Field& field, Span<const Word<T>> words) {
  if (!field.has_value()) return std::nullopt;
  return read_word<T>(field, words);
}

Extents read_shape(const Field& field);
/// [name, size] pairs or {name: size} maps; empty where absent.
NamedDims read_dims(const Field& field);
/// The dshape of an output; where it has none, the axes that `layout` (nhwc or nchw, as prototypes
/// and grids of four axes have one) gives to its shape. A layout that contradicts the dshape fails.
NamedDims read_axes(const Field& output, const Extents& shape, std::optional<Role> role);
std::vector<std::pair<float, float>> read_anchors(const Field& field);
std::optional<bool> read_bool(const Field& field);
/// Whether scores are the product of an objectness and a class score.
std::optional<bool> read_score_format(const Field& field);
/// Whether end-to-end rows hold centre and size (cxcywh) instead of corners (xyxy).
std::optional<bool> read_row_format(const Field& field);
std::optional<DecoderVersion> read_version(const Field& field);

}  // namespace edgefirst::decoding
