/* SPDX-License-Identifier: Apache-2.0 */
/* Options without effect: the functions of 0.24 warn and go on, the others fail. */
#include "check.h"
#include "sample.h"

static int g_warnings;
static char g_warning[512];

static void keep_warning(enum hal_log_level level, const char* target, const char* message,
                         void* userdata) {
  (void)target, (void)userdata;
  if (level != HAL_LOG_LEVEL_WARN) return; /* failures are errors of the log */
  ++g_warnings;
  snprintf(g_warning, sizeof g_warning, "%s", message);
}

/* One warning since the last call, with that text. */
static bool warned(const char* text) {
  const bool holds = g_warnings == 1 && strstr(g_warning, text) != NULL;
  if (!holds) fprintf(stderr, "%d warnings, last: %s\n", g_warnings, g_warning);
  g_warnings = 0;
  return holds;
}

static hal_image_processor* g_processor;

static bool refused(const hal_tensor* src, hal_tensor* dst,
                    const struct hal_convert_options* options) {
  return hal_image_processor_convert_with(g_processor, src, dst, options) == -1 &&
         hal_image_processor_convert_async(g_processor, src, dst, options) == NULL;
}

static void empty_rectangles_and_lonely_colours(const hal_tensor* src, hal_tensor* dst) {
  struct hal_convert_options options = hal_convert_options_new();
  const struct hal_rect none = hal_rect_new(3, 3, 0, 5);
  hal_crop_set_src_rect(&options.crop, &none);
  FAILS(EIO, refused(src, dst, &options));
  FAILS(EIO, hal_image_processor_explain(g_processor, src, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                         &options.crop) == NULL);
  CHECK(g_warnings == 0);
  QUIET(hal_image_processor_convert(g_processor, src, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    &options.crop) == 0);
  CHECK(warned("the source rectangle of 0x5"));

  options = hal_convert_options_new();
  hal_crop_set_dst_rect(&options.crop, &none);
  hal_crop_set_dst_color(&options.crop, 9, 9, 9, 255);
  FAILS(EIO, refused(src, dst, &options));
  QUIET(hal_image_processor_convert(g_processor, src, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    &options.crop) == 0);
  CHECK(warned("the destination rectangle of 0x5"));
  CHECK(byte_at(dst, 0) == 9); /* the colour fills what the rectangle leaves: everything */

  options = hal_convert_options_new();
  hal_crop_set_dst_color(&options.crop, 9, 9, 9, 255);
  FAILS(EIO, refused(src, dst, &options));
  QUIET(hal_image_processor_convert(g_processor, src, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    &options.crop) == 0);
  CHECK(warned("the colour has nothing to fill"));
}

static void factors_of_bytes(const hal_tensor* src, hal_tensor* dst) {
  struct hal_convert_options options = hal_convert_options_new();
  QUIET(hal_image_processor_convert_with(g_processor, src, dst, &options) == 0);
  options.scale[1] = 1;
  FAILS(EIO, refused(src, dst, &options));
  CHECK(strstr(hal_last_error(), "scale has no effect on uint8") != NULL);
  options = hal_convert_options_new();
  options.offset[3] = 1;
  FAILS(EIO, refused(src, dst, &options));
  CHECK(strstr(hal_last_error(), "offset has no effect on uint8") != NULL);
  hal_tensor* floats =
      hal_tensor_new_image(16, 12, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_F32, HAL_TENSOR_MEMORY_MEM);
  QUIET(hal_image_processor_convert_with(g_processor, src, floats, &options) == 0);
  hal_tensor_free(floats);
}

static void overlays(hal_tensor* dst) {
  struct hal_detect_box box = {.xmin = 10, .ymin = 20, .xmax = 300, .ymax = 200, .score = 0.5F};
  hal_detect_box_list* boxes = hal_detect_box_list_new(&box, 1);
  NEED(boxes != NULL);
  struct hal_overlay overlay = hal_overlay_new();
  overlay.detections = boxes;
  FAILS(EIO, hal_image_processor_draw_overlay(g_processor, dst, &overlay) == -1);
  QUIET(hal_image_processor_draw_decoded_masks(g_processor, dst, boxes, NULL, NULL, 1, NULL,
                                               HAL_COLOR_MODE_CLASS) == 0);
  CHECK(warned("box 0 (10, 20, 300, 200) is in pixels"));
  CHECK(byte_at(dst, 0) == 0);

  const char* names[] = {"cat"};
  overlay = hal_overlay_new();
  overlay.class_names = names;
  overlay.num_class_names = 1;
  FAILS(EIO, hal_image_processor_draw_overlay(g_processor, dst, &overlay) == -1);
  overlay.labels = true;
  QUIET(hal_image_processor_draw_overlay(g_processor, dst, &overlay) == 0);
  CHECK(g_warnings == 0);
  hal_detect_box_list_free(boxes);
}

/* Outside the picture, or no number: no frame, no label. */
static void boxes_that_paint_nothing(hal_tensor* dst) {
  const struct hal_detect_box boxes[] = {
      {.xmin = 1.1F, .ymin = 0.2F, .xmax = 1.4F, .ymax = 0.6F, .score = 0.5F},
      {.xmin = 0.2F, .ymin = -0.5F, .xmax = 0.6F, .ymax = 0, .score = 0.5F},
      {.xmin = NAN, .ymin = 0.2F, .xmax = 0.6F, .ymax = 0.6F, .score = 0.5F},
      {.xmin = 0.1F, .ymin = 0.2F, .xmax = 0.6F, .ymax = INFINITY, .score = 0.5F},
      {.xmin = 0.1F, .ymin = 0.2F, .xmax = 0.6F, .ymax = 0.6F, .score = NAN},
  };
  hal_detect_box_list* list = hal_detect_box_list_new(boxes, sizeof boxes / sizeof boxes[0]);
  struct hal_overlay overlay = hal_overlay_new();
  overlay.detections = list;
  overlay.labels = true;
  QUIET(hal_image_processor_draw_overlay(g_processor, dst, &overlay) == 0);
  hal_tensor_map* map = hal_tensor_map_create(dst);
  const uint8_t* bytes = hal_tensor_map_data_const(map);
  size_t painted = 0;
  for (size_t i = 0; i < hal_tensor_map_size(map); ++i) painted += bytes[i] != 0;
  CHECK(painted == 0);
  hal_tensor_map_unmap(map);
  hal_detect_box_list_free(list);
}

int main(void) {
  hal_log_init_callback(keep_warning, NULL, HAL_LOG_LEVEL_WARN);
  g_processor = hal_image_processor_new_with_backend(HAL_COMPUTE_BACKEND_CPU);
  hal_tensor* src = make_picture(16, 12, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* dst = make_picture(16, 12, HAL_PIXEL_FORMAT_RGB);
  if (!CHECK(g_processor != NULL && src != NULL && dst != NULL)) return finish();
  empty_rectangles_and_lonely_colours(src, dst);
  factors_of_bytes(src, dst);
  overlays(dst);
  boxes_that_paint_nothing(dst);
  hal_tensor_free(src);
  hal_tensor_free(dst);
  hal_image_processor_free(g_processor);
  return finish();
}
