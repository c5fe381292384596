/* SPDX-License-Identifier: Apache-2.0 */
/* A C program in a CMake project: headers and library come with the target. */
#include <edgefirst/hal.h>

int main(void) {
  hal_tensor* image =
      hal_tensor_new_image(6, 4, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  const size_t count = hal_tensor_len(image);
  hal_tensor_free(image);
  hal_image_processor* processor = hal_image_processor_new();
  const bool made = processor != NULL;
  hal_image_processor_free(processor);
  return count == 72 && made ? 0 : 1;
}
