// SPDX-License-Identifier: Apache-2.0
// A stand-in for NXP's libg2d.so.2 and its kernel's answer about physical addresses, to be
// preloaded: clears and blits wait for g2d_finish(), flips happen on the source, clockwise rotation
// on the destination, the matrix is the one enabled. Pixels are computed one by one in doubles.
// Built with the records of either ABI (G2D_DOUBLE_LEGACY), or without g2d_finish
// (G2D_DOUBLE_INCOMPLETE).
#include "g2d_double.hpp"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace {

#ifdef G2D_DOUBLE_LEGACY
using Address = int;
constexpr std::uintptr_t kPlace = 0x20000000;  // where the kernel has room below 4 GiB
#else
using Address = unsigned long;
constexpr std::uintptr_t kPlace = 0;
#endif

struct Surface {
  int format;
  Address planes[3];
  int left, top, right, bottom;
  int stride, width, height;
  int blend_function, global_alpha;
  int clear_color;
  int rotation;
};

enum Format { kRgba = 1, kBgra = 3, kRgb = 10, kNv12 = 20, kYuyv = 24, kNv16 = 28 };

edgefirst::testing::G2dDouble g_double;
std::mutex g_mutex;
std::map<std::pair<dev_t, ino_t>, std::pair<std::uint8_t*, std::size_t>> g_buffers;
std::vector<std::function<void()>> g_queue;
std::array<bool, 10> g_capabilities{};

std::uint8_t* bytes(Address address) {
  return reinterpret_cast<std::uint8_t*>(static_cast<std::uintptr_t>(address));
}

/// Whether rows of a plane lie within one buffer that was asked about.
bool lies_within(Address address, std::size_t size) {
  const std::uint8_t* first = bytes(address);
  for (const auto& entry : g_buffers) {
    const auto [base, length] = entry.second;
    if (first >= base && first + size <= base + length) return true;
  }
  return false;
}

int bytes_per_pixel(int format) {
  if (format == kRgba || format == kBgra) return 4;
  if (format == kRgb) return 3;
  return format == kYuyv ? 2 : 1;
}

bool is_yuv(int format) { return format == kYuyv || format == kNv12 || format == kNv16; }

bool is_sound(const Surface& s) {
  const bool known = s.format == kRgba || s.format == kBgra || s.format == kRgb || is_yuv(s.format);
  if (!known || s.left < 0 || s.top < 0 || s.left >= s.right || s.top >= s.bottom ||
      s.right > s.width || s.bottom > s.height || s.stride < s.width) {
    return false;
  }
  const auto pitch = static_cast<std::size_t>(s.stride) * bytes_per_pixel(s.format);
  const auto rows = static_cast<std::size_t>(s.height);
  const std::size_t row = static_cast<std::size_t>(s.width) * bytes_per_pixel(s.format);
  if (!lies_within(s.planes[0], pitch * (rows - 1) + row)) return false;
  if (s.format != kNv12 && s.format != kNv16) return true;
  const std::size_t chroma_rows = s.format == kNv12 ? rows / 2 : rows;
  return lies_within(s.planes[1], pitch * (chroma_rows - 1) + row);
}

struct Pixel {
  double c[4];  // R G B A
};

struct Matrix {
  double kr, kb;
  bool full;
};

Matrix matrix() {
  if (g_capabilities[5]) return {0.299, 0.114, false};
  if (g_capabilities[7]) return {0.299, 0.114, true};
  return {0.2126, 0.0722, g_capabilities[8]};
}

Pixel from_yuv(double y, double u, double v) {
  const Matrix m = matrix();
  const double luma = m.full ? y : (y - 16) * 255 / 219;
  const double scale = m.full ? 1.0 : 255.0 / 224;
  const double cb = (u - 128) * scale * 2 * (1 - m.kb);
  const double cr = (v - 128) * scale * 2 * (1 - m.kr);
  const double green = luma - (m.kr * cr + m.kb * cb) / (1 - m.kr - m.kb);
  const auto clamp = [](double x) { return std::clamp(x, 0.0, 255.0); };
  return {{clamp(luma + cr), clamp(green), clamp(luma + cb), 255}};
}

