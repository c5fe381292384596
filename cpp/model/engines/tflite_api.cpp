// SPDX-License-Identifier: Apache-2.0
#include "model/engines/tflite_api.hpp"

#include <type_traits>

namespace edgefirst::model::tflite {
namespace {

/// Fills pointers by name and remembers the first name that the library lacks.
class Taker {
 public:
  explicit Taker(const DynamicLibrary& library) : library_(library) {}
  template <typename Function>
  void operator()(Function& function, const char* name) {
    function = library_.function<Function>(name);
    if (function == nullptr && missing_ == nullptr) missing_ = name;
  }
  const char* missing() const { return missing_; }

 private:
  const DynamicLibrary& library_;
  const char* missing_ = nullptr;
};

}  // namespace

const char* Functions::load(const DynamicLibrary& library) {
  Taker take(library);
  take(create_model, "TfLiteModelCreateFromFile");
  take(delete_model, "TfLiteModelDelete");
  take(create_options, "TfLiteInterpreterOptionsCreate");
  take(delete_options, "TfLiteInterpreterOptionsDelete");
  take(set_threads, "TfLiteInterpreterOptionsSetNumThreads");
  take(add_delegate, "TfLiteInterpreterOptionsAddDelegate");
  take(create, "TfLiteInterpreterCreate");
  take(destroy, "TfLiteInterpreterDelete");
  take(allocate, "TfLiteInterpreterAllocateTensors");
  take(invoke, "TfLiteInterpreterInvoke");
  take(resize, "TfLiteInterpreterResizeInputTensor");
  take(count[0], "TfLiteInterpreterGetInputTensorCount");
  take(count[1], "TfLiteInterpreterGetOutputTensorCount");
  take(input, "TfLiteInterpreterGetInputTensor");
  take(output, "TfLiteInterpreterGetOutputTensor");
  take(type, "TfLiteTensorType");
  take(rank, "TfLiteTensorNumDims");
  take(extent, "TfLiteTensorDim");
  take(bytes, "TfLiteTensorByteSize");
  take(data, "TfLiteTensorData");
  take(name, "TfLiteTensorName");
  take(quantization, "TfLiteTensorQuantizationParams");
  take(version, "TfLiteVersion");
  return take.missing();
}

const char* DelegateFunctions::load(const DynamicLibrary& library) {
  Taker take(library);
  take(create, "tflite_plugin_create_delegate");
  take(destroy, "tflite_plugin_destroy_delegate");
  return take.missing();
}

}  // namespace edgefirst::model::tflite
