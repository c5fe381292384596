// SPDX-License-Identifier: Apache-2.0
#include "image/dispatcher.hpp"

#include <cstring>

#include "base/log.hpp"
#include "base/message.hpp"
#include "base/trace.hpp"

namespace edgefirst {
namespace {

constexpr const char* kFailed = "its driver failed; the next backend took over";

void describe(TraceSpan& span, const ConvertRequest& request) {
  if (!span.is_recording()) return;
  span.field("src_fmt", pixel_format_info(request.source.format).name)
      .field("dst_fmt", pixel_format_info(request.destination.format).name)
      .field("src_memory", tensor_memory_name(request.src->memory()))
      .field("dst_memory", tensor_memory_name(request.dst->memory()))
      .field("rotation", static_cast<int>(request.rotation) * 90)
      .field("flip", static_cast<int>(request.flip));
}

std::string text_of(const ImageLayout& image) {
  return message(pixel_format_info(image.format).name, ' ', image.width, " x ", image.height);
}

std::string text_of(const ConvertRequest& request) {
  return message("converts ", text_of(request.source), " to ", text_of(request.destination));
}

std::string text_of(const DrawRequest& request) {
  return message("draws on ", text_of(request.destination));
}

/// reason: why the backend declines, or nullptr.
template <typename Request>
void tell(const Backend& backend, const Request& request, const char* reason) {
  if (!log_enabled(LogLevel::kDebug)) return;
  const char* name = compute_backend_name(backend.kind());
  if (reason != nullptr) {
    log(LogLevel::kDebug, "edgefirst_image", name, " declines: ", reason);
  } else {
    log(LogLevel::kDebug, "edgefirst_image", name, ' ', text_of(request));
  }
}

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
    tell(backend, request, reason);
    if (reason == nullptr) return backend;
  }
  raise(ErrorCode::kNotSupported, "the ", compute_backend_name(backends_.back()->kind()),
        " backend declines: ", reason);
}

template <typename Request, typename Operation>
void Dispatcher::carry_out(const Request& request, std::size_t& next, const Operation& operation) {
  while (true) {
    Backend& backend = first_willing(request, next);
    try {
      return operation(backend);
    } catch (const BackendRefusal&) {
      give_up(backend, std::current_exception());
      if (next == backends_.size()) throw;
    }
  }
}

void Dispatcher::give_up(Backend& backend, const std::exception_ptr& refusal) {
  try {
    std::rethrow_exception(refusal);
  } catch (const BackendRefusal& reason) {
    log(LogLevel::kWarn, "edgefirst_image", compute_backend_name(backend.kind()), ": ",
        reason.what());
  }
  count(backend.kind(), kFailed);
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
  TraceSpan span("image.convert");
  describe(span, request);
  std::size_t next = 0;
  carry_out(request, next, [&](Backend& backend) { backend.convert(request); });
}

void Dispatcher::draw(const DrawRequest& request) {
  std::size_t next = 0;
  carry_out(request, next, [&](Backend& backend) { backend.draw(request); });
}

void Dispatcher::submit(const ConvertRequest& request, Submission& submission) {
  TraceSpan span("image.convert");
  describe(span, request);
  carry_out(request, submission.next,
            [&](Backend& backend) { submission.flight = backend.submit(request); });
}

void Dispatcher::take_over(const ConvertRequest& request, Submission& submission,
                           const std::exception_ptr& refusal) {
  Backend& failed = *backends_[submission.next - 1];
  give_up(failed, refusal);
  failed.decline_from_now_on(request);
  if (submission.next == backends_.size()) std::rethrow_exception(refusal);
  carry_out(request, submission.next, [&](Backend& backend) { backend.convert(request); });
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