Pixel read(const Surface& s, int x, int y) {
  const std::ptrdiff_t pitch = static_cast<std::ptrdiff_t>(s.stride) * bytes_per_pixel(s.format);
  const std::uint8_t* row = bytes(s.planes[0]) + y * pitch;
  const std::uint8_t* p = row + x * bytes_per_pixel(s.format);
  if (s.format == kRgba) return {{double(p[0]), double(p[1]), double(p[2]), double(p[3])}};
  if (s.format == kBgra) return {{double(p[2]), double(p[1]), double(p[0]), double(p[3])}};
  if (s.format == kRgb) return {{double(p[0]), double(p[1]), double(p[2]), 255}};
  if (s.format == kYuyv) {
    const std::uint8_t* pair = row + x / 2 * 4;
    return from_yuv(p[0], pair[1], pair[3]);
  }
  const int chroma_y = s.format == kNv12 ? y / 2 : y;
  const std::uint8_t* pair = bytes(s.planes[1]) + chroma_y * pitch + x / 2 * 2;
  return from_yuv(p[0], pair[0], pair[1]);
}

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

/// Y, U and V as the matrix in force makes them.
std::array<double, 3> to_yuv(const Pixel& p) {
  const Matrix m = matrix();
  const double luma = m.kr * p.c[0] + (1 - m.kr - m.kb) * p.c[1] + m.kb * p.c[2];
  const double scale = m.full ? 1.0 : 224.0 / 255;
  return {m.full ? luma : luma * 219 / 255 + 16, (p.c[2] - luma) / (2 * (1 - m.kb)) * scale + 128,
          (p.c[0] - luma) / (2 * (1 - m.kr)) * scale + 128};
}

void write_row(const Surface& s, int y, const std::vector<Pixel>& row) {
  const int size = bytes_per_pixel(s.format);
  std::uint8_t* p = bytes(s.planes[0]) + static_cast<std::ptrdiff_t>(s.stride) * size * y +
                    static_cast<std::ptrdiff_t>(s.left) * size;
  for (std::size_t x = 0; x < row.size(); ++x, p += size) {
    if (s.format == kYuyv) {
      const auto own = to_yuv(row[x]);
      const auto other = to_yuv(row[std::min(x ^ 1U, row.size() - 1)]);
      p[0] = to_byte(own[0]);
      p[1] = to_byte(x % 2 == 0 ? (own[1] + other[1]) / 2 : (own[2] + other[2]) / 2);
      continue;
    }
    const bool reversed = s.format == kBgra;
    for (int c = 0; c < size; ++c) p[c] = to_byte(row[x].c[c < 3 && reversed ? 2 - c : c]);
  }
}

/// The source between its rectangle's pixel centres; u and v run over 0...1.
Pixel sample(const Surface& s, double u, double v) {
  if (s.rotation == 4) u = 1 - u;
  if (s.rotation == 5) v = 1 - v;
  const double x = std::clamp(s.left + u * (s.right - s.left) - 0.5, double(s.left), s.right - 1.0);
  const double y = std::clamp(s.top + v * (s.bottom - s.top) - 0.5, double(s.top), s.bottom - 1.0);
  const int x0 = static_cast<int>(std::floor(x));
  const int y0 = static_cast<int>(std::floor(y));
  const int x1 = std::min(x0 + 1, s.right - 1);
  const int y1 = std::min(y0 + 1, s.bottom - 1);
  const Pixel corners[4] = {read(s, x0, y0), read(s, x1, y0), read(s, x0, y1), read(s, x1, y1)};
  Pixel result{};
  for (int c = 0; c < 4; ++c) {
    const double top = corners[0].c[c] + (corners[1].c[c] - corners[0].c[c]) * (x - x0);
    const double bottom = corners[2].c[c] + (corners[3].c[c] - corners[2].c[c]) * (x - x0);
    result.c[c] = top + (bottom - top) * (y - y0);
  }
  return result;
}

void carry_out_blit(const Surface& from, const Surface& to) {
  const int width = to.right - to.left;
  const int height = to.bottom - to.top;
  std::vector<Pixel> row(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = (x + 0.5) / width;
      const double v = (y + 0.5) / height;
      double before[2] = {u, v};  // the place before clockwise rotation
      if (to.rotation == 1) before[0] = v, before[1] = 1 - u;
      if (to.rotation == 2) before[0] = 1 - u, before[1] = 1 - v;
      if (to.rotation == 3) before[0] = 1 - v, before[1] = u;
      row[static_cast<std::size_t>(x)] = sample(from, before[0], before[1]);
    }
    write_row(to, to.top + y, row);
  }
}

