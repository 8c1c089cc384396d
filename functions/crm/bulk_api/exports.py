"""/v1/exports: records written to a file."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Response

from functions.crm.bulk_api.bodies import NewExport
from functions.crm.bulk_api.job_routes import JobRoutes, Jobs
from functions.crm.bulk_api.views import ExportPage, ExportView, FileAddress
from functions.crm.export_desk import ExportDesk
from functions.crm.jobs import Export
from functions.shared.admission import WRITE_COST
from functions.shared.exchange import Exchange, asks
from functions.shared.limits import START_COST
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Id = Annotated[str, Path(alias="id", description="The export's id.")]
Reads = Annotated[Exchange, asks("exports:read")]
Starts = Annotated[Exchange, asks("exports:write", cost=START_COST)]


class Opened(Jobs[Export], Protocol):
    """What the routes work with."""

    desk: ExportDesk

    def address(self, job: Export) -> FileAddress: ...


def show(job: Export) -> str:
    return ExportView.of(job).model_dump_json()


def routes(opened: Callable[[Exchange], Opened]) -> APIRouter:
    """Return the routes of exports."""
    api = router(tags=["exports"])

    @api.post(
        "/v1/exports", status_code=201, response_model=ExportView, name="create_export",
        summary="Begin an export",
        description="Writes the records that you may see, as they are while it goes on, to a file: "
        "those of the type's list under `filters`, in its order. With your eyes and rights as they "
        "are now, however long it takes. "
        "In CSV a text that a spreadsheet would run (it begins with `= + - @`, a tab or a line "
        "end) has an apostrophe before it; an import takes it away again. JSON Lines has each "
        "record just as the API shows it. Needs the scope to read such records too.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("exports:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Starts, body: NewExport) -> Response:
        desk = opened(ask).desk
        return ask.created(lambda also: desk.open(body.model_dump(), also), "/v1/exports", show)

    shared = JobRoutes(api, "exports", ExportView, show)
    shared.add_list(ExportPage, opened)

    @api.get(
        "/v1/exports/{id}", response_model=ExportView, name="get_export", summary="Get an export",
        description="Its state, and how many rows are written.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("exports:read", "IfNoneMatch"),
    )  # fmt: skip
    async def get(ask: Reads, record_id: Id) -> Response:
        return ask.show(opened(ask).get(record_id), show)

    shared.add_act(
        "cancel", "Stops it within seconds, without a file.", lambda ask: opened(ask).desk.cancel,
        cost=WRITE_COST,
    )  # fmt: skip
    shared.add_act(
        "resume",
        "Goes on with an export that failed, or whose worker was lost, after what is written; for "
        "whoever began it, with the rights of then.",
        lambda ask: opened(ask).desk.resume,
    )

    @api.post(
        "/v1/exports/{id}/download", response_model=FileAddress, name="address_export",
        summary="Get the address of the file",
        description="It works for 15 minutes; the file is kept 7 days. That it was asked for is in "
        "the audit log. 409 `no_file` while there is none, or none any more.",
        responses=problems(400, 404, 409), openapi_extra=operation("exports:read"),
    )  # fmt: skip
    async def download(ask: Reads, record_id: Id) -> Response:
        found = opened(ask)
        address = found.address(found.get(record_id))
        return Response(address.model_dump_json(), media_type="application/json")

    return api
