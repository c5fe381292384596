// SPDX-License-Identifier: Apache-2.0
// Two ways through. Row by row: pixels that correspond one to one, single source pixels picked, and
// packed RGB filtered with few taps. In bands of kBandRows: everything else; the filter along
// source columns runs first, on rows as they lie; the band is then transposed, filtered along
// source rows, and either transposed back or, for quarter turns, packed as it is. Mirrors are
// reversed plans.
#include "image/cpu/converter.hpp"

#include <algorithm>

#include "base/checked.hpp"
#include "base/parallel.hpp"
#include "image/cpu/pixel_mover.hpp"
#include "image/cpu/spans.hpp"

namespace edgefirst::cpu {
namespace {

/// Pixels (source plus destination) below which a second thread costs more than it brings.
constexpr std::size_t kParallelPixels = 64 * 1024;
constexpr std::size_t kCopyRows = 2;  // what a chroma sample may span: stays in the first cache
/// Columns of a transposed band that stay in the first-level caches.
constexpr std::size_t kColumnBytes = 64 * 1024;

/// Runs body(piece, begin, end) over [0, count) cut into pieces, each with a worker of its own.
template <class Body>
void for_pieces(std::size_t count, std::size_t pieces, const Body& body) {
  parallel_for(pieces, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      body(i, count * i / pieces, count * (i + 1) / pieces);
    }
  });
}

std::size_t piece_count(const ConvertRequest& request, std::size_t bands) {
  const std::size_t pixels = request.src_rect.width * request.src_rect.height +
                             request.dst_rect.width * request.dst_rect.height;
  const std::size_t limit = thread_limit();
  if (limit == 1 || pixels < kParallelPixels) return 1;
  return std::min(bands, 2 * limit);
}

}  // namespace

const AxisPlan& PlanCache::get(std::size_t source, std::size_t outputs, Filter filter,
                               bool reversed) {
  Entry* victim = &entries_[0];
  ++clock_;
  for (Entry& entry : entries_) {
    const bool hit = entry.source == source && entry.outputs == outputs && entry.filter == filter &&
                     entry.reversed == reversed;
    if (hit) {
      entry.last_use = clock_;
      return entry.plan;
    }
    if (entry.last_use < victim->last_use) victim = &entry;
  }
  victim->source = 0;  // no hit while the plan is incomplete
  make_axis_plan(source, outputs, filter, reversed, victim->plan);
  victim->outputs = outputs;
  victim->filter = filter;
  victim->reversed = reversed;
  victim->last_use = clock_;
  victim->source = source;
  return victim->plan;
}

struct Converter::Worker {
  PackScratch pack;
  Scratch<std::uint8_t> ring;          // converted source rows, one slot after another
  std::vector<std::size_t> ring_rows;  // which row a slot holds
  std::vector<const std::uint8_t*> taps;
  Scratch<std::uint8_t> reader;
  Scratch<std::int16_t> band;     // kBandRows filtered rows
  Scratch<std::int16_t> columns;  // part of the band, transposed
  Scratch<std::uint8_t> tile;     // per channel: output columns
  Scratch<std::uint8_t> planar;   // per channel: output rows
  Scratch<std::uint8_t> packed;   // filtered rows, packed as the source's
};

/// width pixels of row y of dst_rect from x on; slot: where worker.packed holds that row.
struct Converter::RowPart {
  std::size_t x, y, width, slot;
};

struct Converter::Geometry {
  const AxisPlan* rows = nullptr;     // along source columns: which source rows
  const AxisPlan* columns = nullptr;  // along source rows: which source columns
  bool sideways = false;
  AlignedParts bands{};  // of rows' outputs, in destination coordinates
  AlignedParts parts{};  // of columns' outputs
  std::size_t left = 0, top = 0;
  std::size_t pieces = 0;         // separate runs of bytes in a source row
  std::size_t piece_bytes = 0;    // bytes of each that the filter reads
  std::size_t piece_pitch = 0;    // samples from piece to piece in a band row
  std::size_t band_pitch = 0;     // samples from row to row of a band
  std::size_t step = 1;           // columns from pixel to pixel
  std::size_t lead = 0;           // pixels before the rectangle's first
  std::size_t column_pixels = 0;  // most source pixels that a part reads
  std::size_t ring_slots = 0;
  std::size_t ring_pitch = 0;  // bytes from slot to slot
  std::size_t tile_size = 0;   // bytes of a channel's tile

