/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG files come from libjpeg-turbo, PNG files from the specification: stored blocks of deflate
 * (RFC 1951 3.2.4) need no compressor. */
#include "inputs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

static void fill_picture(uint8_t* pixels, size_t width, size_t height) {
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      uint8_t* pixel = pixels + 3 * (y * width + x);
      pixel[0] = (uint8_t)(x * 5 + y);
      pixel[1] = (uint8_t)((x / 7 + y / 5) * 40);
      pixel[2] = (uint8_t)(x ^ y);
    }
  }
}

/* variable: of libjpeg-turbo's environment, or NULL. */
static Bytes make_jpeg(int width, int height, const char* variable, const char* value) {
  uint8_t* pixels = malloc(3 * (size_t)width * (size_t)height);
  fill_picture(pixels, (size_t)width, (size_t)height);
  if (variable != NULL) setenv(variable, value, 1);
  tjhandle handle = tjInitCompress();
  unsigned char* file = NULL;
  unsigned long size = 0;
  if (tjCompress2(handle, pixels, width, 0, height, TJPF_RGB, &file, &size, TJSAMP_420, 85, 0)) {
    fprintf(stderr, "libjpeg-turbo: %s\n", tjGetErrorStr2(handle));
    exit(2);
  }
  if (variable != NULL) unsetenv(variable);
  Bytes bytes = {malloc(size), size};
  memcpy(bytes.data, file, size);
  tjFree(file);
  tjDestroy(handle);
  free(pixels);
  return bytes;
}

/* An APP1 segment that says orientation 6, behind the SOI marker. */
static Bytes turn(Bytes file) {
  static const uint8_t kExif[] = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0,    0, 'I', 'I',
                                  42,   0,    8, 0,  0,   0,   1,   0,   0x12, 1, 3,   0,
                                  1,    0,    0, 0,  6,   0,   0,   0,   0,    0, 0,   0};
  Bytes bytes = {malloc(file.size + sizeof kExif), file.size + sizeof kExif};
  memcpy(bytes.data, file.data, 2);
  memcpy(bytes.data + 2, kExif, sizeof kExif);
  memcpy(bytes.data + 2 + sizeof kExif, file.data + 2, file.size - 2);
  return bytes;
}

static uint32_t crc_of(const uint8_t* bytes, size_t size) {
  uint32_t crc = 0xFFFFFFFFU;
  for (size_t i = 0; i < size; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

static void put_word(uint8_t* at, uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_chunk(Bytes* file, const char* type, const uint8_t* payload, size_t size) {
  file->data = realloc(file->data, file->size + size + 12);
  uint8_t* at = file->data + file->size;
  put_word(at, (uint32_t)size);
  memcpy(at + 4, type, 4);
  if (size != 0) memcpy(at + 8, payload, size);
  put_word(at + 8 + size, crc_of(at + 4, size + 4));
  file->size += size + 12;
}

/* A zlib stream of one stored block, which holds up to 65535 bytes. */
static Bytes store(const uint8_t* bytes, size_t size) {
  Bytes stream = {malloc(size + 11), size + 11};
  uint8_t* at = stream.data;
  const uint8_t head[7] = {
      0x78, 0x01, 1, (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)~size, (uint8_t)(~size >> 8)};
  memcpy(at, head, sizeof head);
  memcpy(at + 7, bytes, size);
  uint32_t a = 1;
  uint32_t b = 0;
  for (size_t i = 0; i < size; ++i) {
    a = (a + bytes[i]) % 65521;
    b = (b + a) % 65521;
  }
  put_word(at + 7 + size, b << 16 | a);
  return stream;
}

/* Every row is filter 0 and bytes that count up; the sizes of rows are what matters here. */
static size_t put_rows(uint8_t* out, size_t width, size_t height, size_t bits) {
  const size_t row = (width * bits + 7) / 8;
  if (width == 0) return 0;
  uint8_t* at = out;
  for (size_t y = 0; y < height; ++y) {
    *at++ = 0;
    for (size_t x = 0; x < row; ++x) *at++ = (uint8_t)(x * 3 + y * 7);
  }
  return (size_t)(at - out);
}

static Bytes make_png(uint8_t depth, uint8_t color, bool interlaced) {
  enum { kWidth = 40, kHeight = 30 };
  static const size_t kAdam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                      {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  static uint8_t rows[65535];
  const size_t bits = depth * (size_t)(color == 2 ? 3 : 1);
  size_t size = 0;
  if (!interlaced) size = put_rows(rows, kWidth, kHeight, bits);
  for (int pass = 0; pass < 7 && interlaced; ++pass) {
    const size_t* step = kAdam7[pass];
    const size_t width = (kWidth - step[0] + step[2] - 1) / step[2];
    const size_t height = (kHeight - step[1] + step[3] - 1) / step[3];
    size += put_rows(rows + size, width, height, bits);
  }
  Bytes file = {malloc(8), 8};
  memcpy(file.data, "\x89PNG\r\n\x1A\n", 8);
  uint8_t header[13] = {0, 0, 0, kWidth, 0, 0, 0, kHeight, depth, color, 0, 0, interlaced};
  put_chunk(&file, "IHDR", header, sizeof header);
  Bytes stream = store(rows, size);
  put_chunk(&file, "IDAT", stream.data, stream.size);
  put_chunk(&file, "IEND", NULL, 0);
  free(stream.data);
  return file;
}

static Bytes read_file(const char* name) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", JPEG_FILES, name);
  Bytes bytes = {malloc(1 << 20), 0};
  FILE* file = fopen(path, "rb");
  if (file != NULL) bytes.size = fread(bytes.data, 1, 1 << 20, file);
  if (file == NULL || bytes.size == 0) {
    perror(path);
    exit(2);
  }
  fclose(file);
  return bytes;
}

void make_inputs(Inputs* inputs, const char* model) {
  inputs->baseline = make_jpeg(96, 64, NULL, NULL);
  inputs->large = make_jpeg(1024, 768, NULL, NULL);
  inputs->restarts = make_jpeg(1024, 768, "TJ_RESTART", "1");
  inputs->progressive = make_jpeg(96, 64, "TJ_PROGRESSIVE", "1");
  inputs->arithmetic = make_jpeg(96, 64, "TJ_ARITHMETIC", "1");
  inputs->lossless = read_file("lossless_420.jpg");
  inputs->deep = read_file("arithmetic_progressive_12_bits.jpg");
  inputs->turned = turn(inputs->baseline);
  inputs->plain = make_png(8, 2, false);
  inputs->bits = make_png(1, 0, false);
  inputs->interlaced = make_png(16, 2, true);
  inputs->model = model;
}
