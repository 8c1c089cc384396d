"""Custom roles, teams, and the count of what uses them, in DynamoDB.

    pattern                        index  requests                           units (1 KB items)
    make, change, delete a role    table  as Records + book and uses         + 2 WRU an item
    roles of a workspace           table  1 GetItem; or in the BatchGetItem  0.5 RRU per 4 KB
                                          of whoever looks a credential up
    name a role or team            table  in the naming record's transaction + 2 WRU a name
    cap of living records          table  in the record's transaction        + 2 WRU

    book       pk W#<workspace>#ROLES             sk ROLES   rol_…: {scopes, visibility}, …
    uses       pk W#<workspace>#<rol_… or tea_…>  sk USES    uses: how many records name it
    living     pk W#<workspace>#LIVING#<object>   sk LIVING  living: how many are not deleted

The uses item is there as long as the role is. To name a role adds one to it on condition that it
exists; to delete the role deletes it on condition that it is zero. So of a deletion and an
assignment at the same moment one is refused, without a search for who names the role.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from functions.identity.roles import Role, RoleBook
from functions.identity.teams import Team
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.limited_records import LimitedRecords
from functions.shared.record import Record
from functions.shared.records import Also, nothing_else
from functions.shared.table import ConditionFailedError, Delete, Item, Put, Table, Update, Write

R = TypeVar("R", bound=Record)

MAX_ROLES, MAX_TEAMS = 50, 200


def book_key(table: Table) -> tuple[str, str]:
    """Return where the workspace's role book lies, for a read together with other items."""
    return table.key("ROLES"), "ROLES"


def role_book(table: Table) -> RoleBook:
    """Return the workspace's custom roles (1 request)."""
    return RoleBook.of(table.get(*book_key(table), consistent=True))


def uses_moved(table: Table, before: Collection[str], after: Collection[str]) -> list[Write]:
    """Return the writes that belong into the transaction of a record which named the roles and
    teams `before` and names those `after`. Built-in roles are not counted.

    Their refusal means that a role or team is gone: see `refusing_unknown`.
    """
    writes: list[Write] = []
    for change, ids in ((1, set(after) - set(before)), (-1, set(before) - set(after))):
        writes += [
            Update(
                _uses_key(table, each),
                "ADD uses :change",
                # one that is no longer named need not be there any more
                "attribute_exists(pk)",
                values={":change": change},
            )
            for each in sorted(ids)
            if each.startswith(("rol_", "tea_"))
        ]
    return writes


@contextmanager
def refusing_unknown(pointers: Mapping[str, str]) -> Iterator[None]:
    """Turn the refusal of `uses_moved` into InvalidError; `pointers` says which field of the
    request names an id."""
    try:
        yield
    except ConditionFailedError as error:
        gone = {
            write.key["pk"].rsplit("#", 1)[1]
            for write in error.refused
            if isinstance(write, Update) and write.key["sk"] == "USES"
        }
        faults = [
            FieldProblem(pointer, "unknown_reference", "There is no such record.")
            for each, pointer in pointers.items()
            if each in gone
        ]
        if not faults:
            raise
        raise InvalidError(
            "The request names records that do not exist; see `errors`.",
            code="unknown_reference",
            errors=faults,
        ) from error


class NamedRecords(LimitedRecords[R]):
    """Records that others name, and that cannot be deleted while they do."""

    def create(self, record: R, *, also: Also[R] = nothing_else) -> R:
        """As `LimitedRecords.create`; nothing names it yet."""
        uses = Put({**_uses_key(self._table, record.id), "uses": 0})
        return super().create(record, also=lambda made: [uses, *also(made)])

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[R] = nothing_else
    ) -> None:
        """As `LimitedRecords.delete`; raises ConflictError while something names the record."""
        unused = Delete(_uses_key(self._table, record_id), "uses = :none", values={":none": 0})
        try:
            super().delete(record_id, if_match=if_match, also=lambda gone: [unused, *also(gone)])
        except ConditionFailedError as error:
            if unused not in error.refused:
                raise
            raise ConflictError(
                f"The {self._kind.OBJECT} is in use.", code=f"{self._kind.OBJECT}_in_use"
            ) from error


class Roles(NamedRecords[Role]):
    """Custom roles: the record for people, and its entry in the book, always together."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, Role, caller, limit=MAX_ROLES, unique=["name"])

    def create(self, record: Role, *, also: Also[Role] = nothing_else) -> Role:
        return super().create(record, also=self._with_entry(also))

    def change(
        self,
        record_id: str,
        edit: Callable[[Role], Role],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Role] = nothing_else,
    ) -> Role:
        return super().change(
            record_id, edit, event=event, if_match=if_match, also=self._with_entry(also)
        )

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[Role] = nothing_else
    ) -> None:
        def without_entry(role: Role) -> Sequence[Write]:
            return [Update(self._book(), "REMOVE #id", names={"#id": role.id}), *also(role)]

        super().delete(record_id, if_match=if_match, also=without_entry)

    def _with_entry(self, also: Also[Role]) -> Also[Role]:
        def writes(role: Role) -> Sequence[Write]:
            entry = {"scopes": role.scopes, "visibility": role.visibility}
            put = Update(
                self._book(), "SET #id = :entry", names={"#id": role.id}, values={":entry": entry}
            )
            return [put, *also(role)]

        return writes

    def _book(self) -> Item:
        pk, sk = book_key(self._table)
        return {"pk": pk, "sk": sk}


class Teams(NamedRecords[Team]):
    """Teams."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, Team, caller, limit=MAX_TEAMS, unique=["name"])


def _uses_key(table: Table, record_id: str) -> Item:
    return {"pk": table.key(record_id), "sk": "USES"}
