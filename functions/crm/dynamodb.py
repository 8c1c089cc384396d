"""The CRM's table: its access patterns and what each costs.

    pattern                     index  requests                               units (1 KB items)
    get one record              table  1 GetItem                              0.5 RRU
    list records, newest first  gsi1   1 Query a page                         0.5 RRU per 4 KB
      ... what some may see     gsi3   1 Query a page (the owner's)           0.5 RRU per 4 KB
                                gsi4   + 1 Query for each team of the caller  0.5 RRU per 4 KB each
    create a record             table  1 TransactWriteItems                   2 WRU x (item, marker,
                                                                              reference,
                                                                              idempotency reply)
                                                                              + 1 WRU x (gsi1,
                                                                              gsi3, gsi4)
    change a record             table  1 GetItem + 1 TransactWriteItems       1 RRU + as create
    delete a record (soft)      table  1 GetItem + 1 TransactWriteItems       1 RRU + as create
    check up to 100 records     table  1 BatchGetItem                         1 RRU a record
    show up to 100 records      table  1 BatchGetItem                         0.5 RRU a record
      ... with merged ones      table  + 1 BatchGetItem for each merge        0.5 RRU a record

Whoever writes a record, or reads one that has custom fields, knows the workspace's definitions:
`dynamodb_definitions` says what that costs (mostly nothing).

The same at a thousand records and at a million; nothing scans.

    item       pk W#<workspace>#<id>            sk RECORD
    timeline   see `dynamodb_timelines`
    closed     pk W#<workspace>#TIMELINE#<id>   sk ~DELETED   written with the record's deletion
    marker, gsi1, gsi3, gsi4: as in `functions.shared.records`

`~` sorts after every time, so a deleted record's timeline is known by its first item, without
another request.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from functions.crm import dynamodb_lists
from functions.crm.declared_lists import LISTINGS
from functions.crm.definitions import Definitions
from functions.crm.dynamodb_definitions import custom_fields, definitions_of
from functions.crm.dynamodb_mergeable import MAX_HOPS, MergeableRecords, new_names, under
from functions.crm.list_query import MAX_READ, ListQuery
from functions.crm.list_reading import parse
from functions.crm.model import Company, Contact, CrmRecord, Reference
from functions.crm.phone_numbers import e164
from functions.crm.product import RECORDS
from functions.shared.caller import Caller
from functions.shared.check import Door, Question, RecordName
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.paging import Page
from functions.shared.records import Also, nothing_else
from functions.shared.table import (
    Check,
    ConditionFailedError,
    Item,
    Table,
)

R = TypeVar("R", bound=CrmRecord)


class CrmRecords(MergeableRecords[R]):
    """The records of one type, held to this: what a record names exists when it is written, and
    its custom fields are as the workspace has defined them. An external id occurs once."""

    def __init__(
        self,
        table: Table,
        kind: type[R],
        caller: Caller,
        *,
        unique: Sequence[str] = (),
        people: Door | None = None,
    ) -> None:
        super().__init__(table, kind, caller, unique=[*unique, "external_id"], people=people)

    def create(self, record: R, *, also: Also[R] = nothing_else) -> R:
        """As `Records.create`; raises InvalidError when a reference names no live record, and as
        `Definitions.check`."""
        record = self._defined(record, None)
        references: list[Reference] = []
        checks: dict[str, Check] = {}
        with _refusing(references, checks):
            for _ in range(MAX_HOPS):
                references[:] = self._references(record)
                checks.clear()
                checks.update(self._checks(references))
                try:
                    return super().create(record, also=lambda made: [*checks.values(), *also(made)])
                except ConditionFailedError as error:
                    record = under(record, new_names(error))  # merged since: named anew
        raise ConflictError("What it names is being merged; please try again.")

    def change(
        self,
        record_id: str,
        edit: Callable[[R], R],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[R] = nothing_else,
    ) -> R:
        """As `Records.change`; raises InvalidError when a *new* reference names no live record
        (what was deleted after it was named does not stand in the way of other changes), and as
        `Definitions.check`."""
        references: list[Reference] = []
        checks: dict[str, Check] = {}
        names: dict[str, str] = {}  # of what was merged since

        def edited(old: R) -> R:
            new = edit(old)
            if new is not old:
                new = self._defined(under(new, names) if names else new, old)
            known = {each.id for each in self._references(old)}
            references[:] = [each for each in self._references(new) if each.id not in known]
            checks.clear()
            checks.update(self._checks(references))
            return new

        with _refusing(references, checks):
            for _ in range(MAX_HOPS):
                try:
                    return super().change(
                        record_id,
                        edited,
                        event=event,
                        if_match=if_match,
                        also=lambda made: [*checks.values(), *also(made)],
                    )
                except ConditionFailedError as error:
                    names |= new_names(error)
        raise ConflictError("What it names is being merged; please try again.")

    def _definitions(self, record: R) -> Definitions:
        return definitions_of(self._table, self._kind.OBJECT, record.custom)

    def _defined(self, new: R, old: R | None) -> R:
        """Return a record with its custom fields, and its phone number, as they are kept; `old`
        itself when it is no different then."""
        kept: dict[str, Any] = {}
        phone = getattr(new, "phone", None)
        if phone is not None and phone != getattr(old, "phone", None):
            kept["phone"] = dialled(phone, self._definitions(new).phone_region)
        if old is None or new.custom or old.custom:
            kept["custom"] = self._definitions(new).check(
                new.OBJECT, new.custom, None if old is None else old.custom
            )
        if all(getattr(new, name) == value for name, value in kept.items()):
            return new
        changed = new.model_copy(update=kept)
        return old if old is not None and alike(changed, old) else changed

    def would_be(self, new: R, old: R, others: Sequence[R] = ()) -> R:
        """As `MergeableRecords.would_be`; raises as `Definitions.check` too."""
        return super().would_be(self._defined(new, old), old, others)

    def _shown(self, record: R) -> R:
        return _with_living_fields(self._table, record)

    def _uniques(self, record: R) -> Mapping[str, Any]:
        own = super()._uniques(record)
        if not record.custom:
            return own
        return {**own, **self._definitions(record).unique(record.OBJECT, record.custom)}

    def _references(self, record: R) -> Sequence[Reference]:
        own = record.references()
        if not record.custom:
            return own
        found = self._definitions(record).references(record.OBJECT, record.custom)
        return [*own, *(Reference(*each) for each in found)]

    def _item(self, record: R, events: list[dict[str, Any]]) -> Item:
        item = super()._item(record, events)
        if record.custom and (
            hidden := self._definitions(record).sensitive(record.OBJECT, record.custom)
        ):
            item["_sensitive"] = hidden
        return item

    def query(self, asked: Mapping[str, str], *, deleted: bool = False) -> ListQuery:
        """Return the list that query parameters ask for; raises InvalidError."""
        listing = LISTINGS[self._kind.OBJECT]
        return parse(listing, asked, self._caller, self.custom_fields, deleted=deleted)

    def custom_fields(self, names: Iterable[str]) -> Mapping[str, tuple[str, bool]]:
        """Return the type's custom fields, not older than `names`: name → type, indexed or not."""
        return custom_fields(self._table, self._kind.OBJECT, names)

    def listed(
        self,
        query: ListQuery,
        *,
        limit: int,
        start: Mapping[str, Any] | None = None,
        most: int = MAX_READ,
    ) -> Page[R]:
        """Return one page of a list (`functions.crm.dynamodb_lists` has the cost)."""
        return dynamodb_lists.page(
            self._table,
            self._caller,
            query,
            lambda item: self._shown(self._kind.model_validate(item)),
            limit=limit,
            start=start,
            most=most,
        )

    def _checks(self, references: Sequence[Reference]) -> dict[str, Check]:
        visible, values = sight_of(self._caller) if references else ("", {})
        return {
            each.id: Check(
                {"pk": self._table.key(each.id), "sk": "RECORD"},
                f"attribute_exists(pk) AND attribute_not_exists(deleted_at){visible}",
                values=values,
            )
            for each in references
        }


