"""English number words read as numbers: `twelve hundred` is 1200, `forty nine` is 49.

Other languages' number words stay words: there a quote must write amounts as the transcript does.
"""

from collections.abc import Sequence

# A token and the index of the first and the last word it comes from.
Token = tuple[str, int, int]

_TEENS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_UNITS = {word: value for value, word in enumerate(_TEENS.split())}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * value for value, word in enumerate(_DECADES.split(), start=2)}
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_DAYS = (
    "first:1st second:2nd third:3rd fourth:4th fifth:5th sixth:6th seventh:7th eighth:8th "
    "ninth:9th tenth:10th eleventh:11th twelfth:12th thirteenth:13th fourteenth:14th "
    "fifteenth:15th sixteenth:16th seventeenth:17th eighteenth:18th nineteenth:19th twentieth:20th"
)
ORDINALS = dict(pair.split(":") for pair in _DAYS.split())


def counted(tokens: Sequence[Token]) -> list[Token]:
    """Replace runs of number words (and digits before a scale) by one number."""
    counted: list[Token] = []
    at = 0
    while at < len(tokens):
        value, end = _number(tokens, at)
        if value is None:
            counted.append(tokens[at])
            at += 1
        else:
            counted.append((str(value), tokens[at][1], tokens[end - 1][2]))
            at = end
    return counted


def _number(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    """The number that starts at a token and where it ends: groups below 1,000 with scales."""
    total, scale = 0, None
    end = at
    while True:
        group, after = _below_thousand(tokens, end)
        if group is None:
            break
        next_scale = SCALES.get(tokens[after][0]) if after < len(tokens) else None
        if next_scale is None:
            if scale is None or group < scale:
                total, end = total + group, after
            break
        if scale is not None and next_scale >= scale:
            break
        total, scale, end = total + group * next_scale, next_scale, after + 1
    return (total, end) if end > at else (None, at)


def _below_thousand(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    """`forty nine`, `two hundred and fifty`, `twelve hundred`, or digits as written."""
    text = tokens[at][0] if at < len(tokens) else ""
    if text.isdecimal() and text.isascii() and (text == "0" or text[0] != "0"):
        return int(text), at + 1
    value, at = _below_hundred(tokens, at)
    if value is None or at >= len(tokens) or tokens[at][0] != "hundred":
        return value, at
    value, at = value * 100, at + 1
    linked = at + 1 if at < len(tokens) and tokens[at][0] == "and" else at
    rest, after = _below_hundred(tokens, linked)
    ends_here = after >= len(tokens) or tokens[after][0] != "hundred"
    return (value + rest, after) if rest is not None and ends_here else (value, at)


def _below_hundred(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    text = tokens[at][0] if at < len(tokens) else ""
    if text in _UNITS:
        return _UNITS[text], at + 1
    if text not in _TENS:
        return None, at
    unit = _UNITS.get(tokens[at + 1][0], 0) if at + 1 < len(tokens) else 0
    return (_TENS[text] + unit, at + 2) if 0 < unit < 10 else (_TENS[text], at + 1)
