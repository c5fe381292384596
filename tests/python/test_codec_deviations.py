# SPDX-License-Identifier: Apache-2.0
"""JPEG files that break a rule of T.81 and that others read: Pillow says what they hold."""

from __future__ import annotations

from pathlib import Path

import edgefirst_hal as ef
import numpy as np
import pytest

pytest.importorskip("PIL")
from jpeg_files import (
    EOI,
    QUANT,
    SOI,
    TABLES,
    Component,
    Frame,
    by_pillow,
    picture,
    position,
    restart_positions,
    saved,
    segment,
    segments,
    ycc,
)

RGB = ef.PixelFormat.Rgb
PLAIN = saved(picture(), quality=85)
MODES = Path(__file__).parents[1] / "data" / "jpeg_modes"
THUMBNAIL = saved(picture(16, 16), quality=60)


def ours(data: bytes, **options: object) -> np.ndarray:
    return ef.Tensor.load_from_bytes(data, RGB, **options).numpy()


def check(data: bytes) -> None:
    """Pixels as Pillow's, on one thread and on several, and refused when strict."""
    wanted = by_pillow(data)
    assert np.array_equal(ours(data), wanted)
    info = ef.Tensor.peek_image_info(data)
    assert (info.width, info.height) == wanted.shape[1::-1]
    with pytest.raises(ef.Error):
        ours(data, strict=True)


def refused(data: bytes, text: str, **options: object) -> None:
    with pytest.raises(ef.InvalidDataError, match=text) as caught:
        ours(data, **options)
    assert len(str(caught.value)) < 300


def file(*parts: bytes) -> bytes:
    return SOI + QUANT + TABLES + b"".join(parts) + EOI


def test_files_made_by_hand_are_sound() -> None:
    for frame in (ycc(), ycc(2, 2), ycc(2, 1, (65, 33))):
        data = file(frame.sof(), frame.scan([0, 1, 2]))
        assert np.array_equal(ours(data), by_pillow(data))
        assert np.array_equal(ours(data, strict=True), by_pillow(data))


# A thumbnail in front of the picture (F3): Pillow and OpenCV refuse such files, too.


@pytest.mark.parametrize("with_eoi", [True, False])
@pytest.mark.parametrize("place", range(1, len(segments(PLAIN)) - 1))
def test_a_picture_inside_the_header_is_never_the_result(place: int, with_eoi: bool) -> None:
    at = segments(PLAIN)[place][1]
    inner = THUMBNAIL if with_eoi else THUMBNAIL[:-2]
    data = PLAIN[:at] + inner + PLAIN[at:]
    refused(data, "thumbnail")
    refused(data, "thumbnail", tolerant=True)
    with pytest.raises(ef.InvalidDataError):
        ef.Tensor.peek_image_info(data)


@pytest.mark.parametrize("with_eoi", [True, False])
@pytest.mark.parametrize("length", [2, 8, 14, 30])
def test_an_app1_that_ends_before_its_thumbnail_is_refused(length: int, with_eoi: bool) -> None:
    inner = THUMBNAIL if with_eoi else THUMBNAIL[:-2]
    payload = b"Exif\0\0II*\0\x08\0\0\0" + bytes(18) + inner
    data = SOI + segment(0xE1, payload, length) + PLAIN[2:]
    refused(data, "thumbnail")
    with pytest.raises(ef.InvalidDataError):
        ef.Tensor.peek_image_info(data)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("with_eoi", [True, False])
def test_the_rest_of_a_thumbnail_is_no_picture(with_eoi: bool, progressive: bool) -> None:
    inner = saved(picture(16, 16), progressive=progressive)
    inner = inner if with_eoi else inner[:-2]
    for _, begin, _ in segments(inner):
        if begin > position(inner, 0xC2 if progressive else 0xC0):
            break
        payload = b"Exif\0\0" + bytes(20) + inner
        data = SOI + segment(0xE1, payload, 2 + 26 + begin) + PLAIN[2:]
        refused(data, "thumbnail|second SOF")
        with pytest.raises(ef.InvalidDataError):
            ef.Tensor.peek_image_info(data)


