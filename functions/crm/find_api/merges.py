"""The routes of merging: several records become one, and are several again when that is undone."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Response

from functions.crm.combining import MAX_NAMES
from functions.crm.merge_choice import Choices
from functions.crm.merging import (
    MAX_RECORDS,
    MERGEABLE,
    UNDO_DAYS,
    Merge,
    MergeFields,
    Moved,
    Preview,
    absent,
    check_ids,
)
from functions.crm.model import Mergeable
from functions.shared.errors import NotFoundError
from functions.shared.exchange import Exchange, asks
from functions.shared.idempotency import Reply
from functions.shared.limits import START_COST
from functions.shared.openapi import operation, problems
from functions.shared.records import check_match
from functions.shared.web import router
from functions.shared.writes import Also

# What is peculiar to a type.
_PECULIAR: Mapping[str, str] = {
    "deals": "It stays in the winner's stage, with the winner's odds and history of stages; the "
    "others leave the board and its sums at once. Line items are one deal's as a whole and make "
    "the amount: the winner's, else the first that has any, or those of `fields.line_items` "
    "`{from}`. An amount comes with its own exchange rate. Contacts are united. ",
    "leads": "It stays in the winner's stage, and is scored by what it is then. Leads that have "
    "been converted do not merge (409 `lead_converted`). ",
}

Id = Annotated[str, Path(alias="id", description="The merge's id.")]


class MergeStore(Protocol):
    """The merges of records of one type, as one caller begins them."""

    def look(self, ids: Sequence[str]) -> Mapping[str, Mergeable]: ...
    def would_be(self, records: Sequence[Mergeable], choices: Choices) -> Any: ...
    def ahead(self, loser_ids: Sequence[str]) -> Moved: ...
    def begin(self, ids: Sequence[str], choices: Choices, *, also: Also[Merge]) -> Merge: ...
    def get(self, merge_id: str) -> Merge: ...
    def sees(self, merge: Merge) -> bool: ...
    def undo(self, merge: Merge, *, also: Also[Merge]) -> Merge: ...


Open = Callable[[Exchange, str], MergeStore]


def routes(store: Open) -> APIRouter:
    """Return the routes `POST /v1/<resource>/merge` and those of `/v1/merges`."""
    api = router(tags=["merges"])
    for name in MERGEABLE:
        _add_merge(api, name, store)
    _add_merges(api, store)
    return api


def _add_merge(api: APIRouter, name: str, store: Open) -> None:
    kind = MERGEABLE[name]
    one, write = kind.OBJECT, f"{name}:write"

    async def merge(
        ask: Annotated[Exchange, asks(write, cost=START_COST)], body: MergeFields
    ) -> Response:
        ask.caller.require(f"{name}:delete")
        check_ids(kind, body.ids)
        desk = store(ask, name)
        if body.dry_run:
            return _preview(desk, kind, body.ids, body.fields)
        return ask.created(lambda also: desk.begin(body.ids, body.fields, also=also), "/v1/merges")

    api.add_api_route(
        f"/v1/{name}/merge", merge, methods=["POST"], status_code=201, response_model=Merge,
        name=f"merge_{name}", summary=f"Merge {name}",
        description=f"Makes one {one} of up to {MAX_RECORDS}: the first of `ids` stays, with what "
        "you choose by `fields` and else with what it has, filled up by the others; tags and "
        "custom fields are united. The others are gone from lists at once, and their ids lead to "
        "the winner: it is what `GET` shows for them and what is stored where they are named. "
        "Everything that named them (deals, activities, contacts, associations, also what you may "
        "not see) moves in the background; `GET /v1/merges/{id}` tells how far it is. So do "
        "videos, which tell of it by `video.updated`. Their "
        f"timelines are read with the winner's. {_PECULIAR.get(name, '')}A {one} can take in "
        f"{MAX_NAMES} others. It can be undone for {UNDO_DAYS} days. With `dry_run` nothing is "
        "done: 200 shows what the record would be and how much would move. You need "
        f"`{name}:write` and `{name}:delete`, and to see all of them.",
        responses={
            200: {"description": "A dry run.", "model": Preview},
            **problems(400, 404, 409, 413, 415, 422),
        },
        openapi_extra=operation(write, "IdempotencyKey"),
    )  # fmt: skip


def _preview(
    desk: MergeStore, kind: type[Mergeable], ids: Sequence[str], choices: Choices
) -> Response:
    there = desk.look(ids)
    if len(there) < len(ids):
        raise absent(kind, ids, there)
    record = desk.would_be([there[each] for each in ids], choices)
    shown = Preview.model_construct(record=record, moves=desk.ahead(ids[1:]))
    return Response(shown.model_dump_json(serialize_as_any=True), media_type="application/json")


def _add_merges(api: APIRouter, store: Open) -> None:
    path = "/v1/merges/{id}"

    @api.get(
        path, response_model=Merge, name="get_merge", summary="Get a merge",
        description="How far it is: `running` until everything has moved, then `done`; `undoing` "
        "until everything is back, then `undone`. `left` names what an undo left as it was (the "
        "first hundred) and why: it was edited since, is gone, or its place was taken; "
        "`stage_archived`: it is back, in another stage.",
        responses=problems(404), openapi_extra=operation("merges:read"),
    )  # fmt: skip
    async def get(ask: Annotated[Exchange, asks("merges:read")], merge_id: Id) -> Response:
        _, merge = _seen(ask, store, merge_id)
        return Response(merge.model_dump_json(), media_type="application/json")

    @api.post(
        f"{path}/undo", response_model=Merge, name="undo_merge", summary="Undo a merge",
        description=f"For {UNDO_DAYS} days: the records are several again at once, what had moved "
        "moves back in the background. What was edited since the merge is left as it is and named "
        "in `left`; of the winner only what must be another's goes. A deal or lead whose stage was "
        "archived meanwhile is in the stage that took its records, and named there too. You need "
        "to be able to merge.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("merges:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def undo(
        ask: Annotated[Exchange, asks("merges:write", cost=START_COST)], merge_id: Id
    ) -> Response:
        desk, merge = _seen(ask, store, merge_id)
        name = _resource_of(merge)
        ask.caller.require(f"{name}:write")
        ask.caller.require(f"{name}:delete")

        def action(also: Also[Any]) -> Merge:
            check_match(merge.etag, ask.if_match)
            return desk.undo(merge, also=also)

        return ask.once(action, lambda done: Reply(200, done.model_dump_json(), {}))


def _seen(ask: Exchange, store: Open, merge_id: str) -> tuple[MergeStore, Merge]:
    desk = store(ask, "contacts")
    merge = desk.get(merge_id)
    name = _resource_of(merge)
    desk = store(ask, name)
    if f"{name}:read" not in ask.caller.scopes or not desk.sees(merge):
        raise NotFoundError("There is no such merge.")
    return desk, merge


def _resource_of(merge: Merge) -> str:
    return next(name for name, kind in MERGEABLE.items() if merge.record_type == kind.OBJECT)
