// SPDX-License-Identifier: Apache-2.0
#include "base/trace_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/message.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kFlushAt = 64 * 1024;
constexpr std::size_t kReserve = 256;  // for the event that tells what was left out, and the end
constexpr std::size_t kLeastLimit = 1024;

}  // namespace

TraceSession::TraceSession(const std::string& path, std::size_t max_bytes)
    : path_(path), max_bytes_(max_bytes) {
  check_limit();
  file_ = std::fopen(path.c_str(), "w");
  if (file_ == nullptr) {
    throw Error(ErrorCode::kIo, message("cannot create trace file '", path, "'"), errno);
  }
  std::setvbuf(file_, nullptr, _IONBF, 0);
}

TraceSession::TraceSession(TraceSink sink, void* userdata, std::size_t max_bytes)
    : sink_(sink), userdata_(userdata), max_bytes_(max_bytes) {
  if (sink == nullptr) raise(ErrorCode::kInvalidArgument, "the trace sink is a null pointer");
  check_limit();
}

TraceSession::~TraceSession() {
  if (file_ != nullptr) std::fclose(file_);
}

void TraceSession::check_limit() const {
  if (max_bytes_ != 0 && max_bytes_ < kLeastLimit) {
    raise(ErrorCode::kInvalidArgument, "max_bytes is ", max_bytes_, ", expected at least ",
          kLeastLimit, ", or 0 for no limit");
  }
}

std::string TraceSession::timestamp(std::uint64_t at_ns) const {
  char text[32];  // of whole numbers: the decimal point of the C locale may be a comma
  const std::uint64_t since = std::max(at_ns, start_ns_) - start_ns_;
  std::snprintf(text, sizeof text, "%" PRIu64 ".%03u", since / 1000,
                static_cast<unsigned>(since % 1000));
  return text;
}

void TraceSession::write(int thread, const std::vector<std::string>& events) {
  std::string name;
  if (named_threads_.count(thread) == 0) {
    name = message("{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":", thread,
                   ",\"args\":{\"name\":\"", thread, "\"}}");
  }
  std::size_t size = kReserve + name.size() + 2;
  for (const std::string& event : events) size += event.size() + 2;
  if (max_bytes_ != 0 && written_ + size > max_bytes_) {
    ++left_out_;
    return;
  }
  if (!name.empty()) {
    named_threads_.insert(thread);
    put(name);
  }
  for (const std::string& event : events) put(event);
}

void TraceSession::put(const std::string& event) {
  written_ += event.size() + 2;
  if (sink_ != nullptr) return sink_(event.c_str(), userdata_);
  buffer_ += is_first_ ? "[\n" : ",\n";
  is_first_ = false;
  buffer_ += event;
  if (buffer_.size() >= kFlushAt) flush();
}

void TraceSession::flush() {
  const bool is_written = std::fwrite(buffer_.data(), 1, buffer_.size(), file_) == buffer_.size();
  if (!is_written && write_error_ == 0) write_error_ = errno;
  buffer_.clear();
}

void TraceSession::complete() {
  if (left_out_ != 0) {
    put(
        message("{\"ph\":\"i\",\"s\":\"g\",\"name\":\"trace.full\",\"cat\":\"edgefirst.trace\","
                "\"pid\":1,\"tid\":0,\"ts\":0.000,\"args\":{\"spans_left_out\":\"",
                left_out_, "\"}}"));
  }
  if (sink_ != nullptr) return;
  buffer_ += is_first_ ? "[\n]\n" : "\n]\n";
  flush();
  if (std::fclose(std::exchange(file_, nullptr)) != 0 && write_error_ == 0) write_error_ = errno;
  if (write_error_ == 0) return;
  const char* end = remove_file() ? " and was removed" : "";
  throw Error(ErrorCode::kIo, message("trace file '", path_, "' is incomplete", end), write_error_);
}

/// A part of an array is no JSON. False for pipes and devices, which keep nothing.
bool TraceSession::remove_file() const {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path file = fs::canonical(path_, error);
  return !error && fs::is_regular_file(file, error) && fs::remove(file, error);
}

}  // namespace edgefirst
