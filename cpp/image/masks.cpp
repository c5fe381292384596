// SPDX-License-Identifier: Apache-2.0
// Masks from prototypes. A mask pixel at p of n samples the grid at
//   s = (l0 + (p + 1/2) / n * (l1 - l0)) * cells - 1/2,
// held at the outermost cells, with l the letterbox; it is set where the interpolated logit > 0.
#include "image/masks.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/checked.hpp"
#include "base/float16.hpp"
#include "base/message.hpp"
#include "base/parallel.hpp"
#include "base/trace.hpp"
#include "image/draw_request.hpp"
#include "tensor/layout.hpp"

namespace edgefirst {
namespace {

std::size_t channel_axis(ProtoLayout layout) { return layout == ProtoLayout::kNhwc ? 2 : 0; }

bool is_coefficient_dtype(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kI8 ||
         dtype == DType::kI16;
}

void check_quantized(const Tensor& tensor, const char* name) {
  if (tensor.dtype() != DType::kI8 || tensor.quantization() != nullptr) return;
  raise(ErrorCode::kInvalidShape, name,
        " are int8 without quantization: set_quantization() gives their scale and zero point");
}

void check_contiguous(const Tensor& tensor, const char* name) {
  const RowLayout rows = row_layout(tensor);
  if (rows.stride == rows.tight || rows.count <= 1) return;
  raise(ErrorCode::kNotSupported, name, " lie in rows ", rows.stride, " bytes apart and ",
        rows.tight, " bytes long: copy them into a tensor without gaps");
}

/// Throws where prototypes and the coefficients of that many detections do not fit together.
void check_detections(std::size_t count, const ProtoData& protos) {
  check_protos(protos);
  const std::size_t rows = protos.mask_coefficients.shape()[0];
  if (rows == 0) return;
  if (rows != count) {
    raise(ErrorCode::kInvalidShape, rows, " rows of mask coefficients for ", count, " detections");
  }
  check_quantized(protos.mask_coefficients, "mask coefficients");
  check_quantized(protos.protos, "protos");
}

/// The cells that a box touches.
Rect proto_roi(const BoundingBox& box, std::size_t width, std::size_t height) {
  const auto range = [](float low, float high, std::size_t cells, std::size_t& begin,
                        std::size_t& size) {
    const auto n = static_cast<float>(cells);
    begin = std::min(static_cast<std::size_t>(low * n), cells - 1);
    const auto end = std::min(static_cast<std::size_t>(std::ceil(high * n)), cells);
    size = end > begin ? end - begin : 1;
  };
  Rect roi;
  range(box.xmin, box.xmax, width, roi.left, roi.width);
  range(box.ymin, box.ymax, height, roi.top, roi.height);
  return roi;
}

}  // namespace

void check_protos(const ProtoData& protos) {
  const Shape& grid = protos.protos.shape();
  const Shape& rows = protos.mask_coefficients.shape();
  if (grid.rank() != 3 || grid.element_count() == 0) {
    raise(ErrorCode::kInvalidShape, "protos of shape ", grid.to_string(),
          " are no grid: expected [H, W, K] or [K, H, W]");
  }
  const std::size_t channels = grid[channel_axis(protos.layout)];
  if (rows.rank() != 2 || (rows[0] != 0 && rows[1] != channels)) {
    raise(ErrorCode::kInvalidShape, "mask coefficients of shape ", rows.to_string(),
          " do not fit protos of ", channels, " channels: expected [N, ", channels, "]");
  }
  check_contiguous(protos.protos, "protos");
  check_contiguous(protos.mask_coefficients, "mask coefficients");
  if (!is_coefficient_dtype(protos.mask_coefficients.dtype())) {
    raise(ErrorCode::kNotSupported, "mask coefficients of ",
          dtype_info(protos.mask_coefficients.dtype()).name,
          ": expected float32, float16, int8 or int16");
  }
  if (cpu::logit_kernel(protos.protos.dtype(), protos.layout) == nullptr) {
    raise(ErrorCode::kNotSupported, "protos of ", dtype_info(protos.protos.dtype()).name,
          ": expected float32, float16, int8 or uint8");
  }
  const Quantization* quantization = protos.protos.quantization();
  if (quantization != nullptr && quantization->is_per_channel() &&
      quantization->axis() != channel_axis(protos.layout)) {
    raise(ErrorCode::kNotSupported, "protos quantized along axis ", *quantization->axis(),
          ": expected the channel axis ", channel_axis(protos.layout));
  }
  const Quantization* rows_quantization = protos.mask_coefficients.quantization();
  if (rows_quantization != nullptr && rows_quantization->is_per_channel() &&
      rows_quantization->axis() != std::size_t{1}) {
    raise(ErrorCode::kNotSupported, "mask coefficients quantized along axis ",
          *rows_quantization->axis(), ": expected the channel axis 1");
  }
}

ProtoGrid::ProtoGrid(const ProtoData& protos)
    : coefficients_(protos.mask_coefficients.map(CpuAccess::kRead)),
      protos_(protos.protos.map(CpuAccess::kRead)),
      coefficient_quantization_(protos.mask_coefficients.quantization()),
      proto_quantization_(protos.protos.quantization()),
      layout_(protos.layout),
      kernel_(cpu::logit_kernel(protos.protos.dtype(), protos.layout)) {
  const Shape& shape = protos.protos.shape();
  const bool nhwc = layout_ == ProtoLayout::kNhwc;
  height_ = shape[nhwc ? 0 : 1];
  width_ = shape[nhwc ? 1 : 2];
  channels_ = shape[nhwc ? 2 : 0];
}

float ProtoGrid::coefficient(std::size_t detection, std::size_t channel) const {
  const std::size_t i = detection * channels_ + channel;
  switch (coefficients_.dtype()) {
    case DType::kF16:
      return to_float(coefficients_.as<const Float16>()[i]);
    case DType::kI8:
      return coefficients_.as<const std::int8_t>()[i];
    case DType::kI16:
      return coefficients_.as<const std::int16_t>()[i];
    default:
      return coefficients_.as<const float>()[i];
  }
}

void ProtoGrid::load(std::size_t detection, Weights& weights) const {
  const Quantization* rows = coefficient_quantization_;
  const Quantization* grid = proto_quantization_;
  weights.coefficients.resize(channels_);
  weights.bias = 0;
  weights.scale = 1;
  if (rows != nullptr && rows->is_per_tensor()) weights.scale *= rows->scale();
  if (grid != nullptr && grid->is_per_tensor()) weights.scale *= grid->scale();
  for (std::size_t k = 0; k < channels_; ++k) {
    float value = coefficient(detection, k);
    if (rows != nullptr) {
      value -= static_cast<float>(rows->zero_point(k));
      if (rows->is_per_channel()) value *= rows->scale(k);
    }
    if (grid != nullptr) {
      if (grid->is_per_channel()) value *= grid->scale(k);
      weights.bias += value * static_cast<float>(grid->zero_point(k));
    }
    weights.coefficients[k] = value;
  }
}

void ProtoGrid::logits(const Weights& weights, std::size_t x, std::size_t y, std::size_t count,
                       float* out) const {
  const std::size_t element = (y * width_ + x) * cell_stride();
  const cpu::ProtoRun run{data() + element * dtype_size(protos_.dtype()), count, channels_,
                          width_ * height_};
  kernel_(run, weights.coefficients.data(), weights.bias, weights.scale, out);
}

void ScaledMask::locate(const ProtoGrid& grid, const Rect& pixels, const MaskResolution& picture,
                        const BoundingBox& letterbox) {
  const auto place = [](std::size_t first, std::size_t count, std::size_t total, std::size_t cells,
                        float low, float high, std::vector<Position>& out) {
    const double scale = (double{high} - low) / static_cast<double>(total);
    out.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const double s = (low + (static_cast<double>(first + i) + 0.5) * scale) * cells - 0.5;
      const double held = std::clamp(s, 0.0, static_cast<double>(cells - 1));
      const double cell = std::floor(held);
      out[i] = {static_cast<std::uint32_t>(cell), static_cast<float>(held - cell)};
    }
  };
  place(pixels.left, pixels.width, picture.width, grid.width(), letterbox.xmin, letterbox.xmax,
        columns_);
  place(pixels.top, pixels.height, picture.height, grid.height(), letterbox.ymin, letterbox.ymax,
        rows_);
  const auto span = [](std::vector<Position>& positions, std::size_t cells, std::size_t& count) {
    const auto [low, high] = std::minmax(positions.front().cell, positions.back().cell);
    const std::size_t first = low;
    count = std::min<std::size_t>(std::size_t{high} + 2, cells) - first;
    for (Position& position : positions) position.cell -= static_cast<std::uint32_t>(first);
    return first;
  };
  cells_.left = span(columns_, grid.width(), cells_.width);
  cells_.top = span(rows_, grid.height(), cells_.height);
  pitch_ = cells_.width + 1;
}

