/* SPDX-License-Identifier: Apache-2.0 */
/* Crops, letterboxes, conversion, allocation and import. */
#include "check.h"
#include "sample.h"

static hal_image_processor* g_processor;

static int convert(const hal_tensor* src, hal_tensor* dst, const hal_crop* crop) {
  return hal_image_processor_convert(g_processor, src, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE, crop);
}

static void crops_are_plain_structs(void) {
  const struct hal_rect rect = hal_rect_new(1, 2, 3, 4);
  CHECK(rect.left == 1 && rect.top == 2 && rect.width == 3 && rect.height == 4);
  struct hal_crop crop = hal_crop_new();
  CHECK(!crop.has_src_rect && !crop.has_dst_rect && !crop.has_dst_color);
  CHECK(crop.dst_color[0] == 0 && crop.dst_color[3] == 255 && crop.src_rect.width == 0);
  hal_crop_set_src_rect(&crop, &rect);
  hal_crop_set_dst_rect(&crop, &rect);
  hal_crop_set_dst_color(&crop, 9, 8, 7, 6);
  CHECK(crop.has_src_rect && crop.has_dst_rect && crop.has_dst_color);
  CHECK(crop.src_rect.height == 4 && crop.dst_rect.left == 1 && crop.dst_color[2] == 7);
  hal_crop_set_src_rect(&crop, NULL);
  hal_crop_set_dst_rect(&crop, NULL);
  CHECK(!crop.has_src_rect && !crop.has_dst_rect && crop.src_rect.width == 3);
}

static void letterbox_is_centred_and_keeps_the_aspect(void) {
  struct hal_rect wide = hal_letterbox(640, 480, 320, 320);
  CHECK(wide.left == 0 && wide.top == 40 && wide.width == 320 && wide.height == 240);
  struct hal_rect tall = hal_letterbox(480, 640, 320, 320);
  CHECK(tall.left == 40 && tall.top == 0 && tall.width == 240 && tall.height == 320);
  FAILS(EINVAL, hal_letterbox(0, 480, 320, 320).width == 0);
}

static void a_fit_leads_boxes_back_to_the_picture(void) {
  const struct hal_letterbox_fit fit = hal_letterbox_fit_new(640, 480, 320, 320);
  CHECK(fit.content.top == 40 && fit.content.height == 240 && fit.source_width == 640);
  CHECK(fit.normalized[1] == 0.125F && fit.normalized[3] == 0.875F && fit.normalized[2] == 1);
  float box[4] = {0.25F, 0.125F, 0.5F, 2};
  QUIET(hal_letterbox_fit_to_source(&fit, box) == 0);
  CHECK(box[0] == 160 && box[1] == 0 && box[2] == 320 && box[3] == 480);
  FAILS(EINVAL, hal_letterbox_fit_new(1, 1, 0, 1).content.width == 0);
  FAILS(EINVAL, hal_letterbox_fit_to_source(NULL, box) == -1);
  FAILS(EINVAL, hal_letterbox_fit_to_source(&fit, NULL) == -1);
  struct hal_letterbox_fit outside = fit;
  outside.content.left = 1;
  FAILS(EINVAL, hal_letterbox_fit_to_source(&outside, box) == -1);
  memset(&outside, 0, sizeof outside);
  FAILS(EINVAL, hal_letterbox_fit_to_source(&outside, box) == -1);
}

static void pitch_helpers_round_up_to_64_bytes(void) {
  QUIET(hal_gpu_dma_buf_pitch_alignment_bytes() == 64);
  static const size_t kCases[][3] = {
      {1, 4, 16},  {16, 4, 16}, {17, 4, 32}, {1, 3, 64}, {65, 3, 128},
      {33, 2, 64}, {1, 1, 64},  {0, 4, 0},   {7, 0, 7},  {SIZE_MAX, 1, SIZE_MAX}};
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    QUIET(hal_align_width_for_gpu_pitch(kCases[i][0], kCases[i][1]) == kCases[i][2]);
  }
  QUIET(hal_align_width_for_pixel_format(17, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8) == 32);
  QUIET(hal_align_width_for_pixel_format(17, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_F32) == 20);
  QUIET(hal_align_width_for_pixel_format(17, HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8) == 64);
  QUIET(hal_align_width_for_pixel_format(17, HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_F32) == 32);
  QUIET(hal_align_width_for_pixel_format(17, (hal_pixel_format)99, HAL_DTYPE_U8) == 17);
}

