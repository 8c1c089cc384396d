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

    block    pk W#<workspace>#ALIKE#<type>#<what>#<digest>   sk <name's words>#<id>

The same at a thousand records and at a million: of a block MAX_BLOCK rows are read, and where there
are more, MAX_BLOCK of those whose name has the same words; of all these MAX_COMPARED records are
compared, those that share the most telling keys first. What was left out is said (`Match`).

Rows follow the records, so what was written a moment ago may not be found yet; of two that are made
at the same moment none finds the other.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from functions.crm.blocking import Key, keys_of, named
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
# What it tells of two records that they share such a key.
_TELLING = {"email": 8, "phone": 5, "site": 5, "company": 4, "domain": 4, "name": 3}


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
        if f"{RESOURCES[record['object']]}:read" not in self._caller.scopes:
            return Match((), True, ())
        mine = Traits.of(self._normal(record))
        kind, own = record["object"], record.get("id")
        keys = keys_of(mine)
        names, overfull, complete = self._neighbours(kind, keys, named(mine), own)
        if not names:
            return Match((), complete, overfull)
        there = shown(self._table, Question.of(self._caller, names), names)
        # until the index has heard of a merge, rows of what was merged lead to what it is now
        living = {each["id"]: each for each in there.values() if each["id"] != own}
        found = [
            (candidate, living[candidate.id])
            for each in living.values()
            if (candidate := Candidate.of(mine, each, self._similar)) is not None
        ]
        found.sort(key=lambda each: (-each[0].score, each[0].id))
        return Match(found, complete, overfull)

    def _normal(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        phone = record.get("phone")
        if phone is None or record.get("id"):
            return record
        return {**record, "phone": dialled(phone, definitions_of(self._table).phone_region)}

    def _neighbours(
        self, kind: str, keys: Sequence[Key], name: str, own: str | None
    ) -> tuple[list[RecordName], list[str], bool]:
        """Return the records to be compared, the kinds of keys that too many share, and whether
        these are all that share a key."""
        if not keys:
            return [], [], True
        with ThreadPoolExecutor(min(_AT_ONCE, len(keys))) as pool:
            blocks = list(pool.map(lambda key: self._block(kind, key, name), keys))
        weights: dict[str, int] = {}
        overfull: dict[str, None] = {}
        for key, (rows, full) in zip(keys, blocks, strict=True):
            if full:
                overfull[key.what] = None
            for record_id in {row["id"] for row in rows if self._sees(row)} - {own}:
                weights[record_id] = weights.get(record_id, 0) + _TELLING[key.what]
        order = sorted(weights, key=lambda each: (-weights[each], each))
        names = [RecordName(type=kind, id=each) for each in order[: self._most]]
        return names, list(overfull), not overfull and len(order) <= self._most

    def _block(self, kind: str, key: Key, name: str) -> tuple[list[Item], bool]:
        pk = self._table.key(*key.partition(kind))
        page = self._table.query(pk, limit=self._rows)
        if page.last_key is None:
            return page.items, False
        same = self._table.query(pk, begins_with=f"{name}#", limit=self._rows)
        return page.items + same.items, True

    def _sees(self, row: Item) -> bool:
        return self._caller.sees(row.get("owner_id"), row.get("team_id"))
