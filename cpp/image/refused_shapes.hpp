// SPDX-License-Identifier: Apache-2.0
// The shapes of conversions that a driver refused at run time, so that its backend declines them
// from then on. Holds the latest few. Used by the backends over drivers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/request.hpp"

namespace edgefirst {

class RefusedShapes {
 public:
  bool contains(const ConvertRequest& request) const;
  void add(const ConvertRequest& request);

 private:
  static constexpr std::size_t kMost = 64;
  std::vector<std::uint64_t> shapes_;
};

}  // namespace edgefirst
