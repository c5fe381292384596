// SPDX-License-Identifier: Apache-2.0
// What stands behind the opaque types of hal.h: each handle is a core object and little else.
// Seen by the C functions only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edgefirst/codec.hpp"
#include "edgefirst/decoder.hpp"
#include "edgefirst/detection.hpp"
#include "edgefirst/hal.h"
#include "edgefirst/image.hpp"
#include "edgefirst/tensor.hpp"
#include "edgefirst/tracker.hpp"

struct hal_tensor {
  edgefirst::Tensor value;
};

struct hal_tensor_map {
  edgefirst::TensorMap value;
};

/// A copy, so that it cannot dangle.
struct HalTensorQuant {
  edgefirst::Quantization value;
};

struct hal_image_processor {
  edgefirst::ImageProcessor value;
};

struct hal_fence {
  edgefirst::Fence value;
};

struct hal_image_decoder {
  edgefirst::ImageDecoder value;
};

/// The guard alone: the identity of the core would keep itself alive.
struct hal_buffer_identity {
  std::uint64_t id;
  std::weak_ptr<const void> guard;
};

struct hal_plane_descriptor {
  edgefirst::PlaneDescriptor value;
};

struct hal_decoder_params {
  std::optional<std::string> json;
  std::optional<std::string> yaml;
  std::optional<std::string> path;
  std::optional<std::string> model_path;
  std::vector<edgefirst::OutputSpec> outputs;
  std::optional<edgefirst::DecoderVersion> version;
  edgefirst::DecoderOptions options;
};

struct hal_decoder {
  edgefirst::Decoder value;
};

struct hal_detect_box_list {
  std::vector<edgefirst::DetectBox> boxes;
};

struct hal_segmentation_list {
  edgefirst::SegmentationList masks;
};

/// A tensor is absent once it was taken.
struct hal_proto_data {
  std::optional<edgefirst::Tensor> mask_coefficients;
  std::optional<edgefirst::Tensor> protos;
  edgefirst::ProtoLayout layout;
};

struct hal_track_info_list {
  std::vector<edgefirst::TrackInfo> tracks;
  std::vector<std::size_t> detections;        ///< by record; empty: record i is of box i
  std::vector<edgefirst::TrackState> states;  ///< by record; empty: all confirmed
};

struct hal_bytetrack {
  edgefirst::ByteTrack value;
  std::vector<std::optional<edgefirst::TrackInfo>> results;  ///< scratch of update
};
