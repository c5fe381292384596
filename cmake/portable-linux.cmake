# SPDX-License-Identifier: Apache-2.0
# The part that the toolchains for Linux since glibc 2.28 share: the C++ library is GCC's, linked
# into each library and program, so that nothing asks for a newer one than the system has and C++
# programs compiled by GCC can use ours. The unwinder is the system's: exceptions cross libraries.
include("${CMAKE_CURRENT_LIST_DIR}/zig.cmake")
set(CMAKE_SYSTEM_NAME Linux)
# std::stable_sort uses what the library itself calls deprecated, and silences GCC alone about it.
set(CMAKE_CXX_FLAGS_INIT "-nostdinc++ -I${EDGEFIRST_SYSROOT}/c++ -Wno-deprecated-declarations")
set(link "-nostdlib++ -Wl,--allow-shlib-undefined -s")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${link}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "${link}")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "${link}")
set(CMAKE_CXX_STANDARD_LIBRARIES_INIT
    "${EDGEFIRST_SYSROOT}/c++/libstdc++.a ${EDGEFIRST_SYSROOT}/c++/libgcc_s.so.1 -lpthread -lm")
