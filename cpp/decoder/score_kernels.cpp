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

template <class Type>
void maxima(const std::byte* first, std::ptrdiff_t feature_stride, std::size_t features,
            std::size_t count, void* out) {
  const Tag<Type> d;
  using Key = typename Type::Key;
  const std::size_t lanes = hn::Lanes(d);
  Key* best = static_cast<Key*>(out);
  for (std::size_t i = 0; i < count; ++i) best[i] = Type::lowest();
  if (count < lanes) {
    for (std::size_t f = 0; f < features; ++f, first += feature_stride) {
      for (std::size_t i = 0; i < count; ++i) {
        const Key key = Type::load_key(first + i * sizeof(Key));
        if (key > best[i]) best[i] = key;
      }
    }
    return;
  }
  const auto pass = [&](const std::byte* row, std::size_t rows) {
    for (std::size_t at = 0; at < count; at += lanes) {
      const std::size_t i = at + lanes <= count ? at : count - lanes;  // the last one overlaps
      auto maximum = hn::LoadU(d, best + i);
      const std::byte* from = row + i * sizeof(Key);
      for (std::size_t r = 0; r < rows; ++r, from += feature_stride) {
        maximum = larger<Type>(Type::load_keys(d, from), maximum);
      }
      hn::StoreU(maximum, d, best + i);
    }
  };
  std::size_t f = 0;
  for (; f + 4 <= features; f += 4, first += 4 * feature_stride) pass(first, 4);
  if (f < features) pass(first, features - f);
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

template <class Type>
void labels(const std::byte* first, std::ptrdiff_t feature_stride, std::size_t features,
            std::size_t count, const void* in, double threshold, std::uint32_t* out) {
  const Tag<Type> d;
  using Key = typename Type::Key;
  const Key* best = static_cast<const Key*>(in);
  const Key least = static_cast<Key>(threshold);
  const auto wanted = hn::Set(d, least);
  const std::size_t lanes = hn::Lanes(d);
  std::uint16_t found[64];
  for (std::size_t f = 0; f < features; ++f, first += feature_stride) {
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      const auto maximum = hn::LoadU(d, best + i);
      const auto is_best = hn::And(hn::Eq(Type::load_keys(d, first + i * sizeof(Key)), maximum),
                                   at_least<Type>(maximum, wanted));
      const std::size_t size = append_set(d, is_best, i, found, 0);
      for (std::size_t k = 0; k < size; ++k) out[found[k]] = static_cast<std::uint32_t>(f);
    }
    for (; i < count; ++i) {
      const bool is_best = Type::load_key(first + i * sizeof(Key)) == best[i] && best[i] >= least;
      if (is_best) out[i] = static_cast<std::uint32_t>(f);
    }
  }
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
  return {maxima<Type>, reaching<Type>, labels<Type>, rows_reaching<Type>, hn::Lanes(Tag<Type>())};
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
      return {nullptr, nullptr, nullptr, nullptr, 0};
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
