// SPDX-License-Identifier: Apache-2.0
// Instance masks: dot products inside each box, mapped to bytes.
#include "decoder/masks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/checked.hpp"
#include "base/parallel.hpp"
#include "base/trace.hpp"
#include "decoder/mask_kernels.hpp"

namespace edgefirst::decoding {
namespace {

constexpr float kLeastLogit = -6.25F;  // below, every level is 0; from 6.25 on it is 255
constexpr float kLogitRange = 12.5F;
constexpr std::size_t kRowCapacity = 512;                    // pixels summed at a time
constexpr std::size_t kMaxFastChannels = 1024;               // narrow coefficients on the stack
constexpr std::size_t kParallelWork = std::size_t{1} << 20;  // multiplications worth a thread

std::uint8_t level_of(float z) {
  return static_cast<std::uint8_t>(std::round(255.0F / (1.0F + std::exp(-z))));
}

}  // namespace

const MaskLevels& MaskLevels::get() {
  static const MaskLevels levels;
  return levels;
}

MaskLevels::MaskLevels() : bound_{}, first_{} {
  bound_[0] = -std::numeric_limits<float>::infinity();
  bound_[256] = std::numeric_limits<float>::infinity();
  for (std::size_t level = 1; level < 256; ++level) {
    std::uint32_t low = order_of(-20.0F);
    std::uint32_t high = order_of(20.0F);
    while (low + 1 < high) {  // level_of(low) < level <= level_of(high)
      const std::uint32_t middle = low + (high - low) / 2;
      (level_of(value_of(middle)) >= level ? high : low) = middle;
    }
    bound_[level] = value_of(high);
  }
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const float edge = kLeastLogit + kLogitRange * static_cast<float>(cell) / kCells;
    // One level of slack: an edge may be rounded, and a cell is narrower than a level.
    const std::uint8_t level = level_of(edge);
    first_[cell] = level > 0 ? static_cast<std::uint8_t>(level - 1) : level;
  }
}

std::uint8_t MaskLevels::operator()(float z) const {
  constexpr float kCellsPerUnit = static_cast<float>(kCells) / kLogitRange;
  const float at = (z - kLeastLogit) * kCellsPerUnit;
  if (!(at > 0.0F)) return 0;  // NaN too
  if (at >= static_cast<float>(kCells)) return 255;
  std::size_t level = first_[static_cast<std::size_t>(at)];
  level += z >= bound_[level + 1] ? 1U : 0U;
  level += z >= bound_[level + 1] ? 1U : 0U;
  return static_cast<std::uint8_t>(level);
}

namespace {

/// [lower, upper) of a box edge pair on count pixels: rounded outwards, clamped to the plane.
std::pair<std::size_t, std::size_t> span_of(float a, float b, std::size_t count) {
  const auto limit = static_cast<float>(count);
  const float low = std::clamp(std::min(a, b) * limit, 0.0F, limit);
  const float high = std::clamp(std::max(a, b) * limit, 0.0F, limit);
  return {static_cast<std::size_t>(low), static_cast<std::size_t>(std::ceil(high))};
}

void check_normalized(const BoundingBox& box) {
  if (!(box.xmin > 2.0F || box.ymin > 2.0F || box.xmax > 2.0F || box.ymax > 2.0F)) return;
  raise(ErrorCode::kInvalidShape, "boxes appear un-normalized: [", box.xmin, ", ", box.ymin, ", ",
        box.xmax, ", ", box.ymax,
        "], but masks need coordinates in 0...1; declare normalized: false and the input size");
}

bool is_integer_pair(const MaskInput& input) {
  const auto plain = [](DType dtype, const Affine& affine) {
    return !is_float(dtype) && !affine.is_per_feature();
  };
  if (!plain(input.protos.dtype, input.protos.affine)) return false;
  return std::all_of(input.coefficients.begin(), input.coefficients.end(),
                     [&](const FeatureView& view) {
                       return plain(view.dtype, view.affine) &&
                              view.affine.scale == input.coefficients[0].affine.scale;
                     });
}

/// Pixel (x, y) of float prototypes, or dequantised ones, in single precision.
template <typename T>
void sum_real(const ImageView& protos, const std::byte* first, const float* coefficients,
              std::size_t count, float* sums) {
  for (std::size_t x = 0; x < count; ++x, first += protos.column_stride) {
    float sum = 0;
    const std::byte* at = first;
    for (std::size_t k = 0; k < protos.channels; ++k, at += protos.channel_stride) {
      const float stored = as_float(load<T>(at));
      const float real = is_float(protos.dtype) ? stored : protos.affine.at(k).real(stored);
      sum += real * coefficients[k];
    }
    sums[x] = sum;
  }
}

/// Exact for every integer type: 64 bits hold narrow inputs, 128 bits 32-bit ones.
template <typename T>
void sum_exact(const ImageView& protos, const std::byte* first, const std::int64_t* coefficients,
               std::size_t count, float* sums) {
  __extension__ using Wide = __int128;
  using Sum = std::conditional_t<(sizeof(T) > 2), Wide, std::int64_t>;
  for (std::size_t x = 0; x < count; ++x, first += protos.column_stride) {
    Sum sum = 0;
    const std::byte* at = first;
    for (std::size_t k = 0; k < protos.channels; ++k, at += protos.channel_stride) {
      const auto proto = std::int64_t{load<T>(at)} - protos.affine.zero_point;
      sum += static_cast<Sum>(coefficients[k]) * proto;
    }
    sums[x] = static_cast<float>(sum);
  }
}

}  // namespace