  /// Every output is one source pixel: nearest, and plain bilinear of odd ratios.
  bool picks_points() const { return !sideways && rows->taps == 1 && columns->taps == 1; }
  /// Packed RGB whose few taps along a row need no transposition.
  bool filters_packed() const {
    return !sideways && pieces == 1 && step >= 3 && columns->has_pairs();
  }
  std::size_t packed_pitch(const ConvertRequest& request) const {
    return request.dst_rect.width * step + 64;
  }
  /// Columns kept per piece for a part that reads `pixels`.
  std::size_t piece_columns(std::size_t pixels) const { return (pixels * step + 7) / 8 * 8; }
};

Converter::Converter() = default;
Converter::~Converter() = default;

void Converter::run(const ConvertRequest& request, const MappedPlanes<const std::uint8_t>& source,
                    const MappedPlanes<std::uint8_t>& destination) {
  reader_.configure(request, source);
  packer_.configure(request, destination);
  kernels_ = resize_kernels();
  prepare_workers(1, nullptr);
  if (request.fill) fill_outside(request);
  const Rect& from = request.src_rect;
  const Rect& to = request.dst_rect;
  if (from.width == 0 || from.height == 0 || to.width == 0 || to.height == 0) return;
  if (only_moves_pixels(request)) {
    move_pixels(request, source, destination);
  } else if (request.is_copy()) {
    by_rows(request, nullptr);
  } else {
    const Geometry geometry = plan(request);
    if (geometry.picks_points() && only_picks_pixels(request)) {
      const PointTable points{geometry.rows->starts.data(), geometry.columns->starts.data()};
      return pick_pixels(request, points, source, destination);
    }
    if (geometry.picks_points() || geometry.filters_packed()) return by_rows(request, &geometry);
    resample(request, geometry);
  }
}

void Converter::prepare_workers(std::size_t count, const Geometry* geometry) {
  while (workers_.size() < count) workers_.push_back(std::make_unique<Worker>());
  for (std::size_t i = 0; i < count && geometry != nullptr; ++i) {
    Worker& worker = *workers_[i];
    const std::size_t channels = reader_.channels();
    worker.taps.resize(std::max(worker.taps.size(), geometry->rows->taps));
    worker.band.reserve(checked_multiply(geometry->band_pitch, kBandRows));
    const std::size_t piece_columns = geometry->piece_columns(geometry->column_pixels);
    worker.columns.reserve(
        checked_multiply(piece_columns * geometry->pieces + geometry->step, kBandRows));
    worker.tile.reserve(geometry->tile_size * channels);
    worker.planar.reserve(geometry->tile_size * channels);
    if (reader_.is_raw()) continue;
    worker.ring.reserve(checked_multiply(geometry->ring_slots, geometry->ring_pitch));
    worker.ring_rows.resize(std::max(worker.ring_rows.size(), geometry->ring_slots));
    worker.reader.reserve(RowReader::scratch_size(geometry->piece_pitch));
  }
}

void Converter::fill_outside(const ConvertRequest& request) {
  const Rect& in = request.dst_rect;
  const std::size_t width = request.destination.width;
  const std::size_t height = request.destination.height;
  const std::size_t right = in.left + in.width;
  const std::size_t bottom = in.top + in.height;
  PackScratch& scratch = workers_[0]->pack;
  packer_.fill({0, 0, width, in.top}, *request.fill, scratch);
  packer_.fill({0, bottom, width, height - bottom}, *request.fill, scratch);
  packer_.fill({0, in.top, in.left, in.height}, *request.fill, scratch);
  packer_.fill({right, in.top, width - right, in.height}, *request.fill, scratch);
}

void Converter::by_rows(const ConvertRequest& request, const Geometry* plan) {
  TraceSpan span(plan == nullptr ? kFormatConvertSpan : kResizeSpan);
  describe_formats(span, request);
  const AlignedParts bands{request.dst_rect.top, request.dst_rect.height, kCopyRows};
  const std::size_t pieces = piece_count(request, bands.parts());
  const bool filters = plan != nullptr && !plan->picks_points();
  prepare_workers(pieces, filters ? plan : nullptr);
  for (std::size_t i = 0; i < pieces; ++i) {
    Worker& worker = *workers_[i];
    worker.planar.reserve(4 * kCopyRows * PackScratch::kRow);
    worker.reader.reserve(std::max(RowReader::scratch_size(PackScratch::kRow),
                                   RowReader::points_scratch_size(kMaxBlockWidth)));
    if (filters) worker.packed.reserve(kCopyRows * plan->packed_pitch(request));
  }
  for_pieces(bands.parts(), pieces, [&](std::size_t i, std::size_t begin, std::size_t end) {
    const std::size_t first = bands.begin(begin);
    const Rect part{0, first, request.dst_rect.width, bands.end(end - 1) - first};
    convert_rows(request, plan, part, *workers_[i]);
  });
}

