// SPDX-License-Identifier: Apache-2.0
// Where the events of a trace session go: a file or a function, up to a number of bytes. Knows no
// spans and no locks; used by trace.cpp alone.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <unordered_set>
#include <vector>

#include "edgefirst/runtime.hpp"

namespace edgefirst {

class TraceSession {
 public:
  /// Throws kIo where the file cannot be created, kInvalidArgument for limits that hold nothing.
  TraceSession(const std::string& path, std::size_t max_bytes);
  TraceSession(TraceSink sink, void* userdata, std::size_t max_bytes);
  /// Closes the file, without what is still in memory; complete() has written it before.
  ~TraceSession();
  TraceSession(const TraceSession&) = delete;
  TraceSession& operator=(const TraceSession&) = delete;

  /// From when on time counts.
  void begin(std::uint64_t start_ns) { start_ns_ = start_ns; }
  /// Microseconds since the session's start as JSON, for a time of now_ns().
  std::string timestamp(std::uint64_t at_ns) const;
  /// All of the events, or none where they exceed the limit. The first of a thread are preceded by
  /// the thread's name.
  void write(int thread, const std::vector<std::string>& events);
  /// Writes what is left. Throws kIo where the file has not taken everything, and removes it.
  void complete();
  bool has_file() const { return file_ != nullptr; }

 private:
  void check_limit() const;
  void put(const std::string& event);
  void flush();
  bool remove_file() const;

  std::FILE* file_ = nullptr;
  std::string path_;
  TraceSink sink_ = nullptr;
  void* userdata_ = nullptr;
  std::size_t max_bytes_;
  std::uint64_t start_ns_ = 0;
  std::string buffer_;  ///< of the file: a child of fork() drops it instead of writing it again
  bool is_first_ = true;
  int write_error_ = 0;  ///< errno of the first write that failed
  std::size_t written_ = 0;
  std::size_t left_out_ = 0;
  std::unordered_set<int> named_threads_;
};

}  // namespace edgefirst
