// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace edgefirst::python {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kMostClasses = 65536;

}  // namespace

FileBytes::FileBytes(const FileArgument& file, std::size_t max_bytes) {
  is_read_ = PyObject_CheckBuffer(file.source.ptr()) == 0;
  if (!is_read_) {
    pinned_.acquire(file.source);
    return;
  }
  const py::object read = file.source.attr("read");
  const std::size_t most = max_bytes == SIZE_MAX ? max_bytes : max_bytes + 1;
  while (read_.size() < most) {
    const py::object chunk = read(std::min(kChunk, most - read_.size()));
    if (PyObject_CheckBuffer(chunk.ptr()) == 0) {
      throw type_error("read() of ", type_name(file.source), " gave ", type_name(chunk),
                       ", not bytes: open the file in binary mode");
    }
    Bytes bytes;
    bytes.acquire(chunk);
    if (bytes.span().empty()) return;
    read_.insert(read_.end(), bytes.span().begin(), bytes.span().end());
  }
}

ClassNames class_names_from(const py::dict& names) {
  ClassNames result;
  for (const auto& [key, name] : names) {
    if (PyLong_Check(key.ptr()) == 0 || PyUnicode_Check(name.ptr()) == 0) {
      refuse_argument(names, PyExc_TypeError,
                      message("a dict of class names maps int to str, not ", type_name(key), " to ",
                              type_name(name)));
    }
    const auto number = integer_from<std::size_t>(key);
    if (number >= kMostClasses) {
      refuse_argument(names, PyExc_ValueError,
                      message("class ", number, " is beyond the limit of ", kMostClasses - 1));
    }
    for (std::size_t next = result.names.size(); next <= number; ++next) {
      result.names.push_back(integer_text(next));
    }
    result.names[number] = name.cast<std::string>();
  }
  return result;
}

}  // namespace edgefirst::python
