"""Looking for duplicates in DynamoDB.

    pattern                       index  requests                            units
    duplicates of a record, or    table  1 Query a key, in parallel          0.5 RRU per 4 KB
    of a body                            (as a rule 1 to 5; MAX_KEYS)        of rows of 250 B
                                         + 1 BatchGetItem, where somebody    0.5 RRU a record, 50 at
                                         shares a key                        most
      ... of a body that names a  table  + 1 BatchGetItem                    1 RRU
          company
      ... of records that were    table  + 1 BatchGetItem for each merge     0.5 RRU a record
          merged a moment ago            that lies between
      ... more than MAX_BLOCK     table  + 1 Query for each such key         as above
          share a key
    duplicates of many records    table  1 Query for each key that any of    as above
    (rows of an import)                  them has, 1 BatchGetItem for each
                                         100 that share one

    block    pk W#<workspace>#ALIKE#<type>#<what>#<digest>   sk <name's words>#<id>

The same at a thousand records and at a million: of a block MAX_BLOCK rows are read, and where there
are more, MAX_BLOCK of those whose name has the same words; of all these MAX_COMPARED records are
compared, those that share the most telling keys first. What was left out is said (`Match`).

Rows follow the records, so what was written a moment ago may not be found yet; of two that are made
at the same moment none finds the other.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from functions.crm.blocking import TELLING, Key, keys_of, named
from functions.crm.duplicates import RESOURCES, Candidate, Match, Sought
from functions.crm.dynamodb import dialled, shown, visible
from functions.crm.dynamodb_definitions import definitions_of
from functions.crm.likeness import Similarity, Traits
from functions.shared.caller import Caller
from functions.shared.check import Question, RecordName
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.table import Item, Table

MAX_BLOCK = 100
MAX_COMPARED = 50
_AT_ONCE = 6
_PAGE = 100  # items of a BatchGetItem


class DynamoDuplicates:
    """The duplicates among what one caller sees of a workspace's records of one type."""

    def __init__(
        self,
        table: Table,
        caller: Caller,
        similar: Similarity,
        *,
        block: int = MAX_BLOCK,
        compared: int = MAX_COMPARED,
    ) -> None:
        self._table = table
        self._caller = caller
        self._similar = similar
        self._rows = block  # read of a block
        self._most = compared

    def sought(self, kind: str, body: Sought) -> Match:
        """As `match`, of what is known of a record of this type; raises InvalidError too when it
        names a company that is not there for the caller (1 BatchGetItem more)."""
        known = {**body.model_dump(mode="json"), "object": kind}
        if company := known.get("company_id"):
            names = [RecordName(type="company", id=company)]
            if not visible(self._table, Question.of(self._caller, names), names):
                raise InvalidError(
                    "The request names records that do not exist; see `errors`.",
                    code="unknown_reference",
                    errors=[
                        FieldProblem("/company_id", "unknown_reference", "There is no such record.")
                    ],
                )
        return self.match(known)

    def match(self, record: Mapping[str, Any]) -> Match:
        """Return who may be the same as a record, as it is stored, shown or sent (with its
        `object`, and its `id` when it is there): the likeliest first, of those alike the oldest.

        Who may not read such records finds none. Raises InvalidError when its phone number is none,
        UnavailableError.
        """
        (found,) = self.matches([self._normal(record)])
        return found

    def matches(self, records: Sequence[Mapping[str, Any]]) -> list[Match]:
        """Return, in their order, who may be the same as each of some records of one type, as they
        are stored (each as `match` says; no record is found for another one of them)."""
        kind = records[0]["object"]
        if f"{RESOURCES[kind]}:read" not in self._caller.scopes:
            return [Match((), True, ()) for _ in records]
        traits = [Traits.of(each) for each in records]
        keys = [keys_of(each) for each in traits]
        blocks = self._blocks(kind, keys, [named(each) for each in traits])
        near = [
            self._neighbours(kind, mine, blocks[place], records[place].get("id"))
            for place, mine in enumerate(keys)
        ]
        there = self._there(list(dict.fromkeys(name for each in near for name in each.names)))
        return [
            self._match(records[place].get("id"), traits[place], each, there)
            for place, each in enumerate(near)
        ]

    def _match(
        self, own: str | None, mine: Traits, near: "_Near", there: Mapping[str, Mapping[str, Any]]
    ) -> Match:
        # until the index has heard of a merge, rows of what was merged lead to what it is now
        shown = [there[each.id] for each in near.names if each.id in there]
        living = {each["id"]: each for each in shown if each["id"] != own}
        found = [
            (candidate, living[candidate.id])
            for each in living.values()
            if (candidate := Candidate.of(mine, each, self._similar)) is not None
        ]
        found.sort(key=lambda each: (-each[0].score, each[0].id))
        return Match(found, near.complete, near.overfull)

    def _there(self, names: Sequence[RecordName]) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for first in range(0, len(names), _PAGE):
            some = names[first : first + _PAGE]
            found |= shown(self._table, Question.of(self._caller, some), some)
        return found

    def _normal(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        phone = record.get("phone")
        if phone is None or record.get("id"):
            return record
        return {**record, "phone": dialled(phone, definitions_of(self._table).phone_region)}

    def _neighbours(
        self, kind: str, keys: Sequence[Key], blocks: Sequence["_Block"], own: str | None
    ) -> "_Near":
        weights: dict[str, int] = {}
        overfull: dict[str, None] = {}
        for key, block in zip(keys, blocks, strict=True):
            if block.full:
                overfull[key.what] = None
            for record_id in {row["id"] for row in block.rows if self._sees(row)} - {own}:
                weights[record_id] = weights.get(record_id, 0) + TELLING[key.what]
        order = sorted(weights, key=lambda each: (-weights[each], each))
        names = [RecordName(type=kind, id=each) for each in order[: self._most]]
        complete = not overfull and len(order) <= self._most
        return _Near(names, list(overfull), complete)

    def _blocks(
        self, kind: str, keys: Sequence[Sequence[Key]], names: Sequence[str]
    ) -> list[list["_Block"]]:
        """Return the blocks of each record's keys: each read once, and of those that are too full
        what has the record's name besides."""
        wanted = list(dict.fromkeys(key for mine in keys for key in mine))
        if not wanted:
            return [[] for _ in keys]
        with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
            pages = dict(
                zip(wanted, pool.map(lambda key: self._page(kind, key), wanted), strict=True)
            )
            again = list(
                dict.fromkeys(
                    (key, name)
                    for mine, name in zip(keys, names, strict=True)
                    for key in mine
                    if pages[key].full
                )
            )
            same = dict(
                zip(again, pool.map(lambda each: self._page(kind, *each), again), strict=True)
            )
        return [
            [
                _Block(pages[key].rows + same[key, name].rows, True) if pages[key].full
                else pages[key]
                for key in mine
            ]
            for mine, name in zip(keys, names, strict=True)
        ]  # fmt: skip

    def _page(self, kind: str, key: Key, name: str | None = None) -> "_Block":
        pk = self._table.key(*key.partition(kind))
        begins = None if name is None else f"{name}#"
        page = self._table.query(pk, begins_with=begins, limit=self._rows)
        return _Block(page.items, page.last_key is not None)

    def _sees(self, row: Item) -> bool:
        return self._caller.sees(row.get("owner_id"), row.get("team_id"))


class _Block(NamedTuple):
    """Rows that share a key, and whether there are more."""

    rows: list[Item]
    full: bool


class _Near(NamedTuple):
    """The records to be compared, the kinds of keys that too many share, and whether these are all
    that share a key."""

    names: Sequence[RecordName]
    overfull: Sequence[str]
    complete: bool
