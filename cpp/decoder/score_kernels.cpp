// SPDX-License-Identifier: Apache-2.0
// Vector passes over class scores, one source for every target.
#include "decoder/score_kernels.hpp"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoder/score_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "base/simd.hpp"
#include "decoder/views.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::decoding {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// How a stored type becomes a key.
template <typename T>
struct Plain {
  using Key = T;
  static constexpr bool kIsFloat = false;
  template <class D>
  static hn::Vec<D> load_keys(D d, const std::byte* from) {
    return hn::LoadU(d, reinterpret_cast<const T*>(from));
  }
  static Key load_key(const std::byte* from) { return load<T>(from); }
  static constexpr Key lowest() { return std::numeric_limits<T>::lowest(); }
};

struct Single : Plain<float> {
  static constexpr bool kIsFloat = true;
  static constexpr float lowest() { return -std::numeric_limits<float>::infinity(); }
};

struct Half {
  using Key = std::int16_t;
  static constexpr bool kIsFloat = false;
  template <class D>
  static hn::Vec<D> load_keys(D d, const std::byte* from) {
    const auto bits = hn::LoadU(d, reinterpret_cast<const std::int16_t*>(from));
    const auto magnitude_mask = hn::Set(d, std::int16_t{0x7FFF});
    const auto key = hn::Xor(bits, hn::And(hn::BroadcastSignBit(bits), magnitude_mask));
    const auto negative_zero = hn::VecFromMask(d, hn::Eq(key, hn::Set(d, std::int16_t{-1})));
    const auto is_nan = hn::Gt(hn::And(bits, magnitude_mask), hn::Set(d, std::int16_t{0x7C00}));
    return hn::IfThenElse(is_nan, hn::Set(d, std::int16_t{INT16_MIN}), hn::Sub(key, negative_zero));
  }
  static Key load_key(const std::byte* from) { return half_key(load<Float16>(from)); }
  static constexpr Key lowest() { return INT16_MIN; }
};

template <class Type>
using Tag = hn::CappedTag<typename Type::Key, 64 / sizeof(typename Type::Key)>;

/// The larger; a NaN in next loses.
template <class Type, class V>
V larger(V next, V maximum) {
  if constexpr (Type::kIsFloat) {
    return hn::IfThenElse(hn::Gt(next, maximum), next, maximum);
  } else {
    return hn::Max(next, maximum);
  }
}

template <class Type, class V>
auto at_least(V value, V bound) {
  if constexpr (Type::kIsFloat) {
    return hn::Ge(value, bound);
  } else {
    return hn::Eq(hn::Max(value, bound), value);
  }
}

/// Maxima and labels of fewer anchors than a vector has lanes.
template <class Type, typename Label>
void maxima_of_few(const std::byte* first, std::ptrdiff_t feature_stride, std::size_t features,
                   std::size_t count, typename Type::Key* best, Label* labels) {
  for (std::size_t f = 0; f < features; ++f, first += feature_stride) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto key = Type::load_key(first + i * sizeof(typename Type::Key));
      if (!(key >= best[i])) continue;
      best[i] = key;
      labels[i] = static_cast<Label>(f);
    }
  }
}

template <class Type>
void maxima(const std::byte* first, std::ptrdiff_t feature_stride, std::size_t features,
            std::size_t count, void* out, void* out_labels) {
  const Tag<Type> d;
  const hn::RebindToUnsigned<Tag<Type>> du;
  using Key = typename Type::Key;
  using Label = hn::TFromD<hn::RebindToUnsigned<Tag<Type>>>;
  const std::size_t lanes = hn::Lanes(d);
  Key* best = static_cast<Key*>(out);
  Label* labels = static_cast<Label*>(out_labels);
  for (std::size_t i = 0; i < count; ++i) {
    best[i] = Type::lowest();
    labels[i] = 0;
  }
  if (count < lanes) {
    maxima_of_few<Type>(first, feature_stride, features, count, best, labels);
    return;
  }
  const auto one = hn::Set(du, Label{1});
  const auto pass = [&](const std::byte* row, std::size_t f, std::size_t rows) {
    for (std::size_t at = 0; at < count; at += lanes) {
      const std::size_t i = at + lanes <= count ? at : count - lanes;  // the last one overlaps
      auto maximum = hn::LoadU(d, best + i);
      auto label = hn::LoadU(du, labels + i);
      auto own = hn::Set(du, static_cast<Label>(f));
      const std::byte* from = row + i * sizeof(Key);
      for (std::size_t r = 0; r < rows; ++r, from += feature_stride, own = hn::Add(own, one)) {
        const auto next = Type::load_keys(d, from);
        const auto wins = at_least<Type>(next, maximum);
        label = hn::IfThenElse(hn::RebindMask(du, wins), own, label);
        maximum = hn::IfThenElse(wins, next, maximum);
      }
      hn::StoreU(maximum, d, best + i);
      hn::StoreU(label, du, labels + i);
    }
  };
  constexpr std::size_t kRows = 8;
  std::size_t f = 0;
  for (; f + kRows <= features; f += kRows, first += kRows * feature_stride) pass(first, f, kRows);
  if (f < features) pass(first, f, features - f);
}