@pytest.mark.parametrize("path", sorted(MODES.glob("*.jpg")), ids=lambda path: str(path.name))
def test_the_rest_of_a_thumbnail_of_any_mode_is_no_picture(path: Path) -> None:
    inner = path.read_bytes()
    begin = segments(inner)[0][1]
    data = SOI + segment(0xE1, b"Exif\0\0" + inner, 2 + 6 + begin) + PLAIN[2:]
    refused(data, "thumbnail|second SOF")
    with pytest.raises(ef.InvalidDataError):
        ef.Tensor.peek_image_info(data)


def test_several_soi_in_a_row_are_one() -> None:
    for count in (1, 2, 5):
        data = SOI * count + PLAIN
        assert np.array_equal(ours(data), by_pillow(PLAIN))
        refused(data, "repeated SOI", strict=True)


def test_pictures_behind_the_picture_are_left_alone() -> None:
    exif = segment(0xE1, b"Exif\0\0" + bytes(30) + THUMBNAIL)
    for data in (
        PLAIN + THUMBNAIL,
        PLAIN + b"\0" * 100 + THUMBNAIL,
        PLAIN + exif,
        PLAIN[:2] + exif + PLAIN[2:],
        PLAIN[:2] + segment(0xE2, b"MPF\0" + THUMBNAIL) + PLAIN[2:] + b"\xff" + THUMBNAIL,
        PLAIN + b"ftypmp42" + THUMBNAIL[2:],
        saved(picture(), progressive=True) + THUMBNAIL,
    ):
        assert np.array_equal(ours(data), by_pillow(data))
        assert np.array_equal(ours(data, tolerant=True), by_pillow(data))


# Component ids (F6).


@pytest.mark.parametrize("ids", [(1, 1, 1), (1, 2, 2), (2, 2, 1), (0, 0, 0), (1, 2, 1)])
@pytest.mark.parametrize("sampling", [(1, 1), (2, 1), (2, 2)])
def test_components_may_share_an_id(ids: tuple[int, int, int], sampling: tuple[int, int]) -> None:
    frame = ycc(*sampling, ids=ids)
    check(file(frame.sof(), frame.scan([0, 1, 2])))


def test_components_with_one_id_are_told_apart_by_their_scans_order() -> None:
    frame, plain = ycc(ids=(1, 1, 1)), ycc()
    data = file(frame.sof(), frame.scan([0]), frame.scan([1]), frame.scan([2]))
    wanted = by_pillow(file(plain.sof(), plain.scan([0, 1, 2])))
    assert np.array_equal(ours(data), wanted)


def test_four_components_may_share_an_id() -> None:
    frame = Frame(40, 24, [Component(7) for _ in range(4)])
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
    check(file(adobe, frame.sof(), frame.scan([0, 1, 2, 3])))


def test_progressive_scans_of_a_shared_id_are_refused() -> None:
    data = saved(picture(), progressive=True)
    at = position(data, 0xC2)
    sof = bytearray(data[at : at + 19])
    sof[13] = sof[16] = sof[10]
    data = data[:at] + bytes(sof) + data[at + 19 :]
    at = data.index(b"\xff\xda")
    sos = bytearray(data[at : at + 14])
    sos[7] = sos[9] = sos[5]
    refused(data[:at] + bytes(sos) + data[at + 14 :], "an id that 3 components")


# Lengths of segments that are skipped (F7).


@pytest.mark.parametrize("marker", [0xFE, *range(0xE0, 0xF0), 0xC8, 0xF7])
@pytest.mark.parametrize("length", [0, 1])
def test_skipped_segments_may_have_no_length(marker: int, length: int) -> None:
    data = PLAIN[:2] + segment(marker, b"", length) + PLAIN[2:]
    assert np.array_equal(ours(data), by_pillow(PLAIN))
    refused(data, "length 0 or 1", strict=True)


@pytest.mark.parametrize("marker", [0xC0, 0xC4, 0xDB, 0xDA, 0xDD])
@pytest.mark.parametrize("length", [0, 1])
def test_segments_that_are_read_need_their_length(marker: int, length: int) -> None:
    data = PLAIN[:2] + segment(marker, b"", length) + PLAIN[2:]
    refused(data, f"segment length {length}")


# Huffman tables that cannot be (F8).


