// SPDX-License-Identifier: Apache-2.0
// Enumerations of the core as Python types whose members are unique objects: X.A is X.A, also when
// a property returns it. Equal to their number, unequal to every other enumeration.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "edgefirst/codec.hpp"
#include "edgefirst/decoder.hpp"
#include "edgefirst/image.hpp"
#include "edgefirst/pixel_format.hpp"
#include "edgefirst/tensor.hpp"

#include "calls.hpp"
#include "tensor/normalize.hpp"

namespace edgefirst::python {

/// The member objects of one enumeration, owned by its type and kept to the end of the process.
template <typename E>
struct EnumMembers {
  static inline std::vector<std::pair<E, pybind11::handle>> all;

  static pybind11::handle find(E value) {
    for (const auto& [member, object] : all) {
      if (member == value) return object;
    }
    return {};
  }
};

template <typename E>
class EnumCaster : public pybind11::detail::type_caster_base<E> {
 public:
  static pybind11::handle cast(E value, pybind11::return_value_policy, pybind11::handle) {
    return EnumMembers<E>::find(value).inc_ref();
  }
};

/// Takes "rgb" for PixelFormat.Rgb as well: every name that parse_pixel_format() knows.
class PixelFormatCaster : public EnumCaster<PixelFormat> {
 public:
  static constexpr auto name =
      EnumCaster<PixelFormat>::name + pybind11::detail::const_name(" | str");
  bool load(pybind11::handle source, bool convert) {
    if (PyUnicode_Check(source.ptr()) == 0) return EnumCaster::load(source, convert);
    try {
      const auto format = parse_pixel_format(source.cast<std::string>());
      return EnumCaster::load(EnumMembers<PixelFormat>::find(format), false);
    } catch (const Error&) {
      note_refused(source);
      throw;
    } catch (const pybind11::cast_error&) {
      return false;  // a text that UTF-8 does not have
    }
  }
};

}  // namespace edgefirst::python

template <>
class pybind11::detail::type_caster<edgefirst::PixelFormat>
    : public edgefirst::python::PixelFormatCaster {};

#define EDGEFIRST_PYTHON_ENUM(TYPE) \
  template <>                       \
  class pybind11::detail::type_caster<TYPE> : public edgefirst::python::EnumCaster<TYPE> {}

EDGEFIRST_PYTHON_ENUM(edgefirst::Nms);
EDGEFIRST_PYTHON_ENUM(edgefirst::DecoderType);
EDGEFIRST_PYTHON_ENUM(edgefirst::DecoderVersion);
EDGEFIRST_PYTHON_ENUM(edgefirst::DimName);
EDGEFIRST_PYTHON_ENUM(edgefirst::TensorMemory);
EDGEFIRST_PYTHON_ENUM(edgefirst::CpuAccess);
EDGEFIRST_PYTHON_ENUM(edgefirst::ColorEncoding);
EDGEFIRST_PYTHON_ENUM(edgefirst::ColorRange);
EDGEFIRST_PYTHON_ENUM(edgefirst::Normalization);
EDGEFIRST_PYTHON_ENUM(edgefirst::ColorMode);
EDGEFIRST_PYTHON_ENUM(edgefirst::Flip);
EDGEFIRST_PYTHON_ENUM(edgefirst::Rotation);
EDGEFIRST_PYTHON_ENUM(edgefirst::Filter);
EDGEFIRST_PYTHON_ENUM(edgefirst::EglDisplayKind);

#undef EDGEFIRST_PYTHON_ENUM
