// SPDX-License-Identifier: Apache-2.0
#include "model/engines/litert_api.hpp"

namespace edgefirst::model::litert {

const char* status_text(int status) {
  switch (status) {
    case 1:
      return "invalid argument";
    case 2:
      return "out of memory";
    case 3:
      return "runtime failure";
    case 4:
      return "an input is missing";
    case 5:
      return "not supported";
    case 6:
      return "not found";
    case 8:
      return "wrong version";
    case 500:
      return "the file cannot be read";
    case 501:
      return "it is no valid TensorFlow Lite model";
    case 502:
      return "a library cannot be loaded";
    case 504:
      return "compilation failed";
    default:
      return "it failed";
  }
}

const char* Functions::load(const DynamicLibrary& library) {
  FunctionLoader take(library);
  take(create_env, "LiteRtCreateEnvironment");
  take(create_model_, "LiteRtCreateModelFromFile");
  take(destroy_model, "LiteRtDestroyModel");
  take(signature_count, "LiteRtGetNumModelSignatures");
  take(signature, "LiteRtGetModelSignature");
  take(count[0], "LiteRtGetNumSignatureInputs");
  take(count[1], "LiteRtGetNumSignatureOutputs");
  take(tensor[0], "LiteRtGetSignatureInputTensorByIndex");
  take(tensor[1], "LiteRtGetSignatureOutputTensorByIndex");
  take(tensor_name, "LiteRtGetTensorName");
  take(ranked_type, "LiteRtGetRankedTensorType");
  take(quantization, "LiteRtGetQuantizationTypeId");
  take(per_tensor, "LiteRtGetPerTensorQuantization");
  take(per_channel, "LiteRtGetPerChannelQuantization");
  take(create_options, "LiteRtCreateOptions");
  take(destroy_options, "LiteRtDestroyOptions");
  take(set_accelerators, "LiteRtSetOptionsHardwareAccelerators");
  take(create_opaque, "LiteRtCreateOpaqueOptions");
  take(add_opaque, "LiteRtAddOpaqueOptions");
  take(compile, "LiteRtCreateCompiledModel");
  take(destroy_compiled, "LiteRtDestroyCompiledModel");
  take(output_layouts, "LiteRtGetCompiledModelOutputTensorLayouts");
  take(resize, "LiteRtCompiledModelResizeInputTensor");
  take(wrap, "LiteRtCreateTensorBufferFromHostMemory");
  take(destroy_buffer, "LiteRtDestroyTensorBuffer");
  take(run, "LiteRtRunCompiledModel");
  takes_env_ = library.symbol("LiteRtCreateModelFromFd") != nullptr;  // of the same release
  return take.missing();
}

int Functions::create_model(Env* env, const char* path, Model** model) const {
  if (takes_env_) {
    return reinterpret_cast<int (*)(Env*, const char*, Model**)>(create_model_)(env, path, model);
  }
  return reinterpret_cast<int (*)(const char*, Model**)>(create_model_)(path, model);
}

}  // namespace edgefirst::model::litert
