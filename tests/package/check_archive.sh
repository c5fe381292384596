#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What cpack made: the archive has the contract's layout and serves a program linked against the
# folder it was unpacked into, shared and static; the Debian packages name their needs.
#   check_archive.sh FOLDER PROGRAM.c ARGUMENT
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xzf "$1"/edgefirst-hal-capi-*.tar.gz -C "$work"
root=$(echo "$work"/edgefirst-hal-capi-*-linux)
for file in README.md LICENSE NOTICE include/edgefirst/hal.h lib/libedgefirst_hal.a \
  share/edgefirst_hal/valgrind.supp lib/pkgconfig/edgefirst-hal.pc lib/cmake/edgefirst_hal/edgefirst_hal-config.cmake; do
  [ -f "$root/$file" ] || { echo "the archive lacks $file" >&2; exit 1; }
done
[ "$(readlink "$root/lib/libedgefirst_hal.so")" = libedgefirst_hal.so.0 ]
case $(readlink -f "$root/lib/libedgefirst_hal.so.0.24") in
  *.so.0.24.*) ;;
  *) echo "libedgefirst_hal.so.0.24 leads nowhere" >&2; exit 1 ;;
esac
cc "-I$root/include" "-L$root/lib" "$2" -o "$work/shared" -ledgefirst_hal -lm -lpthread -ldl
cp "$3" "$work/picture.jpg"
(cd "$work" && LD_LIBRARY_PATH="$root/lib" ./shared picture.jpg >/dev/null)
for package in "$1"/libedgefirst-hal0_*.deb "$1"/libedgefirst-hal-dev_*.deb; do
  dpkg-deb -f "$package" Depends | grep -q 'libc6\|libedgefirst-hal0' || exit 1
done
