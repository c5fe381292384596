// SPDX-License-Identifier: Apache-2.0
#include "image/g2d/g2d_api.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#ifdef __linux__
#include <sys/ioctl.h>

#include "base/text.hpp"
#endif

namespace edgefirst::g2d {
namespace {

/// The record of the vendor's header; Address is unsigned long since version 6.4.11, int before.
template <typename Address>
struct Record {
  int format;
  Address planes[3];
  int left, top, right, bottom;
  int stride, width, height;
  int blend_function;
  int global_alpha;
  int clear_color;
  int rotation;
};
static_assert(sizeof(Record<int>) == 60);
static_assert(sizeof(unsigned long) != 8 || sizeof(Record<unsigned long>) == 80);

template <typename Address>
Record<Address> record_of(const Surface& surface) {
  Record<Address> record{};
  record.format = surface.format;
  for (std::size_t i = 0; i < surface.planes.size(); ++i) {
    record.planes[i] = static_cast<Address>(surface.planes[i]);
  }
  record.left = surface.left;
  record.top = surface.top;
  record.right = surface.right;
  record.bottom = surface.bottom;
  record.stride = surface.stride;
  record.width = surface.width;
  record.height = surface.height;
  record.clear_color = static_cast<int>(surface.clear_color);
  record.rotation = surface.rotation;
  return record;
}

/// "\n\0$VERSION$6.4.11:1049711:hash$": whether it is older than the wide addresses. A library that
/// names no version has them.
bool is_before_wide_addresses(const DynamicLibrary& library) {
  const auto* symbol = static_cast<const char* const*>(library.symbol("_G2D_VERSION"));
  if (symbol == nullptr || *symbol == nullptr) return false;
  int major = 0;
  int minor = 0;
  int patch = 0;
  long build = 0;
  if (std::sscanf(*symbol + 2, "$VERSION$%d.%d.%d:%ld", &major, &minor, &patch, &build) != 4) {
    return false;
  }
  constexpr long kFirst[] = {6, 4, 11, 1049711};
  const long version[] = {major, minor, patch, build};
  for (int i = 0; i < 4; ++i) {
    if (version[i] != kFirst[i]) return version[i] < kFirst[i];
  }
  return false;
}

}  // namespace

struct Blitter::Functions {
  int (*open)(void**);
  int (*close)(void*);
  int (*clear)(void*, void*);
  int (*blit)(void*, void*, void*);
  int (*enable)(void*, int);
  int (*disable)(void*, int);
  int (*finish)(void*);

  /// The name of a symbol that is missing, or nullptr.
  const char* load(const DynamicLibrary& library) {
    FunctionLoader take(library);
    take(open, "g2d_open");
    take(close, "g2d_close");
    take(clear, "g2d_clear");
    take(blit, "g2d_blit");
    take(enable, "g2d_enable");
    take(disable, "g2d_disable");
    take(finish, "g2d_finish");
    return take.missing();
  }
};

std::unique_ptr<Blitter> Blitter::open(std::string& reason) {
  std::unique_ptr<Blitter> blitter(new Blitter);
  blitter->library_ = DynamicLibrary::open("libg2d.so.2", reason);
  if (!blitter->library_.is_open()) return nullptr;
  blitter->functions_ = std::make_unique<Functions>();
  if (const char* missing = blitter->functions_->load(blitter->library_)) {
    reason = std::string("libg2d.so.2 has no ") + missing;
    return nullptr;
  }
  const int status = blitter->functions_->open(&blitter->handle_);
  if (status != 0 || blitter->handle_ == nullptr) {
    blitter->handle_ = nullptr;
    reason = "g2d_open failed with status " + integer_text(status);
    return nullptr;
  }
  blitter->is_legacy_ = is_before_wide_addresses(blitter->library_);
  return blitter;
}

Blitter::~Blitter() {
  if (handle_ != nullptr) functions_->close(handle_);
}

int Blitter::select_matrix(int capability) {
  if (matrix_ == capability) return 0;
  for (const int other : {kBt601Limited, kBt709Limited, kBt601Full, kBt709Full}) {
    if (other != capability) functions_->disable(handle_, other);
  }
  const int status = functions_->enable(handle_, capability);
  matrix_ = status == 0 ? capability : -1;
  return status;
}

int Blitter::clear(const Surface& surface) {
  if (is_legacy_) {
    auto record = record_of<int>(surface);
    return functions_->clear(handle_, &record);
  }
  auto record = record_of<unsigned long>(surface);
  return functions_->clear(handle_, &record);
}

int Blitter::blit(const Surface& from, const Surface& to) {
  if (is_legacy_) {
    auto source = record_of<int>(from);
    auto destination = record_of<int>(to);
    return functions_->blit(handle_, &source, &destination);
  }
  auto source = record_of<unsigned long>(from);
  auto destination = record_of<unsigned long>(to);
  return functions_->blit(handle_, &source, &destination);
}

int Blitter::finish() { return functions_->finish(handle_); }

bool Blitter::can_address(std::uint64_t address) const {
  return !is_legacy_ || address <= std::numeric_limits<std::uint32_t>::max();
}

std::optional<std::uint64_t> physical_address(int dma_buffer, int& error) {
#ifdef __linux__
  unsigned long address = 0;
  if (::ioctl(dma_buffer, _IOW('b', 10, unsigned long), &address) == 0) return address;
  error = errno;
#else
  static_cast<void>(dma_buffer);
  error = ENOTTY;
#endif
  return std::nullopt;
}

}  // namespace edgefirst::g2d
