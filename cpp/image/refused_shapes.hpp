// SPDX-License-Identifier: Apache-2.0
// The shapes of requests that a driver refused at run time, so that its backend declines them from
// then on. Holds the latest few. Used by the backends over drivers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/draw_request.hpp"
#include "image/request.hpp"

namespace edgefirst {

/// The same for requests that a driver can tell apart by nothing but their pixels.
std::uint64_t shape_of(const ConvertRequest& request);
std::uint64_t shape_of(const DrawRequest& request);

class RefusedShapes {
 public:
  template <typename Request>
  bool contains(const Request& request) const {
    return !shapes_.empty() &&
           std::find(shapes_.begin(), shapes_.end(), shape_of(request)) != shapes_.end();
  }
  template <typename Request>
  void add(const Request& request) {
    if (shapes_.size() >= kMost) shapes_.erase(shapes_.begin());
    shapes_.push_back(shape_of(request));
  }

 private:
  static constexpr std::size_t kMost = 64;
  std::vector<std::uint64_t> shapes_;
};

}  // namespace edgefirst
