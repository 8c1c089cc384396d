"""Text as it is compared: for sorting by name, and for finding words.

Folded text is lower case (Unicode's case folding), in compatibility form (NFKD: full-width and
ligatures are plain letters) and without the marks that people leave out when they type: the
diacritics of Latin, Greek and Cyrillic letters, Hebrew points, Arabic vowel marks. What carries
meaning stays: the vowel signs of Indic scripts, the voicing marks of kana. The result is composed
again (NFKC), so Hangul and kana are whole characters.
"""

import struct
import unicodedata

_MARKS = frozenset(map(chr, [*range(0x300, 0x370), *range(0x591, 0x5C8), *range(0x64B, 0x660)]))
# Letters that Unicode does not decompose, as people type them without.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h",
     "ŧ": "t", "ŋ": "n"}
)  # fmt: skip


def folded(text: str) -> str:
    """Return a text as it is compared; folding again changes nothing."""
    if text.isascii():
        return text.lower()
    for _ in range(8):  # twice is enough for every character there is
        spread = unicodedata.normalize("NFKD", text).casefold()
        spread = unicodedata.normalize("NFKD", spread)
        bare = "".join(letter for letter in spread if letter not in _MARKS)
        done = unicodedata.normalize("NFKC", bare.translate(_PLAIN))
        if done == text:
            break
        text = done
    return text


def ordered(number: float) -> str:
    """Return a number as 16 hexadecimal digits that sort as the numbers do (a double's bits, the
    sign turned round; whole numbers are exact up to 2^53)."""
    (bits,) = struct.unpack(">Q", struct.pack(">d", float(number) + 0.0))  # -0.0 is 0.0
    return f"{bits ^ (2**64 - 1 if bits >> 63 else 1 << 63):016x}"
