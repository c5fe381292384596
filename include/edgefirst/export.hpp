// SPDX-License-Identifier: Apache-2.0
// The symbol visibility of the public C++ and C names.
#pragma once

#if defined(_WIN32)
#if defined(EDGEFIRST_STATIC)
#define EDGEFIRST_API
#elif defined(EDGEFIRST_BUILDING)
#define EDGEFIRST_API __declspec(dllexport)
#else
#define EDGEFIRST_API __declspec(dllimport)
#endif
#else
#define EDGEFIRST_API __attribute__((visibility("default")))
#endif
