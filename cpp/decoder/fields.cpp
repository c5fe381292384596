// SPDX-License-Identifier: Apache-2.0
// Typed reading of configuration values.
#include "decoder/fields.hpp"

#include <limits>

#include "base/text.hpp"
#include "decoder/words.hpp"

namespace edgefirst::decoding {

Field Field::operator[](const char* key) const {
  if (!value_->is_object()) fail("expected a mapping, got ", value_->type_name());
  return {value_->find(key), path_.empty() ? key : path_ + "." + key};
}

Field Field::required(const char* key) const {
  Field field = (*this)[key];
  if (!field.has_value()) fail("missing field `", key, "`");
  return field;
}

std::vector<Field> Field::items() const {
  if (!value_->is_array()) fail("expected a list, got ", value_->type_name());
  std::vector<Field> fields;
  for (std::size_t i = 0; i < value_->size(); ++i) {
    fields.emplace_back(&value_->items()[i], path_ + "[" + integer_text(i) + "]");
  }
  return fields;
}

std::string Field::text() const { return value_->text(); }

std::size_t Field::as_size() const {
  if (!value_->is_unsigned()) {
    fail("expected a non-negative integer, got ", text());
  }
  return static_cast<std::size_t>(value_->unsigned_integer());
}

std::int32_t Field::as_int32() const {
  if (!value_->is_integer()) fail("expected an integer, got ", text());
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  constexpr std::int64_t kMin = std::numeric_limits<std::int32_t>::min();
  const bool is_negative = value_->is_negative();
  if (is_negative ? value_->negative() < kMin : value_->unsigned_integer() > std::uint64_t{kMax}) {
    fail("integer ", text(), " does not fit 32 bits");
  }
  return static_cast<std::int32_t>(
      is_negative ? value_->negative() : static_cast<std::int64_t>(value_->unsigned_integer()));
}

float Field::as_float() const {
  if (!value_->is_number()) fail("expected a number, got ", value_->type_name());
  return static_cast<float>(value_->number());
}

bool Field::as_bool() const {
  if (!value_->is_boolean()) fail("expected a boolean, got ", value_->type_name());
  return value_->boolean();
}

std::string Field::as_string() const {
  if (!value_->is_string()) fail("expected a string, got ", value_->type_name());
  return value_->string();
}

std::pair<std::string, Field> Field::as_pair() const {
  if (!value_->is_object() || value_->size() != 1) {
    fail("expected [name, size] or a mapping of one name to its size");
  }
  const Json::Member& entry = value_->members()[0];
  return {entry.name, Field(&entry.value, path_ + "." + entry.name)};
}

Extents read_shape(const Field& field) {
  Extents shape;
  if (!field.has_value()) return shape;
  for (const Field& extent : field.items()) shape.push_back(extent.as_size());
  if (shape.size() > Shape::kMaxRank) {
    field.fail("a shape of ", shape.size(), " axes, at most ", Shape::kMaxRank, " are possible");
  }
  return shape;
}

namespace {

/// Names of later generations pass: an axis that the decoder does not know goes last.
DimName read_dim_name(const Field& field) {
  const std::string text = field.as_string();
  for (const Word<DimName>& word : kDimNames) {
    if (text == word.text) return word.value;
  }
  return kUnknownDim;
}

NamedDim read_dim(const Field& field) {
  if (field.is_array()) {
    const std::vector<Field> pair = field.items();
    if (pair.size() != 2) field.fail("expected [name, size], got ", pair.size(), " entries");
    return {read_dim_name(pair[0]), pair[1].as_size()};
  }
  const auto [name, size] = field.as_pair();
  const Json word(name);
  return {read_dim_name(Field(&word, field.path())), size.as_size()};
}

}  // namespace

NamedDims read_dims(const Field& field) {
  NamedDims dims;
  if (!field.has_value()) return dims;
  for (const Field& entry : field.items()) dims.push_back(read_dim(entry));
  return dims;
}

namespace {

DimName channel_of(Role role, std::size_t channels) {
  switch (role) {
    case Role::kProtos:
    case Role::kMaskCoefficients:
      return DimName::kNumProtos;
    case Role::kBoxes:
      return channels == 4 ? DimName::kBoxCoords : DimName::kNumFeatures;
    case Role::kDetection:
      return DimName::kNumAnchorsXFeatures;
    default:
      return DimName::kNumClasses;
  }
}

}  // namespace

NamedDims read_axes(const Field& output, const Extents& shape, std::optional<Role> role) {
  constexpr Word<std::size_t> kChannelAxes[] = {{"nhwc", 3}, {"nchw", 1}, {"NHWC", 3}, {"NCHW", 1}};
  NamedDims dims = read_dims(output["dshape"]);
  if (shape.size() != 4 || !role) return dims;  // a layout is one of pictures
  const Field layout = output["layout"];
  const auto axis = read_optional_word<std::size_t>(layout, kChannelAxes);
  if (!axis) return dims;
  const DimName channel = channel_of(*role, shape[*axis]);
  if (dims.empty()) {
    const std::size_t height = *axis == 1 ? 2 : 1;
    dims.resize(4);
    dims[0] = {DimName::kBatch, shape[0]};
    dims[height] = {DimName::kHeight, shape[height]};
    dims[height + 1] = {DimName::kWidth, shape[height + 1]};
    dims[*axis] = {channel, shape[*axis]};
  }
  const bool is_spatial = *axis < dims.size() && (dims[*axis].name == DimName::kHeight ||
                                                  dims[*axis].name == DimName::kWidth);
  if (is_spatial) layout.fail(layout.text(), " contradicts the dshape: give one of them");
  return dims;
}

std::vector<std::pair<float, float>> read_anchors(const Field& field) {
  std::vector<std::pair<float, float>> anchors;
  if (!field.has_value()) return anchors;
  for (const Field& entry : field.items()) {
    const std::vector<Field> pair = entry.items();
    if (pair.size() != 2) entry.fail("expected [width, height], got ", pair.size(), " entries");
    anchors.emplace_back(pair[0].as_float(), pair[1].as_float());
  }
  return anchors;
}

std::optional<bool> read_bool(const Field& field) {
  if (!field.has_value()) return std::nullopt;
  return field.as_bool();
}

std::optional<bool> read_score_format(const Field& field) {
  return read_optional_word<bool>(field, kScoreFormats);
}

std::optional<bool> read_row_format(const Field& field) {
  return read_optional_word<bool>(field, kRowFormats);
}

std::optional<DecoderVersion> read_version(const Field& field) {
  return read_optional_word<DecoderVersion>(field, kVersions);
}

}  // namespace edgefirst::decoding
