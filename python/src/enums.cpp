// SPDX-License-Identifier: Apache-2.0
// Registers the enumerations. Names come from the core's table where it has one.
#include "enums.hpp"

#include <string>

#include "arguments.hpp"
#include "bindings.hpp"

namespace edgefirst::python {
namespace {

template <typename E>
using Members = std::vector<std::pair<const char*, E>>;

template <typename E>
int number(E value) {
  return static_cast<int>(value);
}

template <typename E>
bool equals(E self, const py::object& other) {
  if (py::isinstance<E>(other)) return other.cast<E>() == self;
  if (PyIndex_Check(other.ptr()) == 0) return false;  // ints, those of numpy too
  const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(other.ptr()));
  if (!index) {  // an array of several
    PyErr_Clear();
    return false;
  }
  int overflow = 0;
  return PyLong_AsLongAndOverflow(index.ptr(), &overflow) == number(self) && overflow == 0;
}

template <typename E>
std::string member_name(E value, const py::object& type) {
  for (const auto& [name, member] : type.attr("__members__").template cast<py::dict>()) {
    if (member.template cast<E>() == value) return name.template cast<std::string>();
  }
  return {};
}

template <typename E>
py::class_<E> bind_enum(py::module_& module, const char* name, const Members<E>& members,
                        const char* doc) {
  py::class_<E> type(module, name, doc);
  py::dict by_name;
  for (const auto& [member_name, value] : members) {
    const py::handle object = py::detail::type_caster_base<E>::cast(
        value, py::return_value_policy::copy, py::handle());  // kept to the end of the process
    EnumMembers<E>::all.emplace_back(value, object);
    type.attr(member_name) = object;
    by_name[member_name] = object;
  }
  type.attr("__members__") = by_name;
  const auto repr = [name](E self) {
    return std::string(name) + "." + member_name(self, py::type::of<E>());
  };
  type.def("__repr__", repr).def("__str__", repr);
  type.def("__int__", &number<E>);
  type.def("__hash__", &number<E>);
  type.def("__reduce__", [](const py::object& self) {  // copies and pickles to the member itself
    const py::object getattr = py::module_::import("builtins").attr("getattr");
    return py::make_tuple(getattr, py::make_tuple(py::type::of(self), self.attr("name")));
  });
  type.def("__eq__", &equals<E>);
  type.def("__ne__", [](E self, const py::object& other) { return !equals(self, other); });
  type.def_property_readonly(
      "name", [](E self) { return member_name(self, py::type::of<E>()); }, "The member's name.");
  type.def_property_readonly("value", &number<E>, "The member's number.");
  return type;
}

void bind_pixel_enums(py::module_& module) {
  Members<PixelFormat> formats;
  for (const PixelFormatInfo& info : pixel_format_table()) {
    formats.emplace_back(info.name, info.format);
  }
  bind_enum(module, "PixelFormat", formats, "Layout of an image's pixels.")
      .def_static(
          "__new__",  // answers with the member itself; __init__ then finds it made
          [](const py::object&, const Text& name) { return parse_pixel_format(name.value); },
          py::arg("cls"), py::arg("name"))
      .def(py::init(&parse_pixel_format), py::arg("name"));
  bind_enum<ColorEncoding>(module, "ColorEncoding",
                           {{"Bt601", ColorEncoding::kBt601},
                            {"Bt709", ColorEncoding::kBt709},
                            {"Bt2020", ColorEncoding::kBt2020}},
                           "Matrix between YUV and RGB.");
  bind_enum<ColorRange>(module, "ColorRange",
                        {{"Full", ColorRange::kFull}, {"Limited", ColorRange::kLimited}},
                        "Range of the YUV samples.");
  bind_enum<Normalization>(module, "Normalization",
                           {{"DEFAULT", Normalization::kDefault},
                            {"SIGNED", Normalization::kSigned},
                            {"UNSIGNED", Normalization::kUnsigned},
                            {"RAW", Normalization::kRaw}},
                           "What normalize_to_numpy makes of a byte.");
}

void bind_image_enums(py::module_& module) {
  bind_enum<ColorMode>(module, "ColorMode",
                       {{"Class", ColorMode::kClass},
                        {"Instance", ColorMode::kInstance},
                        {"Track", ColorMode::kTrack}},
                       "What a detection's colour follows.");
  bind_enum<Flip>(
      module, "Flip",
      {{"NoFlip", Flip::kNone}, {"Horizontal", Flip::kHorizontal}, {"Vertical", Flip::kVertical}},
      "Mirroring: Horizontal swaps left and right, Vertical top and bottom.");
  bind_enum<Rotation>(module, "Rotation",
                      {{"Rotate0", Rotation::kRotate0},
                       {"Clockwise90", Rotation::kClockwise90},
                       {"Rotate180", Rotation::kRotate180},
                       {"CounterClockwise90", Rotation::kCounterClockwise90}},
                      "Rotation by quarter turns.")
      .def_static(
          "degrees_clockwise",
          [](Int<std::size_t> angle) { return rotation_from_degrees_clockwise(angle); },
          py::arg("angle"), "The rotation by a multiple of 90 degrees, modulo 360.");
  bind_enum<Filter>(module, "Filter",
                    {{"Antialias", Filter::kAntialias},
                     {"Bilinear", Filter::kBilinear},
                     {"Nearest", Filter::kNearest},
                     {"Area", Filter::kArea}},
                    "How convert resamples.");
  bind_enum<EglDisplayKind>(module, "EglDisplayKind",
                            {{"Gbm", EglDisplayKind::kGbm},
                             {"PlatformDevice", EglDisplayKind::kPlatformDevice},
                             {"Default", EglDisplayKind::kDefault}},
                            "Which displays OpenGL may use.");
}

void bind_decoder_enums(py::module_& module) {
  bind_enum<Nms>(module, "Nms",
                 {{"ClassAgnostic", Nms::kClassAgnostic},
                  {"ClassAware", Nms::kClassAware},
                  {"Auto", Nms::kAuto}},
                 "Which boxes suppress each other.");
  bind_enum<DecoderType>(
      module, "DecoderType",
      {{"Ultralytics", DecoderType::kUltralytics}, {"ModelPack", DecoderType::kModelPack}},
      "Family of a model output.");
  bind_enum<DecoderVersion>(module, "DecoderVersion",
                            {{"Yolov5", DecoderVersion::kYolov5},
                             {"Yolov8", DecoderVersion::kYolov8},
                             {"Yolo11", DecoderVersion::kYolo11},
                             {"Yolo26", DecoderVersion::kYolo26}},
                            "Generation of an Ultralytics model.");
  bind_enum<DimName>(module, "DimName",
                     {{"Batch", DimName::kBatch},
                      {"Height", DimName::kHeight},
                      {"Width", DimName::kWidth},
                      {"NumClasses", DimName::kNumClasses},
                      {"NumFeatures", DimName::kNumFeatures},
                      {"NumBoxes", DimName::kNumBoxes},
                      {"NumProtos", DimName::kNumProtos},
                      {"NumAnchorsXFeatures", DimName::kNumAnchorsXFeatures},
                      {"Padding", DimName::kPadding},
                      {"BoxCoords", DimName::kBoxCoords}},
                     "Meaning of one axis of a model output.");
}

}  // namespace

void bind_enums(py::module_& module) {
  bind_enum<TensorMemory>(module, "TensorMemory",
                          {{"DMA", TensorMemory::kDma},
                           {"SHM", TensorMemory::kShm},
                           {"PBO", TensorMemory::kPbo},
                           {"MEM", TensorMemory::kMem}},
                          "Where a tensor's bytes live.");
  bind_enum<CpuAccess>(module, "CpuAccess",
                       {{"Read", CpuAccess::kRead},
                        {"Write", CpuAccess::kWrite},
                        {"ReadWrite", CpuAccess::kReadWrite}},
                       "What a map is for; the cache maintenance of DMA-BUFs follows it.");
  bind_pixel_enums(module);
  bind_image_enums(module);
  bind_decoder_enums(module);
}

}  // namespace edgefirst::python
