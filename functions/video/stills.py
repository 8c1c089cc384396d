"""Judges pictures by their bytes: which of a few stills is the best poster."""

import math
from collections.abc import Sequence
from fractions import Fraction


def moments(duration: Fraction) -> list[Fraction]:
    """Return the times (seconds from the start) of the candidates; the first is the start.

    The best picture of a recording is rarely its first, and a title is not its middle.
    """
    shares = (Fraction(1, 20), Fraction(1, 5), Fraction(2, 5), Fraction(3, 5))
    return [Fraction(0), *(duration * share for share in shares if duration > 2)]


def score(gray: bytes, width: int, height: int) -> float:
    """Return how good a picture of `width * height` gray bytes is: sharp, and well lit.

    Sharpness is the mean absolute Laplacian, dampened so that noise or text does not win by
    itself; what is nearly black, white or of one tone counts for almost nothing.
    """
    if len(gray) != width * height or width < 3 or height < 3:
        return 0.0
    mean = sum(gray) / len(gray)
    spread = sum(abs(value - mean) for value in gray) / len(gray)
    edges = _sharpness(gray, width, height)
    light = max(0.0, 1 - abs(mean - 118) / 118)
    return math.sqrt(edges) * min(spread, 40.0) * (0.1 + light)


def _sharpness(gray: bytes, width: int, height: int) -> float:
    total = 0
    for row in range(1, height - 1):
        at = row * width
        middle, up, down = gray[at : at + width], gray[at - width : at], gray[at + width :]
        total += sum(
            abs(4 * middle[x] - middle[x - 1] - middle[x + 1] - up[x] - down[x])
            for x in range(1, width - 1)
        )
    return total / ((width - 2) * (height - 2))


def best(scores: Sequence[float]) -> int | None:
    """Return the position of the highest score, the earliest of equals; None without any."""
    return max(range(len(scores)), key=lambda i: scores[i]) if scores else None
