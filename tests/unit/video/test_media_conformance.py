"""Renditions held against the standards by readers of their own: CMAF boxes and HLS playlists."""

import itertools
import math
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from tests.media.boxes import Header, Sample, nal_types, samples
from tests.media.hls import Master, MediaPlaylist, Part
from tests.media.odd_inputs import path
from tests.media.pipeline import Rendered, ffmpeg_path, render

pytestmark = pytest.mark.media
IDR, SPS, PPS = 5, 7, 8


@pytest.fixture(scope="module", params=["hd", "ntsc_open_gop", "vfr", "late_sound"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Three rungs; 29.97 pictures a second; uneven times; sound that begins later."""
    return render(path(request.param), tmp_path_factory.mktemp("made"), chunk_segments=1)


@pytest.fixture(scope="module")
def master(made: Rendered) -> Master:
    return Master.of(made.root / "master.m3u8")


def tracks(master: Master) -> list[Path]:
    return [each.playlist for each in (*master.variants, *master.media)]


def read(playlist: Path) -> tuple[Header, list[tuple[Part, list[Sample]]]]:
    """Return a track's header, and its segments with their samples."""
    found = MediaPlaylist.of(playlist)
    assert found.init is not None
    header = Header.of(found.init.read_bytes())
    return header, [(part, samples(header, part.read())) for part in found.parts]


def test_segments_follow_each_other_without_a_gap_and_are_as_long_as_they_say(
    master: Master,
) -> None:
    for playlist in tracks(master):
        header, segments = read(playlist)
        time = 0
        for part, held in segments:
            assert held[0].decoded_at == time
            for one, after in itertools.pairwise(held):
                assert after.decoded_at == one.decoded_at + one.duration
            time = held[-1].decoded_at + held[-1].duration
            length = Fraction(time - held[0].decoded_at, header.timescale)
            assert abs(part.seconds - length) <= Fraction(1, 1_000_000)
            assert held[0].independent


def test_every_picture_is_shown_once_a_frame_after_the_one_before(
    made: Rendered, master: Master
) -> None:
    timing = made.plan.video.timing if made.plan.video else None
    assert timing is not None
    for variant in master.variants:
        header, segments = read(variant.playlist)
        times = [s.shown_at for _, held in segments for s in held]
        step = Fraction(header.timescale) / timing.rate
        assert sorted(times) == [number * step for number in range(timing.frames)]
        for _, held in segments:  # closed: a segment's pictures are shown before the next one's
            assert max(s.shown_at for s in held) - min(s.shown_at for s in held) == step * (
                len(held) - 1
            )


def test_all_rungs_are_cut_at_the_same_times(master: Master) -> None:
    timelines = []
    for variant in master.variants:
        header, segments = read(variant.playlist)
        timelines.append(
            [(held[0].decoded_at, len(held), header.timescale) for _, held in segments]
        )

    assert all(each == timelines[0] for each in timelines)


def test_sound_and_picture_are_equally_long_to_a_frame(made: Rendered, master: Master) -> None:
    lengths = {}
    for playlist in tracks(master):
        header, segments = read(playlist)
        ticks = sum(s.duration for _, held in segments for s in held)
        lengths[playlist.stem] = Fraction(ticks, header.timescale)

    sound = lengths.pop("audio")
    frame = 1 / made.manifest.renditions[0].frame_rate
    packet = Fraction(1024, 48_000)  # sound comes in whole packets
    source = Fraction(made.source.duration_ms, 1000)
    assert len(set(lengths.values())) == 1
    assert abs(min(lengths.values()) - source) <= frame + Fraction(1, 1000)
    assert abs(sound - source) <= frame + packet


def test_only_the_header_says_how_pictures_are_coded_and_a_segment_begins_with_an_idr(
    master: Master,
) -> None:
    for variant in master.variants:
        _, segments = read(variant.playlist)
        for _, held in segments:
            kinds = [nal_types(each.data) for each in held]
            assert IDR in kinds[0]
            assert not any(IDR in each for each in kinds[1:])
            assert not any({SPS, PPS} & set(each) for each in kinds)


def test_the_master_says_what_the_headers_say(master: Master) -> None:
    (sound,) = [each for each in master.media if each.said["TYPE"] == "AUDIO"]
    heard, _ = read(sound.playlist)
    assert heard.codec == "mp4a.40.2"
    for variant in master.variants:
        seen, segments = read(variant.playlist)
        said = variant.said
        assert said["CODECS"].split(",") == [seen.codec, heard.codec]
        assert said["RESOLUTION"] == f"{seen.width}x{seen.height}"
        first = segments[0][1][0]
        rate = Fraction(seen.timescale, first.duration)
        assert said["FRAME-RATE"] == f"{float(rate):.3f}"
        assert said["AUDIO"] == sound.said["GROUP-ID"]
    for intra in master.intra:
        seen = Header.of(_init(intra.playlist).read_bytes())
        assert intra.said["CODECS"] == seen.codec
        assert intra.said["RESOLUTION"] == f"{seen.width}x{seen.height}"


def _init(playlist: Path) -> Path:
    found = MediaPlaylist.of(playlist).init
    assert found is not None
    return found


def _runs(parts: list[Part], target: int) -> Iterator[Fraction]:
    """Yield the bit rate of each run of segments that counts (RFC 8216, 4.1): between half and one
    and a half target durations long."""
    for first in range(len(parts)):
        for last in range(first + 1, len(parts) + 1):
            seconds = sum((each.seconds for each in parts[first:last]), Fraction())
            if Fraction(target, 2) <= seconds <= Fraction(3 * target, 2):
                yield sum(len(each.read()) for each in parts[first:last]) * 8 / seconds


def _rates(playlist: Path) -> tuple[Fraction, Fraction]:
    """Return a track's peak and average bit rate."""
    found = MediaPlaylist.of(playlist)
    parts, target = found.parts, int(found.tags["#EXT-X-TARGETDURATION"])
    seconds = sum((each.seconds for each in parts), Fraction())
    average = sum(len(each.read()) for each in parts) * 8 / seconds
    return max(_runs(parts, target), default=average), average


def test_bandwidths_are_those_of_the_bytes(master: Master) -> None:
    peak_heard, average_heard = _rates(master.media[0].playlist)
    for variant in master.variants:
        peak, average = _rates(variant.playlist)
        said, mean = int(variant.said["BANDWIDTH"]), int(variant.said["AVERAGE-BANDWIDTH"])
        assert peak + peak_heard <= said + 1
        assert abs(mean - average - average_heard) <= 2 + mean / 1000
        assert said <= 1.5 * (peak + peak_heard)  # a ceiling, and no scare
        assert mean <= said
    for intra in master.intra:
        peak, average = _rates(intra.playlist)
        assert peak <= int(intra.said["BANDWIDTH"]) + 1
        assert abs(int(intra.said["AVERAGE-BANDWIDTH"]) - average) <= 2 + average / 1000


def test_playlists_keep_the_rules_of_rfc_8216(master: Master) -> None:
    for playlist in [*tracks(master), *(each.playlist for each in master.intra)]:
        found = MediaPlaylist.of(playlist)
        assert set(found.tags) <= {
            "#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-ENDLIST",
            "#EXT-X-PLAYLIST-TYPE", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-I-FRAMES-ONLY",
        }  # fmt: skip
        assert int(found.tags["#EXT-X-VERSION"]) >= 6  # EXT-X-MAP, EXT-X-I-FRAMES-ONLY: 6 and 5
        assert found.tags["#EXT-X-PLAYLIST-TYPE"] == "VOD"
        assert "#EXT-X-ENDLIST" in found.tags
        target = int(found.tags["#EXT-X-TARGETDURATION"])
        longest = max(each.seconds for each in found.parts)
        assert math.floor(longest + Fraction(1, 2)) <= target
        assert len({each.file for each in found.parts}) == len(found.parts)


def test_i_frame_ranges_are_a_header_and_one_whole_idr_picture(master: Master) -> None:
    assert len(master.intra) == len(master.variants)
    for intra, variant in zip(master.intra, master.variants, strict=True):
        _, segments = read(variant.playlist)
        found = MediaPlaylist.of(intra.playlist)
        assert "#EXT-X-I-FRAMES-ONLY" in found.tags
        for part, (whole, held) in zip(found.parts, segments, strict=True):
            assert part.file == whole.file
            assert part.seconds == whole.seconds
            piece = part.read()
            assert piece.endswith(held[0].data)
            assert whole.read().startswith(piece)
            assert IDR in nal_types(held[0].data)


def test_ffmpeg_decodes_all_of_the_master_without_a_word(made: Rendered) -> None:
    done = subprocess.run(
        [ffmpeg_path(), "-v", "warning", "-nostdin", "-xerror", "-i",
         str(made.root / "master.m3u8"), "-map", "0", "-f", "null", "-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
