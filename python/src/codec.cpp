// SPDX-License-Identifier: Apache-2.0
// The image files of Tensor: peek, decode, load, save.
#include "edgefirst/codec.hpp"

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "enums.hpp"
#include "gil.hpp"

namespace edgefirst::python {
namespace {

using Format = std::optional<PixelFormat>;
using Memory = std::optional<TensorMemory>;

/// A docstring that ends with the keyword arguments of options_for().
std::string with_options(const char* text) {
  return std::string(text) +
         " Keywords: apply_exif, strict, tolerant, threads, max_pixels, max_bytes, max_scans.";
}

/// Takes options[name], where given, out of the dictionary.
template <typename Argument, typename T>
void take(py::dict& options, const char* name, T& value) {
  if (!options.contains(name)) return;
  try {
    value = py::cast<Argument>(options[name]);
  } catch (const py::cast_error&) {
    const char* wanted = std::is_same_v<Argument, bool> ? "a bool" : "an int";
    throw py::type_error(message("option ", name, " needs ", wanted, ", got ",
                                 py::str(py::type::of(options[name])).cast<std::string>()));
  }
  options.attr("pop")(name);
}

/// The keyword arguments that decoding has beside the format. peek and decode leave the EXIF
/// orientation alone unless told otherwise; load applies it.
DecodeOptions options_for(Format format, bool apply_exif, const py::kwargs& arguments) {
  DecodeOptions options;
  options.format = format;
  options.apply_exif = apply_exif;
  py::dict left(arguments);
  take<bool>(left, "apply_exif", options.apply_exif);
  take<bool>(left, "strict", options.strict);
  take<bool>(left, "tolerant", options.tolerant);
  take<Int<std::size_t>>(left, "threads", options.threads);
  take<Int<std::size_t>>(left, "max_pixels", options.max_pixels);
  take<Int<std::size_t>>(left, "max_bytes", options.max_bytes);
  take<Int<std::size_t>>(left, "max_scans", options.max_scans);
  for (const auto& item : left) {
    throw py::type_error(message("unknown option ", py::str(item.first).cast<std::string>()));
  }
  return options;
}

std::string describe(const ImageInfo& self) {
  return message("ImageInfo(width=", self.width, ", height=", self.height,
                 ", format=", pixel_format_info(self.format).name, ", row_stride=", self.row_stride,
                 ")");
}

void bind_image_info(py::module_& module) {
  py::class_<ImageInfo>(module, "ImageInfo", "What a decode wrote, or a peek would write.")
      .def_readonly("width", &ImageInfo::width, "Pixels.")
      .def_readonly("height", &ImageInfo::height, "Pixels.")
      .def_property_readonly(
          "format", [](const ImageInfo& self) { return self.format; }, "The format written.")
      .def_readonly("row_stride", &ImageInfo::row_stride, "Bytes from one row to the next.")
      .def_property_readonly(
          "orientation", [](const ImageInfo& self) { return int{self.orientation}; },
          "EXIF orientation 1...8 found in the file.")
      .def_readonly("valid_rows", &ImageInfo::valid_rows, "Undamaged rows from the top.")
      .def("__repr__", &describe);
}

void bind_peek(py::class_<Tensor>& tensor) {
  tensor
      .def_static(
          "peek_image_info",
          [](Bytes& data, Format format, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            const ReleaseGil release;
            return ImageDecoder::of_this_thread().peek(data.span(), options);
          },
          py::arg("data"), py::arg("format") = py::none(),
          with_options("Reads an image's headers only.").c_str())
      .def_static(
          "peek_image_info_file",
          [](const Path& filename, Format format, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            const ReleaseGil release;
            return ImageDecoder::of_this_thread().peek_file(filename.string(), options);
          },
          py::arg("filename"), py::arg("format") = py::none(),
          with_options("Reads a file's headers only.").c_str());
}

/// Decodes into a copy of the handle without the GIL, then passes on what decoding says of it.
template <class Decode>
ImageInfo decode_unlocked(Tensor& self, Decode decode) {
  Tensor target = self;
  ImageInfo info;
  {
    const ReleaseGil release;
    info = decode(target);
  }
  self.set_colorimetry(target.colorimetry());
  return info;
}

void bind_decode(py::class_<Tensor>& tensor) {
  tensor
      .def(
          "decode_image",
          [](Tensor& self, Bytes& data, Format format, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            return decode_unlocked(self, [&](Tensor& target) {
              return ImageDecoder::of_this_thread().decode(data.span(), target, options);
            });
          },
          py::arg("data"), py::arg("format") = py::none(),
          with_options("Decodes a JPEG or PNG into the top-left corner.").c_str())
      .def(
          "decode_image_file",
          [](Tensor& self, const Path& filename, Format format, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            return decode_unlocked(self, [&](Tensor& target) {
              return ImageDecoder::of_this_thread().decode_file(filename.string(), target, options);
            });
          },
          py::arg("filename"), py::arg("format") = py::none(),
          with_options("Decodes a JPEG or PNG file into the top-left corner.").c_str())
      .def_static(
          "load",
          [](const Path& filename, Format format, Memory mem, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, true, rest);
            const ReleaseGil release;
            return load_image_file(filename.string(), options, mem);
          },
          py::arg("filename"), py::arg("format") = py::none(), py::arg("mem") = py::none(),
          with_options("A tensor of exactly the picture's size, upright.").c_str())
      .def_static(
          "load_from_bytes",
          [](Bytes& data, Format format, Memory mem, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, true, rest);
            const ReleaseGil release;
            return load_image(data.span(), options, mem);
          },
          py::arg("data"), py::arg("format") = py::none(), py::arg("mem") = py::none(),
          with_options("A tensor of exactly the picture's size, upright.").c_str());
}

void bind_encode(py::class_<Tensor>& tensor) {
  const auto default_quality = static_cast<std::uint8_t>(EncodeOptions().quality);
  tensor
      .def(
          "save_jpeg",
          [](const Tensor& self, const Path& filename, Int<std::uint8_t> quality) {
            const Tensor source = self;
            const ReleaseGil release;
            save_jpeg(source, filename.string(), {int{quality}, ChromaSubsampling::kAuto});
          },
          py::arg("filename"), py::arg("quality") = default_quality, "Writes a JPEG file.")
      .def(
          "encode_jpeg",
          [](const Tensor& self, Int<std::uint8_t> quality) {
            thread_local std::vector<std::uint8_t> encoded;
            {
              const Tensor source = self;
              const ReleaseGil release;
              encode_jpeg(source, encoded, {int{quality}, ChromaSubsampling::kAuto});
            }
            return py::bytes(reinterpret_cast<const char*>(encoded.data()), encoded.size());
          },
          py::arg("quality") = default_quality, "The image as the bytes of a JPEG file.");
}

}  // namespace

void bind_codec(py::module_& module) {
  bind_image_info(module);
  auto tensor = py::reinterpret_borrow<py::class_<Tensor>>(module.attr("Tensor"));
  bind_peek(tensor);
  bind_decode(tensor);
  bind_encode(tensor);
}

}  // namespace edgefirst::python
