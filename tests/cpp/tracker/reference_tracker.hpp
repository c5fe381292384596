// SPDX-License-Identifier: Apache-2.0
// The tracker written the most naive way: full 8 x 8 matrices in double, assignment by trying
// every choice. Oracle of the tracker's tests; shares no code with the library.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "edgefirst/detection.hpp"

namespace edgefirst::testing {

using Matrix = std::vector<std::vector<double>>;

inline Matrix zeros(std::size_t rows, std::size_t columns) {
  return Matrix(rows, std::vector<double>(columns, 0.0));
}

inline Matrix multiply(const Matrix& a, const Matrix& b) {
  Matrix result = zeros(a.size(), b[0].size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b[0].size(); ++j) {
      for (std::size_t k = 0; k < b.size(); ++k) result[i][j] += a[i][k] * b[k][j];
    }
  }
  return result;
}

inline Matrix transpose(const Matrix& a) {
  Matrix result = zeros(a[0].size(), a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[0].size(); ++j) result[j][i] = a[i][j];
  }
  return result;
}

inline Matrix add(Matrix a, const Matrix& b, double sign = 1.0) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[0].size(); ++j) a[i][j] += sign * b[i][j];
  }
  return a;
}

/// Gauss-Jordan without pivoting: the matrices here are positive definite.
inline Matrix inverse(Matrix a) {
  const std::size_t n = a.size();
  Matrix result = zeros(n, n);
  for (std::size_t i = 0; i < n; ++i) result[i][i] = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const double pivot = a[i][i];
    for (std::size_t j = 0; j < n; ++j) a[i][j] /= pivot, result[i][j] /= pivot;
    for (std::size_t k = 0; k < n; ++k) {
      if (k == i) continue;
      const double factor = a[k][i];
      for (std::size_t j = 0; j < n; ++j) {
        a[k][j] -= factor * a[i][j];
        result[k][j] -= factor * result[i][j];
      }
    }
  }
  return result;
}

inline Matrix diagonal_of_squares(const std::vector<double>& values) {
  Matrix result = zeros(values.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) result[i][i] = values[i] * values[i];
  return result;
}

class ReferenceFilter {
 public:
  explicit ReferenceFilter(const std::array<double, 4>& z) : mean_(zeros(8, 1)) {
    for (std::size_t i = 0; i < 4; ++i) mean_[i][0] = z[i];
    const double p = 2 * z[3] / 20;
    const double v = 10 * z[3] / 160;
    covariance_ = diagonal_of_squares({p, p, 0.01, p, v, v, 1e-5, v});
  }
  void predict() {
    const double p = mean_[3][0] / 20;
    const double v = mean_[3][0] / 160;
    Matrix f = zeros(8, 8);
    for (std::size_t i = 0; i < 8; ++i) f[i][i] = 1;
    for (std::size_t i = 0; i < 4; ++i) f[i][i + 4] = 3;
    mean_ = multiply(f, mean_);
    covariance_ = add(multiply(multiply(f, covariance_), transpose(f)),
                      diagonal_of_squares({p, p, 0.01, p, v, v, 1e-5, v}));
  }
  std::array<double, 4> position() const { return column(mean_); }
  std::array<double, 4> observation() const { return column(multiply(observe(), mean_)); }
  void correct(const std::array<double, 4>& z, double share) {
    const double p = mean_[3][0] / 20;
    const Matrix h = observe();
    const Matrix s =
        add(multiply(multiply(h, covariance_), transpose(h)), diagonal_of_squares({p, p, 0.01, p}));
    const Matrix gain = multiply(multiply(covariance_, transpose(h)), inverse(s));
    const std::array<double, 4> seen = observation();
    Matrix step = zeros(4, 1);
    for (std::size_t i = 0; i < 4; ++i) step[i][0] = share * (z[i] - seen[i]);
    mean_ = add(mean_, multiply(gain, step));
    covariance_ = add(covariance_, multiply(multiply(gain, s), transpose(gain)), -1.0);
  }

 private:
  static Matrix observe() {
    Matrix h = zeros(4, 8);
    for (std::size_t i = 0; i < 4; ++i) h[i][i] = h[i][i + 4] = 1;
    return h;
  }
  static std::array<double, 4> column(const Matrix& m) {
    return {m[0][0], m[1][0], m[2][0], m[3][0]};
  }
  Matrix mean_;
  Matrix covariance_;
};

inline std::array<double, 4> reference_measurement(const BoundingBox& box) {
  const double w = std::max(double{box.xmax} - box.xmin, 1e-5);
  const double h = std::max(double{box.ymax} - box.ymin, 1e-5);
  return {(double{box.xmax} + box.xmin) / 2, (double{box.ymax} + box.ymin) / 2, w / h, h};
}

