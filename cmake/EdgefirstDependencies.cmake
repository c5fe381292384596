# SPDX-License-Identifier: Apache-2.0
# Every third-party library: found on the system first, else fetched by pinned hash.
# ARCHITECTURE.md says why each one is here.
include(FetchContent)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# edgefirst_dependency(NAME <find_package name> TARGET <imported target> INSTALL <how a user gets it>
#                      [URL <archive> SHA256 <hash> [OPTIONS <var=value>...]])
function(edgefirst_dependency)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TARGET;INSTALL;URL;SHA256" "OPTIONS")
  find_package(${arg_NAME} QUIET CONFIG GLOBAL)
  if(NOT TARGET ${arg_TARGET} AND arg_URL)
    message(STATUS "${arg_NAME} is not installed (${arg_INSTALL}); fetching its source")
    foreach(option IN LISTS arg_OPTIONS)
      string(REGEX MATCH "^([^=]+)=(.*)$" _ "${option}")
      set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
    endforeach()
    set(BUILD_SHARED_LIBS OFF)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # option() keeps the values set above,
    set(CMAKE_POLICY_DEFAULT_CMP0126 NEW)  # set(CACHE) too
    FetchContent_Declare(${arg_NAME} URL ${arg_URL} URL_HASH SHA256=${arg_SHA256} SYSTEM)
    FetchContent_MakeAvailable(${arg_NAME})
    string(REPLACE "::" ";" namespaced "${arg_TARGET}")
    list(POP_BACK namespaced plain)
    if(NOT TARGET ${arg_TARGET} AND TARGET ${plain})
      add_library(${arg_TARGET} ALIAS ${plain})
    endif()
  endif()
  if(NOT TARGET ${arg_TARGET})
    message(FATAL_ERROR "edgefirst_hal needs ${arg_NAME}: ${arg_INSTALL}, or point "
                        "CMAKE_PREFIX_PATH at an installation of it")
  endif()
endfunction()

edgefirst_dependency(NAME hwy TARGET hwy::hwy INSTALL "apt install libhwy-dev"
  URL https://github.com/google/highway/archive/refs/tags/1.0.3.tar.gz
  SHA256 566fc77315878473d9a6bd815f7de78c73734acdcb745c3dde8579560ac5440e
  OPTIONS HWY_ENABLE_TESTS=OFF HWY_ENABLE_EXAMPLES=OFF HWY_ENABLE_CONTRIB=OFF BUILD_TESTING=OFF)
edgefirst_dependency(NAME TBB TARGET TBB::tbb
  INSTALL "apt install libtbb-dev or pip install tbb-devel")
edgefirst_dependency(NAME nlohmann_json TARGET nlohmann_json::nlohmann_json
  INSTALL "apt install nlohmann-json3-dev"
  URL https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz
  SHA256 d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273
  OPTIONS JSON_BuildTests=OFF JSON_Install=OFF)
find_package(yaml-cpp QUIET CONFIG GLOBAL)
set(EDGEFIRST_YAML yaml-cpp)
if(TARGET yaml-cpp::yaml-cpp)  # the only name from 0.8 on
  set(EDGEFIRST_YAML yaml-cpp::yaml-cpp)
endif()
edgefirst_dependency(NAME yaml-cpp TARGET ${EDGEFIRST_YAML} INSTALL "apt install libyaml-cpp-dev"
  URL https://github.com/jbeder/yaml-cpp/archive/refs/tags/yaml-cpp-0.7.0.tar.gz
  SHA256 43e6a9fcb146ad871515f0d0873947e5d497a1c9c60c58cb102a97b47208b7c3
  OPTIONS YAML_CPP_BUILD_TESTS=OFF YAML_CPP_BUILD_TOOLS=OFF YAML_CPP_BUILD_CONTRIB=OFF)
find_package(ZLIB QUIET)
if(NOT TARGET ZLIB::ZLIB)
  message(FATAL_ERROR "edgefirst_hal needs zlib: apt install zlib1g-dev, or point "
                      "CMAKE_PREFIX_PATH at an installation of it")
endif()
find_path(EDGEFIRST_DEFLATE_INCLUDE libdeflate.h)
find_library(EDGEFIRST_DEFLATE deflate)
if(NOT EDGEFIRST_DEFLATE_INCLUDE OR NOT EDGEFIRST_DEFLATE)
  message(FATAL_ERROR "edgefirst_hal needs libdeflate: apt install libdeflate-dev, or point "
                      "CMAKE_PREFIX_PATH at an installation of it")
endif()
add_library(edgefirst_deflate INTERFACE)  # older releases carry no CMake package
target_include_directories(edgefirst_deflate SYSTEM INTERFACE "${EDGEFIRST_DEFLATE_INCLUDE}")
target_link_libraries(edgefirst_deflate INTERFACE "${EDGEFIRST_DEFLATE}")
# What the finished library links; packages bear the name before the "::".
set(EDGEFIRST_LINKED hwy::hwy ZLIB::ZLIB TBB::tbb ${EDGEFIRST_YAML})
