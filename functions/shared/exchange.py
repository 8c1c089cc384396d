"""One request and its reply, as routes see them: caller, preconditions, paging, idempotency."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response

from functions.shared import expansion
from functions.shared.audit import act, forgotten
from functions.shared.aws import client
from functions.shared.caller import Caller
from functions.shared.check import RecordName
from functions.shared.clock import iso, now
from functions.shared.entity_tags import named, version_only
from functions.shared.errors import (
    ConflictError,
    MalformedError,
    ReelateError,
    UnauthenticatedError,
)
from functions.shared.exchange_settings import WebSettings
from functions.shared.expansion import Relation
from functions.shared.idempotency import MAX_KEY_LENGTH, Idempotency, Reply
from functions.shared.paging import DEFAULT_LIMIT, MAX_LIMIT, Cursors, Page
from functions.shared.record import Record
from functions.shared.secrets_manager import signing_secret
from functions.shared.signing import Signer
from functions.shared.table import ConditionFailedError, Table
from functions.shared.versions import LEDGER, Change
from functions.shared.web_event import BODY, SHAPED, VERSION
from functions.shared.writes import Also, Put, nothing_else

R = TypeVar("R", bound=Record)

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Related:
    """What a resource's records may be shown together with, and how to get it."""

    relations: Sequence[Relation]
    find: "Callable[[Exchange, Sequence[RecordName]], Mapping[str, dict[str, Any]]]"

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.relations]


