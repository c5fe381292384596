// SPDX-License-Identifier: Apache-2.0
#include "model/engines/host_request.hpp"

#include "base/checked.hpp"
#include "base/message.hpp"

namespace edgefirst::model {
namespace {

/// Whether somebody else holds the tensor's memory: a copy of the tensor, a view or a map.
bool is_lent(const Tensor& tensor) { return tensor.storage().use_count() > 1; }

Tensor with_metadata_of(const Tensor& like, const Shape& shape) {
  Tensor fresh(shape, like.dtype(), TensorMemory::kMem);
  if (like.quantization() != nullptr) fresh.set_quantization(*like.quantization());
  return fresh;
}

}  // namespace

HostRequest::Slot::Slot(const Port& port, const Shape& shape)
    : name(port.name), tensor(shape, port.dtype, TensorMemory::kMem) {
  if (port.quantization) tensor.set_quantization(*port.quantization);
}

void HostRequest::add(Side side, const Port& port, const Shape& shape) {
  slots(side).emplace_back(port, shape);
}

void HostRequest::add_open_output(const Port& port) {
  slots(Side::kOutput).emplace_back(port, Shape{1});
  slots(Side::kOutput).back().is_open = true;
}

void HostRequest::require(Side side, std::size_t index) const {
  const std::size_t count = slots_[static_cast<int>(side)].size();
  if (index < count) return;
  raise(ErrorCode::kInvalidArgument, side_name(side), " ", index, " of a model that has ", count);
}

Tensor HostRequest::tensor(Side side, std::size_t index) const {
  require(side, index);
  return slots_[static_cast<int>(side)][index].tensor;
}

void HostRequest::bind(Side side, std::size_t index, const Tensor& tensor) {
  require(side, index);
  Slot& target = slots(side)[index];
  if (target.is_open) {
    raise(ErrorCode::kNotSupported, "output '", target.name,
          "' has a new shape in each run and cannot be bound");
  }
  check_binding(target.name, target.tensor, tensor);
  target.tensor = tensor;
  target.is_bound = true;
}

Tensor HostRequest::collect(std::size_t output) { return slots(Side::kOutput)[output].tensor; }

Tensor HostRequest::wrap_output(const Port& port, void* bytes, Span<const std::size_t> extents,
                                std::shared_ptr<void> owner) {
  const Shape shape = extents.empty() ? Shape{1} : Shape(extents);
  const std::size_t size = checked_multiply(shape.element_count(), dtype_size(port.dtype));
  Tensor tensor = Tensor::wrap(bytes, size, shape, port.dtype, std::move(owner));
  if (port.quantization) tensor.set_quantization(*port.quantization);
  return tensor;
}

/// Inputs are read where they lie; outputs that a caller keeps are replaced before they would be
/// overwritten.
void HostRequest::prepare(Side side) {
  std::vector<Slot>& all = slots(side);
  for (std::size_t i = 0; i < all.size(); ++i) {
    Slot& each = all[i];
    if (each.is_open) continue;
    if (side == Side::kOutput && !each.is_bound && is_lent(each.tensor)) {
      each.tensor = with_metadata_of(each.tensor, each.tensor.shape());
    }
    attach_slot(side, i);
  }
}

void HostRequest::attach_slot(Side side, std::size_t index) {
  Slot& target = slots(side)[index];
  const Tensor& tensor = target.tensor;
  if (tensor.memory() == TensorMemory::kDma && takes_descriptor(side, index)) {
    if (target.attached_buffer == tensor.identity().id()) return;
    target.attached = nullptr;
    attach_descriptor(side, index, tensor);
    target.attached_buffer = tensor.identity().id();
    return;
  }
  target.map = tensor.map(side == Side::kInput ? CpuAccess::kRead : CpuAccess::kWrite);
  if (target.map.data() == target.attached) return;
  target.attached = nullptr;
  target.attached_buffer = 0;
  attach(side, index, target.map.data(), tensor);
  target.attached = target.map.data();
}

void HostRequest::finish() noexcept {
  for (std::vector<Slot>& all : slots_) {
    for (Slot& each : all) each.map.unmap();
  }
}

void HostRequest::run() {
  check_process(process_);
  const Running running(is_running_);
  struct Finish {
    HostRequest& request;
    ~Finish() { request.finish(); }
  } const at_end{*this};
  prepare(Side::kInput);
  prepare(Side::kOutput);
  execute();
  std::vector<Slot>& outputs = slots(Side::kOutput);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].is_open) outputs[i].tensor = collect(i);
  }
}

}  // namespace edgefirst::model
