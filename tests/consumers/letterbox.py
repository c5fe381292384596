# SPDX-License-Identifier: Apache-2.0
"""What readme.c does, in Python: letterbox.py PICTURE writes letterboxed.jpg."""

import sys

import edgefirst_hal as ef

photo = ef.Tensor.load(sys.argv[1])
fit = ef.letterbox(photo.width, photo.height, 320, 320)
processor = ef.ImageProcessor()
model_input = processor.create_image(320, 320, ef.PixelFormat.Rgb)
processor.convert(photo, model_input, dst_crop=fit.content, dst_color=(114, 114, 114, 255))
model_input.save_jpeg("letterboxed.jpg", 90)
print(f"{photo.width} x {photo.height} -> {model_input.width} x {model_input.height}")
