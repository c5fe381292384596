# SPDX-License-Identifier: Apache-2.0
# Toolchain: x86-64 Linux since glibc 2.28, by zig.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)
set(EDGEFIRST_SYSROOT "${root}/build/portable-x86_64" CACHE PATH
    "Where compilers and libraries are")
include("${CMAKE_CURRENT_LIST_DIR}/portable-linux.cmake")
