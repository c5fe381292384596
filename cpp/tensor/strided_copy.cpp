// SPDX-License-Identifier: Apache-2.0
// Strided copies: axes are merged until few remain, then one two-dimensional kernel runs over the
// innermost axis of the destination and the densest axis of the source, in cache-sized tiles.
#include "tensor/strided_copy.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/checked.hpp"
#include "base/message.hpp"
#include "base/parallel.hpp"
#include "tensor/transpose.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kMaxAxes = 64;  // numpy's limit
constexpr std::size_t kParallelBytes = 256 * 1024;
constexpr std::size_t kTile = 16;  // 16 rows of a 64-byte line each stay in L1

struct Axis {
  std::size_t extent = 1;
  std::ptrdiff_t src = 0;
  std::ptrdiff_t dst = 0;
};

/// Two axes of a plan: rows follow `outer`, elements of a row follow `inner`.
struct Plane {
  Axis outer;
  Axis inner;
};
using PlaneKernel = void (*)(const std::byte* src, std::byte* dst, const Plane& plane);

struct Plan {
  std::array<Axis, kMaxAxes> axes;
  std::size_t rank = 0;  ///< axes outside the plane
  Plane plane;
  PlaneKernel kernel = nullptr;
  std::size_t item = 1;  ///< bytes per element
};

template <typename T>
void move_element(const std::byte* src, std::byte* dst) {
  std::memcpy(dst, src, sizeof(T));  // any alignment
}

void copy_rows(const std::byte* src, std::byte* dst, const Plane& plane) {
  for (std::size_t i = 0; i < plane.outer.extent; ++i) {
    std::memcpy(dst, src, plane.inner.extent);  // an extent in bytes here
    src += plane.outer.src;
    dst += plane.outer.dst;
  }
}

/// A row of N elements per step: planes become pixels, BGR becomes RGB.
template <typename T, std::size_t N>
void copy_narrow_rows(const std::byte* src, std::byte* dst, const Plane& plane) {
  const std::ptrdiff_t from = plane.inner.src;
  const std::ptrdiff_t to = plane.inner.dst;
  for (std::size_t i = 0; i < plane.outer.extent; ++i) {
    for (std::size_t j = 0; j < N; ++j) {
      const auto at = static_cast<std::ptrdiff_t>(j);
      move_element<T>(src + at * from, dst + at * to);
    }
    src += plane.outer.src;
    dst += plane.outer.dst;
  }
}

/// N rows side by side: pixels become planes.
template <typename T, std::size_t N>
void copy_few_rows(const std::byte* src, std::byte* dst, const Plane& plane) {
  copy_narrow_rows<T, N>(src, dst, {plane.inner, plane.outer});
}

template <typename T>
void copy_tiles(const std::byte* src, std::byte* dst, const Plane& plane) {
  const Axis& a = plane.outer;
  const Axis& b = plane.inner;
  for (std::size_t i0 = 0; i0 < a.extent; i0 += kTile) {
    const std::size_t i1 = std::min(i0 + kTile, a.extent);
    for (std::size_t j0 = 0; j0 < b.extent; j0 += kTile) {
      const std::size_t j1 = std::min(j0 + kTile, b.extent);
      for (std::size_t i = i0; i < i1; ++i) {
        const auto row = static_cast<std::ptrdiff_t>(i);
        for (std::size_t j = j0; j < j1; ++j) {
          const auto column = static_cast<std::ptrdiff_t>(j);
          move_element<T>(src + row * a.src + column * b.src, dst + row * a.dst + column * b.dst);
        }
      }
    }
  }
}

/// The part of an axis from first on.
Axis tail(const Axis& axis, std::size_t first) { return {axis.extent - first, axis.src, axis.dst}; }

/// Source rows become destination columns: whole blocks in registers, the two edges in tiles.
template <typename T>
void copy_transposed(const std::byte* src, std::byte* dst, const Plane& plane) {
  constexpr std::size_t kSide = block_side(sizeof(T));
  const Axis& a = plane.outer;
  const Axis& b = plane.inner;
  const std::size_t rows = a.extent / kSide * kSide;
  const std::size_t columns = b.extent / kSide * kSide;
  transpose_kernel(sizeof(T))({src, dst, b.src, a.dst, rows, columns});
  const auto row = static_cast<std::ptrdiff_t>(rows);
  const auto column = static_cast<std::ptrdiff_t>(columns);
  copy_tiles<T>(src + row * a.src, dst + row * a.dst, {tail(a, rows), b});
  copy_tiles<T>(src + column * b.src, dst + column * b.dst,
                {{rows, a.src, a.dst}, tail(b, columns)});
}

