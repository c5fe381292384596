/* SPDX-License-Identifier: Apache-2.0 */
/* Scenarios of pictures: decoding, encoding, conversion. */
#include "scenario_tools.h"

static void decode_file(const Bytes* file, size_t threads, Outcome* outcome) {
  Held held = {0};
  hal_image_info info;
  hal_decode_options options = hal_decode_options_new();
  options.format = HAL_PIXEL_FORMAT_RGBA;
  options.threads = threads;
  NEED(hal_peek_image_info(file->data, file->size, &options, &info) == 0);
  NEED(held.tensors[0] = image_of(info.width, info.height, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8));
  NEED(hal_tensor_decode_image_with(held.tensors[0], file->data, file->size, &options, &info) == 0);
  NEED(mix_tensor(outcome, held.tensors[0]));
  mix(outcome, &info.valid_rows, sizeof info.valid_rows);
  NEED(load(outcome, &held.tensors[1], *file, HAL_PIXEL_FORMAT_PLANAR_RGB));
end:
  release(&held);
}

void jpeg_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->baseline, 0, outcome);
}
void jpeg_progressive_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->progressive, 0, outcome);
}
void jpeg_arithmetic_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->arithmetic, 0, outcome);
}
void jpeg_lossless_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->lossless, 0, outcome);
}
void jpeg_deep_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  hal_image_info info;
  NEED(hal_peek_image_info(inputs->deep.data, inputs->deep.size, NULL, &info) == 0);
  NEED(held.tensors[0] = image_of(info.width, info.height, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U16));
  NEED(hal_tensor_decode_image(held.tensors[0], inputs->deep.data, inputs->deep.size, -1, NULL,
                               NULL) == 0);
  NEED(mix_tensor(outcome, held.tensors[0]));
end:
  release(&held);
}
void jpeg_threads_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->large, 2, outcome);
}
void jpeg_restarts_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->restarts, 2, outcome);
}
void jpeg_turned_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->turned, 0, outcome);
}
void png_plain_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->plain, 0, outcome);
}
void png_bits_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->bits, 0, outcome);
}
void png_interlaced_scenario(const Inputs* inputs, Outcome* outcome) {
  decode_file(&inputs->interlaced, 0, outcome);
}

void yuv_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  size_t width = 0;
  size_t height = 0;
  NEED(load(outcome, &held.tensors[0], inputs->plain, HAL_PIXEL_FORMAT_NV12));
  NEED(load(outcome, &held.tensors[1], inputs->baseline, HAL_PIXEL_FORMAT_NV16));
  NEED(load(outcome, &held.tensors[2], inputs->baseline, HAL_PIXEL_FORMAT_NV12));
  NEED(load(outcome, &held.tensors[3], inputs->plain, HAL_PIXEL_FORMAT_YUYV));
  NEED(held.tensors[4] = image_of(96, 64, HAL_PIXEL_FORMAT_GREY, HAL_DTYPE_F32));
  NEED(hal_tensor_decode_image(held.tensors[4], inputs->baseline.data, inputs->baseline.size,
                               HAL_PIXEL_FORMAT_GREY, &width, &height) == 0);
  NEED(mix_tensor(outcome, held.tensors[4]));
end:
  release(&held);
}

void encode_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  size_t size = 0;
  NEED(load(outcome, &held.tensors[0], inputs->baseline, HAL_PIXEL_FORMAT_RGB));
  NEED(load(outcome, &held.tensors[1], inputs->baseline, HAL_PIXEL_FORMAT_NV12));
  for (int i = 0; i < 2; ++i) {
    free(held.block);
    NEED(held.block = hal_tensor_encode_jpeg(held.tensors[i], 85, &size));
    mix(outcome, held.block, size);
  }
  NEED(hal_tensor_save_jpeg(held.tensors[0], "short_memory.jpg", 85) == 0);
  NEED(held.tensors[2] = hal_tensor_load_image_file("short_memory.jpg", HAL_PIXEL_FORMAT_GREY,
                                                    HAL_TENSOR_MEMORY_MEM));
  NEED(mix_tensor(outcome, held.tensors[2]));
end:
  release(&held);
}