def sight_of(caller: Caller) -> tuple[str, dict[str, str]]:
    """Return the condition (to be added to another), and its values, that holds for what a caller
    may see."""
    if caller.visibility == "all":
        return "", {}
    values = {} if caller.member is None else {":member": caller.member}
    either = [f"owner_id = {name}" for name in values]
    if caller.visibility == "team" and caller.teams:
        teams = {f":team{position}": team for position, team in enumerate(caller.teams)}
        either.append(f"team_id IN ({', '.join(teams)})")
        values |= teams
    # who is nobody in particular sees nothing
    return f" AND ({' OR '.join(either) or 'attribute_not_exists(pk)'})", values


def dialled(phone: str, region: str | None, pointer: str = "/phone") -> str:
    """Return a phone number in E.164; raises InvalidError, which points to it."""
    try:
        return e164(phone, region)
    except ValueError as error:
        raise InvalidError(
            "The phone number is none; see `errors`.",
            errors=[FieldProblem(pointer, "invalid_phone", str(error))],
        ) from error


def alike(one: CrmRecord, other: CrmRecord) -> bool:
    """Say whether two versions of a record are the same but for being versions."""
    passing = {"version", "updated_at"}
    return one.model_dump(exclude=passing) == other.model_dump(exclude=passing)


@contextmanager
def _refusing(references: Sequence[Reference], checks: Mapping[str, Check]) -> Iterator[None]:
    try:
        yield
    except ConditionFailedError as error:
        faults = [
            FieldProblem(each.pointer, "unknown_reference", "There is no such record.")
            for each in references
            if checks[each.id] in error.refused
        ]
        if not faults:
            raise
        raise InvalidError(
            "The request names records that do not exist; see `errors`.",
            code="unknown_reference",
            errors=faults,
        ) from error


