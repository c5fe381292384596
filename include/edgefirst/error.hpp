// SPDX-License-Identifier: Apache-2.0
// Every failure of the library is an edgefirst::Error that carries one of these codes.
// The table behind them gives each code its name, its C errno and its Python class, so that the
// three languages report the same failure under the same name.
#pragma once

#include <stdexcept>
#include <string>

#include "edgefirst/export.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst {

enum class ErrorCode : int {
  kInvalidArgument,       ///< a value outside what the function accepts
  kInvalidShape,          ///< a tensor shape, rank or stride that does not fit
  kInvalidRect,           ///< a rectangle that leaves its image
  kNotAnImage,            ///< a tensor without pixel format where an image is needed
  kAliasedBuffers,        ///< two arguments that must not share memory do
  kNotSupported,          ///< valid, but not offered (format pair, dtype, platform)
  kOutOfMemory,           ///< an allocation failed or its size overflows
  kIo,                    ///< the operating system refused a file or descriptor operation
  kNotFound,              ///< a file does not exist
  kInvalidData,           ///< an encoded image that is damaged or is none
  kUnsupportedFeature,    ///< a well-formed image that uses a feature outside the codec's scope
  kInsufficientCapacity,  ///< the destination is too small
  kInvalidConfig,         ///< a decoder configuration that describes no model
  kNotMapped,             ///< use of a TensorMap after unmap()
  kBusy,                  ///< an exclusive resource is in use (a mapped pixel buffer)
  kDisconnected,          ///< the object that backed this one is gone
  kInvalidQuantization,   ///< quantization metadata that does not fit its tensor
  kMissingQuantization,   ///< an integer output without scale
  kDtypeMismatch,         ///< a tensor of another dtype than configured
  kAlreadyActive,         ///< a session that can run only once at a time is running
  kBackendUnavailable,    ///< a forced backend or kernel is absent
  kNoBackend,             ///< no backend accepts the request
  kInternal,              ///< a defect of this library: please report it
  kEngineUnavailable,     ///< an inference engine's library is absent, or too old
  kEngineFailed,          ///< an inference engine refuses to load or to run a model
};

/// One row of the error table.
struct ErrorInfo {
  ErrorCode code;
  const char* name;         ///< "InvalidShape"; Python raises InvalidShapeError
  int errno_value;          ///< what the C functions put into errno unless documented otherwise
  const char* python_base;  ///< builtin the Python class derives from beside Error, or nullptr
};

/// All rows, in the order of ErrorCode.
EDGEFIRST_API Span<const ErrorInfo> error_table();
EDGEFIRST_API const ErrorInfo& error_info(ErrorCode code);

/// The one exception class of the library. Thread-safe to copy and to catch across the library
/// boundary. what() names the object, the value, the limit and what to do.
class EDGEFIRST_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message);
  Error(ErrorCode code, const std::string& message, int os_error);
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }
  /// The errno of the failing system call where there was one, else 0.
  int os_error() const noexcept { return os_error_; }

 private:
  ErrorCode code_;
  int os_error_ = 0;
};

}  // namespace edgefirst
