// SPDX-License-Identifier: Apache-2.0
// Texture memory and the ways in and out of it.
#include "image/gl/gl_image.hpp"

#include <algorithm>
#include <cmath>

#include "base/message.hpp"
#include "image/backend.hpp"

namespace edgefirst::gl {
namespace {

constexpr std::size_t kMostTextures = 24;
constexpr std::size_t kMostTextureBytes = std::size_t{256} << 20;
constexpr std::uint64_t kIdleJobs = 256;
constexpr int kMostErrors = 16;  // glGetError of a lost context never ends

std::size_t bytes_of_texel(Enum format) {
  switch (format) {
    case kR8:
      return 1;
    case kRg8:
      return 2;
    case kRgba16ui:
      return 8;
    case kRgba32f:
      return 16;
    default:
      return 4;
  }
}

Texture make_texture(const GlApi& gl, Enum format, std::size_t width, std::size_t height) {
  Texture texture;
  texture.format = format;
  texture.width = static_cast<Int>(width);
  texture.height = static_cast<Int>(height);
  gl.GenTextures(1, &texture.name);
  gl.ActiveTexture(kTexture0);
  gl.BindTexture(kTexture2d, texture.name);
  gl.TexStorage2D(kTexture2d, 1, format, texture.width, texture.height);
  set_texel_sampling(gl);
  const Enum error = gl.GetError();
  if (error == kNoError) return texture;
  delete_texture(gl, texture);
  throw BackendRefusal(message("the OpenGL driver refuses a texture of ", width, "x", height,
                               " (error ", error, ")"));
}

}  // namespace

TexturePool::~TexturePool() {
  for (const auto& entry : entries_) delete_texture(gl_, entry->texture);
}

Texture& TexturePool::take(Enum format, std::size_t width, std::size_t height) {
  for (const auto& entry : entries_) {
    const Texture& t = entry->texture;
    const bool fits = !entry->is_taken && t.format == format &&
                      t.width == static_cast<Int>(width) && t.height == static_cast<Int>(height);
    if (!fits) continue;
    entry->is_taken = true;
    entry->last_use = clock_;
    return entry->texture;
  }
  auto entry = std::make_unique<Entry>();
  entry->texture = make_texture(gl_, format, width, height);
  entry->is_taken = true;
  entry->last_use = clock_;
  entries_.push_back(std::move(entry));
  return entries_.back()->texture;
}

void TexturePool::release_all() {
  const std::uint64_t job = clock_++;
  const auto by_age = [](const auto& a, const auto& b) { return a->last_use > b->last_use; };
  std::sort(entries_.begin(), entries_.end(), by_age);
  std::size_t count = 0, bytes = 0;
  const auto is_too_much = [&](const std::unique_ptr<Entry>& entry) {
    const Texture& texture = entry->texture;
    entry->is_taken = false;
    ++count;
    bytes += static_cast<std::size_t>(texture.width) * static_cast<std::size_t>(texture.height) *
             bytes_of_texel(texture.format);
    const bool drops =
        job != entry->last_use &&
        (count > kMostTextures || bytes > kMostTextureBytes || job - entry->last_use > kIdleJobs);
    if (drops) delete_texture(gl_, entry->texture);
    return drops;
  };
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(), is_too_much), entries_.end());
}

PlanTextures::~PlanTextures() {
  for (const auto& entry : entries_) delete_texture(gl_, entry->plan.texture);
}

const PlanTextures::Plan& PlanTextures::get(std::size_t source, std::size_t outputs, Filter filter,
                                            bool reversed) {
  ++clock_;
  for (const auto& entry : entries_) {
    const bool hit = entry->source == source && entry->outputs == outputs &&
                     entry->filter == filter && entry->reversed == reversed;
    if (!hit) continue;
    entry->last_use = clock_;
    return entry->plan;
  }
  if (entries_.size() >= kMostPlans) {
    const auto oldest =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const auto& a, const auto& b) { return a->last_use < b->last_use; });
    delete_texture(gl_, (*oldest)->plan.texture);
    entries_.erase(oldest);
  }
  auto entry = std::make_unique<Entry>();
  entry->source = source;
  entry->outputs = outputs;
  entry->filter = filter;
  entry->reversed = reversed;
  entry->last_use = clock_;
  fill(*entry);
  entries_.push_back(std::move(entry));
  return entries_.back()->plan;
}

