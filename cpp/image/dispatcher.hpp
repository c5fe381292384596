// SPDX-License-Identifier: Apache-2.0
// Which backend takes a request: the first of them that does not decline. Counts what each took and
// declined. Builds no backends and checks no requests. Owned by ImageProcessor, which serialises
// the calls.
#pragma once

#include <memory>
#include <vector>

#include "image/backend.hpp"

namespace edgefirst {

class Dispatcher {
 public:
  /// In order of preference.
  explicit Dispatcher(std::vector<std::unique_ptr<Backend>> backends)
      : backends_(std::move(backends)) {}

  const std::vector<std::unique_ptr<Backend>>& backends() const { return backends_; }

  /// The backend for a request, counted. Throws kNoBackend without backends, kNotSupported with the
  /// last one's reason where all decline.
  Backend& choose(const ConvertRequest& request);
  Backend& choose(const DrawRequest& request);

  /// Allocates only where a backend gives a reason for the first time.
  const std::vector<RequestCount>& counts() const { return counts_; }

 private:
  template <typename Request>
  Backend& first_willing(const Request& request);
  void count(ComputeBackend backend, const char* reason);

  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<RequestCount> counts_;
};

}  // namespace edgefirst