/// Appends begin + i for each set bit i of the mask.
template <class D, class M>
std::size_t append_set(D d, M mask, std::size_t begin, std::uint16_t* out, std::size_t size) {
  if (hn::AllFalse(d, mask)) return size;
  std::uint8_t bytes[16] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);  // 64 lanes at most
  for (; bits != 0; bits &= bits - 1) {
    out[size++] = static_cast<std::uint16_t>(begin + hwy::Num0BitsBelowLS1Bit_Nonzero64(bits));
  }
  return size;
}

template <class Type>
std::size_t reaching(const void* in, std::size_t count, double threshold, std::uint16_t* anchors) {
  const Tag<Type> d;
  using Key = typename Type::Key;
  const Key* best = static_cast<const Key*>(in);
  const Key least = static_cast<Key>(threshold);
  const auto wanted = hn::Set(d, least);
  const std::size_t lanes = hn::Lanes(d);
  std::size_t size = 0;
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    size = append_set(d, at_least<Type>(hn::LoadU(d, best + i), wanted), i, anchors, size);
  }
  for (; i < count; ++i) {
    if (best[i] >= least) anchors[size++] = static_cast<std::uint16_t>(i);
  }
  return size;
}

/// Whether any of count keys side by side reaches wanted; count is at least four vectors.
template <class Type, class D, class V>
bool any_reaches(D d, const std::byte* from, std::size_t count, V wanted) {
  using Key = typename Type::Key;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t step = 4 * lanes;
  auto maximum = hn::Set(d, Type::lowest());
  for (std::size_t at = 0; at < count; at += step) {
    const std::byte* keys = from + (at + step <= count ? at : count - step) * sizeof(Key);
    for (std::size_t i = 0; i < 4; ++i) {
      maximum = larger<Type>(Type::load_keys(d, keys + i * lanes * sizeof(Key)), maximum);
    }
  }
  return !hn::AllFalse(d, at_least<Type>(maximum, wanted));
}

template <class Type>
std::size_t rows_reaching(const std::byte* first, std::ptrdiff_t anchor_stride,
                          std::size_t features, std::size_t count, double threshold,
                          std::uint16_t* anchors) {
  const Tag<Type> d;
  using Key = typename Type::Key;
  const auto wanted = hn::Set(d, static_cast<Key>(threshold));
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t kGroup = 8;  // rows without a gap are dismissed together: few survive
  const bool packed = anchor_stride == static_cast<std::ptrdiff_t>(features * sizeof(Key)) &&
                      kGroup * features >= 4 * lanes;
  std::size_t size = 0;
  for (std::size_t a = 0; a < count; ++a, first += anchor_stride) {
    if (packed && a % kGroup == 0 && a + kGroup <= count &&
        !any_reaches<Type>(d, first, kGroup * features, wanted)) {
      a += kGroup - 1;
      first += (kGroup - 1) * anchor_stride;
      continue;
    }
    auto maximum = hn::Set(d, Type::lowest());
    for (std::size_t at = 0; at < features; at += lanes) {
      const std::size_t i = at + lanes <= features ? at : features - lanes;
      maximum = larger<Type>(Type::load_keys(d, first + i * sizeof(Key)), maximum);
    }
    if (!hn::AllFalse(d, at_least<Type>(maximum, wanted))) {
      anchors[size++] = static_cast<std::uint16_t>(a);
    }
  }
  return size;
}

template <class Type>
ScoreKernels kernels_of() {
  return {maxima<Type>, reaching<Type>, rows_reaching<Type>, hn::Lanes(Tag<Type>())};
}

ScoreKernels select_kernels(DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return kernels_of<Plain<std::uint8_t>>();
    case DType::kI8:
      return kernels_of<Plain<std::int8_t>>();
    case DType::kU16:
      return kernels_of<Plain<std::uint16_t>>();
    case DType::kI16:
      return kernels_of<Plain<std::int16_t>>();
    case DType::kF16:
      return kernels_of<Half>();
    case DType::kF32:
      return kernels_of<Single>();
    default:
      return {nullptr, nullptr, nullptr, 0};
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::decoding
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::decoding {

HWY_EXPORT(select_kernels);

ScoreKernels score_kernels(DType dtype) {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(select_kernels)(dtype);
}

}  // namespace edgefirst::decoding
#endif
