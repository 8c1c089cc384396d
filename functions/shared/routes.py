"""What every route does beside its own work, once for all of them.

    in    the rate limits let it pass, before all else; no unknown and no repeated query parameter;
          the body is strict JSON, brought to the newest shape
    out   the caching policy declared beside the route; an older version's shape; the fields
          that were asked for; the ETag of exactly that representation

A request for the newest version, whole, passes by with a look at its query string.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, cast
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from functions.shared import selection, strict_json, versions
from functions.shared.admission import READ_COST, WRITE_COST, let_in
from functions.shared.caching import NO_STORE
from functions.shared.entity_tags import named, variant
from functions.shared.errors import MalformedError
from functions.shared.exchange import Permission
from functions.shared.route_table import LazyRouter
from functions.shared.validation import escaped
from functions.shared.versions import LEDGER, Change
from functions.shared.web_event import REPLY_HEADERS, SHAPED, VERSION

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
_EXCHANGE = "reelate.exchange"


class HouseRoute(APIRoute):
    """A route with the manners of the house."""

    def get_route_handler(self) -> Handle:
        permission = _taken_over(self.dependant)
        handle = super().get_route_handler()
        cost = None if permission is None else self._cost(permission)
        if cost is not None:
            self.openapi_extra = {**(self.openapi_extra or {}), "x-rate-cost": cost}
        extra = self.openapi_extra or {}
        opened = extra.get("security") == []
        record = selection.record_of(self.response_model) if self.methods == {"GET"} else None
        self.shows_fields = selection.names_of(record) if record else frozenset()
        self.query_names = frozenset(_query_names(self.dependant, extra.get("parameters", ())))
        if record is not None:
            self.query_names |= {"fields"}
        prefixes = tuple(
            prefix for each in extra.get("parameters", ()) for prefix in each.get("x-prefixes", ())
        )
        cache = extra.get("x-cache-control", NO_STORE)
        farewell = extra.get("x-farewell")

        async def answer(request: Request) -> Response:
            event = request.scope["aws.event"]
            if cost is not None:
                let_in(event, cost)
            if farewell is not None:
                event[REPLY_HEADERS] = farewell
            query = request.scope["query_string"]
            asked = {} if opened or not query else _query(query, self.query_names, prefixes)
            changes = LEDGER.changed_since(event[VERSION], self.name)
            shaper = None
            if changes or "fields" in asked or "expand" in asked:
                shaper = Shaper(self.shows_fields, asked, changes)
                event[SHAPED] = True
            if self.body_field is not None:
                request = _StrictRequest(request.scope, request.receive, changes)
            if permission is not None:
                event[_EXCHANGE] = permission(request)
            reply = await handle(request)
            reply.headers.setdefault("cache-control", cache)
            return reply if shaper is None else shaper.shape(request, reply)

        return answer

    def _cost(self, permission: Permission) -> int:
        """Return what a request takes from the rate limits."""
        if permission.cost is not None:
            return permission.cost
        return READ_COST if (self.methods or set()) <= {"GET", "HEAD"} else WRITE_COST


def _taken_over(dependant: Dependant) -> Permission | None:
    """Return what the route asks of its caller, None for one that asks for no credential.

    The route itself asks for it, before the body is looked at, and hands the endpoint what it
    gets in the place of the request: solved as a dependency it would cost FastAPI a second round
    of looking for parameters, a twentieth of what a GET costs.
    """
    found = [each for each in dependant.dependencies if isinstance(each.call, Permission)]
    if not found:
        return None
    (asked,) = found
    name, endpoint = asked.name, dependant.call
    if name is None or endpoint is None or dependant.request_param_name is not None:
        raise TypeError(f"{endpoint} takes either its Exchange or the Request")

    @functools.wraps(endpoint)
    async def call(**values: Any) -> Any:
        values[name] = values[name].scope["aws.event"][_EXCHANGE]
        return await endpoint(**values)

    dependant.dependencies.remove(asked)
    dependant.request_param_name, dependant.call = name, call
    return cast(Permission, asked.call)


class Shaper:
    """Turns a whole reply of the newest shape into the representation that was asked for."""

    def __init__(
        self, known: frozenset[str], asked: dict[str, str], changes: Sequence[Change]
    ) -> None:
        self._changes = changes
        self._kept = [each.strip() for each in asked.get("expand", "").split(",")]
        self._selection = None
        if "fields" in asked:
            for change in changes:
                known |= change.retired
            self._selection = selection.parse(asked["fields"], known)

    def shape(self, request: Request, reply: Response) -> Response:
        """Return the reply as it was asked for, or 304 when the caller has just that."""
        if reply.status_code >= 300 or not reply.body:
            return reply
        whole = json.loads(bytes(reply.body))
        if isinstance(whole.get("data"), list) and "next_cursor" in whole:
            whole["data"] = [self._one(each) for each in whole["data"]]
        else:
            whole = self._one(whole)
        body = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
        headers = dict(reply.headers)
        del headers["content-length"]
        if "etag" in headers:
            headers["etag"] = variant(headers["etag"], hashlib.sha256(body).hexdigest())
            wanted = request.headers.get("if-none-match")
            if request.method == "GET" and wanted is not None and named(headers["etag"], wanted):
                return Response(status_code=304, headers=_without_type(headers))
        return Response(body, reply.status_code, headers)

    def _one(self, record: dict[str, Any]) -> dict[str, Any]:
        shown = versions.older(self._changes, record)
        return shown if self._selection is None else self._selection.of(shown, self._kept)


class _StrictRequest(Request):
    """A request whose body is parsed by `strict_json` and brought to the newest shape."""

    def __init__(self, scope: Any, receive: Any, changes: Sequence[Change]) -> None:
        super().__init__(scope, receive)
        self._changes = changes

    async def json(self) -> Any:
        raw = await self.body()
        try:
            value = strict_json.loads(raw)
        except strict_json.StrictJsonError as error:
            # the one exception class that FastAPI hands on with its message
            raise json.JSONDecodeError(str(error), "", 0) from error
        if self._changes and isinstance(value, dict):
            return versions.newer(self._changes, value)
        return value


def router(*, tags: Sequence[str]) -> LazyRouter:
    """Return a router whose routes have the manners of the house."""
    return LazyRouter(
        route_class=HouseRoute,
        tags=list(tags),
        generate_unique_id_function=lambda route: route.name,
    )


def _query(raw: bytes, known: frozenset[str], prefixes: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the query parameters; raises MalformedError for an unknown or repeated one. Those
    that begin with one of the `prefixes` are known too."""
    asked: dict[str, str] = {}
    for name, value in parse_qsl(raw.decode(), keep_blank_values=True):
        if name not in known and not name.startswith(prefixes or "\0"):
            named_here = ", ".join(sorted({*known, *(f"{each}…" for each in prefixes)})) or "none"
            raise MalformedError(
                f"'{escaped(name)}' is no query parameter of this route; it takes: {named_here}.",
                code="unknown_parameter",
            )
        if name in asked:
            raise MalformedError(f"The query has '{name}' twice.", code="repeated_parameter")
        asked[name] = value
    return asked


def _query_names(dependant: Dependant, further: Sequence[dict[str, Any]]) -> Iterator[str]:
    for each in further:
        if each.get("in") == "query":
            yield each["name"]
    for field in dependant.query_params:
        yield field.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner, ())


def _without_type(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "content-type"}
