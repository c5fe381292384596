#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A binary of ours is hardened, and tells nothing of the machine that built it.
#   check_hardening.sh FILE [PATH...]
# FILE is a shared library, an extension module or a static archive; no text in it may hold one of the
# PATHs. READELF: the readelf to use.
set -eu
file=$1
shift
failed=0
say() {
  echo "$file: $*" >&2
  failed=1
}

texts=$(mktemp)
trap 'rm -f "$texts"' EXIT
LC_ALL=C tr -c '[:print:]' '\n' < "$file" > "$texts"
for path in "$@" /home/ /root/ /tmp/; do
  if grep -qF -e "$path" "$texts"; then
    say "it holds the path $path: $(grep -F -e "$path" "$texts" | head -1)"
  fi
done
case $file in *.a) exit $failed ;; esac

elf() { "${READELF:-readelf}" -W "$@" "$file"; }
compiler=$(elf -p .comment 2>/dev/null || true)
machine=$(elf -h | sed -n 's/^ *Machine: *//p')
imports=$(elf --dyn-syms | sed -n 's/.* UND *\([A-Za-z_0-9]*\).*/\1/p')
segments=$(elf -l)
dynamic=$(elf -d)

echo "$imports" | grep -qx __stack_chk_fail || say "functions are compiled without a stack protector"
case $file in
  */_core.*) ;;  # the extension module has no buffer whose size the compiler could check
  *) echo "$imports" | grep -q '^__[a-z]*_chk$' || say "no function of the C library is fortified" ;;
esac
echo "$segments" | grep -q GNU_RELRO || say "tables of addresses stay writable (no RELRO)"
echo "$dynamic" | grep -Eq 'BIND_NOW|FLAGS_1.*NOW' || say "RELRO is partial (no BIND_NOW)"
echo "$segments" | grep -Eq 'GNU_STACK .* RW +0x' || say "the stack may be executed"
if echo "$segments" | grep -Eq ' (RWE|WE) '; then say "a segment is writable and executable"; fi
if echo "$dynamic" | grep -q TEXTREL; then say "relocations write into code (TEXTREL)"; fi
if echo "$dynamic" | grep -q '(RPATH)'; then say "it has an RPATH, which beats LD_LIBRARY_PATH"; fi
for folder in $(echo "$dynamic" | sed -n 's/.*(RUNPATH).*\[\(.*\)\].*/\1/p' | tr ':' ' '); do
  case $folder in
    "\$ORIGIN/lib" | "\$ORIGIN/"*.libs) ;;  # the second is auditwheel's
    *) say "its RUNPATH leads to $folder" ;;
  esac
done

# Marks of control-flow protection. Another compiler's linker may drop them.
features=$(elf -n 2>/dev/null | sed -n 's/.*feature: *//p' | tr -d '\n')
case "$machine:$compiler" in
  *clang* | *LLVM*) ;;
  *X86-64*GCC*) [ "$features" = "IBT, SHSTK" ] || say "it is not marked for CET, but [$features]" ;;
esac
exit $failed
