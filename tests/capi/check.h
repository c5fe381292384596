/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions for the C programs: they count failures and go on; main returns finish().
 * Included once per program, after or before hal.h. */
#ifndef EDGEFIRST_TESTS_CAPI_CHECK_H
#define EDGEFIRST_TESTS_CAPI_CHECK_H

#include <edgefirst/hal.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static int g_checks; /* callbacks count from other threads */
static int g_failures;

static inline bool report(bool holds, const char* text, const char* file, int line) {
  __atomic_fetch_add(&g_checks, 1, __ATOMIC_RELAXED);
  if (holds) return true;
  __atomic_fetch_add(&g_failures, 1, __ATOMIC_RELAXED);
  fprintf(stderr, "%s:%d: failed: %s\n    errno %d, last error: %s\n", file, line, text, errno,
          hal_last_error());
  return false;
}

/* The condition holds. */
#define CHECK(condition) report((condition), #condition, __FILE__, __LINE__)

/* Like CHECK; without it the function cannot go on. */
#define NEED(condition)            \
  do {                             \
    if (!CHECK(condition)) return; \
  } while (0)

/* The condition, which makes one call, holds and the call left this errno and a reason behind. */
#define FAILS(errno_value, condition)                                                           \
  do {                                                                                          \
    errno = 0;                                                                                  \
    bool holds_ = (condition);                                                                  \
    report(holds_&& errno == (errno_value), "errno is " #errno_value ": " #condition, __FILE__, \
           __LINE__);                                                                           \
    report(hal_last_error()[0] != '\0', "a reason for " #condition, __FILE__, __LINE__);        \
  } while (0)

/* The condition holds and its calls leave errno alone. */
#define QUIET(condition)                                                                \
  do {                                                                                  \
    errno = 4711;                                                                       \
    bool holds_ = (condition);                                                          \
    report(holds_&& errno == 4711, "errno untouched: " #condition, __FILE__, __LINE__); \
  } while (0)

static inline bool near(float a, float b, float tolerance) { return fabsf(a - b) <= tolerance; }

/* Call last. */
static inline int finish(void) {
  fprintf(stderr, "%d checks, %d failures\n", g_checks, g_failures);
  return g_failures == 0 ? 0 : 1;
}

#endif
