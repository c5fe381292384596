// SPDX-License-Identifier: Apache-2.0
// OpenVINO: a model compiled once for the shapes of its first request; each request is one of its
// infer requests.
#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

#include "base/message.hpp"
#include "base/text.hpp"
#include "model/engines/engines.hpp"
#include "model/engines/host_request.hpp"
#include "model/engines/library_search.hpp"
#include "model/engines/openvino_api.hpp"
#include "model/engines/owned.hpp"
#include "model/engines/runtime_model.hpp"

namespace edgefirst::model {
namespace {

namespace ov = openvino;

/// The numbers of element types differ from release to release. The size of one element tells where
/// the numbers of floats and signed integers begin, and where those of unsigned integers do.
class ElementTypes {
 public:
  explicit ElementTypes(const ov::Functions& api) {
    const int base = size_of(api, 4) == 4 ? 0 : 1;
    int unsigned16 = base + 11;
    while (unsigned16 < base + 24 && size_of(api, unsigned16) != 2) ++unsigned16;
    const ElementType known[] = {
        {base + 3, DType::kF16},       {base + 4, DType::kF32},       {base + 5, DType::kF64},
        {base + 7, DType::kI8},        {base + 8, DType::kI16},       {base + 9, DType::kI32},
        {base + 10, DType::kI64},      {unsigned16 - 1, DType::kU8},  {unsigned16, DType::kU16},
        {unsigned16 + 1, DType::kU32}, {unsigned16 + 2, DType::kU64}, {base + 1, DType::kU8},
    };
    std::copy(std::begin(known), std::end(known), known_.begin());
  }

  Span<const ElementType> known() const { return known_; }

 private:
  /// Bytes of one element; 0 where the number is none of a type.
  static std::size_t size_of(const ov::Functions& api, int number) {
    std::int64_t one = 1;
    Owned<ov::Tensor> tensor(api.free_tensor);
    std::size_t bytes = 0;
    if (api.create_tensor(number, ov::Shape{1, &one}, tensor.out()) != 0) return 0;
    return api.tensor_bytes(tensor.get(), &bytes) == 0 ? bytes : 0;
  }

  std::array<ElementType, 12> known_;  // a bool is one byte of 0 or 1
};

/// The last line that is no place in OpenVINO's sources.
std::string useful_line(const char* text) {
  std::string_view rest = text == nullptr ? "" : text;
  std::string_view useful;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto begins = [&](std::string_view start) {
      return line.substr(0, start.size()) == start;
    };
    const bool is_noise =
        begins("Exception from") || begins("Check '") || begins("FrontEnd API failed");
    if (!is_noise && line.find_first_not_of(" \t\r:") != std::string_view::npos) useful = line;
  }
  return std::string(useful.empty() ? "it failed" : useful);
}

/// The library and its core, which live for ever.
struct Runtime {
  void check(int status, const char* doing) const {
    if (status == 0) return;
    constexpr int kNotImplemented = -2, kNotFound = -5, kBusy = -8;
    const ErrorCode code = status == kNotImplemented ? ErrorCode::kNotSupported
                           : status == kNotFound     ? ErrorCode::kNotFound
                           : status == kBusy         ? ErrorCode::kBusy
                                                     : ErrorCode::kEngineFailed;
    raise(code, "OpenVINO cannot ", doing, ": ", useful_line(api.last_error()));
  }

  ov::Functions api{};
  std::string version;
  ov::Core* core = nullptr;
  std::optional<ElementTypes> types;
};

class OpenVinoModel final : public RuntimeModel<Runtime>,
                            public std::enable_shared_from_this<OpenVinoModel> {
 public:
  OpenVinoModel(const Runtime& runtime, const std::string& path, const EngineSettings& settings);

  std::unique_ptr<Request> new_request(Span<const Shape> inputs) override;

  const ov::Compiled* compiled() const { return compiled_.get(); }

 private:
  void read_ports(Side side);
  void reshape(Span<const Shape> inputs);
  void compile();

  EngineSettings settings_;
  Owned<ov::Model> model_;
  Owned<ov::Compiled> compiled_;
  std::vector<Shape> shapes_;  // that it was compiled for
  std::mutex mutex_;
};

class OpenVinoRequest final : public HostRequest {
 public:
  OpenVinoRequest(std::shared_ptr<const OpenVinoModel> model, Span<const Shape> inputs);

 private:
  void attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) override;
  void execute() override;
  Tensor collect(std::size_t output) override;

  std::shared_ptr<const OpenVinoModel> model_;
  Owned<ov::Request> request_;
};

