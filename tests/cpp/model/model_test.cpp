// SPDX-License-Identifier: Apache-2.0
// The public Model over the plug-in of the tests: what holds whatever the engine is.
#include "edgefirst/model.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/allocation_counter.hpp"
#include "support/environment.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::AllocationCounter;
using testing::code_of;
using testing::text_of;

class PluginModels : public ::testing::Test {
 protected:
  static std::string file(const std::string& words, const std::string& name = "model.mock") {
    const std::string path = ::testing::TempDir() + name;
    std::ofstream(path, std::ios::binary) << words;
    return path;
  }

 private:
  testing::ScopedVariable folder_{"EDGEFIRST_ENGINE_PATH", EDGEFIRST_TEST_PLUGINS "/whole"};
};

TEST_F(PluginModels, IsOpenedByItsSuffixAndRun) {
  Model model = Model::open(file("mock"));
  EXPECT_EQ(model.engine(), "mock 1.0");
  ASSERT_EQ(model.inputs().size(), 1U);
  EXPECT_EQ(model.inputs()[0].name, "x");
  EXPECT_EQ(model.inputs()[0].extents, (std::vector<std::int64_t>{1, 8}));
  EXPECT_EQ(model.metadata()[0].first, "words");
  model.input().map(CpuAccess::kWrite).as<float>()[3] = 5;
  std::vector<Tensor> outputs;
  model.infer(outputs);
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].map(CpuAccess::kRead).as<float>()[3], 6.0F);
}

TEST_F(PluginModels, OutputsThatAreKeptOutliveTheNextRunsAndTheModel) {
  std::vector<Tensor> outputs;
  std::vector<Tensor> kept;
  {
    Model model = Model::open(file("mock"));
    for (int i = 0; i < 3; ++i) {
      model.input().map(CpuAccess::kWrite).as<float>()[0] = static_cast<float>(i);
      model.infer(outputs);
      kept.push_back(outputs[0]);
    }
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(kept[static_cast<std::size_t>(i)].map(CpuAccess::kRead).as<float>()[0],
              static_cast<float>(i + 1));
  }
}

TEST_F(PluginModels, AWarmLoopAllocatesNothing) {
  Model model = Model::open(file("mock quantized"));
  std::vector<Tensor> outputs;
  model.infer(outputs);
  model.infer(outputs);
  const AllocationCounter counter;
  for (int i = 0; i < 100; ++i) {
    const TensorMap map = model.input().map(CpuAccess::kWrite);
    map.as<std::uint8_t>()[0] = static_cast<std::uint8_t>(i);
    model.infer(outputs);
  }
  EXPECT_EQ(counter.count(), 0U);
  ASSERT_NE(outputs[0].quantization(), nullptr);
  EXPECT_EQ(outputs[0].quantization()->scale(), 0.5F);
}

TEST_F(PluginModels, ATwinHasMemoryOfItsOwn) {
  Model model = Model::open(file("mock"));
  Model twin = model.twin();
  model.input().map(CpuAccess::kWrite).as<float>()[0] = 1;
  twin.input().map(CpuAccess::kWrite).as<float>()[0] = 10;
  std::vector<Tensor> outputs;
  std::vector<Tensor> of_twin;
  model.infer(outputs);
  twin.infer(of_twin);
  EXPECT_EQ(outputs[0].map(CpuAccess::kRead).as<float>()[0], 2.0F);
  EXPECT_EQ(of_twin[0].map(CpuAccess::kRead).as<float>()[0], 11.0F);
}

TEST_F(PluginModels, OpenExtentsNeedAShape) {
  const std::string path = file("mock open");
  EXPECT_EQ(code_of([&] { Model::open(path); }), ErrorCode::kInvalidShape);
  ModelOptions options;
  options.input_shapes = {Shape{1, 5}};
  EXPECT_EQ(Model::open(path, options).input().shape(), (Shape{1, 5}));
}

TEST_F(PluginModels, WhatCannotBeOpenedIsSaid) {
  EXPECT_EQ(code_of([] { Model::open("/nowhere/model.onnx"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([] { Model::open(::testing::TempDir()); }), ErrorCode::kNotSupported);
  EXPECT_EQ(code_of([&] { Model::open(file("?", "model.caffemodel")); }), ErrorCode::kNotSupported);
  EXPECT_EQ(code_of([&] { Model::open(file("no model")); }), ErrorCode::kInvalidData);
  ModelOptions options;
  options.library = "/nowhere/engine.so";
  EXPECT_EQ(code_of([&] { Model::open(file("mock"), options); }), ErrorCode::kInvalidArgument);
  options.engine = "onnxruntime";
  EXPECT_EQ(code_of([&] { Model::open(file("mock"), options); }), ErrorCode::kEngineUnavailable);
  EXPECT_NE(text_of([&] { Model::open(file("mock fail_open")); }).find("model.mock"),
            std::string::npos);
}

TEST_F(PluginModels, AreListedWithTheEngines) {
  const std::vector<EngineStatus> all = engines();
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0].name, "onnxruntime");
  for (const EngineStatus& status : all) EXPECT_NE(status.version.empty(), status.reason.empty());
  EXPECT_EQ(all[4].name, "mock");
  EXPECT_EQ(all[4].version, "mock 1.0");
  EXPECT_EQ(code_of([] { set_engine_library("caffe", "x"); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace edgefirst