static void every_backend_value_gives_a_processor(void) {
  for (int backend = HAL_COMPUTE_BACKEND_AUTO; backend <= HAL_COMPUTE_BACKEND_OPENGL; ++backend) {
    struct hal_image_processor* processor =
        hal_image_processor_new_with_backend((enum hal_compute_backend)backend);
    CHECK(processor != NULL);
    hal_image_processor_free(processor);
  }
  FAILS(EINVAL, !hal_image_processor_new_with_backend((enum hal_compute_backend)4));
}

static void same_size_conversion_keeps_colours(void) {
  hal_tensor* rgb = make_picture(33, 17, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* rgba =
      hal_image_processor_create_image(g_processor, 33, 17, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8);
  NEED(rgba != NULL);
  QUIET(convert(rgb, rgba, NULL) == 0);
  const size_t stride = hal_tensor_row_stride(rgba);
  bool same = true;
  for (size_t y = 0; y < 17; ++y) {
    for (size_t x = 0; x < 33; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        same = same && byte_at(rgba, y * stride + x * 4 + c) == byte_at(rgb, (y * 33 + x) * 3 + c);
      }
      same = same && byte_at(rgba, y * stride + x * 4 + 3) == 255;
    }
  }
  CHECK(same);
  hal_tensor_free(rgb);
  hal_tensor_free(rgba);
}

