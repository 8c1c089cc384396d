"""Members and OAuth2 clients in DynamoDB.

    pattern                       index  requests                            units (1 KB items)
    authenticate a person/client  table  1 BatchGetItem with the role book   0.5 RRU an item
    invite, change, (de)activate  table  as Records + admins and uses        + 2 WRU an item
    list members, clients         gsi1   1 Query a page                      0.5 RRU per 4 KB
    choose a workspace            table  1 GetItem + 1 TransactWriteItems    1 RRU + 4 WRU

    member   as Records; with an account  gsi2pk U#<sub>        gsi2sk <workspace>
    client   as Records                   gsi2pk C#<client id>  gsi2sk <workspace>
    admins   pk W#<workspace>#ADMINS        sk ADMINS   acting: active members with role admin
    choice   pk W#<workspace>#CHOICE#<sub>  sk CHOICE   chosen_at

Who stops being an acting admin takes one from `acting` on condition that more are left, in the
same transaction: of the last two admins who demote each other at once, one is refused.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from functions.identity.dynamodb_roles import refusing_unknown, uses_moved
from functions.identity.machines import MachineClient
from functions.identity.members import Member
from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError
from functions.shared.limited_records import LimitedRecords
from functions.shared.records import Also, Records, nothing_else
from functions.shared.table import Check, ConditionFailedError, Item, Put, Table, Update, Write

MAX_CLIENTS = 100


def member_key(table: Table, member: str) -> tuple[str, str]:
    """Return where a member, or a client, lies, for a read together with other items."""
    return table.key(member), "RECORD"


def choice_key(table: Table, subject: str) -> tuple[str, str]:
    """Return where it is kept that an account chose this workspace."""
    return table.key("CHOICE", subject), "CHOICE"


class Members(Records[Member]):
    """A workspace's members."""

    def __init__(self, table: Table, caller: Caller, *, birth: str = "invited") -> None:
        super().__init__(table, Member, caller, unique=["email", "subject"])
        self._birth = birth

    def create(self, record: Member, *, also: Also[Member] = nothing_else) -> Member:
        """Store a new member; raises ConflictError for a known address and InvalidError for a
        role or team that is not there."""
        with self._refusing([record]):
            return super().create(record, also=lambda made: [*self._moved(None, made), *also(made)])

    def change(
        self,
        record_id: str,
        edit: Callable[[Member], Member],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Member] = nothing_else,
    ) -> Member:
        """As `Records.change`; raises ConflictError when nobody would be left in charge, and
        InvalidError for a role or team that is not there."""
        versions: list[Member] = []

        def edited(old: Member) -> Member:
            versions[:] = [old, edit(old)]
            return versions[1]

        def writes(new: Member) -> Sequence[Write]:
            return [*self._moved(versions[0], new), *also(new)]

        with self._refusing(versions):
            return super().change(record_id, edited, event=event, if_match=if_match, also=writes)

    def choose(self, member: str, subject: str, also: Sequence[Write]) -> None:
        """Keep that the account works in this workspace from now on.

        Raises ConditionFailedError when it is no longer an active member.
        """
        pk, sk = choice_key(self._table, subject)
        held = dict(zip(("pk", "sk"), member_key(self._table, member), strict=True))
        self._table.transact(
            [
                Put({"pk": pk, "sk": sk, "chosen_at": iso(now())}),
                Check(
                    held,
                    "#state = :active AND subject = :subject",
                    {"#state": "state"},
                    {":active": "active", ":subject": subject},
                ),
                *also,
            ]
        )

    def _item(self, record: Member, events: list[dict[str, Any]]) -> Item:
        item = super()._item(record, events)
        if record.subject is not None:
            item |= {"gsi2pk": f"U#{record.subject}", "gsi2sk": self._table.workspace}
        return item

    def _moved(self, old: Member | None, new: Member) -> list[Write]:
        if old is new:
            return []
        named = [] if old is None else [old.role, *old.team_ids]
        return [
            *uses_moved(self._table, named, [new.role, *new.team_ids]),
            *self._admins_moved(old is not None and old.is_acting_admin, new.is_acting_admin),
        ]

    def _admins_moved(self, before: bool, after: bool) -> list[Write]:  # noqa: FBT001
        if before == after:
            return []
        key = {"pk": self._table.key("ADMINS"), "sk": "ADMINS"}
        if after:
            return [Update(key, "ADD acting :one", values={":one": 1})]
        return [Update(key, "ADD acting :less", "acting > :one", values={":less": -1, ":one": 1})]

    @contextmanager
    def _refusing(self, versions: Sequence[Member]) -> Iterator[None]:
        try:
            yield
        except ConditionFailedError as error:
            if any(_is_of_admins(write) for write in error.refused):
                raise ConflictError(
                    "A workspace needs an active admin; make somebody else one first.",
                    code="last_admin",
                ) from error
            new = versions[-1]
            teams = {team: f"/team_ids/{place}" for place, team in enumerate(new.team_ids)}
            with refusing_unknown({new.role: "/role", **teams}):
                raise


def _is_of_admins(write: Write) -> bool:
    return isinstance(write, Update) and write.key["sk"] == "ADMINS"


class Clients(LimitedRecords[MachineClient]):
    """A workspace's OAuth2 clients."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, MachineClient, caller, limit=MAX_CLIENTS)

    def create(
        self, record: MachineClient, *, also: Also[MachineClient] = nothing_else
    ) -> MachineClient:
        """As `LimitedRecords.create`; raises InvalidError for a role that is not there."""
        with refusing_unknown({record.role: "/role"}):
            return super().create(
                record,
                also=lambda made: [*uses_moved(self._table, [], [made.role]), *also(made)],
            )

    def delete(
        self,
        record_id: str,
        *,
        if_match: str | None = None,
        also: Also[MachineClient] = nothing_else,
    ) -> None:
        """As `LimitedRecords.delete`; its role is free again."""
        super().delete(
            record_id,
            if_match=if_match,
            also=lambda gone: [*uses_moved(self._table, [gone.role], []), *also(gone)],
        )

    def _item(self, record: MachineClient, events: list[dict[str, Any]]) -> Item:
        return super()._item(record, events) | {
            "gsi2pk": f"C#{record.client_id}",
            "gsi2sk": self._table.workspace,
        }
