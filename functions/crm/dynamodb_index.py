"""The index kept from the stream: rows and counters that follow each record exactly once.

    pattern                       index  requests                          units
    keep a record's index         table  1 BatchGetItem                    1 RRU per 4 KB (record,
                                                                           INDEXED)
                                         + 1 TransactWriteItems            2 WRU x (INDEXED, rows
                                                                           and counters that differ)
                                                                           + 1 WRU for each strand
      ... nothing differs         table  1 BatchGetItem                    as above
      ... more than 98 differ     table  + 1 TransactWriteItems per 98     as above

    INDEXED    pk W#<workspace>#<id>            sk INDEXED
    row        pk W#<workspace>#<partition…>    sk <sort>#<id>   as `functions.crm.index.Entry`
      gsi3     pk W#<workspace>#<partition…>#OWNER#<member>      sk as the row
      gsi4     pk W#<workspace>#<partition…>#TEAM#<team>         sk as the row
    counter    pk W#<workspace>#<partition…>    sk <sort>        as `functions.crm.index.Portion`

INDEXED says, at every moment, exactly which rows of the record stand and what it has added to
which counters: it is written in the very transaction that writes those, on the condition that
nobody else wrote it since it was read (`revision`). So whatever is delivered twice, out of order
or at the same time, and wherever a process is killed, the next look finds the true difference
between what stands and what should, and a counter never gets the same amount twice. A difference
too large for one transaction is written in several; each leaves INDEXED true.

Two things of a moment that the condition alone would not see:
- A BatchGetItem is no snapshot: the record may be older than INDEXED, which names the `version`
  it was made of; then both are read again. Hence a version that changes no row is noted too.
- Without INDEXED there is nothing to hold a late writer off, so the first write also checks that
  the record still is of the version that was read.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from functions.crm.index import Entry, Image, Indexed, Projection, RowKey, image
from functions.crm.projections import PROJECTIONS
from functions.shared.errors import UnavailableError
from functions.shared.table import (
    MAX_TRANSACTION,
    Check,
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Table,
    Update,
    Write,
)

_ATTEMPTS = 8
_CHUNK = MAX_TRANSACTION - 2  # INDEXED, and the check of the record
_OWN = frozenset({"pk", "sk", "id", "object", "owner_id", "team_id", "expires_at_epoch"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What INDEXED says: which rows stand (with a digest of what they hold), what was added to
    counters, and of which version of the record."""

    revision: int = 0  # 0: there is no such item
    version: int = 0
    rows: Mapping[RowKey, str] = field(default_factory=dict)
    portions: Mapping[RowKey, Mapping[str, int]] = field(default_factory=dict)
    expires: int | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> "Standing":
        """Return what an INDEXED item (None: absent) says."""
        if item is None:
            return cls()
        rows, portions = json.loads(zlib.decompress(item["standing"]))
        return cls(
            item["revision"],
            item["version"],
            {(partition, sort): digest for partition, sort, digest in rows},
            {(partition, sort): amounts for partition, sort, amounts in portions},
            item.get("expires_at_epoch"),
        )

    def with_steps(self, steps: Iterable["Step"]) -> "Standing":
        """Return what stands after some steps."""
        rows, portions = dict(self.rows), dict(self.portions)
        for step in steps:
            if step.amounts is not None:
                portions[step.key] = step.amounts
            elif step.digest is not None:
                rows[step.key] = step.digest
            else:
                del rows[step.key]
        kept = {key: amounts for key, amounts in portions.items() if amounts}
        return replace(self, rows=rows, portions=kept)

    def packed(self) -> bytes:
        """Return rows and portions as INDEXED keeps them: words repeat, so they pack well."""
        rows = [[*key, digest] for key, digest in sorted(self.rows.items())]
        portions = [[*key, amounts] for key, amounts in sorted(self.portions.items())]
        return zlib.compress(json.dumps([rows, portions], separators=(",", ":")).encode(), 6)


class Step(NamedTuple):
    """One difference: the write, and what INDEXED says of its row or counter afterwards."""

    write: Write
    key: RowKey
    digest: str | None = None  # of a row; None: it is gone
    amounts: Mapping[str, int] | None = None  # of a counter; None: this is a row


