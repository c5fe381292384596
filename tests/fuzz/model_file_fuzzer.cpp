// SPDX-License-Identifier: Apache-2.0
// Any bytes as a model file: a plan or a typed error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "edgefirst/error.hpp"

#include "decoder/model_head.hpp"
#include "decoder/plan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace edgefirst;
  decoding::ByteSource source({data, size});
  try {
    const decoding::ModelFile file = decoding::read_model_file(source);
    decoding::Account account;
    decoding::make_plan(decoding::describe_model(file, decoding::read_facts(file, ""), account),
                        {});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) std::abort();
  }
  return 0;
}
