"""Reading what FFmpeg prints and writes: reports, packet lists, loudness, fragments, stills."""

import struct
from fractions import Fraction

import pytest

from functions.video.cmaf import BrokenFragmentError, codecs, delayed, split
from functions.video.loudness import Loudness, read_loudness
from functions.video.report import read_input, read_packets
from functions.video.stills import best, moments, score

REPORT = """Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/x':
  Metadata:
    title           : Stream
                    : Stream #0:7: Video: fake, yuv420p, 1x1
    encoder         : Lavf
  Duration: 00:01:02.50, start: -0.020000, bitrate: 2780 kb/s
  Stream #0:0[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, \
bt2020nc/bt2020/smpte2084, progressive), 1920x1080 [SAR 4:3 DAR 64:27], 1 kb/s, 25 fps (default)
    Metadata:
      handler_name    : Stream #0:9: Audio: fake
    Side data:
      Display Matrix: rotation of -90.00 degrees
  Stream #0:1[0x2](eng): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, 5.1(side), fltp, 1 kb/s
  Stream #0:2: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 320x180 \
[SAR 1:1 DAR 16:9], 90k tbr, 90k tbn (attached pic)
  Stream #0:3: Data: bin_data (text / 0x74786574)
At least one output file must be specified
"""


def test_a_report_gives_streams_and_ignores_what_the_uploader_wrote() -> None:
    report = read_input(REPORT)
    assert report is not None

    assert (report.duration, report.start) == (Fraction("62.5"), Fraction("-0.02"))
    assert [s.kind for s in report.streams] == ["video", "audio", "video", "data"]
    video, audio, cover, _ = report.streams
    assert (video.codec, video.profile, video.pixel_format) == ("hevc", "Main 10", "yuv420p10le")
    assert (video.width, video.height, video.rotation) == (1920, 1080, 90)
    assert (video.sample_aspect, video.hdr, video.default) == (Fraction(4, 3), "pq", True)
    assert (audio.sample_rate, audio.channels, audio.layout) == (44_100, 6, "5.1(side)")
    assert cover.picture
    assert not cover.interlaced


def test_a_report_of_nothing_is_none() -> None:
    assert read_input("[in#0] Error opening input: Invalid data found\n") is None


def test_packets_cut_off_by_an_edit_list_do_not_count() -> None:
    found = read_packets(
        ["#tb 0: 1/25", "#dimensions 0: 64x48", "0, -1, 0, 1, 9, 0x1, F=0x5", "0, 0, 1, 1, 9, 0x1",
         "0, 1, 3, 1, 9, 0x1, F=0x0", "0, 2, 2, 1, 9, 0x1, F=0x0, S=1, Skip Samples, 10, 0x1"],
    )  # fmt: skip

    assert found.time_base == Fraction(1, 25)
    assert found.size == (64, 48)
    assert [(p.tick, p.key) for p in found.packets] == [(1, True), (3, False), (2, False)]
    assert found.end == Fraction(4, 25)


def test_where_presentation_times_are_missing_decoding_times_stand_in() -> None:
    lines = ["#tb 0: 1/25", f"0, 0, {-(1 << 63)}, 1, 9, 0x1", "0, 1, 1, 1, 9, 0x1, F=0x0"]

    found = read_packets(lines)

    assert found.by_decoding
    assert [packet.tick for packet in found.packets] == [0, 1]


def test_a_long_packet_list_keeps_its_end() -> None:
    lines = ["#tb 0: 1/25", *(f"0, {n}, {n}, 1, 9, 0x1" for n in range(5000))]

    found = read_packets(lines, keep=10)

    assert [packet.tick for packet in found.packets] == list(range(4990, 5000))


SUMMARY = """[Parsed_ebur128_3 @ 0x1] Summary:

  Integrated loudness:
    I:         {i} LUFS
    Threshold: -33.5 LUFS

  Loudness range:
    LRA:         0.1 LU

  Sample peak:
    Peak:      {peak} dBFS
"""


@pytest.mark.parametrize(
    ("i", "peak", "gain", "limited", "silent"),
    [
        ("-23.0", "-12.0", 7.0, False, False),
        ("-23.0", "-5.0", 7.0, True, False),
        ("-10.0", "0.0", -6.0, False, False),
        ("-55.0", "-40.0", 30.0, False, False),
        ("-70.0", "-inf", 0.0, False, True),
        ("-70.0", "-90.3", 0.0, False, True),
    ],
)
def test_one_gain_brings_speech_to_the_target_and_a_limiter_only_where_needed(
    *, i: str, peak: str, gain: float, limited: bool, silent: bool
) -> None:
    heard = read_loudness(SUMMARY.format(i=i, peak=peak))
    assert heard is not None

    assert heard.gain == gain
    assert heard.silent is silent
    assert f"volume={gain}dB" in heard.correction()
    assert ("alimiter" in heard.correction()) is limited


def test_no_summary_is_no_measurement() -> None:
    assert read_loudness("nothing") is None
    assert Loudness(-16.0, -3.0).gain == 0.0


def box(kind: str, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\x08ftyp",
        b"\0\0\0\x04ftyp",
        b"\0\0\0\x01ftyp\0\0",
        b"\xff\xff\xff\xffmoov",
        box("ftyp", b"") + box("moov", box("mvex", b"")),
        box("moof", b"") + box("mdat", b""),
    ],
)
def test_bytes_that_are_no_fragments_are_told(data: bytes) -> None:
    with pytest.raises(BrokenFragmentError):
        split(data)


def test_a_segment_without_a_run_cannot_be_delayed() -> None:
    with pytest.raises(BrokenFragmentError):
        delayed(box("mdat", b"x"), 2)


def test_an_init_of_something_else_has_no_codecs() -> None:
    with pytest.raises(BrokenFragmentError):
        codecs(box("ftyp", b"isom"))


def test_a_sharp_well_lit_still_wins_over_black_blur_and_glare() -> None:
    size = (32, 18)
    count = size[0] * size[1]
    black = bytes(count)
    glare = bytes([255]) * count
    blur = bytes(100 + (n % 32) for n in range(count))
    sharp = bytes(60 if (n // 2 + n // 64) % 2 else 180 for n in range(count))

    scores = [score(picture, *size) for picture in (black, glare, blur, sharp)]

    assert best(scores) == 3
    assert scores[0] == scores[1] == 0
    assert best([]) is None
    assert score(b"short", *size) == 0


def test_candidates_begin_at_the_start_and_stay_inside() -> None:
    assert moments(Fraction(1)) == [0]
    found = moments(Fraction(100))
    assert found[0] == 0
    assert all(0 <= moment < 100 for moment in found)
