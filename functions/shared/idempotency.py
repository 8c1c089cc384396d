"""Replies kept for 24 hours under `Idempotency-Key`, in the same transaction as the write.

There is no "in progress" state to expire or to unlock: the reply exists if and only if the write
does. Of parallel requests with one key, one commits; the others' transactions fail on the reply's
condition, read it back, and replay it.

Powertools' idempotency is built the other way round: it marks a key INPROGRESS, runs the function,
then stores what it returned. That fits an effect outside the table; here it would be two writes
more for each request, and between effect and record a process may die: then the key is in
progress until a timeout (and with 0 ms of remaining time told to it, it is so for ever), and the
effect happens again. No route needs it: what starts a run or joins an upload is idempotent by
name (the execution's, the upload's), and its reply is kept with the record's own write.
"""

import hashlib
import json
from dataclasses import dataclass

from functions.shared import strict_json
from functions.shared.clock import now
from functions.shared.errors import ConflictError, InvalidError
from functions.shared.table import ConditionFailedError, Put, Table

KEPT_SECONDS = 24 * 3600
MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply as it is stored and replayed."""

    status: int
    body: str
    headers: dict[str, str]


class Idempotency:
    """The stored reply of one request: its workspace, principal, method, path and key."""

    def __init__(
        self,
        platform: Table,
        *,
        principal: str,
        method: str,
        path: str,
        key: str,
        body: bytes,
        query: bytes = b"",
        sight: str = "all",
    ) -> None:
        scope = json.dumps([principal, method, path, key])
        self._platform = platform
        self._pk = platform.key("IDEMPOTENCY", hashlib.sha256(scope.encode()).hexdigest())
        self._sight = sight
        self._request = hashlib.sha256(_canonical(body) + _asked(query)).hexdigest()

    def remember(self, reply: Reply) -> Put:
        """Return the write that keeps `reply`; it refuses to be the second one."""
        return Put(
            {
                "pk": self._pk,
                "sk": "REPLY",
                "request": self._request,
                "status": reply.status,
                "body": reply.body,
                "headers": reply.headers,
                "sight": self._sight,
                "expires_at_epoch": int(now().timestamp()) + KEPT_SECONDS,
            },
            # DynamoDB's TTL may lag by days; the key is free again when the time is over
            "attribute_not_exists(pk) OR expires_at_epoch < :now",
            values={":now": int(now().timestamp())},
            table=self._platform.name,
        )

    def hold(self) -> None:
        """Bind the key to this body before a batch's items run, each under a key of its own (1
        request). Raises InvalidError when it was used with another body or query."""
        moment = int(now().timestamp())
        mark = Put(
            {
                "pk": self._pk,
                "sk": "BATCH",
                "request": self._request,
                "expires_at_epoch": moment + KEPT_SECONDS,
            },
            "attribute_not_exists(pk) OR #request = :request OR expires_at_epoch < :now",
            {"#request": "request"},
            {":request": self._request, ":now": moment},
        )
        try:
            self._platform.write(mark)
        except ConditionFailedError as error:
            raise _reused() from error

    def recall(self) -> Reply | None:
        """Return the stored reply (1 consistent read), None when there is none.

        Raises InvalidError when the key was used with another body or query, and ConflictError
        when the principal saw other records then than it does now: the reply may show what it no
        longer may see.
        """
        item = self._platform.get(self._pk, "REPLY", consistent=True)
        if item is None or item["expires_at_epoch"] < now().timestamp():
            return None
        if item["request"] != self._request:
            raise _reused()
        if self._sight not in ("all", item.get("sight")):
            raise ConflictError(
                "This Idempotency-Key was used before your view of the records changed; use "
                "another one.",
                code="idempotency_key_outlived",
            )
        return Reply(item["status"], item["body"], item["headers"])


def _reused() -> InvalidError:
    return InvalidError(
        "This Idempotency-Key was used before with another body or query.",
        code="idempotency_key_reused",
    )


def _asked(query: bytes) -> bytes:
    """The parameters in another order are the same request."""
    return b"?" + b"&".join(sorted(query.split(b"&"))) if query else b""


def _canonical(body: bytes) -> bytes:
    """The same JSON with other spacing or key order is the same request."""
    try:
        return json.dumps(strict_json.loads(body), sort_keys=True).encode()
    except strict_json.StrictJsonError:  # of a route that reads no body
        return body
