#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares the C interface of the library, its symbols and every type that they reach, with the
# recorded one: additions pass, all else fails.
#   check_abi.sh LIBRARY HEADERS            compare
#   check_abi.sh --record LIBRARY HEADERS   make what is there now the promise (make abi-baseline)
set -eu
here=$(cd "$(dirname "$0")/abi" && pwd)
command -v abidiff >/dev/null || { echo "skipped: abidiff (abigail-tools) is not installed"; exit 77; }
baseline="$here/$(uname -m)-linux.abi"

describe() {  # LIBRARY HEADERS FILE
  abidw --suppressions "$here/c-interface.suppr" --headers-dir "$2" --drop-private-types \
    --exported-interfaces-only --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
    --out-file "$3" "$1"
}

if [ "$1" = --record ]; then
  describe "$2" "$3" "$baseline"
  exit
fi
[ -f "$baseline" ] || { echo "skipped: no interface is recorded for $(uname -m)"; exit 77; }
now=$(mktemp)
trap 'rm -f "$now"' EXIT
describe "$1" "$2" "$now"
abidiff --no-added-syms "$baseline" "$now"