/// Copies, mirrors and whole ratios are regular.
void PlanTextures::find_step(const cpu::AxisPlan& axis, Plan& plan) {
  const std::vector<std::uint32_t>& starts = axis.starts;
  const auto start = [&](std::size_t i) { return static_cast<Int>(starts[i]); };
  plan.first = start(0);
  plan.step = starts.size() > 1 ? start(1) - start(0) : 0;
  plan.is_regular = axis.taps == 1;
  for (std::size_t i = 1; i < starts.size() && plan.is_regular; ++i) {
    plan.is_regular = start(i) - start(i - 1) == plan.step;
  }
}

/// The formulas of Filter with the starts of the CPU's plan, so that both read the same pixels.
void PlanTextures::fill(Entry& entry) {
  const std::size_t n = entry.outputs;
  cpu::make_axis_plan(entry.source, n, entry.filter, entry.reversed, scratch_);
  const double ratio = static_cast<double>(entry.source) / static_cast<double>(n);
  const bool widens = entry.filter == Filter::kAntialias;
  const double slope = 1 / (widens ? std::max(1.0, ratio) : 1.0);
  const bool single = scratch_.taps == 1;  // the start alone
  values_.clear();
  for (std::size_t slot = 0; slot < n; ++slot) {
    const auto i = static_cast<double>(entry.reversed ? n - 1 - slot : slot);
    const double start = scratch_.starts[slot];
    const bool area = entry.filter == Filter::kArea;
    const double first = area ? i * ratio - start : (i + 0.5) * ratio - 0.5 - start;
    const double second = area ? (i + 1) * ratio - start : slope;
    double total = 0;
    for (std::size_t tap = 0; tap < scratch_.taps; ++tap) {
      const auto k = static_cast<double>(tap);
      total += std::max(0.0, area ? std::min(k + 1, second) - std::max(k, first)
                                  : 1 - std::abs(k - first) * slope);
    }
    values_.push_back(static_cast<float>(start));
    if (single) continue;
    for (const double value : {first, second, 1 / std::max(total, 1e-9)}) {
      values_.push_back(static_cast<float>(value));
    }
  }
  entry.plan.taps = scratch_.taps;
  find_step(scratch_, entry.plan);
  entry.plan.texture = make_texture(gl_, single ? kR32f : kRgba32f, 1, n);
  gl_.PixelStorei(kUnpackAlignment, 4);
  gl_.PixelStorei(kUnpackRowLength, 0);
  gl_.TexSubImage2D(kTexture2d, 0, 0, 0, 1, static_cast<Size>(n), single ? kRed : kRgba, kFloat,
                    values_.data());
}

void set_texel_sampling(const GlApi& gl) {
  gl.TexParameteri(kTexture2d, kTextureMinFilter, static_cast<Int>(kNearest));
  gl.TexParameteri(kTexture2d, kTextureMagFilter, static_cast<Int>(kNearest));
  gl.TexParameteri(kTexture2d, kTextureWrapS, static_cast<Int>(kClampToEdge));
  gl.TexParameteri(kTexture2d, kTextureWrapT, static_cast<Int>(kClampToEdge));
}

void render_to(const GlApi& gl, Texture& texture) {
  if (texture.framebuffer != 0) return gl.BindFramebuffer(kFramebuffer, texture.framebuffer);
  gl.GenFramebuffers(1, &texture.framebuffer);
  gl.BindFramebuffer(kFramebuffer, texture.framebuffer);
  if (texture.renderbuffer != 0) {
    gl.FramebufferRenderbuffer(kFramebuffer, kColorAttachment0, kRenderbuffer,
                               texture.renderbuffer);
  } else {
    gl.FramebufferTexture2D(kFramebuffer, kColorAttachment0, kTexture2d, texture.name, 0);
  }
  const Enum status = gl.CheckFramebufferStatus(kFramebuffer);
  if (status == kFramebufferComplete) return;
  gl.DeleteFramebuffers(1, &texture.framebuffer);
  texture.framebuffer = 0;
  throw BackendRefusal(message("the OpenGL driver does not render into a texture of ",
                               texture.width, "x", texture.height, " (status ", status, ")"));
}

void bind(const GlApi& gl, std::size_t unit, const Texture& texture) {
  gl.ActiveTexture(kTexture0 + static_cast<Enum>(unit));
  gl.BindTexture(kTexture2d, texture.name);
}

void delete_texture(const GlApi& gl, Texture& texture) {
  if (texture.framebuffer != 0) gl.DeleteFramebuffers(1, &texture.framebuffer);
  if (texture.renderbuffer != 0) gl.DeleteRenderbuffers(1, &texture.renderbuffer);
  if (texture.name != 0) gl.DeleteTextures(1, &texture.name);
  texture = {};
}

void upload(const GlApi& gl, const Texture& texture, const TexelLayout& layout,
            const PlaneBytes& plane) {
  gl.ActiveTexture(kTexture0);
  gl.BindTexture(kTexture2d, texture.name);
  gl.BindBuffer(kPixelUnpackBuffer, plane.buffer);
  gl.PixelStorei(kUnpackAlignment, 1);
  const bool whole_texels = plane.stride % layout.bytes == 0;
  gl.PixelStorei(kUnpackRowLength,
                 whole_texels ? static_cast<Int>(plane.stride / layout.bytes) : 0);
  if (whole_texels) {
    gl.TexSubImage2D(kTexture2d, 0, 0, 0, texture.width, texture.height, layout.format, layout.type,
                     plane.pointer());
  } else {
    PlaneBytes row = plane;
    for (Int y = 0; y < texture.height; ++y, row.offset += plane.stride) {
      gl.TexSubImage2D(kTexture2d, 0, 0, y, texture.width, 1, layout.format, layout.type,
                       row.pointer());
    }
  }
  gl.PixelStorei(kUnpackRowLength, 0);
  gl.BindBuffer(kPixelUnpackBuffer, 0);
}

void read_words(const GlApi& gl, const WordRect& rect, const PlaneBytes& plane) {
  gl.BindBuffer(kPixelPackBuffer, plane.buffer);
  gl.PixelStorei(kPackAlignment, 1);
  gl.PixelStorei(kPackRowLength, static_cast<Int>(plane.stride / 4));
  gl.ReadPixels(rect.x, rect.y, rect.width, rect.height, kRgba, kUnsignedByte, plane.pointer());
  gl.PixelStorei(kPackRowLength, 0);
  gl.BindBuffer(kPixelPackBuffer, 0);
}

void read_words_by_rows(const GlApi& gl, const WordRect& rect, const PlaneBytes& plane) {
  PlaneBytes row = plane;
  row.stride = 0;
  for (Int y = 0; y < rect.height; ++y, row.offset += plane.stride) {
    read_words(gl, {rect.x, rect.y + y, rect.width, 1}, row);
  }
}

void check_gl(const GlApi& gl, const char* what) {
  const Enum error = gl.GetError();
  if (error == kNoError) return;
  forget_gl_errors(gl);
  throw BackendRefusal(message("OpenGL error ", error, " in ", what));
}

void forget_gl_errors(const GlApi& gl) {
  for (int i = 0; i < kMostErrors && gl.GetError() != kNoError; ++i) {
  }
}

}  // namespace edgefirst::gl
