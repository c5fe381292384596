// SPDX-License-Identifier: Apache-2.0
// Models run by an inference engine that is opened at run time: ONNX Runtime, LiteRT, TensorFlow
// Lite, OpenVINO, or a plug-in (engine_plugin.h). Nothing is linked; an engine that is absent is
// kEngineUnavailable, which says what to install.
//
//   Model model = Model::open("yolov8n.onnx");
//   processor.convert(frame, model.input());          // fill it in place
//   std::vector<Tensor> outputs;
//   model.infer(outputs);
//   decoder.decode(outputs, detections);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgefirst/dtype.hpp"
#include "edgefirst/export.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst {

/// An input or output of a model.
struct ModelTensor {
  std::string name;
  std::vector<std::int64_t> extents;  ///< -1: the file leaves it open
  DType dtype = DType::kF32;
  std::optional<Quantization> quantization;  ///< by the engine, else by the file
};

/// How a model is to run. What an engine cannot honour is an error, never ignored.
struct ModelOptions {
  /// "onnxruntime", "litert", "tflite", "openvino", or a plug-in's name. Empty: the first that is
  /// there of those that open the file's kind, LiteRT before TensorFlow Lite; with a delegate
  /// TensorFlow Lite; plug-ins for kinds that no other opens.
  std::string engine;
  /// The engine's shared library. Empty: as an environment variable says (EDGEFIRST_ONNXRUNTIME
  /// and the like), else where the system finds it.
  std::string library;
  /// ONNX Runtime's provider ("XNNPACK"), OpenVINO's device ("GPU"), LiteRT's accelerator ("NPU").
  /// Empty: the CPU.
  std::string device;
  int threads = 0;       ///< of one inference; 0: the engine's choice
  std::string delegate;  ///< the path of an external delegate (TensorFlow Lite)
  /// Of the provider, device or delegate, by its own keys.
  std::vector<std::pair<std::string, std::string>> engine_options;
  /// The shapes of inputs that the file leaves open, one an input; empty: open batches are 1, and
  /// another open extent is an error.
  std::vector<Shape> input_shapes;
};

/// A model loaded into an engine, with memory for one frame. Cheap to move; twin() makes memory for
/// another frame of the same model.
///
/// Thread-safety: a Model serves one thread at a time; each twin may have a thread of its own. In a
/// child of fork() a model of the parent does not run (kNotSupported): the child opens its own.
class EDGEFIRST_API Model {
 public:
  /// Throws kNotFound (no such file), kNotSupported (a kind that no engine opens, elements that
  /// tensors cannot hold), kEngineUnavailable (no engine is there), kEngineFailed (it refuses the
  /// model), kInvalidData (damaged), kInvalidShape (extents left open), kInvalidArgument (options).
  static Model open(const std::string& path, const ModelOptions& options = {});

  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  /// The engine and its version: "onnxruntime 1.32.0".
  const std::string& engine() const;
  const std::vector<ModelTensor>& inputs() const;
  const std::vector<ModelTensor>& outputs() const;
  /// Keys and values that the engine finds in the file.
  const std::vector<std::pair<std::string, std::string>>& metadata() const;

  /// Shares the memory that the next infer() reads: fill it. Throws kInvalidArgument (no such
  /// input).
  Tensor input(std::size_t index = 0) const;
  /// Makes infer() read the caller's tensor, in place, from now on: of the input's dtype and shape,
  /// in tight rows; LiteRT needs 64-byte alignment (kNotSupported). The model keeps it alive.
  /// Throws kInvalidShape, kDtypeMismatch.
  void bind_input(const Tensor& tensor, std::size_t index = 0);

  /// Runs the model and replaces the contents of outputs, with scales where they are quantised.
  /// What a caller keeps of earlier outputs stays as it is. Where nothing is kept, no memory is
  /// allocated. Throws kEngineFailed, kBusy.
  void infer(std::vector<Tensor>& outputs);

  /// The same model with memory of its own, for a second frame in flight.
  Model twin() const;

 private:
  struct Impl;
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What one engine is, and whether it is here.
struct EngineStatus {
  std::string name;     ///< for ModelOptions::engine
  std::string version;  ///< "onnxruntime 1.32.0"; empty where it cannot be loaded
  std::string reason;   ///< why not, and what to install
};

/// All engines and plug-ins, in order of preference. Loads each, which takes a moment.
EDGEFIRST_API std::vector<EngineStatus> engines();

/// Where a language's package of an engine keeps its library: tried before the system's. An empty
/// path forgets. Thread-safe.
EDGEFIRST_API void set_engine_library(const std::string& engine, const std::string& path);

}  // namespace edgefirst
