// SPDX-License-Identifier: Apache-2.0
// What the numbers of one run on a plain picture say about a table of boxes. Draws no conclusion
// where they do not settle the question. Called by model_table and model_flat.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "decoder/model_file.hpp"

namespace edgefirst::decoding {

/// The numbers of a [1, rows, columns] output, read one anchor after the other.
class TableValues {
 public:
  /// The table must outlive this; it may have no numbers.
  TableValues(const FileTensor& table, bool by_anchor) : table_(table), by_anchor_(by_anchor) {}

  bool has_values() const { return !table_.values.empty(); }
  /// Integers of one scale need not hold class numbers exactly.
  bool is_exact() const { return is_float(table_.dtype); }
  std::size_t anchors() const { return table_.shape[by_anchor_ ? 1 : 2]; }
  std::size_t features() const { return table_.shape[by_anchor_ ? 2 : 1]; }
  float at(std::size_t anchor, std::size_t feature) const {
    return table_.values[by_anchor_ ? anchor * features() + feature : feature * anchors() + anchor];
  }
  /// The largest of some features of each anchor.
  std::vector<float> largest(std::size_t first, std::size_t count) const;

 private:
  const FileTensor& table_;
  bool by_anchor_;
};

/// Whether columns 4 and 5 are a score and a class number; false: they are scores. None: both are
/// possible. `names` is the number of classes where it is known.
std::optional<bool> are_final_rows(const TableValues& rows, std::optional<std::size_t> names);

/// Whether columns 0 to 3 of likely rows are a centre and a size and no corners.
bool are_centres(const TableValues& rows);

/// Whether features 0 to 3 are fractions of the input, judged by the likely anchors; none where
/// nothing was found to judge.
std::optional<bool> are_fractions(const TableValues& boxes, const std::vector<float>& scores);

}  // namespace edgefirst::decoding
