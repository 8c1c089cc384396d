"""What is written down of a merge: itself, its progress, its journal's parts, as writes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from functions.crm.dynamodb_lifecycle import JOURNALLED
from functions.crm.dynamodb_mergeable import lock_key
from functions.crm.merging import MAX_REPORTED, Merge
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError
from functions.shared.record import stamp
from functions.shared.table import Check, ConditionFailedError, Item, Put, Table, Update

JOURNAL_SECONDS = 30 * 86_400
SOURCE = "merge"
COUNTED_APART = {"moved", "moved_back", "left", "left_count"}


def journalled(table: Table, record_id: str, merge_id: str) -> Item:
    """Return by what an entry of a merge's journal is found, and removed, when the record that it
    is about is gone for good."""
    return {"gsi2pk": table.key(JOURNALLED, record_id), "gsi2sk": merge_id}


def merge_of(item: Item, progress: Mapping[str, Any]) -> Merge:
    """Return a merge of its item and that of its counts."""
    counts = {
        "moved": {
            "records": progress.get("records", 0),
            "associations": progress.get("associations", 0),
            "videos": progress.get("videos"),
        },
        "moved_back": {
            "records": progress.get("records_back", 0),
            "associations": progress.get("associations_back", 0),
            "videos": progress.get("videos_back"),
        },
    }
    left = {"left": progress.get("left", []), "left_count": progress.get("left_count", 0)}
    return Merge.model_validate({**item, **counts, **left})


def left_of(type_: str, id_: str, reason: str) -> dict[str, str]:
    """Return what an undo says of something that it left as it was."""
    return {"type": type_, "id": id_, "reason": reason}


def progress(
    table: Table,
    merge_id: str,
    left: Sequence[Mapping[str, str]] = (),
    *,
    room: int = MAX_REPORTED,
    **counts: int,
) -> Update:
    """Return the write that counts what moved, and what was left as it was; of the latter `room`
    more are named."""
    names = {f"#{name}": name for name in counts}
    values: dict[str, Any] = {f":{name}": count for name, count in counts.items()}
    values[":expiry"] = int(now().timestamp()) + JOURNAL_SECONDS
    added = [f"#{name} :{name}" for name in counts]
    sets = ["expires_at_epoch = :expiry"]
    if left:
        names["#left"] = "left"
        values |= {":left": list(left)[: max(0, room)], ":none": [], ":many": len(left)}
        sets.append("#left = list_append(if_not_exists(#left, :none), :left)")
        added.append("left_count :many")
    expression = f"SET {', '.join(sets)}" + (f" ADD {', '.join(added)}" if added else "")
    return Update({"pk": table.key(merge_id), "sk": "PROGRESS"}, expression, None, names, values)


def note_videos(table: Table, merge_id: str, moved: int, back: int) -> None:
    """Write down how many videos a merge has moved, and moved back; what was told earlier and
    comes later, or of a merge that is not there, is nothing (1 TransactWriteItems)."""
    key = {"pk": table.key(merge_id), "sk": "PROGRESS"}
    later = "videos_back < :back OR (videos_back = :back AND videos <= :moved)"
    note = Update(
        key,
        "SET videos = :moved, videos_back = :back, expires_at_epoch = :expiry",
        f"attribute_not_exists(videos) OR {later}",
        values={
            ":moved": moved,
            ":back": back,
            ":expiry": int(now().timestamp()) + JOURNAL_SECONDS,
        },
    )
    there = Check({"pk": key["pk"], "sk": "RECORD"}, "attribute_exists(pk)")
    with suppress(ConditionFailedError):
        table.transact([there, note])


def merge_put(
    table: Table, merge: Merge, event: str, caller: Caller, version: int | None = None
) -> Put:
    """Return the write of a merge, with the event that it means; of another version than its
    first, based on the one before."""
    item = {
        **merge.model_dump(mode="json", exclude=COUNTED_APART, exclude_none=True),
        "pk": table.key(merge.id),
        "sk": "RECORD",
        "_events": [stamp(f"merge.{event}", caller)],
    }
    if version is None:
        return Put(item, "attribute_not_exists(pk)")
    return Put(item, "#version = :version", {"#version": "version"}, {":version": version})


def revived(image: Item, current: Item, caller: Caller, event: str) -> Item:
    """Return an image as the version after the current one, with what it means."""
    return {
        **image,
        "version": current["version"] + 1,
        "updated_at": iso(now()),
        "_events": [stamp(f"{image['object']}.{event}", caller, source=SOURCE)],
    }


def lock_put(table: Table, record_id: str, merge_id: str) -> Put:
    """Return the write that keeps other merges off a record."""
    return Put({**lock_key(table, record_id), "merge": merge_id}, "attribute_not_exists(pk)")


def before_put(
    table: Table, merge_id: str, item: Item, was: Mapping[str, Any] | None = None
) -> Put:
    """Return the write of what a record was before a merge; `was`: what lay beside it."""
    return Put(
        {
            "pk": table.key(merge_id),
            "sk": f"BEFORE#{item['id']}",
            "image": item,
            **({"was": was} if was else {}),
            **journalled(table, item["id"], merge_id),
            "expires_at_epoch": int(now().timestamp()) + JOURNAL_SECONDS,
        }
    )


def owned_put(key: Item, was: str, owner: str) -> Put:
    """Return the write that makes the marker of a unique value another record's."""
    return Put({**key, "owner": owner}, "#owner = :was", {"#owner": "owner"}, {":was": was})


def at_version(item: Item, version: int, *, deleted: bool = False) -> Put:
    """Return the write of an item in the place of one version."""
    there = "attribute_exists" if deleted else "attribute_not_exists"
    return Put(
        item,
        f"#version = :version AND {there}(deleted_at)",
        {"#version": "version"},
        {":version": version},
    )


def check_undoable(
    merge: Merge,
    winner: Item | None,
    current: Mapping[str, Item],
    before: Mapping[str, Item],
) -> None:
    """Raise ConflictError when a merge cannot be undone by what its records are now."""
    if winner is None or "purged_at" in winner:
        raise ConflictError("The winner is gone for good.", code="purged")
    if "deleted_at" in winner:
        again = "merged_into" in winner
        raise ConflictError(
            "The winner was merged into another record since; undo that first."
            if again
            else "The winner was deleted since; restore it first.",
            code="merged_again" if again else "winner_deleted",
        )
    if any(
        current.get(each, {}).get("merged_into") != merge.winner_id or each not in before
        for each in merge.loser_ids
    ):
        raise ConflictError("One of the merged records is gone for good.", code="purged")
