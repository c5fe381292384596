// SPDX-License-Identifier: Apache-2.0
// The tree of values that a configuration document becomes. The tree of the JSON library is not
// used, because its destructor allocates, which ends the process where memory is short. This file
// reads no text; document and yaml build the tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace edgefirst::decoding {

class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  /// Sorted by name, each name once.
  using Object = std::vector<Member>;

  Json();  ///< null
  ~Json();
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  explicit Json(bool value) : value_(value) {}
  explicit Json(std::int64_t value) : value_(value) {}
  explicit Json(std::uint64_t value) : value_(value) {}
  explicit Json(double value) : value_(value) {}
  explicit Json(std::string value) : value_(std::move(value)) {}
  explicit Json(const char*) = delete;  // it would be a bool
  static Json array(Array items);
  /// Of members with one name the last counts.
  static Json object(Object members);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_boolean() const { return std::holds_alternative<bool>(value_); }
  bool is_negative() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_unsigned() const { return std::holds_alternative<std::uint64_t>(value_); }
  bool is_integer() const { return is_negative() || is_unsigned(); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  /// "null", "boolean", "number", "string", "array" or "object".
  const char* type_name() const;

  // Each for the types it names only.
  bool boolean() const { return std::get<bool>(value_); }
  std::int64_t negative() const { return std::get<std::int64_t>(value_); }
  std::uint64_t unsigned_integer() const { return std::get<std::uint64_t>(value_); }
  double number() const;
  const std::string& string() const { return std::get<std::string>(value_); }
  const Array& items() const { return std::get<Array>(value_); }
  const Object& members() const { return std::get<Object>(value_); }

  /// Of arrays and objects; 0 elsewhere.
  std::size_t size() const;
  /// The member of an object, or nullptr: it has none of that name, or this is no object.
  const Json* find(std::string_view name) const;

  /// The value as JSON text; what is no UTF-8 is replaced.
  std::string text() const;
  /// The same with every character beyond ASCII as \uXXXX.
  std::string ascii_text() const;

 private:
  void append_to(std::string& out, bool ascii) const;

  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
               Object>
      value_;
};

struct Json::Member {
  std::string name;
  Json value;
};

}  // namespace edgefirst::decoding
