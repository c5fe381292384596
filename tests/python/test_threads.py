# SPDX-License-Identifier: Apache-2.0
"""Every object may be shared by threads, and heavy calls let other Python threads run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from pictures import noise, ramp

MEM = ef.TensorMemory.MEM
RGB = ef.PixelFormat.Rgb
THREADS = 6


def in_threads(work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(work, i) for i in range(THREADS)]]


def yolo_output(seed: int, anchors: int = 2000) -> ef.Tensor:
    table = np.random.default_rng(seed).random((1, 84, anchors), np.float32)
    table[0, 4:] **= 40
    table[0, 2:4] *= 0.2
    tensor = ef.Tensor(table.shape, "float32", MEM)
    tensor.from_numpy(table)
    return tensor


def yolo_decoder(anchors: int = 2000) -> ef.Decoder:
    return ef.Decoder(
        {"outputs": [{"type": "detection", "shape": [1, 84, anchors], "normalized": True}]}, 0.5
    )


def test_one_processor_serves_many_threads() -> None:
    processor = ef.ImageProcessor()
    pixels = noise(1, 120, 160, 3)
    source = ef.Tensor.wrap(pixels, RGB)
    expected = ef.Tensor.image(64, 48, RGB, MEM)
    processor.convert(source, expected)

    def work(_: int) -> bool:
        target = ef.Tensor.image(64, 48, RGB, MEM)
        for _ in range(20):
            target.numpy()[...] = 0
            processor.convert(source, target)
            if not np.array_equal(target.numpy(), expected.numpy()):
                return False
        return True

    assert all(in_threads(work))


def test_one_decoder_serves_many_threads_while_its_settings_change() -> None:
    decoder = yolo_decoder()
    outputs = [yolo_output(i) for i in range(THREADS)]
    expected = [decoder.decode([output])[0] for output in outputs]
    assert any(len(boxes) for boxes in expected)
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            decoder.max_det = 300
            decoder.score_threshold = 0.5

    changer = threading.Thread(target=change)
    changer.start()
    results = in_threads(lambda i: [decoder.decode([outputs[i]])[0] for _ in range(20)])
    stop.set()
    changer.join()
    for boxes, repeated in zip(expected, results):
        assert all(np.array_equal(boxes, again) for again in repeated)


def test_four_threads_decode_masks_and_prototypes_as_one_does() -> None:
    rng = np.random.default_rng(3)
    document = {
        "outputs": [
            {"type": "detection", "shape": [1, 40, 1000], "normalized": True},
            {"type": "protos", "shape": [1, 40, 40, 32]},
        ]
    }
    decoder = ef.Decoder(document, 0.5)
    frames = []
    for _ in range(4):
        table = rng.random((1, 40, 1000), np.float32)
        table[0, 2:4] *= 0.2
        table[0, 4:8] **= 20
        protos = rng.normal(size=(1, 40, 40, 32)).astype(np.float32)
        frames.append([ef.Tensor.wrap(table), ef.Tensor.wrap(protos)])

    def work(index: int) -> list[Any]:
        boxes, scores, classes, masks = decoder.decode(frames[index])
        protos = decoder.decode_proto(frames[index])[3].take_protos()
        assert len(boxes) > 10
        return [boxes, scores, classes, *masks, protos.numpy()]

    expected = [work(i) for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, [i % 4 for i in range(80)]))
    for i, arrays in enumerate(found):
        assert all(np.array_equal(a, b) for a, b in zip(arrays, expected[i % 4], strict=True))


def test_one_tracker_serves_many_threads() -> None:
    tracker = ef.ByteTrack()
    boxes = np.array([[0.1, 0.1, 0.2, 0.2]], np.float32)

    def work(index: int) -> None:
        for i in range(50):
            tracker.update(boxes, [0.9], [0], index * 1000 + i)
            tracker.get_active_tracks()

    in_threads(work)
    assert tracker.get_active_tracks()[0].info.count == THREADS * 50


def test_metadata_may_change_while_pixels_are_worked_on() -> None:
    tensor = ef.Tensor.image(256, 256, RGB, MEM)
    pixels = noise(2, 256, 256, 3)

    def work(index: int) -> None:
        for _ in range(50):
            if index % 2:
                tensor.reshape([256, 256, 3])
                tensor.set_format(RGB)
                tensor.set_quantization_per_tensor(0.5, index)
            else:
                tensor.from_numpy(pixels[::-1] if index % 4 else pixels)
                with tensor.map() as m:
                    assert len(m) == pixels.size

    in_threads(work)


def test_pictures_are_decoded_in_parallel_with_equal_results() -> None:
    data = ef.Tensor.wrap(ramp(320, 240), RGB).encode_jpeg()
    expected = ef.Tensor.load_from_bytes(data).numpy()
    results = in_threads(lambda _: [ef.Tensor.load_from_bytes(data).numpy() for _ in range(5)])
    assert all(np.array_equal(image, expected) for images in results for image in images)


def heavy_calls() -> dict[str, Callable[[], Any]]:
    big = ef.Tensor.image(3840, 2160, RGB, MEM)
    big.from_numpy(ramp(3840, 2160))
    small = ef.Tensor.image(1920, 1200, RGB, MEM)
    processor = ef.ImageProcessor()
    data = big.encode_jpeg()
    strided = np.zeros((2000, 3000, 4), np.float32).transpose(1, 0, 2)
    copy = ef.Tensor(strided.shape, "float32", MEM)
    anchors = 200_000  # some milliseconds
    decoder, tracker = yolo_decoder(anchors), ef.ByteTrack()
    outputs = [ef.Tensor.wrap(np.zeros((1, 84, anchors), np.float32))]
    return {
        "decode": lambda: decoder.decode(outputs),
        "decode_proto": lambda: decoder.decode_proto(outputs),
        "decode_tracked": lambda: decoder.decode_tracked(tracker, 0, outputs),
        "convert": lambda: processor.convert(big, small, flip=ef.Flip.Horizontal),
        "decode_image": lambda: big.decode_image(data),
        "encode_jpeg": lambda: big.encode_jpeg(),
        "from_numpy": lambda: copy.from_numpy(strided),
    }


@pytest.mark.parametrize(
    "name",
    [
        "decode",
        "decode_proto",
        "decode_tracked",
        "convert",
        "decode_image",
        "encode_jpeg",
        "from_numpy",
    ],
)
def test_heavy_calls_release_the_gil(name: str) -> None:
    """While a call runs on one thread, pure Python advances on another: a counter shows it."""
    call = heavy_calls()[name]
    call()
    counted = 0
    inside = threading.Event()
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            if inside.is_set():
                counted += 1

    counter = threading.Thread(target=count)
    counter.start()
    best = 0
    end = time.monotonic() + 60
    while best <= 100 and time.monotonic() < end:  # a busy machine may leave the counter no time
        counted = 0
        inside.set()
        call()
        inside.clear()
        best = max(best, counted)
    done.set()
    counter.join()
    # The switch interval is 5 ms: a call that kept the GIL would let the counter run next to never.
    assert best > 100
