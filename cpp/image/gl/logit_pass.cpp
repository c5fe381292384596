// SPDX-License-Identifier: Apache-2.0
// Prototypes and weights go to the GPU as they are, once a frame; a dispatch a detection.
#include "image/gl/logit_pass.hpp"

#include "base/log.hpp"
#include "image/gl/shaders/logits.hpp"

namespace edgefirst::gl {
namespace {

constexpr std::uint64_t kLogitKey = std::uint64_t{1} << 34;
constexpr std::size_t kGroupSide = 8;  // as in the shader

/// A buffer that shaders read, for the time of a pass.
class StorageBuffer {
 public:
  StorageBuffer(const GlApi& gl, Name binding, const void* data, std::size_t bytes) : gl_(gl) {
    gl_.GenBuffers(1, &name_);
    gl_.BindBuffer(kShaderStorageBuffer, name_);
    const std::size_t whole_words = (bytes + 3) / 4 * 4;
    gl_.BufferData(kShaderStorageBuffer, static_cast<std::ptrdiff_t>(whole_words), nullptr,
                   kStreamDraw);
    gl_.BufferSubData(kShaderStorageBuffer, 0, static_cast<std::ptrdiff_t>(bytes), data);
    gl_.BindBufferBase(kShaderStorageBuffer, binding, name_);
  }
  ~StorageBuffer() { gl_.DeleteBuffers(1, &name_); }
  StorageBuffer(const StorageBuffer&) = delete;
  StorageBuffer& operator=(const StorageBuffer&) = delete;

 private:
  const GlApi& gl_;
  Name name_ = 0;
};

}  // namespace

void compute_logits(GlDevice& device, const OverlayData& data, const Texture& floats) {
  const GlApi& gl = device.gl();
  const ProtoGrid& grid = *data.grid();
  log(LogLevel::kTrace, "edgefirst_image::gl", "computes logits of ", data.logit_jobs().size(),
      " objects");
  const std::size_t elements = grid.width() * grid.height() * grid.channels();
  const StorageBuffer protos(gl, 0, grid.data(), elements);
  const StorageBuffer weights(gl, 1, data.weights().data(), data.weights().size() * sizeof(float));
  const Program& program = device.programs().use(kLogitKey, ProgramKind::kCompute,
                                                 [] { return std::string(shaders::kLogits); });
  gl.BindImageTexture(0, floats.name, 0, 0, 0, kWriteOnly, kR32f);
  const auto number = [](std::size_t value) { return static_cast<Int>(value); };
  gl.Uniform2i(program.at(Uniform::kTarget), number(grid.cell_stride()),
               number(grid.channel_stride()));
  for (const LogitJob& job : data.logit_jobs()) {
    const Rect& cells = job.cells;
    gl.Uniform4i(program.at(Uniform::kRect), number(cells.left), number(cells.top),
                 number(cells.width), number(cells.height));
    gl.Uniform4i(program.at(Uniform::kLayout), number(job.offset), number(job.weights),
                 number(grid.channels()), number(grid.width()));
    gl.DispatchCompute(static_cast<Name>(cells.width / kGroupSide + 1),
                       static_cast<Name>(cells.height / kGroupSide + 1), 1);
  }
  gl.MemoryBarrier(kTextureFetchBarrierBit | kTextureUpdateBarrierBit);
}

}  // namespace edgefirst::gl
