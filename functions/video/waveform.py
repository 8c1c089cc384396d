"""The waveform: peaks of the sound as JSON, in the data format of BBC's audiowaveform (version 2).

    {"version": 2, "channels": 1, "sample_rate": 8000, "samples_per_pixel": 400, "bits": 8,
     "length": n, "data": [min, max, min, max, …]}        values -128 to 127

Format: https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md; Peaks.js and
wavesurfer.js read it.
"""

from array import array
from typing import Any, BinaryIO

RATE = 8_000  # Hz, of the copy that is measured: what the eye sees needs no more
MAX_PIXELS = 8_000  # about 50 KB of JSON for a recording of any length
FINEST = 400  # samples, a twentieth of a second


def samples_per_pixel(samples: int) -> int:
    """Return how many samples make a pixel: FINEST, or more for a long recording."""
    return max(FINEST, -(-samples // MAX_PIXELS))


def peaks(sound: BinaryIO, samples: int) -> dict[str, Any]:
    """Return the waveform of signed 8-bit mono sound at RATE; reads it once, pixel by pixel."""
    step = samples_per_pixel(samples)
    data: list[int] = []
    while block := sound.read(step):
        values = array("b", block)
        data += (min(values), max(values))
    return {
        "version": 2,
        "channels": 1,
        "sample_rate": RATE,
        "samples_per_pixel": step,
        "bits": 8,
        "length": len(data) // 2,
        "data": data,
    }
