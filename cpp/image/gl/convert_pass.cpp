// SPDX-License-Identifier: Apache-2.0
// The geometry of a conversion, the choice of its shaders, and their uniforms.
#include "image/gl/convert_pass.hpp"

#include <string>
#include <utility>

#include "base/text.hpp"
#include "base/trace.hpp"
#include "image/cpu/color_kernels.hpp"
#include "image/gl/gl_thread.hpp"
#include "image/gl/output.hpp"
#include "image/gl/shaders/resample.hpp"
#include "image/gl/source_textures.hpp"

namespace edgefirst::gl {
namespace {

/// Source pixels per output up to which one pass costs less than two.
constexpr std::size_t kMostWholeTaps = 16;
enum class Pass { kWhole = 0, kRows = 1, kColumns = 2 };
enum class Taps { kPoint = 0, kFour = 1, kRow = 2, kColumn = 3, kBlock = 4, kStep = 5 };

Taps taps_of(std::size_t x, std::size_t y) {
  if (x == 1) return y == 1 ? Taps::kPoint : Taps::kColumn;
  if (y == 1) return Taps::kRow;
  return x == 2 && y == 2 ? Taps::kFour : Taps::kBlock;
}

/// What a shader is made for.
struct Variant {
  SourceKind source = SourceKind::kRgba;
  Pass pass = Pass::kWhole;
  Taps taps = Taps::kPoint;
  bool area = false;
  bool sideways = false;
  bool opaque = false;
  bool luma = false;
  bool swaps = false;
  bool is_signed = false;

  std::uint64_t key() const {
    std::uint64_t key = static_cast<std::uint64_t>(source);
    key = key << 2 | static_cast<std::uint64_t>(pass);
    key = key << 3 | static_cast<std::uint64_t>(taps);
    for (const bool bit : {area, sideways, opaque, luma, swaps, is_signed})
      key = key << 1 | (bit ? 1 : 0);
    return key;
  }

  std::string text() const {
    constexpr const char* kSources[] = {"RGBA", "BGRA", "RGB",         "GREY",    "TRIPLE",
                                        "YUYV", "VYUY", "SEMI_PLANAR", "FILTERED"};
    std::string text = "#version 300 es\n";
    const auto define = [&](const std::string& name, std::size_t value) {
      text += "#define " + name + " " + integer_text(value) + "\n";
    };
    for (std::size_t i = 0; i < std::size(kSources); ++i) {
      define(std::string("SOURCE_") + kSources[i], i);
    }
    define("SOURCE", static_cast<std::size_t>(source));
    define("PASS_WHOLE", 0);
    define("PASS_ROWS", 1);
    define("PASS_COLUMNS", 2);
    define("PASS", static_cast<std::size_t>(pass));
    for (const auto& [name, value] : {std::pair{"POINT", Taps::kPoint},
                                      {"FOUR", Taps::kFour},
                                      {"ROW", Taps::kRow},
                                      {"COLUMN", Taps::kColumn},
                                      {"BLOCK", Taps::kBlock},
                                      {"STEP", Taps::kStep}}) {
      define(std::string("TAPS_") + name, static_cast<std::size_t>(value));
    }
    define("TAPS", static_cast<std::size_t>(taps));
    define("AREA", area ? 1 : 0);
    define("SIDEWAYS", sideways ? 1 : 0);
    define("OPAQUE", opaque ? 1 : 0);
    define("LUMA", luma ? 1 : 0);
    define("SWAP", swaps ? 1 : 0);
    define("SIGNED", is_signed ? 1 : 0);
    return text + shaders::kResample;
  }
};

/// Which source pixels make every row and column of outputs.
struct Plans {
  const PlanTextures::Plan& rows;
  const PlanTextures::Plan& columns;
};

Plans plans_of(GlDevice& device, const ConvertRequest& request) {
  const Rect& from = request.src_rect;
  const Rect& to = request.dst_rect;
  const bool sideways = request.turns_sideways();
  const auto plan = [&](std::size_t source, std::size_t outputs, bool mirrors) -> const auto& {
    return device.plans().get(source, outputs, request.filter, mirrors);
  };
  return {plan(from.height, sideways ? to.width : to.height, request.mirrors_y()),
          plan(from.width, sideways ? to.height : to.width, request.mirrors_x())};
}

class Conversion {
 public:
  Conversion(GlDevice& device, const ConvertRequest& request, const SourceTextures& source,
             Output& output)
      : device_(device),
        gl_(device.gl()),
        request_(request),
        source_(source),
        output_(output),
        plans_(plans_of(device, request)) {}

  /// Renders dst_rect, whose first pixel is x, y of the canvas.
  void render(Int x, Int y) {
    const Rect& from = request_.src_rect;
    const Rect& to = request_.dst_rect;
    Variant last;
    last.sideways = request_.turns_sideways();
    last.swaps = output_.is_direct() && output_.swaps();
    last.is_signed = output_.is_direct() && output_.is_signed();
    last.area = request_.filter == Filter::kArea;
    const bool one_pass = plans_.rows.taps == 1 || plans_.columns.taps == 1 ||
                          plans_.rows.taps * plans_.columns.taps <= kMostWholeTaps;
    if (one_pass) {
      describe_source(last);
      last.taps = taps_of(plans_.columns.taps, plans_.rows.taps);
      if (plans_.columns.is_regular && plans_.rows.is_regular) last.taps = Taps::kStep;
      bind_source();
      output_.begin();
      draw(last, {x, y, to.width, to.height}, source_.left, source_.top);
      return;
    }
    const std::size_t row_outputs = last.sideways ? to.width : to.height;
    Texture& between = device_.textures().take(kRgba16ui, from.width, row_outputs);
    Variant first;
    describe_source(first);
    first.pass = Pass::kRows;
    first.taps = Taps::kColumn;
    first.area = last.area;
    bind_source();
    render_to(gl_, between);
    draw(first, {0, 0, from.width, row_outputs}, source_.left, source_.top);

    last.source = SourceKind::kFiltered;
    last.pass = Pass::kColumns;
    last.taps = Taps::kRow;
    bind(gl_, 0, between);
    output_.begin();
    draw(last, {x, y, to.width, to.height}, 0, 0);
  }

