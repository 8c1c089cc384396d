"""/v1/workspaces: an account's own; /v1/workspace: the credential's."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.identity.api.people import (
    MembershipList,
    MembershipView,
    WorkspacePatch,
    WorkspaceView,
)
from functions.identity.members import Membership, current
from functions.identity.model import Workspace
from functions.identity.ports import AccountStore, ChoiceStore, NamedWorkspaces
from functions.shared.caching import REVALIDATE
from functions.shared.errors import NotFoundError
from functions.shared.exchange import Ask, Exchange, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.shared.writes import Also

Reads = Annotated[Exchange, asks("workspace:read")]
Writes = Annotated[Exchange, asks("workspace:write")]
WorkspaceId = Annotated[
    str,
    Path(
        alias="id",
        description="The workspace's id.",
        json_schema_extra={"pattern": "^ws_[0-9a-hjkmnp-tv-z]{26}$"},
    ),
]
Workspaces = Callable[[Exchange], NamedWorkspaces]


def routes(
    accounts: Callable[[], AccountStore],
    choices: Callable[[Exchange, str], ChoiceStore],
    workspaces: Workspaces,
) -> APIRouter:
    """Return the routes about workspaces themselves."""
    api = router(tags=["workspaces"])
    _add_mine(api, accounts)
    _add_switch(api, accounts, choices)
    _add_own(api, workspaces)
    return api


def _add_mine(api: APIRouter, accounts: Callable[[], AccountStore]) -> None:
    @api.get(
        "/v1/workspaces", response_model=MembershipList,
        name="list_workspaces", summary="List my workspaces",
        description="Where the signed-in person is an active member, at most 50; for a key or a "
        "client its one workspace.",
        responses=problems(), openapi_extra=operation(),
    )  # fmt: skip
    async def list_workspaces(ask: Ask) -> Response:
        caller, found = ask.caller, list[Membership]()
        if caller.kind == "user" and caller.subject is not None:
            found = accounts().memberships(caller.subject)
        else:
            found = [Membership(workspace=caller.workspace, member="", role=caller.role)]
        next_one, names = current(found), accounts().names(each.workspace for each in found)
        data = [
            MembershipView(
                workspace=each.workspace,
                name=names.get(each.workspace),
                member_id=each.member or None,
                role=each.role,
                current=each == next_one,
            )
            for each in sorted(found, key=lambda each: each.workspace)
        ]
        shown = MembershipList(data=data).model_dump_json()
        return Response(shown, media_type="application/json")


def _add_switch(
    api: APIRouter,
    accounts: Callable[[], AccountStore],
    choices: Callable[[Exchange, str], ChoiceStore],
) -> None:
    @api.post(
        "/v1/workspaces/{id}/switch", response_model=MembershipView,
        name="switch_workspace", summary="Switch to a workspace",
        description="From the next token on, you work in this workspace: refresh yours now. "
        "The present one stays as it is.",
        responses=problems(400, 404, 409), openapi_extra=operation(None, "IdempotencyKey"),
    )  # fmt: skip
    async def switch_workspace(ask: Ask, workspace: WorkspaceId) -> Response:
        subject = ask.caller.subject
        mine = accounts().memberships(subject) if subject is not None else []
        chosen = next((each for each in mine if each.workspace == workspace), None)
        if chosen is None or subject is None:
            raise NotFoundError("There is no such workspace.")

        def choose(also: Also[Membership]) -> Membership:
            choices(ask, workspace).choose(chosen.member, subject, also(chosen))
            return chosen

        def reply(_chosen: Membership) -> Reply:
            view = MembershipView(
                workspace=workspace, member_id=chosen.member, role=chosen.role, current=True
            )
            return Reply(200, view.model_dump_json(), {})

        return ask.once(choose, reply, within=workspace)


def _add_own(api: APIRouter, workspaces: Workspaces) -> None:
    @api.get(
        "/v1/workspace", response_model=WorkspaceView,
        name="get_workspace", summary="Get the workspace",
        description="The workspace of your credential, or 304 when `If-None-Match` names its "
        "version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("workspace:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_workspace(ask: Reads) -> Response:
        return ask.show(workspaces(ask).get(ask.caller.workspace))

    @api.patch(
        "/v1/workspace", response_model=WorkspaceView,
        name="update_workspace", summary="Update the workspace",
        description="JSON Merge Patch (RFC 7396) of its name, of the web pages that may read "
        "replies to its credentials, and of how long new videos and their files are kept; it "
        "holds within 60 seconds. Event: `workspace.updated`.",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("workspace:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def update_workspace(ask: Writes, body: WorkspacePatch) -> Response:
        def edited(old: Workspace) -> Workspace:
            changes = body.changes()
            same = all(getattr(old, name) == value for name, value in changes.items())
            return old if same else old.changed(**changes)

        return ask.changed(
            lambda also: workspaces(ask).change(
                ask.caller.workspace, edited, if_match=ask.if_match, also=also
            )
        )
