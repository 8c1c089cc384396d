"""Where an account, or an OAuth2 client, belongs: the only reads that no workspace binds.

    pattern                                   index  requests                units
    whose is this account / client            gsi2   1 Query + 1 BatchGet    0.5 RRU + 1 an item
    names of the workspaces of an account     table  1 BatchGetItem          0.5 RRU each

They are reached with what Cognito vouches for (an account's `sub`, a client's id), never with
something that a caller sent, and read only the items of that account or client. The index says
where to look; the items themselves are read consistently, so that a choice, a new role or a
deactivation shows in the very next token.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from functions.identity.members import Membership
from functions.shared.attributes import marshal_item, unmarshal_item
from functions.shared.errors import UnavailableError
from functions.shared.table import DynamoClient, Item, answer

MAX_WORKSPACES = 50  # of one account
_ATTEMPTS = 5


class Accounts:
    """The memberships of accounts, and the workspaces of clients, in the identity table."""

    def __init__(self, client: DynamoClient, table: str) -> None:
        self._client = client
        self._table = table

    def memberships(self, subject: str) -> list[Membership]:
        """Return an account's active memberships (2 requests, 1 when there are none)."""
        found = list(self._places(f"U#{subject}"))
        keys = [key for member in found for key in (member, _choice(member, subject))]
        items = self._items(keys)
        return [
            Membership.of(
                _workspace(member[0]),
                items[member],
                items.get(_choice(member, subject), {}).get("chosen_at", ""),
            )
            for member in found
            if member in items
            and items[member].get("state") == "active"
            and items[member].get("subject") == subject
        ]

    def client(self, client_id: str) -> tuple[str, Item] | None:
        """Return a living OAuth2 client's workspace and its item (2 requests)."""
        found = list(self._places(f"C#{client_id}"))
        for key, item in self._items(found).items():
            if "deleted_at" not in item and item.get("client_id") == client_id:
                return _workspace(key[0]), item
        return None

    def names(self, workspaces: Iterable[str]) -> dict[str, str]:
        """Return the names of workspaces (1 request); one that is not there is left out."""
        keys = [(f"W#{each}#{each}", "RECORD") for each in workspaces]
        return {item["id"]: item["name"] for item in self._items(keys).values()}

    def _places(self, partition: str) -> Iterator[tuple[str, str]]:
        reply = answer(
            self._client.query,
            TableName=self._table,
            IndexName="gsi2",
            KeyConditionExpression="gsi2pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            Limit=MAX_WORKSPACES,
        )
        for item in reply["Items"]:
            yield item["pk"]["S"], item["sk"]["S"]

    def _items(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        wanted: list[Any] = [marshal_item({"pk": pk, "sk": sk}) for pk, sk in keys]
        found: dict[tuple[str, str], Item] = {}
        for _ in range(_ATTEMPTS):
            if not wanted:
                return found
            reply = answer(
                self._client.batch_get_item,
                RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}},
            )
            for typed in reply["Responses"].get(self._table, ()):
                item = unmarshal_item(typed)
                found[item["pk"], item["sk"]] = item
            wanted = reply.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        if wanted:
            raise UnavailableError("The database is busy; please try again.")
        return found


def _workspace(pk: str) -> str:
    return pk.split("#")[1]


def _choice(member: tuple[str, str], subject: str) -> tuple[str, str]:
    return f"W#{_workspace(member[0])}#CHOICE#{subject}", "CHOICE"
