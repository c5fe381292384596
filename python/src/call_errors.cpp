// SPDX-License-Identifier: Apache-2.0
// Reads the signature that pybind11 keeps as text, "(self: Rect, left: int) -> None", and asks
// pybind11's own casters which argument does not fit.
#include "call_errors.hpp"

#include <cstring>
#include <optional>
#include <string_view>

#include "arguments.hpp"
#include "base/text.hpp"
#include "calls.hpp"
#include "ndarray.hpp"

namespace edgefirst::python {
namespace {

using py::detail::function_record;

constexpr std::string_view kClassPrefix = "edgefirst_hal._core.";

struct Parameter {
  std::string_view name;
  std::string_view type;
  bool has_default = false;
  bool converts = true;
};

/// Cuts text where separator stands outside of brackets and quotes.
std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 || c == '\'' || c == '"') {
      quote = quote == 0 ? c : (quote == c ? char{0} : quote);
    } else if (c == '[' || c == '(') {
      ++depth;
    } else if (c == ']' || c == ')') {
      --depth;
    } else if (depth == 0 && text.substr(i, separator.size()) == separator) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + separator.size();
      i = begin - 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

Parameter read_parameter(std::string_view text) {
  Parameter parameter;
  const std::size_t colon = text.find(": ");
  parameter.name = text.substr(0, colon);
  if (colon == std::string_view::npos) return parameter;
  const auto parts = split(text.substr(colon + 2), " = ");
  parameter.type = parts[0];
  parameter.has_default = parts.size() > 1;
  return parameter;
}

/// All but *args, **kwargs and the marks "*" and "/".
std::vector<Parameter> parameters_of(const function_record& function) {
  std::string_view text = function.signature;
  text = text.substr(1, text.rfind(") -> ") - 1);
  std::vector<Parameter> parameters;
  if (text.empty()) return parameters;
  for (const std::string_view part : split(text, ", ")) {
    if (part[0] == '*' || part == "/") continue;
    Parameter parameter = read_parameter(part);
    const std::size_t index = parameters.size();
    if (index < function.args.size()) parameter.converts = function.args[index].convert;
    parameters.push_back(parameter);
  }
  return parameters;
}

/// "Sequence[int]" -> {"Sequence", "int"}
std::pair<std::string_view, std::string_view> outer_and_inner(std::string_view type) {
  const std::size_t bracket = type.find('[');
  if (bracket == std::string_view::npos) return {type, {}};
  return {type.substr(0, bracket), type.substr(bracket + 1, type.size() - bracket - 2)};
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

template <typename T>
bool loads(py::handle value, bool converts) {
  const py::error_scope keep;
  return py::detail::make_caster<T>().load(value, converts);
}

bool is_instance(py::handle value, std::string_view type_name) {
  const py::module_ module = py::module_::import("edgefirst_hal._core");
  const py::object type = module.attr(std::string(type_name).c_str());
  return py::isinstance(value, type);
}

/// Whether value is what one alternative of a type takes, its items left aside.
bool matches_outer(std::string_view type, py::handle value, bool converts) {
  if (type.empty() || type == "object") return true;
  if (type == "None") return value.is_none();
  if (type == "bool") return loads<bool>(value, converts);
  if (type == "str") return loads<Text>(value, converts);
  if (type == "int") return PyIndex_Check(value.ptr()) != 0;
  if (starts_with(type, "typing.Supports")) return loads<double>(value, converts);
  if (type == "os.PathLike") return py::hasattr(value, "__fspath__");
  if (type == "collections.abc.Buffer") return PyObject_CheckBuffer(value.ptr()) != 0;
  if (type == "typing.BinaryIO") return py::hasattr(value, "read");
  if (starts_with(type, "collections.abc.Callable")) return PyCallable_Check(value.ptr()) != 0;
  if (type == "numpy.ndarray") return loads<py::array>(value, false);
  if (type == "dict") return PyDict_Check(value.ptr()) != 0;
  if (type == "tuple") return PyTuple_Check(value.ptr()) != 0;
  if (starts_with(type, kClassPrefix)) return is_instance(value, type.substr(kClassPrefix.size()));
  return is_list_like(value) && PyBytes_Check(value.ptr()) == 0;
}

/// The parts of "tuple[A, B]"; the one part of a sequence for all of its items.
std::string_view item_type(std::string_view outer, std::string_view inner, std::size_t index) {
  if (outer != "tuple") return inner;
  const auto parts = split(inner, ", ");
  return parts[std::min(index, parts.size() - 1)];
}

bool matches(std::string_view type, py::handle value, bool converts);

/// The first item of value that does not fit.
std::optional<std::size_t> odd_item(std::string_view type, py::handle value) {
  const auto [outer, inner] = outer_and_inner(type);
  const bool has_items =
      outer == "tuple" || outer == "Sequence" || outer == "collections.abc.Sequence";
  if (inner.empty() || !has_items || !is_list_like(value)) return std::nullopt;
  std::size_t index = 0;
  for (const py::object item : py::reinterpret_borrow<py::sequence>(value)) {
    if (!matches(item_type(outer, inner, index), item, true)) return index;
    ++index;
  }
  return std::nullopt;
}

bool matches(std::string_view type, py::handle value, bool converts) {
  for (const std::string_view one : split(type, " | ")) {
    const auto [outer, inner] = outer_and_inner(one);
    const bool is_pair = outer == "tuple" && !inner.empty();
    if (!matches_outer(is_pair ? "Sequence" : outer, value, converts)) continue;
    if (is_pair && PySequence_Size(value.ptr()) != py::ssize_t(split(inner, ", ").size())) continue;
    if (!odd_item(one, value)) return true;
  }
  return false;
}

/// A type as a message names it.
std::string words_for(std::string_view type) {
  std::vector<std::string> words;
  for (const std::string_view one : split(type, " | ")) {
    const auto [outer, inner] = outer_and_inner(one);
    std::string word(one);
    if (starts_with(one, kClassPrefix)) word = one.substr(kClassPrefix.size());
    if (one == "typing.SupportsFloat") word = "float";
    if (one == "typing.SupportsIndex") continue;
    if (one == "collections.abc.Buffer") word = "bytes";
    if (one == "typing.BinaryIO") word = "a binary file";
    if (starts_with(one, "collections.abc.Callable")) word = "a function";
    if (outer == "dict" && !inner.empty()) word = "dict of int to str";
    if (outer == "tuple" && !inner.empty()) {
      word = "a tuple of " + integer_text(split(inner, ", ").size());
    }
    if (outer == "Sequence" || outer == "collections.abc.Sequence") {
      word = inner.empty() ? "a sequence of numbers" : "a sequence of " + words_for(inner);
    }
    words.push_back(std::move(word));
  }
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

/// What was given in place of a type: the name of its own type, or of the item that is odd.
std::string words_for_value(std::string_view type, py::handle value) {
  for (const std::string_view one : split(type, " | ")) {
    const auto [outer, inner] = outer_and_inner(one);
    if (inner.empty() || !matches_outer("Sequence", value, true)) continue;
    if (const auto index = odd_item(one, value)) {
      const py::object item = py::reinterpret_borrow<py::sequence>(value)[*index];
      return message(type_name(value), " with ", type_name(item), " as item ", *index);
    }
  }
  return type_name(value);
}

/// Whether Python gives the argument by itself.
bool is_hidden(const Parameter& parameter) {
  return parameter.name == "self" || parameter.name == "cls";
}

std::string list_of_names(const std::vector<Parameter>& parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (is_hidden(parameter)) continue;
    if (!text.empty()) text += ", ";
    text += parameter.name;
  }
  return text.empty() ? "no arguments" : text;
}

std::string with_call(const CallableName& name) {
  return name.is_property ? name.text : name.text + "()";
}

std::string place_of_parameter(const Parameter& parameter, const CallableName& name) {
  if (name.is_property && parameter.name != "self") return name.text;
  return message("argument '", parameter.name, "' of ", with_call(name));
}

std::optional<std::size_t> index_of(const std::vector<Parameter>& parameters,
                                    std::string_view name) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].name == name) return i;
  }
  return std::nullopt;
}

