// SPDX-License-Identifier: Apache-2.0
// LiteRT reads a model once. Each request compiles it for itself, since a compiled model serves one
// thread.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>

#include "base/message.hpp"
#include "decoder/byte_source.hpp"
#include "decoder/model_file.hpp"
#include "model/engines/engines.hpp"
#include "model/engines/host_request.hpp"
#include "model/engines/library_search.hpp"
#include "model/engines/litert_api.hpp"
#include "model/engines/owned.hpp"
#include "model/engines/runtime_model.hpp"
#include "model/engines/tflite_types.hpp"

namespace edgefirst::model {
namespace {

using namespace litert;

/// The library and its environment, which live for ever.
struct Runtime {
  void check(int status, const char* doing) const {
    if (status == 0) return;
    constexpr int kInvalid = 1, kMemory = 2, kUnsupported = 5, kNotFound = 6, kBadFile = 501;
    const ErrorCode code = status == kInvalid       ? ErrorCode::kInvalidArgument
                           : status == kMemory      ? ErrorCode::kOutOfMemory
                           : status == kUnsupported ? ErrorCode::kNotSupported
                           : status == kNotFound    ? ErrorCode::kNotFound
                           : status == kBadFile     ? ErrorCode::kInvalidData
                                                    : ErrorCode::kEngineFailed;
    raise(code, "LiteRT cannot ", doing, ": ", status_text(status), " (status ", status, ")");
  }

  Functions api;
  std::string version = "litert";
  Env* env = nullptr;
};

/// Lines of TOML for the options of the CPU kernels.
std::string kernel_options(const EngineSettings& settings) {
  const unsigned processors = std::thread::hardware_concurrency();
  const unsigned threads = settings.threads > 0 ? static_cast<unsigned>(settings.threads)
                                                : (processors > 0 ? processors : 1);
  std::string text = message("num_threads = ", threads, "\n");
  for (const auto& [key, value] : settings.options) {
    const bool is_number = key == "flags";
    if (!is_number && key != "kernel_mode" && key != "weight_cache_file_path") {
      raise(ErrorCode::kInvalidArgument, "LiteRT has no option '", key,
            "': there are flags, kernel_mode and weight_cache_file_path");
    }
    if (value.find_first_of("\"\\\n") != std::string::npos) {
      raise(ErrorCode::kInvalidArgument, "the option '", key, "' may hold no quotes");
    }
    text += key + " = " + (is_number ? value : "\"" + value + "\"") + "\n";
  }
  return text;
}

int accelerators_of(const EngineSettings& settings) {
  if (settings.device.empty() || settings.device == "CPU") return kCpu;
  if (settings.device == "GPU") return kGpu | kCpu;  // what the GPU has no kernel for
  if (settings.device == "NPU") return kNpu | kCpu;
  raise(ErrorCode::kInvalidArgument, "LiteRT has no device '", settings.device,
        "': there are CPU, GPU and NPU");
}

class LiteRtModel final : public RuntimeModel<Runtime>,
                          public std::enable_shared_from_this<LiteRtModel> {
 public:
  LiteRtModel(const Runtime& runtime, const std::string& path, const EngineSettings& settings);

  std::unique_ptr<Request> new_request(Span<const Shape> inputs) override;

  Owned<Compiled> compile() const;

 private:
  void read_ports(Side side);
  void open_extents(const std::string& path);
  std::optional<Quantization> quantization_of(TensorInfo* tensor) const;
  void add_kernel_options(Options* options) const;

  EngineSettings settings_;
  Owned<Model> model_;
  Signature* signature_ = nullptr;  // the model's
};

class LiteRtRequest final : public HostRequest {
 public:
  LiteRtRequest(std::shared_ptr<const LiteRtModel> model, Span<const Shape> inputs);

 private:
  void attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) override;
  void execute() override;
  void resize_inputs(Span<const Shape> inputs);
  std::vector<Layout> output_layouts() const;
  std::vector<Layout> layouts_of_two(Span<const Shape> inputs);
  void add_outputs(Span<const Shape> inputs);

