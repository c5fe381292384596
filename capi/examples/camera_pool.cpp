// SPDX-License-Identifier: Apache-2.0
// A camera hands out frames of a small pool of buffers, each time by another descriptor. Importing
// one is expensive, so imports are kept by what names the buffer itself: device, inode and offset.
//
//   c++ -std=c++17 camera_pool.cpp -ledgefirst_hal -o camera_pool && ./camera_pool
//
// The camera is played by DMA-BUFs of our own; yours is VIDIOC_EXPBUF, libcamera or a decoder.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <stdexcept>
#include <tuple>
#include <vector>

#include <edgefirst/hal.hpp>

namespace {

using namespace edgefirst;

constexpr std::size_t kPool = 4, kWidth = 640, kHeight = 480, kInput = 320;
constexpr int kFrames = 100;

class ImportCache {
 public:
  /// The frame behind a descriptor, which stays the caller's.
  const Tensor& find_or_import(int fd, std::size_t offset) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) throw std::runtime_error("the frame has no descriptor");
    const Key key{status.st_dev, status.st_ino, offset};
    const auto found = imports_.find(key);
    if (found != imports_.end()) return found->second;
    ImagePlanes planes{PlaneDescriptor(fd), std::nullopt};
    planes.image.set_offset(offset);
    return imports_
        .emplace(key, Tensor::import_image(std::move(planes), kWidth, kHeight, PixelFormat::kNv12))
        .first->second;
  }
  std::size_t size() const { return imports_.size(); }

 private:
  using Key = std::tuple<dev_t, ino_t, std::size_t>;
  std::map<Key, Tensor> imports_;
};

}  // namespace

int main() try {
  if (!is_memory_available(TensorMemory::kDma)) {
    return std::puts("skipped: no DMA-BUFs on this machine"), 77;
  }
  std::vector<Tensor> pool;
  for (std::size_t i = 0; i < kPool; ++i) {
    pool.push_back(
        Tensor::image(kWidth, kHeight, PixelFormat::kNv12, DType::kU8, TensorMemory::kDma));
  }
  ImageProcessor processor;
  Tensor input = processor.create_image(kInput, kInput, PixelFormat::kRgb);
  ConvertOptions into_input;
  into_input.crop.dst_rect = letterbox(kWidth, kHeight, kInput, kInput).content;
  into_input.crop.dst_color = Color{114, 114, 114, 255};

  ImportCache cache;
  for (int frame = 0; frame < kFrames; ++frame) {
    const int fd = pool[static_cast<std::size_t>(frame) % kPool].clone_fd();
    processor.convert(cache.find_or_import(fd, 0), input, into_input);  // then run your model
    ::close(fd);
  }
  std::printf("%d frames, %zu imports\n", kFrames, cache.size());
  return cache.size() == kPool ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
