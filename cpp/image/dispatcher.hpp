// SPDX-License-Identifier: Apache-2.0
// Which backend takes a request: the first of them that does not decline; where its driver fails,
// the next. Counts what each took and declined. Builds no backends and checks no requests. Owned by
// ImageProcessor, which serialises the calls.
#pragma once

#include <exception>
#include <memory>
#include <vector>

#include "image/backend.hpp"

namespace edgefirst {

/// How far a submitted conversion has come.
struct Submission {
  std::unique_ptr<Flight> flight;  ///< nullptr: done
  std::size_t next = 0;            ///< the backend to ask where the flight fails
};

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
  /// convert() that may leave work under way.
  void submit(const ConvertRequest& request, Submission& submission);
  /// Does what a backend's device refused in flight on the next one, to its end.
  void take_over(const ConvertRequest& request, Submission& submission,
                 const std::exception_ptr& refusal);

  /// Allocates only where a backend gives a reason for the first time.
  const std::vector<RequestCount>& counts() const { return counts_; }

 private:
  template <typename Request>
  Backend& first_willing(const Request& request, std::size_t& next);
  template <typename Request, typename Operation>
  void carry_out(const Request& request, std::size_t& next, const Operation& operation);
  void give_up(Backend& backend, const std::exception_ptr& refusal);
  void count(ComputeBackend backend, const char* reason);

  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<RequestCount> counts_;
};

}  // namespace edgefirst
