"""/v1/imports: files whose rows become records."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Response

from functions.crm.bulk_api.bodies import ImportChoice, ImportUpload, NewImport
from functions.crm.bulk_api.job_routes import JobRoutes, Jobs
from functions.crm.bulk_api.views import (
    FileAddress,
    ImportPage,
    ImportView,
    PartAddress,
    UploadAddress,
)
from functions.crm.desk import ImportDesk
from functions.crm.jobs import Import
from functions.shared.exchange import Exchange, asks
from functions.shared.idempotency import Reply
from functions.shared.limits import START_COST
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Id = Annotated[str, Path(alias="id", description="The import's id.")]
Reads = Annotated[Exchange, asks("imports:read")]
Writes = Annotated[Exchange, asks("imports:write")]
Starts = Annotated[Exchange, asks("imports:write", cost=START_COST)]
_CHANGE = problems(400, 404, 409, 412, 413, 415, 422)
_ACT = problems(400, 404, 409, 412)
_ONE_OF = "409 `wrong_state` says what the import is doing instead."


class Opened(Jobs[Import], Protocol):
    """What the routes work with."""

    desk: ImportDesk

    def address(self, job: Import) -> FileAddress: ...
    def sample(self, record_type: str) -> str: ...


def routes(opened: Callable[[Exchange], Opened]) -> APIRouter:
    """Return the routes of imports."""
    api = router(tags=["imports"])
    _add_collection(api, opened)
    _add_file(api, opened)
    _add_acts(api, opened)
    return api


def show(job: Import) -> str:
    return ImportView.of(job).model_dump_json()


def _add_collection(api: APIRouter, opened: Callable[[Exchange], Opened]) -> None:
    @api.post(
        "/v1/imports", status_code=201, response_model=ImportView, name="create_import",
        summary="Open an import",
        description="The reply says where the file is sent: by one PUT, or above 128 MiB in parts "
        "that are then named in `complete`. When it has arrived, the import is `ready`: its format "
        "is detected, and its columns have suggestions. Up to 2 GiB and 5,000,000 rows. Needs the "
        "scope to write such records too.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("imports:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Starts, body: NewImport) -> Response:
        desk = opened(ask).desk

        def reply(job: Import) -> Reply:
            url, parts, expires = desk.addresses(job)
            named = [PartAddress(part_number=n, size_bytes=s, url=u) for n, s, u in parts]
            upload = UploadAddress(url=url, parts=named, expires_at=expires)
            headers = {"etag": job.etag, "location": f"/v1/imports/{job.id}"}
            return Reply(201, ImportView.of(job, None, upload).model_dump_json(), headers)

        return ask.once(lambda also: desk.open(body.model_dump(), also), reply)

    JobRoutes(api, "imports", ImportView, show).add_list(ImportPage, opened)

    @api.get(
        "/v1/imports/{id}", response_model=ImportView, name="get_import", summary="Get an import",
        description="Its columns with suggestions, its progress by finished pieces of 2,000 rows, "
        "and what it came to.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("imports:read", "IfNoneMatch"),
    )  # fmt: skip
    async def get(ask: Reads, record_id: Id) -> Response:
        found = opened(ask)
        job = found.get(record_id)
        progress = found.desk.progress(job)
        done = 0 if progress is None else progress.rows
        return ask.show(
            job,
            lambda one: ImportView.of(one, progress).model_dump_json(),
            etag=f'"{job.version}-{done}"' if done else None,
        )


def _add_file(api: APIRouter, opened: Callable[[Exchange], Opened]) -> None:
    @api.get(
        "/v1/imports/samples/{record_type}", response_class=Response, name="get_import_sample",
        summary="Get a sample file",
        description="A CSV file that an import of such records takes as it stands: `contact.csv`, "
        "`company.csv`, `lead.csv`, `deal.csv`, `activity.csv`, `product.csv`. It has every field, "
        "custom ones too.",
        responses={
            **problems(404), 200: {"description": "A file.", "content": {"text/csv": {}}},
        },
        openapi_extra=operation("imports:read"),
    )  # fmt: skip
    async def sample(
        ask: Reads,
        record_type: Annotated[str, Path(description="Such as `contact.csv`.")],
    ) -> Response:
        text = opened(ask).sample(record_type.removesuffix(".csv"))
        headers = {"content-disposition": f'attachment; filename="{record_type}"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @api.post(
        "/v1/imports/{id}/complete", response_model=ImportView, name="complete_import",
        summary="Complete an upload in parts",
        description="Name every part, in order, with the ETag that its PUT was answered with. "
        f"{_ONE_OF}",
        responses=_CHANGE, openapi_extra=operation("imports:write", "IdempotencyKey"),
    )  # fmt: skip
    async def complete(ask: Writes, record_id: Id, body: ImportUpload) -> Response:
        desk = opened(ask).desk
        parts = [(each.part_number, each.etag) for each in body.parts]
        return ask.changed(lambda also: desk.complete(record_id, parts, also), show)

    @api.post(
        "/v1/imports/{id}/start", response_model=ImportView, name="start_import",
        summary="Look at the file now",
        description="What the file's arrival does within seconds by itself; 409 `file_missing` "
        "when it has not arrived.",
        responses=_ACT, openapi_extra=operation("imports:write", "IdempotencyKey"),
    )  # fmt: skip
    async def start(ask: Writes, record_id: Id) -> Response:
        desk = opened(ask).desk
        return ask.changed(lambda also: desk.received(record_id, also), show)

    @api.post(
        "/v1/imports/{id}/report", response_model=FileAddress, name="address_import_report",
        summary="Get the address of the report",
        description="A CSV file with every refused row: its number, line, column, code, sentence, "
        "and what stood there, so that no spreadsheet runs it; and with `severity` `warning` every "
        "row that was written and may be there twice, with the ids of its `candidates`. Kept 30 "
        "days; the address works for 15 minutes, and that it was asked for is in the audit log. "
        "409 `no_report` when no row was refused and none has a warning.",
        responses=problems(400, 404, 409), openapi_extra=operation("imports:read"),
    )  # fmt: skip
    async def report(ask: Reads, record_id: Id) -> Response:
        found = opened(ask)
        return _json(found.address(found.get(record_id)))


def _add_acts(api: APIRouter, opened: Callable[[Exchange], Opened]) -> None:
    @api.post(
        "/v1/imports/{id}/preview", response_model=ImportView, name="preview_import",
        summary="Preview an import",
        description="Looks at every row as `run` would, against the records that are there, and "
        f"writes none; `preview` and the report say what would come of it. {_ONE_OF}",
        responses=_CHANGE, openapi_extra=operation("imports:write", "IdempotencyKey"),
    )  # fmt: skip
    async def preview(ask: Starts, record_id: Id, body: ImportChoice) -> Response:
        desk, told = opened(ask).desk, body.model_dump()
        return ask.changed(lambda also: desk.preview(record_id, told, also), show)

    @api.post(
        "/v1/imports/{id}/run", response_model=ImportView, name="run_import",
        summary="Run an import",
        description="Writes records, each row once, however often anything fails meanwhile. A row "
        "is created, updated, unchanged or refused. They are written with your eyes and rights as "
        "they are now, at most 800 rows a second: 100,000 rows take about two minutes, 5,000,000 "
        f"an hour and three quarters. Event at the end: `import.completed`. {_ONE_OF}",
        responses=_CHANGE, openapi_extra=operation("imports:write", "IdempotencyKey"),
    )  # fmt: skip
    async def run(ask: Starts, record_id: Id, body: ImportChoice) -> Response:
        desk, told = opened(ask).desk, body.model_dump()
        return ask.changed(lambda also: desk.run(record_id, told, also), show)

    shared = JobRoutes(api, "imports", ImportView, show)
    shared.add_act("resume", _ACTS["resume"], lambda ask: opened(ask).desk.resume)
    shared.add_act("cancel", _ACTS["cancel"], lambda ask: opened(ask).desk.cancel)
    shared.add_act("revert", _ACTS["revert"], lambda ask: opened(ask).desk.revert)


_ACTS = {
    "resume": "Goes on with a run that was cancelled or failed, with the rows that are not done "
    "yet; also with one that is running, whose workers were lost.",
    "cancel": "Stops what goes on within seconds; rows that are written stay, until `revert` or "
    "`resume`.",
    "revert": "Takes back what a run has written, for 30 days: made records are deleted, changed "
    "ones become as they were. Records that were changed since stay as they are and are in the "
    "report. Needs the scopes to write and to delete such records. Event at the end: "
    "`import.reverted`.",
}


def _json(value: Any) -> Response:
    return Response(json.dumps(value.model_dump()), media_type="application/json")
