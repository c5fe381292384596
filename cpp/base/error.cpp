// SPDX-License-Identifier: Apache-2.0
// The error table. Bindings read it; nothing else defines a code's name, errno or Python class.
#include "edgefirst/error.hpp"

#include <cerrno>
#include <cstring>

#include "base/sentence.hpp"

namespace edgefirst {
namespace {

constexpr ErrorInfo kTable[] = {
    {ErrorCode::kInvalidArgument, "InvalidArgument", EINVAL, "ValueError"},
    {ErrorCode::kInvalidShape, "InvalidShape", EINVAL, "ValueError"},
    {ErrorCode::kInvalidRect, "InvalidRect", EINVAL, "ValueError"},
    {ErrorCode::kNotAnImage, "NotAnImage", EINVAL, "ValueError"},
    {ErrorCode::kAliasedBuffers, "AliasedBuffers", EINVAL, "ValueError"},
    {ErrorCode::kNotSupported, "NotSupported", ENOTSUP, "NotImplementedError"},
    {ErrorCode::kOutOfMemory, "OutOfMemory", ENOMEM, "MemoryError"},
    {ErrorCode::kIo, "Io", EIO, "OSError"},
    {ErrorCode::kNotFound, "NotFound", ENOENT, "FileNotFoundError"},
    {ErrorCode::kInvalidData, "InvalidData", EBADMSG, "ValueError"},
    {ErrorCode::kUnsupportedFeature, "UnsupportedFeature", EBADMSG, "NotImplementedError"},
    {ErrorCode::kInsufficientCapacity, "InsufficientCapacity", ENOSPC, "ValueError"},
    {ErrorCode::kInvalidConfig, "InvalidConfig", EBADMSG, "ValueError"},
    {ErrorCode::kNotMapped, "NotMapped", EINVAL, "BufferError"},
    {ErrorCode::kBusy, "Busy", EBUSY, "BufferError"},
    {ErrorCode::kDisconnected, "Disconnected", EIO, "OSError"},
    {ErrorCode::kInvalidQuantization, "InvalidQuantization", EINVAL, "ValueError"},
    {ErrorCode::kMissingQuantization, "MissingQuantization", EINVAL, "ValueError"},
    {ErrorCode::kDtypeMismatch, "DtypeMismatch", EINVAL, "ValueError"},
    {ErrorCode::kAlreadyActive, "AlreadyActive", EALREADY, nullptr},
    {ErrorCode::kBackendUnavailable, "BackendUnavailable", ENOTSUP, "NotImplementedError"},
    {ErrorCode::kNoBackend, "NoBackend", ENOTSUP, "NotImplementedError"},
    {ErrorCode::kInternal, "Internal", EIO, nullptr},
    {ErrorCode::kEngineUnavailable, "EngineUnavailable", ENOTSUP, "ImportError"},
    {ErrorCode::kEngineFailed, "EngineFailed", EIO, "RuntimeError"},
};

std::string with_os_error(const std::string& message, int os_error) {
  return os_error == 0 ? message : message + ": " + std::strerror(os_error);
}

}  // namespace

Span<const ErrorInfo> error_table() { return kTable; }

const ErrorInfo& error_info(ErrorCode code) { return kTable[static_cast<std::size_t>(code)]; }

Error::Error(ErrorCode code, const std::string& message)
    : std::runtime_error(one_sentence(message)), code_(code) {}

Error::Error(ErrorCode code, const std::string& message, int os_error)
    : std::runtime_error(one_sentence(with_os_error(message, os_error))),
      code_(os_error == ENOMEM ? ErrorCode::kOutOfMemory : code),
      os_error_(os_error) {}

Error::~Error() = default;

}  // namespace edgefirst