void ScaledMask::prepare(const ProtoGrid& grid, std::size_t detection, const Rect& pixels,
                         const MaskResolution& picture, const BoundingBox& letterbox) {
  locate(grid, pixels, picture, letterbox);
  grid.load(detection, weights_);
  const std::size_t columns = cells_.width, rows = cells_.height;
  logits_.resize(pitch_ * (rows + 1));
  for (std::size_t y = 0; y < rows; ++y) {
    float* out = &logits_[y * pitch_];
    grid.logits(weights_, cells_.left, cells_.top + y, columns, out);
    out[columns] = out[columns - 1];
  }
  std::copy_n(&logits_[(rows - 1) * pitch_], pitch_, &logits_[rows * pitch_]);

  threshold_ = cpu::threshold_kernel();
  runs_.clear();
  fractions_.clear();
  for (std::uint32_t i = 0; i < columns_.size(); ++i) {
    fractions_.push_back(columns_[i].fraction);
    const std::uint32_t cell = columns_[i].cell;
    if (runs_.empty() || runs_.back().cell != cell) runs_.push_back({i, i, cell});
    runs_.back().end = i + 1;
  }
}

void ScaledMask::row(std::size_t y, float* line, std::uint8_t* out) const {
  const Position& position = rows_[y];
  const float* upper = &logits_[position.cell * pitch_];
  const float* lower = upper + pitch_;
  for (std::size_t i = 0; i < pitch_; ++i) {
    line[i] = upper[i] + (lower[i] - upper[i]) * position.fraction;
  }
  threshold_(line, {runs_.data(), runs_.size(), fractions_.data(), fractions_.size()}, out);
}

