// SPDX-License-Identifier: Apache-2.0
// A request of an engine that runs on memory of ours: allocates it, lends it, keeps what a caller
// holds on to, and maps what was bound around each run. Base of the engines that bind pointers.
#pragma once

#include <atomic>
#include <vector>

#include "base/process.hpp"
#include "model/engines/engine.hpp"

namespace edgefirst::model {

class HostRequest : public Request {
 public:
  Tensor tensor(Side side, std::size_t index) const final;
  void bind(Side side, std::size_t index, const Tensor& tensor) final;
  void run() final;

 protected:
  HostRequest() = default;

  /// Called once per port by the derived constructor. Open outputs get memory from each run.
  void add(Side side, const Port& port, const Shape& shape);
  void add_open_output(const Port& port);

  /// From now on the engine reads or writes these bytes, which tensor describes.
  virtual void attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) = 0;
  /// Whether the engine takes the DMA-BUF behind such a tensor; attach_descriptor() is then called
  /// instead of attach(), and nothing is mapped.
  virtual bool takes_descriptor(Side, std::size_t) const { return false; }
  virtual void attach_descriptor(Side, std::size_t, const Tensor&) {}
  virtual void execute() = 0;
  /// The open output that execute() has made, over the engine's memory.
  virtual Tensor collect(std::size_t output);
  /// A tensor over memory that owner keeps alive; a scalar gets the shape [1].
  static Tensor wrap_output(const Port& port, void* bytes, Span<const std::size_t> extents,
                            std::shared_ptr<void> owner);

 private:
  struct Slot {
    Slot(const Port& port, const Shape& shape);

    std::string name;
    Tensor tensor;
    void* attached = nullptr;
    std::uint64_t attached_buffer = 0;  // the identity of a DMA-BUF
    bool is_bound = false;              // to a tensor of the caller
    bool is_open = false;
    TensorMap map;
  };
  std::vector<Slot>& slots(Side side) { return slots_[static_cast<int>(side)]; }
  /// Throws kInvalidArgument where there is no such slot.
  void require(Side side, std::size_t index) const;
  void prepare(Side side);
  void attach_slot(Side side, std::size_t index);
  void finish() noexcept;

  std::vector<Slot> slots_[2];
  std::atomic<bool> is_running_{false};
  long process_ = process_id();
};

}  // namespace edgefirst::model
