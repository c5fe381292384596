// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime: one session of a model for all requests, each with a binding and memory of its own.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/message.hpp"
#include "base/text.hpp"
#include "model/engines/engines.hpp"
#include "model/engines/host_request.hpp"
#include "model/engines/library_search.hpp"
#include "model/engines/ort_api.hpp"
#include "model/engines/owned.hpp"
#include "model/engines/runtime_model.hpp"

namespace edgefirst::model {
namespace {

using namespace ort;

constexpr ElementType kElementTypes[] = {
    {1, DType::kF32},  {2, DType::kU8},   {3, DType::kI8},   {4, DType::kU16},
    {5, DType::kI16},  {6, DType::kI32},  {7, DType::kI64},  {9, DType::kU8},
    {10, DType::kF16}, {11, DType::kF64}, {12, DType::kU32}, {13, DType::kU64},
};

/// The library with its environment and what all sessions share. Lives for ever, as ONNX Runtime
/// wants it: releasing things while a process ends is not safe.
struct Runtime {
  Runtime(const void* const* table, std::string text) : api(table), version(std::move(text)) {}

  /// Throws what the status says.
  void check(Status* status) const {
    if (status == nullptr) return;
    const int code = api.error_code(status);
    const std::string text = api.error_message(status);
    api.release_status(status);
    raise(error_of(code), "ONNX Runtime: ", text);
  }

  static ErrorCode error_of(int code) {
    constexpr int kInvalidArgument = 2, kNoFile = 3, kBadProtobuf = 7, kNotImplemented = 9;
    constexpr int kBadGraph = 10;
    if (code == kInvalidArgument) return ErrorCode::kInvalidArgument;
    if (code == kNoFile) return ErrorCode::kNotFound;
    if (code == kBadProtobuf || code == kBadGraph) return ErrorCode::kInvalidData;
    return code == kNotImplemented ? ErrorCode::kNotSupported : ErrorCode::kEngineFailed;
  }

  Functions api;
  std::string version;
  Env* env = nullptr;
  MemoryInfo* memory = nullptr;
  Allocator* allocator = nullptr;
};

/// Text that the allocator made, freed.
std::string take_text(const Runtime& runtime, char* text) {
  const std::string copy = text == nullptr ? "" : text;
  if (text != nullptr) runtime.check(runtime.api.allocator_free(runtime.allocator, text));
  return copy;
}

class OrtModel;

class OrtRequest final : public HostRequest {
 public:
  OrtRequest(std::shared_ptr<const OrtModel> model, Span<const Shape> inputs);
  ~OrtRequest() override;

 private:
  void attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) override;
  void execute() override;
  Tensor collect(std::size_t output) override;
  void release_made();
  const Runtime& runtime() const;

  std::shared_ptr<const OrtModel> model_;
  Owned<Binding> binding_;
  std::vector<Owned<Value>> values_[2];
  Value** made_ = nullptr;  // what the last run has made or written, by output
  std::size_t made_count_ = 0;
};

class OrtModel final : public RuntimeModel<Runtime>, public std::enable_shared_from_this<OrtModel> {
 public:
  OrtModel(const Runtime& runtime, const std::string& path, const EngineSettings& settings);

  std::unique_ptr<Request> new_request(Span<const Shape> inputs) override {
    check_inputs(ports(Side::kInput), inputs);
    return std::make_unique<OrtRequest>(shared_from_this(), inputs);
  }

  Session* session() const { return session_.get(); }

 private:
  void append_provider(SessionOptions* options, const EngineSettings& settings) const;
  void read_ports(Side side);
  void read_metadata();

