"""What inspection says of odd recordings."""

import tempfile
from fractions import Fraction
from pathlib import Path

import pytest

from functions.video.facts import MediaFacts
from functions.video.ffmpeg import FFmpeg
from functions.video.inputs import MediaInput
from functions.video.inspect.logic import SMALL, Inspector
from functions.video.inspect.streams import RefusedError
from functions.video.media import Source
from tests.media.odd_inputs import ffmpeg, path
from tests.media.pipeline import ffmpeg_path, inspect_file, render

pytestmark = pytest.mark.media


def codes(source: Source) -> set[str]:
    return {warning.code for warning in source.warnings}


@pytest.mark.parametrize(
    ("name", "warnings"),
    [
        ("plain", set()),
        ("vfr", {"variable_frame_rate"}),
        ("portrait", {"rotated"}),
        ("hdr", {"hdr_converted", "no_audio"}),
        ("interlaced", {"deinterlaced", "no_audio", "pixels_not_square"}),
        ("slow", {"low_frame_rate", "frame_rate_changed", "no_audio"}),
        ("damaged", {"damaged", "variable_frame_rate"}),
        ("two_tracks", {"several_audio_streams", "several_video_streams"}),
        ("fast", {"frame_rate_changed", "no_audio"}),
        ("six_channels", {"downmixed"}),
        ("cover_art", {"no_video"}),
        ("audio_only", {"no_video"}),
    ],
)
def test_what_a_user_may_want_to_know(name: str, warnings: set[str]) -> None:
    assert codes(inspect_file(path(name))) == warnings


def test_rotation_and_pixel_aspect_are_taken_into_the_size() -> None:
    turned, squeezed = inspect_file(path("portrait")).video, inspect_file(path("interlaced")).video
    assert turned is not None
    assert squeezed is not None
    assert (turned.width, turned.height, turned.rotation) == (360, 640, 90)
    assert (squeezed.width, squeezed.height) == (384, 288)


def test_times_are_the_containers_own() -> None:
    late, opus = inspect_file(path("late_picture")), inspect_file(path("browser"))
    assert late.video is not None
    assert late.audio is not None
    assert late.video.first_tick * late.video.time_base == Fraction("1.3")
    assert late.audio.start == 0
    assert opus.duration_ms in range(8_990, 9_030)  # no duration is stated in the file


@pytest.mark.parametrize(
    "name",
    ["plain", "ntsc_open_gop", "film_mkv", "transport", "avi", "vfr", "browser", "edit_list",
     "late_picture", "stills", "audio_only", "flashes"],
)  # fmt: skip
def test_a_large_file_is_judged_by_its_start_middle_and_end_alike(name: str) -> None:
    whole = inspect_file(path(name))
    with tempfile.TemporaryDirectory() as folder:
        parts = Inspector(
            tool=FFmpeg(ffmpeg_path()),
            source=MediaInput.of_file(path(name)),
            folder=Path(folder),
            size=SMALL + 1,  # as if it were too large to be read whole
            head=path(name).read_bytes()[:4096],
        ).inspect()

    assert parts.model_dump(exclude={"bytes", "video"}) == whole.model_dump(
        exclude={"bytes", "video"}
    )
    if whole.video is not None:
        assert parts.video is not None
        exclude = {"keyframe_gap_ms"} | ({"cadence"} if name == "stills" else set())
        assert parts.video.model_dump(exclude=exclude) == whole.video.model_dump(exclude=exclude)


@pytest.mark.parametrize(
    ("name", "told"), [("silence", {"silent"}), ("audio_loud", {"no_video"}), ("plain", set()),
                       ("audio_clipped", {"no_video", "clipped"})]
)  # fmt: skip
def test_what_only_listening_tells_stands_with_the_rest(
    name: str, told: set[str], tmp_path: Path
) -> None:
    made = render(path(name), tmp_path)

    facts = MediaFacts.of(made.source, made.plan, made.manifest)

    assert {warning.code for warning in facts.warnings} == told
    assert [each.name for each in facts.renditions] == [r.name for r in made.manifest.renditions]


WORDS = "1\n00:00:00,000 --> 00:00:01,000\nhello\n"


def beside(folder: Path, made: Path, *options: str) -> Path:
    """Write one frame and a tone with subtitles beside them."""
    (folder / "words.srt").write_text(WORDS)
    ffmpeg("-i", str(path("plain")), "-i", str(folder / "words.srt"), "-map", "0", "-map", "1",
           "-t", "1", "-c", "copy", *options, str(made))  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("name", "codec"), [("x.mkv", "srt"), ("x.mkv", "ass"), ("x.mp4", "mov_text")]
)
def test_subtitles_which_nobody_decodes_are_no_reason_to_refuse(
    name: str, codec: str, tmp_path: Path
) -> None:
    source = inspect_file(beside(tmp_path, tmp_path / name, "-c:s", codec))

    assert source.video is not None
    assert source.audio is not None
    assert (source.video.codec, source.audio.codec) == ("h264", "aac")


def test_a_cover_of_a_kind_that_is_not_decoded_is_no_reason_to_refuse(tmp_path: Path) -> None:
    cover, song = tmp_path / "cover.png", tmp_path / "song.mp3"
    ffmpeg("-i", str(path("plain")), "-frames:v", "1", str(cover))
    ffmpeg("-i", str(path("plain")), "-i", str(cover), "-map", "0:a", "-map", "1", "-c:a",
           "libmp3lame", "-c:v", "copy", "-disposition:v", "attached_pic", str(song))  # fmt: skip

    assert codes(inspect_file(song)) == {"no_video"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("picture.avi", ["-c:v", "zmbv", "-c:a", "copy"]),
        ("sound.mkv", ["-c:v", "copy", "-c:a", "g722", "-ar", "16000", "-ac", "1"]),
    ],
)
def test_what_is_coded_in_another_way_is_refused_by_that(
    name: str, options: list[str], tmp_path: Path
) -> None:
    ffmpeg("-i", str(path("plain")), "-t", "0.2", *options, str(tmp_path / name))

    with pytest.raises(RefusedError) as refusal:
        inspect_file(tmp_path / name)

    assert refusal.value.code == "unsupported_codec"