/// One anchor's coefficients: integers less their zero point, or real numbers.
void MaskMaker::gather_row(const FeatureView& view, std::size_t anchor, std::size_t first) {
  visit_dtype(view.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      for (std::size_t k = 0; is_integer_ && k < channels_; ++k) {
        integer_[first + k] = std::int64_t{load<T>(view.at(k, anchor))} - view.affine.zero_point;
      }
    }
    for (std::size_t k = 0; !is_integer_ && k < channels_; ++k) {
      real_[first + k] = view.affine.at(k).real(as_float(load<T>(view.at(k, anchor))));
    }
  });
}

void MaskMaker::gather(const MaskInput& input, Span<const Pick> picks) {
  is_integer_ = is_integer_pair(input);
  channels_ = input.protos.channels;
  scale_ = is_integer_ ? input.coefficients[0].affine.scale * input.protos.affine.scale : 1.0F;
  (is_integer_ ? integer_.resize(picks.size() * channels_)
               : real_.resize(picks.size() * channels_));
  input.for_each_row(picks, [&](const FeatureView& view, std::size_t anchor, std::size_t index) {
    gather_row(view, anchor, index * channels_);
  });
}

namespace {

/// Coefficients as 16 bits, where the kernels' 32-bit sums cannot overflow.
bool narrow(const std::int64_t* coefficients, std::size_t channels, std::int16_t* out) {
  constexpr std::int64_t kMaxSum = std::numeric_limits<std::int32_t>::max();
  std::int64_t largest = 0;
  for (std::size_t k = 0; k < channels; ++k) {
    largest = std::max(largest, std::abs(coefficients[k]));
  }
  if (channels > kMaxFastChannels || largest > std::numeric_limits<std::int16_t>::max() ||
      largest * 255 * static_cast<std::int64_t>(channels) > kMaxSum) {
    return false;
  }
  std::copy_n(coefficients, channels, out);
  return true;
}

/// The kernel that fits the layout, with the stride it walks; nullptr where none does.
template <typename Kernel>
std::pair<Kernel*, std::ptrdiff_t> choose(const ImageView& protos, Kernel* pixels, Kernel* planes) {
  const auto size = static_cast<std::ptrdiff_t>(dtype_size(protos.dtype));
  if (protos.channel_stride == size) return {pixels, protos.column_stride};
  if (protos.column_stride == size) return {planes, protos.channel_stride};
  return {nullptr, 0};
}

/// Sums of one row piece, from whichever loop fits.
class RowSums {
 public:
  RowSums(const ImageView& protos, const std::int64_t* integer, const float* real, float scale)
      : protos_(protos), integer_(integer), real_(real), scale_(scale) {
    const MaskKernels kernels = mask_kernels();
    if (integer == nullptr) {
      if (protos.dtype == DType::kF32) {
        std::tie(float_kernel_, stride_) = choose(protos, kernels.pixels_f32, kernels.planes_f32);
      }
      return;
    }
    const bool is_signed = protos.dtype == DType::kI8;
    if (!is_signed && protos.dtype != DType::kU8) return;
    if (!narrow(integer, protos.channels, narrow_)) return;
    std::tie(integer_kernel_, stride_) =
        choose(protos, is_signed ? kernels.pixels_i8 : kernels.pixels_u8,
               is_signed ? kernels.planes_i8 : kernels.planes_u8);
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < protos.channels; ++k) sum += integer[k];
    offset_ = sum * protos.affine.zero_point;
  }

