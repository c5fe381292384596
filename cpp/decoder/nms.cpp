// SPDX-License-Identifier: Apache-2.0
// One box against all kept ones, a vector at a time.
#include "decoder/nms.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoder/nms.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "base/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::decoding {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

bool overlaps_any(const KeptBoxes& kept, const BoundingBox& box, std::uint32_t label,
                  const Suppression& options) {
  const hn::CappedTag<float, KeptBoxes::kPadding> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t count = kept.count;
  const auto xmin = hn::Set(d, box.xmin);
  const auto ymin = hn::Set(d, box.ymin);
  const auto xmax = hn::Set(d, box.xmax);
  const auto ymax = hn::Set(d, box.ymax);
  const auto area = hn::Set(d, (box.xmax - box.xmin) * (box.ymax - box.ymin));
  const auto threshold = hn::Set(d, options.iou_threshold);
  const auto own_label = hn::Set(du, label);
  const auto zero = hn::Zero(d);
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto width = hn::Max(zero, hn::Sub(hn::Min(xmax, hn::LoadU(d, &kept.xmax[i])),
                                             hn::Max(xmin, hn::LoadU(d, &kept.xmin[i]))));
    const auto height = hn::Max(zero, hn::Sub(hn::Min(ymax, hn::LoadU(d, &kept.ymax[i])),
                                              hn::Max(ymin, hn::LoadU(d, &kept.ymin[i]))));
    const auto intersection = hn::Mul(width, height);
    const auto both = hn::Sub(hn::Add(hn::LoadU(d, &kept.area[i]), area), intersection);
    auto overlaps = hn::Gt(intersection, hn::Mul(threshold, both));
    overlaps = hn::And(overlaps, hn::FirstN(d, count - i));
    if (options.class_aware) {
      const auto same = hn::Eq(hn::LoadU(du, &kept.label[i]), own_label);
      overlaps = hn::And(overlaps, hn::RebindMask(d, same));
    }
    if (!hn::AllFalse(d, overlaps)) return true;
  }
  return false;
}

OverlapKernel* choose_overlap_kernel() { return overlaps_any; }

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::decoding
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::decoding {

HWY_EXPORT(choose_overlap_kernel);

void KeptBoxes::add(const BoundingBox& box, std::uint32_t box_label) {
  if (count == label.size()) {
    for (std::vector<float>* column : {&xmin, &ymin, &xmax, &ymax, &area}) {
      column->resize(count + kPadding);
    }
    label.resize(count + kPadding);
  }
  xmin[count] = box.xmin;
  ymin[count] = box.ymin;
  xmax[count] = box.xmax;
  ymax[count] = box.ymax;
  area[count] = (box.xmax - box.xmin) * (box.ymax - box.ymin);
  label[count++] = box_label;
}

void Suppressor::begin(const Suppression& options) {
  simd::initialize();
  options_ = options;
  overlaps_any_ = HWY_DYNAMIC_DISPATCH(choose_overlap_kernel)();
  kept_.count = 0;
}

bool Suppressor::offer(const BoundingBox& box, std::uint32_t label) {
  if (options_.iou_threshold >= 1.0F) return true;
  if (overlaps_any_(kept_, box, label, options_)) return false;
  kept_.add(box, label);
  return true;
}

}  // namespace edgefirst::decoding
#endif
