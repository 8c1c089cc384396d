"""What goes with a record that is gone for good.

    pattern                       index  requests                            units (1 KB items)
    sweep what belonged to one    table  1 GetItem (its item)                1 RRU
                                         + 1 GetItem (merged into it?)       1 RRU
                                         + 1 GetItem and 1 PutItem for each  1 RRU + 1 WRU
                                           record that was merged into it
                                         + 1 Query for 50 associations       1 RRU per 4 KB
                                           and 1 TransactWriteItems each     2 WRU x 4
                                  gsi2   + 1 Query (what merges kept of it)  0.5 RRU per 4 KB
                                           and 1 TransactWriteItems in 50    2 WRU an item
                                  table  + for each partition 1 Query and 1  1 RRU + 2 WRU an item
                                           TransactWriteItems in 50 items
                                         + 1 DeleteItem                      1 WRU

It is done minutes after the end: entries of the record's last moments are on their way until then.
Its rows in lists and searches go by the event of its end (`dynamodb_index`), its links from videos
likewise (video/relink).

A record that was merged into it is purged as well, with an event of its own that leads here again:
what it was is what the record was. Associations go without events of their own, as visits and
entries do: the record's end says it, and what would be told on its timeline would come too late.
"""

from collections.abc import Callable, Iterator

from functions.crm.associations import Association, place
from functions.crm.dynamodb_lifecycle import JOURNALLED, MERGED, remains
from functions.crm.timeline import TimelineEntry, about, places
from functions.shared.caller import Caller
from functions.shared.table import (
    MAX_TRANSACTION,
    ConditionFailedError,
    Delete,
    Item,
    Table,
    Update,
    Write,
)

# Partitions that are one record's, `W#<workspace>#<name>#<id>`, and go with it and its own.
OWN = ("TIMELINE", "VISITS", "ASSOCIATED")
# Of what lies beside the record: itself, which goes last, and what the index has of it, which goes
# with the index's rows.
_OTHERS = ("RECORD", "INDEXED")
_AT_ONCE = 50  # items read

InTime = Callable[[], bool]


def sweep(table: Table, caller: Caller, record_id: str, in_time: InTime) -> bool:
    """Remove what belongs to a record that is gone for good, its last trace at the end; whatever
    of it is removed already does not matter. Returns False when there was no time to finish, and
    touches nothing of a record that is there.

    Raises UnavailableError.
    """
    home = table.key(record_id)
    item = table.get(home, "RECORD", consistent=True)
    if item is not None and "purged_at" not in item:
        return True
    _purge_merged(table, caller, record_id)
    if not (_part(table, record_id, in_time) and _forget_merges(table, record_id, in_time)):
        return False
    for partition in (home, *(table.key(name, record_id) for name in OWN)):
        while True:
            if not in_time():
                return False
            found = table.query(partition, limit=_AT_ONCE, consistent=True)
            keys = {key: None for each in found.items for key in _standing(table, each, record_id)}
            _delete(table, list(keys))
            if found.last_key is None:
                break
    if item is not None:
        table.try_write(Delete({"pk": home, "sk": "RECORD"}, "attribute_exists(purged_at)"))
    return True


def _purge_merged(table: Table, caller: Caller, record_id: str) -> None:
    names = table.get(table.key("TIMELINE", record_id), MERGED, consistent=True) or {}
    for each in names.get("record_ids", ()):
        item = table.get(table.key(each), "RECORD", consistent=True)
        if item is not None and "merged_into" in item and "purged_at" not in item:
            table.try_write(remains(table, each, item["object"], item["version"], caller))


def _part(table: Table, record_id: str, in_time: InTime) -> bool:
    """Remove a record's associations, from both ends; say whether that was all."""
    pk = table.key("ASSOCIATIONS", record_id)
    while True:
        found = table.query(pk, limit=_AT_ONCE, consistent=True)
        for item in found.items:
            if not in_time():
                return False
            row = Association.model_validate(item)
            writes: list[Write] = [
                Delete({"pk": pk, "sk": item["sk"]}, "id = :id", values={":id": row.id}),
                Delete({"pk": table.key("ASSOCIATIONS", row.to.id), "sk": place(row.turned())}),
                Delete({"pk": table.key(row.id), "sk": "RECORD"}),
                Update(
                    {"pk": table.key("ASSOCIATED", row.to.id), "sk": "COUNT"},
                    "ADD living :change",
                    values={":change": -1},
                ),
            ]
            try:
                table.transact(writes)
            except ConditionFailedError:
                continue  # parted, or given another label, since: the next look knows
        if not found.items:
            return True


def _forget_merges(table: Table, record_id: str, in_time: InTime) -> bool:
    """Remove what merges keep of what a record was; say whether that was all."""
    pk, start = table.key(JOURNALLED, record_id), None
    while in_time():
        found = table.query(pk, index="gsi2", limit=_AT_ONCE, start=start)
        _delete(table, [(each["pk"], each["sk"]) for each in found.items])
        start = found.last_key
        if start is None:
            return True
    return False


def _delete(table: Table, keys: list[tuple[str, str]]) -> None:
    deletes = [Delete({"pk": pk, "sk": sk}) for pk, sk in keys]
    for first in range(0, len(deletes), MAX_TRANSACTION):
        table.transact(deletes[first : first + MAX_TRANSACTION])


def _standing(table: Table, item: Item, record_id: str) -> Iterator[tuple[str, str]]:
    """Yield the keys at which one of a record's items stands: an entry of its timeline that is
    about the record itself stands on those of the records that it names, too, and one about a
    video or its shares on those of the records that it was linked to."""
    if item["sk"] in _OTHERS:
        return
    if item.get("object") == "timeline_entry":
        entry = TimelineEntry.model_validate(item)
        if about(entry) == record_id:
            for each in places(entry):
                if each != record_id:
                    yield table.key("TIMELINE", each), item["sk"]
    yield item["pk"], item["sk"]
