// SPDX-License-Identifier: Apache-2.0
// The objects that hold what a decode found, and hal_dequantize.
#include <memory>

#include "edgefirst/decoder.hpp"
#include "edgefirst/detection.hpp"
#include "edgefirst/hal.h"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace capi = edgefirst::capi;
using capi::guard;
using capi::require;
using edgefirst::Tensor;

namespace {

edgefirst::Segmentation mask_at(const hal_segmentation_list* list, std::size_t index) {
  require({{"list", list}});
  capi::require_index(index, list->masks.size());
  return list->masks[index];
}

hal_tensor* take(std::optional<Tensor>& tensor) {
  if (!tensor) return nullptr;
  return guard([&] {
    auto* taken = new hal_tensor{std::move(*tensor)};
    tensor.reset();
    return taken;
  });
}

}  // namespace

hal_detect_box_list* hal_detect_box_list_new(const hal_detect_box* boxes, size_t count) {
  return guard([&] {
    if (count != 0) require({{"boxes", boxes}});
    auto list = std::make_unique<hal_detect_box_list>();
    list->boxes.reserve(count);
    for (std::size_t i = 0; i < count; ++i) list->boxes.push_back(capi::to_core(boxes[i]));
    return list.release();
  });
}

size_t hal_detect_box_list_len(const hal_detect_box_list* list) {
  return list == nullptr ? 0 : list->boxes.size();
}

int hal_detect_box_list_get(const hal_detect_box_list* list, size_t index,
                            hal_detect_box* out_box) {
  return guard([&] {
    require({{"list", list}, {"out_box", out_box}});
    capi::require_index(index, list->boxes.size());
    *out_box = capi::to_c(list->boxes[index]);
  });
}

void hal_detect_box_list_free(hal_detect_box_list* list) { capi::release(list); }

size_t hal_segmentation_list_len(const hal_segmentation_list* list) {
  return list == nullptr ? 0 : list->masks.size();
}

int hal_segmentation_list_get_bbox(const hal_segmentation_list* list, size_t index, float* xmin,
                                   float* ymin, float* xmax, float* ymax) {
  return guard([&] {
    require({{"xmin", xmin}, {"ymin", ymin}, {"xmax", xmax}, {"ymax", ymax}});
    const edgefirst::BoundingBox region = mask_at(list, index).region;
    *xmin = region.xmin;
    *ymin = region.ymin;
    *xmax = region.xmax;
    *ymax = region.ymax;
  });
}

const uint8_t* hal_segmentation_list_get_mask(const hal_segmentation_list* list, size_t index,
                                              size_t* out_height, size_t* out_width) {
  return guard([&] {
    const edgefirst::Segmentation mask = mask_at(list, index);
    if (out_height != nullptr) *out_height = mask.height;
    if (out_width != nullptr) *out_width = mask.width;
    return mask.data;
  });
}

void hal_segmentation_list_free(hal_segmentation_list* list) { capi::release(list); }

hal_tensor* hal_segmentation_to_mask(const hal_segmentation_list* list, size_t index) {
  return guard(
      [&] { return new hal_tensor{edgefirst::segmentation_to_mask(mask_at(list, index))}; });
}

void hal_proto_data_free(hal_proto_data* proto) { capi::release(proto); }

hal_tensor* hal_proto_data_take_protos(hal_proto_data* proto) {
  return proto == nullptr ? nullptr : take(proto->protos);
}

hal_tensor* hal_proto_data_take_mask_coefficients(hal_proto_data* proto) {
  return proto == nullptr ? nullptr : take(proto->mask_coefficients);
}

int32_t hal_proto_data_layout(const hal_proto_data* proto) {
  return proto == nullptr ? -1 : static_cast<int32_t>(proto->layout);
}

int hal_dequantize(const hal_tensor* input, hal_quantization quant, hal_tensor* output) {
  return guard([&] {
    require({{"input", input}, {"output", output}});
    edgefirst::dequantize(input->value, quant.scale, quant.zero_point, output->value);
  });
}