class Index:
    """The index of one workspace's records."""

    def __init__(
        self,
        table: Table,
        indexed: Indexed,
        projections: Sequence[Projection] = PROJECTIONS,
    ) -> None:
        self._table = table
        self._indexed = indexed
        self._projections = projections

    def refresh(self, record_id: str, *, purged: bool = False) -> None:
        """Make the index say of a record what the projections say of it as it is now; `purged`:
        it is gone for good, or is about to go.

        Raises UnavailableError when others keep writing the same record's index.
        """
        pk = self._table.key(record_id)
        for _ in range(_ATTEMPTS):
            found = self._table.get_many([(pk, "RECORD"), (pk, "INDEXED")], consistent=True)
            item = None if purged else found.get((pk, "RECORD"))
            if self.settle(record_id, item, found.get((pk, "INDEXED"))):
                return
        raise UnavailableError("The record's index is being written by others.")

    def differs(self, item: Item | None, indexed: Item | None) -> bool:
        """Say whether a record's index is not what it should be, as both were read."""
        if item is None:
            return indexed is not None
        standing = Standing.of(indexed)
        wanted = image(item, self._indexed, self._projections)
        return next(self.steps(item, wanted, standing), None) is not None

    def settle(self, record_id: str, item: Item | None, indexed: Item | None) -> bool:
        """Write the difference between what stands and what the record (None: it is gone) should
        have; say whether that was done, False when both must be read again."""
        standing = Standing.of(indexed)
        if item is None or "purged_at" in item:
            return self._write(record_id, None, Image(), standing)
        if item["version"] < standing.version:
            return False
        return self._write(record_id, item, image(item, self._indexed, self._projections), standing)

    def _write(self, record_id: str, item: Item | None, wanted: Image, standing: Standing) -> bool:
        version = item["version"] if item else standing.version
        expires = item.get("expires_at_epoch") if item else None
        steps = list(self.steps(item, wanted, standing))
        told = (standing.version, standing.expires) == (version, expires)
        if not steps and (told if item else not standing.revision):
            return True
        for first in range(0, max(len(steps), 1), _CHUNK):
            chunk = steps[first : first + _CHUNK]
            after = replace(
                standing.with_steps(chunk),
                revision=standing.revision + 1,
                version=version,
                expires=expires,
            )
            last = first + _CHUNK >= len(steps)
            writes = [
                self._indexed_write(record_id, standing, None if last and not item else after),
                *(step.write for step in chunk),
            ]
            if standing.revision == 0 and item:
                writes.append(self._unchanged(item))
            try:
                self._table.transact(writes)
            except ConditionFailedError:
                return False
            standing = after
        return True

    def steps(self, item: Item | None, wanted: Image, standing: Standing) -> Iterator[Step]:
        """Yield the single differences: new rows before old ones, so that a record which moves in
        a list is in two places for a moment rather than in none."""
        for key, entry in wanted.rows.items():
            row = self._row(key, entry, item or {})
            digest = _digest(row)
            if standing.rows.get(key) != digest:
                yield Step(Put(row), key, digest=digest)
        for key in standing.rows:
            if key not in wanted.rows:
                yield Step(Delete(self._key(key)), key)
        for key in {**standing.portions, **wanted.portions}:
            had, has = standing.portions.get(key, {}), wanted.portions.get(key, {})
            added = {name: has.get(name, 0) - had.get(name, 0) for name in {**had, **has}}
            added = {name: amount for name, amount in added.items() if amount}
            if added:
                yield Step(self._add(key, added), key, amounts=has)

    def _row(self, key: RowKey, entry: Entry, item: Item) -> Item:
        row: Item = self._key(key)
        row |= {
            name: item[name] for name in ("id", "object", "owner_id", "team_id") if name in item
        }
        if "expires_at_epoch" in item:
            row["expires_at_epoch"] = item["expires_at_epoch"]
        if entry.strands:
            for index, whose, name in (("gsi3", "OWNER", "owner_id"), ("gsi4", "TEAM", "team_id")):
                if name in item:
                    row[f"{index}pk"] = f"{row['pk']}#{whose}#{item[name]}"
                    row[f"{index}sk"] = row["sk"]
        if taken := _OWN & {name for name, _ in entry.carried}:
            raise ValueError(f"a row has {sorted(taken)} of its own")
        return row | dict(entry.carried)

    def _add(self, key: RowKey, amounts: Mapping[str, int]) -> Update:
        names = {f"#n{position}": name for position, name in enumerate(amounts)}
        values = {f":v{position}": amount for position, amount in enumerate(amounts.values())}
        pairs = ", ".join(f"#n{position} :v{position}" for position in range(len(amounts)))
        return Update(self._key(key), f"ADD {pairs}", None, names, values)

    def _indexed_write(
        self, record_id: str, before: Standing, after: Standing | None
    ) -> Put | Delete:
        key = {"pk": self._table.key(record_id), "sk": "INDEXED"}
        condition, values = "attribute_not_exists(pk)", {}
        if before.revision:
            condition, values = "revision = :revision", {":revision": before.revision}
        if after is None:
            return Delete(key, condition, {}, values)
        expiry = {} if after.expires is None else {"expires_at_epoch": after.expires}
        return Put(
            {
                **key,
                **expiry,
                "revision": after.revision,
                "version": after.version,
                "standing": after.packed(),
            },
            condition,
            {},
            values,
        )

    def _unchanged(self, item: Item) -> Check:
        return Check(
            {"pk": item["pk"], "sk": "RECORD"},
            "#version = :version",
            {"#version": "version"},
            {":version": item["version"]},
        )

    def _key(self, key: RowKey) -> Item:
        return {"pk": self._table.key(key[0]), "sk": key[1]}


def _digest(row: Item) -> str:
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
