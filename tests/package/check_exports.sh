#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shared library shows hal_* and the public names of namespace edgefirst, and nothing else; it
# carries the soname that programs of the 0.x series were linked with, and no GPU library by force.
set -eu
library=$1
names=$("${NM:-nm}" -DC --defined-only "$library" | cut -d' ' -f3-)
other=$(echo "$names" | grep -vE '^(hal_[a-z0-9_]+|edgefirst::.*|(typeinfo|typeinfo name|vtable) for edgefirst::(Error|Tracker|ByteTrack))$' || true)
if [ -n "$other" ]; then
  echo "These names leak:" && echo "$other" | head -20
  exit 1
fi
for name in hal_version hal_compatible_version 'edgefirst::Tensor::map(edgefirst::CpuAccess) const' \
  'typeinfo for edgefirst::Error' 'vtable for edgefirst::Tracker'; do
  echo "$names" | grep -qxF "$name" || { echo "not exported: $name"; exit 1; }
done
dynamic=$("${OBJDUMP:-objdump}" -p "$library")
echo "$dynamic" | grep -q 'SONAME *libedgefirst_hal\.so\.0$' || { echo "wrong soname"; exit 1; }
if echo "$dynamic" | grep -E 'NEEDED *lib(EGL|GLES|gbm|drm|g2d)'; then
  echo "GPU libraries are to be loaded at run time"
  exit 1
fi
