"""Words made comparable: one form for spelling, one for numbers, one for fluent speech.

A quote and a transcript are the same words when their tokens are equal. Each form forgives one
kind of difference and no other: `spelling` forgives case, punctuation and the shape of quotation
marks and apostrophes; `numbers` forgives also how an amount is written (`$1,200`, `1200 dollars`,
`twelve hundred dollars`); `fluent` forgives also hesitations (`um`) and repeated words
(`we we need`). No form maps two different words to one token.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from functions.insight.numerals import ORDINALS, SCALES, Token, counted

_APOSTROPHES = frozenset("'\u2019\u2018\u02bc`")
_INSIDE_NUMBER = frozenset(".,")
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee"}
_CURRENCY_NAMES = frozenset(_CURRENCIES.values())
_CURRENCY_WORDS = {
    "dollars": "dollar",
    "euros": "euro",
    "pounds": "pound",
    "rupees": "rupee",
    "cents": "cent",
}
_HESITATIONS = frozenset(
    ("ah eh er erm hm hmm mhm mm mmm uh uhh uhm um umm " + "ähm äh öhm öh euh ehm").split()
)


def spelling(words: Sequence[str]) -> list[Token]:
    """Tokens of the words as they are spelled."""
    return [(token, i, i) for i, word in enumerate(words) for token in _split(word)]


def numbers(words: Sequence[str]) -> list[Token]:
    """Tokens with every amount in one notation."""
    tokens = [(token, i, i) for i, word in enumerate(words) for token in _amounts(word)]
    for at in range(1, len(tokens) - 1):  # `$5 million` is said `5 million dollars`
        (number, start, _), (currency, _, _), (scale, _, end) = tokens[at - 1 : at + 2]
        if currency in _CURRENCY_NAMES and scale in SCALES and number[0].isdigit():
            tokens[at - 1 : at + 2] = [
                (number, start, end),
                (scale, start, end),
                (currency, start, end),
            ]
    return counted(tokens)


def fluent(words: Sequence[str]) -> list[Token]:
    """Tokens of `numbers` without hesitations and immediate repetitions."""
    said: list[Token] = []
    for token, first, last in numbers(words):
        if token in _HESITATIONS:
            continue
        if said and said[-1][0] == token and not token[0].isdigit():
            said[-1] = (token, said[-1][1], last)
        else:
            said.append((token, first, last))
    return said


@lru_cache(maxsize=20_000)
def _split(word: str) -> tuple[str, ...]:
    """Letters and digits of a word, split at anything else but apostrophes and number marks."""
    text = unicodedata.normalize("NFKC", word).casefold()
    tokens: list[str] = []
    current = ""
    for place, character in enumerate(text):
        if _is_letter(character) or (current and _joins(text, place)):
            if _stands_alone(character):
                tokens += [current, character]
                current = ""
            else:
                current += "'" if character in _APOSTROPHES else character
        else:
            tokens.append(current)
            current = ""
    tokens.append(current)
    return tuple(token for token in tokens if token)


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _stands_alone(character: str) -> bool:
    """Characters of scripts without spaces: one token each, since word borders there vary."""
    point = ord(character)
    return (
        0x0E00 <= point <= 0x0EFF
        or 0x1780 <= point <= 0x17FF
        or 0x3040 <= point <= 0x30FF
        or 0x3400 <= point <= 0x9FFF
        or 0xF900 <= point <= 0xFAFF
    )


def _joins(text: str, place: int) -> bool:
    """An apostrophe between letters (we'll) or a mark between digits (1,200.50) stays inside."""
    if place + 1 >= len(text):
        return False
    before, mark, after = text[place - 1], text[place], text[place + 1]
    if mark in _APOSTROPHES:
        return before.isalpha() and after.isalpha()
    return mark in _INSIDE_NUMBER and before.isdigit() and after.isdigit()


@lru_cache(maxsize=20_000)
def _amounts(word: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", word)
    tokens: list[str] = []
    for token in _split(word):
        tokens += _plain_number(token)
    for sign, name in _CURRENCIES.items():
        if sign in text and tokens:
            tokens.append(name)
    if "%" in text and tokens:
        tokens.append("percent")
    return tuple(tokens)


def _plain_number(token: str) -> list[str]:
    """`1,200.50` → `1200.5`; `50k` → `50000`; a unit written onto its number is split off."""
    if not token[0].isdigit():
        return [_CURRENCY_WORDS.get(token) or ORDINALS.get(token, token)]
    digits = token.replace(",", "") if _grouped(token) else token.replace(",", ".")
    if digits.endswith("k") and digits[:-1].replace(".", "", 1).isdecimal():
        whole, _, part = digits[:-1].partition(".")
        if len(part) <= 3:
            return [str(int(whole + part.ljust(3, "0")))]
    if digits.replace(".", "", 1).isdecimal() and digits.count(".") == 1:
        whole, _, part = digits.partition(".")
        part = part.rstrip("0")
        return [f"{int(whole)}.{part}" if part else str(int(whole))]
    return [digits]


def _grouped(token: str) -> bool:
    """Commas that part thousands: `1,200` and `1,200.50`, but not the decimal comma of `1,5`."""
    whole, _, _ = token.partition(".")
    groups = whole.split(",")
    return all(len(group) == 3 for group in groups[1:])