@pytest.mark.parametrize("table", [0x02, 0x03, 0x12, 0x13])
@pytest.mark.parametrize("counts", [[3], [2, 1], [0, 5], [1, 1, 1, 1, 1, 1, 1, 1, 3]])
def test_an_unused_table_may_be_impossible(table: int, counts: list[int]) -> None:
    payload = bytes([table, *counts, *[0] * (16 - len(counts))]) + bytes(sum(counts))
    check(PLAIN[:2] + segment(0xC4, payload) + PLAIN[2:])


@pytest.mark.parametrize("table", [0x00, 0x01, 0x10, 0x11])
def test_a_used_table_may_not(table: int) -> None:
    at = position(PLAIN, 0xDA)
    bad = segment(0xC4, bytes([table, 3, *[0] * 15]) + bytes(3))
    refused(PLAIN[:at] + bad + PLAIN[at:], "more codes than there are bit strings")
    good = PLAIN[:2] + bad + PLAIN[2:]  # replaced before any scan uses it
    check(good)


# Blocks of an MCU (F9).


@pytest.mark.parametrize("sampling", [(4, 4), (3, 3), (4, 3), (3, 4), (4, 2)])
@pytest.mark.parametrize("size", [(64, 48), (37, 41), (1, 1)])
def test_scans_of_one_component_have_any_sampling(
    sampling: tuple[int, int], size: tuple[int, int]
) -> None:
    frame = ycc(*sampling, size=size)
    check(file(frame.sof(), frame.scan([0]), frame.scan([1]), frame.scan([2])))
    check(file(frame.sof(), frame.scan([0]), frame.scan([1, 2])))


def test_an_interleaved_scan_of_so_many_blocks_is_refused() -> None:
    frame = ycc(4, 4)
    refused(file(frame.sof(), frame.scan([0, 1, 2])), "MCU of 18 blocks")
    refused(file(frame.sof(), frame.scan([2]), frame.scan([0, 1])), "MCU of 17 blocks")
    refused(
        saved(picture(), progressive=True).replace(b"\x01\x22\0\x02", b"\x01\x44\0\x02"),
        "18 blocks",
    )


# Order of the components (F10).


def test_a_part_of_the_components_may_stand_in_another_order() -> None:
    frame = ycc(2, 2)
    check(file(frame.sof(), frame.scan([0]), frame.scan([2, 1])))
    check(file(frame.sof(), frame.scan([2]), frame.scan([0, 1])))


@pytest.mark.parametrize("order", [[0, 2, 1], [1, 0, 2], [2, 1, 0]])
def test_all_components_may_not(order: list[int]) -> None:
    frame = ycc()
    refused(file(frame.sof(), frame.scan(order)), "out of order")


def test_a_component_stands_once_in_a_scan() -> None:
    frame = ycc()
    refused(file(frame.sof(), frame.scan([0]), frame.scan([1, 1])), "none of the frame")


# Four components (F11).


@pytest.mark.parametrize("transform", [0, 1, 2, 3, 255])
def test_any_adobe_transform_of_four_components_but_0_is_ycck(transform: int) -> None:
    frame = Frame(40, 24, [Component(i) for i in range(1, 5)])
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
    check(file(adobe, frame.sof(), frame.scan([0, 1, 2, 3])))


# Zeros past the end of a block (F12).


@pytest.mark.parametrize("sampling", [(1, 1), (2, 2)])
def test_zeros_may_be_coded_past_the_block(sampling: tuple[int, int]) -> None:
    frame = ycc(*sampling)
    check(file(frame.sof(), frame.scan([0, 1, 2], surplus_zeros=True)))
    check(file(frame.sof(), *(frame.scan([i], surplus_zeros=True) for i in range(3))))


# Restart markers (P11).


@pytest.mark.parametrize(
    "options",
    [
        {"restart_marker_blocks": 3},
        {"restart_marker_blocks": 7, "subsampling": 0},
        {"restart_marker_rows": 1},
    ],
    ids=str,
)
def test_a_missing_restart_marker_loses_its_interval_alone(options: dict[str, object]) -> None:
    data = saved(picture(200, 72), quality=85, **options)
    for at in restart_positions(data):
        check(data[:at] + data[at + 2 :])


