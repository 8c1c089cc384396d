"""/v1/pipelines/{id}/board."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from functions.crm.board import Totals, View
from functions.crm.model import Deal, Lead, StagedRecord
from functions.crm.pipelines import Pipeline, Stage
from functions.shared.errors import NotFoundError
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.ownership import MemberId, TeamId
from functions.shared.paging import Cursors, Page
from functions.shared.web import router

Reads = Annotated[Exchange, asks("pipelines:read")]
Id = Annotated[str, Path(alias="id", description="The pipeline's id.")]
Key = Annotated[str, Path(alias="stage", description="The stage's key.", examples=["proposal"])]
Owner = Annotated[MemberId | None, Query(description="One member's records.")]
Team = Annotated[TeamId | None, Query(description="One team's records.")]
Company = Annotated[str | None, Query(max_length=40, description="Records of one company.")]
Tag = Annotated[str | None, Query(max_length=100, description="Records with this tag.")]


class BoardStore(Protocol):
    """The boards of the caller's workspace, for one type of record."""

    def board(
        self, pipeline: Pipeline, view: View, *, limit: int
    ) -> tuple[Mapping[str, Page[StagedRecord]], Mapping[str, Totals] | None]: ...
    def column(
        self,
        pipeline_id: str,
        stage: str,
        view: View,
        *,
        limit: int,
        start: Mapping[str, Any] | None = None,
    ) -> Page[StagedRecord]: ...


class BoardColumn(BaseModel):
    """A column: its stage, its topmost cards, and what all of its cards add up to."""

    stage: Stage
    data: list[Deal | Lead]
    next_cursor: str | None
    totals: Totals | None


class Board(BaseModel):
    """A pipeline's board."""

    object: str = "board"
    pipeline_id: str
    name: str
    record_type: str
    columns: list[BoardColumn]


class CardPage(BaseModel):
    """A page of a column's cards."""

    data: list[Deal | Lead]
    next_cursor: str | None


def routes(
    pipeline: Callable[[Exchange, str], Pipeline],
    boards: Callable[[Exchange, Pipeline], BoardStore],
) -> APIRouter:
    """Return the routes of boards: `pipeline` reads one, `boards` opens those of its records."""
    api = router(tags=["pipelines"])

    def opened(ask: Exchange, pipeline_id: str) -> Pipeline:
        found = pipeline(ask, pipeline_id)
        ask.caller.require(f"{found.record_type}s:read")
        return found

    @api.get(
        "/v1/pipelines/{id}/board", response_model=Board,
        name="get_board", summary="See a pipeline's board",
        description="Every column at once: its topmost cards, a cursor for those below, and what "
        "all of its cards add up to, by currency, weighted by their odds, and in the base "
        "currency. Cards are as they are now; sums follow a change within seconds. You see what "
        "you may see, and the sums are of just that. With `company_id` or `tag` at most 500 "
        "records of a column are looked at for one page, which may be short while `next_cursor` "
        "leads on, and there are no sums. Needs `deals:read` (or `leads:read`) too.",
        responses=problems(400, 404, 422), openapi_extra=operation("pipelines:read"),
    )  # fmt: skip
    async def board(
        ask: Reads,
        pipeline_id: Id,
        owner_id: Owner = None,
        team_id: Team = None,
        company_id: Company = None,
        tag: Tag = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response:
        found = opened(ask, pipeline_id)
        view = View(owner_id, team_id, company_id, tag)
        pages, sums = boards(ask, found).board(found, view, limit=limit)
        columns = ",".join(
            _column(ask, found, view, stage, pages[stage.key], sums)
            for stage in found.stages
            if stage.key in pages
        )
        head = Board(
            pipeline_id=found.id, name=found.name, record_type=found.record_type, columns=[]
        ).model_dump_json(exclude={"columns"})
        return Response(f'{head[:-1]},"columns":[{columns}]}}', media_type="application/json")

    @api.get(
        "/v1/pipelines/{id}/board/{stage}", response_model=CardPage,
        name="list_board_column", summary="Go on in a column of a board",
        description="A column's cards from the top, or from where a `next_cursor` of the board or "
        "of this list leads; with the same filters.",
        responses=problems(400, 404, 422), openapi_extra=operation("pipelines:read"),
    )  # fmt: skip
    async def column(
        ask: Reads,
        pipeline_id: Id,
        stage: Key,
        owner_id: Owner = None,
        team_id: Team = None,
        company_id: Company = None,
        tag: Tag = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        found = opened(ask, pipeline_id)
        if found.stage(stage) is None:
            raise NotFoundError("The pipeline has no such stage.")
        view = View(owner_id, team_id, company_id, tag)
        return ask.page(
            _query(found.id, stage, view),
            cursor,
            lambda start: boards(ask, found).column(
                found.id, stage, view, limit=limit, start=start
            ),
        )

    return api


def _column(
    ask: Exchange,
    pipeline: Pipeline,
    view: View,
    stage: Stage,
    page: Page[StagedRecord],
    sums: Mapping[str, Totals] | None,
) -> str:
    query = _query(pipeline.id, stage.key, view)
    cursor = Cursors(ask.signer("cursor"), ask.caller.workspace, query).encode(page.position)
    following = f'"{cursor}"' if cursor else "null"
    totals = "null" if sums is None else sums.get(stage.key, Totals()).model_dump_json()
    cards = ",".join(each.model_dump_json() for each in page.items)
    return (
        f'{{"stage":{stage.model_dump_json()},"data":[{cards}],"next_cursor":{following},'
        f'"totals":{totals}}}'
    )


def _query(pipeline_id: str, stage: str, view: View) -> str:
    narrowed = [view.owner_id, view.team_id, view.company_id, view.tag]
    return f"board:{pipeline_id}:{stage}:{narrowed}"
