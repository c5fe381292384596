// SPDX-License-Identifier: Apache-2.0
// Frames are cleared rectangles, masks and labels are blended ones. Blending rounds where the CPU
// truncates: one level for every mask that covers a pixel, less what later masks take of it.
#include "image/gl/draw_pass.hpp"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/trace.hpp"
#include "image/gl/convert_pass.hpp"
#include "image/gl/gl_thread.hpp"
#include "image/gl/logit_pass.hpp"
#include "image/gl/output.hpp"
#include "image/gl/shaders/mask.hpp"
#include "image/gl/source_textures.hpp"

namespace edgefirst::gl {
namespace {

constexpr std::uint64_t kMaskKey = std::uint64_t{1} << 33;
constexpr std::size_t kValueColumns = 2048;  // as in the shader
constexpr std::size_t kValueRowStep = 16;    // fewer sizes of textures

std::string mask_source(MaskKind kind, bool swaps) {
  std::string text = "#version 300 es\n#define MASK_BYTES 0\n#define MASK_COLORS 1\n";
  text += "#define MASK_LOGITS 2\n#define MASK_DOTS 3\n#define MASK " +
          integer_text(static_cast<int>(kind)) + "\n";
  text += "#define THRESHOLD (" + integer_text(int{kMaskThreshold}) + ".0 - 0.5)\n";
  text += swaps ? "#define SWAP 1\n" : "#define SWAP 0\n";
  return text + shaders::kMask;
}

class Drawing {
 public:
  Drawing(GlDevice& device, const DrawRequest& request, Output& output)
      : device_(device), gl_(device.gl()), request_(request), output_(output) {}

  void paint_background(Operand* background) {
    if (background == nullptr) {
      output_.begin();
      output_.clear({0, 0, 0, 0});
      return;
    }
    if (output_.takes_bytes_of(request_.background_layout) && !background->is_importable()) {
      return output_.fill(background->plane(0));
    }
    ConvertRequest copy;
    copy.source = request_.background_layout;
    copy.destination = request_.destination;
    copy.src_rect = copy.dst_rect = {0, 0, copy.destination.width, copy.destination.height};
    const SourceTextures textures = source_textures(device_, *background, copy.src_rect, true);
    render_picture(device_, copy, textures, output_, {output_.left(), output_.top()});
  }

  void paint_frames() {
    const ImageLayout& image = request_.destination;
    output_.begin();
    gl_.Enable(kScissorTest);
    for (const DrawnBox& drawn : request_.boxes) {
      Color color = request_.palette[drawn.color];
      color[3] = 255;
      for (const Rect& bar : frame_bars(drawn.box, image.width, image.height)) {
        if (bar.width == 0) continue;
        gl_.Scissor(output_.left() + static_cast<Int>(bar.left),
                    output_.top() + static_cast<Int>(bar.top), static_cast<Size>(bar.width),
                    static_cast<Size>(bar.height));
        output_.clear(color);
      }
    }
    gl_.Disable(kScissorTest);
  }

  void paint_masks(const OverlayData& data) {
    const Texture* bytes = upload_values(kTexelsR8, data.bytes().data(), data.bytes().size());
    const Texture* colors = upload_values(kTexelsRgba8, data.colors().data(), data.colors().size());
    const Texture* floats = upload_values(kTexelsFloat, data.floats().data(), data.floats().size());
    if (!data.logit_jobs().empty()) compute_logits(device_, data, *floats);
    const Texture* values[] = {bytes, colors, floats, bytes};  // in the order of MaskKind
    output_.begin();
    gl_.Enable(kBlend);
    gl_.BlendFuncSeparate(kSrcAlpha, kOneMinusSrcAlpha, kOne, kOneMinusSrcAlpha);
    for (const MaskItem& item : data.items()) {
      paint_mask(item, *values[static_cast<std::size_t>(item.kind)]);
    }
    gl_.Disable(kBlend);
  }

 private:
  /// Values one after the other; nullptr without any.
  const Texture* upload_values(const TexelLayout& texels, const void* values, std::size_t count) {
    if (count == 0) return nullptr;
    const std::size_t rows = (count + kValueColumns - 1) / kValueColumns;
    const std::size_t step = (rows + kValueRowStep - 1) / kValueRowStep * kValueRowStep;
    const Texture& texture = device_.textures().take(texels.internal, kValueColumns, step);
    std::vector<std::byte>& staging = device_.staging();
    const std::size_t bytes = rows * kValueColumns * texels.bytes;
    if (staging.size() < bytes) staging.resize(bytes);
    std::memcpy(staging.data(), values, count * texels.bytes);
    PlaneBytes plane;
    plane.data = staging.data();
    plane.stride = kValueColumns * texels.bytes;
    Texture used = texture;
    used.height = static_cast<Int>(rows);
    upload(gl_, used, texels, plane);
    return &texture;
  }

  void paint_mask(const MaskItem& item, const Texture& values) {
    const bool swaps = output_.is_direct() && output_.swaps();
    const std::uint64_t key =
        kMaskKey | static_cast<std::uint64_t>(item.kind) << 1 | (swaps ? 1 : 0);
    const Program& program =
        device_.programs().use(key, [&] { return mask_source(item.kind, swaps); });
    const Int x = output_.left() + static_cast<Int>(item.pixels.left);
    const Int y = output_.top() + static_cast<Int>(item.pixels.top);
    Color color = item.color;
    if (swaps) std::swap(color[0], color[2]);
    const auto level = [&](std::size_t c) { return static_cast<float>(color[c]) / 255; };
    const auto number = [](std::size_t value) { return static_cast<Int>(value); };
    bind(gl_, 0, values);
    gl_.Uniform2i(program.at(Uniform::kTarget), x, y);
    gl_.Uniform4i(program.at(Uniform::kLayout), number(item.offset), number(item.width),
                  number(item.height), number(item.dot));
    gl_.Uniform4i(program.at(Uniform::kRect), number(item.pixels.width), number(item.pixels.height),
                  number(item.columns), number(item.rows));
    gl_.Uniform4f(program.at(Uniform::kColor), level(0), level(1), level(2), level(3));
    gl_.Viewport(x, y, number(item.pixels.width), number(item.pixels.height));
    gl_.DrawArrays(kTriangles, 0, 3);
  }

  GlDevice& device_;
  const GlApi& gl_;
  const DrawRequest& request_;
  Output& output_;
};

}  // namespace

void draw(GlDevice& device, const DrawRequest& request, const OverlayData& data,
          Operand& destination, Operand* background) {
  TraceSpan span("image.draw.gl");
  const GlDevice::Job job(device);
  const bool imports =
      destination.is_importable() || (background != nullptr && background->is_importable());
  const ImageLayout& image = request.destination;
  Output output(device, destination, {0, 0, image.width, image.height});
  Drawing drawing(device, request, output);
  drawing.paint_background(background);
  if (!request.boxes.empty()) drawing.paint_frames();
  if (!data.items().empty()) drawing.paint_masks(data);
  output.finish({});
  if (imports) device.finish();  // whoever owns an imported buffer may touch it from here on
}

}  // namespace edgefirst::gl
