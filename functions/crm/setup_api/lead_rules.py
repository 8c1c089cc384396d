"""/v1/scoring-rules and /v1/assignment-rules."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Generic

from fastapi import APIRouter, Path, Response
from pydantic import create_model

from functions.crm.fields import Fields
from functions.crm.lead_rules import RULE, checked
from functions.crm.ports import RuleStore
from functions.crm.scoring import MAX_RULES
from functions.shared.caching import REVALIDATE
from functions.shared.check import Door
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router

Id = Annotated[str, Path(alias="id", description="The rule's id.")]

_READ, _WRITE, _ERASE = (f"lead_rules:{act}" for act in ("read", "write", "delete"))


@dataclass(frozen=True, slots=True)
class RuleResource(Generic[RULE]):
    """One kind of rule on the API."""

    name: str  # in paths: scoring-rules
    kind: type[RULE]
    new: type[Fields]
    patch: type[Fields]
    meaning: str
    store: Callable[[Exchange], RuleStore[RULE]]
    readable: Callable[[Exchange], Collection[str]]  # what conditions may read
    people: Callable[[Exchange], Door]

    def checked(self, ask: Exchange, rule: RULE) -> RULE:
        """Return a rule that may be kept; raises InvalidError."""
        return checked(rule, self.readable(ask), self.people(ask))


def routes(resource: RuleResource[Any]) -> APIRouter:
    """Return the routes of one kind of rule."""
    api = router(tags=["lead rules"])
    _add_collection(api, resource)
    _add_rule(api, resource)
    return api


def _add_collection(api: APIRouter, resource: RuleResource[RULE]) -> None:
    kind, path, store = resource.kind, f"/v1/{resource.name}", resource.store
    one, words = kind.OBJECT, kind.OBJECT.replace("_", " ")
    page = create_model(
        f"{kind.__name__}Page",
        __doc__=f"A workspace's {words}s in their order; there are so few that they are one page.",
        data=(list[kind], ...),  # type: ignore[valid-type]
        next_cursor=(str | None, ...),
    )

    async def create(ask: Annotated[Exchange, asks(_WRITE)], body: Any) -> Response:
        return ask.created(
            lambda also: store(ask).create(
                resource.checked(ask, kind.of(body, ask.caller)), also=also
            ),
            path,
        )

    create.__annotations__["body"] = resource.new

    async def list_all(ask: Annotated[Exchange, asks(_READ)]) -> Response:
        return ask.page(resource.name, None, lambda _start: Page(store(ask).all(), None))

    api.add_api_route(
        path, create, methods=["POST"], status_code=201, response_model=kind,
        name=f"create_{one}", summary=f"Create {_a(words)}",
        description=f"{resource.meaning} A workspace has at most {MAX_RULES}.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation(_WRITE, "IdempotencyKey"),
    )  # fmt: skip
    api.add_api_route(
        path, list_all, methods=["GET"], response_model=page,
        name=f"list_{one}s", summary=f"List {words}s",
        description=f"The workspace's {words}s in the order in which they are asked.",
        responses=problems(), openapi_extra=operation(_READ),
    )  # fmt: skip


def _add_rule(api: APIRouter, resource: RuleResource[RULE]) -> None:
    kind, path, store = resource.kind, f"/v1/{resource.name}/{{id}}", resource.store
    one, words = kind.OBJECT, kind.OBJECT.replace("_", " ")

    async def get(ask: Annotated[Exchange, asks(_READ)], rule_id: Id) -> Response:
        return ask.show(store(ask).get(rule_id))

    async def patch(ask: Annotated[Exchange, asks(_WRITE)], rule_id: Id, body: Any) -> Response:
        def edit(old: RULE) -> RULE:
            new = old.patched(body)
            return new if new is old else resource.checked(ask, new)

        return ask.changed(
            lambda also: store(ask).change(rule_id, edit, if_match=ask.if_match, also=also)
        )

    patch.__annotations__["body"] = resource.patch

    async def delete(ask: Annotated[Exchange, asks(_ERASE)], rule_id: Id) -> Response:
        return ask.deleted(
            lambda also: store(ask).delete(rule_id, if_match=ask.if_match, also=also)
        )

    api.add_api_route(
        path, get, methods=["GET"], response_model=kind,
        name=f"get_{one}", summary=f"Get {_a(words)}",
        description="One rule, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation(_READ, "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    api.add_api_route(
        path, patch, methods=["PATCH"], response_model=kind,
        name=f"update_{one}", summary=f"Update {_a(words)}",
        description="What is left out stays; objects are replaced as a whole. Leads are written by "
        "the changed rule within 30 seconds.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation(_WRITE, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    api.add_api_route(
        path, delete, methods=["DELETE"], status_code=204, response_class=Response,
        name=f"delete_{one}", summary=f"Delete {_a(words)}",
        description="Leads are written without the rule within 30 seconds.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation(_ERASE, "IdempotencyKey", "IfMatch"),
    )  # fmt: skip


def _a(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"