Rect pixel_rect(const BoundingBox& box, std::size_t width, std::size_t height) {
  const auto range = [](float low, float high, std::size_t total, std::size_t& begin,
                        std::size_t& size) {
    const auto n = static_cast<float>(total);
    begin = std::min(static_cast<std::size_t>(std::round(low * n)), total - 1);
    const auto end = std::min(static_cast<std::size_t>(std::round(high * n)), total);
    size = end > begin ? end - begin : 1;
  };
  Rect rect;
  range(box.xmin, box.xmax, width, rect.left, rect.width);
  range(box.ymin, box.ymax, height, rect.top, rect.height);
  return rect;
}

void MaskMaterializer::materialize(Span<const DetectBox> boxes, const ProtoData& protos,
                                   const BoundingBox& letterbox, const MaskResolution& resolution,
                                   SegmentationList& masks) {
  const bool scaled = resolution.width != 0 || resolution.height != 0;
  if (scaled && (resolution.width == 0 || resolution.height == 0)) {
    raise(ErrorCode::kInvalidShape, "masks of ", resolution.width, "x", resolution.height,
          ": both sizes must be at least 1");
  }
  if (!boxes.empty()) check_detections(boxes.size(), protos);
  masks.clear();
  if (boxes.empty() || protos.mask_coefficients.shape()[0] == 0) return;
  const ProtoGrid grid(protos);
  if (scaled) {
    at_picture_resolution(boxes, grid, letterbox, resolution, masks);
  } else {
    at_proto_resolution(boxes, grid, letterbox, masks);
  }
}