/// part counts from the corner of dst_rect.
void Converter::convert_rows(const ConvertRequest& request, const Geometry* plan, const Rect& part,
                             Worker& worker) {
  const Rect& to = request.dst_rect;
  const bool filters = plan != nullptr && !plan->picks_points();
  const bool in_place = filters && request.destination.format == request.source.format &&
                        request.destination.dtype == DType::kU8;
  const AlignedParts bands{to.top + part.top, part.height, kCopyRows};
  for (std::size_t band = 0; band < bands.parts(); ++band) {
    const std::size_t first = part.top + bands.begin(band);
    const std::size_t rows = bands.end(band) - bands.begin(band);
    for (std::size_t y = 0; y < rows && filters; ++y) {
      filter_row(*plan, first + y,
                 in_place ? packer_.packed_row(to.left, to.top + first + y)
                          : worker.packed.get() + y * plan->packed_pitch(request),
                 worker);
    }
    const Rect written{part.left, first, part.width, rows};
    if (plan == nullptr && reader_.reads_packed(request.destination)) {
      color_rows(request, written, worker);
    } else if (plan == nullptr && packer_.takes_rgb()) {
      luma_rows(request, written, worker);
    } else if (!in_place) {
      pack_rows(request, plan, written, worker);
    }
  }
}

/// YUV to packed RGB, in the destination itself.
void Converter::color_rows(const ConvertRequest& request, const Rect& rows, Worker& worker) const {
  const Rect& to = request.dst_rect;
  const AlignedParts columns{0, rows.width, kMaxBlockWidth};
  for (std::size_t y = rows.top; y < rows.top + rows.height; ++y) {
    for (std::size_t i = 0; i < columns.parts(); ++i) {
      const std::size_t x = columns.begin(i);
      reader_.read_packed(x, y, columns.end(i) - x, packer_.packed_row(to.left + x, to.top + y),
                          worker.reader.get());
    }
  }
}

/// Packed RGB to YUV or grey, both rows of a pair at once where they share chroma.
void Converter::luma_rows(const ConvertRequest& request, const Rect& rows, Worker& worker) {
  const Rect& to = request.dst_rect;
  const bool shares = pixel_format_info(request.destination.format).chroma_shift_y != 0;
  const std::size_t step = shares && rows.height == 2 ? 2 : 1;
  for (std::size_t y = rows.top; y < rows.top + rows.height; y += step) {
    const std::uint8_t* source[kCopyRows] = {};
    for (std::size_t k = 0; k < step; ++k) source[k] = reader_.raw_row(0, y + k);
    const std::size_t done = packer_.write_rgb(source, step, rows.width, to.left, to.top + y);
    if (done < rows.width) {
      pack_rows(request, nullptr, {done, y, rows.width - done, step}, worker);
    }
  }
}

/// At most kCopyRows rows of dst_rect.
void Converter::pack_rows(const ConvertRequest& request, const Geometry* plan, const Rect& rows,
                          Worker& worker) {
  const Rect& to = request.dst_rect;
  const bool in_place =
      packer_.takes_planes(reader_.model()) && (plan != nullptr || reader_.lead(0) == 0);
  const AlignedParts columns{in_place ? 0 : to.left + rows.left, rows.width, kMaxBlockWidth};
  PixelBlock block;
  block.model = reader_.model();
  block.pitch = PackScratch::kRow;
  block.height = rows.height;
  for (std::size_t i = 0; i < columns.parts(); ++i) {
    const std::size_t x = rows.left + columns.begin(i);
    block.width = columns.end(i) - columns.begin(i);
    const std::size_t lead = plan == nullptr ? reader_.lead(x) : 0;
    for (std::size_t c = 0; c < 4; ++c) {
      block.channels[c] = worker.planar.get() + c * kCopyRows * block.pitch + lead;
    }
    for (std::size_t y = 0; y < rows.height; ++y) {
      std::uint8_t* channels[4];
      for (std::size_t c = 0; c < 4; ++c) {
        channels[c] = in_place && c < reader_.channels()
                          ? packer_.plane_row(c, to.left + x, to.top + rows.top + y)
                          : worker.planar.get() + (c * kCopyRows + y) * block.pitch;
      }
      read_row(request, plan, {x, rows.top + y, block.width, y}, channels, worker);
    }
    if (!in_place) packer_.write(block, to.left + x, to.top + rows.top, worker.pack);
  }
}

