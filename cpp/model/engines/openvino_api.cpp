// SPDX-License-Identifier: Apache-2.0
#include "model/engines/openvino_api.hpp"

namespace edgefirst::model::openvino {

const char* Functions::load(const DynamicLibrary& library) {
  FunctionLoader take(library);
  take(version, "ov_get_openvino_version");
  take(free_version, "ov_version_free");
  take(last_error, "ov_get_last_err_msg");
  take(create_core, "ov_core_create");
  take(read_model, "ov_core_read_model");
  take(free_model, "ov_model_free");
  take(compile, "ov_core_compile_model");
  take(free_compiled, "ov_compiled_model_free");
  take(reshape, "ov_model_reshape_by_port_indexes");
  take(create_partial_shape, "ov_partial_shape_create");
  take(free_partial_shape, "ov_partial_shape_free");
  take(model_count[0], "ov_model_inputs_size");
  take(model_count[1], "ov_model_outputs_size");
  take(model_port[0], "ov_model_const_input_by_index");
  take(model_port[1], "ov_model_const_output_by_index");
  take(element, "ov_port_get_element_type");
  take(name, "ov_port_get_any_name");
  take(partial_shape, "ov_port_get_partial_shape");
  take(free_port, "ov_output_const_port_free");
  take(free_text, "ov_free");
  take(create_request, "ov_compiled_model_create_infer_request");
  take(free_request, "ov_infer_request_free");
  take(wrap, "ov_tensor_create_from_host_ptr");
  take(create_tensor, "ov_tensor_create");
  take(tensor_bytes, "ov_tensor_get_byte_size");
  take(tensor_data, "ov_tensor_data");
  take(tensor_shape, "ov_tensor_get_shape");
  take(free_shape, "ov_shape_free");
  take(free_tensor, "ov_tensor_free");
  take(set[0], "ov_infer_request_set_input_tensor_by_index");
  take(set[1], "ov_infer_request_set_output_tensor_by_index");
  take(output, "ov_infer_request_get_output_tensor_by_index");
  take(infer, "ov_infer_request_infer");
  return take.missing();
}

}  // namespace edgefirst::model::openvino
