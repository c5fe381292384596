// SPDX-License-Identifier: Apache-2.0
// Readings are ruled out by the facts until one is left. The facts: what the metadata says of
// suppression, whether anchors are one or three a cell of the input, how many classes are named,
// and what a run on a plain picture gave.
#include "decoder/model_table.hpp"

#include "base/message.hpp"
#include "decoder/model_values.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::size_t kUsualRows = 300;  // max_det of exporters that do not say it
constexpr std::size_t kMostRows = 3000;  // no export keeps more after suppression
constexpr std::size_t kBox = 4;

using Kind = TableReading::Kind;

class TableReader {
 public:
  TableReader(const FileTensor& table, std::size_t channels, const ModelFile& file,
              const ModelFacts& facts)
      : table_(table),
        channels_(channels),
        file_(file),
        facts_(facts),
        names_(facts.class_hint()) {}

  TableReading read() const {
    const std::size_t first = table_.shape[1];
    const std::size_t second = table_.shape[2];
    if (second == row_size() && is_row_table(first)) return rows(first, true);
    if (first == row_size() && second != row_size() && is_transposed_row_table(second)) {
      return rows(second, false);
    }
    return is_by_anchor(first, second) ? anchors(first, second, true)
                                       : anchors(second, first, false);
  }

 private:
  std::size_t row_size() const { return kBox + 2 + channels_; }
  bool one_a_cell(std::size_t anchors) const { return has_cells(facts_.input_dims, anchors, 1); }
  bool three_a_cell(std::size_t anchors) const { return has_cells(facts_.input_dims, anchors, 3); }
  bool is_named(std::size_t classes) const { return names_ == classes; }
  bool may_have(std::size_t classes) const { return !names_ || *names_ == classes; }

  /// Metadata says that suppression is inside.
  bool says_rows() const { return facts_.end2end == true || facts_.nms; }

  /// Rows of every anchor were not cut to the best ones, so that nothing was suppressed.
  bool is_whole(std::size_t count) const {
    if (count == facts_.max_det.value_or(kUsualRows)) return false;
    if (facts_.end2end == true && count <= kUsualRows) return false;
    return one_a_cell(count) || three_a_cell(count);
  }

  TableReading rows(std::size_t count, bool by_anchor) const {
    TableReading reading;
    reading.kind = Kind::kRows;
    reading.by_anchor = by_anchor;
    const TableValues values(table_, by_anchor);
    reading.has_centres = facts_.is_rtdetr;
    if (!reading.has_centres && are_centres(values)) {
      reading.has_centres = are_fractions(values, values.largest(kBox, 1)) == true;
    }
    reading.is_suppressed = !is_whole(count);
    return reading;
  }

  bool is_row_table(std::size_t count) const {
    const bool one = one_a_cell(count);
    const bool three = three_a_cell(count);
    const std::optional<bool> by_values = are_final_rows({table_, true}, names_);
    if (says_rows()) return by_values != false || !(one || three);
    if (facts_.end2end == false) return false;
    if (by_values) return *by_values;
    if (names_ && *names_ > 2 && (one || three)) return true;  // no other reading has as many
    if (three) return is_deepstream() || is_named(2) ? ask_rows_or("YOLOv5 of one class") : false;
    if (one) return is_named(2) ? false : ask_rows_or("YOLOX of one class");
    if (facts_.head == "RTDETRDecoder") return true;
    if (facts_.is_rtdetr && is_named(2)) return false;
    if (facts_.input_dims || count <= kUsualRows) return true;
    if (is_named(2)) return false;
    return count <= kMostRows || ask_rows_or("YOLOv5 of one class");
  }

  [[noreturn]] bool ask_rows_or(const char* other) const {
    cannot_tell(file_, message(table_.shape[1], " rows of ", table_.shape[2], " values may be ",
                               other, ", scores of two classes, or box, score and class"));
  }

  /// DeepStream-Yolo writes final rows of every anchor, without suppression and without metadata.
  bool is_deepstream() const {
    return facts_.source.empty() && !names_ && table_.values.empty() && table_.name == "output" &&
           !file_.inputs.empty() && file_.inputs[0].name == "input";
  }

  bool is_transposed_row_table(std::size_t count) const {
    return says_rows() && !one_a_cell(count) && !three_a_cell(count) &&
           count == facts_.max_det.value_or(kUsualRows);
  }

  /// The anchors' axis leaves the features that names ask for, or counts cells.
  bool is_by_anchor(std::size_t first, std::size_t second) const {
    const bool first_named = is_features(first);
    const bool second_named = is_features(second);
    if (first_named != second_named) return second_named;
    const bool first_counts = one_a_cell(first) || three_a_cell(first);
    const bool second_counts = one_a_cell(second) || three_a_cell(second);
    return first >= second || (first_counts && !second_counts);
  }
  bool is_features(std::size_t extent) const {
    return names_ &&
           (extent == kBox + *names_ + channels_ || extent == kBox + 1 + *names_ + channels_);
  }

  TableReading anchors(std::size_t count, std::size_t features, bool by_anchor) const {
    TableReading reading;
    reading.by_anchor = by_anchor;
    const std::size_t least = kBox + channels_;
    if (three_a_cell(count) && !(features > least && is_named(features - least))) {
      if (features <= least + 1) no_room(features);
      reading.kind = Kind::kObjectness;
      reading.classes = features - least - 1;
      check_names(reading.classes);
      return reading;
    }
    if (features <= least) no_room(features);
    reading.classes = features - least;
    reading.is_by_query = by_anchor && facts_.input_dims && !one_a_cell(count);
    if (by_anchor && !is_named(reading.classes)) refuse_by_anchor(count, features);
    if (!by_anchor && features == row_size() && !names_) check_two_classes(count);
    check_names(reading.classes);
    return reading;
  }

  /// [1, 6, 300] without names may be final rows that lie across.
  void check_two_classes(std::size_t count) const {
    if (!facts_.input_dims || one_a_cell(count) || count > kUsualRows) return;
    if (are_final_rows({table_, false}, names_) == false) return;
    cannot_tell(file_, message(table_.shape[1], " rows of ", count,
                               " values may be scores of two classes, or box, score and class"));
  }

  [[noreturn]] void no_room(std::size_t features) const {
    if (features == 0 || table_.shape[1] == 0) cannot_tell(file_, "a table holds no rows");
    cannot_tell(file_, message(features, " values a box leave no room for classes"));
  }

  [[noreturn]] void refuse_by_anchor(std::size_t count, std::size_t features) const {
    const std::string table = message("a table of ", count, " rows with ", features, " values ");
    const std::size_t least = kBox + channels_;
    if (one_a_cell(count) && features > least + 1 && may_have(features - least - 1)) {
      cannot_tell(file_, table + "may be YOLOX or a transposed head");
    }
    if (names_) check_names(features - least);
    cannot_tell(file_, table + "may be YOLOX or else");
  }

  void check_names(std::size_t classes) const {
    if (!facts_.classes || *facts_.classes == classes) return;
    cannot_tell(file_, message(*facts_.classes, " class names but ", classes, " scores a box"));
  }

  const FileTensor& table_;
  std::size_t channels_;
  const ModelFile& file_;
  const ModelFacts& facts_;
  std::optional<std::size_t> names_;
};

}  // namespace

TableReading read_table(const FileTensor& table, std::size_t channels, const ModelFile& file,
                        const ModelFacts& facts) {
  return TableReader(table, channels, file, facts).read();
}

}  // namespace edgefirst::decoding
