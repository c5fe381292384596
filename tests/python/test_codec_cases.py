# SPDX-License-Identifier: Apache-2.0
"""Files that broke somebody's decoder: what this project makes of each, beside Pillow.

tests/cases/codec.json holds what Pillow 13 makes of every file of tests/cases/codec: size and hash
of the upright RGB pixels, or the error. The files were made from descriptions in public reports.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest
from jpeg_files import by_pillow

CASES = Path(__file__).parent.parent / "cases"
PILLOW = json.loads((CASES / "codec.json").read_text())

# Where this project knowingly differs: the size it gives (None: it refuses), and why.
DIFFERENT: dict[str, tuple[tuple[int, int] | None, str]] = {
    "cmyk_no_adobe.jpg": ((88, 72), "255 is full ink without an Adobe segment, as in torchvision"),
    "exif_type_BYTE_II.jpg": ((48, 64), "a byte says 6 in any order; OpenCV turns it, too"),
    "exif_type_BYTE_MM.jpg": ((48, 64), "the same"),
    "height_0_dnl.jpg": ((88, 72), "the DNL segment gives the height (T.81 B.2.5)"),
    "height_65535_dnl_true.jpg": ((88, 72), "the same"),
    "leading_EOI.jpg": ((88, 72), "a little filler in front of the file is skipped"),
    "leading_newline.jpg": ((88, 72), "the same"),
    "marker_C8_JPG.jpg": ((88, 72), "a reserved segment is skipped"),
    "marker_F7_JPGn.jpg": ((88, 72), "the same"),
    "png_CgBI.png": (None, "Apple's variant swaps red and blue; Pillow reads it as if it did not"),
    "png_iCCP_bad_crc.png": ((40, 28), "no pixel stands in this chunk"),
    "png_iTXt_bad_crc.png": ((40, 28), "the same"),
    "png_zTXt_raw_profile_APP1.png": ((48, 64), "the profile is EXIF data under an older name"),
    "progressive_without_last_scans.jpg": ((88, 72), "libjpeg smooths blocks that lack scans"),
    "rst_without_dri.jpg": (None, "without an interval most of the picture is lost"),
    "two_SOI.jpg": ((88, 72), "a repeated SOI marker is skipped"),
    "unknown_marker_35_no_length.jpg": ((88, 72), "a reserved segment is skipped"),
    "unknown_marker_9E.jpg": ((88, 72), "the same"),
}


def ours(name: str) -> np.ndarray | None:
    data = (CASES / "codec" / name).read_bytes()
    try:
        image = ef.Tensor.load_from_bytes(data, ef.PixelFormat.Rgb)
    except ef.Error:
        return None
    return np.ascontiguousarray(image.numpy())


def pixels_of_the_wanted_size(name: str) -> np.ndarray | None:
    """Our pixels, to be compared with Pillow's; None where no pixels are wanted."""
    pixels = ours(name)
    wanted = PILLOW[name]
    size = None if pixels is None else pixels.shape[1::-1]
    if name in DIFFERENT:
        assert size == DIFFERENT[name][0]
        return None
    assert size == (None if isinstance(wanted, str) else tuple(wanted["size"]))
    return pixels


@pytest.mark.parametrize("name", sorted(n for n in PILLOW if n.endswith(".jpg")))
def test_a_jpeg_becomes_what_pillow_makes_of_it(name: str) -> None:
    pixels = pixels_of_the_wanted_size(name)
    if pixels is not None:
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()[:16]
        assert digest == PILLOW[name]["rgb_sha256_16"]


@pytest.mark.parametrize("name", sorted(n for n in PILLOW if n.endswith(".png")))
def test_a_png_becomes_what_pillow_makes_of_it(name: str) -> None:
    pixels = pixels_of_the_wanted_size(name)
    if pixels is None:
        return
    other = by_pillow((CASES / "codec" / name).read_bytes())
    assert np.abs(pixels.astype(int) - other).max() <= 1  # 16 bits are rounded otherwise


@pytest.mark.parametrize("name", sorted(n for n in PILLOW if ours(n) is None))
def test_a_refusal_is_one_short_sentence(name: str) -> None:
    with pytest.raises(ef.Error) as caught:
        ef.Tensor.load_from_bytes((CASES / "codec" / name).read_bytes())
    assert len(str(caught.value)) < 300


def test_every_case_has_its_file() -> None:
    assert {path.name for path in (CASES / "codec").iterdir()} == set(PILLOW)
