"""How a word sounds, roughly: the classes of its consonants, as Soundex and the Cologne phonetics
have them, for all Latin letters; words of other scripts are what they are.

It is not a library's: the index is made of it, its rows stand for years, and a later release that
hears otherwise would find none of them.
"""

import re

_SOUNDS = (
    (re.compile("sch|sh"), "s"),
    (re.compile("ph"), "f"),
    (re.compile("th|dt"), "t"),
    (re.compile("ch|ck|gh"), "k"),
    (re.compile("tz|ts|cz"), "s"),
)
_CLASSES = str.maketrans("bcdgjqvwxz", "pktkykffss")
_SILENT = re.compile("[aeiouyh]")
_REPEATED = re.compile(r"(.)\1+")
_LATIN = re.compile("[a-z]+")
_MAX_SOUND = 8


def sound(word: str) -> str:
    """Return how a folded word sounds, roughly: Meier and Mayr are one, as are John and Jon."""
    if not _LATIN.fullmatch(word):
        return word
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    heard = _REPEATED.sub(r"\1", word.translate(_CLASSES))
    first = "a" if heard[0] in "aeiouh" else heard[0]
    return (first + _REPEATED.sub(r"\1", _SILENT.sub("", heard[1:])))[:_MAX_SOUND]
