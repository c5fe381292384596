/* SPDX-License-Identifier: Apache-2.0 */
/* Tracing as C programs use it: every step under the name that tests/span_names.txt promises, to a
 * file, to a file of limited size, to a function, one session after another. argv[1]: a JPEG of
 * 640 x 480. */
#include <pthread.h>

#include "check.h"
#include "sample.h"

static const char* g_picture;

/* A grey picture of 1 x 1. */
static const uint8_t kPng[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x3A, 0x7E, 0x9B, 0x55, 0x00, 0x00, 0x00, 0x0A, 0x49, 0x44, 0x41, 0x54, 0x78,
    0x9C, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};

static void work_on_pictures(hal_image_processor* processor) {
  size_t length = 0;
  uint8_t* jpeg = read_file(g_picture, &length);
  hal_tensor* photo =
      hal_tensor_load_image(jpeg, length, HAL_PIXEL_FORMAT_RGBA, HAL_TENSOR_MEMORY_MEM);
  hal_image_info info;
  CHECK(hal_peek_image_info(jpeg, length, NULL, &info) == 0 && info.width == 640);
  free(jpeg);
  CHECK(hal_tensor_decode_image(photo, kPng, sizeof kPng, HAL_PIXEL_FORMAT_RGBA, NULL, NULL) == 0);
  hal_tensor* small = hal_tensor_new_image(320, 240, HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_U8,
                                           HAL_TENSOR_MEMORY_MEM);
  CHECK(hal_image_processor_convert(processor, photo, small, HAL_ROTATION_ROTATE90,
                                    HAL_FLIP_HORIZONTAL, NULL) == 0);
  hal_tensor* same =
      hal_tensor_new_image(640, 480, HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  CHECK(hal_image_processor_convert(processor, photo, same, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    NULL) == 0);
  hal_tensor* copy = make_picture(640, 480, HAL_PIXEL_FORMAT_NV12);
  CHECK(hal_image_processor_convert(processor, same, copy, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    NULL) == 0);
  hal_tensor_free(copy);
  size_t size = 0;
  free(hal_tensor_encode_jpeg(photo, 80, &size));
  hal_tensor_free(same);
  hal_tensor_free(small);
  hal_tensor_free(photo);
}

static void work_on_outputs(hal_image_processor* processor) {
  hal_decoder* decoder = make_masks_decoder();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  hal_tensor* canvas = make_picture(64, 64, HAL_PIXEL_FORMAT_RGBA);
  hal_detect_box_list* boxes = NULL;
  hal_segmentation_list* masks = NULL;
  CHECK(hal_decoder_decode(decoder, outputs, 2, &boxes, &masks) == 0);
  CHECK(hal_image_processor_draw_decoded_masks(processor, canvas, boxes, masks, NULL, 1, NULL,
                                               HAL_COLOR_MODE_CLASS) == 0);
  hal_detect_box_list_free(boxes);
  hal_segmentation_list_free(masks);
  CHECK(hal_decoder_decode_tracked(decoder, tracker, 1, outputs, 2, &boxes, NULL, NULL) == 0);
  hal_detect_box_list_free(boxes);
  CHECK(hal_image_processor_draw_masks_tracked(processor, decoder, tracker, 2, outputs, 2, canvas,
                                               NULL, 1, NULL, HAL_COLOR_MODE_TRACK, &boxes,
                                               NULL) == 0);
  hal_detect_box_list_free(boxes);
  hal_proto_data* proto = hal_decoder_decode_proto(decoder, outputs, 2, &boxes);
  CHECK(hal_image_processor_draw_proto_masks(processor, canvas, boxes, proto, NULL, 1, NULL,
                                             HAL_COLOR_MODE_CLASS) == 0);
  hal_segmentation_list_free(hal_image_processor_materialize_masks(processor, boxes, proto, NULL));
  hal_proto_data_free(proto);
  hal_detect_box_list_free(boxes);
  hal_tensor_free(canvas);
  hal_bytetrack_free(tracker);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_decoder_free(decoder);
}

static void work(void) {
  hal_image_processor* processor = hal_image_processor_new_with_backend(HAL_COMPUTE_BACKEND_CPU);
  work_on_pictures(processor);
  work_on_outputs(processor);
  hal_image_processor_free(processor);
}

/* The file as text; the caller frees it. */
static char* read_text(const char* path) {
  size_t length = 0;
  uint8_t* data = read_file(path, &length);
  char* text = calloc(1, length + 1);
  if (data != NULL) memcpy(text, data, length);
  free(data);
  return text;
}

static void every_step_has_its_name(void) {
  QUIET(hal_start_tracing("spans.json") == 0);
  work();
  hal_stop_tracing();
  char* trace = read_text("spans.json");
  char* names = read_text(SPAN_NAMES);
  int expected = 0;
  for (char* line = strtok(names, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    char name[128], kind[16], quoted[160];
    if (sscanf(line, "%127s %15s", name, kind) != 2 || strcmp(kind, "core") != 0) continue;
    snprintf(quoted, sizeof quoted, "\"ph\":\"B\",\"name\":\"%s\"", name);
    if (!CHECK(strstr(trace, quoted) != NULL)) fprintf(stderr, "    no span %s\n", name);
    ++expected;
  }
  CHECK(expected > 25);
  CHECK(strstr(trace, "\".file\":\"cpp/tensor/tensor.cpp\",\".line\":") != NULL);
  free(names);
  free(trace);
  remove("spans.json");
}

static void a_limited_file_is_whole(void) {
  FAILS(EINVAL, hal_start_tracing_file("limited.json", 1023) == -1);
  FAILS(ENOENT, hal_start_tracing_file("no/such/folder/limited.json", 4096) == -1);
  QUIET(hal_start_tracing_file("limited.json", 4096) == 0);
  FAILS(EALREADY, hal_start_tracing_file("other.json", 0) == -1);
  work();
  hal_stop_tracing();
  char* trace = read_text("limited.json");
  const size_t length = strlen(trace);
  CHECK(length > 2048 && length <= 4096);
  CHECK(length > 4 && strcmp(trace + length - 3, "\n]\n") == 0);
  CHECK(strstr(trace, "\"name\":\"trace.full\"") != NULL);
  free(trace);
  remove("limited.json");
}

static void a_full_disk_is_told_at_the_end(void) {
  QUIET(hal_start_tracing("/dev/full") == 0);
  errno = 0;
  hal_stop_tracing();
  CHECK(errno == ENOSPC);
  CHECK(strstr(hal_last_error(), "trace file '/dev/full' is incomplete") != NULL);
  CHECK(hal_is_tracing_active() == 0);
}

typedef struct Events {
  int begins, ends, inside;
  size_t bytes;
} Events;

static void count_event(const char* event, void* userdata) {
  Events* events = userdata;
  CHECK(event[0] == '{' && event[strlen(event) - 1] == '}' && strchr(event, '\n') == NULL);
  events->begins += strstr(event, "\"ph\":\"B\"") != NULL;
  events->ends += strstr(event, "\"ph\":\"E\"") != NULL;
  events->bytes += strlen(event);
  if (events->inside++ == 0) { /* a sink that uses the library is not called for it */
    hal_tensor_free(make_picture(2, 2, HAL_PIXEL_FORMAT_RGB));
    FAILS(EALREADY, hal_start_tracing("inside.json") == -1);
    hal_stop_tracing();
    CHECK(hal_is_tracing_active() == 1);
  }
}

/* What a sink of its own does with the library: everything, over and over. */
typedef struct Intruder {
  hal_image_processor* processor;
  hal_decoder* decoder;
  hal_tensor *detections, *protos, *source, *target, *canvas;
  uint8_t* jpeg;
  size_t length;
  int rounds;
} Intruder;

static void intrude(const char* event, void* userdata) {
  (void)event;
  Intruder* own = userdata;
  if (own->rounds++ % 7 != 0) return; /* between all steps in turn, but not at all of them */
  const hal_tensor* outputs[2] = {own->detections, own->protos};
  hal_detect_box_list* boxes = NULL;
  hal_segmentation_list* masks = NULL;
  CHECK(hal_decoder_decode(own->decoder, outputs, 2, &boxes, &masks) == 0);
  hal_detect_box_list_free(boxes);
  hal_segmentation_list_free(masks);
  CHECK(hal_tensor_decode_image(own->canvas, kPng, sizeof kPng, -1, NULL, NULL) == 0);
  CHECK(hal_tensor_decode_image(own->canvas, own->jpeg, own->length, -1, NULL, NULL) == 0);
  size_t size = 0;
  free(hal_tensor_encode_jpeg(own->canvas, 50, &size));
  CHECK(hal_image_processor_convert(own->processor, own->source, own->target, HAL_ROTATION_NONE,
                                    HAL_FLIP_NONE, NULL) == 0);
  FAILS(EINVAL, hal_tensor_reshape(NULL, NULL, 0) == -1);
}

/* Every byte that the outer calls give, to compare. */
static uint64_t digest_of_work(const uint8_t* jpeg, size_t length) {
  uint64_t digest = 1469598103934665603U;
  hal_tensor* photo =
      hal_tensor_load_image(jpeg, length, HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM);
  size_t size = 0;
  uint8_t* encoded = hal_tensor_encode_jpeg(photo, 90, &size);
  for (size_t i = 0; i < size; ++i) digest = (digest ^ encoded[i]) * 1099511628211U;
  free(encoded);
  hal_tensor_free(photo);
  hal_decoder* decoder = make_masks_decoder();
  hal_tensor *detections = make_detections(MASKS_ROWS), *protos = make_protos();
  const hal_tensor* outputs[2] = {detections, protos};
  hal_detect_box_list* boxes = NULL;
  hal_segmentation_list* masks = NULL;
  CHECK(hal_decoder_decode(decoder, outputs, 2, &boxes, &masks) == 0);
  hal_segmentation_list_free(masks);
  for (size_t i = 0; i < hal_detect_box_list_len(boxes); ++i) {
    hal_detect_box box;
    CHECK(hal_detect_box_list_get(boxes, i, &box) == 0);
    digest = (digest ^ (uint64_t)(box.score * 1e6F)) * 1099511628211U;
  }
  hal_detect_box_list_free(boxes);
  hal_tensor_free(detections);
  hal_tensor_free(protos);
  hal_decoder_free(decoder);
  return digest;
}

static void a_function_that_uses_the_library_changes_nothing(void) {
  Intruder own = {hal_image_processor_new_with_backend(HAL_COMPUTE_BACKEND_CPU),
                  make_masks_decoder(),
                  make_detections(MASKS_ROWS),
                  make_protos(),
                  make_picture(1920, 1080, HAL_PIXEL_FORMAT_RGBA), /* for several threads */
                  make_picture(1280, 720, HAL_PIXEL_FORMAT_RGB),
                  make_picture(640, 480, HAL_PIXEL_FORMAT_RGB),
                  NULL,
                  0,
                  0};
  own.jpeg = read_file(g_picture, &own.length);
  const uint64_t expected = digest_of_work(own.jpeg, own.length);
  QUIET(hal_start_tracing_callback(intrude, &own, 0) == 0);
  for (int i = 0; i < 3; ++i) CHECK(digest_of_work(own.jpeg, own.length) == expected);
  work();
  hal_stop_tracing();
  CHECK(own.rounds > 100);
  hal_image_processor_free(own.processor);
  hal_decoder_free(own.decoder);
  hal_tensor* tensors[] = {own.detections, own.protos, own.source, own.target, own.canvas};
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; ++i) hal_tensor_free(tensors[i]);
  free(own.jpeg);
}

static void* make_pictures(void* nothing) {
  for (int i = 0; i < 50; ++i) hal_tensor_free(make_picture(4, 4, HAL_PIXEL_FORMAT_RGB));
  return nothing;
}

static void a_function_receives_every_event(void) {
  Events events = {0, 0, 0, 0};
  FAILS(EINVAL, hal_start_tracing_callback(count_event, &events, 1) == -1);
  QUIET(hal_start_tracing_callback(count_event, &events, 0) == 0);
  FAILS(EALREADY, hal_start_tracing_callback(count_event, &events, 0) == -1);
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) CHECK(pthread_create(&threads[i], NULL, make_pictures, NULL) == 0);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  hal_stop_tracing();
  CHECK(events.begins == events.ends && events.begins == 3 * 50 * 2); /* tensor.alloc and .map */
  const Events before = events;
  hal_tensor_free(make_picture(4, 4, HAL_PIXEL_FORMAT_RGB));
  CHECK(before.begins == events.begins && before.inside == events.inside);

  Events limited = {0, 0, 1, 0};
  QUIET(hal_start_tracing_callback(count_event, &limited, 2000) == 0);
  make_pictures(NULL);
  hal_stop_tracing();
  CHECK(limited.begins > 0 && limited.begins < 50 && limited.bytes <= 2000);
}

int main(int argc, char** argv) {
  g_picture = argc > 1 ? argv[1] : "";
  every_step_has_its_name();
  a_limited_file_is_whole();
  a_full_disk_is_told_at_the_end();
  a_function_receives_every_event();
  a_function_that_uses_the_library_changes_nothing();
  return finish();
}
