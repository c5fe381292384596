// SPDX-License-Identifier: Apache-2.0
// Version, probes, pitch helpers, and what the library tells on its own: log records on their way
// to Python's logging, trace events on their way to a Python function.
//
// Either may come from any thread, with or without the GIL, while locks of the core are held. It is
// therefore only queued; a call delivers the queue when its result is complete, and a pending call
// of the interpreter delivers what no such call picks up.
#include "edgefirst/runtime.hpp"

#include <atomic>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "edgefirst/pixel_format.hpp"
#include "edgefirst/tensor.hpp"

#include "arguments.hpp"
#include "base/log.hpp"
#include "base/message.hpp"
#include "base/process.hpp"
#include "bindings.hpp"
#include "enums.hpp"
#include "gil.hpp"

namespace edgefirst::python {
namespace {

// A program that never returns to Python loses the rest.
constexpr std::size_t kMaxQueued = 4096;
constexpr std::size_t kMaxQueuedEvents = 1 << 18;
constexpr const char* kLogger = "edgefirst_hal";

struct Record {
  LogLevel level;
  std::string target;
  std::string text;
};

struct Queue {
  const long owner = process_id();
  std::mutex mutex;
  std::deque<Record> records;
  std::deque<std::string> events;
  std::atomic<bool> pending{false};
  bool scheduled = false;
};

/// It lives on, as it may be filled while the process exits. A child of fork() has a queue of its
/// own: a thread that it does not have may have been in the middle of the one it inherits.
Queue& queue() {
  static std::atomic<Queue*> instance{new Queue};
  Queue* known = instance.load(std::memory_order_acquire);
  const long own = process_id();
  while (known->owner != own) {
    auto fresh = std::make_unique<Queue>();
    if (instance.compare_exchange_strong(known, fresh.get())) return *fresh.release();
  }
  return *known;
}

int deliver_pending(void*) {
  deliver_messages();
  return 0;
}

template <typename Item>
void enqueue(std::deque<Item> Queue::*items, std::size_t most, Item item) {
  Queue& q = queue();
  bool schedule = false;
  {
    const std::lock_guard lock(q.mutex);
    if ((q.*items).size() == most) return;
    (q.*items).push_back(std::move(item));
    q.pending.store(true, std::memory_order_release);
    schedule = !q.scheduled;
    q.scheduled = true;
  }
  if (schedule) Py_AddPendingCall(&deliver_pending, nullptr);
}

void enqueue_record(LogLevel level, const char* target, const char* text, void*) {
  enqueue(&Queue::records, kMaxQueued, Record{level, target, text});
}

void enqueue_event(const char* event, void*) {
  enqueue(&Queue::events, kMaxQueuedEvents, std::string(event));
}

struct Messages {
  std::deque<Record> records;
  std::deque<std::string> events;
};

Messages take_messages() {
  Queue& q = queue();
  const std::lock_guard lock(q.mutex);
  q.pending.store(false, std::memory_order_relaxed);
  q.scheduled = false;
  return {std::exchange(q.records, {}), std::exchange(q.events, {})};
}

int python_level(LogLevel level) {
  constexpr int kLevels[] = {60, 40, 30, 20, 10, 5};  // trace has no name in Python
  return kLevels[static_cast<int>(level)];
}

/// "edgefirst_image::gl" under the logger of the package: "edgefirst_hal.image.gl".
std::string logger_name(const std::string& target) {
  constexpr std::string_view kOurs = "edgefirst_";
  std::string path = target.substr(target.rfind(kOurs, 0) == 0 ? kOurs.size() : 0);
  for (std::size_t at = path.find("::"); at != std::string::npos; at = path.find("::", at)) {
    path.replace(at, 2, ".");
  }
  return path.rfind("hal.", 0) == 0 ? "edgefirst_" + path : kLogger + ("." + path);
}

void log_in_python(const std::deque<Record>& records) {
  const py::module_ logging = py::module_::import("logging");
  for (const Record& record : records) {
    const py::object logger = logging.attr("getLogger")(logger_name(record.target));
    logger.attr("log")(python_level(record.level), "%s", record.text,
                       py::arg("extra") = py::dict(py::arg("target") = record.target));
  }
}

const char* const kLevelNames[] = {"off", "error", "warn", "info", "debug", "trace"};

LogLevel parse_level(const std::string& name) {
  for (std::size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (name == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  raise(ErrorCode::kInvalidArgument, "unknown log level '", name,
        "': use off, error, warn, info, debug or trace");
}

void use_filter(LogFilter filter) {
  const ReleaseGil release;  // the core waits here for records in delivery
  const bool is_off = filter.finest() == LogLevel::kOff;
  set_log_sink(is_off ? nullptr : &enqueue_record, nullptr, std::move(filter));
}

void set_filter(const Text& filter_text) {
  const std::string& text = filter_text;
  std::vector<std::string> complaints;
  LogFilter filter = LogFilter::parse(text, complaints);
  if (!complaints.empty()) raise(ErrorCode::kInvalidArgument, "filter: ", complaints.front());
  use_filter(std::move(filter));
}

/// Gives any record what kLineFormat names, as our own records have it.
bool complete_record(const py::object& record) {
  const int level = record.attr("levelno").cast<int>();
  std::size_t rank = 1;
  while (rank < 5 && level < python_level(static_cast<LogLevel>(rank))) ++rank;
  constexpr const char* kShown[] = {"OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
  record.attr("level") = kShown[rank];
  if (!py::hasattr(record, "target")) record.attr("target") = record.attr("name");
  return true;
}

/// Lines on stderr: those of hal_log_init_file.
void show_records(const py::module_& logging, const py::object& logger) {
  constexpr const char* kLineFormat = "[%(level)s] %(target)s: %(message)s";
  const py::object handler = logging.attr("StreamHandler")();
  handler.attr("setFormatter")(logging.attr("Formatter")(kLineFormat));
  handler.attr("addFilter")(py::cpp_function(&complete_record));
  logger.attr("addHandler")(handler);
}

/// EDGEFIRST_LOG or RUST_LOG turns logging on and, where the program set up no handler, shows it.
/// What the variable says and nobody understands is told as a warning, whatever its level.
void start_logging_from_environment() {
  const char* name = std::getenv("EDGEFIRST_LOG") != nullptr ? "EDGEFIRST_LOG" : "RUST_LOG";
  const char* text = std::getenv(name);
  if (text == nullptr) return;
  std::vector<std::string> complaints;
  LogFilter filter = LogFilter::parse(text, complaints);
  const LogLevel finest = filter.finest();
  if (finest == LogLevel::kOff && complaints.empty()) return;
  const py::module_ logging = py::module_::import("logging");
  const py::object logger = logging.attr("getLogger")(kLogger);
  if (!logger.attr("hasHandlers")().cast<bool>()) show_records(logging, logger);
  std::deque<Record> records;
  for (const std::string& complaint : complaints) {
    records.push_back({LogLevel::kWarn, "edgefirst_hal::log", message(name, ": ", complaint)});
  }
  log_in_python(records);
  if (logger.attr("level").cast<int>() == 0) logger.attr("setLevel")(python_level(finest));
  use_filter(std::move(filter));
}

/// The function that receives the events of the running capture; null where they go to a file.
/// Guarded by the GIL.
py::object& event_function() {
  static auto* instance = new py::object;  // outlives the interpreter
  return *instance;
}

void call_with_events(const std::deque<std::string>& events) {
  const py::object function = event_function();
  if (!function) return;
  for (const std::string& event : events) {
    try {
      function(event);
    } catch (py::error_already_set& error) {
      error.discard_as_unraisable("edgefirst_hal trace delivery");
    }
  }
}

/// One capture to a file or a function. Only the object that started a capture ends it.
class Tracing {
 public:
  Tracing(std::variant<Path, py::function> target, Int<std::size_t> max_bytes)
      : target_(std::move(target)), max_bytes_(max_bytes) {}
  void start() {
    if (const auto* path = std::get_if<Path>(&target_)) {
      const std::string text = path->string();
      const ReleaseGil release;  // the core waits here for events in delivery
      start_tracing(text, max_bytes_);
    } else {
      {
        const ReleaseGil release;
        start_tracing(enqueue_event, nullptr, max_bytes_);
      }
      event_function() = std::get<py::function>(target_);
    }
    active_ = true;
  }
  void stop() {
    if (!active_) return;
    active_ = false;
    {
      const ReleaseGil release;
      stop_tracing();  // may throw, but not where it calls a function
    }
    deliver_messages();
    event_function() = py::object();
  }

 private:
  std::variant<Path, py::function> target_;
  std::size_t max_bytes_;
  bool active_ = false;
};

void bind_tracing(py::module_& module) {
  using py::arg;
  py::class_<Tracing>(module, "Tracing",
                      "Writes timed spans to a Chrome trace file that ui.perfetto.dev opens, or "
                      "hands them to a function.")
      .def(py::init<std::variant<Path, py::function>, Int<std::size_t>>(), arg("path"),
           arg("max_bytes") = 0)
      .def("start", &Tracing::start, "Begins the capture.")
      .def("stop", &Tracing::stop, "Completes the file; IoError where it could not be written.")
      .def("__enter__",
           [](const py::object& self) {
             self.cast<Tracing&>().start();
             return self;
           })
      .def(
          "__exit__",
          [](Tracing& self, const py::object& exception, const py::object&, const py::object&) {
            try {
              self.stop();
            } catch (const Error&) {
              if (exception.is_none()) throw;  // else the block's own exception goes on
            }
            return false;
          },
          arg("_exc_type") = py::none(), arg("_exc_val") = py::none(), arg("_exc_tb") = py::none());
}

void bind_probes(py::module_& module) {
  const auto dma = [] { return is_memory_available(TensorMemory::kDma); };
  module.def("is_dma_available", dma, "Whether DMA-BUF tensors can be made here.");
  module.def("is_gpu_buffer_available", dma,
             "Whether GPU buffers can be shared: DMA-BUF on Linux.");
  module.def(
      "is_iosurface_available", [] { return false; }, "Whether IOSurface tensors can be made.");
  module.def(
      "is_shm_available", [] { return is_memory_available(TensorMemory::kShm); },
      "Whether shared memory tensors can be made here.");
}

std::size_t bytes_per_pixel(PixelFormat format, DType dtype) {
  const PixelFormatInfo& info = pixel_format_info(format);
  return dtype_size(dtype) * (info.layout == PixelLayout::kPacked ? info.channels : 1);
}

void bind_pitch(py::module_& module) {
  module.def(
      "align_width_for_gpu_pitch",
      [](Int<std::size_t> width, Int<std::size_t> bpp) {
        return align_width_for_gpu_pitch(width, bpp);
      },
      py::arg("width"), py::arg("bpp"), "The next width whose rows are whole GPU pitches.");
  module.def(
      "align_width_for_pixel_format",
      [](Int<std::size_t> width, PixelFormat format, const Text& dtype) {
        return align_width_for_gpu_pitch(width, bytes_per_pixel(format, parse_dtype(dtype.value)));
      },
      py::arg("width"), py::arg("format"), py::arg("dtype") = "uint8",
      "The same for the pixels of a format.");
  module.def(
      "gpu_dma_buf_pitch_alignment_bytes", [] { return kGpuPitchAlignmentBytes; },
      "Row pitch that GPUs need.");
}

}  // namespace

void deliver_messages() noexcept {
  if (!queue().pending.load(std::memory_order_acquire)) return;
  const py::error_scope keep;  // an error on its way stays the current one
  try {
    const Messages messages = take_messages();
    call_with_events(messages.events);
    if (!messages.records.empty()) log_in_python(messages.records);
  } catch (py::error_already_set& error) {
    error.discard_as_unraisable("edgefirst_hal log delivery");
  } catch (...) {  // what finds no memory is dropped
  }
}

void bind_runtime(py::module_& module) {
  module.def("version", &version, "The library's version.");
  module.def("compatible_version", &compatible_version,
             "The EdgeFirst HAL whose programs run unchanged on this library.");
  module.def("build_info", &build_info, "Version, SIMD target and dependencies, one per line.");
  module.def("simd_target", &simd_target, "The SIMD target that kernels run on.");
  bind_probes(module);
  bind_pitch(module);
  bind_tracing(module);
  module.def(
      "set_log_level", [](const Text& level) { use_filter(LogFilter(parse_level(level))); },
      py::arg("level"), "Sends records up to this level to logging.getLogger('edgefirst_hal').");
  module.def("set_log_filter", &set_filter, py::arg("filter"),
             "Sends the records that a filter as in RUST_LOG chooses there.");
  start_logging_from_environment();
  py::module_::import("atexit").attr("register")(py::cpp_function([] {
    use_filter(LogFilter());
    deliver_messages();
  }));
}

}  // namespace edgefirst::python
