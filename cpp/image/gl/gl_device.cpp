// SPDX-License-Identifier: Apache-2.0
// The start and the end of a GL thread's device, and the choice of the transfer.
#include "image/gl/gl_device.hpp"

#include <algorithm>
#include <cctype>
#include <new>

#include "base/at_exit.hpp"
#include "base/env.hpp"
#include "base/log.hpp"
#include "base/message.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "image/backend.hpp"

namespace edgefirst::gl {
namespace {

/// Held during work on drivers that cannot do two things at once.
std::recursive_mutex& process_mutex() {
  static auto* mutex = new std::recursive_mutex;
  return *mutex;
}

std::optional<Transfer> forced_transfer() {
  const auto text = env::get(env::Variable::kForceTransfer);
  if (!text) return std::nullopt;
  const std::string name = lower_case(*text);
  if (name == "dma") return Transfer::kDmaBuf;
  for (const Transfer transfer : {Transfer::kSync, Transfer::kPbo, Transfer::kDmaBuf}) {
    if (name == transfer_name(transfer)) return transfer;
  }
  log(LogLevel::kWarn, "edgefirst_image::gl", env::complaint(env::Variable::kForceTransfer));
  return std::nullopt;
}

}  // namespace

std::unique_ptr<GlDevice> GlDevice::create(std::optional<EglDisplayKind> display) {
  const Serial serial(process_mutex());  // the driver's row is not known yet
  std::string reason;
  std::unique_ptr<EglContext> context = EglContext::create(display, reason);
  if (context == nullptr) throw BackendRefusal(reason);
  std::unique_ptr<GlDevice> device(new GlDevice(std::move(context)));
  if (device->caps_.major < 3) {
    throw BackendRefusal(message(device->caps_.version, " is older than OpenGL ES 3.0"));
  }
  static std::once_flag warm;
  std::call_once(warm, [&] { device->warm_up(); });
  device->transfer_ = device->choose_transfer();
  log(LogLevel::kInfo, "edgefirst_image::gl", device->caps_.renderer, ", ", device->caps_.version,
      ", ", device->context_->display().description, ", transfer ",
      transfer_name(device->transfer_));
  return device;
}

GlDevice::GlDevice(std::unique_ptr<EglContext> context)
    : context_(std::move(context)),
      caps_(query_caps(*context_)),
      parts_(std::make_unique<Parts>(*context_, caps_)) {
  parts_->imports.use_renderbuffers(env::is_one(env::Variable::kOpenGlRenderSurface));
  computes_logits_ = env::is_one(env::Variable::kProtoCompute) && caps_.has_compute;
  gl().Disable(kDither);  // on by default; bytes must arrive as they are
}

/// Drivers start threads and register exit handlers with what they draw first.
void GlDevice::warm_up() {
  constexpr std::uint64_t kKey = std::uint64_t{1} << 35;
  const Job job(*this);
  render_to(gl(), textures().take(kRgba8, 4, 4));
  programs().use(kKey, [] {
    return std::string(
        "#version 300 es\nprecision highp float;\nout vec4 result;\n"
        "void main() { result = vec4(1.0); }\n");
  });
  gl().Viewport(0, 0, 4, 4);
  gl().DrawArrays(kTriangles, 0, 3);
  finish();
}

/// What the driver owns is left to it where it may not be called any more, where leak checks find
/// it.
void GlDevice::leave(std::unique_ptr<Parts> parts) {
  static auto* left = new std::vector<std::unique_ptr<Parts>>;
  const Serial serial(process_mutex());
  try {
    left->push_back(std::move(parts));
  } catch (const std::bad_alloc&) {
    abandon(std::move(parts));
  }
}

GlDevice::~GlDevice() {
  const Serial serial = serialize();
  if (!may_call_drivers()) leave(std::move(parts_));
  parts_.reset();
  context_.reset();
}

GlDevice::Serial GlDevice::serialize() const {
  return caps_.serializes ? Serial(process_mutex()) : Serial();
}

/// DMA-BUFs where four-byte pixels can be imported both ways, tried out; else pixel buffers.
Transfer GlDevice::choose_transfer() {
  const std::optional<Transfer> forced = forced_transfer();
  if (forced && *forced != Transfer::kDmaBuf) return *forced;
  const bool works = caps_.imports_dma_bufs && parts_->imports.passes_trial();
  if (works) return Transfer::kDmaBuf;
  if (forced)
    log(LogLevel::kWarn, "edgefirst_image::gl", "the driver imports no DMA-BUFs: transfer is pbo");
  return Transfer::kPbo;
}

void GlDevice::finish() {
  const Sync fence = raise_fence();
  const std::unique_ptr<void, decltype(gl().DeleteSync)> deleted(fence, gl().DeleteSync);
  log(LogLevel::kTrace, "edgefirst_image::gl", "waits for the GPU");
  if (!has_reached(fence, kLongestWait)) throw GpuHangs();
}

Sync GlDevice::raise_fence() {
  const Sync fence = gl().FenceSync(kSyncGpuCommandsComplete, 0);
  if (fence == nullptr) throw BackendRefusal("the OpenGL driver makes no fence");
  gl().Flush();
  return fence;
}

bool GlDevice::has_reached(Sync fence, std::chrono::nanoseconds patience) {
  const auto timeout = static_cast<std::uint64_t>(patience.count());
  const Enum result = gl().ClientWaitSync(fence, kSyncFlushCommandsBit, timeout);
  if (result == kWaitFailed) throw BackendRefusal("the OpenGL driver does not wait for the GPU");
  return result != kTimeoutExpired;
}

GlDevice::Job::Job(GlDevice& device)
    : device_(device), serial_(device.serialize()), known_programs_(device.programs().size()) {
  device_.gl().Disable(kBlend);  // where the last job failed on its way
  device_.gl().Disable(kScissorTest);
  forget_gl_errors(device_.gl());
}

GlDevice::Job::~Job() {
  device_.textures().release_all();
  device_.imports().drop_stale();
  if (device_.programs().size() != known_programs_) run_before_newer_handlers();
}

}  // namespace edgefirst::gl
