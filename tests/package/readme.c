/* SPDX-License-Identifier: Apache-2.0 */
#include <edgefirst/hal.h>

int main(int argc, char** argv) {
  hal_tensor* photo = hal_tensor_load_image_file(argc > 1 ? argv[1] : "photo.jpg",
                                                 HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM);
  if (photo == NULL) return fprintf(stderr, "%s\n", hal_last_error()), 1;
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* input =
      hal_image_processor_create_image(processor, 320, 320, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8);
  hal_rect content = hal_letterbox(hal_tensor_width(photo), hal_tensor_height(photo), 320, 320);
  hal_crop crop = hal_crop_new();
  hal_crop_set_dst_rect(&crop, &content);
  hal_crop_set_dst_color(&crop, 114, 114, 114, 255);
  int failed = hal_image_processor_convert(processor, photo, input, HAL_ROTATION_NONE,
                                           HAL_FLIP_NONE, &crop) ||
               hal_tensor_save_jpeg(input, "letterboxed.jpg", 90);
  if (failed) fprintf(stderr, "%s\n", hal_last_error());
  printf("%zu x %zu -> %zu x %zu\n", hal_tensor_width(photo), hal_tensor_height(photo),
         hal_tensor_width(input), hal_tensor_height(input));
  hal_tensor_free(input);
  hal_image_processor_free(processor);
  hal_tensor_free(photo);
  return failed ? 1 : 0;
}
