// SPDX-License-Identifier: Apache-2.0
// Classic TensorFlow Lite reads a model once, and each request has an interpreter. The interpreter
// owns the memory of its inputs and outputs and writes the outputs again in each run:
// keeps_outputs() is false, and Model copies them.
#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "base/message.hpp"
#include "base/process.hpp"
#include "model/engines/engines.hpp"
#include "model/engines/library_search.hpp"
#include "model/engines/owned.hpp"
#include "model/engines/runtime_model.hpp"
#include "model/engines/tflite_api.hpp"
#include "model/engines/tflite_types.hpp"

namespace edgefirst::model {
namespace {

using namespace tflite;

struct Runtime {
  Functions api;
  std::string version;
};

void fail(const char* doing) { raise(ErrorCode::kEngineFailed, "TensorFlow Lite cannot ", doing); }

/// What a delegate's library says of itself while it is made; a callback without an argument.
thread_local char t_report[200] = "";
void keep_report(const char* text) noexcept {
  if (text == nullptr) return;
  std::strncpy(t_report, text, sizeof t_report - 1);
}

/// One delegate, alive as long as its interpreter.
class ExternalDelegate {
 public:
  ExternalDelegate(const std::string& path, const Texts& options) {
    std::string reason;
    library_ = DynamicLibrary::open(path, reason);
    if (!library_.is_open()) {
      raise(ErrorCode::kEngineUnavailable, "the delegate cannot be loaded: ", reason);
    }
    if (const char* missing = functions_.load(library_)) {
      raise(ErrorCode::kEngineUnavailable, path, " is no delegate: it lacks ", missing);
    }
    Texts copies = options;
    std::vector<char*> keys;
    std::vector<char*> values;
    for (auto& [key, value] : copies) {
      keys.push_back(key.data());
      values.push_back(value.data());
    }
    t_report[0] = '\0';
    delegate_ = functions_.create(keys.data(), values.data(), keys.size(), keep_report);
    if (delegate_ == nullptr) {
      raise(ErrorCode::kEngineFailed, "the delegate ", path, " refuses",
            t_report[0] == '\0' ? "" : ": ", t_report);
    }
  }
  ~ExternalDelegate() {
    if (delegate_ != nullptr) functions_.destroy(delegate_);
  }
  ExternalDelegate(const ExternalDelegate&) = delete;
  ExternalDelegate& operator=(const ExternalDelegate&) = delete;

  Delegate* get() const { return delegate_; }

 private:
  DynamicLibrary library_;
  DelegateFunctions functions_{};
  Delegate* delegate_ = nullptr;
};

/// An interpreter with its delegate, which must go after it.
struct Session {
  explicit Session(const Runtime& runtime) : interpreter(runtime.api.destroy) {}

  std::unique_ptr<ExternalDelegate> delegate;
  Owned<Interpreter> interpreter;
};

class TfLiteModel final : public RuntimeModel<Runtime>,
                          public std::enable_shared_from_this<TfLiteModel> {
 public:
  TfLiteModel(const Runtime& runtime, const std::string& path, const EngineSettings& settings);

  std::unique_ptr<Request> new_request(Span<const Shape> inputs) override;

  const TensorInfo* tensor(const Interpreter* interpreter, Side side, std::size_t index) const {
    const auto at = static_cast<std::int32_t>(index);
    if (side == Side::kOutput) return runtime_.api.output(interpreter, at);
    return runtime_.api.input(interpreter, at);
  }

 private:
  std::shared_ptr<Session> new_session() const;
  Port port_of(const TensorInfo* tensor) const;

  EngineSettings settings_;
  Owned<Model> model_;
};

class TfLiteRequest final : public Request {
 public:
  TfLiteRequest(std::shared_ptr<const TfLiteModel> model, std::shared_ptr<Session> session);

  Tensor tensor(Side side, std::size_t index) const override;
  void bind(Side side, std::size_t index, const Tensor& tensor) override;
  void run() override;
  bool keeps_outputs() const override { return false; }

 private:
  Tensor over(Side side, std::size_t index) const;

