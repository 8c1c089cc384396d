"""Judges a probe: what the picture is, and how many bits it needs in which size.

What it is:

- **A screen share** has letters on plain ground. A block of 16 x 16 looks like letters when it has
  strong contrast and one single level of gray fills a third of it; nature has gradients and noise
  between its darkest and its brightest. It is a screen when such blocks fill a tenth of the
  picture (libaom's `estimate_screen_content` asks for a tenth of blocks of few colours; exact
  colours, as it counts them, are lost where a picture was compressed before) and a quarter is
  empty.
  Measured: slides 18-23 %, documents 46-52 %, filmed and drawn scenes at most 5 %.
- **A talking head** hardly moves before something that does not: all the changes of a second take
  fewer bits than one whole picture (the ratio of inter to intra cost, by which x264 itself looks
  for scene cuts). Measured: 0.3-0.7; slow animation 1.2, a face in a driving car 2.3, action 4-6.

How many bits: the probe's own, with its keyframes as far apart as a rendition's. Between and beyond
its sizes bits grow by a power of the number of pixels: the one measured between the two sizes, or
0.75 (the encoders' rule of thumb after Ben Waggoner) when there is only one.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from functions.video.media import SEGMENT_SECONDS, Content, Probe, ProbedSize, ProbedWindow

BLOCK = 16  # pixels a side
_BLOCKS = 2_000  # at most so many are looked at
_CONTRAST, _NOTHING = 64, 6  # levels of gray, between a block's darkest and its brightest
_LEVEL = 8  # levels that count as one: the noise of compression
_FILLED = BLOCK * BLOCK * 35 // 100
_SCREEN_TEXT, _SCREEN_FLAT = 10.0, 25.0  # percent of the blocks
_TALKING = 1.0  # whole pictures' worth of bits that a second of changes takes
_USUAL_POWER, _POWERS = 0.75, (0.4, 1.1)


def shares(gray: bytes, width: int) -> tuple[float, float]:
    """Return the percentages of blocks that look like letters and of empty ones, in a picture of
    gray bytes, row by row; of a large one every so many blocks are looked at."""
    height = len(gray) // max(1, width)
    corners = [
        y * width + x
        for y in range(0, height - BLOCK + 1, BLOCK)
        for x in range(0, width - BLOCK + 1, BLOCK)
    ]
    step = -(-len(corners) // _BLOCKS) or 1
    # A step that shares a factor with the row's length would look at the same columns only.
    seen = [
        b"".join(gray[at + row * width : at + row * width + BLOCK] for row in range(BLOCK))
        for at in (corners[number] for number in _spread(len(corners), step))
    ]
    if not seen:
        return 0.0, 0.0
    text = sum(_letters(block) for block in seen)
    flat = sum(max(block) - min(block) <= _NOTHING for block in seen)
    return round(100 * text / len(seen), 2), round(100 * flat / len(seen), 2)


def _spread(count: int, step: int) -> list[int]:
    """Return every `step`-th number, each moved within its step, always in the same way."""
    return [
        first + (first // step * 7) % min(step, count - first) for first in range(0, count, step)
    ]


def _letters(block: bytes) -> bool:
    if max(block) - min(block) < _CONTRAST:
        return False
    levels = bytes(value // _LEVEL for value in block)
    return max(levels.count(level) for level in set(levels)) >= _FILLED


def content_of(probe: Probe | None) -> Content:
    """Return what the picture is; `general` when it was not probed."""
    if probe is None or not probe.windows:
        return "general"
    count = len(probe.windows)
    text = sum(window.text for window in probe.windows) / count
    flat = sum(window.flat for window in probe.windows) / count
    if text >= _SCREEN_TEXT and flat >= _SCREEN_FLAT:
        return "screen_share"
    if all(_changes(window, probe.rate) <= _TALKING for window in probe.windows):
        return "talking_head"
    return "general"


def _changes(window: ProbedWindow, rate: Fraction) -> float:
    """Return how many whole pictures a second of changes is worth, in bytes of the largest size."""
    size = window.sizes[0]
    if window.frames < 2:
        return float("inf")  # one picture alone says nothing of changes
    return float(size.other_bytes * rate / (window.frames - 1) / max(1, size.first_bytes))


def needed_kbps(probe: Probe, width: int, height: int) -> float:
    """Return the kbit/s at constant quality of a size, in the probe's hardest window."""
    return max(_needed(window, probe.rate, width * height) for window in probe.windows)


def _needed(window: ProbedWindow, rate: Fraction, pixels: int) -> float:
    bits = [_bits_per_second(size, window.frames, rate) for size in window.sizes]
    areas = [size.width * size.height for size in window.sizes]
    near = min(range(len(areas)), key=lambda number: abs(areas[number] - pixels))
    return bits[near] / 1000 * math.pow(pixels / areas[near], _power(areas, bits))


def _bits_per_second(size: ProbedSize, frames: int, rate: Fraction) -> float:
    """Return what a segment of this size takes: one whole picture, and changes for the rest."""
    count = max(1, round(SEGMENT_SECONDS * rate))
    change = size.other_bytes / (frames - 1) if frames > 1 else 0.0
    return 8 * (size.first_bytes + (count - 1) * change) * float(rate) / count


def _power(areas: Sequence[int], bits: Sequence[float]) -> float:
    if len(areas) < 2 or areas[0] == areas[-1] or min(bits) <= 0:
        return _USUAL_POWER
    power = math.log(bits[0] / bits[-1]) / math.log(areas[0] / areas[-1])
    return min(max(power, _POWERS[0]), _POWERS[1])
