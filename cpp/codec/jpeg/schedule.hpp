// SPDX-License-Identifier: Apache-2.0
// The order of work on a frame: MCU rows are decoded, and what they complete is emitted. On one
// thread row by row; on several, emission of one batch runs beside the decoding of the next.
// Knows nothing of JPEG; the decoder plans and calls it.
#pragma once

#include <cstddef>

#include "base/parallel.hpp"

namespace edgefirst::jpeg {

struct Schedule {
  std::size_t rows = 0;
  std::size_t threads = 1;
  std::size_t units = 1;      ///< parts of a batch that can be decoded at the same time
  std::size_t unit_rows = 1;  ///< of each

  std::size_t batch_rows() const { return units * unit_rows; }
};

struct RowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// decode(unit, rows) runs on any thread, for different units at once; emit(rows) in order and
/// never twice at once, at most one batch behind; check() on the calling thread before rows are
/// emitted, to throw what decoding found.
template <class Decode, class Check, class Emit>
class ScheduleRunner {
 public:
  ScheduleRunner(const Schedule& schedule, Decode decode, Check check, Emit emit)
      : schedule_(schedule), decode_(decode), check_(check), emit_(emit) {}

  void run() {
    if (schedule_.threads > 1) return run_in_batches();
    for (std::size_t row = 0; row < schedule_.rows; ++row) {
      decode_(std::size_t{0}, RowRange{row, row + 1});
      check_();
      emit_(RowRange{row, row + 1});
    }
  }

 private:
  void run_in_batches() {
    for (std::size_t begin = 0; decoded_.end < schedule_.rows; begin += schedule_.batch_rows()) {
      const auto tasks = [&](std::size_t first, std::size_t last) {
        for (std::size_t task = first; task < last; ++task) run_task(begin, task);
      };
      parallel_for(schedule_.units + (begin > 0 ? 1 : 0), 1, tasks, schedule_.threads);
      check_();
      decoded_ = {begin, clip(begin + schedule_.batch_rows())};
    }
    emit_(decoded_);
  }

  /// Tasks are the units of the batch that starts at row begin, and the emission of the last one.
  void run_task(std::size_t begin, std::size_t task) {
    if (task == schedule_.units) return emit_(decoded_);
    const std::size_t row = begin + task * schedule_.unit_rows;
    decode_(task, RowRange{clip(row), clip(row + schedule_.unit_rows)});
  }

  std::size_t clip(std::size_t row) const { return row < schedule_.rows ? row : schedule_.rows; }

  const Schedule& schedule_;
  Decode decode_;
  Check check_;
  Emit emit_;
  RowRange decoded_;
};

}  // namespace edgefirst::jpeg
