"""Blocking keys: which records are worth comparing when duplicates are looked for.

Only records that share a key are ever compared. Each key is a row of the index, in a partition of
its own (a block): `ALIKE#<type>#<what>#<digest>`, by the record's name. As a rule a record has five
at most, MAX_KEYS with what it has from records merged into it:

    person (contact, lead)                        company
    email     the mailbox                         site   the domain's name, the company's name as
    phone     the number                                 a domain's (up to 2)
    name      how the first and the last word     name   how the first word sounds, and the first
              sound, in any order                        two (up to 2)
    domain    where they work, and how the last
              word sounds
    company   the record (or its name), and how the last word sounds

How a word sounds is said in `functions.crm.sounds`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from functions.crm.index import Entry, Indexed, Portion, clipped
from functions.crm.likeness import COMPARED, Traits
from functions.crm.sounds import sound

# What it tells of two records that they share such a key.
TELLING = {"email": 8, "phone": 5, "site": 5, "company": 4, "domain": 4, "name": 3}
_MOST = 4  # of addresses and of numbers, each
MAX_KEYS = 2 * _MOST + 5


class Key(NamedTuple):
    """A blocking key: what it is of, and its value."""

    what: str  # email, phone, name, domain, company, site
    value: str

    def partition(self, kind: str) -> tuple[str, ...]:
        """Return where records of this type with the key stand. Digested: a key of a table is no
        place for somebody's address."""
        digest = hashlib.sha256(self.value.encode()).hexdigest()[:32]
        return "ALIKE", kind, self.what, digest


def keys_of(traits: Traits) -> list[Key]:
    """Return a record's keys, each once, the most telling first."""
    found = _of_company(traits) if traits.kind == "company" else _of_person(traits)
    return list(dict.fromkeys(each for each in found if each.value))


def named(traits: Traits) -> str:
    """Return the text by which a record stands in its blocks."""
    return clipped(" ".join(sorted(traits.words)))


def blocks(item: Mapping[str, Any], _indexed: Indexed) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """The projection: a live record's rows, one for each of its keys."""
    if item["object"] not in COMPARED or "deleted_at" in item:
        return (), ()
    traits = Traits.of(item)
    place = named(traits)
    return [Entry(key.partition(item["object"]), place) for key in keys_of(traits)], ()


def _of_person(traits: Traits) -> Iterator[Key]:
    yield from (Key("email", each) for each in sorted(traits.emails)[:_MOST])
    yield from (Key("phone", each) for each in sorted(traits.phones)[:_MOST])
    if not traits.words:
        return
    last = sound(traits.words[-1])
    employers = [("company", traits.company), ("company", " ".join(traits.company_words))]
    employers += [("domain", each) for each in sorted(traits.domains)[:2]]
    yield from (Key(what, f"{each} {last}") for what, each in employers if each)
    yield Key("name", " ".join(sorted({sound(traits.words[0]), last})))


def _of_company(traits: Traits) -> Iterator[Key]:
    yield from (Key("site", each) for each in sorted(traits.sites)[:_MOST])
    yield Key("site", "".join(traits.words))
    heard = [sound(each) for each in traits.words[:2]]
    yield Key("name", " ".join(heard))
    yield from (Key("name", each) for each in heard[:1])