/// Part of a row of dst_rect in the colour model of the conversion.
void Converter::read_row(const ConvertRequest& request, const Geometry* plan, const RowPart& part,
                         std::uint8_t* const* channels, Worker& worker) const {
  std::uint8_t* scratch = worker.reader.get();
  if (plan == nullptr) {
    reader_.read(part.x, part.y, part.width, channels, scratch);
  } else if (plan->picks_points()) {
    reader_.read_points(&plan->columns->starts[part.x], part.width, plan->rows->starts[part.y],
                        channels, scratch);
  } else {
    const std::uint8_t* packed = worker.packed.get() + part.slot * plan->packed_pitch(request);
    reader_.split(packed + part.x * plan->step, part.width, channels, scratch);
  }
}

/// Row y of dst_rect in the pixels of the source's format.
void Converter::filter_row(const Geometry& plan, std::size_t y, std::uint8_t* out,
                           Worker& worker) const {
  const std::size_t taps = plan.rows->taps;
  for (std::size_t k = 0; k < taps; ++k) {
    worker.taps[k] = reader_.raw_row(0, plan.rows->starts[y] + k);
  }
  std::int16_t* row = worker.band.get();
  kernels_.vertical_for(taps)(worker.taps.data(), &plan.rows->weights[y * taps], taps,
                              plan.piece_bytes, row);
  const AxisPlan& columns = *plan.columns;
  const PairTable table{columns.starts.data(), columns.pair_weights.data(), columns.pairs()};
  (plan.step == 3 ? kernels_.packed3 : kernels_.packed4)(row, table, columns.size(), out);
}

Converter::Geometry Converter::plan(const ConvertRequest& request) {
  const Rect& from = request.src_rect;
  const Rect& to = request.dst_rect;
  Geometry g;
  g.sideways = request.turns_sideways();
  const std::size_t row_outputs = g.sideways ? to.width : to.height;
  const std::size_t column_outputs = g.sideways ? to.height : to.width;
  g.rows = &plans_.get(from.height, row_outputs, request.filter, request.mirrors_y());
  g.columns = &plans_.get(from.width, column_outputs, request.filter, request.mirrors_x());
  g.left = to.left;
  g.top = to.top;
  g.bands = {g.sideways ? to.left : to.top, row_outputs, kBandRows};

  g.pieces = reader_.is_raw() ? reader_.raw_pieces() : reader_.channels();
  g.step = reader_.is_raw() ? reader_.raw_step() : 1;
  g.lead = reader_.lead(0);
  g.piece_bytes = checked_multiply(from.width, g.step);
  g.piece_pitch = round_up(g.piece_bytes, 32) + 32;
  g.band_pitch = checked_multiply(g.piece_pitch, g.pieces);
  if (g.band_pitch % 2048 == 0) g.band_pitch += 32;  // rows must not share a cache set
  g.ring_slots = g.rows->taps;
  g.ring_pitch = g.band_pitch;

  const double ratio = static_cast<double>(from.width) / static_cast<double>(column_outputs);
  const double column = static_cast<double>(g.step * g.pieces * kBandRows * 2) * ratio;
  const double fitting = std::clamp(static_cast<double>(kColumnBytes) / column, 64.0, 256.0);
  g.parts = {g.sideways ? to.top : to.left, column_outputs,
             static_cast<std::size_t>(fitting) / 64 * 64};
  for (std::size_t i = 0; i < g.parts.parts(); ++i) {
    const std::size_t begin = g.parts.begin(i);
    const std::size_t end = g.parts.end(i);
    const std::size_t pixels =
        g.columns->source_end(begin, end) - g.columns->source_begin(begin, end);
    g.column_pixels = std::max(g.column_pixels, pixels);
  }
  g.tile_size = g.parts.size * kBandRows;
  return g;
}

void Converter::resample(const ConvertRequest& request, const Geometry& geometry) {
  TraceSpan span(kResizeSpan);
  describe_formats(span, request);
  const std::size_t bands = geometry.bands.parts();
  const std::size_t pieces = piece_count(request, bands);
  prepare_workers(pieces, &geometry);
  for_pieces(bands, pieces, [&](std::size_t i, std::size_t begin, std::size_t end) {
    resample_bands(geometry, begin, end, *workers_[i]);
  });
}

