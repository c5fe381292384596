// SPDX-License-Identifier: Apache-2.0
// A process that forks while its other threads decode: the child decodes, too.
#if !defined(_WIN32)
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "edgefirst/decoder.hpp"

#include "support/decoder_models.hpp"
#include "support/decoder_tensors.hpp"

namespace edgefirst {
namespace {

TEST(DecoderFork, TheChildDecodesWhileThreadsOfTheParentDid) {
  const auto document = testing::decoder_document(testing::kDecoderModels[0], DType::kF32);
  const Decoder decoder = Decoder::from_json(document);
  std::vector<Tensor> outputs;
  for (const auto& shape : testing::output_shapes(document)) {
    outputs.push_back(testing::make_tensor(
        shape, testing::stored_range(DType::kF32, 0.0F, 1.0F),
        [](std::size_t i) { return static_cast<double>(i * 37 % 100) / 100; }));
  }
  std::vector<const Tensor*> pointers;
  for (const Tensor& output : outputs) pointers.push_back(&output);
  Detections expected;
  decoder.decode(pointers, expected);

  std::atomic<bool> is_done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      Detections found;
      while (!is_done) decoder.decode(pointers, found);
    });
  }
  int failures = 0;
  for (int i = 0; i < 200; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::alarm(10);
      Detections found;
      for (int k = 0; k < 3; ++k) decoder.decode(pointers, found);
      ::_exit(found.boxes.size() == expected.boxes.size() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++failures;
  }
  is_done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace edgefirst
#endif