class Exchange:
    """The authenticated request. Made once per request by the `Ask` dependency."""

    def __init__(self, request: Request, settings: WebSettings) -> None:
        self._event = request.scope["aws.event"]
        self.caller = caller_from(self._event)
        self.request = request
        self.body: bytes = self._event[BODY]
        self._settings = settings
        self.item: str | None = None  # which of a batch's
        self.precondition = request.headers.get("if-match")

    @property
    def if_match(self) -> str | None:
        """The ETag that the caller's change is based on."""
        return self.precondition and version_only(self.precondition)

    @property
    def remaining_ms(self) -> int:
        """How long the function may still run."""
        return int(self.request.scope["aws.context"].get_remaining_time_in_millis())

    def narrowed(self, item: str, body: bytes, if_match: str | None) -> "Exchange":
        """Return one item of this batch as a request of its own: under a key derived from the
        batch's, with its own body and precondition."""
        each = copy.copy(self)
        each.body, each.item, each.precondition = body, item, if_match
        return each

    def open_batch(self) -> None:
        """Hold a batch's Idempotency-Key to this body (1 request, none without a key); raises
        InvalidError when it came with another one before."""
        kept = self._idempotency()
        if kept is not None:
            kept.hold()

    def changes_of(self, operation: str) -> Sequence[Change]:
        """Return what became of another operation since the version of this request."""
        return LEDGER.changed_since(self._event[VERSION], operation)

    def has(self, etag: str) -> bool:
        """Say whether the caller has what this ETag stands for, by `If-None-Match`. Of another
        representation than the whole record in the newest shape, only its bytes can tell."""
        tags = self.request.headers.get("if-none-match")
        return tags is not None and SHAPED not in self._event and named(etag, tags)

    def forgets(self, subject: str) -> Put:
        """Return the write that makes what the audit log knows of a subject's fields unreadable,
        for the transaction that erases the subject."""
        return forgotten(self.caller.workspace, subject, table=self._settings.platform_table)

    def table(self, name: str, within: str | None = None) -> Table:
        """Return the caller's workspace's view of a table; or another workspace's, `within` which
        the account behind the credential is known to act."""
        return Table(client("dynamodb"), name, within or self.caller.workspace)

    def tell_of_refusal(self, scope: str) -> None:
        """Tell the audit log that the caller asked for what it may not do: once an hour, so that
        a program that keeps asking fills no log."""
        caller, moment = self.caller, now()
        if not caller.workspace:
            return  # a person in no workspace: there is nobody whose log it were
        put = act(
            "request.refused",
            caller,
            {"type": "scope", "id": scope},
            detail={"method": self.request.method, "route": self.request.scope["route"].path},
            once=f"{caller.principal} {scope} {iso(moment)[:13]}",
            at=moment,
        )
        self.table(self._settings.platform_table).try_write(put)

    def require(self, scope: str) -> None:
        """Raise ForbiddenError unless the caller holds a scope that not every request of the route
        needs; the audit log hears of it."""
        if scope not in self.caller.scopes:
            self.tell_of_refusal(scope)
            self.caller.require(scope)

    def show(
        self,
        record: R,
        view: Callable[[R], str] | None = None,
        related: Related | None = None,
        *,
        etag: str | None = None,
    ) -> Response:
        """Reply 200 with a record and its ETag, or 304 when the caller has this version; with
        what `expand` asks for among the `related`. `etag` is for a view that also changes between
        versions."""
        etag = etag or record.etag
        headers = {"etag": etag}
        if self.has(etag):
            return Response(status_code=304, headers=headers)
        body = view(record) if view else record.model_dump_json()
        (body,) = self._expanded([body], related)
        return Response(body, headers=headers, media_type=_JSON)

    def _expanded(self, bodies: list[str], related: Related | None) -> list[str]:
        asked = (
            self.request.query_params.get("expand") if related and SHAPED in self._event else None
        )
        if related is None or asked is None:
            return bodies
        relations = expansion.chosen(asked, related.relations)
        records = [json.loads(each) for each in bodies]
        expansion.expand(records, relations, lambda names: related.find(self, names))
        return [json.dumps(each, ensure_ascii=False) for each in records]

    def page(
        self,
        query: str,
        cursor: str | None,
        fetch: Callable[[dict[str, Any] | None], Page[Any]],
        view: Callable[[Any], str] | None = None,
        related: Related | None = None,
    ) -> Response:
        """Reply with one page of a list; `query` names the list that the cursor belongs to."""
        cursors = Cursors(self.signer("cursor"), self.caller.workspace, query)
        found = fetch(cursors.decode(cursor))
        shown = [view(item) if view else item.model_dump_json() for item in found.items]
        items = ",".join(self._expanded(shown, related))
        following = cursors.encode(found.position)
        tail = f'"{following}"' if following else "null"
        return Response(f'{{"data":[{items}],"next_cursor":{tail}}}', media_type=_JSON)

    def signer(self, purpose: str) -> Signer:
        """Return the deployment's signer for one purpose; the secret is read on first use."""
        return Signer(lambda: signing_secret(self._settings.signing_secret), purpose)

    def created(
        self,
        action: Callable[[Also[R]], R],
        location: str,
        view: Callable[[R], str] | None = None,
    ) -> Response:
        """Make a record and reply 201; `location` is its collection's path."""

        def reply(record: R) -> Reply:
            headers = {"etag": record.etag, "location": f"{location}/{record.id}"}
            return Reply(201, view(record) if view else record.model_dump_json(), headers)

        return self.once(action, reply)

    def changed(
        self, action: Callable[[Also[R]], R], view: Callable[[R], str] | None = None
    ) -> Response:
        """Change a record and reply 200."""

        def reply(record: R) -> Reply:
            body = view(record) if view else record.model_dump_json()
            return Reply(200, body, {"etag": record.etag})

        return self.once(action, reply)

    def deleted(self, action: Callable[[Also[Any]], None]) -> Response:
        """Delete a record and reply 204."""
        return self.once(action, lambda _record: Reply(204, "", {}))

    def once(
        self,
        action: Callable[[Also[Any]], Any],
        reply: Callable[[Any], Reply],
        *,
        kept_reply: Callable[[Any], Reply] | None = None,
        recall_first: bool = False,
        within: str | None = None,
    ) -> Response:
        """Run a write under the request's Idempotency-Key, if it has one.

        `kept_reply` is what a replay shows instead, where `reply` holds a secret shown once.
        `action` gets the writes that must go into its transaction. When it is refused, the
        refusal may be because the same request has succeeded before: then that reply is replayed.
        `recall_first` looks for it beforehand (1 read more), where `action` also has an effect
        elsewhere. `within` is the workspace that is written to, where an account acts in another
        than the credential's; the reply is kept there, for the account.
        """
        kept = self._idempotency(within)
        if kept is None:
            return _response(reply(action(nothing_else)))
        if recall_first and (known := kept.recall()) is not None:
            return _replayed(known)

        def also(record: Any) -> Sequence[Any]:
            return [kept.remember((kept_reply or reply)(record))]

        try:
            return _response(reply(action(also)))
        except (ReelateError, ConditionFailedError) as error:
            stored = kept.recall()
            if stored is None:
                if isinstance(error, ConditionFailedError):
                    raise ConflictError(
                        "A request with this Idempotency-Key is still running.",
                        code="idempotency_in_progress",
                        retry_after=1,
                    ) from error
                raise
        return _replayed(stored)

    def _idempotency(self, within: str | None = None) -> Idempotency | None:
        key = self.request.headers.get("idempotency-key")
        if key is None:
            return None
        if not 0 < len(key) <= MAX_KEY_LENGTH:
            raise MalformedError(
                f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} characters.",
                code="invalid_idempotency_key",
            )
        return Idempotency(
            self.table(self._settings.platform_table, within),
            principal=(self.caller.subject if within else None) or self.caller.principal,
            method=self.request.method,
            path=self.request.scope["path"],
            key=key if self.item is None else f"{key}#{self.item}",
            body=self.body,
            query=self.request.scope["query_string"],
            sight=self.caller.sight,
        )


