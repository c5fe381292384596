// SPDX-License-Identifier: Apache-2.0
// Heads that come one tensor per stride and role, told apart by their channels.
#include <algorithm>
#include <map>
#include <set>

#include "base/message.hpp"
#include "decoder/model_head.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::size_t kDflChannels = 64;  // 16 bins per side, as every Ultralytics head has

struct Grid {
  const FileTensor* tensor;
  std::size_t channels;
};

class Levels {
 public:
  Levels(const ModelFile& file, const ModelFacts& facts, Description& description, Account& account)
      : file_(file),
        facts_(facts),
        description_(description),
        account_(account),
        planar_(file.kind == ModelKind::kOnnx) {}

  void describe() {
    if (!description_.input_dims) cannot_tell(file_, "the size of the model's input is open");
    for (const FileTensor& output : file_.outputs) add(output);
    if (levels_.empty()) cannot_tell(file_, "no grid has a stride of 8, 16, 32 or 64");
    const std::set<std::size_t> shared = shared_channels();
    const bool has_bins = shared.count(kDflChannels) != 0;
    const std::size_t box_channels = has_bins ? kDflChannels : 4;
    if (shared.count(box_channels) == 0) {
      cannot_tell(file_, "no channels of 64 bins or 4 distances in every grid");
    }
    const std::size_t protos = protos_ == nullptr ? 0 : channels_of(*protos_);
    const std::size_t classes = class_channels(shared, box_channels, protos);
    LogicalOutput& boxes = add_role(Role::kBoxes, box_channels);
    boxes.encoding = has_bins ? Encoding::kDfl : Encoding::kDirect;
    add_role(Role::kScores, classes).activation_required = activation(classes);
    if (protos != 0 && shared.count(protos) != 0) {
      add_role(Role::kMaskCoefficients, protos);
      LogicalOutput output;
      output.role = Role::kProtos;
      const PhysicalOutput child = child_of(*protos_, Role::kProtos, std::nullopt);
      output.name = child.name;
      output.shape = output.tensor_shape = child.shape;
      output.dims = output.tensor_dims = child.dims;
      output.quantization = child.quantization;
      description_.outputs.push_back(std::move(output));
    }
    account_.push_back(message("outputs: ", levels_.size(), " grids of ", classes,
                               " class scores and ",
                               has_bins ? "64 distance bins" : "4 distances"));
  }

 private:
  std::size_t channels_of(const FileTensor& tensor) const { return tensor.shape[planar_ ? 1 : 3]; }

  void add(const FileTensor& tensor) {
    const std::size_t height = tensor.shape[planar_ ? 2 : 1];
    const std::size_t width = tensor.shape[planar_ ? 3 : 2];
    const auto [input_width, input_height] = *description_.input_dims;
    for (const std::size_t stride : {8, 16, 32, 64}) {
      if (width * stride == input_width && height * stride == input_height) {
        levels_[stride].push_back({&tensor, channels_of(tensor)});
        return;
      }
    }
    if (width * 4 != input_width || height * 4 != input_height || protos_ != nullptr) {
      cannot_tell(file_, message("a grid of ", width, " x ", height, " has no stride"));
    }
    protos_ = &tensor;
  }

  /// Channel counts that one tensor of every level has.
  std::set<std::size_t> shared_channels() const {
    std::set<std::size_t> shared;
    for (const Grid& grid : levels_.begin()->second) shared.insert(grid.channels);
    for (const auto& [stride, grids] : levels_) {
      for (auto it = shared.begin(); it != shared.end();) {
        const auto count = std::count_if(grids.begin(), grids.end(),
                                         [&](const Grid& grid) { return grid.channels == *it; });
        it = count == 1 ? std::next(it) : shared.erase(it);
      }
    }
    return shared;
  }

  std::size_t class_channels(std::set<std::size_t> shared, std::size_t boxes, std::size_t protos) {
    shared.erase(boxes);
    shared.erase(protos);
    if (facts_.classes && shared.count(*facts_.classes) != 0) return *facts_.classes;
    if (shared.size() > 1) shared.erase(1);  // the sum over the classes, a shortcut of some exports
    if (shared.size() != 1) cannot_tell(file_, "which grids hold the class scores is not clear");
    return *shared.begin();
  }

  /// Integer scores that span 0...1 are probabilities, wider ones are logits.
  std::optional<Activation> activation(std::size_t classes) {
    for (const Grid& grid : levels_.begin()->second) {
      if (grid.channels != classes) continue;
      const auto range = range_of(*grid.tensor);
      if (!range) {
        cannot_tell(file_,
                    "whether the class scores are logits is not said; the configuration says "
                    "it by activation_required");
      }
      const bool applied = range->first <= 1.05F && range->second >= -0.05F;
      account_.push_back(message("scores: ", applied ? "probabilities" : "logits",
                                 ", their integers span ", range->second, " to ", range->first));
      if (!applied) return Activation::kSigmoid;
    }
    return std::nullopt;
  }

  PhysicalOutput child_of(const FileTensor& tensor, Role role,
                          std::optional<std::size_t> stride) const {
    PhysicalOutput child;
    child.name = tensor.name;
    child.role = role;
    child.shape = tensor.shape;
    using D = DimName;
    const D channel = role == Role::kScores  ? D::kNumClasses
                      : role == Role::kBoxes ? D::kNumFeatures
                                             : D::kNumProtos;
    const D planar[] = {D::kBatch, channel, D::kHeight, D::kWidth};
    const D trailing[] = {D::kBatch, D::kHeight, D::kWidth, channel};
    for (std::size_t i = 0; i < 4; ++i) {
      child.dims.push_back({(planar_ ? planar : trailing)[i], tensor.shape[i]});
    }
    child.dtype = tensor.dtype;
    child.quantization = tensor.quantization.value_or(QuantizationSpec{{1.0F}, {0}, {}, {}});
    child.quantization->dtype = tensor.dtype;
    child.stride = stride;
    return child;
  }

  LogicalOutput& add_role(Role role, std::size_t channels) {
    LogicalOutput output;
    output.role = role;
    for (const auto& [stride, grids] : levels_) {
      for (const Grid& grid : grids) {
        if (grid.channels == channels) {
          output.children.push_back(child_of(*grid.tensor, role, stride));
        }
      }
    }
    description_.outputs.push_back(std::move(output));
    return description_.outputs.back();
  }

  const ModelFile& file_;
  const ModelFacts& facts_;
  Description& description_;
  Account& account_;
  bool planar_;
  std::map<std::size_t, std::vector<Grid>> levels_;  // by stride
  const FileTensor* protos_ = nullptr;
};

}  // namespace

void describe_levels(const ModelFile& file, const ModelFacts& facts, Description& description,
                     Account& account) {
  Levels(file, facts, description, account).describe();
}

}  // namespace edgefirst::decoding
