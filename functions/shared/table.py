"""One workspace's view of a DynamoDB table: the adapter every repository stands on.

Its constructor takes the workspace, and it refuses any key outside `W#<workspace>#`, so a
repository cannot forget the tenant even by mistake.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.attributes import marshal, marshal_item, unmarshal_item
from functions.shared.errors import UnavailableError

Item = dict[str, Any]

_TRANSIENT = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_CONFLICT_ATTEMPTS = 6


class ConditionFailedError(Exception):
    """A write's condition did not hold. `failed` maps the position of each refused write in
    the transaction to the item that stood in its way (None when there was none)."""

    def __init__(self, failed: Mapping[int, Item | None]) -> None:
        super().__init__(f"condition failed at {sorted(failed)}")
        self.failed = dict(failed)


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item; `condition` is a DynamoDB expression over `#name` and `:value`."""

    item: Item
    condition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None  # another table than the repository's own


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an item."""

    key: Item
    condition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change attributes of an item by a DynamoDB update expression."""

    key: Item
    expression: str
    condition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Hold a transaction to a condition on an item that it does not write."""

    key: Item
    condition: str
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    table: str | None = None


Write = Put | Delete | Update | Check


@dataclass(frozen=True, slots=True)
class QueryPage:
    """One Query's items and the key to go on from (None at the end)."""

    items: list[Item]
    last_key: Item | None


class DynamoClient(Protocol):
    """The calls of the DynamoDB client that this adapter makes."""

    def get_item(self, **arguments: Any) -> Any: ...
    def put_item(self, **arguments: Any) -> Any: ...
    def update_item(self, **arguments: Any) -> Any: ...
    def delete_item(self, **arguments: Any) -> Any: ...
    def query(self, **arguments: Any) -> Any: ...
    def transact_write_items(self, **arguments: Any) -> Any: ...


class Table:
    """Reads and writes of one workspace in one table (key attributes `pk` and `sk`)."""

    def __init__(self, client: DynamoClient, name: str, workspace: str) -> None:
        self._client = client
        self.name = name
        self.workspace = workspace

    def key(self, *parts: str) -> str:
        """Return a partition key of this workspace: `W#<workspace>#<part>#<part>`."""
        return "#".join(("W", self.workspace, *parts))

    def get(self, pk: str, sk: str, *, consistent: bool = False) -> Item | None:
        """Read one item (1 request, 0.5 read units per 4 KB, 1 when consistent)."""
        self._guard(pk)
        reply = _translated(
            lambda: self._client.get_item(
                TableName=self.name,
                Key={"pk": {"S": pk}, "sk": {"S": sk}},
                ConsistentRead=consistent,
            )
        )
        return unmarshal_item(reply["Item"]) if "Item" in reply else None

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        begins_with: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        start: Item | None = None,
        consistent: bool = False,
    ) -> QueryPage:
        """Read one page of a partition in sort-key order (1 request)."""
        self._guard(pk)
        prefix = index or ""
        names, condition = {"#pk": f"{prefix}pk"}, "#pk = :pk"
        values: Item = {":pk": pk}
        if begins_with is not None:
            names["#sk"], values[":sk"] = f"{prefix}sk", begins_with
            condition += " AND begins_with(#sk, :sk)"
        arguments: Item = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": marshal_item(values),
            "ScanIndexForward": not newest_first,
        }
        if index:
            arguments["IndexName"] = index
        elif consistent:
            arguments["ConsistentRead"] = True
        if limit is not None:
            arguments["Limit"] = limit
        if start is not None:
            self._guard(start[f"{prefix}pk"])
            self._guard(start["pk"])
            arguments["ExclusiveStartKey"] = marshal_item(start)
        reply = _translated(lambda: self._client.query(**arguments))
        last = reply.get("LastEvaluatedKey")
        return QueryPage(
            items=[unmarshal_item(item) for item in reply["Items"]],
            last_key=unmarshal_item(last) if last else None,
        )

    def write(self, write: Write) -> Item | None:
        """Make one write outside a transaction (1 request); an Update returns the new item.

        Raises ConditionFailedError when its condition does not hold.
        """
        calls: dict[type[Write], tuple[str, Item]] = {
            Put: ("put_item", {}),
            Delete: ("delete_item", {}),
            Update: ("update_item", {"ReturnValues": "ALL_NEW"}),
        }
        call, arguments = calls[type(write)]
        (action,) = self._action(write).values()
        try:
            reply = _translated(lambda: getattr(self._client, call)(**action, **arguments))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            old: Any = error.response.get("Item")
            raise ConditionFailedError({0: unmarshal_item(old) if old else None}) from error
        attributes = reply.get("Attributes")
        return unmarshal_item(attributes) if attributes else None

    def transact(self, writes: Sequence[Write]) -> None:
        """Make all writes or none (1 request, double write units; at most 100 writes).

        A collision with another transaction is retried here with back-off and jitter, because
        nothing was written. Raises ConditionFailedError when a condition does not hold and
        UnavailableError when the collision lasts.
        """
        actions = [self._action(write) for write in writes]
        for attempt in range(_CONFLICT_ATTEMPTS):
            try:
                _translated(lambda: self._client.transact_write_items(TransactItems=actions))
            except ClientError as error:
                if error.response["Error"]["Code"] != "TransactionCanceledException":
                    raise
                reasons = error.response.get("CancellationReasons", [])
                failed = {
                    position: unmarshal_item(reason["Item"]) if reason.get("Item") else None
                    for position, reason in enumerate(reasons)
                    if reason.get("Code") == "ConditionalCheckFailed"
                }
                if failed:
                    raise ConditionFailedError(failed) from error
                if any(reason.get("Code") == "ValidationError" for reason in reasons):
                    raise
                if attempt == _CONFLICT_ATTEMPTS - 1:
                    raise UnavailableError("The record is busy; please try again.") from error
            else:
                return
            # full jitter: 0 to 20, 40 ... 640 ms, about a second at the very most
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - not a secret

    def _action(self, write: Write) -> dict[str, Item]:
        arguments: Item = {"TableName": write.table or self.name}
        if write.condition:
            arguments["ConditionExpression"] = write.condition
            arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if write.names:
            arguments["ExpressionAttributeNames"] = dict(write.names)
        if write.values:
            arguments["ExpressionAttributeValues"] = {
                name: marshal(value) for name, value in write.values.items()
            }
        match write:
            case Put(item=item):
                self._guard(item["pk"])
                return {"Put": {**arguments, "Item": marshal_item(item)}}
            case Update(key=key, expression=expression):
                self._guard(key["pk"])
                arguments["UpdateExpression"] = expression
                return {"Update": {**arguments, "Key": marshal_item(key)}}
            case Delete(key=key):
                self._guard(key["pk"])
                return {"Delete": {**arguments, "Key": marshal_item(key)}}
            case Check(key=key):
                self._guard(key["pk"])
                return {"ConditionCheck": {**arguments, "Key": marshal_item(key)}}

    def _guard(self, pk: Any) -> None:
        if not (isinstance(pk, str) and pk.startswith(f"W#{self.workspace}#")):
            raise RuntimeError(f"a key outside workspace {self.workspace} was asked for")


def _translated(call: Callable[[], Any]) -> Any:
    """Make a call; what is transient becomes UnavailableError, after botocore's own retries."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in _TRANSIENT:
            raise UnavailableError("The database is busy; please try again.") from error
        raise
    except BotoCoreError as error:  # timeouts, connection failures
        raise UnavailableError("The database did not answer; please try again.") from error
