// SPDX-License-Identifier: Apache-2.0
// The engines that EDGEFIRST_TEST_ENGINES names, in the libraries that the environment variables of
// users name or that the Python packages of the checkout's environment hold. `make test` names
// those of its Python packages, `make engines` all.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "model/engines/library_search.hpp"
#include "model/engines/registry.hpp"
#include "support/errors.hpp"
#include "support/tiny_models.hpp"

namespace edgefirst::model {
namespace {

using edgefirst::testing::code_of;
using edgefirst::testing::from_base64;
using edgefirst::testing::kOpenReluOnnx;
using edgefirst::testing::kReluOnnx;
using edgefirst::testing::kReluTfLite;

namespace fs = std::filesystem;

struct Case {
  const char* engine;
  const char* model;  // y = Relu(x) of 8 floats
  const char* open_model;
  const char* suffix;
};

fs::path repository() { return fs::path(EDGEFIRST_TEST_DATA).parent_path().parent_path(); }

/// The library in a Python package of the checkout's environment, or nothing.
std::string packaged_library(const std::string& folder, const std::string& begin) {
  std::error_code absent;
  for (const auto& python : fs::directory_iterator(repository() / ".venv" / "lib", absent)) {
    const fs::path place = python.path() / "site-packages" / folder;
    for (const auto& entry : fs::directory_iterator(place, absent)) {
      if (entry.path().filename().string().rfind(begin, 0) == 0) return entry.path().string();
    }
  }
  return "";
}

class Engines : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const char* names = std::getenv("EDGEFIRST_TEST_ENGINES");
    if (names == nullptr || std::string(names).find(GetParam().engine) == std::string::npos) {
      GTEST_SKIP() << "EDGEFIRST_TEST_ENGINES does not name " << GetParam().engine;
    }
    set_library_hint("onnxruntime", packaged_library("onnxruntime/capi", "libonnxruntime.so"));
    set_library_hint("litert", packaged_library("ai_edge_litert", "libLiteRt.so"));
    set_library_hint("openvino", packaged_library("openvino/libs", "libopenvino_c.so"));
    engine_ = &engine(GetParam().engine);
  }

  static std::string file_of(const char* base64, const char* suffix) {
    const std::string path = ::testing::TempDir() + "tiny_" + GetParam().engine +
                             std::to_string(std::hash<std::string>()(base64)) + suffix;
    std::ofstream(path, std::ios::binary) << from_base64(base64);
    return path;
  }
  std::string model() const { return file_of(GetParam().model, GetParam().suffix); }

  Engine* engine_ = nullptr;
};

void fill(const Tensor& tensor, float first) {
  const TensorMap map = tensor.map(CpuAccess::kWrite);
  for (std::size_t i = 0; i < tensor.element_count(); ++i) {
    map.as<float>()[i] = first + static_cast<float>(i) - 4.0F;
  }
}

std::vector<float> values(const Tensor& tensor) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  return {map.as<float>(), map.as<float>() + tensor.element_count()};
}

const std::vector<float> kRelu = {0, 0, 0, 0, 0, 1, 2, 3};
const std::vector<float> kReluOfOneMore = {0, 0, 0, 0, 1, 2, 3, 4};

TEST_P(Engines, TellsThePortsOfAModel) {
  const auto loaded = engine_->open(model(), {});
  ASSERT_EQ(loaded->ports(Side::kInput).size(), 1U);
  ASSERT_EQ(loaded->ports(Side::kOutput).size(), 1U);
  EXPECT_EQ(loaded->ports(Side::kInput)[0].name, "x");
  EXPECT_EQ(loaded->ports(Side::kOutput)[0].name, "y");
  EXPECT_EQ(loaded->ports(Side::kOutput)[0].dtype, DType::kF32);
  EXPECT_EQ(loaded->ports(Side::kInput)[0].shape(), (Shape{1, 8}));
}

TEST_P(Engines, ReadsAndWritesTheMemoryThatItLends) {
  const auto loaded = engine_->open(model(), {});
  const auto request = loaded->new_request({Shape{1, 8}});
  fill(request->tensor(Side::kInput, 0), 0);
  request->run();
  EXPECT_EQ(values(request->tensor(Side::kOutput, 0)), kRelu);
  const void* before = request->tensor(Side::kOutput, 0).map().data();
  fill(request->tensor(Side::kInput, 0), 1);
  request->run();
  EXPECT_EQ(values(request->tensor(Side::kOutput, 0)), kReluOfOneMore);
  EXPECT_EQ(request->tensor(Side::kOutput, 0).map().data(), before) << "outputs moved";
}

