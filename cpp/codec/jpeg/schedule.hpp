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
void run_schedule(const Schedule& schedule, Decode decode, Check check, Emit emit) {
  if (schedule.threads <= 1) {
    for (std::size_t row = 0; row < schedule.rows; ++row) {
      decode(std::size_t{0}, RowRange{row, row + 1});
      check();
      emit(RowRange{row, row + 1});
    }
    return;
  }
  const std::size_t batch = schedule.batch_rows();
  const auto clip = [&](std::size_t row) { return row < schedule.rows ? row : schedule.rows; };
  RowRange decoded;
  for (std::size_t begin = 0; decoded.end < schedule.rows; begin += batch) {
    const auto run = [&](std::size_t first, std::size_t last) {
      for (std::size_t task = first; task < last; ++task) {
        const std::size_t row = begin + task * schedule.unit_rows;
        if (task < schedule.units) {
          decode(task, RowRange{clip(row), clip(row + schedule.unit_rows)});
        } else {
          emit(decoded);
        }
      }
    };
    parallel_for(schedule.units + (begin > 0 ? 1 : 0), 1, run, schedule.threads);
    check();
    decoded = {begin, clip(begin + batch)};
  }
  emit(decoded);
}

}  // namespace edgefirst::jpeg
