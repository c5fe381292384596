// SPDX-License-Identifier: Apache-2.0
#include "image/dispatcher.hpp"

#include <cstring>

#include "base/log.hpp"
#include "base/message.hpp"

namespace edgefirst {
namespace {

constexpr const char* kFailed = "its driver failed; the next backend took over";

}  // namespace

/// Asks the backends from `next` on and leaves next behind the one that is willing.
template <typename Request>
Backend& Dispatcher::first_willing(const Request& request, std::size_t& next) {
  if (backends_.empty()) {
    raise(ErrorCode::kNoBackend, "every image backend is disabled or absent");
  }
  const char* reason = "";
  while (next < backends_.size()) {
    Backend& backend = *backends_[next++];
    reason = backend.declines(request);
    count(backend.kind(), reason == nullptr ? "" : reason);
    if (reason == nullptr) return backend;
  }
  raise(ErrorCode::kNotSupported, "the ", compute_backend_name(backends_.back()->kind()),
        " backend declines: ", reason);
}

template <typename Request, typename Operation>
void Dispatcher::carry_out(const Request& request, const Operation& operation) {
  std::size_t next = 0;
  while (true) {
    Backend& backend = first_willing(request, next);
    try {
      return operation(backend);
    } catch (const BackendRefusal& refusal) {
      log(LogLevel::kWarn, "image", compute_backend_name(backend.kind()), ": ", refusal.what());
      count(backend.kind(), kFailed);
      if (next == backends_.size()) throw;
    }
  }
}

Backend& Dispatcher::choose(const ConvertRequest& request) {
  std::size_t next = 0;
  return first_willing(request, next);
}

Backend& Dispatcher::choose(const DrawRequest& request) {
  std::size_t next = 0;
  return first_willing(request, next);
}

void Dispatcher::convert(const ConvertRequest& request) {
  carry_out(request, [&](Backend& backend) { backend.convert(request); });
}

void Dispatcher::draw(const DrawRequest& request) {
  carry_out(request, [&](Backend& backend) { backend.draw(request); });
}

void Dispatcher::count(ComputeBackend backend, const char* reason) {
  for (RequestCount& entry : counts_) {
    if (entry.backend != backend || std::strcmp(entry.reason, reason) != 0) continue;
    ++entry.count;
    return;
  }
  counts_.push_back({backend, reason, 1});
}

}  // namespace edgefirst
