// SPDX-License-Identifier: Apache-2.0
// Model outputs become boxes and masks.
//
// A Decoder is configured once from the model's description and then decodes every frame. It is
// immutable after construction except for its thresholds: concurrent decode calls on one object
// are safe while nobody changes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edgefirst/detection.hpp"
#include "edgefirst/export.hpp"
#include "edgefirst/geometry.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst {

enum class Nms : std::uint8_t { kClassAgnostic = 0, kClassAware = 1, kAuto = 2 };
enum class DecoderType : std::uint8_t { kUltralytics = 0, kModelPack = 1 };
enum class DecoderVersion : std::uint8_t { kYolov5 = 0, kYolov8 = 1, kYolo11 = 2, kYolo26 = 3 };

enum class OutputType : std::uint8_t {
  kDetection = 0,
  kBoxes = 1,
  kScores = 2,
  kProtos = 3,
  kSegmentation = 4,
  kMaskCoefficients = 5,
  kMasks = 6,
  kClasses = 7,
};

enum class DimName : std::uint8_t {
  kBatch = 0,
  kHeight = 1,
  kWidth = 2,
  kNumClasses = 3,
  kNumFeatures = 4,
  kNumBoxes = 5,
  kNumProtos = 6,
  kNumAnchorsXFeatures = 7,
  kPadding = 8,
  kBoxCoords = 9,
};

struct NamedDim {
  DimName name;
  std::size_t size;
};

/// One model output. shape and dims list the axes in physical order, outermost first; without
/// dims the shape is in the role's canonical order.
struct OutputSpec {
  OutputType type = OutputType::kDetection;
  DecoderType decoder = DecoderType::kUltralytics;
  std::vector<std::size_t> shape;
  std::vector<NamedDim> dims;
  std::optional<std::pair<float, std::int32_t>> quantization;  ///< scale, zero point
  std::vector<std::pair<float, float>> anchors;  ///< ModelPack detection: width, height
  std::optional<bool> normalized;                ///< detection, boxes: coordinates in 0...1
  bool has_objectness = false;  ///< detection: feature 4 is a factor of every class score (YOLOv5)
};

enum class ModelType : std::uint8_t {
  kYoloDet,
  kYoloSegDet,
  kYoloSegDet2Way,
  kYoloSplitDet,
  kYoloSplitSegDet,
  kYoloEndToEndDet,
  kYoloEndToEndSegDet,
  kYoloSplitEndToEndDet,
  kYoloSplitEndToEndSegDet,
  kModelPackDet,
  kModelPackDetSplit,
  kModelPackSeg,
  kModelPackSegDet,
  kModelPackSegDetSplit,
  kPerScale,
};
/// "yolo_seg_det2_way"
EDGEFIRST_API const char* model_type_name(ModelType type);

/// The text of a configuration, JSON or YAML, as JSON: for tools that look into one, or into a text
/// of a model file. keeps_text leaves plain scalars of YAML as they are written, as class names
/// want it: no, true, 007. Throws kInvalidConfig for text that is neither, and beyond 4 MiB, 64
/// levels or 2^18 values, which YAML's aliases count towards as often as they are used.
EDGEFIRST_API std::string document_as_json(std::string_view text, bool keeps_text = false);
/// Names and contents of the texts (*.json, *.txt, *.yaml) in the ZIP archive that exporters append
/// to a TFLite file; none without an archive. Throws kNotFound, kIo, and kInvalidData for a damaged
/// archive or one beyond 256 entries, 4 MiB a text or 16 MiB in all.
EDGEFIRST_API std::vector<std::pair<std::string, std::string>> appended_texts(
    const std::string& path);

/// An input or output as a model file describes it.
struct DescribedTensor {
  std::string name;
  std::vector<std::size_t> shape;  ///< 0: left open
  DType dtype = DType::kF32;
  std::optional<std::pair<float, std::int32_t>> quantization;  ///< of one scale: scale, zero point
};
struct ModelContents {
  std::vector<DescribedTensor> inputs;
  std::vector<DescribedTensor> outputs;
  /// Keys and values, or names and texts of the archive.
  std::vector<std::pair<std::string, std::string>> metadata;
};
/// What an ONNX or TFLite file says, for engines that do not tell it. Throws as Decoder::from_model
/// does for a file that it cannot read.
EDGEFIRST_API ModelContents model_contents(const std::string& path);

