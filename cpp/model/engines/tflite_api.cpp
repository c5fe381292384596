// SPDX-License-Identifier: Apache-2.0
#include "model/engines/tflite_api.hpp"

namespace edgefirst::model::tflite {
const char* Functions::load(const DynamicLibrary& library) {
  FunctionLoader take(library);
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
  FunctionLoader take(library);
  take(create, "tflite_plugin_create_delegate");
  take(destroy, "tflite_plugin_destroy_delegate");
  return take.missing();
}

}  // namespace edgefirst::model::tflite