@pytest.mark.parametrize("sampling", [(1, 1), (2, 2)])
def test_a_missing_restart_marker_of_several_scans_loses_its_interval_alone(
    sampling: tuple[int, int],
) -> None:
    frame = ycc(*sampling)
    for order in ([[0], [1], [2]], [[0], [1, 2]]):
        scans = b"".join(frame.scan(o, interval=5) for o in order)
        data = file(segment(0xDD, b"\0\x05"), frame.sof(), scans)
        assert np.array_equal(ours(data), by_pillow(data))
        for at in restart_positions(data):
            check(data[:at] + data[at + 2 :])


@pytest.mark.parametrize("options", [{"restart_marker_rows": 1}, {"restart_marker_blocks": 5}])
def test_a_progressive_file_without_a_restart_marker_is_as_pillows_or_refused(
    options: dict[str, int],
) -> None:
    """Refinements build on what an earlier scan lost; libjpeg reads noise from there on."""
    data = saved(picture(200, 72), quality=85, progressive=True, **options)
    read = 0
    for at in restart_positions(data):
        broken = data[:at] + data[at + 2 :]
        try:
            got = ours(broken)
        except ef.InvalidDataError:
            continue
        assert np.array_equal(got, by_pillow(broken))
        read += 1
    assert read > 4


def test_two_missing_restart_markers_lose_their_intervals_alone() -> None:
    data = saved(picture(200, 72), quality=85, restart_marker_blocks=3)
    places = restart_positions(data)
    for first, second in zip(places, places[1:], strict=False):
        check(data[:first] + data[first + 2 : second] + data[second + 2 :])


def test_a_restart_marker_of_another_number_is_read_as_libjpeg_does() -> None:
    data = saved(picture(200, 72), quality=85, restart_marker_blocks=3)
    for at in restart_positions(data):
        for ahead in range(1, 8):
            changed = bytes([0xD0 | (data[at + 1] + ahead) & 7])
            broken = data[: at + 1] + changed + data[at + 2 :]
            wanted = by_pillow(broken)
            assert np.array_equal(ours(broken, tolerant=True), wanted)
            try:
                got = ours(broken)
            except ef.InvalidDataError:
                continue  # some data are lost, and the default says so
            assert np.array_equal(got, wanted)


def test_data_that_end_between_restart_markers_are_an_error() -> None:
    data = saved(picture(200, 72), quality=85, restart_marker_blocks=3)
    places = restart_positions(data)
    for at in (places[-1], places[-2], places[3]):
        refused(data[:at] + EOI, "the data ends")
        refused(data[:at], "the data ends")


# Heights (P12).


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("claimed", [49, 64, 100, 65535])
@pytest.mark.parametrize("trailer", [b"", b"junk" * 100])
def test_a_lower_height_behind_the_scan_counts(
    claimed: int, progressive: bool, trailer: bytes
) -> None:
    data = saved(picture(), progressive=progressive)
    at = position(data, 0xC2 if progressive else 0xC0)
    wrong = data[: at + 5] + claimed.to_bytes(2, "big") + data[at + 7 :]
    begin = segments(data)[-1][2]
    end = begin + next(
        i for i in range(len(data)) if data[begin + i] == 0xFF and data[begin + i + 1] != 0
    )
    with_dnl = wrong[:end] + segment(0xDC, (48).to_bytes(2, "big")) + wrong[end:] + trailer
    assert np.array_equal(ours(with_dnl), by_pillow(data))
    assert np.array_equal(ours(with_dnl, tolerant=True), by_pillow(data))
    info = ef.Tensor.peek_image_info(with_dnl)
    assert (info.width, info.height) == (64, 48)
    refused(wrong, "the data ends|no Huffman code")
    with pytest.raises(ef.Error):
        ours(with_dnl, strict=True)


def test_a_greater_height_behind_the_scan_does_not_count() -> None:
    for height in (0, 48, 49, 65535):
        data = PLAIN[:-2] + segment(0xDC, height.to_bytes(2, "big")) + EOI
        assert np.array_equal(ours(data), by_pillow(PLAIN))


@pytest.mark.parametrize("transform", [None, 0, 2])
def test_strict_refuses_cmyk(transform: int | None) -> None:
    frame = Frame(16, 16, [Component(i) for i in range(1, 5)])
    adobe = b"" if transform is None else segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))
    data = file(adobe, frame.sof(), frame.scan([0, 1, 2, 3]))
    assert ours(data).shape == (16, 16, 3)
    with pytest.raises(ef.UnsupportedFeatureError, match="CMYK"):
        ours(data, strict=True)
