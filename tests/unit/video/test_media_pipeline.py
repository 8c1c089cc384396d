"""Whole runs on files: what comes out is played by a real HLS client (FFmpeg's), and measured."""

import re
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from functions.video import keys
from functions.video.cmaf import codecs
from functions.video.loudness import Loudness, read_loudness
from functions.video.media import Manifest
from tests.media.odd_inputs import ffmpeg, path
from tests.media.pipeline import Rendered, ffmpeg_path, render

pytestmark = pytest.mark.media


def frames_of(playlist: Path, stream: str = "0:v:0") -> tuple[Fraction, list[int]]:
    """Return the time base and the timestamps of a playlist's decoded frames, as they stand."""
    made = subprocess.run(
        [ffmpeg_path(), "-v", "warning", "-nostdin", "-copyts", "-i", str(playlist), "-map",
         stream, "-fps_mode", "passthrough", "-enc_time_base", "demux", "-f", "framecrc", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert made.stderr == ""
    base = Fraction(re.findall(r"#tb 0: (\S+)", made.stdout)[0])
    rows = [line.split(",") for line in made.stdout.splitlines() if line[0] != "#"]
    return base, [int(row[2]) for row in rows]


def samples_of(file: Path, rate: int = 48_000) -> list[int]:
    """Return the first channel's samples, 16 bit."""
    made = subprocess.run(
        [ffmpeg_path(), "-v", "warning", "-nostdin", "-i", str(file), "-map", "0:a:0", "-ac", "1",
         "-ar", str(rate), "-f", "s16le", "-"], capture_output=True, check=True,
    )  # fmt: skip
    assert made.stderr == b""
    return [sample for (sample,) in struct.iter_unpack("<h", made.stdout)]


def loudness_of(file: Path) -> Loudness:
    made = subprocess.run(
        [ffmpeg_path(), "-v", "info", "-nostdin", "-nostats", "-i", str(file), "-af",
         "ebur128=peak=sample:framelog=quiet", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = read_loudness(made.stderr)
    assert found is not None
    return found


def check_frames(made: Rendered) -> None:
    assert made.plan.video is not None
    timing = made.plan.video.timing
    for rendition in made.manifest.renditions:
        base, ticks = frames_of(made.root / f"{rendition.name}.m3u8")
        times = [tick * base for tick in ticks]
        assert times == [n / timing.rate for n in range(timing.frames)], rendition.name


@pytest.mark.parametrize(
    "name",
    ["ntsc_open_gop", "vfr", "transport", "edit_list", "late_picture", "interlaced", "browser",
     "hdr", "portrait", "odd_size", "tiny", "one_frame", "stills"],
)  # fmt: skip
def test_every_rung_plays_with_exactly_the_planned_frames_at_their_times(
    name: str, tmp_path: Path
) -> None:
    made = render(path(name), tmp_path, chunk_segments=1)

    check_frames(made)
    assert made.manifest.poster
    _, ticks = frames_of(tmp_path / "video.mp4")
    assert len(ticks) == made.manifest.renditions[0].frames
    assert ticks[0] == 0


def test_three_rungs_never_above_the_source_with_equal_headers_in_every_chunk(
    tmp_path: Path,
) -> None:
    made = render(path("hd"), tmp_path, chunk_segments=1)

    assert [(r.name, r.width, r.height) for r in made.manifest.renditions] == [
        ("720p", 1280, 720), ("480p", 854, 480), ("360p", 640, 360),
    ]  # fmt: skip
    check_frames(made)
    for rendition in made.manifest.renditions:
        init = made.store.get_bytes(keys.init(keys.video_folder(rendition.name)))
        assert codecs(init) == rendition.codecs
        assert rendition.codecs.startswith("avc1.6400")
        sizes = [made.store.head(keys.segment(f"v/{rendition.name}", s.index))
                 for s in rendition.segments]  # fmt: skip
        assert sizes == [segment.bytes for segment in rendition.segments]
    planned = made.plan.video
    assert planned is not None
    assert [rung.codecs for rung in planned.rungs] == [r.codecs for r in made.manifest.renditions]


def test_portrait_stays_portrait(tmp_path: Path) -> None:
    made = render(path("portrait"), tmp_path)

    assert [(r.name, r.width, r.height) for r in made.manifest.renditions] == [("360p", 360, 640)]


def test_beeps_and_flashes_stay_together_within_one_frame(tmp_path: Path) -> None:
    made = render(path("flashes"), tmp_path, chunk_segments=1)
    rate = made.manifest.renditions[0].frame_rate
    gray = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", str(tmp_path / "180p.m3u8"), "-vf",
         "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    flashes = [n / rate for n in range(1, len(gray)) if gray[n] > 128 >= gray[n - 1]]
    for file in (tmp_path / "audio.m3u8", tmp_path / "audio.m4a", tmp_path / "video.mp4"):
        sound = samples_of(file)
        beeps, quiet_since = [], -48_000
        for at, sample in enumerate(sound):
            if abs(sample) > 2500:
                if at - quiet_since > 24_000:
                    beeps.append(Fraction(at, 48_000))
                quiet_since = at
        assert len(beeps) == len(flashes) == 8
        for flash, beep in zip(flashes, beeps, strict=True):
            assert abs(flash - beep) < 1 / rate


@pytest.mark.parametrize(("name", "sound"), [("late_picture", Fraction(0)),
                                             ("late_sound", Fraction(7, 10))])  # fmt: skip
def test_sound_and_picture_keep_their_distance(name: str, sound: Fraction, tmp_path: Path) -> None:
    render(path(name), tmp_path)

    samples = samples_of(tmp_path / "audio.m3u8")
    first = next(at for at, sample in enumerate(samples) if abs(sample) > 500)
    assert abs(Fraction(first, 48_000) - sound) < Fraction(1, 30)


@pytest.mark.parametrize("name", ["audio_only", "audio_loud", "plain"])
def test_sound_comes_out_at_minus_16_lufs_without_clipping(name: str, tmp_path: Path) -> None:
    render(path(name), tmp_path)

    heard = loudness_of(tmp_path / "audio.m4a")
    assert abs(heard.integrated - -16) <= 1
    assert heard.peak <= -1


def test_sound_alone_is_a_legal_recording(tmp_path: Path) -> None:
    made = render(path("audio_only"), tmp_path)

    assert made.manifest.renditions == ()
    assert not made.manifest.poster
    assert not made.manifest.mp4
    assert 'CODECS="mp4a.40.2"' in (tmp_path / "master.m3u8").read_text()
    base, ticks = frames_of(tmp_path / "master.m3u8", "0:a:0")
    assert abs(len(ticks) * 1024 * Fraction(1, 48_000) - 9) < Fraction(1, 20)
    assert base * ticks[0] == 0


def test_a_picture_without_sound_has_no_audio_group(tmp_path: Path) -> None:
    made = render(path("no_audio"), tmp_path)

    assert made.manifest.audio is None
    assert "AUDIO" not in (tmp_path / "master.m3u8").read_text()
    check_frames(made)


def test_silence_is_encoded_but_there_is_nothing_to_transcribe(tmp_path: Path) -> None:
    made = render(path("silence"), tmp_path)

    assert made.manifest.audio is not None
    assert made.manifest.audio.silent
    assert not made.store.exists(keys.SPEECH)


def test_speech_for_transcription_is_16_khz_mono_of_the_whole_length(tmp_path: Path) -> None:
    made = render(path("plain"), tmp_path)

    samples = samples_of(tmp_path / keys.SPEECH, 16_000)
    assert abs(len(samples) - 160_000) <= 1_600
    assert made.manifest.audio is not None
    assert not made.manifest.audio.silent


def test_a_damaged_source_is_rendered_whole_where_it_can_be(tmp_path: Path) -> None:
    made = render(path("damaged"), tmp_path, chunk_segments=1)

    check_frames(made)


def test_six_channels_become_two(tmp_path: Path) -> None:
    made = render(path("six_channels"), tmp_path)

    assert made.manifest.audio is not None
    assert made.manifest.audio.channels == 2


def test_high_dynamic_range_becomes_bt709_in_8_bits(tmp_path: Path) -> None:
    made = render(path("hdr"), tmp_path)
    about = subprocess.run(
        [ffmpeg_path(), "-hide_banner", "-i", str(tmp_path / "video.mp4")],
        capture_output=True, text=True, check=False,
    ).stderr  # fmt: skip

    assert [r.name for r in made.manifest.renditions] == ["360p"]
    assert "yuv420p(tv, bt709" in about


def test_nothing_of_the_source_travels_on_but_picture_and_sound(tmp_path: Path) -> None:
    source = tmp_path / "tagged.mp4"
    ffmpeg("-i", str(path("plain")), "-c", "copy", "-t", "2", "-movflags", "use_metadata_tags",
           "-metadata", "location=+48.8577+002.295/", "-metadata", "comment=secret", str(source),
           )  # fmt: skip
    made = render(source, tmp_path / "out")

    for file in made.root.rglob("*"):
        if file.is_file():
            assert b"48.8577" not in file.read_bytes(), file
            assert b"secret" not in file.read_bytes(), file


def test_rendering_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first = render(path("vfr"), tmp_path / "one", chunk_segments=1)
    again = render(path("vfr"), tmp_path / "two", chunk_segments=1)

    assert first.manifest == again.manifest
    for file in sorted((tmp_path / "one").rglob("*.m4s")):
        assert (
            file.read_bytes()
            == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()
        )


def test_the_manifest_can_be_read_again(tmp_path: Path) -> None:
    made = render(path("one_frame"), tmp_path)

    assert Manifest.model_validate(made.store.get_json(keys.MANIFEST)) == made.manifest
