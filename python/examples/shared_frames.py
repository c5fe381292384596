# SPDX-License-Identifier: Apache-2.0
"""Frames between two processes without a copy: the camera process writes into shared memory, the
other one gets the descriptor once through a socket and reads every frame in place.

    python shared_frames.py
"""

from __future__ import annotations

import multiprocessing
import os
import socket

import edgefirst_hal as ef
import numpy as np

WIDTH, HEIGHT, FRAMES = 640, 480, 5


def camera(connection: socket.socket) -> None:
    """Announces each frame by its number and waits until it was used."""
    frame = ef.Tensor.image(WIDTH, HEIGHT, ef.PixelFormat.Rgb, ef.TensorMemory.SHM)
    descriptor = frame.fd  # a duplicate, ours to close
    socket.send_fds(connection, [b"rgb"], [descriptor])
    os.close(descriptor)
    for number in range(1, FRAMES + 1):
        with frame.map() as pixels:
            np.asarray(pixels)[...] = number
        connection.send(bytes([number]))
        connection.recv(1)


def main() -> None:
    here, there = socket.socketpair()
    process = multiprocessing.get_context("fork").Process(target=camera, args=(there,))
    process.start()
    there.close()  # a camera that dies ends the connection
    _, descriptors, _, _ = socket.recv_fds(here, 16, 1)
    frame = ef.Tensor.from_fd(descriptors[0], [HEIGHT, WIDTH, 3], "uint8")
    frame.set_format(ef.PixelFormat.Rgb)
    os.close(descriptors[0])
    processor = ef.ImageProcessor()
    thumbnail = processor.create_image(64, 48, ef.PixelFormat.Rgb)
    for _ in range(FRAMES):
        number = here.recv(1)[0]
        processor.convert(frame, thumbnail)
        assert (thumbnail.numpy() == number).all()
        print(f"frame {number} arrived in {frame.memory}")
        here.send(b"+")
    process.join()


if __name__ == "__main__":
    main()
