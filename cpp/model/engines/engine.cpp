// SPDX-License-Identifier: Apache-2.0
#include "model/engines/engine.hpp"

#include <algorithm>

#include "base/message.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace edgefirst::model {

bool Port::is_open() const {
  const auto is_negative = [](std::int64_t extent) { return extent < 0; };
  return has_open_rank || std::any_of(extents.begin(), extents.end(), is_negative);
}

Shape Port::shape() const {
  std::vector<std::size_t> sizes;
  for (const std::int64_t extent : extents) {
    if (extent == 0) raise(ErrorCode::kInvalidShape, "the model's '", name, "' has an extent of 0");
    sizes.push_back(extent < 0 ? 1 : static_cast<std::size_t>(extent));
  }
  return Shape(sizes);
}

namespace {

bool fits(const Port& port, const Shape& shape) {
  if (port.has_open_rank) return true;
  if (port.extents.size() != shape.rank()) return false;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    const std::int64_t extent = port.extents[i];
    if (extent >= 0 && static_cast<std::size_t>(extent) != shape[i]) return false;
  }
  return true;
}

std::string text_of(const Port& port) {
  if (port.has_open_rank) return "[...]";
  std::string text = "[";
  for (const std::int64_t extent : port.extents) {
    if (text.size() > 1) text += ", ";
    text += extent < 0 ? "?" : integer_text(extent);
  }
  return text + "]";
}

}  // namespace

void check_inputs(const std::vector<Port>& ports, Span<const Shape> shapes) {
  if (ports.size() != shapes.size()) {
    raise(ErrorCode::kInvalidShape, shapes.size(), " input shapes for a model of ", ports.size(),
          " inputs");
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (fits(ports[i], shapes[i])) continue;
    raise(ErrorCode::kInvalidShape, "input '", ports[i].name, "' is ", text_of(ports[i]), ", not ",
          shapes[i].to_string());
  }
}

void check_binding(const std::string& name, const Tensor& own, const Tensor& tensor) {
  if (tensor.dtype() != own.dtype()) {
    raise(ErrorCode::kDtypeMismatch, "'", name, "' is ", dtype_info(own.dtype()).name, ", not ",
          dtype_info(tensor.dtype()).name);
  }
  if (tensor.shape() != own.shape()) {
    raise(ErrorCode::kInvalidShape, "'", name, "' is ", own.shape().to_string(), ", not ",
          tensor.shape().to_string());
  }
  if (tensor.explicit_row_stride() || tensor.chroma() != nullptr) {
    raise(ErrorCode::kInvalidShape, "'", name, "' must be bound to tight rows in one plane");
  }
}

Running::Running(std::atomic<bool>& flag) : flag_(flag) {
  if (flag_.exchange(true)) {
    raise(ErrorCode::kBusy, "this frame is running already: give each thread its own twin()");
  }
}

void check_process(long process) {
  if (process == process_id()) return;
  raise(ErrorCode::kNotSupported,
        "inference engines do not survive fork(): open the model in the child");
}

}  // namespace edgefirst::model
