"""Many writes in one request: `POST /v1/{resource}/batch`.

Items run in the order sent, one after the other. Each is validated, permitted, written (under a
transaction of its own) and answered like a request of its own: no item undoes another's work.

    per item         create   1 TransactWriteItems
                     update   1 GetItem + 1 TransactWriteItems
                     upsert   1 GetItem + as create or update
                     delete   1 GetItem + 1 TransactWriteItems
                     replayed + 1 GetItem
    per batch        with an Idempotency-Key + 1 PutItem

Item n runs under the key `<Idempotency-Key>#<n>`. Whenever a batch is sent again, after a crash, a
timeout or a lost reply, items that are done show their stored replies and only the others run.

One after the other, and not by threads: then order means something (a later item finds an earlier
one's record, of two items with one e-mail address the first has it), and no two items of a batch
meet in one record's transaction.
"""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from functions.shared import errors, strict_json, versions
from functions.shared.errors import (
    FieldProblem,
    InvalidError,
    MalformedError,
    PreconditionRequiredError,
    ReelateError,
    UnavailableError,
)
from functions.shared.exchange import Exchange
from functions.shared.limits import BATCH_COST, MAX_BATCH
from functions.shared.problem import unexpected
from functions.shared.validation import validated

MAX_ITEMS = MAX_BATCH
# Tokens of the rate limits: what 25 single writes take, whatever the batch holds.
COST = BATCH_COST
# An item is not begun with less left of the function's time: it would be cut off in the middle.
RESERVE_MS = 3_000

Op = Literal["create", "update", "upsert", "delete"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Batch(_Strict):
    """A batch as it is sent; each operation is looked at when its turn comes."""

    operations: list[Any] = Field(min_length=1, max_length=MAX_ITEMS)


class Operation(_Strict):
    """One item's outer shape."""

    op: Op
    id: str | None = Field(default=None, max_length=64)
    by: str | None = Field(default=None, max_length=80)
    body: dict[str, Any] | None = None
    if_match: str | None = Field(default=None, max_length=255)


@dataclass(frozen=True, slots=True)
class Acts:
    """What a resource's single routes do, for its batch to do the same."""

    name: str  # in paths and scopes: contacts
    one: str  # in operation ids: contact
    new: type[BaseModel]
    patch: type[BaseModel]
    create: Callable[[Exchange, Any], Response]
    update: Callable[[Exchange, str, Any], Response]
    delete: Callable[[Exchange, str], Response]
    upserted: type[BaseModel] | None = None  # of records that have natural keys
    upsert: Callable[[Exchange, str, Any], Response] | None = None


def run(ask: Exchange, acts: Acts) -> Response:
    """Do a batch and reply 207 with one result for each operation, in their order."""
    batch = _read(ask)
    ask.open_batch()
    made = [_result(ask, acts, n, item) for n, item in enumerate(batch.operations)]
    # as a whole it is a replay when it did nothing anew
    done = [replayed for status, replayed, _ in made if status < 300]
    headers = {"idempotency-replayed": "true"} if done and all(done) else {}
    text = ",".join(text for _, _, text in made)
    return Response(f'{{"data":[{text}]}}', 207, headers, media_type="application/json")


def _read(ask: Exchange) -> Batch:
    try:
        sent = strict_json.loads(ask.body)
    except strict_json.StrictJsonError as error:
        raise MalformedError(str(error), code="invalid_json") from error
    return validated(Batch, sent)


def _result(ask: Exchange, acts: Acts, position: int, item: Any) -> tuple[int, bool, str]:
    """Do one item; return its status, whether it was a replay, and its result as JSON."""
    try:
        reply = _reply(ask, acts, position, item)
    except ReelateError as error:
        return _refused(ask, error, position)
    except Exception as error:  # noqa: BLE001 - what the items before it did must still be told
        return _refused(ask, unexpected(error), position)
    headers = {name: reply.headers[name] for name in ("etag", "location") if name in reply.headers}
    body = bytes(reply.body).decode()
    text = f'{{"status":{reply.status_code},"headers":{json.dumps(headers)}'
    text += f',"body":{body}}}' if body else "}"
    return reply.status_code, "idempotency-replayed" in reply.headers, text


def _reply(ask: Exchange, acts: Acts, position: int, item: Any) -> Response:
    if ask.remaining_ms < RESERVE_MS:
        raise UnavailableError(
            "There was no time left for this item; send the batch again under its key."
        )
    operation = validated(Operation, item)
    ask.caller.require(f"{acts.name}:{'delete' if operation.op == 'delete' else 'write'}")
    mine = ask.narrowed(str(position), json.dumps(item).encode(), operation.if_match)
    changes = ask.changes_of(f"{operation.op}_{acts.one}")
    body = None if operation.body is None else versions.newer(changes, copy.copy(operation.body))
    match operation:
        case Operation(op="create", id=None, by=None, if_match=None) if body is not None:
            with _in_body():
                reply = acts.create(mine, validated(acts.new, body))
        case Operation(op="upsert", id=None, by=str(by), if_match=None) if (
            body is not None and acts.upsert is not None and acts.upserted is not None
        ):
            with _in_body():
                reply = acts.upsert(mine, by, validated(acts.upserted, body))
        case Operation(op="update", id=str(record_id), by=None) if body is not None:
            with _in_body():
                reply = acts.update(mine, record_id, validated(acts.patch, body))
        case Operation(op="delete", id=str(record_id), by=None, body=None):
            if operation.if_match is None:
                raise PreconditionRequiredError(
                    "A delete in a batch names the `if_match` it is based on, or '*'."
                )
            return acts.delete(mine, record_id)
        case _:
            raise InvalidError(
                "`create` has a `body` alone, `update` an `id` and a `body`, `upsert` (of records "
                "that have keys) a key's name in `by` and a `body`, `delete` an `id` and "
                "`if_match`.",
                code="invalid_operation",
            )
    if changes:
        shown = versions.older(changes, json.loads(bytes(reply.body)))
        return Response(json.dumps(shown), reply.status_code, dict(reply.headers))
    return reply


@contextmanager
def _in_body() -> Iterator[None]:
    """Let the pointers of a refusal lead into the operation's body."""
    try:
        yield
    except ReelateError as error:
        error.errors = tuple(
            FieldProblem("/body" + each.pointer, each.code, each.message) for each in error.errors
        )
        raise


def _refused(ask: Exchange, error: ReelateError, position: int) -> tuple[int, bool, str]:
    path = ask.request.scope["path"]
    told = errors.problem(error, path, ask.caller.request_id)
    for fault in told.get("errors", ()):
        fault["pointer"] = f"/operations/{position}{fault['pointer']}"
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    result = {"status": error.status, "headers": headers, "problem": told}
    return error.status, False, json.dumps(result)