/// The value given for each parameter; null where none is.
std::vector<py::handle> values_of(const std::vector<Parameter>& parameters,
                                  const GivenArguments& given) {
  std::vector<py::handle> values(parameters.size());
  for (std::size_t i = 0; i < values.size() && i < given.positional.size(); ++i) {
    values[i] = given.positional[i];
  }
  for (const auto& [key, value] : given.keywords) {
    const auto index = index_of(parameters, key.cast<std::string>());
    if (index && !values[*index]) values[*index] = value;
  }
  return values;
}

/// Arguments that are too many, unknown or given twice.
std::optional<std::string> odd_argument(const function_record& function, const CallableName& name,
                                        const std::vector<Parameter>& parameters,
                                        const GivenArguments& given) {
  const bool is_bound = !parameters.empty() && is_hidden(parameters[0]);
  const std::size_t hidden = is_bound ? 1 : 0;
  if (given.positional.size() > function.nargs_pos) {
    return message(with_call(name), " takes ", function.nargs_pos - hidden,
                   " positional arguments at most, got ", given.positional.size() - hidden);
  }
  for (const auto& [key, value] : given.keywords) {
    const auto text = key.cast<std::string>();
    const auto index = index_of(parameters, text);
    if (!index && !function.has_kwargs) {
      return message(with_call(name), " has no argument '", one_sentence(text, 40), "': it takes ",
                     list_of_names(parameters));
    }
    if (index && *index < given.positional.size()) {
      return message(with_call(name), " got its argument '", text, "' twice");
    }
  }
  return std::nullopt;
}

}  // namespace

