"""/v1/members, /v1/invitations/accept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.identity.admission import (
    deactivated,
    draft_member,
    edited,
    no_successor,
    reactivated,
)
from functions.identity.api.people import (
    Deactivation,
    InvitationAccept,
    MemberInvite,
    MemberList,
    MemberPatch,
    MembershipView,
    MemberView,
)
from functions.identity.directory import Directory
from functions.identity.members import Member, invitation_to, no_invitation
from functions.identity.ports import MemberStore
from functions.identity.roles import RoleBook
from functions.shared.caching import REVALIDATE
from functions.shared.caller import Caller
from functions.shared.errors import ConflictError, NotFoundError
from functions.shared.exchange import DEFAULT_LIMIT, Ask, Cursor, Exchange, Limit, asks
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.shared.writes import Also

Reads = Annotated[Exchange, asks("members:read")]
Writes = Annotated[Exchange, asks("members:write")]
Removes = Annotated[Exchange, asks("members:delete")]
MemberId = Annotated[str, Path(alias="id", description="The member's id.")]
Stores = Callable[[Exchange, Caller], MemberStore]
Books = Callable[[Exchange], RoleBook]
Clock = Callable[[], datetime]

_CHANGE = problems(400, 404, 409, 412, 413, 415, 422)


def routes(
    members: Stores, books: Books, directory: Callable[[], Directory], clock: Clock
) -> APIRouter:
    """Return the routes of a workspace's members."""
    api = router(tags=["members"])
    _add_collection(api, members, books, directory, clock)
    _add_member(api, members, books)
    _add_invitation(api, members, clock)
    _add_state(api, members, books)
    _add_acceptance(api, members, directory, clock)
    return api


