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

/// Both buffers of an image, mapped for the scope.
template <typename Byte>
class ImageMap {
 public:
  ImageMap(const Tensor& tensor, const ImageLayout& layout, CpuAccess access)
      : image_(tensor.map(access)) {
    if (layout.chroma_apart) chroma_ = tensor.chroma()->map(access);
    for (std::size_t i = 0; i < layout.plane_count(); ++i) {
      const TensorMap& map = i == 1 && layout.chroma_apart ? chroma_ : image_;
      planes_.planes[i] = map.as<Byte>() + layout.planes[i].offset;
      if (i == 1) planes_.chroma_bytes = map.size_bytes() - layout.planes[i].offset;
    }
  }
  const cpu::MappedPlanes<Byte>& planes() const { return planes_; }

 private:
  TensorMap image_, chroma_;
  cpu::MappedPlanes<Byte> planes_;
};

class CpuBackend final : public Backend {
 public:
  ComputeBackend kind() const override { return ComputeBackend::kCpu; }
  const char* declines(const ConvertRequest&) const override { return nullptr; }
  const char* declines(const DrawRequest&) const override { return nullptr; }

  void convert(const ConvertRequest& request) override {
    const ImageMap<const std::uint8_t> src(*request.src, request.source, CpuAccess::kRead);
    const ImageMap<std::uint8_t> dst(*request.dst, request.destination,
                                     destination_access(request));
    converter_.run(request, src.planes(), dst.planes());
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
