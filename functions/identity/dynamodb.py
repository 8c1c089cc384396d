"""Workspaces and keys in DynamoDB.

pattern                  index  requests                      units (1 KB item)
authenticate a key       table  1 GetItem                     0.5 RRU
make / revoke a key      table  as Records + 1 item           + 2 WRU
list keys                gsi1   1 Query a page                0.5 RRU per 4 KB
look members, teams up   table  1 BatchGetItem up to 100      1 RRU each

credential   pk W#<workspace>#KEY#<digest>   sk KEY   what the authorizer needs, nothing more
"""

from collections.abc import Sequence

from functions.identity.model import ApiKey, Credential, Workspace
from functions.shared.caller import Caller
from functions.shared.check import RecordName
from functions.shared.records import Records
from functions.shared.table import Item, Table
from functions.shared.writes import Also, Delete, Put, Write, nothing_else


def credential(table: Table, digest: str) -> Credential | None:
    """Look a key up by its digest (1 request); None when it is unknown or revoked."""
    item = table.get(table.key("KEY", digest), "KEY")
    return Credential.model_validate(item) if item else None


def people(table: Table, names: Sequence[RecordName]) -> list[Item]:
    """Return the items of members and teams (1 request for up to 100)."""
    keys = [(table.key(each.id), "RECORD") for each in names]
    return list(table.get_many(keys, consistent=True).values()) if keys else []


class Workspaces(Records[Workspace]):
    """Workspaces: one record inside each tenant's own partition."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, Workspace, caller)


class ApiKeys(Records[ApiKey]):
    """API keys: the record for people, and the credential for the authorizer, always together."""

    def __init__(self, table: Table, caller: Caller) -> None:
        super().__init__(table, ApiKey, caller)
        self._own_table = table

    def create(self, record: ApiKey, *, also: Also[ApiKey] = nothing_else) -> ApiKey:
        def with_credential(key: ApiKey) -> Sequence[Write]:
            item = Credential(
                key_id=key.id, role=key.role, scopes=key.scopes, expires_at=key.expires_at
            ).model_dump(exclude_none=True)
            return [Put({**self._credential_key(key), **item}), *also(key)]

        return super().create(record, also=with_credential)

    def delete(
        self, record_id: str, *, if_match: str | None = None, also: Also[ApiKey] = nothing_else
    ) -> None:
        def with_credential(key: ApiKey) -> Sequence[Write]:
            return [Delete(self._credential_key(key)), *also(key)]

        super().delete(record_id, if_match=if_match, also=with_credential)

    def _credential_key(self, key: ApiKey) -> dict[str, str]:
        return {"pk": self._own_table.key("KEY", key.digest), "sk": "KEY"}
