// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace edgefirst {
namespace {

std::vector<int> visits(std::size_t count, std::size_t grain, std::size_t threads) {
  std::vector<std::atomic<int>> seen(count);
  parallel_for(
      count, grain,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) seen[i].fetch_add(1);
      },
      threads);
  return {seen.begin(), seen.end()};
}

TEST(ParallelFor, VisitsEveryIndexOnce) {
  for (const std::size_t count : {0, 1, 2, 3, 7, 64, 65, 1000}) {
    for (const std::size_t grain : {1, 8, 1000}) {
      for (const std::size_t threads : {0, 1, 2}) {
        EXPECT_EQ(visits(count, grain, threads), std::vector<int>(count, 1))
            << count << " " << grain << " " << threads;
      }
    }
  }
}

TEST(ParallelFor, HandsTheExceptionOfABodyToTheCaller) {
  const auto body = [](std::size_t, std::size_t) { throw std::runtime_error("body"); };
  EXPECT_THROW(parallel_for(100, 1, body), std::runtime_error);
}

#if !defined(_WIN32)
TEST(ParallelFor, WorksInAForkedChild) {
  ASSERT_EQ(visits(100, 1, 0), std::vector<int>(100, 1));  // workers exist now
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(20);
    ::_exit(thread_limit() == 1 && visits(100, 1, 0) == std::vector<int>(100, 1) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
#endif

}  // namespace
}  // namespace edgefirst
