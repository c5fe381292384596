// SPDX-License-Identifier: Apache-2.0
// An exception of the library is caught here by its type and keeps its code; a class of ours stands
// in for one of the library's (its vtable and typeinfo come from there).
#include <iostream>

#include <edgefirst/hal.hpp>

namespace {

class CountingTracker final : public edgefirst::Tracker {
 public:
  void update(edgefirst::Span<const edgefirst::DetectBox> boxes, std::uint64_t,
              std::vector<std::optional<edgefirst::TrackInfo>>& results) override {
    results.assign(boxes.size(), std::nullopt);
    ++updates;
  }
  void active_tracks(std::vector<edgefirst::ActiveTrackInfo>& tracks) const override {
    tracks.clear();
  }
  int updates = 0;
};

bool reshape_is_refused() {
  edgefirst::Tensor tensor({2, 3}, edgefirst::DType::kU8);
  try {
    tensor.reshape({7});
  } catch (const edgefirst::Error& error) {
    return error.code() == edgefirst::ErrorCode::kInvalidShape;
  }
  return false;
}

bool missing_file_is_not_found() {
  try {
    edgefirst::load_image_file("no/such/picture.jpg");
  } catch (const edgefirst::Error& error) {
    return error.code() == edgefirst::ErrorCode::kNotFound && error.os_error() != 0;
  }
  return false;
}

bool error_is_a_runtime_error() {
  try {
    edgefirst::parse_dtype("float128");
  } catch (const std::runtime_error& error) {
    return dynamic_cast<const edgefirst::Error*>(&error) != nullptr;
  }
  return false;
}

bool tracker_of_ours_is_called() {
  constexpr const char* kModel =
      R"({"outputs": [{"type": "detection", "shape": [1, 6, 4], "normalized": true}]})";
  const auto decoder = edgefirst::Decoder::from_json(kModel);
  const edgefirst::Tensor output({1, 6, 4}, edgefirst::DType::kF32);
  const edgefirst::Tensor* outputs[] = {&output};
  CountingTracker tracker;
  edgefirst::Detections found;
  decoder.decode_tracked(outputs, tracker, 1, found);
  return tracker.updates == 1 && found.boxes.empty();
}

}  // namespace

int main() {
  const bool fine = reshape_is_refused() && missing_file_is_not_found() &&
                    error_is_a_runtime_error() && tracker_of_ours_is_called();
  std::cout << edgefirst::version() << (fine ? ": fine\n" : ": failed\n");
  return fine ? 0 : 1;
}
