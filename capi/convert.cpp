// SPDX-License-Identifier: Apache-2.0
// One table per C enum whose order differs from the core's; the others are held equal here.
#include "convert.hpp"

#include <algorithm>
#include <iterator>

#include "base/message.hpp"
#include "guard.hpp"

namespace edgefirst::capi {
namespace {

template <typename Core, typename C>
struct Pair {
  C c;
  Core core;
};

constexpr Pair<PixelFormat, hal_pixel_format> kPixelFormats[] = {
    {HAL_PIXEL_FORMAT_YUYV, PixelFormat::kYuyv},
    {HAL_PIXEL_FORMAT_NV12, PixelFormat::kNv12},
    {HAL_PIXEL_FORMAT_NV16, PixelFormat::kNv16},
    {HAL_PIXEL_FORMAT_RGBA, PixelFormat::kRgba},
    {HAL_PIXEL_FORMAT_RGB, PixelFormat::kRgb},
    {HAL_PIXEL_FORMAT_GREY, PixelFormat::kGrey},
    {HAL_PIXEL_FORMAT_PLANAR_RGB, PixelFormat::kPlanarRgb},
    {HAL_PIXEL_FORMAT_PLANAR_RGBA, PixelFormat::kPlanarRgba},
    {HAL_PIXEL_FORMAT_BGRA, PixelFormat::kBgra},
    {HAL_PIXEL_FORMAT_VYUY, PixelFormat::kVyuy},
};
constexpr Pair<TensorMemory, hal_tensor_memory> kMemories[] = {
    {HAL_TENSOR_MEMORY_MEM, TensorMemory::kMem},
    {HAL_TENSOR_MEMORY_DMA, TensorMemory::kDma},
    {HAL_TENSOR_MEMORY_SHM, TensorMemory::kShm},
    {HAL_TENSOR_MEMORY_PBO, TensorMemory::kPbo},
};
constexpr Pair<Flip, hal_flip> kFlips[] = {
    {HAL_FLIP_NONE, Flip::kNone},
    {HAL_FLIP_VERTICAL, Flip::kVertical},
    {HAL_FLIP_HORIZONTAL, Flip::kHorizontal},
};
constexpr Pair<std::optional<Nms>, hal_nms> kNmsModes[] = {
    {HAL_NMS_CLASS_AGNOSTIC, Nms::kClassAgnostic},
    {HAL_NMS_CLASS_AWARE, Nms::kClassAware},
    {HAL_NMS_NONE, std::nullopt},
    {HAL_NMS_AUTO, Nms::kAuto},
};

template <typename C>
[[noreturn]] void unknown_value(const char* type, C value) {
  throw BadCall(message(type, " has no value ", static_cast<int>(value)));
}

template <typename Core, typename C, std::size_t N>
Core find(const Pair<Core, C> (&table)[N], const char* type, C value) {
  for (const auto& pair : table) {
    if (pair.c == value) return pair.core;
  }
  unknown_value(type, value);
}

template <typename Core, typename C, std::size_t N>
C find_c(const Pair<Core, C> (&table)[N], Core value) {
  const auto at = std::find_if(std::begin(table), std::end(table),
                               [value](const auto& pair) { return pair.core == value; });
  return at == std::end(table) ? table[0].c : at->c;
}

/// For enums whose values agree: see the assertions below.
template <typename Core, typename C>
Core same_value(const char* type, C value, C first, C last) {
  const auto number = static_cast<int>(value);
  if (number < static_cast<int>(first) || number > static_cast<int>(last)) {
    unknown_value(type, value);
  }
  return static_cast<Core>(number);
}

template <typename Core, typename C>
constexpr bool same(std::initializer_list<Pair<Core, C>> pairs) {
  for (const auto& pair : pairs) {
    if (static_cast<int>(pair.core) != static_cast<int>(pair.c)) return false;
  }
  return true;
}

static_assert(same<DType, hal_dtype>({{HAL_DTYPE_U8, DType::kU8},
                                      {HAL_DTYPE_I8, DType::kI8},
                                      {HAL_DTYPE_U16, DType::kU16},
                                      {HAL_DTYPE_I16, DType::kI16},
                                      {HAL_DTYPE_U32, DType::kU32},
                                      {HAL_DTYPE_I32, DType::kI32},
                                      {HAL_DTYPE_U64, DType::kU64},
                                      {HAL_DTYPE_I64, DType::kI64},
                                      {HAL_DTYPE_F16, DType::kF16},
                                      {HAL_DTYPE_F32, DType::kF32},
                                      {HAL_DTYPE_F64, DType::kF64}}));
static_assert(same<ComputeBackend, hal_compute_backend>(
    {{HAL_COMPUTE_BACKEND_AUTO, ComputeBackend::kAuto},
     {HAL_COMPUTE_BACKEND_CPU, ComputeBackend::kCpu},
     {HAL_COMPUTE_BACKEND_G2D, ComputeBackend::kG2d},
     {HAL_COMPUTE_BACKEND_OPENGL, ComputeBackend::kOpenGl}}));
static_assert(same<Rotation, hal_rotation>({{HAL_ROTATION_NONE, Rotation::kRotate0},
                                            {HAL_ROTATION_ROTATE90, Rotation::kClockwise90},
                                            {HAL_ROTATION_ROTATE180, Rotation::kRotate180},
                                            {HAL_ROTATION_ROTATE270,
                                             Rotation::kCounterClockwise90}}));
static_assert(same<Filter, hal_filter>({{HAL_FILTER_ANTIALIAS, Filter::kAntialias},
                                        {HAL_FILTER_BILINEAR, Filter::kBilinear},
                                        {HAL_FILTER_NEAREST, Filter::kNearest},
                                        {HAL_FILTER_AREA, Filter::kArea}}));
static_assert(
    same<ColorEncoding, hal_color_encoding>({{HAL_COLOR_ENCODING_BT601, ColorEncoding::kBt601},
                                             {HAL_COLOR_ENCODING_BT709, ColorEncoding::kBt709},
                                             {HAL_COLOR_ENCODING_BT2020, ColorEncoding::kBt2020}}));
static_assert(same<ColorRange, hal_color_range>({{HAL_COLOR_RANGE_FULL, ColorRange::kFull},
                                                 {HAL_COLOR_RANGE_LIMITED, ColorRange::kLimited}}));
static_assert(same<ColorMode, hal_color_mode>({{HAL_COLOR_MODE_CLASS, ColorMode::kClass},
                                               {HAL_COLOR_MODE_INSTANCE, ColorMode::kInstance},
                                               {HAL_COLOR_MODE_TRACK, ColorMode::kTrack}}));
static_assert(same<LogLevel, hal_log_level>({{HAL_LOG_LEVEL_ERROR, LogLevel::kError},
                                             {HAL_LOG_LEVEL_WARN, LogLevel::kWarn},
                                             {HAL_LOG_LEVEL_INFO, LogLevel::kInfo},
                                             {HAL_LOG_LEVEL_DEBUG, LogLevel::kDebug},
                                             {HAL_LOG_LEVEL_TRACE, LogLevel::kTrace}}));
static_assert(same<CpuAccess, HalCpuAccess>({{HAL_CPU_ACCESS_READ, CpuAccess::kRead},
                                             {HAL_CPU_ACCESS_WRITE, CpuAccess::kWrite},
                                             {HAL_CPU_ACCESS_READ_WRITE, CpuAccess::kReadWrite}}));
static_assert(same<OutputType, HalOutputType>(
    {{HAL_OUTPUT_TYPE_DETECTION, OutputType::kDetection},
     {HAL_OUTPUT_TYPE_BOXES, OutputType::kBoxes},
     {HAL_OUTPUT_TYPE_SCORES, OutputType::kScores},
     {HAL_OUTPUT_TYPE_PROTOS, OutputType::kProtos},
     {HAL_OUTPUT_TYPE_SEGMENTATION, OutputType::kSegmentation},
     {HAL_OUTPUT_TYPE_MASK_COEFFICIENTS, OutputType::kMaskCoefficients},
     {HAL_OUTPUT_TYPE_MASK, OutputType::kMasks},
     {HAL_OUTPUT_TYPE_CLASSES, OutputType::kClasses}}));
static_assert(
    same<DecoderType, HalDecoderType>({{HAL_DECODER_TYPE_ULTRALYTICS, DecoderType::kUltralytics},
                                       {HAL_DECODER_TYPE_MODEL_PACK, DecoderType::kModelPack}}));
static_assert(same<DecoderVersion, HalDecoderVersion>(
    {{HAL_DECODER_VERSION_YOLOV5, DecoderVersion::kYolov5},
     {HAL_DECODER_VERSION_YOLOV8, DecoderVersion::kYolov8},
     {HAL_DECODER_VERSION_YOLO11, DecoderVersion::kYolo11},
     {HAL_DECODER_VERSION_YOLO26, DecoderVersion::kYolo26}}));
static_assert(same<DimName, HalDimName>({{HAL_DIM_NAME_BATCH, DimName::kBatch},
                                         {HAL_DIM_NAME_HEIGHT, DimName::kHeight},
                                         {HAL_DIM_NAME_WIDTH, DimName::kWidth},
                                         {HAL_DIM_NAME_NUM_CLASSES, DimName::kNumClasses},
                                         {HAL_DIM_NAME_NUM_FEATURES, DimName::kNumFeatures},
                                         {HAL_DIM_NAME_NUM_BOXES, DimName::kNumBoxes},
                                         {HAL_DIM_NAME_NUM_PROTOS, DimName::kNumProtos},
                                         {HAL_DIM_NAME_NUM_ANCHORS_X_FEATURES,
                                          DimName::kNumAnchorsXFeatures},
                                         {HAL_DIM_NAME_PADDING, DimName::kPadding},
                                         {HAL_DIM_NAME_BOX_COORDS, DimName::kBoxCoords}}));
static_assert(HAL_PROTO_LAYOUT_NHWC == static_cast<int>(ProtoLayout::kNhwc));
static_assert(HAL_PROTO_LAYOUT_NCHW == static_cast<int>(ProtoLayout::kNchw));

}  // namespace

PixelFormat to_core(hal_pixel_format format) {
  return find(kPixelFormats, "hal_pixel_format", format);
}
TensorMemory to_core(hal_tensor_memory memory) {
  const TensorMemory asked = find(kMemories, "hal_tensor_memory", memory);
#if !defined(__linux__) && !defined(__APPLE__)
  if (asked == TensorMemory::kDma) return TensorMemory::kMem;  // the contract's substitute
#endif
#if defined(_WIN32)
  if (asked == TensorMemory::kShm) return TensorMemory::kMem;  // likewise
#endif
  return asked;
}
Flip to_core(hal_flip flip) { return find(kFlips, "hal_flip", flip); }
std::optional<Nms> to_core(hal_nms nms) { return find(kNmsModes, "hal_nms", nms); }

DType to_core(hal_dtype dtype) {
  return same_value<DType>("hal_dtype", dtype, HAL_DTYPE_U8, HAL_DTYPE_F64);
}
ComputeBackend to_core(hal_compute_backend backend) {
  return same_value<ComputeBackend>("hal_compute_backend", backend, HAL_COMPUTE_BACKEND_AUTO,
                                    HAL_COMPUTE_BACKEND_OPENGL);
}
Rotation to_core(hal_rotation rotation) {
  return same_value<Rotation>("hal_rotation", rotation, HAL_ROTATION_NONE, HAL_ROTATION_ROTATE270);
}
Filter to_core(hal_filter filter) {
  return same_value<Filter>("hal_filter", filter, HAL_FILTER_ANTIALIAS, HAL_FILTER_AREA);
}
ColorEncoding to_core(hal_color_encoding encoding) {
  return same_value<ColorEncoding>("hal_color_encoding", encoding, HAL_COLOR_ENCODING_BT601,
                                   HAL_COLOR_ENCODING_BT2020);
}
ColorRange to_core(hal_color_range range) {
  return same_value<ColorRange>("hal_color_range", range, HAL_COLOR_RANGE_FULL,
                                HAL_COLOR_RANGE_LIMITED);
}
ColorMode to_core(hal_color_mode mode) {
  return same_value<ColorMode>("hal_color_mode", mode, HAL_COLOR_MODE_CLASS, HAL_COLOR_MODE_TRACK);
}
CpuAccess to_core(HalCpuAccess access) {
  return same_value<CpuAccess>("HalCpuAccess", access, HAL_CPU_ACCESS_READ,
                               HAL_CPU_ACCESS_READ_WRITE);
}

LogLevel to_core(hal_log_level level) {
  return same_value<LogLevel>("hal_log_level", level, HAL_LOG_LEVEL_ERROR, HAL_LOG_LEVEL_TRACE);
}
OutputType to_core(HalOutputType type) {
  return same_value<OutputType>("HalOutputType", type, HAL_OUTPUT_TYPE_DETECTION,
                                HAL_OUTPUT_TYPE_CLASSES);
}
DecoderType to_core(HalDecoderType type) {
  return same_value<DecoderType>("HalDecoderType", type, HAL_DECODER_TYPE_ULTRALYTICS,
                                 HAL_DECODER_TYPE_MODEL_PACK);
}
DecoderVersion to_core(HalDecoderVersion version) {
  return same_value<DecoderVersion>("HalDecoderVersion", version, HAL_DECODER_VERSION_YOLOV5,
                                    HAL_DECODER_VERSION_YOLO26);
}
DimName to_core(HalDimName name) {
  return same_value<DimName>("HalDimName", name, HAL_DIM_NAME_BATCH, HAL_DIM_NAME_BOX_COORDS);
}

Shape to_core(const std::size_t* shape, std::size_t rank) {
  constexpr std::size_t kMaxRank = 8;
  require({{"shape", shape}});
  if (rank == 0 || rank > kMaxRank) {
    throw BadCall(message("ndim is ", rank, ", expected 1...", kMaxRank));
  }
  return Shape({shape, rank});
}

Rect to_core(const hal_rect& rect) { return {rect.left, rect.top, rect.width, rect.height}; }

DetectBox to_core(const hal_detect_box& box) {
  return {{box.xmin, box.ymin, box.xmax, box.ymax}, box.score, box.label};
}

Crop to_core(const hal_crop* crop) {
  Crop result;
  if (crop == nullptr) return result;
  if (crop->has_src_rect) result.src_rect = to_core(crop->src_rect);
  if (crop->has_dst_rect) result.dst_rect = to_core(crop->dst_rect);
  if (crop->has_dst_color) {
    result.dst_color.emplace();
    std::copy(std::begin(crop->dst_color), std::end(crop->dst_color), result.dst_color->begin());
  }
  return result;
}

std::optional<BoundingBox> letterbox_to_core(const float* letterbox) {
  if (letterbox == nullptr) return std::nullopt;
  return BoundingBox{letterbox[0], letterbox[1], letterbox[2], letterbox[3]};
}

hal_dtype to_c(DType dtype) { return static_cast<hal_dtype>(dtype); }
hal_pixel_format to_c(PixelFormat format) { return find_c(kPixelFormats, format); }
hal_tensor_memory to_c(TensorMemory memory) { return find_c(kMemories, memory); }
hal_rect to_c(const Rect& rect) { return {rect.left, rect.top, rect.width, rect.height}; }

hal_detect_box to_c(const DetectBox& box) {
  return {box.box.xmin, box.box.ymin, box.box.xmax, box.box.ymax, box.score, box.label};
}

hal_track_info to_c(const TrackInfo& track) {
  hal_track_info result{};
  std::copy(track.uuid.begin(), track.uuid.end(), result.uuid);
  const BoundingBox& box = track.tracked_location;
  const float location[4] = {box.xmin, box.ymin, box.xmax, box.ymax};
  std::copy(std::begin(location), std::end(location), result.location);
  result.count = track.count;
  result.created = track.created;
  result.last_updated = track.last_updated;
  return result;
}

}  // namespace edgefirst::capi
