# SPDX-License-Identifier: Apache-2.0
"""What a program does with a frame: frame.py PICTURE decodes the sample picture 000.jpg, fits it
into a square, decodes boxes, and holds all to what every machine must give."""

import platform
import sys
import zlib

import edgefirst_hal as ef
import numpy as np

PIXELS, MODEL_INPUT = 694941005, 3428367803


def checksum(tensor: ef.Tensor) -> int:
    return zlib.crc32(np.ascontiguousarray(tensor.numpy()))


photo = ef.Tensor.load(sys.argv[1], ef.PixelFormat.Rgb)
fit = ef.letterbox(photo.width, photo.height, 320, 320)
processor = ef.ImageProcessor()
model_input = processor.create_image(320, 320, ef.PixelFormat.Rgb)
processor.convert(photo, model_input, dst_crop=fit.content, dst_color=(114, 114, 114, 255))
sums = checksum(photo), checksum(model_input)
assert sums == (PIXELS, MODEL_INPUT), sums

found = np.zeros((1, 7, 60), np.float32)
found[0, :, 10] = (0.25, 0.5, 0.25, 0.25, 0.875, 0, 0)
output = ef.Tensor(found.shape, "float32", ef.TensorMemory.MEM)
output.from_numpy(found)
head = {"type": "detection", "decoder": "ultralytics", "shape": [1, 7, 60], "normalized": True}
boxes, scores, classes, _ = ef.Decoder({"outputs": [head]}).decode([output])
assert boxes.tolist() == [[0.125, 0.375, 0.375, 0.625]]
assert (scores.tolist(), classes.tolist()) == ([0.875], [0])

refused = ""
try:
    ef.Tensor.load("/nowhere.jpg", ef.PixelFormat.Rgb)
except ef.Error as error:  # thrown in the library, caught in the module
    refused = str(error)
assert "/nowhere.jpg" in refused
print(platform.machine(), platform.python_version(), ef.simd_target(), "works")
