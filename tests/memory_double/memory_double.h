// SPDX-License-Identifier: Apache-2.0
// A test double for the heap, preloaded into a test program: one allocation of a chosen owner
// fails, as in a process whose memory ends there. Owners are told apart by the code that asks: the
// library under test, or a library that it stands on. Counts what an owner asked for and holds.
// Threads fail as where a container may have no more of them.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// Who asks for memory: the first code on the stack that belongs neither to the C and C++ run-time
/// libraries nor to Highway, whose results the library under test has to look at itself.
enum MemoryOwner {
  kMemoryOfProgram,  ///< the test program
  kMemoryOfLibrary,  ///< libedgefirst_hal
  kMemoryOfOthers,   ///< oneTBB, libpng, zlib, yaml-cpp, libdeflate, drivers, the loader
  kMemoryOwnerCount,
};

/// From now on the allocations of `owner` are counted from 1, and number fail_at fails; 0: none.
void memory_double_arm(enum MemoryOwner owner, long fail_at);
/// Ends that. How many the owner asked for.
long memory_double_disarm(void);
/// Whether the chosen allocation was asked for, and so failed.
int memory_double_has_failed(void);
/// The shared object that asked for the one that failed, as a path; "" where none did.
const char* memory_double_failed_in(void);
/// Lets the next `count` threads of the process begin and no other (EAGAIN); -1: all.
void memory_double_grant_threads(int count);
/// Blocks of an owner that were allocated since the start of the program and not freed.
long memory_double_live(enum MemoryOwner owner);
/// Prints the stacks of up to `most` blocks of the library that were allocated while armed, or
/// since then, and are live.
void memory_double_print_live(int most);

#ifdef __cplusplus
}
#endif
