# SPDX-License-Identifier: Apache-2.0
# The installed tree: include/edgefirst, lib, lib/cmake/edgefirst_hal, lib/pkgconfig, in the
# components runtime (the shared library) and development (all else).
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/edgefirst_hal")

install(TARGETS edgefirst_hal EXPORT edgefirst_hal-shared
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(EXPORT edgefirst_hal-shared NAMESPACE edgefirst_hal:: COMPONENT development
  DESTINATION "${package_dir}" FILE edgefirst_hal-targets.cmake)
if(UNIX AND NOT APPLE AND NOT SKBUILD)  # beside the links that CMake makes: the minor version's
  set(minor_link "libedgefirst_hal.so.${EDGEFIRST_COMPATIBLE_SERIES}")
  file(CREATE_LINK "libedgefirst_hal.so.${EDGEFIRST_COMPATIBLE_VERSION}"
       "${PROJECT_BINARY_DIR}/${minor_link}" SYMBOLIC)
  install(FILES "${PROJECT_BINARY_DIR}/${minor_link}"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime)
endif()

# The archive needs its libraries where it is linked, so it is installed only where they came from
# the system. It has an export set of its own: users of the shared library need none of them.
set(install_static TRUE)
set(EDGEFIRST_PACKAGES "")
foreach(dependency IN LISTS EDGEFIRST_LINKED)
  string(REGEX REPLACE "::.*" "" package ${dependency})
  list(APPEND EDGEFIRST_PACKAGES ${package})
  get_target_property(imported ${dependency} IMPORTED)
  if(SKBUILD OR NOT imported)
    set(install_static FALSE)
  endif()
endforeach()
if(install_static)
  install(TARGETS edgefirst_hal_static EXPORT edgefirst_hal-static
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
  install(EXPORT edgefirst_hal-static NAMESPACE edgefirst_hal:: COMPONENT development
    DESTINATION "${package_dir}" FILE edgefirst_hal-static-targets.cmake)
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/edgefirst"
                  "${PROJECT_SOURCE_DIR}/capi/include/edgefirst"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

if(NOT SKBUILD)
  install(FILES "${PROJECT_SOURCE_DIR}/capi/valgrind.supp"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/edgefirst_hal" COMPONENT development)
endif()

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/edgefirst_hal-config.cmake.in"
  "${PROJECT_BINARY_DIR}/edgefirst_hal-config.cmake" INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO)
configure_file("${CMAKE_CURRENT_LIST_DIR}/edgefirst_hal-config-version.cmake.in"
  "${PROJECT_BINARY_DIR}/edgefirst_hal-config-version.cmake" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/edgefirst_hal-config.cmake"
              "${PROJECT_BINARY_DIR}/edgefirst_hal-config-version.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

# Relative to the file itself, so that the tree can be moved; multiarch libdirs lie deeper.
file(RELATIVE_PATH PC_PREFIX "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" PC_PREFIX "${PC_PREFIX}")
file(RELATIVE_PATH PC_LIBDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH PC_INCLUDEDIR "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/capi/edgefirst-hal.pc.in"
  "${PROJECT_BINARY_DIR}/edgefirst-hal.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/edgefirst-hal.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
