// SPDX-License-Identifier: Apache-2.0
#include "decoder/file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/message.hpp"
#include "base/utf8.hpp"

namespace edgefirst::decoding {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    if (error == ENOENT) {
      raise(ErrorCode::kNotFound, "configuration file ", path, " does not exist");
    }
    throw Error(ErrorCode::kIo, message("cannot open configuration file ", path), error);
  }
  errno = 0;
  file.peek();  // a folder can be opened, but not read
  std::ostringstream text;
  if (!file.bad()) text << file.rdbuf();
  if (file.bad() || (text.fail() && file.peek() != std::ifstream::traits_type::eof())) {
    throw Error(ErrorCode::kIo, message("cannot read configuration file ", path), errno);
  }
  if (!is_utf8(text.str())) {
    raise(ErrorCode::kIo, "configuration file ", path, " is not UTF-8");
  }
  return text.str();
}

bool ends_with(const std::string& text, const char* ending) {
  const std::size_t size = std::strlen(ending);
  return text.size() >= size && text.compare(text.size() - size, size, ending) == 0;
}

}  // namespace edgefirst::decoding
