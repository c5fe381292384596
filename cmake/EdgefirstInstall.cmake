# SPDX-License-Identifier: Apache-2.0
# The installed tree: include/edgefirst, lib, lib/cmake/edgefirst_hal, lib/pkgconfig.
include(CMakePackageConfigHelpers)
