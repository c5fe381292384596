// SPDX-License-Identifier: Apache-2.0
// The CPU backend: maps the images and runs converter and painter. It takes every valid request.
#include <memory>

#include "image/backend.hpp"
#include "image/cpu/converter.hpp"
#include "image/cpu/painter.hpp"

namespace edgefirst {
namespace {

/// Destinations whose other pixels stay are read as well.
CpuAccess destination_access(const ConvertRequest& request) {
  const Rect whole{0, 0, request.destination.width, request.destination.height};
  const bool overwrites = request.fill || request.dst_rect == whole;
  return overwrites ? CpuAccess::kWrite : CpuAccess::kReadWrite;
}

class CpuBackend final : public Backend {
 public:
  ComputeBackend kind() const override { return ComputeBackend::kCpu; }
  const char* declines(const ConvertRequest&) const override { return nullptr; }
  const char* declines(const DrawRequest&) const override { return nullptr; }

  void convert(const ConvertRequest& request) override {
    const TensorMap src = request.src->map(CpuAccess::kRead);
    const TensorMap dst = request.dst->map(destination_access(request));
    converter_.run(request, {src.as<const std::uint8_t>(), src.size_bytes()},
                   {dst.as<std::uint8_t>(), dst.size_bytes()});
  }

  void draw(const DrawRequest& request) override {
    const TensorMap dst = request.dst->map(CpuAccess::kReadWrite);
    if (request.background == nullptr)
      return painter_.paint(request, dst.as<std::uint8_t>(), nullptr);
    const TensorMap background = request.background->map(CpuAccess::kRead);
    painter_.paint(request, dst.as<std::uint8_t>(), background.as<const std::uint8_t>());
  }

 private:
  cpu::Converter converter_;
  cpu::Painter painter_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend() { return std::make_unique<CpuBackend>(); }

}  // namespace edgefirst
