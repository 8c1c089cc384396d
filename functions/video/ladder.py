"""The ladder: which sizes a source is rendered in, and what each may cost in bits.

Per title, when the source was probed (complexity.py says how many bits a size needs):

- A rung's ceiling is twice what the hardest window needs (Apple's HLS authoring specification,
  1.27: the peak of on-demand video should be no more than 200 % of its average), but at least half
  of what is usual for its size, as the sample may have missed the hardest part, and at most half as
  much again.
- The largest rung and the smallest stay. One between them goes when the one above needs no more
  than 365 kbit/s, what that specification gives 640 x 360 (whoever can play anything can play it),
  or less than 1.5 times as much (it wants neighbours to be 1.5 to 2 times apart): the picture would
  be worse and hardly cheaper.
"""

from collections.abc import Iterable
from fractions import Fraction

from functions.video.complexity import needed_kbps
from functions.video.media import Content, Probe, Rung

# short side: (CRF, most kbit/s at 30 frames/s)
STEPS = {1080: (23, 5000), 720: (23, 2800), 480: (23, 1400), 360: (23, 800)}
# The quality of what is no general material, which `command.py` also tunes the encoder for: so that
# letters gain 0.4 VMAF for 8 % more bytes, and faces lose nothing with 11 % fewer (measured).
_CRF: dict[Content, int] = {"screen_share": 26, "talking_head": 22}
_PEAK = 2.0  # of a rung's need
_CEILINGS = (0.5, 1.5)  # of the usual
_FOR_ALL_KBPS = 365
_APART = 1.5
# H.264 table A-1: level, macroblocks/s, macroblocks per frame, kbit/s of Main (High: x 1.25)
_LEVELS = (
    (10, 1485, 99, 64), (11, 3000, 396, 192), (12, 6000, 396, 384), (13, 11880, 396, 768),
    (20, 11880, 396, 2000), (21, 19800, 792, 4000), (22, 20250, 1620, 4000),
    (30, 40500, 1620, 10000), (31, 108000, 3600, 14000), (32, 216000, 5120, 20000),
    (40, 245760, 8192, 20000), (41, 245760, 8192, 50000), (42, 522240, 8704, 50000),
    (50, 589824, 22080, 135000), (51, 983040, 36864, 240000), (52, 2073600, 36864, 240000),
)  # fmt: skip


def ladder(
    width: int,
    height: int,
    rate: Fraction,
    *,
    probe: Probe | None = None,
    content: Content = "general",
) -> tuple[Rung, ...]:
    """Return the rungs, largest first, for a picture of `width` x `height` square pixels.

    A rung is named by its short side, so portrait keeps its orientation. No rung is larger than
    the source. The steps are 1080, 720, 480 and 360; a source below 360, or one that lies more
    than 15 % above its highest step (and below 1080), also gets its own size. Sizes are even.
    """
    short = max(2, min(width, height) // 2 * 2)
    sides = [side for side in STEPS if side <= short]
    if not sides or (short < max(STEPS) and short * 100 > sides[0] * 115):
        sides.insert(0, short)
    rungs = tuple(_rung(width, height, side, rate, content) for side in sides)
    return rungs if probe is None else tuple(_fitting(rungs, rate, probe))


def _fitting(rungs: tuple[Rung, ...], rate: Fraction, probe: Probe) -> Iterable[Rung]:
    """Yield the rungs that are worth having for what was probed, with their ceilings."""
    above: float | None = None
    for rung in rungs:
        need = needed_kbps(probe, rung.width, rung.height)
        spared = above is not None and (above <= _FOR_ALL_KBPS or above < _APART * need)
        if spared and rung is not rungs[-1]:
            continue
        above = need
        low, high = (share * rung.max_kbps for share in _CEILINGS)
        most = max(150, int(min(max(_PEAK * need, low), high)))
        level = max(rung.level, _level((rung.width, rung.height), rate, most))
        yield rung.model_copy(
            update={"max_kbps": most, "buffer_kbits": most * 3 // 2, "level": level}
        )


def _rung(width: int, height: int, side: int, rate: Fraction, content: Content) -> Rung:
    long = _even(Fraction(max(width, height) * side, min(width, height)))
    long = max(2, min(long, max(width, height) // 2 * 2))
    size = (long, side) if width >= height else (side, long)
    usual, base = STEPS.get(side) or _own(side)
    crf = _CRF.get(content, usual)
    # Wide panoramas and fast rates carry more pixels a second than the step's name says.
    pixels = Fraction(size[0] * size[1], side * side * 16 // 9 or 1)
    factor = max(Fraction(1, 2), pixels) * (Fraction(3, 2) if rate > 32 else 1)
    most = max(150, int(base * min(factor, Fraction(4))))
    return Rung(
        name=f"{side}p",
        width=size[0],
        height=size[1],
        crf=crf,
        max_kbps=most,
        buffer_kbits=most * 3 // 2,
        level=_level(size, rate, most),
    )


def _even(value: Fraction) -> int:
    return int(value / 2 + Fraction(1, 2)) * 2


def _own(side: int) -> tuple[int, int]:
    """Scale the nearest larger step's bit rate by area."""
    step = min((known for known in STEPS if known >= side), default=1080)
    crf, most = STEPS[step]
    return crf, max(150, most * side * side // (step * step))


def _level(size: tuple[int, int], rate: Fraction, kbps: int) -> int:
    blocks = -(-size[0] // 16) * -(-size[1] // 16)
    for level, per_second, per_frame, bits in _LEVELS:
        if blocks <= per_frame and blocks * rate <= per_second and kbps <= bits * 5 // 4:
            return level
    return 62
