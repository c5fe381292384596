# SPDX-License-Identifier: Apache-2.0
"""A Python program on a system that has the C library alone: library.py PICTURE, through ctypes."""

import ctypes
import sys

hal = ctypes.CDLL("libedgefirst_hal.so.0")
hal.hal_tensor_load_image_file.restype = ctypes.c_void_p
hal.hal_tensor_width.restype = hal.hal_tensor_height.restype = ctypes.c_size_t
hal.hal_last_error.restype = ctypes.c_char_p
RGB, HEAP = 4, 0
photo = ctypes.c_void_p(hal.hal_tensor_load_image_file(sys.argv[1].encode(), RGB, HEAP))
if not photo:
    sys.exit(hal.hal_last_error().decode())
print(hal.hal_tensor_width(photo), "x", hal.hal_tensor_height(photo))
hal.hal_tensor_free(photo)