  std::shared_ptr<const TfLiteModel> model_;
  std::shared_ptr<Session> session_;
  std::vector<std::optional<Tensor>> bound_;  // inputs that are copied before each run
  std::atomic<bool> is_running_{false};
  long process_ = process_id();
};

TfLiteModel::TfLiteModel(const Runtime& runtime, const std::string& path,
                         const EngineSettings& settings)
    : RuntimeModel(runtime), settings_(settings), model_(runtime.api.delete_model) {
  if (!settings.device.empty() && settings.device != "CPU") {
    raise(ErrorCode::kInvalidArgument, "TensorFlow Lite has no device '", settings.device,
          "': name an external delegate");
  }
  if (settings.delegate.empty() && !settings.options.empty()) {
    raise(ErrorCode::kInvalidArgument, "TensorFlow Lite takes no option '",
          settings.options[0].first, "' without a delegate");
  }
  *model_.out() = runtime.api.create_model(path.c_str());
  if (model_.get() == nullptr) {
    raise(ErrorCode::kInvalidData, "TensorFlow Lite cannot read the model");
  }
  const std::shared_ptr<Session> session = new_session();
  const Interpreter* interpreter = session->interpreter.get();
  for (const Side side : {Side::kInput, Side::kOutput}) {
    const auto at = static_cast<int>(side);
    const auto count = static_cast<std::size_t>(runtime.api.count[at](interpreter));
    for (std::size_t i = 0; i < count; ++i) {
      ports_[at].push_back(port_of(tensor(interpreter, side, i)));
    }
  }
}

std::shared_ptr<Session> TfLiteModel::new_session() const {
  const Functions& api = runtime_.api;
  auto session = std::make_shared<Session>(runtime_);
  Owned<Options> options(api.delete_options);
  *options.out() = api.create_options();
  const unsigned processors = std::thread::hardware_concurrency();
  api.set_threads(options.get(),
                  settings_.threads > 0 ? settings_.threads : static_cast<int>(processors));
  if (!settings_.delegate.empty()) {
    session->delegate = std::make_unique<ExternalDelegate>(settings_.delegate, settings_.options);
    api.add_delegate(options.get(), session->delegate->get());
  }
  *session->interpreter.out() = api.create(model_.get(), options.get());
  if (session->interpreter.get() == nullptr) {
    fail(settings_.delegate.empty() ? "make an interpreter: does it lack an operator of the model?"
                                    : "make an interpreter with the delegate");
  }
  return session;
}

Port TfLiteModel::port_of(const TensorInfo* tensor) const {
  const Functions& api = runtime_.api;
  Port port;
  port.name = api.name(tensor);
  port.dtype = dtype_of(kElementTypes, api.type(tensor), "TensorFlow Lite", port.name);
  const std::int32_t rank = api.rank(tensor);
  for (std::int32_t i = 0; i < rank; ++i) port.extents.push_back(api.extent(tensor, i));
  const QuantizationParameters parameters = api.quantization(tensor);
  if (parameters.scale != 0.0F) {
    port.quantization = Quantization::per_tensor(parameters.scale, parameters.zero_point);
  }
  return port;
}

std::unique_ptr<Request> TfLiteModel::new_request(Span<const Shape> inputs) {
  const Functions& api = runtime_.api;
  if (ports_[0].size() != inputs.size()) check_inputs(ports_[0], inputs);
  const std::shared_ptr<Session> session = new_session();
  Interpreter* interpreter = session->interpreter.get();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (ports_[0][i].shape() == inputs[i]) continue;
    const std::vector<int> extents(inputs[i].begin(), inputs[i].end());
    const int status = api.resize(interpreter, static_cast<std::int32_t>(i), extents.data(),
                                  static_cast<std::int32_t>(extents.size()));
    if (status != 0) fail("resize an input");
  }
  if (api.allocate(interpreter) != 0) fail("allocate its tensors");
  return std::make_unique<TfLiteRequest>(shared_from_this(), session);
}

TfLiteRequest::TfLiteRequest(std::shared_ptr<const TfLiteModel> model,
                             std::shared_ptr<Session> session)
    : model_(std::move(model)),
      session_(std::move(session)),
      bound_(model_->ports(Side::kInput).size()) {}

/// Pointers and the extents of open outputs may change in each run.
Tensor TfLiteRequest::over(Side side, std::size_t index) const {
  const Functions& api = model_->runtime().api;
  const TensorInfo* tensor = model_->tensor(session_->interpreter.get(), side, index);
  std::vector<std::size_t> extents;
  const std::int32_t rank = api.rank(tensor);
  for (std::int32_t i = 0; i < rank; ++i) {
    extents.push_back(static_cast<std::size_t>(api.extent(tensor, i)));
  }
  const Port& port = model_->ports(side)[index];
  const Shape shape = extents.empty() ? Shape{1} : Shape(extents);
  Tensor over = Tensor::wrap(api.data(tensor), api.bytes(tensor), shape, port.dtype, session_);
  if (port.quantization) over.set_quantization(*port.quantization);
  return over;
}

Tensor TfLiteRequest::tensor(Side side, std::size_t index) const {
  if (index >= model_->ports(side).size()) {
    raise(ErrorCode::kInvalidArgument, side_name(side), " ", index, " of a model that has ",
          model_->ports(side).size());
  }
  if (side == Side::kInput && bound_[index]) return *bound_[index];
  return over(side, index);
}

void TfLiteRequest::bind(Side side, std::size_t index, const Tensor& tensor) {
  if (side == Side::kOutput) {
    raise(ErrorCode::kNotSupported, "TensorFlow Lite writes its outputs into memory of its own");
  }
  check_binding(model_->ports(side).at(index).name, over(side, index), tensor);
  bound_[index] = tensor;
}

void TfLiteRequest::run() {
  check_process(process_);
  const Running running(is_running_);
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    if (!bound_[i]) continue;
    const TensorMap from = bound_[i]->map(CpuAccess::kRead);
    const TensorMap to = over(Side::kInput, i).map(CpuAccess::kWrite);
    std::memcpy(to.data(), from.data(), bound_[i]->size_bytes());
  }
  if (model_->runtime().api.invoke(session_->interpreter.get()) != 0) fail("run the model");
}

std::vector<std::string> library_names() {
#if defined(_WIN32)
  return {"tensorflowlite_c.dll"};
#elif defined(__APPLE__)
  return {"libtensorflowlite_c.dylib"};
#else
  std::vector<std::string> names = {"libtensorflowlite_c.so", "libtensorflow-lite.so"};
  for (int minor = 30; minor > 0; --minor) {  // as boards and Debian name it
    for (const int patch : {0, 1})
      names.push_back(message("libtensorflow-lite.so.2.", minor, ".", patch));
  }
  return names;
#endif
}

}  // namespace

std::unique_ptr<Engine> open_tflite(const std::string& library) {
  const LibraryNames names{"tflite", env::Variable::kTfLite, library_names(),
                           "install libtensorflow-lite"};
  const FoundLibrary found = find_library(names, library, missing_function<Functions>);
  auto runtime = std::make_unique<Runtime>();
  runtime->api.load(found.library);
  runtime->version = message("tflite ", runtime->api.version());
  return std::make_unique<RuntimeEngine<Runtime, TfLiteModel>>(std::move(runtime));
}

}  // namespace edgefirst::model
