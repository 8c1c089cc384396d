"""Expansion: `expand=company` shows in full, one level deep, what a record names by id.

All records that a page names are fetched together, each once; what the caller may not read, or
what is gone, is null.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.shared.check import MAX_RECORDS, RecordName
from functions.shared.errors import InvalidError, MalformedError
from functions.shared.validation import escaped

Json = dict[str, Any]
Find = Callable[[Sequence[RecordName]], Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Relation:
    """One name that `expand` knows: which records a shown record names, and where they go."""

    name: str
    names: Callable[[Json], Sequence[RecordName]]
    put: Callable[[Json, Mapping[str, Json]], None]


def to_one(name: str, kind: str) -> Relation:
    """`<name>_id` names a record of a type; it goes to `<name>`."""
    field = f"{name}_id"

    def names(record: Json) -> Sequence[RecordName]:
        return [RecordName(type=kind, id=record[field])] if record.get(field) else []

    def put(record: Json, found: Mapping[str, Json]) -> None:
        record[name] = found.get(record.get(field) or "")

    return Relation(name, names, put)


def to_many(name: str, field: str, kind: str) -> Relation:
    """A list of ids names records of a type; they go to `name`, in the same order."""

    def names(record: Json) -> Sequence[RecordName]:
        return [RecordName(type=kind, id=each) for each in record[field]]

    def put(record: Json, found: Mapping[str, Json]) -> None:
        record[name] = [found.get(each) for each in record[field]]

    return Relation(name, names, put)


def links() -> Relation:
    """`links` names records of several types; each goes to its link's `record`."""

    def names(record: Json) -> Sequence[RecordName]:
        return [RecordName(type=each["type"], id=each["id"]) for each in record["links"]]

    def put(record: Json, found: Mapping[str, Json]) -> None:
        for each in record["links"]:
            each["record"] = found.get(each["id"])

    return Relation("links", names, put)


def chosen(text: str, relations: Sequence[Relation]) -> Sequence[Relation]:
    """Read an `expand` parameter; raises MalformedError, which names what is not known."""
    known = {each.name: each for each in relations}
    asked = dict.fromkeys(each.strip() for each in text.split(","))
    for name in asked:
        if name not in known:
            raise MalformedError(
                f"`expand` names '{escaped(name)}', which is none of: {', '.join(known)}.",
                code="unknown_expansion",
            )
    return [known[name] for name in asked]


def expand(records: Sequence[Json], relations: Sequence[Relation], find: Find) -> None:
    """Put related records into those shown (1 request for all). Raises InvalidError when they
    name more than 100 different ones."""
    wanted = dict.fromkeys(
        name for record in records for relation in relations for name in relation.names(record)
    )
    if len(wanted) > MAX_RECORDS:
        raise InvalidError(
            f"This page names {len(wanted)} records to expand; ask for a smaller `limit`, so that "
            f"there are at most {MAX_RECORDS}.",
            code="expansion_too_large",
        )
    found = find(list(wanted)) if wanted else {}
    for record in records:
        for relation in relations:
            relation.put(record, found)
