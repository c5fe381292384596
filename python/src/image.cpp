// SPDX-License-Identifier: Apache-2.0
// ImageProcessor without drawing (overlay.cpp): construction, images, convert, explain.
#include "edgefirst/image.hpp"

#include <algorithm>
#include <chrono>

#include "arguments.hpp"
#include "base/ignored.hpp"
#include "base/message.hpp"
#include "base/trace.hpp"
#include "bindings.hpp"
#include "enums.hpp"
#include "gil.hpp"
#include "overlay.hpp"

namespace edgefirst::python {
namespace {

using ProcessorClass = py::class_<ImageProcessor>;
using Factors = std::optional<std::variant<float, Numbers<float>>>;

ComputeBackend parse_backend(const std::string& name) {
  for (const ComputeBackend backend : {ComputeBackend::kAuto, ComputeBackend::kCpu,
                                       ComputeBackend::kG2d, ComputeBackend::kOpenGl}) {
    if (name == compute_backend_name(backend)) return backend;
  }
  raise(ErrorCode::kInvalidArgument, "unknown backend '", name, "': use auto, cpu, g2d or opengl");
}

/// One factor for every channel, or one each for R, G, B and perhaps A.
std::optional<std::array<float, 4>> to_core(const Factors& factors, const char* name,
                                            float otherwise) {
  if (!factors) return std::nullopt;
  std::array<float, 4> result;
  result.fill(otherwise);
  if (const float* all = std::get_if<float>(&*factors)) {
    result.fill(*all);
    return result;
  }
  const std::vector<float>& values = std::get<Numbers<float>>(*factors).values;
  if (values.size() != 3 && values.size() != 4) {
    throw value_error(name, " needs one, three or four numbers, got ", values.size());
  }
  std::copy(values.begin(), values.end(), result.begin());
  return result;
}

struct ConvertArguments {
  Rotation rotation;
  Flip flip;
  std::optional<Rect> src_crop;
  std::optional<Rect> dst_crop;
  std::optional<ColorArgument> dst_color;
  Filter filter;
  Factors scale;
  Factors offset;
};

ConvertOptions options_from(const ConvertArguments& arguments) {
  ConvertOptions options;
  options.rotation = arguments.rotation;
  options.flip = arguments.flip;
  options.crop.src_rect = arguments.src_crop;
  options.crop.dst_rect = arguments.dst_crop;
  if (arguments.dst_color) options.crop.dst_color = arguments.dst_color->values;
  options.filter = arguments.filter;
  options.scale = to_core(arguments.scale, "scale", 1.0F / 255);
  options.offset = to_core(arguments.offset, "offset", 0);
  return options;
}

/// A method (src, dst, rotation, flip, src_crop, dst_crop, dst_color, filter, scale, offset).
template <typename Call>
void bind_conversion(ProcessorClass& type, const char* name, OnIgnored on_ignored, Call call,
                     const char* doc) {
  type.def(
      name,
      [call, on_ignored](ImageProcessor& self, Tensor src, Tensor dst, Rotation rotation, Flip flip,
                         std::optional<Rect> src_crop, std::optional<Rect> dst_crop,
                         std::optional<ColorArgument> dst_color, Filter filter,
                         const Factors& scale, const Factors& offset) {
        ConvertOptions options =
            options_from({rotation, flip, src_crop, dst_crop, dst_color, filter, scale, offset});
        options.on_ignored = on_ignored;
        return call(self, src, dst, options);
      },
      py::arg("src"), py::arg("dst"), py::arg("rotation") = ConvertOptions().rotation,
      py::arg("flip") = ConvertOptions().flip, py::arg("src_crop") = py::none(),
      py::arg("dst_crop") = py::none(), py::arg("dst_color") = py::none(),
      py::arg("filter") = ConvertOptions().filter, py::arg("scale") = py::none(),
      py::arg("offset") = py::none(), doc);
}

py::list explain(const ImageProcessor& self, const Tensor& src, const Tensor& dst,
                 const ConvertOptions& options) {
  std::vector<BackendAnswer> answers;
  {
    const ReleaseGil release;
    answers = self.explain(src, dst, options);
  }
  py::list result;
  for (const BackendAnswer& answer : answers) {
    result.append(
        py::make_tuple(compute_backend_name(answer.backend), answer.accepts, answer.reason));
  }
  return result;
}

using Size = Int<std::size_t>;

PlaneDescriptor checked_descriptor(const char* name, int fd) {
  if (fd < 0) raise(ErrorCode::kIo, name, " is ", fd, ", expected an open file descriptor");
  return PlaneDescriptor(fd);
}

void bind_plane_descriptor(py::module_& module) {
  py::class_<PlaneDescriptor>(module, "PlaneDescriptor", "Where one plane of an image lies.")
      .def(py::init([](Int<int> fd) {
             return std::make_unique<PlaneDescriptor>(checked_descriptor("fd", fd));
           }),
           py::arg("fd"))
      .def(
          "with_stride",
          [](py::object self, Size bytes) {
            self.cast<PlaneDescriptor&>().set_stride(bytes);
            return self;
          },
          py::arg("bytes"), "Rows start every bytes bytes; returns self.")
      .def(
          "with_offset",
          [](py::object self, Size bytes) {
            self.cast<PlaneDescriptor&>().set_offset(bytes);
            return self;
          },
          py::arg("bytes"), "The first pixel lies at this byte; returns self.")
      .def_property_readonly("stride", &PlaneDescriptor::stride, "Bytes; None: tight rows.")
      .def_property_readonly("offset", &PlaneDescriptor::offset, "Bytes.");
}

#if defined(__linux__)
using Plane = std::variant<Int<int>, const PlaneDescriptor*>;

/// One plane of an import; the descriptor is duplicated.
PlaneDescriptor plane(const char* name, const Plane& source, std::optional<Size> stride,
                      std::optional<Size> offset) {
  const auto* const* made = std::get_if<const PlaneDescriptor*>(&source);
  PlaneDescriptor descriptor =
      checked_descriptor(name, made != nullptr ? (*made)->fd() : std::get<Int<int>>(source).value);
  if (made != nullptr && (stride || offset)) {
    raise(ErrorCode::kInvalidArgument, name,
          " is a PlaneDescriptor: give stride and offset there, not as arguments");
  }
  if (made != nullptr && (*made)->stride()) descriptor.set_stride(*(*made)->stride());
  if (made != nullptr) descriptor.set_offset((*made)->offset());
  if (stride) descriptor.set_stride(*stride);
  if (offset) descriptor.set_offset(*offset);
  return descriptor;
}

void bind_import(ProcessorClass& type) {
  type.def(
      "import_image",
      [](const ImageProcessor& self, const Plane& fd, Size width, Size height, PixelFormat format,
         const Text& dtype, std::optional<Size> stride, std::optional<Size> offset,
         const std::optional<Plane>& chroma_fd, std::optional<Size> chroma_stride,
         std::optional<Size> chroma_offset) {
        const ReleaseGil release;
        ImagePlanes planes{plane("fd", fd, stride, offset), std::nullopt};
        if (chroma_fd) {
          planes.chroma = plane("chroma_fd", *chroma_fd, chroma_stride, chroma_offset);
        } else if (chroma_stride || chroma_offset) {
          warn_ignored("chroma_stride and chroma_offset have no effect without chroma_fd");
        }
        return self.import_image(std::move(planes), width, height, format,
                                 parse_dtype(dtype.value));
      },
      py::arg("fd").none(false), py::arg("width"), py::arg("height"), py::arg("format"),
      py::arg("dtype") = "uint8", py::arg("stride") = py::none(), py::arg("offset") = py::none(),
      py::arg("chroma_fd") = py::none(), py::arg("chroma_stride") = py::none(),
      py::arg("chroma_offset") = py::none(), "An image over a DMA-BUF made elsewhere.");
}
#endif

void bind_displays(py::module_& module) {
  py::class_<EglDisplayInfo>(module, "EglDisplayInfo", "A display that OpenGL can use.")
      .def_property_readonly(
          "kind", [](const EglDisplayInfo& self) { return self.kind; }, "How it is reached.")
      .def_readonly("description", &EglDisplayInfo::description, "For people.")
      .def(py::pickle(
          [](const EglDisplayInfo& self) { return std::pair(self.kind, self.description); },
          [](const std::pair<EglDisplayKind, std::string>& state) {
            return EglDisplayInfo{state.first, state.second};
          }))
      .def("__repr__", [](const EglDisplayInfo& self) {
        return message("EglDisplayInfo(kind=", py::cast(self.kind).attr("name").cast<std::string>(),
                       ", description='", self.description, "')");
      });
  module.def(
      "probe_egl_displays",
      [] {
        const ReleaseGil release;
        return probe_egl_displays();
      },
      "The display that OpenGL uses in this process, or would use; empty without one.");
}

void check_interpolation(const std::string& mode) {
  if (mode == "nearest" || mode == "bilinear" || mode == "twopass") return;
  raise(ErrorCode::kInvalidArgument, "unknown int8 interpolation '", mode,
        "': use nearest, bilinear or twopass");
}

void bind_construction(ProcessorClass& type) {
  type.def(py::init([](std::optional<EglDisplayKind> display, const Text& backend) {
             ProcessorOptions options;
             options.egl_display = display;
             options.backend = parse_backend(backend);
             const ReleaseGil release;
             return std::make_unique<ImageProcessor>(options);
           }),
           py::arg("egl_display") = py::none(),
           py::arg("backend") = compute_backend_name(ProcessorOptions().backend));
  type.def_property_readonly(
      "backends",
      [](const ImageProcessor& self) {
        std::vector<std::string> names;
        const ReleaseGil release;
        for (const ComputeBackend backend : self.backends()) {
          names.emplace_back(compute_backend_name(backend));
        }
        return names;
      },
      "The backends in use, in order of preference.");
  type.def_property_readonly(
      "request_counts",
      [](const ImageProcessor& self) {
        std::vector<RequestCount> counts;
        {
          const ReleaseGil release;
          counts = self.request_counts();
        }
        py::list result;
        for (const RequestCount& entry : counts) {
          result.append(
              py::make_tuple(compute_backend_name(entry.backend), entry.reason, entry.count));
        }
        return result;
      },
      "(backend, reason, count) of every answer to valid requests so far; taken: reason ''.");
  type.def(
      "create_image",
      [](ImageProcessor& self, Int<std::size_t> width, Int<std::size_t> height, PixelFormat format,
         const Text& dtype) {
        const ReleaseGil release;
        return self.create_image(width, height, format, parse_dtype(dtype.value));
      },
      py::arg("width"), py::arg("height"), py::arg("format") = PixelFormat::kRgba,
      py::arg("dtype") = "uint8", "A zero-filled image in the memory that suits the backends.");
}

/// Waits in slices, so that signals reach Python between them.
bool wait_for(const Fence& fence, std::optional<double> timeout) {
  using Seconds = std::chrono::duration<double>;
  constexpr Seconds kSlice(0.05);
  if (timeout && !(*timeout >= 0)) {
    throw value_error("timeout is ", *timeout, ", expected at least 0 seconds");
  }
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    const Seconds spent = std::chrono::steady_clock::now() - begin;
    const Seconds left = timeout ? std::max(Seconds(0), Seconds(*timeout) - spent) : kSlice;
    {
      const ReleaseGil release;
      const auto slice = std::chrono::ceil<std::chrono::nanoseconds>(std::min(left, kSlice));
      if (fence.wait_for(slice)) return true;
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (timeout && left <= kSlice) return false;
  }
}

void bind_fence(py::module_& module) {
  py::class_<Fence>(module, "Fence", "The end of work that goes on without its caller.")
      .def("wait", &wait_for, py::arg("timeout") = py::none(),
           "Waits for the end, at most timeout seconds; raises what the work failed with.")
      .def_property_readonly("done", &Fence::is_done, "Whether the work is over, well or not.")
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](const Fence& self, const py::args& exception) {
        try {
          wait_for(self, std::nullopt);
        } catch (const Error&) {
          if (exception[0].is_none()) throw;  // else the block's own exception goes on
        }
      });
}

}  // namespace

