// SPDX-License-Identifier: Apache-2.0
// What the engines behind runtime libraries have in common. A Runtime holds the functions of one
// library, its `version` and what all of its models share; it lives as long as the process.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/dynamic_library.hpp"
#include "base/message.hpp"
#include "model/engines/engine.hpp"

namespace edgefirst::model {

/// A model with its ports, for the derived constructor to fill.
template <typename Runtime>
class RuntimeModel : public LoadedModel {
 public:
  explicit RuntimeModel(const Runtime& runtime) : runtime_(runtime) {}

  const std::vector<Port>& ports(Side side) const final { return ports_[static_cast<int>(side)]; }
  const Texts& metadata() const final { return metadata_; }
  const Runtime& runtime() const { return runtime_; }
  /// The engine's number for the elements of a port: a bool is kU8 to tensors alone.
  int element(Side side, std::size_t index) const {
    return elements_[static_cast<int>(side)][index];
  }

 protected:
  const Runtime& runtime_;
  std::vector<Port> ports_[2];
  std::vector<int> elements_[2];
  Texts metadata_;
};

/// Opens a Model(runtime, path, settings).
template <typename Runtime, typename Model>
class RuntimeEngine final : public Engine {
 public:
  explicit RuntimeEngine(std::unique_ptr<const Runtime> runtime) : runtime_(std::move(runtime)) {}
  const std::string& version() const override { return runtime_->version; }
  std::shared_ptr<LoadedModel> open(const std::string& path,
                                    const EngineSettings& settings) override {
    return std::make_shared<Model>(*runtime_, path, settings);
  }

 private:
  std::unique_ptr<const Runtime> runtime_;
};

/// A LibraryCheck: whether the library has every function of an engine's interface.
template <typename Functions>
std::string missing_function(const DynamicLibrary& library) {
  Functions functions{};
  const char* missing = functions.load(library);
  return missing == nullptr ? "" : message("it lacks ", missing);
}

/// A number that an engine gives to a type of elements.
struct ElementType {
  int number;
  DType dtype;
};

/// Throws kNotSupported for a type that tensors cannot hold.
inline DType dtype_of(Span<const ElementType> types, int number, const char* engine,
                      const std::string& tensor) {
  for (const ElementType& type : types) {
    if (type.number == number) return type.dtype;
  }
  raise(ErrorCode::kNotSupported, "'", tensor, "' has elements of ", engine, "'s type ", number,
        ", which tensors cannot hold");
}

}  // namespace edgefirst::model