template <typename T>
PlaneKernel element_kernel(const Plane& plane) {
  switch (plane.inner.extent) {
    case 2:
      return copy_narrow_rows<T, 2>;
    case 3:
      return copy_narrow_rows<T, 3>;
    case 4:
      return copy_narrow_rows<T, 4>;
    default:
      break;
  }
  switch (plane.outer.extent) {
    case 1:
      return copy_few_rows<T, 1>;
    case 2:
      return copy_few_rows<T, 2>;
    case 3:
      return copy_few_rows<T, 3>;
    case 4:
      return copy_few_rows<T, 4>;
    default:
      break;
  }
  constexpr auto kItem = static_cast<std::ptrdiff_t>(sizeof(T));
  const bool transposed = plane.outer.src == kItem && plane.inner.dst == kItem;
  return transposed ? copy_transposed<T> : copy_tiles<T>;
}

PlaneKernel choose_kernel(const Plane& plane, std::size_t item) {
  switch (item) {
    case 1:
      return element_kernel<std::uint8_t>(plane);
    case 2:
      return element_kernel<std::uint16_t>(plane);
    case 4:
      return element_kernel<std::uint32_t>(plane);
    default:
      return element_kernel<std::uint64_t>(plane);
  }
}

/// Appends an axis, or widens the last one where both arrays continue it without a gap.
void add_axis(Plan& plan, const Axis& axis) {
  if (axis.extent == 1) return;
  if (plan.rank != 0) {
    Axis& last = plan.axes[plan.rank - 1];
    const auto extent = static_cast<std::ptrdiff_t>(axis.extent);
    if (last.src == extent * axis.src && last.dst == extent * axis.dst) {
      last = {last.extent * axis.extent, axis.src, axis.dst};
      return;
    }
  }
  plan.axes[plan.rank++] = axis;
}

/// Takes one axis out of the outer ones.
Axis take_axis(Plan& plan, std::size_t index) {
  const Axis axis = plan.axes[index];
  std::copy(plan.axes.begin() + index + 1, plan.axes.begin() + plan.rank,
            plan.axes.begin() + index);
  --plan.rank;
  return axis;
}

/// The axis whose neighbours lie closest together in the source; broadcast axes do not count.
std::size_t densest_source_axis(const Plan& plan) {
  std::size_t best = plan.rank - 1;
  for (std::size_t i = plan.rank; i-- > 0;) {
    const std::ptrdiff_t step = std::abs(plan.axes[i].src);
    if (step != 0 && step < std::abs(plan.axes[best].src)) best = i;
  }
  return best;
}

void finish_plan(Plan& plan) {
  const auto unit = static_cast<std::ptrdiff_t>(plan.item);
  Axis inner{1, unit, unit};
  if (plan.rank != 0) inner = take_axis(plan, plan.rank - 1);
  const bool rows = inner.src == unit && inner.dst == unit;
  Axis outer{1, 0, 0};
  if (plan.rank != 0) outer = take_axis(plan, rows ? plan.rank - 1 : densest_source_axis(plan));
  plan.plane = {outer, inner};
  if (rows) {
    plan.plane.inner.extent *= plan.item;
    plan.plane.inner.src = plan.plane.inner.dst = 1;
    plan.kernel = copy_rows;
  } else {
    plan.kernel = choose_kernel(plan.plane, plan.item);
  }
}

void run(const Plan& plan, std::size_t depth, const std::byte* src, std::byte* dst) {
  if (depth == plan.rank) {
    plan.kernel(src, dst, plan.plane);
    return;
  }
  const Axis& axis = plan.axes[depth];
  for (std::size_t i = 0; i < axis.extent; ++i) {
    run(plan, depth + 1, src, dst);
    src += axis.src;
    dst += axis.dst;
  }
}

/// The axis whose ranges the threads share out: the longest, whole rows where there are several.
Axis& longest_axis(Plan& plan) {
  const bool whole_rows = plan.kernel == copy_rows && plan.plane.outer.extent > 1;
  Axis* longest = whole_rows ? &plan.plane.outer : &plan.plane.inner;
  if (plan.plane.outer.extent > longest->extent) longest = &plan.plane.outer;
  for (std::size_t i = 0; i < plan.rank; ++i) {
    if (plan.axes[i].extent > longest->extent) longest = &plan.axes[i];
  }
  return *longest;
}

void run_parallel(Plan& plan, std::size_t bytes, const std::byte* src, std::byte* dst) {
  if (bytes < kParallelBytes) {
    run(plan, 0, src, dst);
    return;
  }
  const std::size_t count = longest_axis(plan).extent;
  const std::size_t grain = std::max<std::size_t>(1, count / (bytes / (kParallelBytes / 2)));
  parallel_for(count, grain, [&](std::size_t begin, std::size_t end) {
    Plan part = plan;
    Axis& axis = longest_axis(part);
    const auto first = static_cast<std::ptrdiff_t>(begin);
    axis.extent = end - begin;
    const std::ptrdiff_t src_offset = first * axis.src;
    const std::ptrdiff_t dst_offset = first * axis.dst;
    if (part.kernel != copy_rows) part.kernel = choose_kernel(part.plane, part.item);
    run(part, 0, src + src_offset, dst + dst_offset);
  });
}