/// What a configuration that lies in the folder of several models is compared with.
struct ModelListing {
  std::string file;                              ///< its name without folders
  std::vector<std::vector<std::size_t>> shapes;  ///< of the outputs; 0: left open
  std::vector<std::string> classes;              ///< as the model itself names them; or none
};
/// Why the configuration (edgefirst.json) is that of another model; empty: it may be this one's.
/// Throws kInvalidConfig where only the classes differ, and for a text that is none.
EDGEFIRST_API std::string mismatch_of(std::string_view configuration, const ModelListing& model);

struct DecoderOptions {
  float score_threshold = 0.5F;
  float iou_threshold = 0.5F;
  std::optional<Nms> nms = Nms::kAuto;  ///< none: no suppression; kAuto: as the document says
  std::size_t pre_nms_top_k = 300;      ///< best candidates that enter NMS; 0: all
  std::size_t max_det = 300;            ///< most detections of a frame
  std::optional<std::pair<std::size_t, std::size_t>> input_dims;  ///< width, height
};

/// A model as the engine that runs it shows it: what Decoder::from_run decides by.
struct ModelRun {
  /// Name and tensor of each output after one run on a plain grey picture, with quantization. Its
  /// shapes close what the file leaves open; its values tell fractions from pixels.
  std::vector<std::pair<std::string, const Tensor*>> outputs;
  bool is_tflite = false;  ///< which unit boxes have where nothing else tells
  /// Keys and values of the file, or names and texts of its archive.
  std::vector<std::pair<std::string, std::string>> metadata;
  std::string configuration;    ///< JSON or YAML that goes before the metadata; empty: none
  std::string source;           ///< where the configuration stands, for the explanation
  std::size_t class_names = 0;  ///< names that the user gives; 0: none
};

/// What decode fills; reuse it and steady state allocates nothing.
struct Detections {
  std::vector<DetectBox> boxes;
  SegmentationList masks;         ///< masks[i] belongs to boxes[i]; or one semantic map
  std::vector<TrackInfo> tracks;  ///< parallel to boxes after a tracked decode, else empty

  void clear() {
    boxes.clear();
    masks.clear();
    tracks.clear();
  }
};

/// What one call asks for beyond the defaults.
struct DecodeRequest {
  std::size_t element = 0;  ///< of the batch
  bool masks = true;        ///< false: boxes alone, which saves the time that masks take
  /// Boxes leave in pixels of the source picture, clamped to it, whatever unit the model uses.
  /// Masks and tracks stay normalised to the model input.
  std::optional<Letterbox> source;
};

/// One candidate policy for every model: per anchor the best class (the last of equals), kept where
/// it reaches score_threshold; the best pre_nms_top_k; greedy NMS in order of score, ties by
/// anchor; the first max_det. Models that suppress by themselves keep their order and skip NMS.
/// Scores that are NaN are dropped, and boxes that enclose no area or hold a NaN or an infinity,
/// before they take a place of pre_nms_top_k or max_det or suppress another box.
///
/// Quantization of an integer output, one rule for every model: what the tensor carries
/// (Tensor::set_quantization), else what the configuration says, else kMissingQuantization, where
/// EdgeFirst HAL 0.24 took the integers as they are: say scale 1 and zero point 0 for that. One
/// scale per tensor, or one per channel. Class numbers and semantic maps need none.
class EDGEFIRST_API Decoder {
 public:
  /// Model metadata, generation 1 or 2 (edgefirst.json). Throws kInvalidConfig.
  static Decoder from_json(std::string_view json, const DecoderOptions& options = {});
  static Decoder from_yaml(std::string_view yaml, const DecoderOptions& options = {});
  /// JSON where the name ends in .json or the text begins with "{", else YAML. Throws kNotFound,
  /// kIo besides.
  static Decoder from_file(const std::string& path, const DecoderOptions& options = {});
  /// A model file (ONNX, TFLite): the configuration in it or beside it (edgefirst.json), else the
  /// shapes of its outputs with the keys that Ultralytics writes. explanation() says what was found
  /// and why. Throws kNotFound, kIo, kInvalidData (damaged), kNotSupported (another kind of file),
  /// kInvalidConfig (outputs that could mean several things, with what to give).
  static Decoder from_model(const std::string& path, const DecoderOptions& options = {});
  /// A model that has been run once: as from_model, and the run decides where the file leaves two
  /// readings. Reads no file. The tensors are not kept. Throws kInvalidConfig.
  static Decoder from_run(const ModelRun& run, const DecoderOptions& options = {});
  static Decoder from_outputs(Span<const OutputSpec> outputs, const DecoderOptions& options = {},
                              std::optional<DecoderVersion> version = std::nullopt);

  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Binds each configured output to the first unused tensor of its shape, one that bears the
  /// output's name first, and decodes one element of the batch: at most max_det boxes. NMS puts
  /// the best score first; without it detections keep the order of the outputs, masks' by score.
  /// Throws kInvalidShape (no tensor of a configured shape, pixel boxes where masks need
  /// normalised ones), kInvalidConfig (mixed or unsupported dtypes, a source for boxes of unknown
  /// unit), kMissingQuantization, kInvalidArgument (no such element).
  void decode(Span<const Tensor* const> outputs, Detections& result,
              const DecodeRequest& request = {}) const;

