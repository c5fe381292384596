// SPDX-License-Identifier: Apache-2.0
// The engines behind the table in registry.cpp: each function is defined by its engine's file.
// `library` is a path, or empty to search. They throw kEngineUnavailable.
#pragma once

#include <memory>
#include <string>

#include "model/engines/engine.hpp"

namespace edgefirst::model {

std::unique_ptr<Engine> open_onnxruntime(const std::string& library);
std::unique_ptr<Engine> open_litert(const std::string& library);
std::unique_ptr<Engine> open_tflite(const std::string& library);
std::unique_ptr<Engine> open_openvino(const std::string& library);
/// A library with the interface of edgefirst/engine_plugin.h.
std::unique_ptr<Engine> open_plugin(const std::string& path);

}  // namespace edgefirst::model