TEST_P(Engines, AnOutputThatIsKeptStaysAsItIs) {
  const auto loaded = engine_->open(model(), {});
  const auto request = loaded->new_request({Shape{1, 8}});
  if (!request->keeps_outputs()) GTEST_SKIP() << "its outputs are its own";
  fill(request->tensor(Side::kInput, 0), 0);
  request->run();
  const Tensor kept = request->tensor(Side::kOutput, 0);
  fill(request->tensor(Side::kInput, 0), 1);
  request->run();
  EXPECT_EQ(values(kept), kRelu);
  EXPECT_EQ(values(request->tensor(Side::kOutput, 0)), kReluOfOneMore);
}

TEST_P(Engines, RunsOnTensorsOfTheCaller) {
  const auto loaded = engine_->open(model(), {});
  const auto request = loaded->new_request({Shape{1, 8}});
  const Tensor input(Shape{1, 8}, DType::kF32, TensorMemory::kShm);
  request->bind(Side::kInput, 0, input);
  fill(input, 0);
  request->run();
  EXPECT_EQ(values(request->tensor(Side::kOutput, 0)), kRelu);
  EXPECT_EQ(code_of([&] { request->bind(Side::kInput, 0, Tensor(Shape{8}, DType::kF32)); }),
            ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([&] {
              request->bind(Side::kInput, 0, Tensor(Shape{1, 8}, DType::kI8));
            }),
            ErrorCode::kDtypeMismatch);
}

TEST_P(Engines, TwoRequestsRunAtOnce) {
  const auto loaded = engine_->open(model(), {});
  const auto work = [&](float first, const std::vector<float>& expected) {
    const auto request = loaded->new_request({Shape{1, 8}});
    for (int i = 0; i < 50; ++i) {
      fill(request->tensor(Side::kInput, 0), first);
      request->run();
      EXPECT_EQ(values(request->tensor(Side::kOutput, 0)), expected);
    }
  };
  std::thread other([&] { work(1, kReluOfOneMore); });
  work(0, kRelu);
  other.join();
}

TEST_P(Engines, OpenExtentsFollowTheRequest) {
  if (GetParam().open_model == nullptr) GTEST_SKIP() << "no such model for it";
  const auto loaded = engine_->open(file_of(GetParam().open_model, GetParam().suffix), {});
  EXPECT_TRUE(loaded->ports(Side::kInput)[0].is_open());
  const auto request = loaded->new_request({Shape{1, 3, 2, 4}});
  fill(request->tensor(Side::kInput, 0), 0);
  request->run();
  const Tensor output = request->tensor(Side::kOutput, 0);
  EXPECT_EQ(output.shape(), (Shape{1, 3, 2, 4}));
  EXPECT_EQ(values(output)[23], 19.0F);
  EXPECT_EQ(code_of([&] { loaded->new_request({Shape{1, 4, 2, 4}}); }), ErrorCode::kInvalidShape);
}

TEST_P(Engines, RefusesWhatIsNoModel) {
  const std::string path = ::testing::TempDir() + "no_model" + GetParam().suffix;
  std::ofstream(path) << "this is no model at all";
  const auto code = code_of([&] { engine_->open(path, {}); });
  EXPECT_TRUE(code == ErrorCode::kInvalidData || code == ErrorCode::kEngineFailed)
      << (code ? error_info(*code).name : "nothing");
}

TEST_P(Engines, RefusesOptionsThatItCannotHonour) {
  EngineSettings settings;
  settings.device = "NoSuchDevice";
  EXPECT_ANY_THROW(engine_->open(model(), settings)->new_request({Shape{1, 8}}));
}

INSTANTIATE_TEST_SUITE_P(Installed, Engines,
                         ::testing::Values(Case{"onnxruntime", kReluOnnx, kOpenReluOnnx, ".onnx"},
                                           Case{"litert", kReluTfLite, nullptr, ".tflite"},
                                           Case{"tflite", kReluTfLite, nullptr, ".tflite"},
                                           Case{"openvino", kReluOnnx, kOpenReluOnnx, ".onnx"}),
                         [](const auto& each) { return std::string(each.param.engine); });

TEST(EngineTable, ChoosesBySuffix) {
  EXPECT_EQ(engines_for("a/b.ONNX", false)[0], "onnxruntime");
  EXPECT_EQ(engines_for("b.tflite", false)[0], "litert");
  EXPECT_EQ(engines_for("b.tflite", true)[0], "tflite");
  EXPECT_EQ(engines_for("b.xml", false)[0], "openvino");
  EXPECT_EQ(code_of([] { engines_for("folder.onnx/b", false); }), ErrorCode::kNotSupported);
  EXPECT_EQ(code_of([] { engine("caffe"); }), ErrorCode::kInvalidArgument);
}

TEST(EngineTable, AWantedLibraryIsTheOnlyOneTried) {
  EXPECT_EQ(code_of([] { engine("onnxruntime", "/nowhere/libonnxruntime.so"); }),
            ErrorCode::kEngineUnavailable);
}

}  // namespace
}  // namespace edgefirst::model
