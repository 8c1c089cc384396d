"""Hours of silence, whole: nothing is made louder, nothing is lost, nothing is transcribed.

A quarter of an hour in the tests; `SILENT_MINUTES=480` is as long as a recording may be.
"""

import json
import os
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from functions.video import keys
from functions.video.loudness import read_loudness
from functions.video.media import AUDIO_RATE
from functions.video.waveform import MAX_PIXELS
from tests.media.boxes import Header, samples
from tests.media.hls import MediaPlaylist
from tests.media.odd_inputs import ffmpeg
from tests.media.pipeline import ffmpeg_path, render

MINUTES = int(os.environ.get("SILENT_MINUTES", "15"))


def heard(file: Path) -> float:
    """Return the loudest sample in dBFS; what FFmpeg measures of nothing at all is -inf."""
    said = subprocess.run(
        [ffmpeg_path(), "-v", "info", "-nostdin", "-nostats", "-i", str(file), "-af",
         "volumedetect", "-f", "null", "-"],
        capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    return float(said.partition("max_volume:")[2].split()[0])


@pytest.mark.media
@pytest.mark.timeout(60 + 4 * MINUTES)
def test_silence_stays_silent_from_its_first_second_to_its_last(tmp_path: Path) -> None:
    source = tmp_path / "silence.m4a"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", str(60 * MINUTES), "-c:a", "aac",
           "-b:a", "16k", str(source))  # fmt: skip

    made = render(source, tmp_path / "out")

    sound = made.manifest.audio
    assert sound is not None
    assert (sound.silent, sound.gain_db) == (True, 0.0)
    assert not made.store.exists(keys.SPEECH)
    playlist = MediaPlaylist.of(made.root / "audio.m3u8")
    assert playlist.init is not None
    header = Header.of(playlist.init.read_bytes())
    time = 0
    for part in playlist.parts:
        held = samples(header, part.read())
        assert held[0].decoded_at == time
        time += sum(each.duration for each in held)
    length = Fraction(60 * MINUTES)
    assert header.timescale == AUDIO_RATE
    assert abs(Fraction(time, AUDIO_RATE) - length) <= Fraction(1024 + 1024, AUDIO_RATE)
    wave = json.loads((made.root / keys.WAVEFORM).read_text())
    assert wave["length"] <= MAX_PIXELS
    assert set(wave["data"]) <= {-1, 0, 1}
    assert heard(made.root / "audio.m4a") <= -90


@pytest.mark.parametrize(
    ("integrated", "peak"), [("-inf", "-inf"), ("-70.0", "-inf"), ("nan", "-inf"), ("-inf", "-91")]
)
def test_what_has_no_loudness_is_not_made_louder(integrated: str, peak: str) -> None:
    found = read_loudness(f"  Summary:\n    I:   {integrated} LUFS\n    Peak:  {peak} dBFS\n")

    assert found is not None
    assert (found.silent, found.gain) == (True, 0.0)
    assert found.correction() == "aformat=sample_fmts=fltp,volume=0.0dB"
