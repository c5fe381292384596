# SPDX-License-Identifier: Apache-2.0
import sys

import edgefirst_hal as ef
from edgefirst_hal.models import load_model

model = load_model(sys.argv[1])  # .onnx or .tflite; layout, classes and scales from its metadata
photo = ef.Tensor.load(sys.argv[2], ef.PixelFormat.Rgba)  # our JPEG decoder
size = (photo.width, photo.height)
fit = model.fill(photo)  # letterboxed straight into the model's input
found = model.decode(model.infer(), fit, size)  # NMS, boxes, masks
canvas = ef.Tensor.image(*size, ef.PixelFormat.Rgba)
results = (found.boxes, found.scores, found.classes, found.masks)
look = {"letterbox": fit.normalized, "labels": True, "class_names": model.names}
model.processor.draw_decoded_masks(canvas, *results, background=photo, **look)
canvas.save_jpeg("overlay.jpg", 90)
for box, score, label in zip(found.source_boxes(), found.scores, found.classes):
    print(f"{model.names[label]} {score:.2f} at {[round(float(v)) for v in box]}")
