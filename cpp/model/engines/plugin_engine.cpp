// SPDX-License-Identifier: Apache-2.0
// Engines in shared libraries of others, by the interface of edgefirst/engine_plugin.h.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "edgefirst/engine_plugin.h"

#include "base/dynamic_library.hpp"
#include "base/message.hpp"
#include "base/text.hpp"
#include "model/engines/engines.hpp"
#include "model/engines/host_request.hpp"
#include "model/engines/runtime_model.hpp"

namespace edgefirst::model {
namespace {

static_assert(static_cast<int>(DType::kF64) == HAL_ENGINE_F64 &&
              static_cast<int>(DType::kI8) == HAL_ENGINE_I8);

/// A structure of the interface, zeroed but for its size.
template <typename Record>
Record sized() {
  Record record{};
  record.size = sizeof record;
  return record;
}

/// The plug-in's table as far as both sides know it; what it lacks is null.
struct Plugin {
  hal_engine table{};
  std::string version;

  void check(int status, const hal_engine_error& error, const char* doing) const {
    if (status == 0) return;
    const char* end = std::find(error.text, error.text + sizeof error.text, '\0');
    const std::string text =
        error.text[0] == '\0' ? std::strerror(status) : std::string(error.text, end);
    const ErrorCode code = status == ENOENT    ? ErrorCode::kNotFound
                           : status == EINVAL  ? ErrorCode::kInvalidArgument
                           : status == ENOMEM  ? ErrorCode::kOutOfMemory
                           : status == EBADMSG ? ErrorCode::kInvalidData
                           : status == ENOTSUP ? ErrorCode::kNotSupported
                           : status == EBUSY   ? ErrorCode::kBusy
                                               : ErrorCode::kEngineFailed;
    raise(code, table.name, " cannot ", doing, ": ", text);
  }
};

hal_engine_direction direction_of(Side side) {
  return side == Side::kInput ? HAL_ENGINE_INPUT : HAL_ENGINE_OUTPUT;
}

class PluginModel final : public RuntimeModel<Plugin>,
                          public std::enable_shared_from_this<PluginModel> {
 public:
  PluginModel(const Plugin& plugin, const std::string& path, const EngineSettings& settings);
  ~PluginModel() override { runtime_.table.close(model_); }

  std::unique_ptr<Request> new_request(Span<const Shape> inputs) override;

  void* model() const { return model_; }
  std::uint32_t memory_of(Side side, std::size_t index) const {
    return memory_[static_cast<int>(side)][index];
  }
  std::size_t alignment_of(Side side, std::size_t index) const {
    return alignment_[static_cast<int>(side)][index];
  }

 private:
  void open(const std::string& path, const EngineSettings& settings);
  void read_ports(Side side);
  void read_metadata();
  void close_extents(Span<const Shape> inputs);

  void* model_ = nullptr;
  std::vector<Shape> shapes_;  // that its open inputs were closed to
  std::mutex mutex_;
  std::vector<std::uint32_t> memory_[2];
  std::vector<std::size_t> alignment_[2];
};

class PluginRequest final : public HostRequest {
 public:
  PluginRequest(std::shared_ptr<const PluginModel> model, Span<const Shape> inputs);
  ~PluginRequest() override { model_->runtime().table.request_destroy(request_); }

 private:
  void attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) override;
  bool takes_descriptor(Side side, std::size_t index) const override {
    return (model_->memory_of(side, index) & HAL_ENGINE_DMABUF) != 0;
  }
  void attach_descriptor(Side side, std::size_t index, const Tensor& tensor) override;
  void execute() override;
  void bind_buffer(Side side, std::size_t index, const hal_engine_buffer& buffer);

