// SPDX-License-Identifier: Apache-2.0
// What GCC 12's libstdc++.a asks of a newer glibc than 2.28, for portable wheels.
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

char __libc_single_threaded = 0;  // there may always be other threads: reference counts stay atomic

uint32_t arc4random(void) {  // std::random_device
  uint32_t number;
  if (getentropy(&number, sizeof number) != 0) abort();  // as glibc's own does
  return number;
}
