"""The words by which records are found, and those of a query.

A record is found when each word of the query begins one of its words, compared as
`functions.crm.folding` says. Its words come from these fields:

    names, subjects      what letters, digits and marks make up; apostrophes are left out
                         (O'Brien: obrien). With dots or an @ inside, the whole too (J.R.R, 2.0)
    e-mail addresses     the whole, the parts of the local part, and those of the domain
    domains              the whole, and its labels but for the last
    phone numbers        all digits, those behind a country code of one, two or three digits, the
                         last seven and the last four
    numbers of others    external ids and SKUs, whole

Chinese and Japanese have no spaces: a run of their characters is found by any two that follow each
other, and by any one. Of other scripts one letter alone finds one-letter words only.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.crm.folding import folded

MAX_WORD = 64  # characters; longer ones are found by as many
MAX_QUERY, MAX_WORDS = 200, 10

_APOSTROPHES = re.compile("['’ʼ`´]")
_HAN_OR_KANA = re.compile(
    r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+"
)
_TYPED_NUMBER = re.compile(r"(?<![^\s])[+(0][\d ()/.\-]{4,}\d(?!\w)")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "plain": ("name", "subject", "company_name"),
    "email": ("email",),
    "domain": ("domain", "company_domain"),
    "phone": ("phone",),
    "whole": ("external_id", "sku"),
}


def words_of(item: Mapping[str, Any]) -> list[str]:
    """Return the words by which a record is found, each once, in order."""
    found: set[str] = set()
    for kind, fields in _FIELDS.items():
        for field in fields:
            value = item.get(field)
            if isinstance(value, str):
                found.update(_WORDS[kind](value))
    # folding can make several words of one letter (U+FDFA)
    return sorted({part[:MAX_WORD] for each in found for part in each.split()})


def query_words(text: str) -> list[str]:
    """Return the words that a query asks for, each once, at most MAX_WORDS + 1."""
    found: list[str] = []

    def number(match: re.Match[str]) -> str:
        digits = _digits(match[0]).lstrip("0")
        if len(digits) < 4:
            return match[0]
        found.append(digits)
        return " "

    for chunk in _TYPED_NUMBER.sub(number, text).split():
        whole = _whole(chunk)
        found += [whole] if whole else _pairs(parts(chunk), asked=True)
    words = (part[:MAX_WORD] for each in found for part in each.split())
    return list(dict.fromkeys(words))[: MAX_WORDS + 1]


def found_by(words: Sequence[str], asked: Sequence[str]) -> bool:
    """Say whether each word asked for begins one of these."""
    return all(any(each.startswith(wanted) for each in words) for wanted in asked)


def bucket(word: str) -> str:
    """Return the part of the postings that a word lies in: that of its first two characters, of
    its first where characters are words."""
    return word[:1] if _HAN_OR_KANA.match(word) else word[:2]


def _plain(text: str) -> Iterator[str]:
    for chunk in text.split():
        yield _whole(chunk)
        yield from _pairs(parts(chunk))


def _email(text: str) -> Iterator[str]:
    local, _, domain = text.rpartition("@")
    yield folded(text)
    yield from _pairs(parts(local))
    yield from _domain(domain)


def _domain(text: str) -> Iterator[str]:
    yield folded(text)
    for label in text.split(".")[:-1]:
        yield from parts(label)


def _phone(text: str) -> Iterator[str]:
    digits = _digits(text)
    yield digits
    for behind in (1, 2, 3):
        if len(digits) - behind >= 4:
            yield digits[behind:]
    for last in (7, 4):
        yield digits[-last:]


def _one(text: str) -> Iterator[str]:
    yield folded("".join(text.split()))
    yield from _plain(text)


_WORDS = {"plain": _plain, "email": _email, "domain": _domain, "phone": _phone, "whole": _one}


def _digits(text: str) -> str:
    return "".join(each for each in text if "0" <= each <= "9")


def _whole(chunk: str) -> str:
    """Return a chunk that belongs together, such as `ada@example.com` or `2.0`; else nothing."""
    bare = folded(_APOSTROPHES.sub("", chunk)).strip(',;:!?()[]<>"@.')
    inside = any(each in "@." for each in bare)
    return bare if inside and not _HAN_OR_KANA.search(bare) else ""


def parts(text: str) -> list[str]:
    """Return what letters, digits and marks of a text make up, folded, in order."""
    letters = (
        each if each.isalnum() or unicodedata.category(each)[0] == "M" else " "
        for each in folded(_APOSTROPHES.sub("", text))
    )
    return "".join(letters).split()


def _pairs(parts: list[str], *, asked: bool = False) -> list[str]:
    """Take runs of Han characters and kana apart; a query of two or more asks for the pairs."""
    found = []
    for part in parts:
        place = 0
        for run in _HAN_OR_KANA.finditer(part):
            found.append(part[place : run.start()])
            text, place = run[0], run.end()
            found += [text[at : at + 2] for at in range(len(text) - 1)]
            if not asked or len(text) == 1:
                found.append(text[-1])
        found.append(part[place:])
    return [each for each in found if each]
