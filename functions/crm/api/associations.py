"""The routes of associations: any two records, joined by a label and read from both ends."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from functions.crm.api.resources import CHANGE, READ, WRITE, Id
from functions.crm.associations import (
    MAX_OF_RECORD,
    Association,
    AssociationFields,
    AssociationPatch,
    Associations,
)
from functions.crm.labels import EndType, LabelName
from functions.shared import batch
from functions.shared.batch import Acts
from functions.shared.caching import REVALIDATE
from functions.shared.check import RecordName
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.records import check_match
from functions.shared.web import router

_PATH = "/v1/associations"
Open = Callable[[Exchange], Associations]


class AssociationPage(BaseModel):
    """A page of associations."""

    data: list[Association]
    next_cursor: str | None


def routes(desk: Open) -> APIRouter:
    """Return the routes of `/v1/associations` and those that read a record's."""
    api = router(tags=["associations"])
    acts = _acts(desk)
    _add_collection(api, acts)
    _add_association(api, desk, acts)
    return api


def reading(name: str, type_: EndType, desk: Open) -> APIRouter:
    """Return the route `GET /v1/<name>/{id}/associations`."""
    api = router(tags=["associations"])
    read = f"{name}:read"

    async def of_record(
        ask: Annotated[Exchange, asks(read)],
        record_id: Id,
        type: Annotated[  # noqa: A002 - the parameter's name on the wire
            EndType | None, Query(description="Those with records of this type alone.")
        ] = None,
        label: Annotated[
            LabelName | None, Query(description="Those with this label, as read from here, alone.")
        ] = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        return ask.page(
            f"associations:{record_id}:{type}:{label}",
            cursor,
            lambda start: desk(ask).of_record(
                RecordName(type=type_, id=record_id),
                type_=type,
                label=label,
                limit=limit,
                start=start,
            ),
        )

    api.add_api_route(
        f"/v1/{name}/{{id}}/associations", of_record, methods=["GET"],
        response_model=AssociationPage,
        name=f"list_{type_}_associations", summary=f"List what a {type_} is associated with",
        description=f"Each as it is read from the {type_}: `from` is the {type_}, `label` says "
        "what it is to the other. Ordered by the other's type, then by label. What you may not "
        "read, or what is deleted, is left out, so a page may be short; follow `next_cursor` "
        "until it is null.",
        responses=problems(400, 404, 422), openapi_extra=operation(read),
    )  # fmt: skip
    return api


def _acts(desk: Open) -> Acts:
    def create(ask: Exchange, body: AssociationFields) -> Response:
        def reply(result: tuple[Association, bool]) -> Reply:
            there, made = result
            headers = {"etag": there.etag, "location": f"{_PATH}/{there.id}"}
            return Reply(201 if made else 200, there.model_dump_json(), headers)

        return ask.once(lambda also: desk(ask).create(body, also=also), reply)

    def update(ask: Exchange, association_id: str, body: AssociationPatch) -> Response:
        return ask.changed(
            lambda also: desk(ask).change(
                association_id, body, lambda old: check_match(old.etag, ask.if_match), also=also
            )
        )

    def delete(ask: Exchange, association_id: str) -> Response:
        return ask.deleted(
            lambda also: desk(ask).delete(
                association_id, lambda old: check_match(old.etag, ask.if_match), also=also
            )
        )

    return Acts(
        "associations", "association", AssociationFields, AssociationPatch, create, update, delete
    )


def _add_collection(api: APIRouter, acts: Acts) -> None:
    @api.post(
        _PATH, status_code=201, response_model=Association,
        name="create_association", summary="Associate two records",
        description="Joins any two records (contact, company, lead, deal, activity, product, "
        "video) by a label. It is read from both ends: from `from` by its label, from `to` by the "
        "label's inverse. Two records are joined once by one label: again, it replies 200 with "
        f"the association there is. A record has at most {MAX_OF_RECORD:,} associations (409 "
        "`too_many_associations`). You must be able to read both records. When one is deleted the "
        "association is hidden, and there again when the record is restored.",
        responses={
            200: {"description": "They were associated already.", "model": Association}, **WRITE
        },
        openapi_extra=operation("associations:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(
        ask: Annotated[Exchange, asks("associations:write")], body: AssociationFields
    ) -> Response:
        return acts.create(ask, body)

    @api.post(
        f"{_PATH}/batch", status_code=207, response_class=Response,
        name="batch_associations", summary="Create, update and delete associations",
        description="Up to 100 operations, done in their order, each as a request of its own: it "
        "succeeds or is refused alone, and needs the scope it would need there. A `delete` names "
        "the `if_match` it is based on, or `*`.",
        responses=problems(400, 413, 415, 422),
        openapi_extra=operation("associations:write", "IdempotencyKey", batch=(
            AssociationFields.__name__, AssociationPatch.__name__, Association.__name__)),
    )  # fmt: skip
    async def run_batch(
        ask: Annotated[Exchange, asks("associations:write", cost=batch.COST)],
    ) -> Response:
        return batch.run(ask, acts)


def _add_association(api: APIRouter, desk: Open, acts: Acts) -> None:
    path = f"{_PATH}/{{id}}"

    @api.get(
        path, response_model=Association, name="get_association", summary="Get an association",
        description="One association, as it was made, or 304 when `If-None-Match` names its "
        "version.",
        responses={**READ, 304: {"description": "You have this version."}},
        openapi_extra=operation("associations:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(
        ask: Annotated[Exchange, asks("associations:read")], association_id: Id
    ) -> Response:
        return ask.show(desk(ask).get(association_id))

    @api.patch(
        path, response_model=Association,
        name="update_association", summary="Give an association another label",
        description="The new label is read from `from` to `to`, as the old one was.",
        responses=CHANGE,
        openapi_extra=operation("associations:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(
        ask: Annotated[Exchange, asks("associations:write")],
        association_id: Id,
        body: AssociationPatch,
    ) -> Response:
        return acts.update(ask, association_id, body)

    @api.delete(
        path, status_code=204, response_class=Response,
        name="delete_association", summary="Delete an association",
        description="The two records stay as they are.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("associations:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete(
        ask: Annotated[Exchange, asks("associations:delete")], association_id: Id
    ) -> Response:
        return acts.delete(ask, association_id)