void Converter::resample_bands(const Geometry& geometry, std::size_t begin, std::size_t end,
                               Worker& worker) {
  std::fill(worker.ring_rows.begin(), worker.ring_rows.end(), ~std::size_t{0});
  for (std::size_t band = begin; band < end; ++band) {
    filter_rows(geometry, geometry.bands.begin(band), geometry.bands.end(band), worker);
    for (std::size_t part = 0; part < geometry.parts.parts(); ++part) {
      filter_columns(geometry, part, worker);
      finish_block(geometry, part, band, worker);
    }
  }
}

/// Outputs [begin, end) of the filter along source columns become the rows of the band.
void Converter::filter_rows(const Geometry& g, std::size_t begin, std::size_t end, Worker& worker) {
  const std::size_t taps = g.rows->taps;
  for (std::size_t v = begin; v < end; ++v) {
    std::int16_t* out = worker.band.get() + (v - begin) * g.band_pitch;
    const std::int16_t* weights = &g.rows->weights[v * taps];
    for (std::size_t k = 0; k < taps && !reader_.is_raw(); ++k) {
      const std::size_t row = g.rows->starts[v] + k;
      const std::size_t slot = row % g.ring_slots;
      if (worker.ring_rows[slot] == row) continue;
      std::uint8_t* channels[4];
      for (std::size_t c = 0; c < 4; ++c) {
        channels[c] = worker.ring.get() + slot * g.ring_pitch + c * g.piece_pitch;
      }
      reader_.read(0, row, g.piece_bytes, channels, worker.reader.get());
      worker.ring_rows[slot] = row;
    }
    for (std::size_t piece = 0; piece < g.pieces; ++piece) {
      for (std::size_t k = 0; k < taps; ++k) {
        const std::size_t row = g.rows->starts[v] + k;
        worker.taps[k] = reader_.is_raw() ? reader_.raw_row(piece, row)
                                          : worker.ring.get() + row % g.ring_slots * g.ring_pitch +
                                                piece * g.piece_pitch + g.lead;
      }
      kernels_.vertical_for(taps)(worker.taps.data(), weights, taps, g.piece_bytes,
                                  out + piece * g.piece_pitch);
    }
  }
}

/// The part's outputs of the filter along source rows, as byte columns in the tile.
void Converter::filter_columns(const Geometry& g, std::size_t part, Worker& worker) {
  const std::size_t begin = g.parts.begin(part);
  const std::size_t count = g.parts.end(part) - begin;
  const std::size_t origin = g.columns->source_begin(begin, begin + count);
  const std::size_t pixels = g.columns->source_end(begin, begin + count) - origin;
  const std::size_t columns = g.piece_columns(pixels);
  for (std::size_t piece = 0; piece < g.pieces; ++piece) {
    kernels_.transpose_in(worker.band.get() + piece * g.piece_pitch + origin * g.step, g.band_pitch,
                          columns, worker.columns.get() + piece * columns * kBandRows);
  }
  const TapTable table{&g.columns->starts[begin], &g.columns->weights[begin * g.columns->taps],
                       g.columns->taps, origin};
  for (std::size_t c = 0; c < reader_.channels(); ++c) {
    const std::size_t first = g.pieces > 1 ? c * columns : reader_.raw_position(c);
    kernels_.horizontal_for(table.taps)(worker.columns.get() + first * kBandRows, g.step, table,
                                        count, worker.tile.get() + c * g.tile_size);
  }
}

void Converter::finish_block(const Geometry& g, std::size_t part, std::size_t band,
                             Worker& worker) {
  const std::size_t v = g.bands.begin(band);
  const std::size_t u = g.parts.begin(part);
  const std::size_t rows = g.bands.end(band) - v;
  const std::size_t columns = g.parts.end(part) - u;
  PixelBlock block;
  block.model = reader_.model();
  block.pitch = g.sideways ? kBandRows : g.parts.size;
  block.width = g.sideways ? rows : columns;
  block.height = g.sideways ? columns : rows;
  for (std::size_t c = 0; c < reader_.channels(); ++c) {
    const std::uint8_t* tile = worker.tile.get() + c * g.tile_size;
    std::uint8_t* planar = worker.planar.get() + c * g.tile_size;
    if (!g.sideways) kernels_.transpose_out(tile, round_up(columns, 16), planar, g.parts.size);
    block.channels[c] = g.sideways ? tile : planar;
  }
  packer_.write(block, g.left + (g.sideways ? v : u), g.top + (g.sideways ? u : v), worker.pack);
}

}  // namespace edgefirst::cpu