  /// Every element of the batch: results has batch_size() entries. request.element is not used.
  void decode_batch(Span<const Tensor* const> outputs, std::vector<Detections>& results,
                    const DecodeRequest& request = {}) const;

  /// Boxes as decode, masks left as prototypes; none for models without them, whose result is that
  /// of decode.
  std::optional<ProtoData> decode_proto(Span<const Tensor* const> outputs, Detections& result,
                                        const DecodeRequest& request = {}) const;

  /// Decodes, advances the tracker once, and returns tracked boxes: for mask models the detections
  /// that have a track (with masks), then the other living tracks; else all living tracks.
  void decode_tracked(Span<const Tensor* const> outputs, Tracker& tracker,
                      std::uint64_t timestamp_ns, Detections& result,
                      const DecodeRequest& request = {}) const;

  /// Boxes and tracks as decode_tracked, masks left as prototypes: coefficient row i belongs to
  /// box i, tracks not seen in this frame follow without a row.
  std::optional<ProtoData> decode_proto_tracked(Span<const Tensor* const> outputs, Tracker& tracker,
                                                std::uint64_t timestamp_ns, Detections& result,
                                                const DecodeRequest& request = {}) const;

  ModelType model_type() const;
  /// Whether the model suppresses by itself: its rows are kept as they come, without NMS, and
  /// neither nms nor iou_threshold nor pre_nms_top_k has an effect (a warning of the log).
  bool is_end_to_end() const;
  /// The mode asked for: never kAuto. End-to-end models run none in any mode.
  std::optional<Nms> nms() const;
  /// Whether boxes come out normalised; none: the model does not say.
  std::optional<bool> normalized_boxes() const;
  std::optional<std::pair<std::size_t, std::size_t>> input_dims() const;
  /// Scores that each anchor has; none where rows name their class, and for maps alone.
  std::optional<std::size_t> class_count() const;
  /// Elements of the batch that the outputs hold.
  std::size_t batch_size() const;

  /// How the decoder is configured and why, "subject: fact" a line.
  std::string explanation() const;

  /// The description in use as a configuration of generation 2 (edgefirst.json), for a model file
  /// whose outputs were found out.
  std::string configuration() const;

  const DecoderOptions& options() const;
  void set_score_threshold(float threshold);
  void set_iou_threshold(float threshold);
  void set_pre_nms_top_k(std::size_t count);
  void set_max_det(std::size_t count);

 private:
  struct Impl;
  explicit Decoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// output[i] = input[i] * scale - zero_point * scale for u8...i32 input and f32 output of equal
/// element count, padded rows or not. Throws kInvalidArgument, kAliasedBuffers.
EDGEFIRST_API void dequantize(const Tensor& input, float scale, std::int32_t zero_point,
                              Tensor& output);

/// [height, width] u8: 1 where an instance mask is >= 128, or the index of the largest channel.
EDGEFIRST_API Tensor segmentation_to_mask(const Segmentation& segmentation);

}  // namespace edgefirst