GivenArguments::GivenArguments(PyObject* const* values, Py_ssize_t count, PyObject* names)
    : positional(values, values + count) {
  const Py_ssize_t named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  for (Py_ssize_t i = 0; i < named; ++i) {
    keywords.emplace_back(PyTuple_GET_ITEM(names, i), values[count + i]);
  }
}

GivenArguments::GivenArguments(PyObject* values, PyObject* names_and_values) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(values); ++i) {
    positional.emplace_back(PyTuple_GET_ITEM(values, i));
  }
  if (names_and_values == nullptr) return;
  for (const auto& item : py::reinterpret_borrow<py::dict>(names_and_values)) {
    keywords.push_back(item);
  }
}

std::string misfit(const function_record& function, const CallableName& name,
                   const GivenArguments& given) {
  const auto parameters = parameters_of(function);
  if (auto odd = odd_argument(function, name, parameters, given)) return *std::move(odd);
  const auto values = values_of(parameters, given);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& parameter = parameters[i];
    if (!values[i] && !parameter.has_default) {
      return message(with_call(name), " needs its argument '", parameter.name, "'");
    }
    if (!values[i] || matches(parameter.type, values[i], parameter.converts)) continue;
    const std::string place = place_of_parameter(parameter, name);
    const std::string wanted = words_for(parameter.type);
    const std::string got = words_for_value(parameter.type, values[i]);
    if (wanted == got) return message(place, " holds a character that UTF-8 does not have");
    return message(place, " must be ", wanted, ", not ", got);
  }
  return message("the arguments of ", with_call(name), " have the wrong types: it takes ",
                 list_of_names(parameters));
}

std::string place_of(py::handle source, const function_record& function, const CallableName& name,
                     const GivenArguments& given) {
  const auto parameters = parameters_of(function);
  for (std::size_t i = 0; i < given.positional.size() && i < parameters.size(); ++i) {
    if (given.positional[i].is(source)) return place_of_parameter(parameters[i], name);
  }
  for (const auto& [key, value] : given.keywords) {
    if (!value.is(source)) continue;
    const auto text = one_sentence(key.cast<std::string>(), 40);
    return place_of_parameter({text, {}, false, true}, name);
  }
  return with_call(name);
}

}  // namespace edgefirst::python
