"""Loudness (EBU R128): reads FFmpeg's measurement and decides on the correction."""

import re
from dataclasses import dataclass

TARGET = -16.0  # LUFS
CEILING = -2.0  # dBFS of samples, which keeps true peaks below -1 dBTP
MOST_GAIN = 30.0  # dB: what is quieter is noise, and stays noise
_SILENT_LOUDNESS = -60.0
_SILENT_PEAK = -55.0
_FLOOR = -120.0  # dB, for what FFmpeg prints as -inf
_INTEGRATED = re.compile(r"^\s+I:\s+(-?[\d.]+|-?inf|nan) LUFS", re.MULTILINE)
_PEAK = re.compile(r"^\s+Peak:\s+(-?[\d.]+|-?inf|nan) dBFS", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS and highest sample in dBFS."""

    integrated: float
    peak: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear, and so nothing to transcribe."""
        return self.integrated <= _SILENT_LOUDNESS or self.peak <= _SILENT_PEAK

    @property
    def gain(self) -> float:
        """Return the gain in dB that brings it to the target."""
        return 0.0 if self.silent else round(min(MOST_GAIN, TARGET - self.integrated), 2)

    def correction(self) -> str:
        """Return the FFmpeg filters of the correction.

        One constant gain for the whole recording, so nothing pumps; a limiter joins only where
        the gain would push peaks over the ceiling.
        """
        volume = f"aformat=sample_fmts=fltp,volume={self.gain}dB"
        if self.peak + self.gain <= CEILING:
            return volume
        limit = 10 ** (CEILING / 20)
        return f"{volume},alimiter=limit={limit:.4f}:attack=5:release=80:level=false:latency=true"


def read_loudness(log: str) -> Loudness | None:
    """Parse the summary of FFmpeg's `ebur128` filter, None when there is none."""
    integrated, peak = _INTEGRATED.findall(log), _PEAK.findall(log)
    if not integrated or not peak:
        return None
    return Loudness(_number(integrated[-1]), max(_number(text) for text in peak))


def _number(text: str) -> float:
    return _FLOOR if text in ("-inf", "inf", "nan") else float(text)