void bind_image(py::module_& module) {
  bind_fence(module);
  ProcessorClass type(module, "ImageProcessor", py::release_gil_before_calling_cpp_dtor(),
                      "Converts and draws images on the best backend at hand.");
  bind_construction(type);
  bind_plane_descriptor(module);
#if defined(__linux__)
  bind_import(type);
#endif
  bind_displays(module);
  bind_conversion(
      type, "convert", OnIgnored::kWarn,
      [](ImageProcessor& self, const Tensor& src, Tensor& dst, const ConvertOptions& options) {
        const ReleaseGil release;
        const TraceSpan span("python.convert");
        self.convert(src, dst, options);
      },
      "Crops, flips, rotates, scales and converts src into dst.");
  bind_conversion(
      type, "convert_async", OnIgnored::kRefuse,
      [](ImageProcessor& self, const Tensor& src, Tensor& dst, const ConvertOptions& options) {
        const ReleaseGil release;
        return self.convert_async(src, dst, options);
      },
      "Submits that conversion and returns at once; the fence tells its end.");
  bind_conversion(type, "explain", OnIgnored::kRefuse, &explain,
                  "What every backend says to that conversion.");
  bind_overlay(module, type);
  type.def(
      "set_int8_interpolation",
      [](const ImageProcessor&, const Text& mode) { check_interpolation(mode); }, py::arg("mode"),
      "Accepts nearest, bilinear or twopass; without effect.");
}

}  // namespace edgefirst::python