inline std::array<double, 4> reference_corners(const std::array<double, 4>& z) {
  const double w = z[2] * z[3];
  return {z[0] - w / 2, z[1] - z[3] / 2, z[0] + w / 2, z[1] + z[3] / 2};
}

inline double reference_iou(const std::array<double, 4>& a, const std::array<double, 4>& b) {
  const double w = std::max(0.0, std::min(a[2], b[2]) - std::max(a[0], b[0]));
  const double h = std::max(0.0, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const double all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h;
  return all <= 1e-5 ? 0.0 : w * h / all;
}

/// Most pairs first, then least cost, over every partial matching. cost < 0 forbids a pair.
class ExhaustiveMatching {
 public:
  explicit ExhaustiveMatching(const Matrix& cost) : cost_(cost) {
    columns_ = cost.empty() ? 0 : cost[0].size();
    current_.assign(cost.size(), -1);
    best_ = current_;
    taken_.assign(columns_, false);
    visit(0, 0, 0.0);
  }
  const std::vector<int>& columns() const { return best_; }
  double cost() const { return best_cost_; }
  std::size_t pairs() const { return best_pairs_; }

 private:
  void visit(std::size_t row, std::size_t pairs, double cost) {
    if (row == cost_.size()) {
      if (pairs > best_pairs_ || (pairs == best_pairs_ && cost < best_cost_)) {
        best_ = current_, best_pairs_ = pairs, best_cost_ = cost;
      }
      return;
    }
    for (std::size_t column = 0; column < columns_; ++column) {
      if (taken_[column] || cost_[row][column] < 0) continue;
      taken_[column] = true;
      current_[row] = static_cast<int>(column);
      visit(row + 1, pairs + 1, cost + cost_[row][column]);
      taken_[column] = false;
    }
    current_[row] = -1;
    visit(row + 1, pairs, cost);
  }
  const Matrix& cost_;
  std::size_t columns_ = 0;
  std::vector<int> current_, best_;
  std::vector<bool> taken_;
  std::size_t best_pairs_ = 0;
  double best_cost_ = std::numeric_limits<double>::infinity();
};

struct ReferenceTrack {
  int id;
  ReferenceFilter filter;
  int count;
  std::uint64_t created, last_updated;
};

struct ReferenceResult {
  int id, count;
  std::array<double, 4> location;
};

class ReferenceTracker {
 public:
  double high_conf = 0.7, iou = 0.25, share = 0.25;
  std::uint64_t lifespan = 500'000'000;
  std::vector<ReferenceTrack> tracks;

  std::vector<std::optional<ReferenceResult>> update(const std::vector<DetectBox>& boxes,
                                                     std::uint64_t now) {
    std::vector<std::optional<ReferenceResult>> results(boxes.size());
    for (std::size_t i = tracks.size(); i-- > 0;) {
      if (tracks[i].last_updated + lifespan >= now) continue;
      tracks[i] = tracks.back();
      tracks.pop_back();
    }
    std::vector<bool> taken(tracks.size(), false);
    for (ReferenceTrack& track : tracks) track.filter.predict();
    match(boxes, high_conf, now, taken, results);
    match(boxes, 0.0, now, taken, results);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (results[i] || boxes[i].score < high_conf) continue;
      tracks.push_back(
          {next_id_++, ReferenceFilter(reference_measurement(boxes[i].box)), 1, now, now});
      results[i] = {tracks.back().id, 1, reference_corners(tracks.back().filter.observation())};
    }
    return results;
  }

 private:
  void match(const std::vector<DetectBox>& boxes, double gate, std::uint64_t now,
             std::vector<bool>& taken, std::vector<std::optional<ReferenceResult>>& results) {
    Matrix cost(boxes.size(), std::vector<double>(tracks.size(), -1.0));
    for (std::size_t b = 0; b < boxes.size(); ++b) {
      if (results[b] || boxes[b].score < gate) continue;
      const BoundingBox& box = boxes[b].box;
      for (std::size_t t = 0; t < tracks.size(); ++t) {
        const double shared = reference_iou({box.xmin, box.ymin, box.xmax, box.ymax},
                                            reference_corners(tracks[t].filter.position()));
        if (!taken[t] && shared >= iou) cost[b][t] = (1.5 - boxes[b].score) + (1.5 - shared);
      }
    }
    const std::vector<int> columns = ExhaustiveMatching(cost).columns();
    for (std::size_t b = 0; b < boxes.size(); ++b) {
      if (columns[b] < 0) continue;
      ReferenceTrack& track = tracks[static_cast<std::size_t>(columns[b])];
      taken[static_cast<std::size_t>(columns[b])] = true;
      results[b] = {track.id, track.count, reference_corners(track.filter.observation())};
      track.count += 1;
      track.last_updated = now;
      track.filter.correct(reference_measurement(boxes[b].box), share);
    }
  }
  int next_id_ = 0;
};

}  // namespace edgefirst::testing
