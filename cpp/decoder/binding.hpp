// SPDX-License-Identifier: Apache-2.0
// Which tensor is which output: shapes are matched, dtypes checked, maps held for one frame.
// Knows nothing of what is decoded; called by decoder.
#pragma once

#include <array>
#include <vector>

#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

#include "decoder/plan.hpp"
#include "decoder/views.hpp"

namespace edgefirst::decoding {

/// The tensors of one frame, seen through the ports of a plan.
class BoundOutputs {
 public:
  /// Looks at one element of the batch. Throws kInvalidConfig (none, mixed or unsupported dtypes),
  /// kInvalidShape (nothing of a port's shape), kMissingQuantization, kInvalidArgument (no such
  /// element), and what mapping throws.
  void bind(const Plan& plan, Span<const Tensor* const> outputs, std::size_t element);
  /// Ends the access to the tensors; keeps the memory.
  void release();

  /// Ports of [batch, feature, anchor] in any order.
  FeatureView features(std::size_t port) const;
  /// Ports of [batch, height, width, channel] with their cells in a row.
  FeatureView cells(std::size_t port) const;
  /// Ports of [batch, height, width, channel] in any order.
  ImageView image(std::size_t port) const;

 private:
  struct View {
    const std::byte* data = nullptr;
    DType dtype = DType::kF32;
    std::array<std::size_t, 4> extents{};
    std::array<std::ptrdiff_t, 4> strides{};
    Affine affine;
  };

  void check_dtypes(Span<const Tensor* const> outputs) const;
  View take(const Port& port);
  bool may_take(std::size_t tensor, const Port& port, bool by_name) const;
  View map(const Port& port, const Tensor& tensor,
           const std::array<std::size_t, Shape::kMaxRank>& axis_of);
  Affine affine_of(const Port& port, const Tensor& tensor) const;
  View merge(const Merge& merge);
  static float* append_real(const View& source, const Port& part, float* out);

  const Plan* plan_ = nullptr;
  std::size_t element_ = 0;
  Span<const Tensor* const> outputs_;
  std::vector<std::uint8_t> used_;
  std::vector<TensorMap> maps_;
  std::vector<View> views_;                 // by port
  std::vector<View> parts_;                 // of the output being merged
  std::vector<std::vector<float>> merged_;  // by merge
};

}  // namespace edgefirst::decoding