 private:
  struct Target {
    Int x, y;
    std::size_t width, height;
  };

  void describe_source(Variant& variant) const {
    variant.source = source_.kind;
    variant.opaque = !(request_.source.has_alpha() && request_.destination.has_alpha());
    variant.luma = request_.source.is_yuv() && request_.destination.format == PixelFormat::kGrey;
  }

  void bind_source() const {
    bind(gl_, 0, *source_.image);
    if (source_.chroma != nullptr) bind(gl_, 1, *source_.chroma);
  }

  void draw(const Variant& variant, const Target& target, Int left, Int top) {
    const Program& program = device_.programs().use(variant.key(), [&] { return variant.text(); });
    if (variant.taps == Taps::kStep) {
      gl_.Uniform2i(program.at(Uniform::kOrigin), left + plans_.columns.first,
                    top + plans_.rows.first);
      gl_.Uniform2i(program.at(Uniform::kTaps), plans_.columns.step, plans_.rows.step);
    } else {
      bind(gl_, 2, plans_.columns.texture);
      bind(gl_, 3, plans_.rows.texture);
      gl_.Uniform2i(program.at(Uniform::kOrigin), left, top);
      gl_.Uniform2i(program.at(Uniform::kTaps), static_cast<Int>(plans_.columns.taps),
                    static_cast<Int>(plans_.rows.taps));
    }
    gl_.Uniform2i(program.at(Uniform::kTarget), target.x, target.y);
    if (request_.source.is_yuv() && variant.pass != Pass::kColumns) set_colors(program);
    gl_.Viewport(target.x, target.y, static_cast<Size>(target.width),
                 static_cast<Size>(target.height));
    gl_.DrawArrays(kTriangles, 0, 3);
  }

  /// The CPU's matrix, rounded as there.
  void set_colors(const Program& program) const {
    const ImageLayout& image = request_.source;
    const bool floors = image.layout() == PixelLayout::kSemiPlanar;
    const cpu::YuvToRgb m = cpu::yuv_to_rgb(image.color, floors);
    const float factor = static_cast<float>(m.luma) / 8192;
    const bool limited = image.color.range == ColorRange::kLimited;
    const float black = limited ? 16.0F : 0.0F;
    const float least = floors ? 0.0F : -512.0F;
    const auto tint = [](std::int16_t value) { return static_cast<float>(value) / 4096; };
    gl_.Uniform4f(program.at(Uniform::kLuma), factor, black, least, 0);
    gl_.Uniform4f(program.at(Uniform::kTint), tint(m.red_v), tint(m.green_u), tint(m.green_v),
                  tint(m.blue_u));
    const bool halves = image.format == PixelFormat::kNv12;
    gl_.Uniform4i(program.at(Uniform::kLayout), halves ? 1 : 0, 0, 0, 0);
  }

  GlDevice& device_;
  const GlApi& gl_;
  const ConvertRequest& request_;
  const SourceTextures& source_;
  Output& output_;
  Plans plans_;
};

}  // namespace

Rect written_region(const ConvertRequest& request) {
  const Rect whole{0, 0, request.destination.width, request.destination.height};
  return request.fill ? whole : request.dst_rect;
}

CpuAccess written_access(const ConvertRequest& request) {
  const Rect whole{0, 0, request.destination.width, request.destination.height};
  return written_region(request) == whole ? CpuAccess::kWrite : CpuAccess::kReadWrite;
}

void render_picture(GlDevice& device, const ConvertRequest& request, const SourceTextures& source,
                    Output& output, PixelPosition at) {
  Conversion(device, request, source, output).render(at.x, at.y);
}

void describe(TraceSpan& span, const ConvertRequest& request) {
  if (!span.is_recording()) return;
  span.field("src_fmt", pixel_format_info(request.source.format).name)
      .field("dst_fmt", pixel_format_info(request.destination.format).name)
      .field("is_int8", request.destination.dtype == DType::kI8)
      .field("src_memory", tensor_memory_name(request.src->memory()))
      .field("dst_memory", tensor_memory_name(request.dst->memory()));
}

void convert(GlDevice& device, const ConvertRequest& request, const Ends& ends) {
  TraceSpan span("image.convert.gl");
  describe(span, request);
  const GlDevice::Job job(device);
  const Rect region = written_region(request);
  const bool reads_import = ends.source.is_importable();
  const bool writes_import = ends.destination.is_importable();
  Output output(device, ends.destination, region, ends.readback);
  const Plans plans = plans_of(device, request);
  const bool sparsely = plans.rows.taps == 1 && plans.columns.taps == 1;
  const SourceTextures textures = source_textures(device, ends.source, request.src_rect, sparsely);
  if (request.fill) {
    output.begin();
    output.clear(*request.fill);
  }
  render_picture(device, request, textures, output,
                 {output.left() + static_cast<Int>(request.dst_rect.left - region.left),
                  output.top() + static_cast<Int>(request.dst_rect.top - region.top)});
  output.finish({request.scale, request.offset});
  // Whoever owns an imported buffer may touch it from here on.
  const bool may_return = ends.readback != nullptr;
  if (!may_return && ((reads_import && textures.is_imported) || writes_import)) device.finish();
}

}  // namespace edgefirst::gl
