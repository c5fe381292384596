// SPDX-License-Identifier: Apache-2.0
// The image files of Tensor: peek, decode, load, save.
#include "edgefirst/codec.hpp"

#include <mutex>
#include <tuple>

#include "arguments.hpp"
#include "base/fork_safe.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "enums.hpp"
#include "gil.hpp"
#include "lease.hpp"

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
  const py::object given = options[name];
  try {
    value = py::cast<Argument>(given);
  } catch (const py::cast_error&) {
    const char* wanted = std::is_same_v<Argument, bool> ? "bool" : "int";
    throw type_error("argument '", name, "' must be ", wanted, ", not ", type_name(given));
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
    throw type_error("there is no argument '",
                     one_sentence(py::str(item.first).cast<std::string>(), 40),
                     "': the keywords are format, mem, apply_exif, strict, tolerant, threads, "
                     "max_pixels, max_bytes and max_scans");
  }
  return options;
}

std::string describe(const ImageInfo& self) {
  return message("ImageInfo(width=", self.width, ", height=", self.height,
                 ", format=", pixel_format_info(self.format).name, ", row_stride=", self.row_stride,
                 ")");
}

using State = std::tuple<std::size_t, std::size_t, PixelFormat, std::size_t, int, std::size_t>;

State state_of(const ImageInfo& self) {
  return {self.width,      self.height,           self.format,
          self.row_stride, int{self.orientation}, self.valid_rows};
}

ImageInfo from_state(const State& state) {
  const auto [width, height, format, row_stride, orientation, valid_rows] = state;
  return {width, height, format, row_stride, static_cast<std::uint8_t>(orientation), valid_rows};
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
      .def(py::pickle(&state_of, &from_state))
      .def("__repr__", &describe);
}

void bind_peek(py::class_<Tensor>& tensor) {
  tensor
      .def_static(
          "peek_image_info",
          [](const FileArgument& data, Format format, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            const FileBytes bytes(data, options.max_bytes);
            const ReleaseGil release;
            return ImageDecoder::of_this_thread().peek(bytes.span(), options);
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
          [](Tensor& self, const FileArgument& data, Format format, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            const FileBytes bytes(data, options.max_bytes);
            return decode_unlocked(self, [&](Tensor& target) {
              return ImageDecoder::of_this_thread().decode(bytes.span(), target, options);
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
          [](const FileArgument& data, Format format, Memory mem, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, true, rest);
            const FileBytes bytes(data, options.max_bytes);
            const ReleaseGil release;
            return load_image(bytes.span(), options, mem);
          },
          py::arg("data"), py::arg("format") = py::none(), py::arg("mem") = py::none(),
          with_options("A tensor of exactly the picture's size, upright.").c_str());
}

/// A decoder of a program's own. Calls from several threads take turns.
class OwnDecoder {
 public:
  /// Call it without the GIL.
  template <typename Work>
  auto exclusively(Work work) {
    const std::lock_guard lock(mutex_);
    return work(decoder_);
  }

 private:
  // Where a fork() left a call of another thread behind, the decoder serves with memory of its own.
  ForkSafe<std::mutex> mutex_;
  ImageDecoder decoder_;
};

void bind_own_decode(py::class_<OwnDecoder>& type) {
  type.def(
          "decode",
          [](OwnDecoder& self, const FileArgument& data, Tensor& tensor, Format format,
             const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            const FileBytes bytes(data, options.max_bytes);
            return decode_unlocked(tensor, [&](Tensor& target) {
              return self.exclusively(
                  [&](ImageDecoder& own) { return own.decode(bytes.span(), target, options); });
            });
          },
          py::arg("data"), py::arg("tensor"), py::arg("format") = py::none(),
          with_options("Tensor.decode_image by this decoder.").c_str())
      .def(
          "decode_file",
          [](OwnDecoder& self, const Path& filename, Tensor& tensor, Format format,
             const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            return decode_unlocked(tensor, [&](Tensor& target) {
              return self.exclusively([&](ImageDecoder& own) {
                return own.decode_file(filename.string(), target, options);
              });
            });
          },
          py::arg("filename"), py::arg("tensor"), py::arg("format") = py::none(),
          with_options("Tensor.decode_image_file by this decoder.").c_str());
}

void bind_own_load(py::class_<OwnDecoder>& type) {
  type.def(
          "load",
          [](OwnDecoder& self, const FileArgument& data, Format format, Memory mem,
             const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, true, rest);
            const FileBytes bytes(data, options.max_bytes);
            const ReleaseGil release;
            return self.exclusively(
                [&](ImageDecoder& own) { return own.load(bytes.span(), options, mem); });
          },
          py::arg("data"), py::arg("format") = py::none(), py::arg("mem") = py::none(),
          with_options("Tensor.load_from_bytes by this decoder.").c_str())
      .def(
          "load_file",
          [](OwnDecoder& self, const Path& filename, Format format, Memory mem,
             const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, true, rest);
            const ReleaseGil release;
            return self.exclusively(
                [&](ImageDecoder& own) { return own.load_file(filename.string(), options, mem); });
          },
          py::arg("filename"), py::arg("format") = py::none(), py::arg("mem") = py::none(),
          with_options("Tensor.load by this decoder.").c_str())
      .def(
          "peek",
          [](OwnDecoder& self, const FileArgument& data, Format format, const py::kwargs& rest) {
            const DecodeOptions options = options_for(format, false, rest);
            const FileBytes bytes(data, options.max_bytes);
            const ReleaseGil release;
            return self.exclusively(
                [&](ImageDecoder& own) { return own.peek(bytes.span(), options); });
          },
          py::arg("data"), py::arg("format") = py::none(),
          with_options("Tensor.peek_image_info by this decoder.").c_str());
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
            const Lease<std::vector<std::uint8_t>> encoded;
            {
              const Tensor source = self;
              const ReleaseGil release;
              encode_jpeg(source, *encoded, {int{quality}, ChromaSubsampling::kAuto});
            }
            return py::bytes(reinterpret_cast<const char*>(encoded->data()), encoded->size());
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
  py::class_<OwnDecoder> own(module, "ImageDecoder", "Decodes pictures with memory of its own.");
  own.def(py::init<>());
  bind_own_decode(own);
  bind_own_load(own);
}

}  // namespace edgefirst::python
