// SPDX-License-Identifier: Apache-2.0
// The front door of the area: chooses an engine, closes open shapes, adds the scales that only the
// file knows, and lends the memory of a request.
#include "edgefirst/model.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/message.hpp"
#include "decoder/byte_source.hpp"
#include "decoder/model_file.hpp"
#include "model/engines/library_search.hpp"
#include "model/engines/registry.hpp"

namespace edgefirst {
namespace {

using model::Port;
using model::Side;

void require_file(const std::string& path) {
  std::error_code error;
  const auto file = std::filesystem::u8path(path);
  if (!std::filesystem::exists(file, error)) {
    raise(ErrorCode::kNotFound, path, ": no such file");
  }
  if (std::filesystem::is_directory(file, error)) {
    raise(ErrorCode::kNotSupported, path, ": it is a folder, not a model file");
  }
}

/// Tries the engines for the file in turn: one that is absent or does not support the model makes
/// room for the next. The first that is there and refuses is the one whose words count.
template <typename Open>
Model with_engine(const std::string& path, const ModelOptions& options, const Open& open) {
  if (!options.engine.empty()) return open(model::engine(options.engine, options.library));
  if (!options.library.empty()) {
    raise(ErrorCode::kInvalidArgument, "a library needs the name of its engine");
  }
  std::string absent;
  std::optional<Error> refusal;
  for (const std::string& name : model::engines_for(path, !options.delegate.empty())) {
    try {
      return open(model::engine(name));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kEngineUnavailable) {
        absent += (absent.empty() ? "" : "; ") + std::string(error.what());
      } else if (error.code() != ErrorCode::kNotSupported) {
        throw;
      } else if (!refusal) {
        refusal = error;
      }
    }
  }
  if (refusal) throw Error(*refusal);
  raise(ErrorCode::kEngineUnavailable, absent);
}

std::vector<Shape> input_shapes(const std::vector<Port>& ports, const ModelOptions& options) {
  if (!options.input_shapes.empty()) return options.input_shapes;
  std::vector<Shape> shapes;
  for (const Port& port : ports) {
    const bool is_open_behind_batch =
        port.has_open_rank ||
        std::any_of(port.extents.begin() + (port.extents.empty() ? 0 : 1), port.extents.end(),
                    [](std::int64_t extent) { return extent < 0; });
    if (is_open_behind_batch) {
      raise(ErrorCode::kInvalidShape, "the model leaves the size of its input '", port.name,
            "' open: give input_shapes");
    }
    shapes.push_back(port.extents.empty() ? Shape{1} : port.shape());
  }
  return shapes;
}

std::optional<Quantization> from_spec(const decoding::QuantizationSpec& spec) {
  if (spec.scales.empty()) return std::nullopt;
  if (spec.scales.size() == 1) {
    return Quantization::per_tensor(spec.scales[0],
                                    spec.zero_points.empty() ? 0 : spec.zero_points[0]);
  }
  if (!spec.axis) return std::nullopt;
  if (spec.zero_points.empty()) {
    return Quantization::per_channel_symmetric(spec.scales, *spec.axis);
  }
  return Quantization::per_channel(spec.scales, spec.zero_points, *spec.axis);
}

/// Scales by the names of tensors: OpenVINO tells none, TensorFlow Lite none per channel.
void add_scales(const std::vector<decoding::FileTensor>& known, std::vector<ModelTensor>& tensors) {
  for (ModelTensor& tensor : tensors) {
    if (tensor.quantization || is_float(tensor.dtype)) continue;
    for (const decoding::FileTensor& each : known) {
      if (each.name != tensor.name || !each.quantization) continue;
      tensor.quantization = from_spec(*each.quantization);
    }
  }
}

std::vector<ModelTensor> tensors_of(const std::vector<Port>& ports) {
  std::vector<ModelTensor> tensors;
  for (const Port& port : ports) {
    tensors.push_back({port.name, port.extents, port.dtype, port.quantization});
  }
  return tensors;
}

bool needs_scales(const std::vector<ModelTensor>& tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const ModelTensor& tensor) {
    return !tensor.quantization && !is_float(tensor.dtype) && dtype_size(tensor.dtype) <= 2;
  });
}

/// Memory of this size that nobody else holds, else new memory.
void copy_into(Tensor& target, const Tensor& source) {
  const bool fits = target.shape() == source.shape() && target.dtype() == source.dtype() &&
                    target.storage().use_count() == 1;
  if (!fits) target = Tensor(source.shape(), source.dtype(), TensorMemory::kMem);
  if (source.element_count() == 0) return;
  const TensorMap from = source.map(CpuAccess::kRead);
  std::memcpy(target.map(CpuAccess::kWrite).data(), from.data(), source.size_bytes());
}

}  // namespace

