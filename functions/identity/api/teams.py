"""/v1/teams."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.identity.api.schemas import TeamCreate, TeamList, TeamPatch
from functions.identity.ports import Store
from functions.identity.service import edited
from functions.identity.teams import Team
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Reads = Annotated[Exchange, asks("teams:read")]
Writes = Annotated[Exchange, asks("teams:write")]
Deletes = Annotated[Exchange, asks("teams:delete")]
TeamId = Annotated[str, Path(alias="id", description="The team's id.")]

Teams = Callable[[Exchange], Store[Team]]


def routes(teams: Teams) -> APIRouter:
    """Return the routes of the caller's workspace's teams."""
    api = router(tags=["identity"])
    _add_collection(api, teams)
    _add_team(api, teams)
    return api


def _add_collection(api: APIRouter, teams: Teams) -> None:
    @api.post(
        "/v1/teams", response_model=Team, status_code=201,
        name="create_team", summary="Create a team",
        description="Makes a team; members name the teams they are in. A workspace has at most "
        "200, with different names.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("teams:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create_team(ask: Writes, body: TeamCreate) -> Response:
        return ask.created(
            lambda also: teams(ask).create(Team.born(ask.caller, **body.model_dump()), also=also),
            "/v1/teams",
        )

    @api.get(
        "/v1/teams", response_model=TeamList,
        name="list_teams", summary="List teams",
        description="The workspace's teams, newest first; `next_cursor` leads on.",
        responses=problems(400, 422), openapi_extra=operation("teams:read"),
    )  # fmt: skip
    async def list_teams(
        ask: Reads, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        return ask.page("teams", cursor, lambda start: teams(ask).page(limit=limit, start=start))


def _add_team(api: APIRouter, teams: Teams) -> None:
    @api.get(
        "/v1/teams/{id}", response_model=Team,
        name="get_team", summary="Get a team",
        description="One team, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("teams:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_team(ask: Reads, team_id: TeamId) -> Response:
        return ask.show(teams(ask).get(team_id))

    @api.patch(
        "/v1/teams/{id}", response_model=Team,
        name="update_team", summary="Update a team",
        description="JSON Merge Patch (RFC 7396): what is left out stays.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("teams:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def update_team(ask: Writes, team_id: TeamId, body: TeamPatch) -> Response:
        wanted = body.model_dump(exclude_unset=True)
        return ask.changed(
            lambda also: teams(ask).change(
                team_id, lambda team: edited(team, wanted), if_match=ask.if_match, also=also
            )
        )

    @api.delete(
        "/v1/teams/{id}", status_code=204, response_class=Response,
        name="delete_team", summary="Delete a team",
        description="Only a team that no member is in can be deleted; else 409. Records that "
        "name it keep the name, which gives nobody sight of them any more.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("teams:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete_team(ask: Deletes, team_id: TeamId) -> Response:
        return ask.deleted(
            lambda also: teams(ask).delete(team_id, if_match=ask.if_match, also=also)
        )
