/* SPDX-License-Identifier: Apache-2.0 */
/* The interface between EdgeFirst HAL and plug-ins with inference engines (ncnn, Hailo, RKNN,
 * TensorRT, Ara-2, ...). A plug-in is a shared library libedgefirst_engine_NAME.so that exports
 *
 *   const hal_engine* hal_engine_plugin(uint32_t host_abi);
 *
 * and lies in the folder that EDGEFIRST_ENGINE_PATH names, or is named as a model's library.
 *
 * A model is a file that was loaded; a request is the memory of one frame in flight. Requests of
 * one model may run at once, each on one thread at a time; the functions of a model may be called
 * by several threads.
 *
 * Rules of the interface. Functions return 0 or a positive errno, and fill *error where they fail.
 * Text and arrays that a function hands out stay valid as long as their model. Descriptors are
 * borrowed for the call. No exception crosses. `abi` changes only where a meaning changes;
 * otherwise fields are appended to the structures, each of which begins with its size: the caller
 * sets size and zeroes the rest, and the callee touches no more than both know. */
#ifndef EDGEFIRST_ENGINE_PLUGIN_H
#define EDGEFIRST_ENGINE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_ENGINE_ABI 1U
#define HAL_ENGINE_MAX_RANK 8

typedef enum hal_engine_direction {
  HAL_ENGINE_INPUT = 0,
  HAL_ENGINE_OUTPUT = 1
} hal_engine_direction;

/* Element types, numbered as enum hal_dtype of edgefirst/hal.h. */
typedef enum hal_engine_dtype {
  HAL_ENGINE_U8 = 0,
  HAL_ENGINE_I8 = 1,
  HAL_ENGINE_U16 = 2,
  HAL_ENGINE_I16 = 3,
  HAL_ENGINE_U32 = 4,
  HAL_ENGINE_I32 = 5,
  HAL_ENGINE_U64 = 6,
  HAL_ENGINE_I64 = 7,
  HAL_ENGINE_F16 = 8,
  HAL_ENGINE_F32 = 9,
  HAL_ENGINE_F64 = 10
} hal_engine_dtype;

typedef enum hal_engine_quantization {
  HAL_ENGINE_NOT_QUANTIZED = 0,
  HAL_ENGINE_PER_TENSOR = 1,
  HAL_ENGINE_PER_CHANNEL = 2
} hal_engine_quantization;

/* Kinds of memory, as bits of a mask. */
typedef enum hal_engine_memory {
  HAL_ENGINE_HOST = 1,  /* a pointer of this process */
  HAL_ENGINE_DMABUF = 2 /* a DMA-BUF by its descriptor */
} hal_engine_memory;

/* One sentence, for people; cut to fit. */
typedef struct hal_engine_error {
  size_t size;
  char text[256];
} hal_engine_error;

/* A model file by its path, UTF-8, or by its bytes, which live until close(). */
typedef struct hal_engine_source {
  size_t size;
  const char* path; /* NULL: bytes */
  const void* data;
  size_t bytes;
} hal_engine_source;

/* A setting by a key of the plug-in's own; "threads" and "device" are those of every engine. A
 * plug-in refuses keys that it does not know (EINVAL). */
typedef struct hal_engine_option {
  const char* key;
  const char* value;
} hal_engine_option;

/* An input or output of a model. real = scale * (stored - zero_point). */
typedef struct hal_engine_tensor {
  size_t size;
  const char* name;
  int64_t shape[HAL_ENGINE_MAX_RANK]; /* -1: open; an output must be closed once the inputs are */
  size_t ndim;
  size_t bytes;     /* that its memory holds; 0 while the shape is open */
  size_t alignment; /* of host memory that is bound; 0: any */
  const float* scales;
  const int32_t* zero_points; /* NULL: all 0 */
  size_t quant_count;         /* of scales: 1, or the extent of quant_axis */
  int32_t dtype;              /* hal_engine_dtype */
  int32_t quant;              /* hal_engine_quantization */
  int32_t quant_axis;
  uint32_t memory; /* mask of what bind() takes: hal_engine_memory, HAL_ENGINE_HOST among them */
} hal_engine_tensor;

/* Memory of an input or output. */
typedef struct hal_engine_buffer {
  size_t size;
  void* data; /* host memory; NULL for a DMA-BUF that is not mapped */
  size_t bytes;
  size_t offset;   /* into the DMA-BUF */
  int32_t fd;      /* of the DMA-BUF, else -1 */
  uint32_t memory; /* hal_engine_memory */
} hal_engine_buffer;

typedef struct hal_engine {
  size_t size;
  uint32_t abi;         /* HAL_ENGINE_ABI */
  const char* name;     /* "rknn" */
  const char* version;  /* of the engine, for people */
  const char* suffixes; /* what it opens, apart by blanks: ".rknn" */

  int (*open)(const hal_engine_source* source, const hal_engine_option* options, size_t count,
              void** model, hal_engine_error* error);
  void (*close)(void* model);
  size_t (*tensor_count)(void* model, hal_engine_direction direction);
  int (*tensor_info)(void* model, hal_engine_direction direction, size_t index,
                     hal_engine_tensor* tensor);
  /* ENOENT behind the last one. */
  int (*metadata)(void* model, size_t index, const char** key, const char** value);
  /* Closes open extents of an input, before requests are made. NULL: there are none. */
  int (*reshape)(void* model, size_t input, const int64_t* shape, size_t ndim,
                 hal_engine_error* error);

  int (*request_create)(void* model, void** request, hal_engine_error* error);
  void (*request_destroy)(void* request);
  /* What run() reads or writes from now on; the host binds every input and output before the first
   * run(). The memory stays valid until it is replaced or the request is destroyed. */
  int (*bind)(void* request, hal_engine_direction direction, size_t index,
              const hal_engine_buffer* buffer, hal_engine_error* error);
  int (*run)(void* request, hal_engine_error* error);
} hal_engine;

/* NULL where the plug-in does not serve that host. */
typedef const hal_engine* (*hal_engine_plugin_function)(uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif
