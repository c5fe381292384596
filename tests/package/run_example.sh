#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles an example with the flags of pkg-config alone, runs it on a picture, and looks at what it
# prints and writes: run_example.sh <compiler> <source> <program> <picture>
# EMULATOR: the command that runs programs of another machine.
# shellcheck disable=SC2046,SC2086
set -eu
command -v pkg-config >/dev/null || { echo "pkg-config is not installed"; exit 77; }
$1 -Wall -Wextra -Werror $(pkg-config --cflags edgefirst-hal) "$2" -o "$3" \
  $(pkg-config --libs edgefirst-hal)
[ "$(pkg-config --modversion edgefirst-hal)" = 1.0.0 ]
[ "$(pkg-config --variable=compatible_version edgefirst-hal)" = 0.24.2 ]
cd "$(dirname "$3")"
rm -f letterboxed.jpg
${EMULATOR:-} "$3" "$4" | tee "$3.out"
grep -q '640 x 480 -> 320 x 320' "$3.out"
[ "$(od -An -tx1 -N3 letterboxed.jpg)" = " ff d8 ff" ]
if ${EMULATOR:-} "$3" no/such/picture.jpg 2>"$3.err"; then
  echo "a missing picture must fail" && exit 1
fi
grep -q 'no/such/picture.jpg' "$3.err"
