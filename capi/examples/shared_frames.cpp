// SPDX-License-Identifier: Apache-2.0
// Frames between two processes without a copy: the camera process writes into shared memory that
// the other one inherits and reads in place. shared_frames.c passes the descriptor through a
// socket.
//
//   c++ -std=c++17 shared_frames.cpp -ledgefirst_hal -o shared_frames && ./shared_frames
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include <edgefirst/hal.hpp>

namespace {

using namespace edgefirst;

constexpr std::size_t kWidth = 640, kHeight = 480;
constexpr int kFrames = 5;

/// Announces each frame by its number and waits until it was used.
bool camera(int connection, int fd) {
  const Tensor frame = Tensor::from_fd(fd, {kHeight, kWidth, 3}, DType::kU8);
  for (unsigned char number = 1; number <= kFrames; ++number) {
    {
      const TensorMap pixels = frame.map(CpuAccess::kWrite);
      std::memset(pixels.data(), number, pixels.size_bytes());
    }
    char used = 0;
    if (::write(connection, &number, 1) != 1 || ::read(connection, &used, 1) != 1) return false;
  }
  return true;
}

bool consumer(int connection, const Tensor& frame) {
  ImageProcessor processor;
  Tensor thumbnail = processor.create_image(64, 48, PixelFormat::kRgb);
  for (int arrived = 0; arrived < kFrames; ++arrived) {
    unsigned char number = 0;
    if (::read(connection, &number, 1) != 1) return false;
    processor.convert(frame, thumbnail);
    if (*thumbnail.map(CpuAccess::kRead).as<unsigned char>() != number) return false;
    if (::write(connection, "+", 1) != 1) return false;
    std::printf("frame %d arrived\n", number);
  }
  return true;
}

}  // namespace

int main() try {
  const Tensor frame =
      Tensor::image(kWidth, kHeight, PixelFormat::kRgb, DType::kU8, TensorMemory::kShm);
  const int fd = frame.clone_fd();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 1;
  const pid_t child = ::fork();
  if (child < 0) return 1;
  ::close(ends[child == 0 ? 0 : 1]);  // a camera that dies ends the connection
  if (child == 0) return camera(ends[1], fd) ? 0 : 1;
  const bool fine = consumer(ends[0], frame);
  ::close(ends[0]);
  ::close(fd);
  int status = 1;
  ::waitpid(child, &status, 0);
  return fine && status == 0 ? 0 : 1;
} catch (const edgefirst::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