  Owned<Session> session_;
};

OrtModel::OrtModel(const Runtime& runtime, const std::string& path, const EngineSettings& settings)
    : RuntimeModel(runtime), session_(runtime.api.release_session) {
  const Functions& api = runtime.api;
  if (!settings.delegate.empty()) {
    raise(ErrorCode::kInvalidArgument, "ONNX Runtime takes a provider as its device, no delegate");
  }
  Owned<SessionOptions> options(api.release_session_options);
  runtime.check(api.create_session_options(options.out()));
  runtime.check(api.set_log_level(options.get(), kErrorsOnly));
  runtime.check(api.set_optimisation(options.get(), kAllOptimisations));
  if (settings.threads > 0) runtime.check(api.set_threads(options.get(), settings.threads));
  append_provider(options.get(), settings);
  const auto native = std::filesystem::u8path(path);
  runtime.check(api.create_session(runtime.env, native.c_str(), options.get(), session_.out()));
  read_ports(Side::kInput);
  read_ports(Side::kOutput);
  read_metadata();
}

/// Without a device, or with "CPU", options are entries of the session's own configuration.
void OrtModel::append_provider(SessionOptions* options, const EngineSettings& settings) const {
  if (settings.device.empty() || settings.device == "CPU") {
    for (const auto& [key, value] : settings.options) {
      runtime_.check(runtime_.api.set_entry(options, key.c_str(), value.c_str()));
    }
    return;
  }
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : settings.options) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  runtime_.check(runtime_.api.append_provider(options, settings.device.c_str(), keys.data(),
                                              values.data(), keys.size()));
}

void OrtModel::read_ports(Side side) {
  const Functions& api = runtime_.api;
  const auto at = static_cast<int>(side);
  std::size_t count = 0;
  runtime_.check(api.count[at](session(), &count));
  for (std::size_t i = 0; i < count; ++i) {
    Port port;
    char* name = nullptr;
    runtime_.check(api.name[at](session(), i, runtime_.allocator, &name));
    port.name = take_text(runtime_, name);
    Owned<TypeInfo> type(api.release_type);
    runtime_.check(api.type[at](session(), i, type.out()));
    int kind = 0;
    runtime_.check(api.kind(type.get(), &kind));
    if (kind != kIsTensor) {
      raise(ErrorCode::kNotSupported, side_name(side), " '", port.name, "' is no tensor");
    }
    const TensorInfo* info = nullptr;  // borrowed from type
    runtime_.check(api.cast(type.get(), &info));
    int element = 0;
    std::size_t rank = 0;
    runtime_.check(api.element(info, &element));
    runtime_.check(api.rank(info, &rank));
    port.extents.resize(rank);
    runtime_.check(api.extents(info, port.extents.data(), rank));
    port.dtype = dtype_of(kElementTypes, element, "ONNX Runtime", port.name);
    ports_[at].push_back(std::move(port));
    elements_[at].push_back(element);
  }
}

void OrtModel::read_metadata() {
  const Functions& api = runtime_.api;
  Owned<Metadata> metadata(api.release_metadata);
  runtime_.check(api.metadata(session(), metadata.out()));
  char** keys = nullptr;
  std::int64_t count = 0;
  runtime_.check(api.metadata_keys(metadata.get(), runtime_.allocator, &keys, &count));
  for (std::int64_t i = 0; i < count; ++i) {
    char* value = nullptr;
    runtime_.check(api.metadata_value(metadata.get(), runtime_.allocator, keys[i], &value));
    std::string text = take_text(runtime_, value);
    metadata_.emplace_back(take_text(runtime_, keys[i]), std::move(text));
  }
  if (keys != nullptr) runtime_.check(api.allocator_free(runtime_.allocator, keys));
}

OrtRequest::OrtRequest(std::shared_ptr<const OrtModel> model, Span<const Shape> inputs)
    : model_(std::move(model)), binding_(model_->runtime().api.release_binding) {
  const Functions& api = runtime().api;
  runtime().check(api.create_binding(model_->session(), binding_.out()));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    add(Side::kInput, model_->ports(Side::kInput)[i], inputs[i]);
    values_[0].emplace_back(api.release_value);
  }
  for (const Port& port : model_->ports(Side::kOutput)) {
    values_[1].emplace_back(api.release_value);
    if (!port.is_open()) {
      add(Side::kOutput, port, port.shape());
      continue;
    }
    add_open_output(port);
    runtime().check(api.bind_to_device(binding_.get(), port.name.c_str(), runtime().memory));
  }
}

OrtRequest::~OrtRequest() { release_made(); }

const Runtime& OrtRequest::runtime() const { return model_->runtime(); }

void OrtRequest::attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) {
  const auto at = static_cast<int>(side);
  std::int64_t extents[Shape::kMaxRank] = {};
  std::copy(tensor.shape().begin(), tensor.shape().end(), extents);
  Owned<Value> value(runtime().api.release_value);
  runtime().check(runtime().api.wrap(runtime().memory, bytes, tensor.size_bytes(), extents,
                                     tensor.shape().rank(), model_->element(side, index),
                                     value.out()));
  const std::string& name = model_->ports(side)[index].name;
  runtime().check(runtime().api.bind[at](binding_.get(), name.c_str(), value.get()));
  values_[at][index] = std::move(value);
}

