"""Where a card lies in its column of a board: texts whose order is that of the cards.

Fractional indexing, as Figma and Linear use it (D. Greenspan, "Implementing Fractional Indexing",
observablehq.com/@dgreensp/implementing-fractional-indexing): between any two texts there is room
for another, so a move writes one record. Ours has an integer part of fixed width, eight digits to
base 62, so that a card can be put first or last again and again without its text growing; and
random digits at the end, so that two who put cards into one place at once make different texts.

A new card's integer is the time, counted down: it goes on top, and nobody need ask what lies there.

Halving one gap over and over takes a digit for about every six cards. When a text has more than
LONGEST digits, `spread` gives its neighbourhood new texts.
"""

import secrets
from collections.abc import Callable, Sequence

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # in ASCII's order
WIDTH, JITTER, LONGEST = 8, 3, 48
_BASE = len(DIGITS)
_TOP = _BASE**WIDTH
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}

Random = Callable[[int], int]  # a number below the given one


def newest(milliseconds: int, random: Random = secrets.randbelow) -> str:
    """Return the rank of a card made at this time (Unix), before all made earlier."""
    return _integer(_TOP // 2 - milliseconds) + _jitter(random)


def between(before: str | None, after: str | None, random: Random = secrets.randbelow) -> str:
    """Return a rank that sorts after `before` and before `after` (None: the column's ends).
    Raises ValueError when these are not in that order."""
    if before is not None and after is not None and before >= after:
        raise ValueError("there is no room between equal ranks")
    if before is None and after is None:
        return _integer(_TOP // 2) + _jitter(random)
    low = -1 if before is None else _head(before)
    high = _TOP if after is None else _head(after)
    if before is None and high > 0:
        return _integer(high - 1) + _jitter(random)
    if after is None and low < _TOP - 1:
        return _integer(low + 1) + _jitter(random)
    if high - low > 1:
        return _integer((low + high) // 2) + _jitter(random)
    return _midpoint(before or "", after) + _jitter(random)


def spread(
    before: str | None, after: str | None, count: int, random: Random = secrets.randbelow
) -> Sequence[str]:
    """Return ranks for `count` cards in a row between two others, as short as can be: the middle
    one first, then each half."""
    if count == 0:
        return []
    middle = between(before, after, random)
    left = count // 2
    return [
        *spread(before, middle, left, random),
        middle,
        *spread(middle, after, count - left - 1, random),
    ]


def _midpoint(low: str, high: str | None) -> str:
    """Return a text between two, read as fractions to base 62, which begins neither: so it stays
    between them whatever digits follow it."""
    shared = 0
    if high is not None:
        while shared < len(high) and (low[shared : shared + 1] or "0") == high[shared]:
            shared += 1
        if shared:
            return high[:shared] + _midpoint(low[shared:], high[shared:])
    first = _VALUE[low[0]] if low else 0
    last = _VALUE[high[0]] if high else _BASE
    if last - first > 1:
        return DIGITS[(first + last) // 2]
    if high is not None and len(high) > 1:
        # not `high[0]` alone: with digits after it, it might sort after `high`
        return high[0] + _midpoint("", high[1:])
    return DIGITS[first] + _midpoint(low[1:], None)


def _head(rank: str) -> int:
    value = 0
    for digit in rank[:WIDTH].ljust(WIDTH, "0"):
        value = value * _BASE + _VALUE[digit]
    return value


def _integer(value: int) -> str:
    digits = []
    for _ in range(WIDTH):
        value, digit = divmod(value, _BASE)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


def _jitter(random: Random) -> str:
    """Return random digits; the last is no zero."""
    return "".join(DIGITS[random(_BASE)] for _ in range(JITTER - 1)) + DIGITS[1 + random(_BASE - 1)]
