/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures into tensors and back. argv[1]: a baseline JPEG of 640 x 480 made by another encoder. */
#include "check.h"
#include "sample.h"

static uint8_t* g_jpeg;
static size_t g_jpeg_bytes;
static const char* g_path;

static hal_tensor* new_rgb(size_t width, size_t height, hal_dtype dtype) {
  return hal_tensor_new_image(width, height, HAL_PIXEL_FORMAT_RGB, dtype, HAL_TENSOR_MEMORY_MEM);
}

static void decodes_into_the_corner_and_leaves_the_rest(void) {
  hal_tensor* exact = new_rgb(640, 480, HAL_DTYPE_U8);
  hal_tensor* larger = new_rgb(700, 500, HAL_DTYPE_U8);
  hal_tensor_map* map = hal_tensor_map_create(larger);
  memset(hal_tensor_map_data(map), 0xA5, hal_tensor_map_size(map));
  hal_tensor_map_unmap(map);
  size_t width = 0, height = 0;
  QUIET(hal_tensor_decode_image(exact, g_jpeg, g_jpeg_bytes, -1, &width, &height) == 0);
  CHECK(width == 640 && height == 480);
  QUIET(hal_tensor_decode_image(larger, g_jpeg, g_jpeg_bytes, HAL_PIXEL_FORMAT_RGB, NULL, NULL) ==
        0);
  CHECK(hal_tensor_width(larger) == 700 && hal_tensor_height(larger) == 500);
  hal_tensor_map *a = hal_tensor_map_create(exact), *b = hal_tensor_map_create(larger);
  const uint8_t *tight = hal_tensor_map_data(a), *wide = hal_tensor_map_data(b);
  bool equal = true, kept = true;
  for (size_t y = 0; y < 500; ++y) {
    if (y < 480) equal = equal && memcmp(tight + y * 1920, wide + y * 2100, 1920) == 0;
    for (size_t x = y < 480 ? 1920 : 0; x < 2100; ++x) kept = kept && wide[y * 2100 + x] == 0xA5;
  }
  CHECK(equal);
  CHECK(kept);
  hal_tensor_map_unmap(a);
  hal_tensor_map_unmap(b);
  hal_tensor_free(exact);
  hal_tensor_free(larger);
}

static void element_types_hold_the_same_picture(void) {
  hal_tensor *u8 = new_rgb(640, 480, HAL_DTYPE_U8), *i8 = new_rgb(640, 480, HAL_DTYPE_I8);
  hal_tensor *u16 = new_rgb(640, 480, HAL_DTYPE_U16), *f32 = new_rgb(640, 480, HAL_DTYPE_F32);
  NEED(hal_tensor_decode_image(u8, g_jpeg, g_jpeg_bytes, -1, NULL, NULL) == 0);
  NEED(hal_tensor_decode_image(i8, g_jpeg, g_jpeg_bytes, -1, NULL, NULL) == 0);
  NEED(hal_tensor_decode_image(u16, g_jpeg, g_jpeg_bytes, -1, NULL, NULL) == 0);
  NEED(hal_tensor_decode_image(f32, g_jpeg, g_jpeg_bytes, -1, NULL, NULL) == 0);
  hal_tensor_map* maps[4] = {hal_tensor_map_create(u8), hal_tensor_map_create(i8),
                             hal_tensor_map_create(u16), hal_tensor_map_create(f32)};
  const uint8_t* reference = hal_tensor_map_data(maps[0]);
  bool same = true;
  for (size_t i = 0; i < 640 * 480 * 3; i += 97) {
    same = same && ((const int8_t*)hal_tensor_map_data(maps[1]))[i] == reference[i] - 128;
    same = same && ((const uint16_t*)hal_tensor_map_data(maps[2]))[i] == reference[i] * 257;
    same = same &&
           near(((const float*)hal_tensor_map_data(maps[3]))[i], (float)reference[i] / 255, 1e-6F);
  }
  CHECK(same);
  for (size_t i = 0; i < 4; ++i) hal_tensor_map_unmap(maps[i]);
  hal_tensor_free(u8);
  hal_tensor_free(i8);
  hal_tensor_free(u16);
  hal_tensor_free(f32);
}

