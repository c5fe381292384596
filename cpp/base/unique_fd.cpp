// SPDX-License-Identifier: Apache-2.0
#include "base/unique_fd.hpp"

#include <cerrno>

#include "base/message.hpp"

#if defined(_WIN32)
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

namespace edgefirst {

#if defined(_WIN32)
void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) _close(fd_);
  fd_ = fd;
}

UniqueFd UniqueFd::duplicate(int) {
  raise(ErrorCode::kNotSupported, "file descriptors of buffers do not exist on Windows");
}
#else
void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) {
    const int saved = errno;
    ::close(fd_);
    errno = saved;
  }
  fd_ = fd;
}

UniqueFd UniqueFd::duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    throw Error(ErrorCode::kIo, message("cannot duplicate file descriptor ", fd), errno);
  }
  return UniqueFd(copy);
}
#endif

}  // namespace edgefirst
