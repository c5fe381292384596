/* SPDX-License-Identifier: Apache-2.0 */
/* A plug-in whose models add 1 to every element of their only input. The words of a model file say
 * what it is to do: "quantized" (uint8 with a scale), "open" (its extents), "dmabuf" (takes
 * descriptors), "aligned" (to 64 bytes), and where it fails: "fail_open", "fail_request",
 * "fail_bind", "fail_run", "fail_reshape", "wrong_info". Built with MOCK_SMALL it has a table that
 * ends before `run`, with MOCK_OLD one of another version. */
#define _GNU_SOURCE
#include <edgefirst/engine_plugin.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { kMostElements = 64 };

typedef struct MockModel {
  char words[256];
  int64_t extent;
} MockModel;

typedef struct MockRequest {
  MockModel* model;
  unsigned char* memory[2];
  unsigned char* mapped[2];
  size_t mapped_bytes[2];
} MockRequest;

static const float kScale = 0.5F;
static const int32_t kZeroPoint = 10;

static int has(const MockModel* model, const char* word) {
  return strstr(model->words, word) != NULL;
}

static int refuse(hal_engine_error* error, int status, const char* text) {
  if (error != NULL && error->size >= sizeof *error) {
    snprintf(error->text, sizeof error->text, "%s", text);
  }
  return status;
}

static int mock_open(const hal_engine_source* source, const hal_engine_option* options,
                     size_t count, void** model, hal_engine_error* error) {
  for (size_t i = 0; i < count; ++i) {
    const int is_known = strcmp(options[i].key, "threads") == 0;
    if (!is_known) return refuse(error, EINVAL, "there is no such option");
  }
  FILE* file = fopen(source->path, "rb");
  if (file == NULL) return refuse(error, errno, "the file cannot be opened");
  MockModel* made = calloc(1, sizeof *made);
  const size_t read = made == NULL ? 0 : fread(made->words, 1, sizeof made->words - 1, file);
  fclose(file);
  if (made == NULL) return refuse(error, ENOMEM, "no memory");
  made->words[read] = '\0';
  made->extent = has(made, "open") ? -1 : 8;
  if (has(made, "fail_open") || strncmp(made->words, "mock", 4) != 0) {
    free(made);
    return refuse(error, EBADMSG, "it is no mock model");
  }
  *model = made;
  return 0;
}

static void mock_close(void* model) { free(model); }

static size_t mock_tensor_count(void* model, hal_engine_direction direction) {
  (void)model;
  (void)direction;
  return 1;
}

static int mock_tensor_info(void* opened, hal_engine_direction direction, size_t index,
                            hal_engine_tensor* tensor) {
  const MockModel* model = opened;
  if (index != 0) return EINVAL;
  const int is_quantized = has(model, "quantized");
  tensor->name = direction == HAL_ENGINE_INPUT ? "x" : "y";
  tensor->shape[0] = 1;
  tensor->shape[1] = model->extent;
  tensor->ndim = has(model, "wrong_info") ? 99 : 2;
  tensor->bytes = model->extent < 0 ? 0 : (size_t)model->extent * (is_quantized ? 1 : 4);
  tensor->alignment = has(model, "aligned") ? 64 : 0;
  tensor->dtype = is_quantized ? HAL_ENGINE_U8 : HAL_ENGINE_F32;
  if (is_quantized) {
    tensor->quant = HAL_ENGINE_PER_TENSOR;
    tensor->scales = &kScale;
    tensor->zero_points = &kZeroPoint;
    tensor->quant_count = 1;
  }
  tensor->memory = HAL_ENGINE_HOST | (has(model, "dmabuf") ? HAL_ENGINE_DMABUF : 0);
  return 0;
}

static int mock_metadata(void* model, size_t index, const char** key, const char** value) {
  if (index != 0) return ENOENT;
  *key = "words";
  *value = ((MockModel*)model)->words;
  return 0;
}

static int mock_reshape(void* opened, size_t input, const int64_t* shape, size_t ndim,
                        hal_engine_error* error) {
  MockModel* model = opened;
  if (has(model, "fail_reshape")) return refuse(error, ENOTSUP, "it cannot be reshaped");
  if (input != 0 || ndim != 2 || shape[1] > kMostElements) {
    return refuse(error, EINVAL, "too many elements");
  }
  model->extent = shape[1];
  return 0;
}

static int mock_request_create(void* model, void** request, hal_engine_error* error) {
  if (has(model, "fail_request")) return refuse(error, EIO, "the device is gone");
  MockRequest* made = calloc(1, sizeof *made);
  if (made == NULL) return refuse(error, ENOMEM, "no memory");
  made->model = model;
  *request = made;
  return 0;
}

static void unmap(MockRequest* request, int at) {
  if (request->mapped[at] != NULL) munmap(request->mapped[at], request->mapped_bytes[at]);
  request->mapped[at] = NULL;
}

static void mock_request_destroy(void* request) {
  if (request == NULL) return;
  unmap(request, 0);
  unmap(request, 1);
  free(request);
}

static int mock_bind(void* made, hal_engine_direction direction, size_t index,
                     const hal_engine_buffer* buffer, hal_engine_error* error) {
  MockRequest* request = made;
  const int at = (int)direction;
  if (index != 0 || has(request->model, "fail_bind")) {
    return refuse(error, EINVAL, "that memory cannot be bound");
  }
  unmap(request, at);
  request->memory[at] = buffer->data;
  if (buffer->memory != HAL_ENGINE_DMABUF) return 0;
  const size_t bytes = buffer->offset + buffer->bytes;
  void* mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
  if (mapped == MAP_FAILED) return refuse(error, errno, "the DMA-BUF cannot be mapped");
  request->mapped[at] = mapped;
  request->mapped_bytes[at] = bytes;
  request->memory[at] = request->mapped[at] + buffer->offset;
  return 0;
}

static int mock_run(void* made, hal_engine_error* error) {
  const MockRequest* request = made;
  if (has(request->model, "fail_run")) return refuse(error, EIO, "the device hangs");
  const size_t count = (size_t)request->model->extent;
  for (size_t i = 0; i < count; ++i) {
    if (has(request->model, "quantized")) {
      request->memory[1][i] = (unsigned char)(request->memory[0][i] + 1);
    } else {
      ((float*)request->memory[1])[i] = ((const float*)request->memory[0])[i] + 1.0F;
    }
  }
  return 0;
}

static const hal_engine kEngine = {
#ifdef MOCK_SMALL
    offsetof(hal_engine, run),
#else
    sizeof(hal_engine),
#endif
#ifdef MOCK_OLD
    HAL_ENGINE_ABI + 1,
#else
    HAL_ENGINE_ABI,
#endif
    "mock",
    "1.0",
    ".mock .mock2",
    mock_open,
    mock_close,
    mock_tensor_count,
    mock_tensor_info,
    mock_metadata,
    mock_reshape,
    mock_request_create,
    mock_request_destroy,
    mock_bind,
    mock_run,
};

__attribute__((visibility("default"))) const hal_engine* hal_engine_plugin(uint32_t host_abi) {
  return host_abi == HAL_ENGINE_ABI ? &kEngine : NULL;
}
