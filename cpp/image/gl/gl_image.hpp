// SPDX-License-Identifier: Apache-2.0
// Textures as we use them: allocated once per size and reused, each with its framebuffer, filled
// from memory or pixel buffers and read back into them. Knows no pixel formats of images.
// Used by the passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "image/cpu/axis_plan.hpp"
#include "image/gl/gl_api.hpp"

namespace edgefirst::gl {

/// A texture to sample by texelFetch and to render into.
struct Texture {
  Name name = 0;
  Name framebuffer = 0;   ///< 0 until render_to() needs it
  Name renderbuffer = 0;  ///< what is rendered into in the texture's place, or 0
  Enum format = 0;
  Int width = 0;
  Int height = 0;
};

/// Bytes of a plane: in memory, or at an offset of a GL buffer.
struct PlaneBytes {
  std::byte* data = nullptr;
  Name buffer = 0;
  std::size_t offset = 0;  ///< added to either
  std::size_t stride = 0;

  void* pointer() const { return buffer != 0 ? reinterpret_cast<void*>(offset) : data + offset; }
};

/// How the texels of a format lie in memory.
struct TexelLayout {
  Enum internal;  ///< sized format
  Enum format;
  std::size_t bytes;
  Enum type = kUnsignedByte;
};
inline constexpr TexelLayout kTexelsR8{kR8, kRed, 1};
inline constexpr TexelLayout kTexelsRg8{kRg8, kRg, 2};
inline constexpr TexelLayout kTexelsRgb8{kRgb8, kRgb, 3};
inline constexpr TexelLayout kTexelsRgba8{kRgba8, kRgba, 4};
inline constexpr TexelLayout kTexelsFloat{kR32f, kRed, 4, kFloat};

/// Textures by size and format, handed out for the time of one job.
class TexturePool {
 public:
  explicit TexturePool(const GlApi& gl) : gl_(gl) {}
  ~TexturePool();
  TexturePool(const TexturePool&) = delete;
  TexturePool& operator=(const TexturePool&) = delete;

  /// Contents are undefined. Throws BackendRefusal where the driver has no memory for it.
  Texture& take(Enum format, std::size_t width, std::size_t height);
  /// Ends the job: every texture is free again; those that nobody used for long are deleted.
  void release_all();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Texture texture;
    bool is_taken = false;
    std::uint64_t last_use = 0;
  };
  const GlApi& gl_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::uint64_t clock_ = 0;
};

/// Axis plans as textures: texel i holds the first source pixel of output i and what its weights
/// are computed from.
class PlanTextures {
 public:
  explicit PlanTextures(const GlApi& gl) : gl_(gl) {}
  ~PlanTextures();
  PlanTextures(const PlanTextures&) = delete;
  PlanTextures& operator=(const PlanTextures&) = delete;

  struct Plan {
    Texture texture;
    std::size_t taps = 0;
    /// One tap, and output i reads pixel first + i * step: nobody needs the texture.
    bool is_regular = false;
    Int first = 0;
    Int step = 0;
  };
  const Plan& get(std::size_t source, std::size_t outputs, Filter filter, bool reversed);

 private:
  struct Entry {
    std::size_t source = 0, outputs = 0;
    Filter filter = Filter::kAntialias;
    bool reversed = false;
    std::uint64_t last_use = 0;
    Plan plan;
  };
  void fill(Entry& entry);
  static void find_step(const cpu::AxisPlan& axis, Plan& plan);

  static constexpr std::size_t kMostPlans = 16;
  const GlApi& gl_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::uint64_t clock_ = 0;
  cpu::AxisPlan scratch_;
  std::vector<float> values_;
};

/// Sampled without filter, at whole texels.
void set_texel_sampling(const GlApi& gl);
/// Makes it the target of drawing. Throws BackendRefusal where it cannot be.
void render_to(const GlApi& gl, Texture& texture);
void bind(const GlApi& gl, std::size_t unit, const Texture& texture);
void delete_texture(const GlApi& gl, Texture& texture);
/// Fills width x height texels from memory or a buffer.
void upload(const GlApi& gl, const Texture& texture, const TexelLayout& layout,
            const PlaneBytes& plane);

/// A rectangle of the RGBA8 framebuffer that is bound, as rows of 4-byte words.
struct WordRect {
  Int x = 0, y = 0;
  Size width = 0, height = 0;
};
/// Reads words into memory or a buffer; the plane's stride is a multiple of 4.
void read_words(const GlApi& gl, const WordRect& rect, const PlaneBytes& plane);
/// The same row by row, in order: what a row has beyond its stride is overwritten by the next.
void read_words_by_rows(const GlApi& gl, const WordRect& rect, const PlaneBytes& plane);

/// Throws BackendRefusal for GL errors since the last call; what names the step.
void check_gl(const GlApi& gl, const char* what);
/// Forgets errors of earlier calls, so that nobody is charged for them.
void forget_gl_errors(const GlApi& gl);

}  // namespace edgefirst::gl
