# SPDX-License-Identifier: Apache-2.0
"""A camera hands out frames of a small pool of buffers, each time by another descriptor. Importing
one is expensive, so imports are kept by what names the buffer itself: device, inode and offset.

    python camera_pool.py

The camera is played by DMA-BUFs of our own; yours is VIDIOC_EXPBUF, libcamera or a decoder.
"""

from __future__ import annotations

import os
import sys

import edgefirst_hal as ef

POOL, FRAMES, WIDTH, HEIGHT, INPUT = 4, 100, 640, 480, 320


class ImportCache:
    def __init__(self, processor: ef.ImageProcessor) -> None:
        self.processor = processor
        self.imports: dict[tuple[int, int, int], ef.Tensor] = {}

    def find_or_import(self, fd: int, offset: int = 0) -> ef.Tensor:
        """The frame behind a descriptor, which stays the caller's."""
        status = os.fstat(fd)
        key = (status.st_dev, status.st_ino, offset)
        if key not in self.imports:
            self.imports[key] = self.processor.import_image(
                fd, WIDTH, HEIGHT, ef.PixelFormat.Nv12, offset=offset
            )
        return self.imports[key]


def main() -> None:
    if not ef.is_dma_available():
        sys.exit("skipped: no DMA-BUFs on this machine")
    nv12, dma = ef.PixelFormat.Nv12, ef.TensorMemory.DMA
    pool = [ef.Tensor.image(WIDTH, HEIGHT, nv12, dma) for _ in range(POOL)]
    processor = ef.ImageProcessor()
    model_input = processor.create_image(INPUT, INPUT, ef.PixelFormat.Rgb)
    fit = ef.letterbox(WIDTH, HEIGHT, INPUT, INPUT)
    cache = ImportCache(processor)
    for number in range(FRAMES):
        fd = pool[number % POOL].dmabuf_clone()  # a new descriptor each time, as cameras give
        frame = cache.find_or_import(fd)
        os.close(fd)
        processor.convert(
            frame, model_input, dst_crop=fit.content, dst_color=(114, 114, 114, 255)
        )  # then run your model on model_input
    print(f"{FRAMES} frames, {len(cache.imports)} imports")


if __name__ == "__main__":
    main()
