// SPDX-License-Identifier: Apache-2.0
// What an inference engine is to the rest of the library: a library that was found (Engine), a
// model that it has read (LoadedModel), and the memory of one frame in flight (Request). Each
// engine is one file that implements the three; registry.hpp finds the one that is wanted.
//
// Every function throws kEngineFailed with the engine's own reason where the engine refuses, and
// kNotFound, kInvalidData or kNotSupported where the engine tells so much.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgefirst/dtype.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst::model {

enum class Side : std::uint8_t { kInput, kOutput };
/// "input", "output".
inline const char* side_name(Side side) { return side == Side::kInput ? "input" : "output"; }

/// An input or output as the engine tells it.
struct Port {
  std::string name;
  std::vector<std::int64_t> extents;  ///< -1: the model leaves it open
  bool has_open_rank = false;         ///< not even the number of extents is known
  DType dtype = DType::kF32;
  std::optional<Quantization> quantization;  ///< where the engine knows it

  bool is_open() const;
  /// The shape, open extents 1. Throws kInvalidShape for an extent of 0.
  Shape shape() const;
};

using Texts = std::vector<std::pair<std::string, std::string>>;

/// How a model is to run. A value that an engine cannot honour is an error, never ignored.
struct EngineSettings {
  std::string device;    ///< provider, accelerator or device by the engine's name; empty: CPU
  int threads = 0;       ///< of one run; 0: the engine's choice
  std::string delegate;  ///< path of an external delegate (TensorFlow Lite)
  Texts options;         ///< of the provider, delegate or engine, by its own keys
};

/// The memory of one frame in flight: what run() reads and writes, in place.
/// One thread at a time; several requests of one model may run at once.
class Request {
 public:
  virtual ~Request() = default;
  /// Shares the memory of the next run() (inputs) or of the last one (outputs). An output that is
  /// kept stays as it is, where keeps_outputs(): the next run() then writes other memory.
  virtual Tensor tensor(Side side, std::size_t index) const = 0;
  /// Makes run() use the caller's tensor from now on: of the port's dtype and shape, tight.
  /// Throws kInvalidShape, kDtypeMismatch, kNotSupported (open outputs).
  virtual void bind(Side side, std::size_t index, const Tensor& tensor) = 0;
  /// Throws kBusy while another run() of this request is under way, kNotSupported in a child of
  /// fork().
  virtual void run() = 0;
  /// False where the engine owns the memory of its outputs and writes it again in the next run.
  virtual bool keeps_outputs() const { return true; }
};

/// A model that an engine has read. Const functions may run concurrently.
class LoadedModel {
 public:
  virtual ~LoadedModel() = default;
  virtual const std::vector<Port>& ports(Side side) const = 0;
  /// Keys and values that the engine reads from the file.
  virtual const Texts& metadata() const = 0;
  /// Memory for inputs of these shapes; requests that live at once have equal ones.
  virtual std::unique_ptr<Request> new_request(Span<const Shape> inputs) = 0;
};

/// A library of an engine, opened. Lives as long as the process. Thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  /// "onnxruntime 1.32.0"
  virtual const std::string& version() const = 0;
  /// What a plug-in opens, apart by blanks; the table of engines knows its own.
  virtual std::string suffixes() const { return ""; }
  virtual std::shared_ptr<LoadedModel> open(const std::string& path,
                                            const EngineSettings& settings) = 0;
};

/// Throws kInvalidShape, kDtypeMismatch unless the tensor has the dtype and shape of the request's
/// own and lies in one plane of tight rows.
void check_binding(const std::string& name, const Tensor& own, const Tensor& tensor);

/// Marks a request as running for one scope. Throws kBusy where it is.
class Running {
 public:
  explicit Running(std::atomic<bool>& flag);
  ~Running() { flag_.store(false); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  std::atomic<bool>& flag_;
};

/// Throws kNotSupported in a child of fork().
void check_process(long process);

/// Throws kInvalidShape where a shape has another rank or contradicts a fixed extent, or where
/// their number is not that of the ports.
void check_inputs(const std::vector<Port>& ports, Span<const Shape> shapes);

}  // namespace edgefirst::model