void carry_out_clear(const Surface& to) {
  const auto color = static_cast<std::uint32_t>(to.clear_color);
  Pixel pixel{};
  for (int c = 0; c < 4; ++c) pixel.c[c] = color >> (8 * c) & 0xFFU;
  const std::vector<Pixel> row(static_cast<std::size_t>(to.right - to.left), pixel);
  for (int y = to.top; y < to.bottom; ++y) write_row(to, y, row);
}

int bad_call() {
  ++g_double.bad_calls;
  return -1;
}

/// Maps the buffer behind a descriptor once and tells where.
int tell_address(int fd, unsigned long* address) {
  struct stat status {};
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size <= 0 || ::fstat(fd, &status) != 0) return -1;
  auto& entry = g_buffers[{status.st_dev, status.st_ino}];
  if (entry.first == nullptr) {
    static std::uintptr_t place = kPlace;  // a wish only: no MAP_FIXED
    void* memory = ::mmap(reinterpret_cast<void*>(place), static_cast<std::size_t>(size),
                          PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return -1;
    if (kPlace != 0) place += static_cast<std::uintptr_t>(size);
    entry = {static_cast<std::uint8_t*>(memory), static_cast<std::size_t>(size)};
  }
  *address = reinterpret_cast<unsigned long>(entry.first);
  return 0;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) edgefirst::testing::G2dDouble* edgefirst_g2d_double() {
  return &g_double;
}

#ifdef G2D_DOUBLE_LEGACY
__attribute__((visibility("default"))) const char* _G2D_VERSION =
    "\n\0$VERSION$6.4.3:398061:a1b2c3$\n";
#else
__attribute__((visibility("default"))) const char* _G2D_VERSION =
    "\n\0$VERSION$6.4.11:1049711:a1b2c3$\n";
#endif

__attribute__((visibility("default"))) int g2d_open(void** handle) {
  if (g_double.open_fails) return -1;
  ++g_double.opened;
  *handle = &g_double;
  return 0;
}

__attribute__((visibility("default"))) int g2d_close(void*) {
  ++g_double.closed;
  return 0;
}

__attribute__((visibility("default"))) int g2d_enable(void*, int capability) {
  if (capability < 0 || capability > 9) return bad_call();
  g_capabilities[static_cast<std::size_t>(capability)] = true;
  return 0;
}

__attribute__((visibility("default"))) int g2d_disable(void*, int capability) {
  if (capability < 0 || capability > 9) return bad_call();
  g_capabilities[static_cast<std::size_t>(capability)] = false;
  return 0;
}

__attribute__((visibility("default"))) int g2d_clear(void*, Surface* to) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (!is_sound(*to)) return bad_call();
  if (to->format == kRgb || to->format == kNv12 || to->format == kNv16) return bad_call();
  if (g_double.clear_status != 0) return g_double.clear_status;
  ++g_double.clears;
  g_queue.emplace_back([to = *to] { carry_out_clear(to); });
  return 0;
}

__attribute__((visibility("default"))) int g2d_blit(void*, Surface* from, Surface* to) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (!is_sound(*from) || !is_sound(*to)) return bad_call();
  if (to->format == kNv12 || to->format == kNv16) return bad_call();
  if (g_double.blit_status != 0) return g_double.blit_status;
  ++g_double.blits;
  g_queue.emplace_back([from = *from, to = *to] { carry_out_blit(from, to); });
  return 0;
}

#ifndef G2D_DOUBLE_INCOMPLETE
__attribute__((visibility("default"))) int g2d_finish(void*) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  for (const auto& work : g_queue) work();
  g_queue.clear();
  ++g_double.finishes;
  return g_double.finish_status;
}
#endif

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  if (_IOC_TYPE(request) == 'b' && _IOC_NR(request) == 10 && g_double.tells_addresses) {
    if (g_double.address_error != 0) {
      errno = g_double.address_error;
      return -1;
    }
    const std::lock_guard<std::mutex> lock(g_mutex);
    return tell_address(fd, static_cast<unsigned long*>(argument));
  }
  using Ioctl = int(int, unsigned long, ...);
  static auto* next = reinterpret_cast<Ioctl*>(::dlsym(RTLD_NEXT, "ioctl"));
  return next(fd, request, argument);
}

}  // extern "C"