OpenVinoModel::OpenVinoModel(const Runtime& runtime, const std::string& path,
                             const EngineSettings& settings)
    : RuntimeModel(runtime),
      settings_(settings),
      model_(runtime.api.free_model),
      compiled_(runtime.api.free_compiled) {
  if (!settings.delegate.empty()) {
    raise(ErrorCode::kInvalidArgument, "OpenVINO takes a device, no delegate");
  }
  runtime.check(runtime.api.read_model(runtime.core, path.c_str(), nullptr, model_.out()),
                "read the model");
  read_ports(Side::kInput);
  read_ports(Side::kOutput);
}

void OpenVinoModel::read_ports(Side side) {
  const ov::Functions& api = runtime_.api;
  const auto at = static_cast<int>(side);
  std::size_t count = 0;
  runtime_.check(api.model_count[at](model_.get(), &count), "count tensors");
  ports_[at].clear();
  elements_[at].clear();
  for (std::size_t i = 0; i < count; ++i) {
    Owned<ov::Port> port(api.free_port);
    runtime_.check(api.model_port[at](model_.get(), i, port.out()), "read a port");
    Port known;
    char* name = nullptr;
    if (api.name(port.get(), &name) == 0 && name != nullptr) {
      known.name = name;
      api.free_text(name);
    } else {
      known.name = message(side_name(side), i);
    }
    int element = 0;
    runtime_.check(api.element(port.get(), &element), "tell an element type");
    known.dtype = dtype_of(runtime_.types->known(), element, "OpenVINO", known.name);
    ov::PartialShape shape{};
    runtime_.check(api.partial_shape(port.get(), &shape), "tell a shape");
    known.has_open_rank = shape.rank.least != shape.rank.most;
    for (std::int64_t axis = 0; !known.has_open_rank && axis < shape.rank.least; ++axis) {
      const ov::Dimension extent = shape.extents[axis];
      known.extents.push_back(extent.least == extent.most ? extent.least : -1);
    }
    api.free_partial_shape(&shape);
    ports_[at].push_back(std::move(known));
    elements_[at].push_back(element);
  }
}

void OpenVinoModel::reshape(Span<const Shape> inputs) {
  const ov::Functions& api = runtime_.api;
  std::vector<std::size_t> indices;
  std::vector<ov::PartialShape> shapes;
  struct Release {
    const ov::Functions& api;
    std::vector<ov::PartialShape>& shapes;
    ~Release() {
      for (ov::PartialShape& shape : shapes) api.free_partial_shape(&shape);
    }
  } const release{api, shapes};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<ov::Dimension> extents;
    for (const std::size_t extent : inputs[i]) {
      extents.push_back({static_cast<std::int64_t>(extent), static_cast<std::int64_t>(extent)});
    }
    ov::PartialShape shape{};
    runtime_.check(
        api.create_partial_shape(static_cast<std::int64_t>(extents.size()), extents.data(), &shape),
        "make a shape");
    shapes.push_back(shape);
    indices.push_back(i);
  }
  runtime_.check(api.reshape(model_.get(), indices.data(), shapes.data(), shapes.size()),
                 "reshape the model");
  read_ports(Side::kOutput);
}

/// OpenVINO takes properties as pairs of strings, here at most kMostProperties of them. Three are
/// ours: the threads, a hint that suits single frames, and full precision on the CPU, where some
/// processors would round to bfloat16. A caller's property of the same key replaces ours.
void OpenVinoModel::compile() {
  constexpr std::size_t kMostProperties = 8;
  Texts properties = {{"PERFORMANCE_HINT", "LATENCY"}};
  const std::string device = settings_.device.empty() ? "CPU" : settings_.device;
  if (device == "CPU") properties.emplace_back("INFERENCE_PRECISION_HINT", "f32");
  if (settings_.threads > 0) {
    properties.emplace_back("INFERENCE_NUM_THREADS", integer_text(settings_.threads));
  }
  for (const auto& [key, value] : settings_.options) {
    const auto same = [&key = key](const auto& each) { return each.first == key; };
    const auto known = std::find_if(properties.begin(), properties.end(), same);
    if (known != properties.end()) known->second = value;
    if (known == properties.end()) properties.emplace_back(key, value);
  }
  if (properties.size() > kMostProperties) {
    raise(ErrorCode::kInvalidArgument, "OpenVINO is given at most ", kMostProperties,
          " properties here, three of its own among them");
  }
  std::array<const char*, 2 * kMostProperties> p{};
  for (std::size_t i = 0; i < properties.size(); ++i) {
    p[2 * i] = properties[i].first.c_str();
    p[2 * i + 1] = properties[i].second.c_str();
  }
  runtime_.check(
      runtime_.api.compile(runtime_.core, model_.get(), device.c_str(), 2 * properties.size(),
                           compiled_.out(), p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8],
                           p[9], p[10], p[11], p[12], p[13], p[14], p[15]),
      "compile the model");
}