  std::shared_ptr<const LiteRtModel> model_;
  Owned<Compiled> compiled_;
  std::vector<Owned<Buffer>> owned_[2];
  std::vector<Buffer*> buffers_[2];
};

LiteRtModel::LiteRtModel(const Runtime& runtime, const std::string& path,
                         const EngineSettings& settings)
    : RuntimeModel(runtime), settings_(settings), model_(runtime.api.destroy_model) {
  if (!settings.delegate.empty()) {
    raise(ErrorCode::kNotSupported,
          "LiteRT takes no external delegate: choose the engine 'tflite' for it");
  }
  accelerators_of(settings);
  runtime.check(runtime.api.create_model(runtime.env, path.c_str(), model_.out()),
                "read the model");
  std::size_t count = 0;
  runtime.check(runtime.api.signature_count(model_.get(), &count), "count signatures");
  if (count == 0) raise(ErrorCode::kNotSupported, "the model has no signature that could be run");
  runtime.check(runtime.api.signature(model_.get(), 0, &signature_), "read the signature");
  read_ports(Side::kInput);
  read_ports(Side::kOutput);
  open_extents(path);
}

/// For a model without signatures LiteRT tells 1 for the extents that the file leaves open.
void LiteRtModel::open_extents(const std::string& path) {
  decoding::ByteSource source = decoding::ByteSource::open(path);
  const decoding::ModelFile file = decoding::read_model_file(source);
  const auto open = [](const std::vector<decoding::FileTensor>& tensors, Port& port) {
    for (const decoding::FileTensor& tensor : tensors) {
      if (tensor.name != port.name || tensor.shape.size() != port.extents.size()) continue;
      for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
        if (tensor.shape[axis] == 0) port.extents[axis] = -1;
      }
    }
  };
  for (Port& port : ports_[0]) open(file.inputs, port);
  for (Port& port : ports_[1]) open(file.outputs, port);
}

void LiteRtModel::read_ports(Side side) {
  const Functions& api = runtime_.api;
  const auto at = static_cast<int>(side);
  std::size_t count = 0;
  runtime_.check(api.count[at](signature_, &count), "count tensors");
  for (std::size_t i = 0; i < count; ++i) {
    TensorInfo* tensor = nullptr;
    const char* name = nullptr;
    RankedType type{};
    runtime_.check(api.tensor[at](signature_, i, &tensor), "read a tensor");
    runtime_.check(api.tensor_name(tensor, &name), "read a name");
    Port port;
    port.name = name;
    if (api.ranked_type(tensor, &type) != 0) {
      raise(ErrorCode::kNotSupported, side_name(side), " '", port.name, "' has no ranked type");
    }
    port.dtype = dtype_of(tflite::kElementTypes, type.element, "LiteRT", port.name);
    port.extents.assign(type.layout.extents, type.layout.extents + type.layout.rank);
    port.has_open_rank = side == Side::kOutput && type.layout.rank == 0;
    port.quantization = quantization_of(tensor);
    ports_[at].push_back(std::move(port));
    elements_[at].push_back(type.element);
  }
}

std::optional<Quantization> LiteRtModel::quantization_of(TensorInfo* tensor) const {
  const Functions& api = runtime_.api;
  int kind = 0;
  runtime_.check(api.quantization(tensor, &kind), "read scales");
  if (kind == kQuantizedPerTensor) {
    PerTensor value{};
    runtime_.check(api.per_tensor(tensor, &value), "read a scale");
    return Quantization::per_tensor(value.scale, static_cast<std::int32_t>(value.zero_point));
  }
  if (kind != kQuantizedPerChannel) return std::nullopt;
  PerChannel value{};
  runtime_.check(api.per_channel(tensor, &value), "read scales");
  std::vector<float> scales(value.scales, value.scales + value.count);
  std::vector<std::int32_t> zero_points(value.zero_points, value.zero_points + value.count);
  return Quantization::per_channel(std::move(scales), std::move(zero_points),
                                   static_cast<std::size_t>(value.axis));
}

