# SPDX-License-Identifier: Apache-2.0
# How every target is compiled: language level, warnings, visibility, sanitizers, speed of linking.
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
if(SKBUILD)
  set(CMAKE_INSTALL_LIBDIR lib)  # a wheel has one layout on every distribution
endif()

find_program(EDGEFIRST_CCACHE ccache)
if(EDGEFIRST_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${EDGEFIRST_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${EDGEFIRST_CCACHE})
endif()

# Carries the flags that our own sources are held to; dependencies never see it. The presets make
# warnings errors: users have compilers that warn of more than ours.
add_library(edgefirst_flags INTERFACE)
if(NOT MSVC)
  target_compile_options(edgefirst_flags INTERFACE
    -Wall -Wextra
    -ffp-contract=off  # a result never depends on whether the target can fuse
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>)
endif()
if(EDGEFIRST_SANITIZE)
  # The build type Sanitize: GCC takes minutes a kernel file for variable locations (-g2) or -O2.
  set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1")
  set(CMAKE_C_FLAGS_SANITIZE "-O1 -g1")
  add_compile_options(-fsanitize=${EDGEFIRST_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${EDGEFIRST_SANITIZE})
endif()

if(EDGEFIRST_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage of the library, which libFuzzer follows
endif()

# Vectors of RISC-V have never been tried.
set(EDGEFIRST_TARGETS "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "riscv")
  set(EDGEFIRST_TARGETS "HWY_DISABLED_TARGETS=HWY_RVV")
endif()

# One component of the core: an object library over all sources of its folder that may include only
# the components it names (the include test holds every file to the same table).
function(edgefirst_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;LIBRARIES")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  add_library(edgefirst_${name} OBJECT ${sources})
  target_include_directories(edgefirst_${name}
    PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/cpp")
  target_compile_definitions(edgefirst_${name} PRIVATE EDGEFIRST_BUILDING ${EDGEFIRST_TARGETS})
  target_link_libraries(edgefirst_${name} PRIVATE edgefirst_flags ${arg_LIBRARIES})
  foreach(used IN LISTS arg_USES)
    target_include_directories(edgefirst_${name}
      PUBLIC $<TARGET_PROPERTY:edgefirst_${used},INTERFACE_INCLUDE_DIRECTORIES>)
  endforeach()
endfunction()