std::unique_ptr<Request> OpenVinoModel::new_request(Span<const Shape> inputs) {
  check_inputs(ports(Side::kInput), inputs);
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::vector<Shape> shapes(inputs.begin(), inputs.end());
  if (compiled_.get() != nullptr && shapes != shapes_) {
    raise(ErrorCode::kNotSupported, "OpenVINO has compiled the model for other input shapes");
  }
  if (compiled_.get() == nullptr) {
    const auto is_open = [](const Port& port) { return port.is_open(); };
    if (std::any_of(ports_[0].begin(), ports_[0].end(), is_open)) reshape(inputs);
    compile();
    shapes_ = shapes;
  }
  return std::make_unique<OpenVinoRequest>(shared_from_this(), inputs);
}

OpenVinoRequest::OpenVinoRequest(std::shared_ptr<const OpenVinoModel> model,
                                 Span<const Shape> inputs)
    : model_(std::move(model)), request_(model_->runtime().api.free_request) {
  const Runtime& runtime = model_->runtime();
  runtime.check(runtime.api.create_request(model_->compiled(), request_.out()), "make a request");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    add(Side::kInput, model_->ports(Side::kInput)[i], inputs[i]);
  }
  for (const Port& port : model_->ports(Side::kOutput)) {
    if (port.is_open()) {
      add_open_output(port);
    } else {
      add(Side::kOutput, port, port.extents.empty() ? Shape{1} : port.shape());
    }
  }
}

void OpenVinoRequest::attach(Side side, std::size_t index, void* bytes, const Tensor& tensor) {
  const Runtime& runtime = model_->runtime();
  std::int64_t extents[Shape::kMaxRank] = {};
  std::copy(tensor.shape().begin(), tensor.shape().end(), extents);
  const bool is_scalar = model_->ports(side)[index].extents.empty();
  const auto rank = is_scalar ? 0 : static_cast<std::int64_t>(tensor.shape().rank());
  Owned<ov::Tensor> wrapped(runtime.api.free_tensor);
  runtime.check(runtime.api.wrap(model_->element(side, index), ov::Shape{rank, extents}, bytes,
                                 wrapped.out()),
                "wrap memory");
  runtime.check(runtime.api.set[static_cast<int>(side)](request_.get(), index, wrapped.get()),
                "bind memory");
}

void OpenVinoRequest::execute() {
  model_->runtime().check(model_->runtime().api.infer(request_.get()), "run the model");
}

/// A copy: the request writes the memory of an open output again in its next run.
Tensor OpenVinoRequest::collect(std::size_t output) {
  const Runtime& runtime = model_->runtime();
  Owned<ov::Tensor> made(runtime.api.free_tensor);
  runtime.check(runtime.api.output(request_.get(), output, made.out()), "give an output");
  ov::Shape shape{};
  runtime.check(runtime.api.tensor_shape(made.get(), &shape), "tell a shape");
  const std::vector<std::size_t> extents(shape.extents, shape.extents + shape.rank);
  runtime.api.free_shape(&shape);
  const Port& port = model_->ports(Side::kOutput)[output];
  Tensor copy(extents.empty() ? Shape{1} : Shape(extents), port.dtype, TensorMemory::kMem);
  if (copy.element_count() == 0) return copy;
  void* bytes = nullptr;
  runtime.check(runtime.api.tensor_data(made.get(), &bytes), "give an output");
  std::memcpy(copy.map(CpuAccess::kWrite).data(), bytes, copy.size_bytes());
  return copy;
}

std::vector<std::string> library_names() {
#if defined(_WIN32)
  return {"openvino_c.dll"};
#elif defined(__APPLE__)
  return {"libopenvino_c.dylib"};
#else
  std::vector<std::string> names = {"libopenvino_c.so"};
  for (int year = 28; year >= 24; --year) {  // .so.2641 is 2026.4.1
    for (int release = 6; release >= 0; --release) {
      for (int patch = 2; patch >= 0; --patch) {
        names.push_back(message("libopenvino_c.so.", year, release, patch));
      }
    }
  }
  return names;
#endif
}

}  // namespace

std::unique_ptr<Engine> open_openvino(const std::string& library) {
  const LibraryNames names{"openvino", env::Variable::kOpenVino, library_names(),
                           "pip install openvino"};
  const FoundLibrary found = find_library(names, library, missing_function<ov::Functions>);
  auto runtime = std::make_unique<Runtime>();
  runtime->api.load(found.library);
  ov::Version version{};
  runtime->check(runtime->api.version(&version), "tell its version");
  const std::string build = version.build == nullptr ? "" : version.build;
  runtime->version = "openvino " + build.substr(0, build.find('-'));
  runtime->api.free_version(&version);
  runtime->check(runtime->api.create_core(&runtime->core), "start");
  runtime->types.emplace(runtime->api);
  return std::make_unique<RuntimeEngine<Runtime, OpenVinoModel>>(std::move(runtime));
}

}  // namespace edgefirst::model