def contacts(table: Table, caller: Caller, people: Door | None = None) -> CrmRecords[Contact]:
    """Return the workspace's contacts; an e-mail address occurs once."""
    return CrmRecords(table, Contact, caller, unique=["email"], people=people)


def companies(table: Table, caller: Caller, people: Door | None = None) -> CrmRecords[Company]:
    """Return the workspace's companies; a domain occurs once."""
    return CrmRecords(table, Company, caller, unique=["domain"], people=people)


def shown(
    table: Table, question: Question, names: Sequence[RecordName]
) -> dict[str, dict[str, Any]]:
    """Return, by the id asked for, the records of known types that the asking caller may see, as
    the API shows them; of a merged record what it is now (1 request for up to 100, 1 more for each
    merge that lies between)."""
    now, items = _followed(table, names)
    records = {
        each: _with_living_fields(table, RECORDS[item["object"]].model_validate(item))
        for each, item in items.items()
        if item.get("object") in RECORDS and question.allows(item)
    }
    return {
        old: records[current].model_dump(mode="json")
        for old, current in now.items()
        if current in records
    }


def current(table: Table, question: Question, name: RecordName) -> str | None:
    """Return the id of what a record is now: its own, or that of the one it was merged into; None
    when the asking caller may not see that (1 request, 1 more for each merge)."""
    now, items = _followed(table, [name])
    item = items.get(now[name.id], {})
    known = item.get("object") in RECORDS and question.allows(item)
    return now[name.id] if known else None


def _followed(
    table: Table, names: Sequence[RecordName]
) -> tuple[Mapping[str, str], Mapping[str, Item]]:
    """Return what records are now, from id to id, and the items of all that are there."""
    now = {each.id: each.id for each in names}
    items: dict[str, Item] = {}
    ahead = list(now)
    while ahead:
        found = table.get_many([(table.key(each), "RECORD") for each in ahead])
        items |= {item["id"]: item for item in found.values()}
        into = {i["id"]: i["merged_into"] for i in found.values() if "merged_into" in i}
        now = {old: into.get(id_, id_) for old, id_ in now.items()}
        ahead = [each for each in dict.fromkeys(into.values()) if each not in items]
    return now, items


def _with_living_fields(table: Table, record: R) -> R:
    if not record.custom:
        return record
    known = definitions_of(table, record.OBJECT, record.custom)
    custom = known.shown(record.OBJECT, record.custom)
    return record if custom is record.custom else record.model_copy(update={"custom": custom})


def visible(table: Table, question: Question, names: Sequence[RecordName]) -> set[str]:
    """Return the ids, among names of known types, of the records that the asking caller may see
    (1 request for up to 100)."""
    keys = [(table.key(each.id), "RECORD") for each in dict.fromkeys(names)]
    found = table.get_many(keys, consistent=True) if keys else {}
    return {
        item["id"]
        for item in found.values()
        if item.get("object") in RECORDS and question.allows(item)
    }