def _add_collection(
    api: APIRouter,
    members: Stores,
    books: Books,
    directory: Callable[[], Directory],
    clock: Clock,
) -> None:
    @api.post(
        "/v1/members", response_model=MemberView, status_code=201,
        name="invite_member", summary="Invite a person",
        description="Makes an account for the address unless there is one, and an invitation, "
        "good for 7 days. Its text, `invitation`, is shown in this reply alone; a replay has it "
        "no more. The role may do no more than yours.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("members:write", "IdempotencyKey"),
    )  # fmt: skip
    async def invite_member(ask: Writes, body: MemberInvite) -> Response:
        texts: dict[str, str] = {}

        def invite(also: Also[Member]) -> Member:
            member, text = draft_member(
                ask.caller, books(ask), clock(), email=body.email, name=body.name,
                role=body.role, team_ids=body.team_ids,
            )  # fmt: skip
            texts[member.id] = text
            # First: an account in no workspace may do nothing, whatever happens next.
            directory().ensure_account(body.email, body.name)
            return members(ask, ask.caller).create(member, also=also)

        def reply(member: Member, text: str | None) -> Reply:
            headers = {"location": f"/v1/members/{member.id}", "etag": member.etag}
            return Reply(201, member.view(text), headers)

        return ask.once(
            invite,
            lambda member: reply(member, texts[member.id]),
            kept_reply=lambda member: reply(member, None),
        )

    @api.get(
        "/v1/members", response_model=MemberList,
        name="list_members", summary="List members",
        description="The workspace's people in every state, newest first.",
        responses=problems(400, 422), openapi_extra=operation("members:read"),
    )  # fmt: skip
    async def list_members(
        ask: Reads, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        store = members(ask, ask.caller)
        return ask.page(
            "members", cursor, lambda start: store.page(limit=limit, start=start), Member.view
        )


def _add_member(api: APIRouter, members: Stores, books: Books) -> None:
    @api.get(
        "/v1/members/{id}", response_model=MemberView,
        name="get_member", summary="Get a member",
        description="One member, or 304 when `If-None-Match` names its version.",
        responses={**problems(404), 304: {"description": "You have this version."}},
        openapi_extra=operation("members:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get_member(ask: Reads, member_id: MemberId) -> Response:
        return ask.show(members(ask, ask.caller).get(member_id), Member.view)

    @api.patch(
        "/v1/members/{id}", response_model=MemberView,
        name="update_member", summary="Update a member",
        description="Another name, role or teams (JSON Merge Patch); a new role holds within 60 "
        "seconds. Nobody gives a role that exceeds their own, and the last active admin stays "
        "one (409 `last_admin`).",
        responses=_CHANGE, openapi_extra=operation("members:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def update_member(ask: Writes, member_id: MemberId, body: MemberPatch) -> Response:
        return ask.changed(
            lambda also: members(ask, ask.caller).change(
                member_id,
                lambda old: edited(old, body.changes(), ask.caller, books(ask)),
                if_match=ask.if_match,
                also=also,
            ),
            Member.view,
        )


def _add_invitation(api: APIRouter, members: Stores, clock: Clock) -> None:
    @api.post(
        "/v1/members/{id}/invite", response_model=MemberView,
        name="invite_member_again", summary="Invite again",
        description="Makes another invitation for one who has not joined; the one before ends.",
        responses=_CHANGE, openapi_extra=operation("members:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def invite_member_again(ask: Writes, member_id: MemberId) -> Response:
        texts: list[str] = []

        def renewed(old: Member) -> Member:
            new, text = old.invited(ask.caller.workspace, clock())
            texts[:] = [text]
            return new

        def reply(member: Member, text: str | None) -> Reply:
            return Reply(200, member.view(text), {"etag": member.etag})

        return ask.once(
            lambda also: members(ask, ask.caller).change(
                member_id, renewed, event="invited", if_match=ask.if_match, also=also
            ),
            lambda member: reply(member, texts[0]),
            kept_reply=lambda member: reply(member, None),
        )


def _add_state(api: APIRouter, members: Stores, books: Books) -> None:
    @api.post(
        "/v1/members/{id}/deactivate", response_model=MemberView,
        name="deactivate_member", summary="Deactivate a member",
        description="They, and the API keys that are bound to them, cannot come in any more, "
        "within 60 seconds. Their records go to `reassign_to`, or stay theirs. The last active "
        "admin cannot be deactivated (409 `last_admin`).",
        responses=_CHANGE, openapi_extra=operation("members:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def deactivate_member(
        ask: Removes, member_id: MemberId, body: Deactivation | None = None
    ) -> Response:
        store = members(ask, ask.caller)

        def deactivate(also: Also[Member]) -> Member:
            heir = body.reassign_to if body else None
            return store.change(
                member_id,
                lambda old: deactivated(
                    old, _successor(store, heir) if heir else None, ask.caller, books(ask)
                ),
                event="deactivated",
                if_match=ask.if_match,
                also=also,
            )

        return ask.changed(deactivate, Member.view)

    @api.post(
        "/v1/members/{id}/reactivate", response_model=MemberView,
        name="reactivate_member", summary="Reactivate a member",
        description="They may come in again with the role they had; one who had never joined "
        "needs another invitation.",
        responses=_CHANGE, openapi_extra=operation("members:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def reactivate_member(ask: Writes, member_id: MemberId) -> Response:
        return ask.changed(
            lambda also: members(ask, ask.caller).change(
                member_id,
                lambda old: reactivated(old, ask.caller, books(ask)),
                event="reactivated",
                if_match=ask.if_match,
                also=also,
            ),
            Member.view,
        )


def _successor(store: MemberStore, member: str) -> Member:
    try:
        return store.get(member, consistent=True)
    except NotFoundError as error:
        raise no_successor() from error


def _add_acceptance(
    api: APIRouter, members: Stores, directory: Callable[[], Directory], clock: Clock
) -> None:
    @api.post(
        "/v1/invitations/accept", response_model=MembershipView,
        name="accept_invitation", summary="Accept an invitation",
        description="Joins the workspace that an invitation is for. Only a person can, signed in "
        "with the invited address; to all others it does not exist. Your tokens are for the new "
        "workspace once you switch to it, or at the next refresh if you are in no other.",
        responses=problems(400, 404, 409, 413, 415, 422),
        openapi_extra=operation(None, "IdempotencyKey"),
    )  # fmt: skip
    async def accept_invitation(ask: Ask, body: InvitationAccept) -> Response:
        subject, named = ask.caller.subject, invitation_to(body.token)
        if subject is None or named is None:
            raise no_invitation()
        workspace, member_id = named
        # Who joins is the new member: another workspace's ids have no place in this one.
        joining = replace(ask.caller, workspace=workspace, principal=member_id, member=member_id)

        def join(also: Also[Member]) -> Member:
            email = directory().verified_email(subject)
            try:
                return members(ask, joining).change(
                    member_id,
                    lambda old: old.joined(body.token, email, subject, clock()),
                    event="joined",
                    also=also,
                )
            except NotFoundError as error:
                raise no_invitation() from error
            except ConflictError as error:
                if error.code != "duplicate_subject":
                    raise
                raise ConflictError(
                    "You are in this workspace already.", code="already_joined"
                ) from error

        def reply(member: Member) -> Reply:
            view = MembershipView(
                workspace=workspace,
                member_id=member.id,
                role=member.role,
                current=ask.caller.workspace == "",
            )
            return Reply(200, view.model_dump_json(), {})

        return ask.once(join, reply, within=workspace)