  /// Logits of count <= kRowCapacity pixels from first on.
  void operator()(const std::byte* first, std::size_t count, float* logits) const {
    if (integer_kernel_ != nullptr) {
      std::int32_t sums[kRowCapacity];
      integer_kernel_(first, stride_, narrow_, protos_.channels, count, sums);
      for (std::size_t x = 0; x < count; ++x) {
        logits[x] = static_cast<float>(std::int64_t{sums[x]} - offset_) * scale_;
      }
    } else if (float_kernel_ != nullptr) {
      float_kernel_(first, stride_, real_, protos_.channels, count, logits);
    } else {
      visit_dtype(protos_.dtype, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_integral_v<T>) {
          if (integer_ != nullptr) {
            sum_exact<T>(protos_, first, integer_, count, logits);
            for (std::size_t x = 0; x < count; ++x) logits[x] *= scale_;
            return;
          }
        }
        sum_real<T>(protos_, first, real_, count, logits);
      });
    }
  }

 private:
  const ImageView& protos_;
  const std::int64_t* integer_;
  const float* real_;
  float scale_;
  MaskKernels::Integer* integer_kernel_ = nullptr;
  MaskKernels::Float* float_kernel_ = nullptr;
  std::ptrdiff_t stride_ = 0;
  std::int64_t offset_ = 0;
  std::int16_t narrow_[kMaxFastChannels];
};

}  // namespace

void MaskMaker::fill(const MaskInput& input, std::size_t index, const Region& region,
                     std::uint8_t* out) const {
  const MaskLevels& levels = MaskLevels::get();
  const std::size_t at = index * channels_;
  const RowSums sums(input.protos, is_integer_ ? integer_.data() + at : nullptr,
                     is_integer_ ? nullptr : real_.data() + at, scale_);
  float logits[kRowCapacity];
  for (std::size_t y = region.y; y < region.y + region.height; ++y) {
    for (std::size_t x = 0; x < region.width; x += kRowCapacity) {
      const std::size_t count = std::min(kRowCapacity, region.width - x);
      sums(input.protos.at(y, region.x + x), count, logits);
      for (std::size_t i = 0; i < count; ++i) *out++ = levels(logits[i]);
    }
  }
}

void MaskMaker::append(const MaskInput& input, Span<const Pick> picks, SegmentationList& masks) {
  if (picks.empty()) return;
  TraceSpan span("decoder.decode.process_masks");
  for (const Pick& pick : picks) check_normalized(pick.detection.box);
  gather(input, picks);
  span.field("n", picks.size()).field("mode", is_integer_ ? "quant" : "float");
  const ImageView& protos = input.protos;
  const auto width = static_cast<float>(protos.width);
  const auto height = static_cast<float>(protos.height);
  const std::size_t first = masks.size();
  std::size_t pixels = 0;
  regions_.clear();
  for (const Pick& pick : picks) {
    const BoundingBox& box = pick.detection.box;
    const auto [x0, x1] = span_of(box.xmin, box.xmax, protos.width);
    const auto [y0, y1] = span_of(box.ymin, box.ymax, protos.height);
    regions_.push_back({x0, y0, x1 - x0, y1 - y0});
    pixels += (x1 - x0) * (y1 - y0);
    masks.append({static_cast<float>(x0) / width, static_cast<float>(y0) / height,
                  static_cast<float>(x1) / width, static_cast<float>(y1) / height},
                 y1 - y0, x1 - x0, 1);
  }
  const std::size_t work = pixels * channels_;
  const std::size_t threads = std::max<std::size_t>(1, work / kParallelWork);
  parallel_for(
      picks.size(), 1,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          fill(input, i, regions_[i], masks.data(first + i));
        }
      },
      threads);
}

}  // namespace edgefirst::decoding
