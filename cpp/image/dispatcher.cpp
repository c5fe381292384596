// SPDX-License-Identifier: Apache-2.0
#include "image/dispatcher.hpp"

#include <cstring>

#include "base/message.hpp"

namespace edgefirst {

template <typename Request>
Backend& Dispatcher::first_willing(const Request& request) {
  if (backends_.empty()) {
    raise(ErrorCode::kNoBackend, "every image backend is disabled or absent");
  }
  const char* reason = "";
  for (const auto& backend : backends_) {
    reason = backend->declines(request);
    count(backend->kind(), reason == nullptr ? "" : reason);
    if (reason == nullptr) return *backend;
  }
  raise(ErrorCode::kNotSupported, "the ", compute_backend_name(backends_.back()->kind()),
        " backend declines: ", reason);
}

Backend& Dispatcher::choose(const ConvertRequest& request) { return first_willing(request); }
Backend& Dispatcher::choose(const DrawRequest& request) { return first_willing(request); }

void Dispatcher::count(ComputeBackend backend, const char* reason) {
  for (RequestCount& entry : counts_) {
    if (entry.backend != backend || std::strcmp(entry.reason, reason) != 0) continue;
    ++entry.count;
    return;
  }
  counts_.push_back({backend, reason, 1});
}

}  // namespace edgefirst
