"""Search: the postings that the index has of each record, and what a query may ask for.

A posting is a row in the partition of its word's first characters, so that postings spread over
thousands of partitions; products and activities have partitions of their own. In a partition they
stand by word, and of one word the newest record first. So results come in this order: of the word
that is read, whole matches before longer words, those in alphabetical order; of one word the
newest first.

A posting carries all words of its record, so the other words of a query are checked without
reading the record. A record of which several words begin with the word that is read is shown once,
at the first of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.crm.index import Entry, Indexed, Portion
from functions.crm.product import RECORDS
from functions.crm.words import bucket, words_of

# Types of records, with the resource whose read scope a caller needs to find them.
SEARCHED: Mapping[str, str] = {
    "contact": "contacts",
    "company": "companies",
    "lead": "leads",
    "deal": "deals",
    "product": "products",
    "activity": "activities",
}
MODELS = RECORDS
# Types whose postings share partitions; activities are found only when they are asked for.
FAMILIES: Mapping[str, str] = {"product": "product", "activity": "activity"}
COMMON = "record"
USUAL: Sequence[str] = [each for each in SEARCHED if each != "activity"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # of ids
_BACKWARDS = str.maketrans(_ALPHABET, _ALPHABET[::-1])


def postings(
    item: Mapping[str, Any], _indexed: Indexed
) -> tuple[Iterable[Entry], Iterable[Portion]]:
    """The projection: a live record's postings."""
    if item["object"] not in SEARCHED or "deleted_at" in item:
        return (), ()
    words = words_of(item)
    family = FAMILIES.get(item["object"], COMMON)
    carried = (("words", " ".join(words)),)
    return [
        Entry(partition(family, word), place(word, item["id"]), family != "product", carried)
        for word in words
    ], ()


def partition(family: str, word: str) -> tuple[str, ...]:
    """Return where the postings of words that begin like this lie."""
    return "FIND", family, bucket(word)


def place(word: str, record_id: str) -> str:
    """Return a posting's sort text: by word, the newest record first."""
    born = record_id.partition("_")[2][:10]  # the first 50 bits of an id are its time
    return f"{word}#{born.translate(_BACKWARDS)}"


def first_place(words: Sequence[str], asked: str, record_id: str) -> str:
    """Return the sort key of the posting at which a record is shown for a word asked for."""
    first = min((each for each in words if each.startswith(asked)), default="")
    return f"{place(first, record_id)}#{record_id}"
