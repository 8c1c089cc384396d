"""Workspaces and keys in DynamoDB.

    pattern                  index  requests                            units (1 KB items)
    authenticate a key       table  1 BatchGetItem: key, role book, and 0.5 RRU an item
                                    the member whom it is bound to
    note that it was used    table  1 UpdateItem a key and hour         2 WRU (item, gsi1)
    make / revoke a key      table  as Records + counter and uses       + 2 WRU an item
    change, rotate a key     table  as Records
    list keys                gsi1   1 Query a page                      0.5 RRU per 4 KB
    look members, teams up   table  1 BatchGetItem up to 100            1 RRU an item

A key's record is its credential: nothing is copied, so a rotation, a revocation, a changed role
and a deactivated member hold with the next look, which is at most the authorizer's cache time
(60 s) away. What that costs is one more item, two with a member, in the one request.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from functions.identity.dynamodb_roles import (
    book_key,
    refusing_unknown,
    uses_moved,
)
from functions.identity.key_text import KeyText
from functions.identity.model import ApiKey, Presented, Workspace
from functions.identity.roles import RoleBook
from functions.identity.standing import Standing
from functions.shared.caller import Caller
from functions.shared.check import RecordName
from functions.shared.limited_records import LimitedRecords
from functions.shared.records import Records
from functions.shared.table import Item, Table, Update, Write
from functions.shared.workspace_settings import DAYS, chosen
from functions.shared.writes import Also, nothing_else

MAX_KEYS = 100


def presented(table: Table, text: KeyText) -> Presented | None:
    """Look a key up by what its text names (1 request); None when it is unknown or revoked."""
    key, book = (table.key(text.key_id), "RECORD"), book_key(table)
    member = (table.key(text.member_id), "RECORD") if text.member_id else None
    found = table.get_many([key, book, *([member] if member else [])])
    item = found.get(key)
    if item is None or "deleted_at" in item:
        return None
    return Presented(
        ApiKey.model_validate(item),
        Standing.of(found.get(member)) if member else None,
        RoleBook.of(found.get(book)),
    )


def standing(table: Table, member_id: str) -> Standing | None:
    """Return an active member's standing (1 request), None for anybody else."""
    return Standing.of(table.get(table.key(member_id), "RECORD", consistent=True))


def note_use(table: Table, key_id: str, hour: str, stamp: Mapping[str, Any]) -> None:
    """Note on a key's record that it was used in an hour (1 request). It is no new version;
    `stamp` makes it an entry of the audit log.

    Raises ConditionFailedError when that is noted already, or the key was revoked meanwhile.
    """
    table.write(
        Update(
            {"pk": table.key(key_id), "sk": "RECORD"},
            "SET last_used_at = :hour, #audit = :stamps",
            "attribute_exists(pk) AND attribute_not_exists(deleted_at) AND "
            "(attribute_not_exists(last_used_at) OR last_used_at < :hour)",
            names={"#audit": "_audit"},
            values={":hour": hour, ":stamps": [stamp]},
        )
    )


def people(table: Table, names: Sequence[RecordName]) -> list[Item]:
    """Return the items of members and teams (1 request for up to 100)."""
    keys = [(table.key(each.id), "RECORD") for each in names]
    return list(table.get_many(keys, consistent=True).values()) if keys else []


def team_members(table: Table, teams: Collection[str]) -> dict[str, list[str]]:
    """Return the active members of teams, oldest first (1 request for each MB of members)."""
    members: dict[str, list[str]] = {each: [] for each in teams}
    for item in table.items(table.key("member", "0"), index="gsi1"):
        if item.get("state") == "active":
            for team in members.keys() & set(item.get("team_ids", ())):
                members[team].append(item["id"])
    return members


class Workspaces(Records[Workspace]):
    """Workspaces: one record inside each tenant's own partition. What every function must know of
    it stands once more among the settings in the `platform` table."""

    def __init__(self, table: Table, caller: Caller, platform: str | None = None) -> None:
        super().__init__(table, Workspace, caller)
        self._platform = platform

    def change(
        self,
        record_id: str,
        edit: Callable[[Workspace], Workspace],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Workspace] = nothing_else,
    ) -> Workspace:
        """As `Records.change`, and the settings with it."""

        def with_settings(new: Workspace) -> Sequence[Write]:
            values = {
                "allowed_origins": list(new.allowed_origins) or None,
                **{name: getattr(new, name) for name in DAYS},
            }
            return [chosen(self._table, values, self._platform), *also(new)]

        return super().change(record_id, edit, event=event, if_match=if_match, also=with_settings)


class ApiKeys(LimitedRecords[ApiKey]):
    """API keys, counted; a custom role is in use while a key has it."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, ApiKey, caller, limit=MAX_KEYS)

    def create(self, record: ApiKey, *, also: Also[ApiKey] = nothing_else) -> ApiKey:
        """As `LimitedRecords.create`; raises InvalidError for a role that is gone by now."""

        def using(key: ApiKey) -> Sequence[Write]:
            return [*uses_moved(self._table, [], [key.role]), *also(key)]

        with refusing_unknown({record.role: "/role"}):
            return super().create(record, also=using)

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[ApiKey] = nothing_else
    ) -> None:
        def freeing(key: ApiKey) -> Sequence[Write]:
            return [*uses_moved(self._table, [key.role], []), *also(key)]

        super().delete(record_id, if_match=if_match, also=freeing)