static void decode_failures_are_told_apart(void) {
  static const uint8_t kNoise[16] = {1, 2, 3};
  hal_tensor *small = new_rgb(639, 480, HAL_DTYPE_U8), *low = new_rgb(640, 479, HAL_DTYPE_U8);
  hal_tensor *fitting = new_rgb(640, 480, HAL_DTYPE_U8), *f64 = new_rgb(640, 480, HAL_DTYPE_F64);
  size_t width = 7, height = 8;
  FAILS(ENOSPC, hal_tensor_decode_image(small, g_jpeg, g_jpeg_bytes, -1, &width, &height) == -1);
  FAILS(ENOSPC, hal_tensor_decode_image(low, g_jpeg, g_jpeg_bytes, -1, &width, &height) == -1);
  FAILS(ENOSPC, hal_tensor_decode_image(fitting, g_jpeg, g_jpeg_bytes, HAL_PIXEL_FORMAT_RGBA,
                                        &width, &height) == -1);
  FAILS(EBADMSG, hal_tensor_decode_image(fitting, kNoise, sizeof kNoise, -1, &width, NULL) == -1);
  FAILS(EBADMSG, hal_tensor_decode_image(fitting, g_jpeg, 300, -1, &width, NULL) == -1);
  FAILS(EBADMSG, hal_tensor_decode_image(f64, g_jpeg, g_jpeg_bytes, -1, &width, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image(fitting, g_jpeg, 0, -1, &width, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image(fitting, g_jpeg, g_jpeg_bytes, 10, &width, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image(fitting, g_jpeg, g_jpeg_bytes, -2, &width, NULL) == -1);
  CHECK(width == 7 && height == 8);
  hal_tensor_free(small);
  hal_tensor_free(low);
  hal_tensor_free(fitting);
  hal_tensor_free(f64);
}

static void files_fail_in_their_own_ways(void) {
  hal_tensor* tensor = new_rgb(640, 480, HAL_DTYPE_U8);
  size_t width = 0;
  QUIET(hal_tensor_decode_image_file(tensor, g_path, -1, &width, NULL) == 0 && width == 640);
  FAILS(ENOENT, hal_tensor_decode_image_file(tensor, "no/such.jpg", -1, NULL, NULL) == -1);
  FAILS(EIO, hal_tensor_decode_image_file(tensor, ".", -1, NULL, NULL) == -1);
  FAILS(EINVAL, hal_tensor_decode_image_file(tensor, "\xC0\xAF.jpg", -1, NULL, NULL) == -1);
  FAILS(ENOENT,
        !hal_tensor_load_image_file("no/such.jpg", HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM));
  FAILS(EIO, !hal_tensor_load_image_file(".", HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM));
  NEED(write_file("empty.jpg", "", 0));
  FAILS(EINVAL, hal_tensor_decode_image_file(tensor, "empty.jpg", -1, NULL, NULL) == -1);
  FAILS(EINVAL,
        !hal_tensor_load_image_file("empty.jpg", HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM));
  remove("empty.jpg");
  hal_tensor_free(tensor);
}

static void loaders_make_a_tensor_of_the_size_of_the_picture(void) {
  const hal_tensor_memory heap = HAL_TENSOR_MEMORY_MEM;
  hal_tensor* loaded[4] = {hal_tensor_load_image(g_jpeg, g_jpeg_bytes, HAL_PIXEL_FORMAT_RGB, heap),
                           hal_tensor_load_jpeg(g_jpeg, g_jpeg_bytes, HAL_PIXEL_FORMAT_RGBA, heap),
                           hal_tensor_load_png(g_jpeg, g_jpeg_bytes, HAL_PIXEL_FORMAT_GREY, heap),
                           hal_tensor_load_image_file(g_path, HAL_PIXEL_FORMAT_RGB, heap)};
  const size_t channels[4] = {3, 4, 1, 3};
  for (size_t i = 0; i < 4; ++i) {
    CHECK(hal_tensor_width(loaded[i]) == 640 && hal_tensor_height(loaded[i]) == 480);
    CHECK(hal_tensor_channels(loaded[i]) == channels[i]);
    hal_tensor_free(loaded[i]);
  }
  FAILS(EINVAL, !hal_tensor_load_image(g_jpeg, 0, HAL_PIXEL_FORMAT_RGB, heap));
  FAILS(EINVAL, !hal_tensor_load_image(g_jpeg, g_jpeg_bytes, (hal_pixel_format)-1, heap));
  FAILS(EBADMSG, !hal_tensor_load_jpeg(g_jpeg, 2, HAL_PIXEL_FORMAT_RGB, heap));
  FAILS(EBADMSG, !hal_tensor_load_png(g_jpeg, 200, HAL_PIXEL_FORMAT_RGB, heap));
}

static void a_saved_picture_comes_back_nearly_equal(void) {
  hal_tensor* picture = make_picture(33, 17, HAL_PIXEL_FORMAT_RGBA);
  QUIET(hal_tensor_save_jpeg(picture, "saved.jpg", 95) == 0);
  hal_tensor* loaded =
      hal_tensor_load_image_file("saved.jpg", HAL_PIXEL_FORMAT_RGBA, HAL_TENSOR_MEMORY_MEM);
  NEED(loaded != NULL);
  int worst = 0;
  for (size_t i = 0; i < 33 * 17 * 4; ++i) {
    const int difference = abs((int)byte_at(picture, i) - (int)byte_at(loaded, i));
    worst = difference > worst ? difference : worst;
  }
  CHECK(worst <= 16);
  size_t at_80 = 0, beyond = 0;
  CHECK(hal_tensor_save_jpeg(picture, "saved.jpg", 80) == 0);
  free(read_file("saved.jpg", &at_80));
  CHECK(hal_tensor_save_jpeg(picture, "saved.jpg", 101) == 0);
  free(read_file("saved.jpg", &beyond));
  CHECK(at_80 != 0 && at_80 == beyond);
  remove("saved.jpg");
  hal_tensor_free(loaded);
  hal_tensor_free(picture);
}

static void what_cannot_be_saved_is_refused(void) {
  const size_t shape[1] = {12};
  hal_tensor* raw = hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor *floats = new_rgb(4, 4, HAL_DTYPE_F32), *picture = new_rgb(4, 4, HAL_DTYPE_U8);
  FAILS(EIO, hal_tensor_save_jpeg(raw, "x.jpg", 80) == -1);
  FAILS(EIO, hal_tensor_save_jpeg(floats, "x.jpg", 80) == -1);
  FAILS(ENOENT, hal_tensor_save_jpeg(picture, "no/such/folder.jpg", 80) == -1);
  FAILS(EIO, hal_tensor_save_jpeg(picture, ".", 80) == -1);
  FAILS(EINVAL, hal_tensor_save_jpeg(picture, "\x80.jpg", 80) == -1);
  hal_tensor_free(raw);
  hal_tensor_free(floats);
  hal_tensor_free(picture);
}

static void options_bound_and_describe_a_decode(void) {
  hal_tensor* tensor = new_rgb(640, 480, HAL_DTYPE_U8);
  hal_decode_options options = hal_decode_options_new();
  hal_image_info info = {0};
  CHECK(options.format == -1 && !options.apply_exif && !options.strict && !options.tolerant);
  QUIET(hal_peek_image_info(g_jpeg, g_jpeg_bytes, NULL, &info) == 0);
  CHECK(info.width == 640 && info.height == 480 && info.row_stride == 1920);
  CHECK(info.format == HAL_PIXEL_FORMAT_RGB && info.orientation == 1 && info.valid_rows == 480);
  QUIET(hal_peek_image_info_file(g_path, &options, &info) == 0 && info.width == 640);
  FAILS(EBADMSG, hal_tensor_decode_image_with(tensor, g_jpeg, g_jpeg_bytes / 2, &options, NULL));
  options.tolerant = true;
  options.threads = 1;
  QUIET(hal_tensor_decode_image_with(tensor, g_jpeg, g_jpeg_bytes / 2, &options, &info) == 0);
  CHECK(info.valid_rows > 0 && info.valid_rows < 480);
  QUIET(hal_tensor_decode_image_file_with(tensor, g_path, NULL, &info) == 0);
  CHECK(info.valid_rows == 480);
  options.max_pixels = 640 * 480 - 1;
  FAILS(EBADMSG, hal_tensor_decode_image_with(tensor, g_jpeg, g_jpeg_bytes, &options, NULL) == -1);
  FAILS(EBADMSG, hal_peek_image_info(g_jpeg, g_jpeg_bytes, &options, &info) == -1);
  FAILS(ENOENT, hal_peek_image_info_file("no/such.jpg", NULL, &info) == -1);
  hal_tensor_free(tensor);
}

static void bytes_of_a_picture_are_those_of_its_file(void) {
  hal_tensor* picture = make_picture(33, 17, HAL_PIXEL_FORMAT_RGB);
  size_t encoded_bytes = 0, saved_bytes = 0;
  uint8_t* encoded = hal_tensor_encode_jpeg(picture, 85, &encoded_bytes);
  QUIET(hal_tensor_save_jpeg(picture, "bytes.jpg", 85) == 0);
  uint8_t* saved = read_file("bytes.jpg", &saved_bytes);
  CHECK(encoded != NULL && saved != NULL && encoded_bytes == saved_bytes);
  CHECK(memcmp(encoded, saved, saved_bytes) == 0);
  free(encoded);
  free(saved);
  remove("bytes.jpg");
  hal_tensor* floats = new_rgb(4, 4, HAL_DTYPE_F32);
  FAILS(EIO, hal_tensor_encode_jpeg(floats, 85, &encoded_bytes) == NULL);
  hal_tensor_free(floats);
  hal_tensor_free(picture);
}

int main(int argc, char** argv) {
  g_path = argc > 1 ? argv[1] : "";
  g_jpeg = read_file(g_path, &g_jpeg_bytes);
  if (!CHECK(g_jpeg != NULL)) return finish();
  decodes_into_the_corner_and_leaves_the_rest();
  element_types_hold_the_same_picture();
  decode_failures_are_told_apart();
  files_fail_in_their_own_ways();
  loaders_make_a_tensor_of_the_size_of_the_picture();
  a_saved_picture_comes_back_nearly_equal();
  what_cannot_be_saved_is_refused();
  options_bound_and_describe_a_decode();
  bytes_of_a_picture_are_those_of_its_file();
  free(g_jpeg);
  return finish();
}
