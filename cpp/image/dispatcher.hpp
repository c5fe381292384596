// SPDX-License-Identifier: Apache-2.0
// Which backend takes a request: the first of them that does not decline; where its driver fails,
// the next. Counts what each took and declined. Builds no backends and checks no requests. Owned by
// ImageProcessor, which serialises the calls.
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

  /// Carries a request out. Throws as choose(), and kBackendUnavailable where the last backend that
  /// takes it fails.
  void convert(const ConvertRequest& request);
  void draw(const DrawRequest& request);

  /// Allocates only where a backend gives a reason for the first time.
  const std::vector<RequestCount>& counts() const { return counts_; }

 private:
  template <typename Request>
  Backend& first_willing(const Request& request, std::size_t& next);
  template <typename Request, typename Operation>
  void carry_out(const Request& request, const Operation& operation);
  void count(ComputeBackend backend, const char* reason);

  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<RequestCount> counts_;
};

}  // namespace edgefirst
