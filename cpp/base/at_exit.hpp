// SPDX-License-Identifier: Apache-2.0
// Work that must be over before the libraries it stands on end with the process. Used by what has
// threads of its own.
#pragma once

namespace edgefirst {

/// Calls work when the process exits, in the order of these calls. Thread-safe.
void run_at_exit(void (*work)());

/// Exit handlers run last to first: to be called once a library has registered its own, so that the
/// work is done before them. Thread-safe; cheap, but remembered: not for every frame.
void run_before_newer_handlers();

/// The work is over: what other libraries hold may be gone.
bool is_exiting();

}  // namespace edgefirst