template <class Body>
void MaskMaterializer::for_each(std::size_t count, const Body& body) {
  const std::size_t pieces = std::min(count, 2 * thread_limit());
  if (workers_.size() < pieces) workers_.resize(pieces);
  parallel_for(pieces, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t piece = first; piece < last; ++piece) {
      for (std::size_t i = piece; i < count; i += pieces) body(i, workers_[piece]);
    }
  });
}

void MaskMaterializer::at_proto_resolution(Span<const DetectBox> boxes, const ProtoGrid& grid,
                                           const BoundingBox& letterbox, SegmentationList& masks) {
  const auto width = static_cast<float>(grid.width());
  const auto height = static_cast<float>(grid.height());
  rects_.clear();
  for (const DetectBox& box : boxes) {
    const Rect roi = proto_roi(canonical(box.box), grid.width(), grid.height());
    const BoundingBox region{static_cast<float>(roi.left) / width,
                             static_cast<float>(roi.top) / height,
                             static_cast<float>(roi.left + roi.width) / width,
                             static_cast<float>(roi.top + roi.height) / height};
    rects_.push_back(roi);
    masks.append(from_letterbox(region, letterbox), roi.height, roi.width, 1);
  }
  for_each(boxes.size(), [&](std::size_t i, Worker& worker) {
    const Rect& roi = rects_[i];
    grid.load(i, worker.weights);
    worker.logits.resize(std::max(worker.logits.size(), roi.width));
    auto* out = const_cast<std::uint8_t*>(masks[i].data);  // the list's own bytes, not const there
    for (std::size_t y = 0; y < roi.height; ++y) {
      grid.logits(worker.weights, roi.left, roi.top + y, roi.width, worker.logits.data());
      for (std::size_t x = 0; x < roi.width; ++x) *out++ = worker.logits[x] > 0 ? 255 : 0;
    }
  });
}

void MaskMaterializer::at_picture_resolution(Span<const DetectBox> boxes, const ProtoGrid& grid,
                                             const BoundingBox& letterbox,
                                             const MaskResolution& picture,
                                             SegmentationList& masks) {
  rects_.clear();
  std::size_t bytes = 0;
  for (const DetectBox& box : boxes) {
    const BoundingBox region = from_letterbox(canonical(box.box), letterbox);
    rects_.push_back(pixel_rect(region, picture.width, picture.height));
    bytes = checked_add(bytes, checked_multiply(rects_.back().width, rects_.back().height));
  }
  masks.reserve(boxes.size(), bytes);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const BoundingBox region = from_letterbox(canonical(boxes[i].box), letterbox);
    masks.append(region, rects_[i].height, rects_[i].width, 1);
  }
  for_each(boxes.size(), [&](std::size_t i, Worker& worker) {
    const Rect& rect = rects_[i];
    worker.scaled.prepare(grid, i, rect, picture, letterbox);
    const std::size_t line = worker.scaled.line_size();
    worker.logits.resize(std::max(worker.logits.size(), line));
    auto* out = const_cast<std::uint8_t*>(masks[i].data);  // the list's own bytes, not const there
    for (std::size_t y = 0; y < rect.height; ++y) {
      worker.scaled.row(y, worker.logits.data(), out + y * rect.width);
    }
  });
}

}  // namespace edgefirst