using Strides = std::array<std::ptrdiff_t, kMaxAxes>;

Strides contiguous_strides(Span<const std::size_t> shape, std::size_t item) {
  Strides strides{};
  auto step = static_cast<std::ptrdiff_t>(item);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= static_cast<std::ptrdiff_t>(shape[axis]);
  }
  return strides;
}

/// src into dst, which has its shape and dtype.
void copy_same_shape(const StridedArray<const void>& src, void* dst,
                     const std::ptrdiff_t* dst_strides) {
  Plan plan;
  plan.item = dtype_size(src.dtype);
  std::size_t bytes = plan.item;
  for (std::size_t axis = 0; axis < src.shape.size(); ++axis) {
    if (src.shape[axis] == 0) return;
    bytes = checked_multiply(bytes, src.shape[axis]);
    add_axis(plan, {src.shape[axis], src.strides[axis], dst_strides[axis]});
  }
  finish_plan(plan);
  run_parallel(plan, bytes, static_cast<const std::byte*>(src.data), static_cast<std::byte*>(dst));
}

std::size_t element_count(const StridedArray<const void>& array) {
  if (array.shape.size() > kMaxAxes) {
    raise(ErrorCode::kInvalidShape, "an array of ", array.shape.size(),
          " axes exceeds the limit of ", kMaxAxes);
  }
  std::size_t count = 1;
  for (const std::size_t extent : array.shape) count = checked_multiply(count, extent);
  return count;
}

bool is_contiguous(const StridedArray<const void>& array) {
  const Strides tight = contiguous_strides(array.shape, dtype_size(array.dtype));
  for (std::size_t axis = 0; axis < array.shape.size(); ++axis) {
    if (array.shape[axis] != 1 && array.strides[axis] != tight[axis]) return false;
  }
  return true;
}

/// Whether the bytes that src touches meet [begin, begin + size).
bool overlaps(const StridedArray<const void>& src, const std::byte* begin, std::size_t size) {
  const auto* low = static_cast<const std::byte*>(src.data);
  const std::byte* high = low + dtype_size(src.dtype);
  for (std::size_t axis = 0; axis < src.shape.size(); ++axis) {
    const std::ptrdiff_t reach =
        src.strides[axis] * (static_cast<std::ptrdiff_t>(src.shape[axis]) - 1);
    (reach < 0 ? low : high) += reach;
  }
  return low < begin + size && begin < high;
}

/// src where its shape may be changed to another one, else a contiguous copy of it.
void copy_reshaped(const StridedArray<const void>& src, const TensorMap& map) {
  const std::size_t item = dtype_size(src.dtype);
  const Span<const std::size_t> shape(map.shape().data(), map.shape().rank());
  std::unique_ptr<std::byte[]> copy;
  const void* data = src.data;
  auto* target = static_cast<std::byte*>(map.data());
  if (!is_contiguous(src) || overlaps(src, target, map.size_bytes())) {
    copy.reset(new std::byte[map.shape().element_count() * item]);
    copy_contiguous(src, copy.get());
    data = copy.get();
  }
  const Strides tight = contiguous_strides(shape, item);
  copy_same_shape({data, src.dtype, shape, {tight.data(), shape.size()}}, target,
                  map.strides().data());
}

}  // namespace

void copy_contiguous(const StridedArray<const void>& src, void* dst) {
  if (element_count(src) == 0) return;
  copy_same_shape(src, dst, contiguous_strides(src.shape, dtype_size(src.dtype)).data());
}

void copy_from(const StridedArray<const void>& src, const Tensor& dst) {
  if (src.dtype != dst.dtype()) {
    raise(ErrorCode::kDtypeMismatch,
          "numpy dtype does not match tensor dtype: ", dtype_info(src.dtype).name, " array, ",
          dtype_info(dst.dtype()).name, " tensor");
  }
  const std::size_t count = element_count(src);
  if (count != dst.element_count()) {
    raise(ErrorCode::kInvalidShape, "element count mismatch: the array has ", count,
          ", the tensor of shape ", dst.shape().to_string(), " holds ", dst.element_count());
  }
  if (count == 0) return;
  const TensorMap map = dst.map(CpuAccess::kWrite);
  const auto* target = static_cast<const std::byte*>(map.data());
  const bool padded = map.size_bytes() != dst.size_bytes();
  const bool same_bytes = overlaps(src, target, map.size_bytes());
  if (!padded && !same_bytes) {
    copy_contiguous(src, map.data());
    return;
  }
  const Shape& shape = dst.shape();
  const bool same_shape =
      std::equal(src.shape.begin(), src.shape.end(), shape.begin(), shape.end());
  if (same_shape && !same_bytes) {
    copy_same_shape(src, map.data(), map.strides().data());
  } else {
    copy_reshaped(src, map);
  }
}

}  // namespace edgefirst
