// SPDX-License-Identifier: Apache-2.0
// Version and build information.
#include "edgefirst/runtime.hpp"

#include "base/env.hpp"
#include "base/message.hpp"
#include "base/parallel.hpp"
#include "base/simd.hpp"
#include "base/version.hpp"

namespace edgefirst {

const char* version() { return kVersion; }

const char* compatible_version() { return kCompatibleVersion; }

const char* simd_target() { return simd::current_target(); }

std::string build_info() {
  std::string text = message("edgefirst-hal v", kVersion, "\nf16 implementation: Highway ",
                             simd_target(), "\nthreads: ", thread_limit(), "\nSIMD targets:");
  for (const char* target : simd::available_targets()) text += message(' ', target);
  for (const std::string& complaint : env::complaints()) text += "\nenvironment: " + complaint;
  return text;
}

}  // namespace edgefirst