/// An empty text would make the compilation fail: there is always the number of threads in it.
void LiteRtModel::add_kernel_options(Options* options) const {
  char* text = ::strdup(kernel_options(settings_).c_str());
  if (text == nullptr) throw std::bad_alloc();
  OpaqueOptions* opaque = nullptr;
  const int status = runtime_.api.create_opaque("xnnpack", text, std::free, &opaque);
  if (status != 0) std::free(text);
  runtime_.check(status, "make options");
  runtime_.check(runtime_.api.add_opaque(options, opaque), "add options");
}

Owned<Compiled> LiteRtModel::compile() const {
  const Functions& api = runtime_.api;
  Owned<Options> options(api.destroy_options);
  runtime_.check(api.create_options(options.out()), "make options");
  runtime_.check(api.set_accelerators(options.get(), accelerators_of(settings_)),
                 "choose the device");
  add_kernel_options(options.get());
  Owned<Compiled> compiled(api.destroy_compiled);
  runtime_.check(api.compile(runtime_.env, model_.get(), options.get(), compiled.out()),
                 "compile the model");
  return compiled;
}

std::unique_ptr<Request> LiteRtModel::new_request(Span<const Shape> inputs) {
  check_inputs(ports(Side::kInput), inputs);
  return std::make_unique<LiteRtRequest>(shared_from_this(), inputs);
}

LiteRtRequest::LiteRtRequest(std::shared_ptr<const LiteRtModel> model, Span<const Shape> inputs)
    : model_(std::move(model)), compiled_(model_->compile()) {
  resize_inputs(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    add(Side::kInput, model_->ports(Side::kInput)[i], inputs[i]);
  }
  add_outputs(inputs);
  for (const Side side : {Side::kInput, Side::kOutput}) {
    const auto at = static_cast<int>(side);
    for (std::size_t i = 0; i < model_->ports(side).size(); ++i) {
      owned_[at].emplace_back(model_->runtime().api.destroy_buffer);
      buffers_[at].push_back(nullptr);
    }
  }
}

void LiteRtRequest::resize_inputs(Span<const Shape> inputs) {
  const Runtime& runtime = model_->runtime();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!model_->ports(Side::kInput)[i].is_open()) continue;
    const std::vector<int> extents(inputs[i].begin(), inputs[i].end());
    runtime.check(runtime.api.resize(compiled_.get(), 0, i, extents.data(), extents.size()),
                  "resize an input");
  }
}

std::vector<Layout> LiteRtRequest::output_layouts() const {
  const Runtime& runtime = model_->runtime();
  std::vector<Layout> layouts(model_->ports(Side::kOutput).size());
  runtime.check(
      runtime.api.output_layouts(compiled_.get(), 0, layouts.size(), layouts.data(), true),
      "tell the shapes of its outputs");
  return layouts;
}

/// What the shapes of the outputs would be for twice the batch, where the model leaves it open.
std::vector<Layout> LiteRtRequest::layouts_of_two(Span<const Shape> inputs) {
  std::vector<Shape> doubled(inputs.begin(), inputs.end());
  for (std::size_t i = 0; i < doubled.size(); ++i) {
    if (model_->ports(Side::kInput)[i].extents[0] >= 0) continue;
    std::vector<std::size_t> extents(doubled[i].begin(), doubled[i].end());
    extents[0] *= 2;
    doubled[i] = Shape(extents);
  }
  resize_inputs(doubled);
  std::vector<Layout> layouts = output_layouts();
  resize_inputs(inputs);
  return layouts;
}

