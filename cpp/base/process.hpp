// SPDX-License-Identifier: Apache-2.0
// Which process this is: threads and drivers stay behind in the one that started them when it
// forks. Used by what owns a thread.
#pragma once

#if !defined(_WIN32)
#include <unistd.h>
#endif

namespace edgefirst {

inline long process_id() {
#if defined(_WIN32)
  return 1;  // there is no fork()
#else
  return static_cast<long>(::getpid());
#endif
}

}  // namespace edgefirst
