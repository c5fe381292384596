# SPDX-License-Identifier: Apache-2.0
# The part that the toolchains by zig share: its clang, its linker and the C libraries it knows, as
# the programs that tests/platforms/zig-tools put into EDGEFIRST_SYSROOT/bin. Libraries come from the
# same folder, which tests/platforms/build-libraries filled.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EDGEFIRST_SYSROOT)
set(tools "${EDGEFIRST_SYSROOT}/bin")
set(CMAKE_C_COMPILER "${tools}/cc")
set(CMAKE_CXX_COMPILER "${tools}/c++")
set(CMAKE_AR "${tools}/ar")
set(CMAKE_RANLIB "${tools}/ranlib")
set(CMAKE_FIND_ROOT_PATH "${EDGEFIRST_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} "${EDGEFIRST_SYSROOT}/lib/pkgconfig")
set(FETCHCONTENT_SOURCE_DIR_HWY "${EDGEFIRST_SYSROOT}/source/highway" CACHE PATH "Highway's source")
