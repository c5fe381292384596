// SPDX-License-Identifier: Apache-2.0
// The whole C++ interface.
#pragma once

#include "edgefirst/codec.hpp"
#include "edgefirst/decoder.hpp"
#include "edgefirst/detection.hpp"
#include "edgefirst/dtype.hpp"
#include "edgefirst/error.hpp"
#include "edgefirst/fence.hpp"
#include "edgefirst/geometry.hpp"
#include "edgefirst/ignored.hpp"
#include "edgefirst/image.hpp"
#include "edgefirst/model.hpp"
#include "edgefirst/pixel_format.hpp"
#include "edgefirst/runtime.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"
#include "edgefirst/tracker.hpp"
