# SPDX-License-Identifier: Apache-2.0
"""Films become the frames that a player shows: upright, in order, by their time stamps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import edgefirst_hal as ef
import numpy as np
import pytest
from edgefirst_hal.sources import SourceError, open_source
from edgefirst_hal.sources.films import FILMS, Film
from film_files import (
    COUNT,
    HEIGHT,
    WIDTH,
    av,
    corner,
    cut,
    grainy,
    grey,
    numbers,
    numbers_of,
    rewrite,
    write_film,
)

ALL = list(range(COUNT))
SECOND = 1_000_000_000


def test_frames_come_in_order_with_names_and_times(tmp_path: Path) -> None:
    with open_source(write_film(tmp_path / "grey.mp4")) as source:
        frames = list(source)
        assert (source.count, source.notes, source.problems) == (COUNT, [], [])
        assert [frame.index for frame in frames] == ALL
        assert frames[3].name == "grey.mp4#000003"
        assert frames[3].path == tmp_path / "grey_000003.jpg"
        assert frames[12].time_ns == SECOND // 2
        picture = frames[3].load()
        assert (picture.width, picture.height) == (WIDTH, HEIGHT)
        assert numbers(source) == ALL, "a second reading begins anew"


def test_a_count_cuts_a_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "grey.mp4")
    assert open_source(path, 5).count == 5
    assert open_source(path, 500, repeat=True).count == COUNT


def test_a_frame_beyond_the_end_says_so(tmp_path: Path) -> None:
    with (
        open_source(write_film(tmp_path / "grey.mp4")) as source,
        pytest.raises(SourceError, match="the video ends after 24 frames"),
    ):
        source.frame(COUNT)  # type: ignore[union-attr]


# Edit lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("skipped", [1, 8, 13])
def test_a_film_trimmed_without_encoding_has_the_frames_that_are_shown(
    tmp_path: Path, codec: str, skipped: int
) -> None:
    whole = write_film(tmp_path / "whole.mp4", codec, options={"bf": "2"})
    trimmed = rewrite(whole, tmp_path / "trimmed.mov", shift=skipped)
    assert numbers_of(trimmed) == ALL[skipped:]
    with open_source(trimmed) as source:
        assert source.count == COUNT - skipped
        assert source.problems == []
        assert next(iter(source)).time_ns == 0


# Rotation -----------------------------------------------------------------------------------------

ORIENTATIONS = {
    "as it is": ([1, 0, 0, 1], lambda p: p),
    "clockwise": ([0, 1, -1, 0], lambda p: np.rot90(p, -1)),
    "half": ([-1, 0, 0, -1], lambda p: np.rot90(p, 2)),
    "counter-clockwise": ([0, -1, 1, 0], np.rot90),
    "mirrored": ([-1, 0, 0, 1], np.fliplr),
    "upside down": ([1, 0, 0, -1], np.flipud),
    "transposed": ([0, 1, 1, 0], lambda p: np.swapaxes(p, 0, 1)),
    "transverse": ([0, -1, -1, 0], lambda p: np.rot90(np.swapaxes(p, 0, 1), 2)),
}


@pytest.mark.parametrize("name", ORIENTATIONS)
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_display_matrix_turns_and_mirrors(tmp_path: Path, name: str, suffix: str) -> None:
    (a, b, c, d), expected = ORIENTATIONS[name]
    one, w = 1 << 16, 1 << 30
    matrix = np.array([a * one, b * one, 0, c * one, d * one, 0, 0, 0, w], "<i4")
    path = write_film(
        tmp_path / f"turned{suffix}",
        draw=corner,
        count=3,
        prepare=lambda stream: stream.set_display_matrix(matrix.tolist()),
    )
    with open_source(path) as source:
        for frame in source:
            found = frame.load().numpy().astype(int)
            assert found.shape == expected(corner(0)).shape
            assert np.abs(found - expected(corner(0)).astype(int)).mean() < 6


def test_a_phone_held_upright_makes_a_tall_film(tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "phone.mp4",
        count=2,
        prepare=lambda stream: stream.set_display_rotation(90),
    )
    frame = next(iter(open_source(path))).load()
    assert (frame.width, frame.height) == (HEIGHT, WIDTH)


# Cover pictures -----------------------------------------------------------------------------------


def write_with_cover(path: Path, disposition: int, count: int = 1) -> Path:
    """Stream 0 is a red still, stream 1 the film."""
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 32
        cover.pix_fmt = "yuvj420p"
        cover.disposition = disposition
        film = container.add_stream("libx264", rate=24)
        film.width, film.height, film.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _ in range(count):
            container.mux(cover.encode(av.VideoFrame.from_ndarray(red, format="rgb24")))
        container.mux(cover.encode())
        for number in ALL:
            container.mux(film.encode(av.VideoFrame.from_ndarray(grey(number), format="rgb24")))
        container.mux(film.encode())
    return path


@pytest.mark.parametrize("disposition", ["attached_pic", "still_image", "timed_thumbnails", ""])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_cover_picture_in_front_is_no_film(tmp_path: Path, disposition: str, suffix: str) -> None:
    flags = getattr(av.stream.Disposition, disposition) if disposition else 0
    assert numbers_of(write_with_cover(tmp_path / f"cover{suffix}", flags)) == ALL


def test_sound_with_a_cover_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 32
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = container.add_stream("aac", rate=48000)
        picture = np.zeros((32, 32, 3), np.uint8)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(cover.encode())
        for _ in range(10):
            samples = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = 48000
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    with pytest.raises(SourceError, match=r"song\.mp4: a video without frames"):
        open_source(path)


# Damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("packet", [3, 6, 13])
def test_a_damaged_packet_shifts_no_other_frame(tmp_path: Path, suffix: str, packet: int) -> None:
    """Frames that refer to a lost one are a little off, but each stands at its place."""
    whole = write_film(tmp_path / f"whole{suffix}", options={"bf": "2"})
    shown = numbers_of(rewrite(whole, tmp_path / f"damaged{suffix}", emptied=[packet]))
    assert len(shown) == COUNT
    missing = [i for i, each in enumerate(shown) if isinstance(each, str)]
    assert 1 <= len(missing) <= 3
    for i in missing:
        assert str(shown[i]).startswith(f"frame {i} is missing")
    assert all(abs(each - i) <= 3 for i, each in enumerate(shown) if isinstance(each, int))
    assert sum(each == i for i, each in enumerate(shown)) >= COUNT // 2


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_damage_costs_its_own_frame_alone_where_each_is_whole(tmp_path: Path, codec: str) -> None:
    whole = write_film(tmp_path / "whole.mkv", codec, options={"g": "1"})
    shown = numbers_of(rewrite(whole, tmp_path / "damaged.mkv", emptied=[5, 6], fill=255))
    assert [each for i, each in enumerate(shown) if i not in (5, 6)] == ALL[:5] + ALL[7:]


def test_packets_that_a_transport_stream_lost_are_told_by_number(tmp_path: Path) -> None:
    data = write_film(tmp_path / "whole.ts", draw=grainy, options={"g": "6"}).read_bytes()
    packets = [data[i : i + 188] for i in range(0, len(data), 188)]
    lossy = tmp_path / "lossy.ts"
    lossy.write_bytes(b"".join(packets[:50] + packets[58:]))
    with open_source(lossy) as source:
        assert source.count == COUNT
        shown = numbers(source)
    missing = [i for i, each in enumerate(shown) if isinstance(each, str)]
    assert 1 <= len(missing) <= 6
    assert all(each == i for i, each in enumerate(shown) if i > missing[-1] + 3)


def test_a_lost_place_is_never_guessed_without_time_stamps(tmp_path: Path) -> None:
    """H.264 in AVI has no order of showing: after damage only a key frame tells the number."""
    whole = write_film(tmp_path / "whole.avi", options={"bf": "2", "g": "8", "sc_threshold": "0"})
    assert numbers_of(whole) == ALL
    damaged = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        places = [(p.pos, p.size) for p in container.demux(container.streams.video[0]) if p.size]
    start, size = places[10]
    damaged[start : start + size] = bytes(size)
    path = tmp_path / "damaged.avi"
    path.write_bytes(damaged)
    shown = numbers_of(path)
    wrong = [i for i, each in enumerate(shown) if isinstance(each, int) and abs(each - i) > 1]
    assert wrong == []
    assert shown[16:] == ALL[16:]


def test_a_file_that_cannot_be_read_any_more_fails_its_frames(tmp_path: Path) -> None:
    """A disk that fails, or a network that goes, behind the first look at the packets."""
    film = Film(write_film(tmp_path / "grey.mp4"))

    class Broken:
        def demux(self, _: object) -> Iterator[object]:
            raise av.error.InvalidDataError(5, "the disk is gone")
            yield

        def close(self) -> None:
            """Nothing is open."""

    film._container = Broken()
    for number in (0, 5):
        with pytest.raises(SourceError, match=f"frame {number} is missing: the disk is gone"):
            film.frame(number)
    film.close()


# Files that end early -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "codec", "share", "text"),
    [
        (".mp4", "libx264", 0.4, "cut{}: {} of 24 frames are absent"),
        (".mov", "mpeg4", 0.7, "cut{}: {} of 24 frames are absent"),
        (".avi", "mjpeg", 0.6, "cut{}: {} of 24 frames are absent"),
        (".mkv", "libx264", 0.6, "cut{}: about {} of 24 frames are absent"),
        (".webm", "libvpx-vp9", 0.6, "cut{}: about {} of 24 frames are absent"),
    ],
)
def test_a_download_that_was_cut_off_says_how_many_frames_are_absent(
    tmp_path: Path, suffix: str, codec: str, share: float, text: str
) -> None:
    front = {"movflags": "faststart"} if suffix in (".mp4", ".mov") else {}
    whole = write_film(tmp_path / f"w{suffix}", codec, draw=grainy, container_options=front)
    path = cut(whole, tmp_path / f"cut{suffix}", share)
    with open_source(path) as source:
        (problem,) = source.problems
        assert problem.startswith(text.format(suffix, COUNT - source.count))
        assert 2 <= source.count <= COUNT - 5
        assert numbers(source) == ALL[: source.count]
        assert open_source(path, source.count).problems == []
    assert open_source(whole).problems == []


def test_a_stream_joined_in_the_middle_begins_at_its_first_key_frame(tmp_path: Path) -> None:
    data = write_film(
        tmp_path / "whole.ts", draw=grainy, options={"g": "12", "sc_threshold": "0"}
    ).read_bytes()
    path = tmp_path / "late.ts"
    path.write_bytes(data[188 * 20 :])
    with open_source(path) as source:
        assert source.notes[0].endswith("frames before the first key frame cannot be shown")
        assert numbers(source) == ALL[12:]


# Other containers and codecs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("film.ts", "libx264"),
        ("film.m4v", "libx264"),
        ("film.mpg", "mpeg2video"),
        ("film.mts", "libx264"),
        ("00001.MTS", "libx264"),
        ("film.m2ts", "libx264"),
        ("film.vob", "mpeg2video"),
        ("film.MOV", "libx264"),
        ("film.3gp", "mpeg4"),
        ("film.flv", "libx264"),
        ("film.wmv", "mpeg4"),
        ("film.nut", "ffv1"),
        ("film.h264", "libx264"),
        ("film.webm", "libvpx-vp9"),
        ("film.mkv", "libsvtav1"),
        ("film.avi", "mpeg4"),
        ("film.mjpeg", "mjpeg"),
    ],
)
def test_common_containers_and_codecs_are_films(tmp_path: Path, name: str, codec: str) -> None:
    options = {"bf": "2"} if codec in ("mpeg4", "libx264") and not name.endswith(".flv") else {}
    assert Path(name).suffix.lower() in FILMS
    shown = numbers_of(write_film(tmp_path / name, codec, options=options))
    assert len(shown) == COUNT
    assert all(isinstance(each, int) and abs(each - i) <= 1 for i, each in enumerate(shown))


def test_two_recordings_joined_into_one_stream_go_on_counting(tmp_path: Path) -> None:
    one = write_film(tmp_path / "one.ts").read_bytes()
    path = tmp_path / "two.ts"
    path.write_bytes(one + one)
    with open_source(path) as source:
        assert numbers(source) == ALL + ALL
        times = [frame.time_ns or 0 for frame in source]
    assert times == sorted(times)
    assert times[COUNT] == pytest.approx(SECOND, abs=SECOND // 50)


def test_frames_of_a_variable_rate_keep_their_times(tmp_path: Path) -> None:
    times = [0, 42, 83, 500, 542, 1500, 1542]
    path = write_film(tmp_path / "vfr.mkv", count=len(times), times_ms=times)
    with open_source(path) as source:
        assert numbers(source) == ALL[: len(times)]
        found = [round((frame.time_ns or 0) / 1e6) for frame in source]
    assert found == pytest.approx(times, abs=45)


def test_an_interlaced_film_has_a_frame_for_two_fields(tmp_path: Path) -> None:
    options = {"flags": "+ildct+ilme"}
    assert numbers_of(write_film(tmp_path / "film.mpg", "mpeg2video", options=options))[-1] == 23


def test_a_single_frame_is_a_film(tmp_path: Path) -> None:
    assert numbers_of(write_film(tmp_path / "one.mp4", count=1)) == [0]


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("empty.mp4", b"", "not a readable video"),
        ("text.ts", b"export const a = 1;\n" * 9, "not a readable video"),
        ("broken.avi", b"no video at all", "not a readable video"),
        ("photo.webp", b"RIFF", "neither a picture"),
    ],
)
def test_what_is_no_film_is_refused_in_a_sentence(
    tmp_path: Path, name: str, data: bytes, text: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SourceError, match=text) as caught:
        open_source(path)
    assert len(str(caught.value)) - len(str(tmp_path)) < 300


def test_a_film_without_its_index_is_refused(tmp_path: Path) -> None:
    path = cut(write_film(tmp_path / "whole.mp4", draw=grainy), tmp_path / "no-moov.mp4", 0.7)
    with pytest.raises(SourceError, match="not a readable video"):
        open_source(path)


def test_pictures_are_read_upright_from_films_as_from_files(tmp_path: Path) -> None:
    """The same rule for both: EXIF 6 and a clockwise display matrix give one picture."""
    turned = np.ascontiguousarray(np.rot90(corner(0), -1))
    path = write_film(
        tmp_path / "turned.mp4",
        draw=corner,
        count=1,
        prepare=lambda stream: stream.set_display_rotation(-90),
    )
    found: Any = next(iter(open_source(path))).load().numpy().astype(int)
    wrapped = ef.Tensor.wrap(turned, ef.PixelFormat.Rgb).numpy()
    assert found.shape == wrapped.shape
    assert np.abs(found - wrapped).mean() < 6
