# SPDX-License-Identifier: Apache-2.0
# Toolchain: 64-bit Arm on a machine of another kind. Libraries come from the folder that
# tests/platforms/fetch-libraries filled; tests run under QEMU, on the processor that the
# environment's QEMU_CPU names.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(EDGEFIRST_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-libraries" CACHE PATH
    "Where the packages of the target architecture are unpacked")
list(APPEND CMAKE_FIND_ROOT_PATH "${EDGEFIRST_SYSROOT}" /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${EDGEFIRST_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR} "${EDGEFIRST_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig")
set(libraries "${EDGEFIRST_SYSROOT}/usr/lib/aarch64-linux-gnu")
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -Wl,-rpath-link,${libraries}")
string(APPEND CMAKE_SHARED_LINKER_FLAGS_INIT " -Wl,-rpath-link,${libraries}")
# The loader and the C library must be of one build: those of the cross compiler do not go with the
# packages' libraries (threads hang).
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64-static;-L;${EDGEFIRST_SYSROOT}")
