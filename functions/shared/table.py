"""One workspace's view of a DynamoDB table: the adapter every repository stands on.

Its constructor takes the workspace, and it refuses any key outside `W#<workspace>#`, so a
repository cannot forget the tenant even by mistake.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.shared.attributes import marshal, marshal_item, unmarshal_item
from functions.shared.errors import TooLargeError, UnavailableError
from functions.shared.writes import (
    Check,
    ConditionFailedError,
    Delete,
    Item,
    Put,
    Update,
    Write,
)

_TRANSIENT = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_CONFLICT_ATTEMPTS = 6
MAX_TRANSACTION = 100  # writes


@dataclass(frozen=True, slots=True)
class QueryPage:
    """One Query's items and the key to go on from (None at the end)."""

    items: list[Item]
    last_key: Item | None


class DynamoClient(Protocol):
    """The calls of the DynamoDB client that this adapter makes."""

    def get_item(self, **arguments: Any) -> Any: ...
    def batch_get_item(self, **arguments: Any) -> Any: ...
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
        reply = answer(
            self._client.get_item,
            TableName=self.name,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            ConsistentRead=consistent,
        )
        return unmarshal_item(reply["Item"]) if "Item" in reply else None

    def get_many(
        self, keys: Sequence[tuple[str, str]], *, consistent: bool = False
    ) -> dict[tuple[str, str], Item]:
        """Read up to 100 different items (1 request, units as of single reads); what is absent
        is left out. Raises UnavailableError when DynamoDB keeps leaving keys unprocessed."""
        for pk, _ in keys:
            self._guard(pk)
        wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys]
        found: dict[tuple[str, str], Item] = {}
        for attempt in range(_CONFLICT_ATTEMPTS):
            if not wanted:
                return found
            if attempt:
                _back_off(attempt)
            reply = answer(
                self._client.batch_get_item,
                RequestItems={self.name: {"Keys": wanted, "ConsistentRead": consistent}},
            )
            for typed in reply["Responses"].get(self.name, ()):
                item = unmarshal_item(typed)
                found[item["pk"], item["sk"]] = item
            wanted = reply.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
        if wanted:
            raise UnavailableError("The database is busy; please try again.")
        return found

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        begins_with: str | None = None,
        before: str | None = None,
        after: str | None = None,
        between: tuple[str, str] | None = None,  # of the sort key, both ends included
        limit: int | None = None,
        newest_first: bool = False,
        start: Item | None = None,
        consistent: bool = False,
    ) -> QueryPage:
        """Read one page of a partition in sort-key order (1 request); `before` leaves out what
        does not sort before it, `after` what does not sort after it."""
        self._guard(pk)
        prefix = index or ""
        names, condition = {"#pk": f"{prefix}pk"}, "#pk = :pk"
        values: Item = {":pk": pk}
        if begins_with is not None:
            names["#sk"], values[":sk"] = f"{prefix}sk", begins_with
            condition += " AND begins_with(#sk, :sk)"
        if before is not None:
            names["#sk"], values[":before"] = f"{prefix}sk", before
            condition += " AND #sk < :before"
        if after is not None:
            names["#sk"], values[":after"] = f"{prefix}sk", after
            condition += " AND #sk > :after"
        if between is not None:
            names["#sk"], (values[":from"], values[":to"]) = f"{prefix}sk", between
            condition += " AND #sk BETWEEN :from AND :to"
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
        reply = answer(self._client.query, **arguments)
        last = reply.get("LastEvaluatedKey")
        return QueryPage(
            items=[unmarshal_item(item) for item in reply["Items"]],
            last_key=unmarshal_item(last) if last else None,
        )

    def items(self, pk: str, **asked: Any) -> Iterator[Item]:
        """Yield a partition's items, or those that `query` finds by what else is `asked`: page by
        page as they are taken, 1 request a page."""
        start: Item | None = None
        while True:
            page = self.query(pk, start=start, **asked)
            yield from page.items
            start = page.last_key
            if start is None:
                return

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
            reply = answer(getattr(self._client, call), **action, **arguments)
        except _CancelledError as error:
            raise ConditionFailedError(error.failed, [write]) from error.__cause__
        attributes = reply.get("Attributes")
        return unmarshal_item(attributes) if attributes else None

    def try_write(self, write: Write) -> bool:
        """Make a write whose condition may well not hold (1 request); say whether it did."""
        try:
            self.write(write)
        except ConditionFailedError:
            return False
        return True

    def transact(self, writes: Sequence[Write]) -> None:
        """Make all writes or none (1 request, double write units; at most 100 writes).

        A collision with another transaction is retried here with back-off and jitter, because
        nothing was written. Raises ConditionFailedError when a condition does not hold and
        UnavailableError when the collision lasts.
        """
        actions = [self._action(write) for write in writes]
        for attempt in range(_CONFLICT_ATTEMPTS):
            try:
                answer(self._client.transact_write_items, TransactItems=actions)
            except _CancelledError as error:
                if failed := error.failed:
                    raise ConditionFailedError(
                        failed, [writes[position] for position in failed]
                    ) from error.__cause__
                if attempt == _CONFLICT_ATTEMPTS - 1:
                    raise UnavailableError("The record is busy; please try again.") from error
            else:
                return
            _back_off(attempt)

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


class _CancelledError(Exception):
    """DynamoDB's refusal of a conditional write, or of a transaction, with its reasons."""

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__([reason.get("Code") for reason in reasons])
        self.failed = {
            position: unmarshal_item(reason["Item"]) if reason.get("Item") else None
            for position, reason in enumerate(reasons)
            if reason.get("Code") == "ConditionalCheckFailed"
        }


def answer(call: Callable[..., Any], **arguments: Any) -> Any:
    """Make a call; what is transient becomes UnavailableError, after botocore's own retries."""
    # Here and not above: the client has loaded it by now, and a handler's import need not.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _TRANSIENT:
            raise UnavailableError("The database is busy; please try again.") from error
        if code == "ConditionalCheckFailedException":
            item: Any = error.response.get("Item")
            raise _CancelledError([{"Code": "ConditionalCheckFailed", "Item": item}]) from error
        if code == "TransactionCanceledException":
            reasons: Any = error.response.get("CancellationReasons", [])
            if any(_too_large(reason.get("Message")) for reason in reasons):
                raise TooLargeError("The record is larger than it may be.") from error
            if all(reason.get("Code") != "ValidationError" for reason in reasons):
                raise _CancelledError(reasons) from error
        if code == "ValidationException" and _too_large(error.response["Error"].get("Message")):
            raise TooLargeError("The record is larger than it may be.") from error
        raise
    except BotoCoreError as error:  # timeouts, connection failures
        raise UnavailableError("The database did not answer; please try again.") from error


def _too_large(message: str | None) -> bool:
    # DynamoDB has no code of its own for an item beyond 400 KB
    return message is not None and "exceeded the maximum allowed size" in message


def _back_off(attempt: int) -> None:
    # full jitter: 0 to 20, 40 ... 640 ms, about a second at the very most
    time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - not a secret


__all__ = [
    "MAX_TRANSACTION", "Check", "ConditionFailedError", "Delete", "DynamoClient", "Item", "Put",
    "QueryPage", "Table", "Update", "Write", "answer",
]  # fmt: skip
