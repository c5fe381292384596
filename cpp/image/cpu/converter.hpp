// SPDX-License-Identifier: Apache-2.0
// The strip pipeline of convert: rows are read, resampled, turned and packed a band at a time, so
// that no frame-sized temporary exists. Keeps plans and scratch for the next call; not thread-safe.
// Called by the CPU backend with mapped images.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "image/cpu/axis_plan.hpp"
#include "image/cpu/packer.hpp"
#include "image/cpu/resize_kernels.hpp"
#include "image/cpu/row_reader.hpp"

namespace edgefirst::cpu {

/// Axis plans by what they depend on; the least recently used one makes room.
class PlanCache {
 public:
  const AxisPlan& get(std::size_t source, std::size_t outputs, Filter filter, bool reversed);

 private:
  struct Entry {
    std::size_t source = 0, outputs = 0;
    Filter filter = Filter::kAntialias;
    bool reversed = false;
    std::uint64_t last_use = 0;
    AxisPlan plan;
  };
  std::array<Entry, 16> entries_;
  std::uint64_t clock_ = 0;
};

class Converter {
 public:
  Converter();
  ~Converter();
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  void run(const ConvertRequest& request, const MappedPlanes<const std::uint8_t>& source,
           const MappedPlanes<std::uint8_t>& destination);

 private:
  struct Worker;  // scratch of one thread
  struct RowPart;
  struct Geometry;  // sizes of the bands of the current request

  void fill_outside(const ConvertRequest& request);
  /// plan: null, or the geometry of a resample that makes rows of the destination one by one.
  void by_rows(const ConvertRequest& request, const Geometry* plan);
  void convert_rows(const ConvertRequest& request, const Geometry* plan, const Rect& part,
                    Worker& worker);
  void color_rows(const ConvertRequest& request, const Rect& rows, Worker& worker) const;
  void luma_rows(const ConvertRequest& request, const Rect& rows, Worker& worker);
  void pack_rows(const ConvertRequest& request, const Geometry* plan, const Rect& rows,
                 Worker& worker);
  void read_row(const ConvertRequest& request, const Geometry* plan, const RowPart& part,
                std::uint8_t* const* channels, Worker& worker) const;
  void filter_row(const Geometry& plan, std::size_t y, std::uint8_t* out, Worker& worker) const;
  void resample(const ConvertRequest& request, const Geometry& geometry);
  Geometry plan(const ConvertRequest& request);
  void resample_bands(const Geometry& geometry, std::size_t begin, std::size_t end, Worker& worker);
  void filter_rows(const Geometry& geometry, std::size_t begin, std::size_t end, Worker& worker);
  void filter_columns(const Geometry& geometry, std::size_t part, Worker& worker);
  void finish_block(const Geometry& geometry, std::size_t part, std::size_t band, Worker& worker);
  void prepare_workers(std::size_t count, const Geometry* geometry);

  PlanCache plans_;
  RowReader reader_;
  Packer packer_;
  ResizeKernels kernels_{};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace edgefirst::cpu