  std::shared_ptr<const PluginModel> model_;
  void* request_ = nullptr;
};

PluginModel::PluginModel(const Plugin& plugin, const std::string& path,
                         const EngineSettings& settings)
    : RuntimeModel(plugin) {
  open(path, settings);
  try {
    read_ports(Side::kInput);
    read_ports(Side::kOutput);
    read_metadata();
  } catch (...) {
    runtime_.table.close(model_);
    throw;
  }
}

void PluginModel::open(const std::string& path, const EngineSettings& settings) {
  Texts options = settings.options;
  if (settings.threads > 0) options.emplace_back("threads", integer_text(settings.threads));
  if (!settings.device.empty()) options.emplace_back("device", settings.device);
  if (!settings.delegate.empty()) {
    raise(ErrorCode::kInvalidArgument, runtime_.table.name, " takes no delegate");
  }
  std::vector<hal_engine_option> pairs;
  for (const auto& [key, value] : options) pairs.push_back({key.c_str(), value.c_str()});
  auto source = sized<hal_engine_source>();
  source.path = path.c_str();
  auto error = sized<hal_engine_error>();
  runtime_.check(runtime_.table.open(&source, pairs.data(), pairs.size(), &model_, &error), error,
                 "open the model");
}

std::optional<Quantization> quantization_of(const hal_engine_tensor& tensor) {
  if (tensor.quant == HAL_ENGINE_NOT_QUANTIZED) return std::nullopt;
  if (tensor.scales == nullptr || tensor.quant_count == 0) {
    raise(ErrorCode::kEngineFailed, "the plug-in tells no scale of '", tensor.name, "'");
  }
  std::vector<float> scales(tensor.scales, tensor.scales + tensor.quant_count);
  std::vector<std::int32_t> zero_points(tensor.quant_count, 0);
  if (tensor.zero_points != nullptr) {
    zero_points.assign(tensor.zero_points, tensor.zero_points + tensor.quant_count);
  }
  if (tensor.quant == HAL_ENGINE_PER_TENSOR) {
    return Quantization::per_tensor(scales[0], zero_points[0]);
  }
  return Quantization::per_channel(std::move(scales), std::move(zero_points),
                                   static_cast<std::size_t>(std::max(tensor.quant_axis, 0)));
}

void PluginModel::read_ports(Side side) {
  const auto at = static_cast<int>(side);
  ports_[at].clear();
  memory_[at].clear();
  alignment_[at].clear();
  const std::size_t count = runtime_.table.tensor_count(model_, direction_of(side));
  for (std::size_t i = 0; i < count; ++i) {
    auto tensor = sized<hal_engine_tensor>();
    auto error = sized<hal_engine_error>();
    runtime_.check(runtime_.table.tensor_info(model_, direction_of(side), i, &tensor), error,
                   "describe a tensor");
    const bool is_sound = tensor.name != nullptr && tensor.ndim <= HAL_ENGINE_MAX_RANK &&
                          tensor.dtype >= 0 && tensor.dtype <= HAL_ENGINE_F64 &&
                          (tensor.memory & HAL_ENGINE_HOST) != 0;
    if (!is_sound) {
      raise(ErrorCode::kEngineFailed, runtime_.table.name, " describes ", side_name(side), " ", i,
            " wrongly");
    }
    Port port;
    port.name = tensor.name;
    port.extents.assign(tensor.shape, tensor.shape + tensor.ndim);
    port.dtype = static_cast<DType>(tensor.dtype);
    port.quantization = quantization_of(tensor);
    ports_[at].push_back(std::move(port));
    memory_[at].push_back(tensor.memory);
    alignment_[at].push_back(tensor.alignment);
  }
}

void PluginModel::read_metadata() {
  const char* key = nullptr;
  const char* value = nullptr;
  constexpr std::size_t kMostEntries = 4096;
  for (std::size_t i = 0; i < kMostEntries; ++i) {
    if (runtime_.table.metadata(model_, i, &key, &value) != 0) return;
    metadata_.emplace_back(key, value);
  }
}

void PluginModel::close_extents(Span<const Shape> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!ports_[0][i].is_open()) continue;
    if (runtime_.table.reshape == nullptr) {
      raise(ErrorCode::kNotSupported, runtime_.table.name, " takes no shape for open inputs");
    }
    const std::vector<std::int64_t> shape(inputs[i].begin(), inputs[i].end());
    auto error = sized<hal_engine_error>();
    runtime_.check(runtime_.table.reshape(model_, i, shape.data(), shape.size(), &error), error,
                   "reshape an input");
  }
  read_ports(Side::kOutput);
}

/// The ports stay as they are while requests of the same shapes live, which may run meanwhile.
std::unique_ptr<Request> PluginModel::new_request(Span<const Shape> inputs) {
  check_inputs(ports(Side::kInput), inputs);
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::vector<Shape> shapes(inputs.begin(), inputs.end());
  if (shapes != shapes_) {
    close_extents(inputs);
    shapes_ = shapes;
  }
  return std::make_unique<PluginRequest>(shared_from_this(), inputs);
}

