// SPDX-License-Identifier: Apache-2.0
#include "model/engines/ort_api.hpp"

#include <type_traits>

namespace edgefirst::model::ort {

Functions::Functions(const void* const* table) {
  const auto take = [&](auto& function, std::size_t position) {
    using Function = std::remove_reference_t<decltype(function)>;
    function = reinterpret_cast<Function>(const_cast<void*>(table[position]));
  };
  take(error_code, 1);
  take(error_message, 2);
  take(create_env, 3);
  take(create_session, 7);
  take(create_session_options, 10);
  take(set_log_level, 22);
  take(set_optimisation, 23);
  take(set_threads, 24);
  take(count[0], 30);
  take(count[1], 31);
  take(type[0], 33);
  take(type[1], 34);
  take(name[0], 36);
  take(name[1], 37);
  take(wrap, 49);
  take(data, 51);
  take(cast, 55);
  take(kind, 56);
  take(element, 60);
  take(rank, 61);
  take(extents, 62);
  take(value_info, 65);
  take(cpu_memory, 69);
  take(allocator_free, 76);
  take(allocator, 78);
  take(release_status, 93);
  take(release_session, 95);
  take(release_value, 96);
  take(release_type, 98);
  take(release_tensor_info, 99);
  take(release_session_options, 100);
  take(metadata, 111);
  take(metadata_value, 116);
  take(release_metadata, 118);
  take(metadata_keys, 123);
  take(providers, 125);
  take(release_providers, 126);
  take(set_entry, 130);
  take(run, 133);
  take(create_binding, 134);
  take(release_binding, 135);
  take(bind[0], 136);
  take(bind[1], 137);
  take(bind_to_device, 138);
  take(bound_outputs, 140);
  take(append_provider, 216);
}

}  // namespace edgefirst::model::ort
