/* SPDX-License-Identifier: Apache-2.0 */
/* The files that the scenarios read, made in memory before any of them runs. */
#ifndef EDGEFIRST_TESTS_MEMORY_INPUTS_H
#define EDGEFIRST_TESTS_MEMORY_INPUTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct Bytes {
  uint8_t* data;
  size_t size;
} Bytes;

typedef struct Inputs {
  Bytes baseline;    /* JPEG of 96 x 64, 4:2:0 */
  Bytes large;       /* JPEG of 1024 x 768, which is worth threads */
  Bytes restarts;    /* the same with a restart interval of a row */
  Bytes progressive; /* JPEG of 96 x 64 */
  Bytes arithmetic;  /* JPEG of 96 x 64 with arithmetic coding */
  Bytes lossless;    /* JPEG of the lossless process, 8 bits a sample */
  Bytes deep;        /* JPEG of 12 bits a sample */
  Bytes turned;      /* baseline with EXIF orientation 6 */
  Bytes plain;       /* PNG of 40 x 30, RGB of 8 bits */
  Bytes bits;        /* PNG of 40 x 30, grey of 1 bit: read by libpng */
  Bytes interlaced;  /* PNG of 40 x 30, RGB of 16 bits, Adam7: read by libpng */
  const char* model; /* an ONNX file */
} Inputs;

void make_inputs(Inputs* inputs, const char* model);

#endif