void OrtRequest::execute() {
  release_made();
  runtime().check(runtime().api.run(model_->session(), nullptr, binding_.get()));
}

void OrtRequest::release_made() {
  for (std::size_t i = 0; i < made_count_; ++i) {
    if (made_[i] != nullptr) runtime().api.release_value(made_[i]);
  }
  if (made_ != nullptr) {
    Status* status = runtime().api.allocator_free(runtime().allocator, made_);
    if (status != nullptr) runtime().api.release_status(status);
  }
  made_ = nullptr;
  made_count_ = 0;
}

/// A tensor over the value that the run has made; the value lives as long as the tensor.
Tensor OrtRequest::collect(std::size_t output) {
  const Functions& api = runtime().api;
  if (made_ == nullptr) {
    runtime().check(api.bound_outputs(binding_.get(), runtime().allocator, &made_, &made_count_));
  }
  Value* value = std::exchange(made_[output], nullptr);
  const std::shared_ptr<const OrtModel> model = model_;
  const std::shared_ptr<void> owner(value, [model](void* object) {
    model->runtime().api.release_value(static_cast<Value*>(object));
  });
  Owned<TensorInfo> info(api.release_tensor_info);
  runtime().check(api.value_info(value, info.out()));
  std::size_t rank = 0;
  runtime().check(api.rank(info.get(), &rank));
  std::vector<std::int64_t> extents(rank);
  runtime().check(api.extents(info.get(), extents.data(), rank));
  const std::vector<std::size_t> sizes(extents.begin(), extents.end());
  void* bytes = nullptr;
  runtime().check(api.data(value, &bytes));
  return wrap_output(model_->ports(Side::kOutput)[output], bytes, sizes, owner);
}

const ApiBase* api_base(const DynamicLibrary& library) {
  const auto get = library.function<const ApiBase* (*)()>("OrtGetApiBase");
  return get == nullptr ? nullptr : get();
}

/// "1.MINOR.PATCH": the minor number is that of the interface. ONNX Runtime prints an error where
/// it is asked for an interface that it lacks.
int interface_of(const ApiBase& base) {
  int minor = -1;
  return std::sscanf(base.version(), "1.%d.", &minor) == 1 ? minor : -1;
}

std::string complaint(const DynamicLibrary& library) {
  const ApiBase* base = api_base(library);
  if (base == nullptr) return "it is no ONNX Runtime, as it lacks OrtGetApiBase";
  if (interface_of(*base) >= kLeastInterface) return "";
  return message("ONNX Runtime ", base->version(), " is too old: 1.", kLeastInterface,
                 " is the first that can be used");
}

std::vector<std::string> library_names() {
#if defined(_WIN32)
  return {"onnxruntime.dll"};
#elif defined(__APPLE__)
  return {"libonnxruntime.dylib"};
#else
  std::vector<std::string> names = {"libonnxruntime.so.1", "libonnxruntime.so"};
  for (int minor = 40; minor >= kLeastInterface; --minor) {  // as Debian names it
    names.push_back("libonnxruntime.so.1." + integer_text(minor));
  }
  return names;
#endif
}

}  // namespace

std::unique_ptr<Engine> open_onnxruntime(const std::string& library) {
  const LibraryNames names{"onnxruntime", env::Variable::kOnnxRuntime, library_names(),
                           "pip install onnxruntime, or install libonnxruntime"};
  const FoundLibrary found = find_library(names, library, complaint);
  const ApiBase& base = *api_base(found.library);
  auto runtime = std::make_unique<Runtime>(base.get_api(kLeastInterface),
                                           message("onnxruntime ", base.version()));
  runtime->check(runtime->api.create_env(kErrorsOnly, "edgefirst_hal", &runtime->env));
  runtime->check(runtime->api.cpu_memory(kArenaAllocator, kDefaultMemory, &runtime->memory));
  runtime->check(runtime->api.allocator(&runtime->allocator));
  return std::make_unique<RuntimeEngine<Runtime, OrtModel>>(std::move(runtime));
}

}  // namespace edgefirst::model
