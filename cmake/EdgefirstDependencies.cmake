# SPDX-License-Identifier: Apache-2.0
# Every third-party library, found on the system first and else fetched by pinned hash.
# ARCHITECTURE.md says why each one is here.
include(FetchContent)
set(FETCHCONTENT_QUIET ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# edgefirst_dependency(NAME <find_package name> TARGET <imported target> APT <package>
#                      URL <archive> SHA256 <hash> [OPTIONS <var=value>...])
function(edgefirst_dependency)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TARGET;APT;URL;SHA256" "OPTIONS")
  find_package(${arg_NAME} QUIET CONFIG GLOBAL)
  if(TARGET ${arg_TARGET})
    return()
  endif()
  message(STATUS "${arg_NAME} is not installed (apt install ${arg_APT}); fetching its source")
  foreach(option IN LISTS arg_OPTIONS)
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${option}")
    set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  endforeach()
  set(BUILD_SHARED_LIBS OFF)
  FetchContent_Declare(${arg_NAME} URL ${arg_URL} URL_HASH SHA256=${arg_SHA256} SYSTEM)
  FetchContent_MakeAvailable(${arg_NAME})
  if(NOT TARGET ${arg_TARGET})
    message(FATAL_ERROR "edgefirst_hal needs ${arg_NAME}: install ${arg_APT} (Debian, Ubuntu) or "
                        "point CMAKE_PREFIX_PATH at an installation of it")
  endif()
endfunction()

edgefirst_dependency(NAME hwy TARGET hwy::hwy APT libhwy-dev
  URL https://github.com/google/highway/archive/refs/tags/1.0.3.tar.gz
  SHA256 0
  OPTIONS HWY_ENABLE_TESTS=OFF HWY_ENABLE_EXAMPLES=OFF HWY_ENABLE_CONTRIB=OFF)
edgefirst_dependency(NAME TBB TARGET TBB::tbb APT libtbb-dev
  URL https://github.com/oneapi-src/oneTBB/archive/refs/tags/v2021.8.0.tar.gz
  SHA256 0
  OPTIONS TBB_TEST=OFF TBB_STRICT=OFF)
edgefirst_dependency(NAME nlohmann_json TARGET nlohmann_json::nlohmann_json APT nlohmann-json3-dev
  URL https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
  SHA256 0)
edgefirst_dependency(NAME yaml-cpp TARGET yaml-cpp APT libyaml-cpp-dev
  URL https://github.com/jbeder/yaml-cpp/archive/refs/tags/yaml-cpp-0.7.0.tar.gz
  SHA256 0
  OPTIONS YAML_CPP_BUILD_TESTS=OFF YAML_CPP_BUILD_TOOLS=OFF)
