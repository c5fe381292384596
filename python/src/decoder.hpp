// SPDX-License-Identifier: Apache-2.0
// A decoder that several Python threads may hold, and its results. Used by the decoder and image
// bindings.
#pragma once

#include <pybind11/pybind11.h>

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "edgefirst/decoder.hpp"

#include "base/fork_safe.hpp"

namespace edgefirst::python {

/// decode runs concurrently; changing a threshold waits for the calls in progress.
class DecoderObject {
 public:
  explicit DecoderObject(Decoder decoder) : decoder_(std::move(decoder)) {}

  /// Runs use(decoder) while no setting changes. Call it without the GIL.
  template <typename Use>
  void read(Use use) const {
    const std::shared_lock lock(mutex_);
    use(decoder_);
  }
  /// Runs change(decoder) while nobody decodes. Call it without the GIL.
  template <typename Change>
  void write(Change change) {
    const std::unique_lock lock(mutex_);
    change(decoder_);
  }

 private:
  mutable ForkSafe<std::shared_mutex> mutex_;
  Decoder decoder_;
};

/// Model outputs pinned for one call: tensors over the memory that the caller holds (of arrays too,
/// which are copied where their layout cannot be wrapped), and the pointers the core takes.
class ModelOutputs {
 public:
  /// Throws TypeError unless every item of the sequence is a Tensor or a numpy array of one of the
  /// eleven dtypes.
  explicit ModelOutputs(const pybind11::object& sequence);
  Span<const Tensor* const> span() const { return pointers_; }
  bool alias(const Tensor& tensor) const;

 private:
  std::vector<Tensor> tensors_;
  std::vector<pybind11::object> arrays_;  // of which tensors_ have the memory
  std::vector<const Tensor*> pointers_;
};

/// Masks left as ingredients; each part can be taken once.
struct ProtoObject {
  ProtoLayout layout;
  std::optional<Tensor> mask_coefficients;
  std::optional<Tensor> protos;

  explicit ProtoObject(ProtoData data);
  /// Throws kInvalidArgument after a part was taken.
  ProtoData data() const;
};

/// Keeps the first max_boxes detections with what belongs to them.
void truncate(Detections& detections, std::size_t max_boxes);

inline constexpr std::size_t kDefaultMaxBoxes = 100;

}  // namespace edgefirst::python
