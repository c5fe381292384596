// SPDX-License-Identifier: Apache-2.0
// Everything that lives on a GL thread: context, capabilities, programs, textures, imports and the
// passes. Made and destroyed there. Used through GlThread by the backend.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "image/backend.hpp"
#include "image/gl/dma_image.hpp"
#include "image/gl/gl_caps.hpp"
#include "image/gl/gl_image.hpp"
#include "image/gl/program.hpp"
#include "image/gl/readback.hpp"

namespace edgefirst::gl {

/// No driver needs longer than that for what we ask of it at once.
inline constexpr std::chrono::nanoseconds kLongestWait = std::chrono::seconds(10);
class GpuHangs final : public BackendRefusal {
 public:
  GpuHangs() : BackendRefusal("the GPU did not finish within ten seconds") {}
};

class GlDevice {
 public:
  /// Throws BackendRefusal with the reasons where no context can be had.
  static std::unique_ptr<GlDevice> create(std::optional<EglDisplayKind> display);
  ~GlDevice();
  GlDevice(const GlDevice&) = delete;
  GlDevice& operator=(const GlDevice&) = delete;

  const GlApi& gl() const { return context_->gl(); }
  const GlCaps& caps() const { return caps_; }
  Transfer transfer() const { return transfer_; }
  /// Logits of int8 prototypes come from a compute shader (EDGEFIRST_PROTO_COMPUTE).
  bool computes_logits() const { return computes_logits_; }
  ProgramCache& programs() { return parts_->programs; }
  TexturePool& textures() { return parts_->textures; }
  PlanTextures& plans() { return parts_->plans; }
  DmaImages& imports() { return parts_->imports; }
  BufferPool& readbacks() { return parts_->readbacks; }
  /// Bytes on their way to or from memory; grows only.
  std::vector<std::byte>& staging() { return staging_; }

  /// Waits until the GPU has done what was asked of it. Throws GpuHangs.
  void finish();
  /// What the GPU reaches when it has done what was asked of it so far; flushed.
  Sync raise_fence();
  /// Whether it has, waiting no longer than patience. Throws BackendRefusal where it never will.
  bool has_reached(Sync fence, std::chrono::nanoseconds patience);

  /// While it lives no other thread of the process calls the driver, where its row asks for that.
  /// May be taken again by the same thread.
  using Serial = std::unique_lock<std::recursive_mutex>;
  Serial serialize() const;

  /// Frames one piece of work, serialized: no state and no error of before is charged to it, its
  /// textures are free after.
  class Job {
   public:
    explicit Job(GlDevice& device);
    ~Job();
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

   private:
    GlDevice& device_;
    Serial serial_;
    std::size_t known_programs_;
  };

 private:
  struct Parts {
    explicit Parts(const EglContext& context, const GlCaps& caps)
        : programs(context.gl()),
          textures(context.gl()),
          plans(context.gl()),
          readbacks(context.gl()),
          imports(context, caps) {}
    ProgramCache programs;
    TexturePool textures;
    PlanTextures plans;
    BufferPool readbacks;
    DmaImages imports;
  };
  explicit GlDevice(std::unique_ptr<EglContext> context);
  Transfer choose_transfer();
  void warm_up();
  static void leave(std::unique_ptr<Parts> parts);

  std::unique_ptr<EglContext> context_;
  GlCaps caps_;
  std::unique_ptr<Parts> parts_;
  Transfer transfer_ = Transfer::kPbo;
  bool computes_logits_ = false;
  std::vector<std::byte> staging_;
};

}  // namespace edgefirst::gl