struct Model::Impl {
  std::shared_ptr<const std::string> engine;
  std::shared_ptr<model::LoadedModel> loaded;
  std::vector<Shape> shapes;
  std::vector<ModelTensor> inputs;
  std::vector<ModelTensor> outputs;
  std::unique_ptr<model::Request> request;
  std::vector<Tensor> copies;  // of outputs that the engine writes again

  void add_scales_of(const std::string& path);
  Tensor with_scale(Tensor tensor, const ModelTensor& known) const;
  Tensor output(std::size_t index);
};

/// A file of a kind that the reader does not know has no scales to add.
void Model::Impl::add_scales_of(const std::string& path) {
  if (!needs_scales(inputs) && !needs_scales(outputs)) return;
  try {
    decoding::ByteSource source = decoding::ByteSource::open(path);
    const decoding::ModelFile file = decoding::read_model_file(source);
    add_scales(file.inputs, inputs);
    add_scales(file.outputs, outputs);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotSupported) throw;
  }
}

Tensor Model::Impl::with_scale(Tensor tensor, const ModelTensor& known) const {
  if (tensor.quantization() == nullptr && known.quantization) {
    tensor.set_quantization(*known.quantization);
  }
  return tensor;
}

Tensor Model::Impl::output(std::size_t index) {
  Tensor made = request->tensor(Side::kOutput, index);
  if (request->keeps_outputs()) return with_scale(std::move(made), outputs[index]);
  if (copies.size() <= index) copies.emplace_back(Shape{1}, made.dtype(), TensorMemory::kMem);
  copy_into(copies[index], made);
  return with_scale(copies[index], outputs[index]);
}

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

Model Model::open(const std::string& path, const ModelOptions& options) {
  require_file(path);
  const model::EngineSettings settings{options.device, options.threads, options.delegate,
                                       options.engine_options};
  const auto open = [&](model::Engine& engine) {
    auto impl = std::make_unique<Impl>();
    impl->engine = std::make_shared<const std::string>(engine.version());
    impl->loaded = engine.open(path, settings);
    impl->shapes = input_shapes(impl->loaded->ports(Side::kInput), options);
    impl->inputs = tensors_of(impl->loaded->ports(Side::kInput));
    impl->outputs = tensors_of(impl->loaded->ports(Side::kOutput));
    impl->add_scales_of(path);
    impl->request = impl->loaded->new_request(impl->shapes);
    return Model(std::move(impl));
  };
  return with_engine(path, options, [&](model::Engine& engine) {
    return naming(path, [&] { return open(engine); });
  });
}

const std::string& Model::engine() const { return *impl_->engine; }
const std::vector<ModelTensor>& Model::inputs() const { return impl_->inputs; }
const std::vector<ModelTensor>& Model::outputs() const { return impl_->outputs; }
const std::vector<std::pair<std::string, std::string>>& Model::metadata() const {
  return impl_->loaded->metadata();
}

Tensor Model::input(std::size_t index) const {
  Tensor tensor = impl_->request->tensor(Side::kInput, index);
  return impl_->with_scale(std::move(tensor), impl_->inputs[index]);
}

void Model::bind_input(const Tensor& tensor, std::size_t index) {
  impl_->request->bind(Side::kInput, index, tensor);
}

void Model::infer(std::vector<Tensor>& outputs) {
  outputs.clear();
  impl_->request->run();
  for (std::size_t i = 0; i < impl_->outputs.size(); ++i) outputs.push_back(impl_->output(i));
}

Model Model::twin() const {
  auto impl = std::make_unique<Impl>();
  impl->engine = impl_->engine;
  impl->loaded = impl_->loaded;
  impl->shapes = impl_->shapes;
  impl->inputs = impl_->inputs;
  impl->outputs = impl_->outputs;
  impl->request = impl_->loaded->new_request(impl_->shapes);
  return Model(std::move(impl));
}

std::vector<EngineStatus> engines() {
  std::vector<std::string> names;
  for (const model::EngineInfo& info : model::engine_table()) names.emplace_back(info.name);
  for (const std::string& name : model::plugin_names()) names.push_back(name);
  std::vector<EngineStatus> statuses;
  for (const std::string& name : names) {
    EngineStatus status{name, "", ""};
    try {
      status.version = model::engine(name).version();
    } catch (const Error& error) {
      status.reason = error.what();
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

void set_engine_library(const std::string& engine, const std::string& path) {
  const auto table = model::engine_table();
  const bool is_known = std::any_of(table.begin(), table.end(), [&](const model::EngineInfo& info) {
    return engine == info.name;
  });
  if (!is_known) raise(ErrorCode::kInvalidArgument, "no engine is called '", engine, "'");
  model::set_library_hint(engine, path);
}

}  // namespace edgefirst