def caller_from(event: dict[str, Any]) -> Caller:
    """Read the caller from the authorizer's context; it is the only source of identity."""
    context = event["requestContext"].get("authorizer")
    if not context:
        raise UnauthenticatedError("Send 'Authorization: Bearer <key>'.")
    return Caller.of(context, event["reelate.request_id"], **origin_of(event))


def origin_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return from where a request came, as a Caller holds it."""
    identity = event["requestContext"].get("identity") or {}
    return {"address": identity.get("sourceIp"), "agent": identity.get("userAgent")}


def _response(reply: Reply) -> Response:
    return Response(
        reply.body or None,
        reply.status,
        reply.headers,
        media_type=_JSON if reply.body else None,
    )


def _replayed(reply: Reply) -> Response:
    response = _response(reply)
    response.headers["idempotency-replayed"] = "true"
    return response


@dataclass(frozen=True, slots=True)
class Permission:
    """What a route asks of its caller: a scope (None: any credential), and how many tokens of
    the rate limits a request takes (None: as is usual for its method)."""

    scope: str | None = None
    cost: int | None = None

    def __call__(self, request: Request) -> Exchange:
        """Return the request's Exchange; raises UnauthenticatedError and ForbiddenError."""
        exchange = Exchange(request, WebSettings.from_env())
        if self.scope is not None:
            exchange.require(self.scope)
        return exchange


def asks(scope: str, *, cost: int | None = None) -> Any:
    """Return the dependency that hands a route its Exchange once the caller holds `scope`: a
    refusal comes before the body is looked at. `Annotated[Exchange, asks("contacts:read")]`.

    `cost` is for what is dearer than usual; the rate limits are asked before all else (`web`).
    """
    return Depends(Permission(scope, cost))


Ask = Annotated[Exchange, Depends(Permission())]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Records in a page.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]

__all__ = [
    "DEFAULT_LIMIT", "Ask", "Cursor", "Exchange", "Limit", "Permission", "WebSettings", "asks",
    "caller_from", "origin_of",
]  # fmt: skip
