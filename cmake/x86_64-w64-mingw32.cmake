# SPDX-License-Identifier: Apache-2.0
# Toolchain: 64-bit Windows on a Linux machine, by MinGW-w64 with POSIX threads. Libraries come from
# the folder that tests/platforms/build-libraries filled; tests run under Wine.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

set(EDGEFIRST_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/windows-libraries" CACHE PATH
    "Where the libraries are installed")
set(CMAKE_FIND_ROOT_PATH "${EDGEFIRST_SYSROOT}" /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} "${EDGEFIRST_SYSROOT}/lib/pkgconfig")
# The compiler's own libraries go into each program: nothing has to lie beside it.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static")
set(CMAKE_CROSSCOMPILING_EMULATOR
    "/usr/bin/env;WINEDEBUG=-all;WINEPREFIX=${EDGEFIRST_SYSROOT}/wine;/usr/lib/wine/wine64")
