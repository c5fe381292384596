# SPDX-License-Identifier: Apache-2.0
"""Programs that the system grants no thread or no memory: typed errors, or the work done anyhow."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("resource", reason="limits of processes are POSIX's")

PREAMBLE = """
import io, os, resource, sys
import numpy as np
import edgefirst_hal as ef

MEM = ef.TensorMemory.MEM
large = ef.Tensor.image(1600, 1200, ef.PixelFormat.Rgb, MEM)
with large.map() as pixels:
    np.asarray(pixels)[:] = np.arange(1200 * 1600 * 3, dtype=np.uint32).reshape(1200, 1600, 3) // 7
picture = large.encode_jpeg(85)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_thread_can_be_made() -> None:
    done = run("""
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        if os.geteuid() == 0:
            os.setuid(65534)  # root has no such limit
        small = ef.Tensor.image(640, 480, ef.PixelFormat.Rgb, MEM)
        for backend in ("auto", "cpu"):
            processor = ef.ImageProcessor(backend=backend)
            large.decode_image(picture)
            processor.convert(large, small)
            processor.convert_async(large, small).wait()
        print(len(small.encode_jpeg(80)) > 1000)
        """)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr


@pytest.mark.parametrize("kilobytes", [0, 64, 256, 1024, 4096, 16384])
def test_the_address_space_ends_during_a_conversion(kilobytes: int) -> None:
    done = run(f"""
        processor = ef.ImageProcessor(backend="cpu")
        turned = ef.Tensor.image(1000, 1400, ef.PixelFormat.Rgba, MEM)
        used = int(open("/proc/self/statm").read().split()[0]) * 4096
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (used + {kilobytes} * 1024, hard))
        try:
            processor.convert(large, turned, rotation=ef.Rotation.Clockwise90)
        except MemoryError:  # OutOfMemoryError is one; the interpreter has its own
            pass
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        processor.convert(large, turned, rotation=ef.Rotation.Clockwise90)
        print("done")
        """)
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stderr


@pytest.mark.parametrize("left", [1, 40, 400, 4000])
def test_memory_ends_during_a_decode(left: int) -> None:
    done = run(f"""
        image = ef.Tensor.image(1600, 1200, ef.PixelFormat.Rgb, MEM)
        used = int(open("/proc/self/statm").read().split()[0]) * 4096
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (used, hard))
        taken = []
        for size in (1 << 16, 1 << 12, 256, 64, 16):
            try:
                while True:
                    taken.append(bytearray(size))
            except MemoryError:
                pass
        del taken[-{left}:]
        try:
            image.decode_image(picture, threads=1)
        except MemoryError:
            pass
        del taken
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        image.decode_image(picture)
        print("done")
        """)
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stderr