/* One conversion of every kind of plan: moved, picked, filtered by rows and in bands, turned. */
static bool convert_each(Held* held, Outcome* outcome) {
  static const struct {
    size_t width, height;
    hal_pixel_format format;
    hal_dtype dtype;
    hal_rotation rotation;
    hal_filter filter;
    bool letterbox;
  } kTargets[] = {
      {96, 64, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8, HAL_ROTATION_NONE, HAL_FILTER_ANTIALIAS, false},
      {48, 32, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_ROTATION_NONE, HAL_FILTER_NEAREST, false},
      {70, 50, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_ROTATION_NONE, HAL_FILTER_BILINEAR, false},
      {64, 64, HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_F32, HAL_ROTATION_NONE, HAL_FILTER_ANTIALIAS,
       true},
      {33, 17, HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_I8, HAL_ROTATION_ROTATE90, HAL_FILTER_AREA,
       false},
      {40, 30, HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8, HAL_ROTATION_ROTATE180, HAL_FILTER_ANTIALIAS,
       false},
      {40, 30, HAL_PIXEL_FORMAT_YUYV, HAL_DTYPE_U8, HAL_ROTATION_NONE, HAL_FILTER_ANTIALIAS, false},
  };
  for (size_t i = 0; i < sizeof kTargets / sizeof kTargets[0]; ++i) {
    hal_convert_options options = hal_convert_options_new();
    options.rotation = kTargets[i].rotation;
    options.filter = kTargets[i].filter;
    if (kTargets[i].letterbox) {
      const hal_rect content = hal_letterbox(96, 64, kTargets[i].width, kTargets[i].height);
      hal_crop_set_dst_rect(&options.crop, &content);
      hal_crop_set_dst_color(&options.crop, 114, 114, 114, 255);
    }
    for (int source = 0; source < 2; ++source) {
      hal_tensor_free(held->tensors[2]);
      held->tensors[2] =
          image_of(kTargets[i].width, kTargets[i].height, kTargets[i].format, kTargets[i].dtype);
      if (held->tensors[2] == NULL ||
          hal_image_processor_convert_with(held->processor, held->tensors[source], held->tensors[2],
                                           &options) != 0 ||
          !mix_tensor(outcome, held->tensors[2])) {
        return false;
      }
    }
  }
  return true;
}

void convert_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  NEED(held.processor = hal_image_processor_new());
  NEED(load(outcome, &held.tensors[0], inputs->baseline, HAL_PIXEL_FORMAT_RGB));
  NEED(load(outcome, &held.tensors[1], inputs->baseline, HAL_PIXEL_FORMAT_NV12));
  NEED(convert_each(&held, outcome));
end:
  release(&held);
}

void convert_threads_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  NEED(held.processor = hal_image_processor_new());
  NEED(load(outcome, &held.tensors[0], inputs->large, HAL_PIXEL_FORMAT_RGB));
  NEED(held.tensors[1] = image_of(640, 480, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8));
  NEED(hal_image_processor_convert(held.processor, held.tensors[0], held.tensors[1],
                                   HAL_ROTATION_ROTATE180, HAL_FLIP_NONE, NULL) == 0);
  NEED(mix_tensor(outcome, held.tensors[1]));
end:
  release(&held);
}

void convert_async_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  NEED(held.processor = hal_image_processor_new());
  NEED(load(outcome, &held.tensors[0], inputs->baseline, HAL_PIXEL_FORMAT_RGB));
  for (int i = 0; i < 3; ++i) {
    NEED(held.tensors[1 + i] = image_of(40 + (size_t)i, 30, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8));
    NEED(held.fences[i] = hal_image_processor_convert_async(held.processor, held.tensors[0],
                                                            held.tensors[1 + i], NULL));
  }
  for (int i = 0; i < 3; ++i) {
    NEED(hal_fence_wait(held.fences[i], -1) == 1);
    NEED(mix_tensor(outcome, held.tensors[1 + i]));
  }
end:
  release(&held);
}

void processor_scenario(const Inputs* inputs, Outcome* outcome) {
  static const uint8_t kColors[2][4] = {{255, 0, 0, 255}, {0, 255, 0, 255}};
  Held held = {0};
  hal_request_count counts[8];
  (void)inputs;
  NEED(held.processor = hal_image_processor_new());
  NEED(held.tensors[0] = hal_image_processor_create_image(held.processor, 64, 48,
                                                          HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  NEED(held.tensors[1] = image_of(32, 32, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8));
  NEED(hal_image_processor_set_class_colors(held.processor, kColors, 2) == 0);
  NEED(held.text = hal_image_processor_explain(held.processor, held.tensors[0], held.tensors[1],
                                               HAL_ROTATION_NONE, HAL_FLIP_NONE, NULL));
  mix_text(outcome, held.text);
  NEED(hal_image_processor_convert(held.processor, held.tensors[0], held.tensors[1],
                                   HAL_ROTATION_NONE, HAL_FLIP_NONE, NULL) == 0);
  size_t count = 0;
  NEED((count = hal_image_processor_request_counts(held.processor, counts, 8)) > 0);
  mix(outcome, &count, sizeof count);
end:
  release(&held);
}
