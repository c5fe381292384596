// SPDX-License-Identifier: Apache-2.0
// The tests build plug-ins (tests/engine_double) and run them through the plug-in interface. The
// words of a model file say where its plug-in fails.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "model/engines/registry.hpp"
#include "support/allocation_counter.hpp"
#include "support/environment.hpp"
#include "support/errors.hpp"

namespace edgefirst::model {
namespace {

using edgefirst::testing::code_of;
using edgefirst::testing::text_of;

std::string plugin(const std::string& name) {
  const std::string folder = name == "mock" ? "/whole" : "/broken";
  return EDGEFIRST_TEST_PLUGINS + folder + "/libedgefirst_engine_" + name + ".so";
}

/// A model file of these words.
std::string model_of(const std::string& words) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string path = ::testing::TempDir() + test->name() +
                           std::to_string(std::hash<std::string>()(words)) + ".mock";
  std::ofstream(path, std::ios::binary) << words;
  return path;
}

Engine& mock() { return engine("mock", plugin("mock")); }

std::unique_ptr<Request> request_for(const std::string& words, const Shape& shape = {1, 8}) {
  return mock().open(model_of(words), {})->new_request({shape});
}

std::vector<float> run_on(Request& request, float first) {
  {
    const Tensor input = request.tensor(Side::kInput, 0);
    const TensorMap map = input.map(CpuAccess::kWrite);
    for (std::size_t i = 0; i < input.element_count(); ++i) {
      map.as<float>()[i] = first + static_cast<float>(i);
    }
  }
  request.run();
  const Tensor output = request.tensor(Side::kOutput, 0);
  const TensorMap map = output.map(CpuAccess::kRead);
  return {map.as<float>(), map.as<float>() + output.element_count()};
}

TEST(Plugin, IsFoundByNameAndBySuffix) {
  const edgefirst::testing::ScopedVariable folder("EDGEFIRST_ENGINE_PATH",
                                                  EDGEFIRST_TEST_PLUGINS "/broken");
  EXPECT_EQ(plugin_names(), (std::vector<std::string>{"old", "small"}));
  const edgefirst::testing::ScopedVariable other("EDGEFIRST_ENGINE_PATH",
                                                 EDGEFIRST_TEST_PLUGINS "/whole");
  EXPECT_EQ(engine("mock").version(), "mock 1.0");
  EXPECT_EQ(engines_for("a.mock2", false), std::vector<std::string>{"mock"});
}

TEST(Plugin, ABrokenOneDoesNotStandInTheWay) {
  const edgefirst::testing::ScopedVariable folder("EDGEFIRST_ENGINE_PATH",
                                                  EDGEFIRST_TEST_PLUGINS "/broken");
  EXPECT_EQ(engines_for("a.onnx", false)[0], "onnxruntime");
  EXPECT_EQ(code_of([] { engines_for("a.mock", false); }), ErrorCode::kNotSupported);
}

TEST(Plugin, RunsInTheMemoryThatItIsGiven) {
  const auto request = request_for("mock");
  EXPECT_EQ(run_on(*request, 0), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(run_on(*request, 5), (std::vector<float>{6, 7, 8, 9, 10, 11, 12, 13}));
}

TEST(Plugin, RunsWithoutAllocatingOnceItIsWarm) {
  const auto request = request_for("mock");
  request->run();
  const edgefirst::testing::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) request->run();
  EXPECT_EQ(counter.count(), 0U);
}

TEST(Plugin, TellsScalesAndMetadata) {
  const auto loaded = mock().open(model_of("mock quantized"), {});
  const Port& port = loaded->ports(Side::kOutput)[0];
  EXPECT_EQ(port.dtype, DType::kU8);
  ASSERT_TRUE(port.quantization);
  EXPECT_EQ(port.quantization->scale(), 0.5F);
  EXPECT_EQ(port.quantization->zero_point(), 10);
  EXPECT_EQ(loaded->metadata()[0].second, "mock quantized");
  const auto request = loaded->new_request({Shape{1, 8}});
  request->run();
  EXPECT_EQ(request->tensor(Side::kOutput, 0).quantization()->scale(), 0.5F);
}

TEST(Plugin, OpenExtentsAreClosedByTheRequest) {
  EXPECT_EQ(run_on(*request_for("mock open", {1, 3}), 1), (std::vector<float>{2, 3, 4}));
  EXPECT_EQ(code_of([] { request_for("mock open", {1, 65}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([] { request_for("mock open", {2, 3}); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([] { request_for("mock", {1, 9}); }), ErrorCode::kInvalidShape);
}

TEST(Plugin, AKeptOutputIsNotWrittenAgain) {
  const auto request = request_for("mock");
  run_on(*request, 0);
  const Tensor kept = request->tensor(Side::kOutput, 0);
  run_on(*request, 100);
  EXPECT_EQ(kept.map(CpuAccess::kRead).as<float>()[0], 1.0F);
}

TEST(Plugin, SharedMemoryIsBoundInPlace) {
  const auto request = request_for("mock");
  const Tensor input(Shape{1, 8}, DType::kF32, TensorMemory::kShm);
  const Tensor output(Shape{1, 8}, DType::kF32, TensorMemory::kShm);
  request->bind(Side::kInput, 0, input);
  request->bind(Side::kOutput, 0, output);
  input.map(CpuAccess::kWrite).as<float>()[7] = 41;
  request->run();
  EXPECT_EQ(output.map(CpuAccess::kRead).as<float>()[7], 42.0F);
}

TEST(Plugin, MemoryOfAnotherAlignmentIsRefused) {
  const auto request = request_for("mock aligned");
  std::vector<char> bytes(64 + 8 * sizeof(float) + 64);
  void* place = bytes.data();
  std::size_t space = bytes.size();
  char* aligned = static_cast<char*>(std::align(64, 8 * sizeof(float) + 4, place, space));
  request->bind(Side::kInput, 0,
                Tensor::wrap(aligned + 4, 8 * sizeof(float), {1, 8}, DType::kF32, nullptr));
  EXPECT_EQ(code_of([&] { request->run(); }), ErrorCode::kNotSupported);
  request->bind(Side::kInput, 0, Tensor(Shape{1, 8}, DType::kF32, TensorMemory::kMem));
  EXPECT_NO_THROW(request->run());
}

TEST(Plugin, EveryFailureIsAnErrorOfItsKind) {
  EXPECT_EQ(code_of([] { request_for("mock fail_open"); }), ErrorCode::kInvalidData);
  EXPECT_EQ(code_of([] { request_for("no model"); }), ErrorCode::kInvalidData);
  EXPECT_EQ(code_of([] { request_for("mock wrong_info"); }), ErrorCode::kEngineFailed);
  EXPECT_EQ(code_of([] { request_for("mock fail_request"); }), ErrorCode::kEngineFailed);
  EXPECT_EQ(code_of([] { request_for("mock fail_reshape open"); }), ErrorCode::kNotSupported);
  EXPECT_EQ(code_of([] { request_for("mock fail_bind")->run(); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([] { request_for("mock fail_run")->run(); }), ErrorCode::kEngineFailed);
  EXPECT_EQ(text_of([] { request_for("mock fail_run")->run(); }),
            "mock cannot run the model: the device hangs");
  EXPECT_EQ(code_of([] { mock().open("/nowhere/model.mock", {}); }), ErrorCode::kNotFound);
}

TEST(Plugin, AnUnknownOptionIsRefused) {
  EngineSettings settings;
  settings.options = {{"speed", "11"}};
  EXPECT_EQ(code_of([&] { mock().open(model_of("mock"), settings); }), ErrorCode::kInvalidArgument);
  settings.options = {};
  settings.threads = 2;
  EXPECT_NO_THROW(mock().open(model_of("mock"), settings));
}

TEST(Plugin, TablesThatDoNotServeAreRefused) {
  EXPECT_EQ(code_of([] { engine("small", plugin("small")); }), ErrorCode::kEngineUnavailable);
  EXPECT_EQ(code_of([] { engine("old", plugin("old")); }), ErrorCode::kEngineUnavailable);
  EXPECT_EQ(code_of([] { engine("absent", "/nowhere/plugin.so"); }), ErrorCode::kEngineUnavailable);
  EXPECT_EQ(code_of([] { engine("caffe"); }), ErrorCode::kInvalidArgument);
}

TEST(Plugin, TwoModelsRunOnTwoThreads) {
  const auto work = [](Request& request, float first) {
    for (int i = 0; i < 200; ++i) EXPECT_EQ(run_on(request, first)[0], first + 1);
  };
  const auto one = request_for("mock");
  const auto two = request_for("mock two");
  std::thread other([&] { work(*two, 50.0F); });
  work(*one, 7.0F);
  other.join();
}

}  // namespace
}  // namespace edgefirst::model