static void letterboxed_planar_output_is_filled_around_the_picture(void) {
  hal_tensor* picture = make_picture(64, 32, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* planar = hal_tensor_new_image(32, 32, HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_I8,
                                            HAL_TENSOR_MEMORY_MEM);
  const struct hal_rect inside = hal_letterbox(64, 32, 32, 32);
  struct hal_crop crop = hal_crop_new();
  hal_crop_set_dst_rect(&crop, &inside);
  hal_crop_set_dst_color(&crop, 114, 114, 114, 255);
  QUIET(convert(picture, planar, &crop) == 0);
  CHECK(inside.top == 8 && inside.height == 16);
  CHECK((int8_t)byte_at(planar, 0) == 114 - 128);
  CHECK((int8_t)byte_at(planar, 2 * 1024 + 31 * 32) == 114 - 128);
  CHECK((int8_t)byte_at(planar, 2 * 1024 + 16 * 32 + 16) == 64 - 128);
  hal_tensor_free(picture);
  hal_tensor_free(planar);
}

/* Filter, scale and offset; a picture of one colour, so that every filter gives that colour. */
static void options_reach_float_outputs(void) {
  hal_tensor* src =
      hal_tensor_new_image(40, 30, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor* dst = hal_tensor_new_image(20, 12, HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_F32,
                                         HAL_TENSOR_MEMORY_MEM);
  NEED(src != NULL && dst != NULL);
  hal_tensor_map* map = hal_tensor_map_create(src);
  memset(hal_tensor_map_data(map), 100, 40 * 30 * 3);
  hal_tensor_map_unmap(map);
  struct hal_convert_options options = hal_convert_options_new();
  CHECK(options.filter == HAL_FILTER_ANTIALIAS && options.scale[3] == 1.0F / 255);
  options.scale[1] = 0.5F;
  options.offset[1] = -7;
  for (int filter = HAL_FILTER_ANTIALIAS; filter <= HAL_FILTER_AREA; ++filter) {
    options.filter = (enum hal_filter)filter;
    QUIET(hal_image_processor_convert_with(g_processor, src, dst, &options) == 0);
    map = hal_tensor_map_create(dst);
    const float* values = hal_tensor_map_data(map);
    CHECK(values[0] > 0.392F && values[0] < 0.3922F && values[20 * 12 + 5] == 43);
    hal_tensor_map_unmap(map);
  }
  options.filter = (enum hal_filter)4;
  FAILS(EINVAL, hal_image_processor_convert_with(g_processor, src, dst, &options) == -1);
  QUIET(hal_image_processor_convert_with(g_processor, src, dst, NULL) == 0);
  hal_tensor_free(src);
  hal_tensor_free(dst);
}

static void colorimetry_travels_with_the_image(void) {
  hal_tensor* src =
      hal_tensor_new_image(8, 8, HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor* dst =
      hal_tensor_new_image(8, 8, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor_map* map = hal_tensor_map_create(src);
  memset(hal_tensor_map_data(map), 128, 8 * 12);
  hal_tensor_map_unmap(map);
  hal_color_encoding encoding = HAL_COLOR_ENCODING_BT2020;
  hal_color_range range = HAL_COLOR_RANGE_FULL;
  CHECK(!hal_tensor_colorimetry(src, &encoding, &range));
  CHECK(encoding == HAL_COLOR_ENCODING_BT709 && range == HAL_COLOR_RANGE_LIMITED);
  QUIET(convert(src, dst, NULL) == 0);
  CHECK(byte_at(dst, 0) == 130); /* (128 - 16) * 255 / 219 */
  QUIET(hal_tensor_set_colorimetry(src, HAL_COLOR_ENCODING_BT601, HAL_COLOR_RANGE_FULL) == 0);
  CHECK(hal_tensor_colorimetry(src, &encoding, NULL) && encoding == HAL_COLOR_ENCODING_BT601);
  QUIET(convert(src, dst, NULL) == 0);
  CHECK(byte_at(dst, 0) == 128);
  QUIET(hal_tensor_clear_colorimetry(src) == 0);
  CHECK(!hal_tensor_colorimetry(src, NULL, NULL));
  FAILS(EINVAL, hal_tensor_set_colorimetry(src, (hal_color_encoding)3, HAL_COLOR_RANGE_FULL) == -1);
  FAILS(EINVAL,
        hal_tensor_set_colorimetry(src, HAL_COLOR_ENCODING_BT601, (hal_color_range)2) == -1);
  FAILS(EINVAL, hal_tensor_set_colorimetry(NULL, HAL_COLOR_ENCODING_BT601, range) == -1);
  FAILS(EINVAL, hal_tensor_clear_colorimetry(NULL) == -1);
  QUIET(!hal_tensor_colorimetry(NULL, NULL, NULL));
  hal_tensor_free(src);
  hal_tensor_free(dst);
}

static void requests_are_counted_by_backend_and_answer(void) {
  hal_image_processor* processor = hal_image_processor_new_with_backend(HAL_COMPUTE_BACKEND_CPU);
  CHECK(hal_image_processor_request_counts(processor, NULL, 0) == 0);
  hal_tensor* src = make_picture(8, 8, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* dst = make_picture(8, 8, HAL_PIXEL_FORMAT_RGBA);
  for (int i = 0; i < 3; ++i) {
    QUIET(hal_image_processor_convert_with(processor, src, dst, NULL) == 0);
  }
  struct hal_request_count counts[4];
  CHECK(hal_image_processor_request_counts(processor, counts, 4) == 1);
  CHECK(counts[0].backend == HAL_COMPUTE_BACKEND_CPU && counts[0].count == 3);
  CHECK(counts[0].reason[0] == '\0');
  CHECK(hal_image_processor_request_counts(processor, NULL, 4) == 1);
  QUIET(hal_image_processor_request_counts(NULL, counts, 4) == 0);
  hal_tensor_free(src);
  hal_tensor_free(dst);
  hal_image_processor_free(processor);
}

static void rotation_and_flip_have_the_documented_sense(void) {
  hal_tensor* src =
      hal_tensor_new_image(2, 2, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor* dst =
      hal_tensor_new_image(2, 2, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor_map* map = hal_tensor_map_create(src);
  ((uint8_t*)hal_tensor_map_data(map))[0] = 200; /* red at the top left */
  hal_tensor_map_unmap(map);
  static const struct {
    enum hal_rotation rotation;
    enum hal_flip flip;
    size_t x, y; /* where it goes */
  } kCases[] = {{HAL_ROTATION_NONE, HAL_FLIP_NONE, 0, 0},
                {HAL_ROTATION_ROTATE90, HAL_FLIP_NONE, 1, 0},
                {HAL_ROTATION_ROTATE180, HAL_FLIP_NONE, 1, 1},
                {HAL_ROTATION_ROTATE270, HAL_FLIP_NONE, 0, 1},
                {HAL_ROTATION_NONE, HAL_FLIP_VERTICAL, 0, 1},
                {HAL_ROTATION_NONE, HAL_FLIP_HORIZONTAL, 1, 0}};
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    CHECK(hal_image_processor_convert(g_processor, src, dst, kCases[i].rotation, kCases[i].flip,
                                      NULL) == 0);
    CHECK(byte_at(dst, (kCases[i].y * 2 + kCases[i].x) * 3) == 200);
  }
  FAILS(EINVAL, hal_image_processor_convert(g_processor, src, dst, (enum hal_rotation)4,
                                            HAL_FLIP_NONE, NULL) == -1);
  FAILS(EINVAL, hal_image_processor_convert(g_processor, src, dst, HAL_ROTATION_NONE,
                                            (enum hal_flip)3, NULL) == -1);
  hal_tensor_free(src);
  hal_tensor_free(dst);
}

static void impossible_conversions_fail_and_say_why(void) {
  const size_t shape[3] = {4, 4, 3};
  hal_tensor* raw = hal_tensor_new(HAL_DTYPE_U8, shape, 3, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor* src = make_picture(8, 8, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* dst = make_picture(8, 8, HAL_PIXEL_FORMAT_RGB);
  const struct hal_rect outside = hal_rect_new(4, 4, 5, 4);
  struct hal_crop crop = hal_crop_new();
  hal_crop_set_src_rect(&crop, &outside);
  FAILS(EIO, convert(raw, dst, NULL) == -1);
  FAILS(EIO, convert(src, raw, NULL) == -1);
  FAILS(EIO, convert(src, dst, &crop) == -1);
  FAILS(EINVAL, convert(src, src, NULL) == -1);
  FAILS(EIO, !hal_image_processor_explain(g_processor, raw, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                          NULL));
  char* answers =
      hal_image_processor_explain(g_processor, src, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE, NULL);
  CHECK(answers != NULL && strstr(answers, "cpu: yes") != NULL);
  free(answers);
  hal_tensor_free(raw);
  hal_tensor_free(src);
  hal_tensor_free(dst);
}

static void created_images_report_what_was_asked_for(void) {
  static const size_t kWidths[] = {1, 15, 16, 17, 64, 65, 320};
  for (size_t i = 0; i < sizeof kWidths / sizeof kWidths[0]; ++i) {
    hal_tensor* image = hal_image_processor_create_image(g_processor, kWidths[i], 6,
                                                         HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8);
    NEED(image != NULL);
    CHECK(hal_tensor_width(image) == kWidths[i] && hal_tensor_height(image) == 6);
    CHECK(hal_tensor_size(image) == kWidths[i] * 6 * 4);
    CHECK(hal_tensor_row_stride(image) >= kWidths[i] * 4);
    hal_tensor_free(image);
  }
  const hal_dtype u8 = HAL_DTYPE_U8;
  FAILS(EINVAL, !hal_image_processor_create_image(g_processor, 0, 6, HAL_PIXEL_FORMAT_RGB, u8));
  FAILS(EINVAL, !hal_image_processor_create_image(g_processor, 6, 0, HAL_PIXEL_FORMAT_RGB, u8));
  FAILS(EINVAL, !hal_image_processor_create_image(g_processor, 6, 5, HAL_PIXEL_FORMAT_NV12, u8));
  FAILS(EINVAL, !hal_image_processor_create_image(g_processor, 6, 6, (hal_pixel_format)20, u8));
}

static void tensors_outlive_their_processor(void) {
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* image =
      hal_image_processor_create_image(processor, 16, 16, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8);
  hal_image_processor_free(processor);
  CHECK(hal_tensor_width(image) == 16);
  hal_tensor_free(image);
}

static void plane_descriptors_own_a_duplicate(void) {
  FAILS(EINVAL, !hal_plane_descriptor_new(-1));
  FAILS(EBADF, !hal_plane_descriptor_new(100000));
  FILE* file = tmpfile();
  NEED(file != NULL);
  struct hal_plane_descriptor* plane = hal_plane_descriptor_new(fileno(file));
  CHECK(fclose(file) == 0);
  NEED(plane != NULL);
  QUIET(hal_plane_descriptor_set_stride(plane, 256) == 0);
  QUIET(hal_plane_descriptor_set_offset(plane, 0) == 0);
  FAILS(EINVAL, hal_plane_descriptor_set_stride(plane, 0) == -1);
  hal_plane_descriptor_free(plane);
}

static hal_plane_descriptor* plane_of_a_plain_file(void) {
  FILE* file = tmpfile();
  hal_plane_descriptor* plane = file == NULL ? NULL : hal_plane_descriptor_new(fileno(file));
  if (file != NULL) fclose(file);
  return plane;
}

static void import_consumes_its_descriptors_on_every_path(void) {
  const hal_pixel_format nv12 = HAL_PIXEL_FORMAT_NV12;
  hal_plane_descriptor* twice = plane_of_a_plain_file();
  FAILS(EINVAL, !hal_import_image(NULL, plane_of_a_plain_file(), plane_of_a_plain_file(), 8, 8,
                                  nv12, HAL_DTYPE_U8));
  FAILS(EINVAL,
        !hal_import_image(g_processor, NULL, plane_of_a_plain_file(), 8, 8, nv12, HAL_DTYPE_U8));
  FAILS(EINVAL, !hal_import_image(g_processor, twice, twice, 8, 8, nv12, HAL_DTYPE_U8));
  FAILS(EINVAL,
        !hal_import_image(g_processor, plane_of_a_plain_file(), NULL, 0, 8, nv12, HAL_DTYPE_U8));
  FAILS(EINVAL,
        !hal_import_image(g_processor, plane_of_a_plain_file(), NULL, 8, 7, nv12, HAL_DTYPE_U8));
  FAILS(ENOTSUP,
        !hal_import_image(g_processor, plane_of_a_plain_file(), NULL, 8, 8, nv12, HAL_DTYPE_U8));
}

static void fences_tell_the_end_of_submitted_conversions(void) {
  enum { MANY = 70 };
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* src = make_picture(64, 48, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* expected = make_picture(32, 24, HAL_PIXEL_FORMAT_RGBA);
  hal_tensor* dst = make_picture(32, 24, HAL_PIXEL_FORMAT_RGBA);
  NEED(processor != NULL && src != NULL && expected != NULL && dst != NULL);
  QUIET(hal_image_processor_convert_with(processor, src, expected, NULL) == 0);
  hal_fence* fences[MANY];
  for (size_t i = 0; i < MANY; ++i) {
    QUIET((fences[i] = hal_image_processor_convert_async(processor, src, dst, NULL)) != NULL);
  }
  QUIET(hal_fence_wait(fences[MANY - 1], INT64_MAX) == 1);
  for (size_t i = 0; i < MANY; ++i) {
    QUIET(hal_fence_is_done(fences[i]));
    QUIET(hal_fence_wait(fences[i], 0) == 1);
    QUIET(hal_fence_wait(fences[i], -1) == 1);
    hal_fence_free(fences[i]);
  }
  hal_tensor_map* a = hal_tensor_map_create(dst);
  hal_tensor_map* b = hal_tensor_map_create(expected);
  NEED(a != NULL && b != NULL);
  CHECK(memcmp(hal_tensor_map_data_const(a), hal_tensor_map_data_const(b), 32 * 24 * 4) == 0);
  hal_tensor_map_unmap(a);
  hal_tensor_map_unmap(b);

  FAILS(EINVAL, !hal_image_processor_convert_async(NULL, src, dst, NULL));
  FAILS(EINVAL, !hal_image_processor_convert_async(processor, NULL, dst, NULL));
  FAILS(EINVAL, !hal_image_processor_convert_async(processor, src, NULL, NULL));
  FAILS(EINVAL, !hal_image_processor_convert_async(processor, src, src, NULL));
  FAILS(EINVAL, hal_fence_wait(NULL, 0) == -1);
  QUIET(!hal_fence_is_done(NULL));

  /* Tensors may go at once, and the fence may outlive the processor. */
  hal_fence* last = hal_image_processor_convert_async(processor, src, dst, NULL);
  hal_tensor_free(src);
  hal_tensor_free(dst);
  hal_image_processor_free(processor);
  CHECK(hal_fence_is_done(last));
  QUIET(hal_fence_wait(last, 0) == 1);
  hal_fence_free(last);
  hal_fence_free(NULL);
  hal_tensor_free(expected);
}

int main(void) {
  crops_are_plain_structs();
  letterbox_is_centred_and_keeps_the_aspect();
  a_fit_leads_boxes_back_to_the_picture();
  pitch_helpers_round_up_to_64_bytes();
  every_backend_value_gives_a_processor();
  g_processor = hal_image_processor_new();
  if (!CHECK(g_processor != NULL)) return finish();
  same_size_conversion_keeps_colours();
  letterboxed_planar_output_is_filled_around_the_picture();
  rotation_and_flip_have_the_documented_sense();
  options_reach_float_outputs();
  colorimetry_travels_with_the_image();
  requests_are_counted_by_backend_and_answer();
  fences_tell_the_end_of_submitted_conversions();
  impossible_conversions_fail_and_say_why();
  created_images_report_what_was_asked_for();
  tensors_outlive_their_processor();
  plane_descriptors_own_a_duplicate();
  import_consumes_its_descriptors_on_every_path();
  hal_image_processor_free(g_processor);
  return finish();
}
