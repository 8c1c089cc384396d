"""Records that can be merged into others: found by their old ids, known by their old values.

    pattern                        requests                            units
    get by a merged record's id    + 1 GetItem for each merge of it    0.5 RRU each
    delete, restore, purge         as of others, aliases among the unique values; a purge looks
                                   for a merge at work                 + 2 WRU

A merged record's item stays, deleted and with `merged_into`: it leads from the old id to the new
one. A unique value that it had is an alias of the winner, whose marker is the winner's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from functions.crm.dynamodb_keys import KeyedRecords
from functions.crm.model import CrmRecord, Mergeable
from functions.crm.references import renamed
from functions.shared.errors import ConflictError, NotFoundError
from functions.shared.record import stamp
from functions.shared.records import Also, nothing_else, unlist
from functions.shared.table import Check, ConditionFailedError, Item, Table, Write

R = TypeVar("R", bound=CrmRecord)

MAX_HOPS = 10  # from a merged record's id to what it has become
_CUSTOM = "custom."
_ALIAS = "~"  # `email~ada@a.example`: one of several values of `email`


class MergedError(NotFoundError):
    """There is no such record any more: it has become a part of another, `into`."""

    def __init__(self, detail: str, into: str) -> None:
        super().__init__(detail)
        self.into = into


class MergeableRecords(KeyedRecords[R]):
    """The records of one type; where they are `Mergeable`, merged ones lead to what they were
    merged into."""

    def get(self, record_id: str, *, consistent: bool = False) -> R:
        """As `Records.get`; of a merged record's id returns what it was merged into."""
        for _ in range(MAX_HOPS):
            try:
                return super().get(record_id, consistent=consistent)
            except MergedError as error:
                record_id = error.into
        raise self._absent()

    def _current(self, record_id: str, *, consistent: bool = True) -> R:
        """As `Records._current`; raises ConflictError where a merged record is to be written. To
        the system's own work, which goes by lists that lag, it is gone as a deleted one is."""
        try:
            return super()._current(record_id, consistent=consistent)
        except MergedError as error:
            if consistent and (self._caller.kind != "system" or self._caller.cause is not None):
                self._refuse_merged(error.into)
            raise

    def purge(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> None:
        """As `RestorableRecords.purge`; raises ConflictError while a merge of the record is at
        work, which would go on writing down what it was."""
        if not issubclass(self._kind, Mergeable):
            super().purge(record_id, if_match=if_match, also=also)
            return
        free = Check(lock_key(self._table, record_id), "attribute_not_exists(pk)")
        try:
            super().purge(record_id, if_match=if_match, also=lambda old: [free, *also(old)])
        except ConditionFailedError as error:
            if free not in error.refused:
                raise
            raise merge_running() from error

    def _gone(self, item: Item | None) -> NotFoundError:
        absent = super()._gone(item)
        into = (item or {}).get("merged_into")
        return absent if into is None else MergedError(str(absent), str(into))

    def change(
        self,
        record_id: str,
        edit: Callable[[R], R],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[R] = nothing_else,
    ) -> R:
        """As `Records.change`; an alias that becomes the record's own value changes places with
        that."""
        return super().change(
            record_id,
            lambda old: _swapped(old, edit(old)),
            event=event,
            if_match=if_match,
            also=also,
        )

    def _lying(self, record_id: str) -> R:
        try:
            return super()._lying(record_id)
        except MergedError as error:
            self._refuse_merged(error.into)
            raise

    def _refuse_merged(self, into: str) -> None:
        living = self.get(into)  # absent for who may not see it
        raise ConflictError(
            f"The {self._kind.OBJECT} was merged into {living.id}; write to that one.",
            code="merged",
        )

    def _uniques(self, record: R) -> Mapping[str, Any]:
        own = super()._uniques(record)
        if not isinstance(record, Mergeable) or not record.aliases:
            return own
        # named by the value too: so a value that becomes the record's own, or an alias, stays held
        return {
            f"{field}{_ALIAS}{value}" if field in record.aliases else field: value
            for field, values in {
                **{field: [value] for field, value in own.items()},
                **{
                    field: [*([own[field]] if field in own else []), *known]
                    for field, known in record.aliases.items()
                    if field in self._unique or field.startswith(_CUSTOM)
                },
            }.items()
            for value in values
        }

    def _marker_key(self, field: str, value: Any) -> Item:
        return super()._marker_key(field.partition(_ALIAS)[0], value)

    def _refuse_taken(self, error: ConditionFailedError, fields: list[str], first: int) -> None:
        super()._refuse_taken(error, [each.partition(_ALIAS)[0] for each in fields], first)

    def read(self, item: Mapping[str, Any]) -> R:
        """Return the record that an item of the table is."""
        return self._kind.model_validate(item)

    def would_be(self, new: R, old: R, _others: Sequence[R] = ()) -> R:
        """Return a record's next version as it would be stored when others are merged into it.
        Raises InvalidError when the caller may not make this of it."""
        self._check_ownership(new, old)
        return new

    def stored(self, new: R, event: str, source: str, old: R | None = None) -> Item:
        """Return a record's item, as a change with this meaning writes it; with what else it means
        where it is told what the record was (another owner, stage, score)."""
        known = stamp(f"{self._kind.OBJECT}.{event}", self._caller, source=source)
        further = () if old is None else self._stamps(old, new, event)
        more = [{**each, "source": source} for each in further if each["type"] != known["type"]]
        return self._item(new, [known, *more])

    def back(self, old: R, version: int) -> tuple[R, Sequence[Write]]:
        """Return what a merged record is, at a version, when it comes back as it was, and what
        else is written then. Not all can be as it was: `_revived`."""
        new = self._revived(old)
        return new.model_copy(update={"version": version}), self._passed(old, new)

    def unlisted(self, item: Item) -> None:
        """Take the item of a record that is merged out of all lists, and off the board."""
        unlist(item, self._listed)

    def shown(self, record: R) -> R:
        """Return a record as callers see it."""
        return self._shown(record)

    def known_by(self, record: R) -> dict[str, Any]:
        """Return a record's own values that occur once in a workspace, by their fields."""
        return dict(super()._uniques(record))

    def markers(self, record: R) -> dict[str, Item]:
        """Return the keys of the markers of all its unique values, by their partitions."""
        keys = [self._marker_key(*each) for each in self._uniques(record).items()]
        return {key["pk"]: key for key in keys}


def _swapped(old: R, new: R) -> R:
    if new is old or not isinstance(old, Mergeable) or not isinstance(new, Mergeable):
        return new
    aliases = dict(new.aliases)
    for field, values in old.aliases.items():
        was, value = getattr(old, field, None), getattr(new, field, None)
        if value in values:
            aliases[field] = [each for each in values if each != value] + ([was] if was else [])
    kept = {field: values for field, values in aliases.items() if values}
    return new if kept == new.aliases else new.model_copy(update={"aliases": kept})


def lock_key(table: Table, record_id: str) -> Item:
    """Return the key of a record's lock, there while a merge of it is at work."""
    return {"pk": table.key("MERGING", record_id), "sk": "LOCK"}


def merge_running() -> ConflictError:
    """Return the refusal of what a merge at work stands against."""
    return ConflictError(
        "One of the records is being merged, or separated again; please try later.",
        code="merge_running",
        retry_after=1,
    )


def new_names(error: ConditionFailedError) -> dict[str, str]:
    """Return what the records that stood in the way of a write were merged into; raises the error
    itself when they were not."""
    found = {
        item["id"]: item["merged_into"]
        for item in error.failed.values()
        if item is not None and "merged_into" in item
    }
    if not found:
        raise error
    return found


def under(record: R, names: Mapping[str, str]) -> R:
    """Return a record that names others by these names instead."""
    own = record.model_dump()
    return type(record).model_validate({**own, **renamed(own, names)})
