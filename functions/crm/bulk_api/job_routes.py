"""The routes that imports and exports share: their list, and acts without a body."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from functions.crm.jobs import Export, Import
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.limits import START_COST
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.writes import Also

J = TypeVar("J", Import, Export)

Act = Callable[[str, str | None, Also[J]], J]
_RESPONSES = problems(400, 404, 409, 412)


class Jobs(Protocol[J]):
    """The jobs of one kind that a caller sees."""

    def get(self, job_id: str) -> J: ...
    def page(self, *, limit: int, start: Any) -> Page[J]: ...


class JobRoutes(Generic[J]):
    """Adds routes of one kind of job (`imports`, shown as `view`) to an API."""

    def __init__(
        self, api: APIRouter, name: str, view: type[BaseModel], show: Callable[[J], str]
    ) -> None:
        self._api = api
        self._name = name
        self._one = name.removesuffix("s")
        self._view = view
        self._show: Callable[[J], str] = show

    def add_list(self, page: type[BaseModel], jobs: Callable[[Exchange], Jobs[J]]) -> None:
        """Add `GET /v1/<name>`."""
        name, show = self._name, self._show

        async def list_all(
            ask: Annotated[Exchange, asks(f"{name}:read")],
            limit: Limit = DEFAULT_LIMIT,
            cursor: Cursor = None,
        ) -> Response:
            read = jobs(ask).page
            return ask.page(name, cursor, lambda start: read(limit=limit, start=start), show)

        self._api.add_api_route(
            f"/v1/{name}", list_all, methods=["GET"], response_model=page, name=f"list_{name}",
            summary=f"List {name}", description="Newest first.", responses=problems(400, 422),
            openapi_extra=operation(f"{name}:read"),
        )  # fmt: skip

    def add_act(
        self,
        act: str,
        description: str,
        do: Callable[[Exchange], Act[J]],
        *,
        cost: int = START_COST,
    ) -> None:
        """Add `POST /v1/<name>/{id}/<act>`."""
        name, one, show = self._name, self._one, self._show

        async def run(
            ask: Annotated[Exchange, asks(f"{name}:write", cost=cost)],
            record_id: Annotated[str, Path(alias="id", description=f"The {one}'s id.")],
        ) -> Response:
            acted = do(ask)
            return ask.changed(lambda also: acted(record_id, ask.if_match, also), show)

        self._api.add_api_route(
            f"/v1/{name}/{{id}}/{act}", run, methods=["POST"], response_model=self._view,
            name=f"{act}_{one}", summary=f"{act.capitalize()} an {one}",
            description=f"{description} 409 `wrong_state` says what the {one} is doing instead.",
            responses=_RESPONSES,
            openapi_extra=operation(f"{name}:write", "IdempotencyKey", "IfMatch"),
        )  # fmt: skip