PluginRequest::PluginRequest(std::shared_ptr<const PluginModel> model, Span<const Shape> inputs)
    : model_(std::move(model)) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    add(Side::kInput, model_->ports(Side::kInput)[i], inputs[i]);
  }
  for (const Port& port : model_->ports(Side::kOutput)) {
    if (port.is_open()) {
      raise(ErrorCode::kEngineFailed, "output '", port.name, "' stays open though inputs are not");
    }
    add(Side::kOutput, port, port.shape());
  }
  auto error = sized<hal_engine_error>();
  const hal_engine& table = model_->runtime().table;
  model_->runtime().check(table.request_create(model_->model(), &request_, &error), error,
                          "make a request");
}

void PluginRequest::bind_buffer(Side side, std::size_t index, const hal_engine_buffer& buffer) {
  auto error = sized<hal_engine_error>();
  const hal_engine& table = model_->runtime().table;
  model_->runtime().check(table.bind(request_, direction_of(side), index, &buffer, &error), error,
                          "bind memory");
}

void PluginRequest::attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) {
  const std::size_t alignment = model_->alignment_of(side, index);
  if (alignment != 0 && reinterpret_cast<std::uintptr_t>(bytes) % alignment != 0) {
    raise(ErrorCode::kNotSupported, model_->runtime().table.name, " needs memory aligned to ",
          alignment, " bytes for ", side_name(side), " '", model_->ports(side)[index].name, "'");
  }
  auto buffer = sized<hal_engine_buffer>();
  buffer.data = bytes;
  buffer.bytes = tensor.size_bytes();
  buffer.fd = -1;
  buffer.memory = HAL_ENGINE_HOST;
  bind_buffer(side, index, buffer);
}

void PluginRequest::attach_descriptor(Side side, std::size_t index, const Tensor& tensor) {
  auto buffer = sized<hal_engine_buffer>();
  buffer.bytes = tensor.size_bytes();
  buffer.offset = tensor.plane_offset();
  buffer.fd = tensor.dmabuf();
  buffer.memory = HAL_ENGINE_DMABUF;
  bind_buffer(side, index, buffer);
}

void PluginRequest::execute() {
  auto error = sized<hal_engine_error>();
  model_->runtime().check(model_->runtime().table.run(request_, &error), error, "run the model");
}

class PluginEngine final : public Engine {
 public:
  explicit PluginEngine(std::unique_ptr<const Plugin> plugin) : plugin_(std::move(plugin)) {}
  const std::string& version() const override { return plugin_->version; }
  std::string suffixes() const override { return plugin_->table.suffixes; }
  std::shared_ptr<LoadedModel> open(const std::string& path,
                                    const EngineSettings& settings) override {
    return std::make_shared<PluginModel>(*plugin_, path, settings);
  }

 private:
  std::unique_ptr<const Plugin> plugin_;
};

/// Whether every function that the host calls unasked is there.
bool is_whole(const hal_engine& table) {
  return table.name != nullptr && table.suffixes != nullptr && table.open != nullptr &&
         table.close != nullptr && table.tensor_count != nullptr && table.tensor_info != nullptr &&
         table.metadata != nullptr && table.request_create != nullptr &&
         table.request_destroy != nullptr && table.bind != nullptr && table.run != nullptr;
}

}  // namespace

std::unique_ptr<Engine> open_plugin(const std::string& path) {
  std::string reason;
  const DynamicLibrary library = DynamicLibrary::open(path, reason);
  if (!library.is_open()) {
    raise(ErrorCode::kEngineUnavailable, "the plug-in cannot be loaded: ", reason);
  }
  const auto get = library.function<hal_engine_plugin_function>("hal_engine_plugin");
  if (get == nullptr) {
    raise(ErrorCode::kEngineUnavailable, path, " is no plug-in: it lacks hal_engine_plugin");
  }
  const hal_engine* table = get(HAL_ENGINE_ABI);
  if (table == nullptr || table->abi != HAL_ENGINE_ABI) {
    raise(ErrorCode::kEngineUnavailable, path, " does not serve version ", HAL_ENGINE_ABI,
          " of the plug-in interface");
  }
  auto plugin = std::make_unique<Plugin>();
  std::memcpy(&plugin->table, table, std::min(table->size, sizeof plugin->table));
  if (!is_whole(plugin->table)) {
    raise(ErrorCode::kEngineUnavailable, path, " is a plug-in without the functions it needs");
  }
  plugin->version = message(plugin->table.name, " ",
                            plugin->table.version == nullptr ? "" : plugin->table.version);
  return std::make_unique<PluginEngine>(std::move(plugin));
}

}  // namespace edgefirst::model
