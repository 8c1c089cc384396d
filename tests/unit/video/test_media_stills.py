"""What is made of a finished video to look at: I-frame playlists, storyboard, waveform."""

import io
import json
import re
import subprocess
from array import array
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.video import keys
from functions.video.cmaf import BrokenFragmentError, annex_b, first_sample
from functions.video.media import Rendition, SegmentInfo, Storyboard
from functions.video.playlist import INTRA, intra_track, master
from functions.video.storyboard import MAX_TILES, cues, sheet, tiles
from functions.video.waveform import FINEST, MAX_PIXELS, RATE, peaks, samples_per_pixel
from tests.media.odd_inputs import path
from tests.media.pipeline import Rendered, ffmpeg_path, render
from tests.unit.video.test_media_playlist import MANIFEST


def rendition(segments: int, width: int = 640, height: int = 360) -> Rendition:
    return Rendition(
        name="360p", width=width, height=height, codecs="avc1.64001e", frame_rate=Fraction(25),
        frames=100 * segments, timescale=12_800, bandwidth=1, average_bandwidth=1,
        segments=tuple(
            SegmentInfo(index=n, bytes=9_000, duration_ticks=51_200, intra_bytes=4_000)
            for n in range(segments)
        ),
    )  # fmt: skip


def gray(arguments: list[str], width: int, height: int) -> list[bytes]:
    """Decode to small gray pictures; FFmpeg must have nothing to say."""
    made = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-nostdin", *arguments, "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert made.stderr == b""
    size = width * height
    return [made.stdout[at : at + size] for at in range(0, len(made.stdout), size)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return render(path("flashes"), tmp_path_factory.mktemp("flashes"), chunk_segments=1)


@pytest.mark.media
def test_each_i_frame_range_holds_a_whole_picture_and_no_more(made: Rendered) -> None:
    for each in made.manifest.renditions:
        folder = keys.video_folder(each.name)
        init = made.store.get_bytes(keys.init(folder))
        heads = []
        for segment in each.segments:
            head = made.store.get_bytes(
                keys.segment(folder, segment.index), count=segment.intra_bytes
            )
            assert 0 < segment.intra_bytes < segment.bytes
            first, end = first_sample(head)
            assert end == len(head)
            heads.append(head[first:end])
        alone = made.root / f"{each.name}.h264"
        alone.write_bytes(annex_b(init, heads))
        small = ["-vf", "scale=16:9:flags=area,format=gray", "-fps_mode", "passthrough"]

        pictures = gray(["-f", "h264", "-i", str(alone), *small], 16, 9)
        whole = gray(["-i", str(made.root / f"{each.name}.m3u8"), *small], 16, 9)

        assert made.plan.video is not None
        assert pictures == whole[:: made.plan.video.timing.segment_frames]


@pytest.mark.media
def test_the_master_leads_to_i_frame_playlists(made: Rendered) -> None:
    text = (made.root / "master.m3u8").read_text()

    (line,) = re.findall(r"#EXT-X-I-FRAME-STREAM-INF:.*", text)
    (address,) = re.findall(r'URI="([^"]+)"', line)
    listed = (made.root / address).read_text()
    segments = made.manifest.renditions[0].segments
    assert listed.count("#EXT-X-BYTERANGE:") == len(segments)
    assert "#EXT-X-I-FRAMES-ONLY" in listed
    assert f"#EXT-X-BYTERANGE:{segments[0].intra_bytes}@0" in listed
    lengths = [Fraction(each) for each in re.findall(r"#EXTINF:([\d.]+),", listed)]
    assert abs(sum(lengths) * 1000 - made.manifest.duration_ms) < 50
    peak = int(re.findall(r":BANDWIDTH=(\d+)", line)[0])
    assert peak >= max(8 * each.intra_bytes for each in segments) / 4.1


def test_what_was_packaged_without_i_frames_has_no_such_playlist() -> None:
    assert "I-FRAME" not in master(MANIFEST, lambda name: name)
    assert intra_track(MANIFEST, f"720p{INTRA}") is None
    assert intra_track(MANIFEST, "720p") is None


@pytest.mark.media
def test_each_tile_of_the_storyboard_shows_its_moment(made: Rendered) -> None:
    board = made.manifest.storyboard
    assert board is not None
    rung = made.manifest.renditions[-1]
    width, height = board.tile_width, board.tile_height
    rows = -(-len(board.starts_ms) // board.columns)

    (picture,) = gray(
        ["-color_range", "pc", "-i", str(made.root / keys.STORYBOARD), "-vf", "format=gray"],
        width * board.columns, rows * height,
    )  # fmt: skip

    frames = gray(
        ["-i", str(made.root / f"{rung.name}.m3u8"), "-vf", "scale=1:1:flags=area,format=gray",
         "-fps_mode", "passthrough"], 1, 1,
    )  # fmt: skip
    for number, start in enumerate(board.starts_ms):
        row, column = divmod(number, board.columns)
        middle = (row * height + height // 2) * width * board.columns + column * width + width // 2
        shown = frames[round(Fraction(start, 1000) * rung.frame_rate)][0]
        # the sheet is in JPEG's full range
        assert (picture[middle] > 128) == (shown > 128)


@pytest.mark.media
@pytest.mark.parametrize("name", ["portrait", "one_frame", "tiny", "odd_size"])
def test_odd_videos_have_a_storyboard_too(name: str, tmp_path: Path) -> None:
    made = render(path(name), tmp_path)

    board = made.manifest.storyboard
    assert board is not None
    assert max(board.tile_width, board.tile_height) <= 160
    assert (tmp_path / keys.STORYBOARD).read_bytes().startswith(b"\xff\xd8")


@given(segments=st.integers(1, 5_000), width=st.integers(2, 3_840), height=st.integers(2, 2_160))
def test_tiles_are_few_in_order_and_fit_on_the_sheet(
    segments: int, width: int, height: int
) -> None:
    rung = rendition(segments, width, height)
    chosen = tiles(rung)
    layout = sheet(rung, len(chosen))

    assert 1 <= len(chosen) <= MAX_TILES
    assert chosen[0].start_ms == 0
    starts = [tile.start_ms for tile in chosen]
    assert starts == sorted(set(starts))
    assert len(chosen) <= layout.columns * layout.rows < len(chosen) + layout.columns
    assert layout.width % 2 == layout.height % 2 == 0
    assert min(layout.width, layout.height) >= 2
    assert max(layout.width, layout.height) <= 160


def test_cues_follow_each_other_to_the_end_and_name_their_part_of_the_sheet() -> None:
    board = Storyboard(columns=2, tile_width=160, tile_height=90, starts_ms=(0, 4_000, 8_000))

    assert cues(board, 3_661_500, "storyboard.jpg") == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:04.000\nstoryboard.jpg#xywh=0,0,160,90\n"
        "\n00:00:04.000 --> 00:00:08.000\nstoryboard.jpg#xywh=160,0,160,90\n"
        "\n00:00:08.000 --> 01:01:01.500\nstoryboard.jpg#xywh=0,90,160,90\n"
    )


@pytest.mark.media
def test_the_waveform_is_loud_where_the_sound_is(made: Rendered) -> None:
    wave = json.loads((made.root / keys.WAVEFORM).read_text())

    assert made.manifest.audio is not None
    assert made.manifest.audio.waveform
    seconds = wave["length"] * wave["samples_per_pixel"] / wave["sample_rate"]
    assert abs(seconds * 1000 - made.manifest.duration_ms) < 100
    highest = wave["data"][1::2]
    loud = [at for at, value in enumerate(highest) if value > 10]
    starts = [at for at in loud if at == 0 or highest[at - 1] <= 10]
    assert len(starts) == 8  # one beep a flash
    assert max(highest[: starts[0]], default=0) <= 10


@pytest.mark.media
def test_the_waveform_of_silence_is_flat(tmp_path: Path) -> None:
    render(path("silence"), tmp_path)

    wave = json.loads((tmp_path / keys.WAVEFORM).read_text())
    assert wave["length"] > 0
    assert set(wave["data"]) <= {-1, 0, 1}


@given(st.lists(st.integers(-128, 127), max_size=3_000))
def test_peaks_are_the_extremes_of_each_pixel_s_samples(samples: list[int]) -> None:
    sound = array("b", samples).tobytes()

    wave = peaks(io.BytesIO(sound), len(samples))

    step = wave["samples_per_pixel"]
    assert wave["sample_rate"] == RATE
    assert wave["data"] == [
        extreme(samples[at : at + step])
        for at in range(0, len(samples), step)
        for extreme in (min, max)
    ]
    assert wave["length"] == len(wave["data"]) // 2


@given(st.integers(0, 8 * 3600 * RATE))
def test_a_waveform_has_a_bounded_number_of_pixels(samples: int) -> None:
    step = samples_per_pixel(samples)

    assert step >= FINEST
    assert -(-samples // step) <= MAX_PIXELS


@pytest.mark.parametrize(
    "segment",
    [b"", b"\0\0\0\x10mdat" + bytes(8), b"\0\0\1\0moof", b"\0\0\0\x08moof", b"\0\0\0\4moof"],
)
def test_what_is_no_segment_has_no_first_sample(segment: bytes) -> None:
    with pytest.raises(BrokenFragmentError):
        first_sample(segment)
