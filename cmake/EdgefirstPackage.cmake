# SPDX-License-Identifier: Apache-2.0
# What `cpack` makes of the installed tree: Debian packages for running and for development, and the
# release archive of the C interface, edgefirst-hal-capi-<version>-<processor>-<system>.tar.gz.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME edgefirst-hal)
set(CPACK_PACKAGE_VENDOR "EdgeFirst HAL contributors")
set(CPACK_PACKAGE_CONTACT "EdgeFirst HAL contributors <maintainers@edgefirst-hal.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)

# The archive: everything in one folder of its own name.
string(TOLOWER "${CMAKE_SYSTEM_NAME}" system)
string(REPLACE darwin macos system "${system}")
set(CPACK_PACKAGE_FILE_NAME
  "edgefirst-hal-capi-${PROJECT_VERSION}-${CMAKE_SYSTEM_PROCESSOR}-${system}")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/LICENSE"
              "${PROJECT_SOURCE_DIR}/NOTICE" DESTINATION . COMPONENT archive EXCLUDE_FROM_ALL)
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_CURRENT_LIST_DIR}/EdgefirstPackageEach.cmake")

# Debian: the run-time package bears the soname's number and learns its dependencies from the
# library; whoever links the static archive needs the libraries that Recommends names.
set(runtime "libedgefirst-hal${EDGEFIRST_SOVERSION}")
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${runtime})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA "${PROJECT_BINARY_DIR}/triggers")
file(WRITE "${PROJECT_BINARY_DIR}/triggers" "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libedgefirst-hal-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${runtime} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS
  "libhwy-dev, libtbb-dev, zlib1g-dev, libyaml-cpp-dev, libdeflate-dev")
foreach(component IN ITEMS runtime development)
  string(TOUPPER ${component} upper)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" RENAME copyright COMPONENT ${component}
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME}")
endforeach()
include(CPack)