/// LiteRT writes past the end of memory that is smaller than the output, so that the shapes after
/// compilation count, not those of the file. Of an extent that the file leaves open, 1 may be no
/// more than the file's word for "unknown": it is believed where it is seen to follow the batch.
void LiteRtRequest::add_outputs(Span<const Shape> inputs) {
  const auto& ports = model_->ports(Side::kOutput);
  const auto is_open = [](const Port& port) { return port.is_open(); };
  const bool has_open = std::any_of(ports.begin(), ports.end(), is_open);
  const std::vector<Layout> of_two = has_open ? layouts_of_two(inputs) : std::vector<Layout>();
  const std::vector<Layout> layouts = output_layouts();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    Port port = ports[i];
    port.extents.assign(layouts[i].extents, layouts[i].extents + layouts[i].rank);
    port.has_open_rank = false;
    bool is_known = !port.is_open() && !port.extents.empty();
    for (std::size_t axis = 0; is_known && axis < ports[i].extents.size(); ++axis) {
      if (ports[i].extents[axis] >= 0 || port.extents[axis] != 1) continue;
      is_known = axis == 0 && of_two[i].extents[0] == 2;
    }
    if (!is_known) {
      raise(ErrorCode::kNotSupported, "LiteRT tells no shape of output '", port.name,
            "' before it runs: the engines tflite and openvino can run such models");
    }
    add(Side::kOutput, port, port.shape());
  }
}

void LiteRtRequest::attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) {
  const auto at = static_cast<int>(side);
  if (reinterpret_cast<std::uintptr_t>(bytes) % kAlignment != 0) {
    raise(ErrorCode::kNotSupported, "LiteRT needs memory aligned to ", kAlignment, " bytes for ",
          side_name(side), " '", model_->ports(side)[index].name, "'");
  }
  RankedType type{};
  type.element = model_->element(side, index);
  type.layout.rank = static_cast<std::uint32_t>(tensor.shape().rank());
  for (std::size_t i = 0; i < tensor.shape().rank() && i < kMostDimensions; ++i) {
    type.layout.extents[i] = static_cast<std::int32_t>(tensor.shape()[i]);
  }
  const Runtime& runtime = model_->runtime();
  Owned<Buffer> buffer(runtime.api.destroy_buffer);
  runtime.check(runtime.api.wrap(&type, bytes, tensor.size_bytes(), nullptr, buffer.out()),
                "bind memory");
  buffers_[at][index] = buffer.get();
  owned_[at][index] = std::move(buffer);
}

void LiteRtRequest::execute() {
  const Runtime& runtime = model_->runtime();
  runtime.check(runtime.api.run(compiled_.get(), 0, buffers_[0].size(), buffers_[0].data(),
                                buffers_[1].size(), buffers_[1].data()),
                "run the model");
}

std::string complaint(const DynamicLibrary& library) {
  const std::string missing = missing_function<Functions>(library);
  return missing.empty() ? missing : missing + ": LiteRT 2.1 is the first";
}

std::vector<std::string> library_names() {
#if defined(_WIN32)
  return {"libLiteRt.dll"};
#elif defined(__APPLE__)
  return {"libLiteRt.dylib"};
#else
  return {"libLiteRt.so"};
#endif
}

}  // namespace

std::unique_ptr<Engine> open_litert(const std::string& library) {
  const LibraryNames names{"litert", env::Variable::kLiteRt, library_names(),
                           "pip install ai-edge-litert"};
  const FoundLibrary found = find_library(names, library, complaint);
  auto runtime = std::make_unique<Runtime>();
  runtime->api.load(found.library);
  // Without the mask it looks for GPU and NPU libraries along the loader's path by itself.
  EnvOption options[2] = {};
  options[0].tag = kAccelerators;
  options[0].value.type = kAnyInt;
  options[0].value.number = kCpu;
  options[1].tag = kLeastLogLevel;
  options[1].value.type = kAnyInt;
  options[1].value.number = kLogErrors;
  runtime->check(runtime->api.create_env(2, options, &runtime->env), "make its environment");
  return std::make_unique<RuntimeEngine<Runtime, LiteRtModel>>(std::move(runtime));
}

}  // namespace edgefirst::model
