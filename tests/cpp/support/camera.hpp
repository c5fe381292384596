// SPDX-License-Identifier: Apache-2.0
// The kernel's virtual camera (vivid) by plain V4L2: buffers of its own, exported as DMA-BUFs, or
// DMA-BUFs of ours that it fills. Errors end as std::system_error. Used by the camera tests.
#pragma once

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

#include "edgefirst/pixel_format.hpp"

#include "base/unique_fd.hpp"

namespace edgefirst::testing {

class Camera {
 public:
  struct Frame {
    std::size_t buffer = 0;
    std::size_t sequence = 0;
  };

  /// The first capture device of vivid, or none.
  static std::optional<Camera> find() {
    for (int i = 0; i < 8; ++i) {
      const std::string path = "/dev/video" + std::to_string(i);
      UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
      if (!fd.is_valid()) continue;
      v4l2_capability device{};
      if (::ioctl(fd.get(), VIDIOC_QUERYCAP, &device) != 0) continue;
      const bool captures = (device.device_caps & V4L2_CAP_VIDEO_CAPTURE) != 0;
      const bool is_vivid = std::strcmp(reinterpret_cast<char*>(device.driver), "vivid") == 0;
      if (captures && is_vivid) return Camera(std::move(fd));
    }
    return std::nullopt;
  }

  /// What the camera makes of the wish is in format().
  void set_format(std::size_t width, std::size_t height, std::uint32_t fourcc) {
    v4l2_format wish{};
    wish.type = kType;
    wish.fmt.pix.width = static_cast<std::uint32_t>(width);
    wish.fmt.pix.height = static_cast<std::uint32_t>(height);
    wish.fmt.pix.pixelformat = fourcc;
    wish.fmt.pix.field = V4L2_FIELD_NONE;
    call(VIDIOC_S_FMT, &wish, "VIDIOC_S_FMT");
    format_ = wish.fmt.pix;
  }
  const v4l2_pix_format& format() const { return format_; }
  Colorimetry colorimetry() const {
    std::uint32_t encoding = format_.ycbcr_enc;
    std::uint32_t range = format_.quantization;
    if (encoding == V4L2_YCBCR_ENC_DEFAULT) {
      encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(format_.colorspace);
    }
    if (range == V4L2_QUANTIZATION_DEFAULT) {
      range = V4L2_MAP_QUANTIZATION_DEFAULT(false, format_.colorspace, encoding);
    }
    Colorimetry color;
    color.encoding = encoding == V4L2_YCBCR_ENC_709 ? ColorEncoding::kBt709 : ColorEncoding::kBt601;
    color.range = range == V4L2_QUANTIZATION_FULL_RANGE ? ColorRange::kFull : ColorRange::kLimited;
    return color;
  }

  /// Buffers of the camera (V4L2_MEMORY_MMAP), or places for ours (V4L2_MEMORY_DMABUF).
  void request_buffers(std::size_t count, v4l2_memory memory) {
    v4l2_requestbuffers request{};
    request.count = static_cast<std::uint32_t>(count);
    request.type = kType;
    request.memory = memory_ = memory;
    call(VIDIOC_REQBUFS, &request, "VIDIOC_REQBUFS");
    if (request.count != count) throw std::system_error(ENOMEM, std::generic_category(), "buffers");
  }
  UniqueFd export_buffer(std::size_t index) const {
    v4l2_exportbuffer request{};
    request.type = kType;
    request.index = static_cast<std::uint32_t>(index);
    request.flags = O_RDWR | O_CLOEXEC;
    call(VIDIOC_EXPBUF, &request, "VIDIOC_EXPBUF");
    return UniqueFd(request.fd);
  }
  /// dmabuf: of a place for ours.
  void queue(std::size_t index, int dmabuf) const {
    v4l2_buffer buffer = description();
    buffer.index = static_cast<std::uint32_t>(index);
    if (memory_ == V4L2_MEMORY_DMABUF) buffer.m.fd = dmabuf;
    call(VIDIOC_QBUF, &buffer, "VIDIOC_QBUF");
  }
  /// Waits for the next frame.
  Frame dequeue() const {
    v4l2_buffer buffer = description();
    call(VIDIOC_DQBUF, &buffer, "VIDIOC_DQBUF");
    if ((buffer.flags & V4L2_BUF_FLAG_ERROR) != 0) {
      throw std::system_error(EIO, std::generic_category(), "the frame");
    }
    return {buffer.index, buffer.sequence};
  }
  void start() const { switch_stream(VIDIOC_STREAMON, "VIDIOC_STREAMON"); }
  void stop() const { switch_stream(VIDIOC_STREAMOFF, "VIDIOC_STREAMOFF"); }

 private:
  static constexpr v4l2_buf_type kType = V4L2_BUF_TYPE_VIDEO_CAPTURE;

  explicit Camera(UniqueFd fd) : fd_(std::move(fd)) {}
  v4l2_buffer description() const {
    v4l2_buffer buffer{};
    buffer.type = kType;
    buffer.memory = memory_;
    return buffer;
  }
  void switch_stream(unsigned long request, const char* name) const {
    int type = kType;
    call(request, &type, name);
  }
  void call(unsigned long request, void* argument, const char* name) const {
    int result = 0;
    do {
      result = ::ioctl(fd_.get(), request, argument);
    } while (result != 0 && errno == EINTR);
    if (result != 0) throw std::system_error(errno, std::generic_category(), name);
  }

  UniqueFd fd_;
  v4l2_pix_format format_{};
  v4l2_memory memory_ = V4L2_MEMORY_MMAP;
};

}  // namespace edgefirst::testing
