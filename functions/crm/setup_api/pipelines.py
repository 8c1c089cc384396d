"""/v1/pipelines."""

from collections.abc import Callable, Collection
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from functions.crm.definitions import Definitions
from functions.crm.pipeline_fields import PipelineFields, PipelinePatch, StageArchiveFields
from functions.crm.pipelines import MAX_PIPELINES, Pipeline, RecordType
from functions.crm.ports import PipelineStore
from functions.crm.staged import custom_requirements, unknown_requirements
from functions.shared.caching import REVALIDATE
from functions.shared.errors import InvalidError
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router

Reads = Annotated[Exchange, asks("pipelines:read")]
Writes = Annotated[Exchange, asks("pipelines:write")]
Id = Annotated[str, Path(alias="id", description="The pipeline's id.")]
Key = Annotated[str, Path(alias="stage", description="The stage's key.", examples=["proposal"])]

_CHANGE = problems(400, 404, 409, 412, 413, 415, 422)
_ACT = problems(400, 404, 409, 412)


class PipelinePage(BaseModel):
    """A workspace's pipelines; there are so few that they are one page."""

    data: list[Pipeline]
    next_cursor: str | None


DefinitionsOf = Callable[[Exchange], Definitions]


def routes(store: Callable[[Exchange], PipelineStore], definitions: DefinitionsOf) -> APIRouter:
    """Return the routes of the caller's workspace's pipelines; `definitions` are asked when a
    stage requires a custom field."""
    api = router(tags=["pipelines"])
    _add_collection(api, store, definitions)
    _add_pipeline(api, store, definitions)
    _add_acts(api, store)
    return api


def _checked(
    pipeline: Pipeline, definitions: Callable[[], Definitions], old: Pipeline | None = None
) -> Pipeline:
    known = custom_requirements(old) if old else set()
    custom: Collection[str] = ()
    if custom_requirements(pipeline) - known:
        custom = definitions().of(pipeline.record_type)
    if faults := unknown_requirements(pipeline, custom, old):
        raise InvalidError(
            "A stage requires fields that its records do not have; see `errors`.",
            code="unknown_field",
            errors=faults,
        )
    return pipeline


def _add_collection(
    api: APIRouter, store: Callable[[Exchange], PipelineStore], definitions: DefinitionsOf
) -> None:
    @api.post(
        "/v1/pipelines", response_model=Pipeline, status_code=201,
        name="create_pipeline", summary="Create a pipeline",
        description="Makes a pipeline for deals or for leads, with at least one stage of each "
        f"kind. A workspace has at most {MAX_PIPELINES} besides those that it began with.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("pipelines:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Writes, body: PipelineFields) -> Response:
        fields = body.model_dump(exclude={"stages"})
        fields["stages"] = [each.whole() for each in body.stages]

        def made() -> Pipeline:
            return _checked(Pipeline.of(fields, ask.caller), lambda: definitions(ask))

        return ask.created(lambda also: store(ask).create(made(), also=also), "/v1/pipelines")

    @api.get(
        "/v1/pipelines", response_model=PipelinePage, name="list_pipelines",
        summary="List pipelines",
        description="The pipelines of deals and of leads: ordered stages, each with its kind, the "
        "probability of winning in percent and the fields that it requires. Every workspace "
        "begins with one of each, where records go that name none.",
        responses=problems(400, 422), openapi_extra=operation("pipelines:read"),
    )  # fmt: skip
    async def list_all(
        ask: Reads,
        record_type: Annotated[
            RecordType | None, Query(description="Those of deals or of leads alone.")
        ] = None,
        state: Annotated[
            Literal["active", "archived", "all"], Query(description="Archived ones too, or alone.")
        ] = "active",
    ) -> Response:
        return ask.page(
            "pipelines",
            None,
            lambda _start: Page(
                [
                    each
                    for each in store(ask).all()
                    if record_type in (None, each.record_type)
                    and state in ("all", "archived" if each.archived_at else "active")
                ],
                None,
            ),
        )


def _add_pipeline(
    api: APIRouter, store: Callable[[Exchange], PipelineStore], definitions: DefinitionsOf
) -> None:
    @api.get(
        "/v1/pipelines/{id}", response_model=Pipeline,
        name="get_pipeline", summary="Get a pipeline",
        description="One pipeline, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("pipelines:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Reads, pipeline_id: Id) -> Response:
        return ask.show(store(ask).get(pipeline_id))

    @api.patch(
        "/v1/pipelines/{id}", response_model=Pipeline,
        name="update_pipeline", summary="Update a pipeline",
        description="JSON Merge Patch (RFC 7396). `stages` are all stages that are not archived, "
        "in their new order: with the keys that you know they are renamed and changed, without "
        "a key or with a new one added. A stage cannot be left out (archive it) and keeps its "
        "kind. Another probability holds for what enters the stage from then on. Records are "
        "written by the new rules within 30 seconds.",
        responses=_CHANGE,
        openapi_extra=operation("pipelines:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(ask: Writes, pipeline_id: Id, body: PipelinePatch) -> Response:
        wanted = body.model_dump(exclude={"stages"}, exclude_unset=True)
        if "stages" in body.model_fields_set:
            wanted["stages"] = [each.whole() for each in body.stages]
        return ask.changed(
            lambda also: store(ask).change(
                pipeline_id,
                lambda old: _checked(old.edited(wanted), lambda: definitions(ask), old),
                if_match=ask.if_match,
                also=also,
            )
        )


def _add_acts(api: APIRouter, store: Callable[[Exchange], PipelineStore]) -> None:
    def closing(ask: Exchange, pipeline_id: str, *, archived: bool) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                pipeline_id,
                lambda old: old.closed(archived=archived),
                event="archived" if archived else "reopened",
                if_match=ask.if_match,
                also=also,
            )
        )

    @api.post(
        "/v1/pipelines/{id}/archive", response_model=Pipeline,
        name="archive_pipeline", summary="Archive a pipeline",
        description="It takes no more records and is left out of the list; what is in it stays, "
        "can be read and moved elsewhere. The one that records go to by default stays (409).",
        responses=_ACT, openapi_extra=operation("pipelines:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def archive(ask: Writes, pipeline_id: Id) -> Response:
        return closing(ask, pipeline_id, archived=True)

    @api.post(
        "/v1/pipelines/{id}/reopen", response_model=Pipeline,
        name="reopen_pipeline", summary="Reopen an archived pipeline",
        description="It takes records again.",
        responses=_ACT, openapi_extra=operation("pipelines:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def reopen(ask: Writes, pipeline_id: Id) -> Response:
        return closing(ask, pipeline_id, archived=False)

    @api.post(
        "/v1/pipelines/{id}/stages/{stage}/archive", response_model=Pipeline,
        name="archive_pipeline_stage", summary="Archive a stage",
        description="The stage takes no more records; those in it go to another stage of its kind "
        "(`moves_to`) in the background, beginning within two minutes, each with its events "
        "(source `automation`) and whatever that stage requires. The stage's `state` is "
        "`archiving` until the last has gone; then `archived`.",
        responses=_CHANGE,
        openapi_extra=operation("pipelines:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def archive_stage(
        ask: Writes, pipeline_id: Id, stage: Key, body: StageArchiveFields
    ) -> Response:
        return ask.changed(
            lambda also: store(ask).change(
                pipeline_id,
                lambda old: old.archiving(stage, body.moves_to),
                event="stage_closed",
                if_match=ask.if_match,
                also=also,
            )
        )
