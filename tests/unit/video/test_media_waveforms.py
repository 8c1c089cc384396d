"""The waveform as its readers want it: audiowaveform's JSON, version 2, and the sound's own peaks.

https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md
"""

import json
import struct
import subprocess
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from functions.video import keys
from tests.media.odd_inputs import path
from tests.media.pipeline import ffmpeg_path, render

pytestmark = pytest.mark.media


class Waveform(BaseModel):
    """The document's table of fields for version 2, 8 bits."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[2]
    channels: Annotated[int, Field(ge=1, le=24)]
    sample_rate: Annotated[int, Field(ge=1)]
    samples_per_pixel: Annotated[int, Field(ge=1)]
    bits: Literal[8]
    length: Annotated[int, Field(ge=0)]
    data: list[Annotated[int, Field(ge=-128, le=127)]]


def wave_of(name: str, out: Path) -> dict[str, Any]:
    render(path(name), out)
    found: dict[str, Any] = json.loads((out / keys.WAVEFORM).read_text())
    return found


@pytest.mark.parametrize("name", ["flashes", "six_channels", "audio_clipped", "silence"])
def test_a_waveform_is_in_the_format(name: str, tmp_path: Path) -> None:
    wave = wave_of(name, tmp_path)

    Waveform.model_validate(wave)
    assert len(wave["data"]) == 2 * wave["channels"] * wave["length"]
    lowest, highest = wave["data"][::2], wave["data"][1::2]
    assert all(low <= high for low, high in zip(lowest, highest, strict=True))


def test_its_peaks_are_those_of_the_source(tmp_path: Path) -> None:
    wave = wave_of("flashes", tmp_path)
    rate, step = wave["sample_rate"], wave["samples_per_pixel"]

    sound = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-nostdin", "-i", str(path("flashes")), "-map", "0:a:0",
         "-ac", "1", "-ar", str(rate), "-f", "s16le", "-"], capture_output=True, check=True,
    ).stdout  # fmt: skip

    heard = [value / 256 for (value,) in struct.iter_unpack("<h", sound)]
    pixels = [heard[at : at + step] for at in range(0, len(heard), step)]
    assert abs(len(pixels) - wave["length"]) <= 1
    for number, pixel in enumerate(pixels[: wave["length"] - 1]):
        low, high = wave["data"][2 * number : 2 * number + 2]
        # Where a beep begins within a pixel another resampler may be a sample off.
        near = heard[max(0, number * step - 4) : (number + 1) * step + 4]
        assert min(near) - 3 <= low <= min(pixel, default=0) + 12
        assert max(pixel, default=0) - 12 <= high <= max(near) + 3
    assert max(wave["data"]) > 50
