"""Share links: made and revoked by members, opened by whoever has one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response
from starlette.requests import Request

from functions.shared.caching import REVALIDATE
from functions.shared.check import RecordName
from functions.shared.clock import iso, now
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Limit, origin_of
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.video import shares
from functions.video.admittance import Admittance
from functions.video.api.desk import Desk, OpenDesk
from functions.video.api.playback import OPEN, base_url
from functions.video.api.share_bodies import (
    Knock,
    NewShare,
    NewShareView,
    RecipientBody,
    SessionView,
    SharePage,
    ShareView,
    recipient_of,
)
from functions.video.api.videos import CHANGE, Id, Reads, Writes
from functions.video.passcodes import hashed
from functions.video.shares import PURPOSE, Recipient, Share, Ticket, told_on

ShareId = Annotated[
    str,
    Path(
        alias="share_id",
        description="The share's id.",
        examples=["shr_06b1qz3v1w7g2m5n8p0r4t6x9s"],
    ),
]

# From a share link's token to the door of its workspace's shares; raises UnauthenticatedError
# for one that is not ours, RateLimitedError for one that is used too often.
OpenDoor = Callable[[str], tuple[Admittance, Ticket]]


def routes(desk: OpenDesk, door: OpenDoor) -> APIRouter:
    """Return the routes of a video's shares, and the one that opens them."""
    api = router(tags=["playback"])
    _add_making(api, desk)
    _add_reading(api, desk)
    _add_opening(api, door)
    return api


def _add_making(api: APIRouter, desk: OpenDesk) -> None:
    @api.post(
        "/v1/videos/{video_id}/shares", response_model=NewShareView, status_code=201,
        name="create_share", summary="Share a video",
        description="A link for one recipient, who needs no account: the `token` is in this reply "
        "alone, and `POST /v1/playback/sessions` opens it, as often as it is asked for, until it "
        "expires or is revoked; or until the video is deleted, or given to somebody whose videos "
        "you may not see. It may be made before there is anything to play. Events: "
        "`share.created`, `share.opened` whenever it is opened.",
        responses=CHANGE, openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Writes, video_id: Id, body: NewShare) -> Response:
        at, moment = desk(ask), now()
        video = at.videos.get(video_id)
        recipient = _recipient(at, body.recipient)
        caller = ask.caller
        share = Share.born(
            caller,
            video_id=video.id,
            video_title=video.title,
            recipient=recipient,
            links=told_on(recipient, video.links),
            expires_at=iso(moment + timedelta(seconds=body.expires_in_s)),
            has_passcode=body.passcode is not None,
            domains=tuple(dict.fromkeys(body.domains)),
            allow_download=body.allow_download,
            sight=(caller.visibility, caller.member or "", *caller.teams),
        )
        kept = None if body.passcode is None else hashed(body.passcode)
        token = shares.issue(ask.signer(PURPOSE), caller.workspace, share.id)

        def reply(made: Share) -> Reply:
            headers = {
                "etag": made.etag, "location": f"/v1/videos/{video_id}/shares/{made.id}"
            }  # fmt: skip
            return Reply(201, NewShareView.of(made, token=token).model_dump_json(), headers)

        return ask.once(lambda also: at.shares.create_locked(share, kept, also), reply)

    @api.delete(
        "/v1/videos/{video_id}/shares/{share_id}", status_code=204, response_class=Response,
        name="revoke_share", summary="Revoke a share",
        description="The link opens nothing more, and no session of it gets a further playlist, "
        "from the moment of this reply; a player that has its playlist already can fetch segments "
        "for at most an hour more. Event: `share.revoked`.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def revoke(ask: Writes, video_id: Id, share_id: ShareId) -> Response:
        at = desk(ask)
        at.videos.get(video_id)
        return ask.deleted(
            lambda also: at.shares.revoke(
                video_id, share_id, now(), if_match=ask.if_match, also=also
            )
        )


def _add_reading(api: APIRouter, desk: OpenDesk) -> None:
    @api.get(
        "/v1/videos/{video_id}/shares", response_model=SharePage, name="list_shares",
        summary="List a video's shares",
        description="The links that are not revoked, newest first, without their tokens.",
        responses=problems(400, 404, 422), openapi_extra=operation("videos:read"),
    )  # fmt: skip
    async def list_all(
        ask: Reads, video_id: Id, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        at = desk(ask)
        at.videos.get(video_id)
        return ask.page(
            f"shares {video_id}",
            cursor,
            lambda start: at.shares.of_video(video_id, limit=limit, start=start),
            _show,
        )

    @api.get(
        "/v1/videos/{video_id}/shares/{share_id}", response_model=ShareView, name="get_share",
        summary="Get a share", description="One link, and how often it was opened.",
        responses={**problems(404), 304: {"description": "You have this state."}},
        openapi_extra=operation("videos:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Reads, video_id: Id, share_id: ShareId) -> Response:
        at = desk(ask)
        at.videos.get(video_id)
        return ask.show(at.shares.of(video_id, share_id), _show)


def _add_opening(api: APIRouter, door: OpenDoor) -> None:
    @api.post(
        "/v1/playback/sessions", response_model=SessionView, name="open_share",
        summary="Open a share",
        description="Turns a share's token into a playback link for its bearer, without a key. "
        "401 `share_link_invalid` for what is none of our tokens, `share_link_ended` for a share "
        "that is revoked, expired or whose video is gone, `passcode_required`, `passcode_wrong`; "
        "403 `origin_not_allowed` on a page that the share does not name; 429 `passcode_locked` "
        "after five wrong passcodes in a quarter of an hour, `rate_limited` for one that is "
        "opened all the time.",
        responses=problems(400, 409, 413, 415, 422), openapi_extra=OPEN,
    )  # fmt: skip
    async def open_share(request: Request, body: Knock) -> Response:
        admittance, ticket = door(body.token)
        event, headers = request.scope["aws.event"], request.headers
        page = shares.origin_of(headers.get("origin"), headers.get("referer"))
        whence = origin_of(event) | {"request_id": event["reelate.request_id"]}
        admitted = admittance.admit(ticket, body.passcode, page, now(), **whence)
        link = f"{base_url(request)}/v1/playback/{admitted.token}"
        shown = SessionView(
            url=f"{link}/master.m3u8",
            views_url=f"{link}/views",
            expires_at=iso(admitted.expires_at),
            title=admitted.title,
            duration_ms=admitted.duration_ms,
            recipient_name=admitted.share.recipient.name,
            allow_download=admitted.share.allow_download,
        )
        return Response(shown.model_dump_json(), media_type="application/json")


def _recipient(at: Desk, body: RecipientBody) -> Recipient:
    """Return whom a share is for. Raises InvalidError when the caller may not read the contact;
    of a merged one it is for what it is now."""
    if body.contact_id is None:
        if body.email is None and body.name is None:
            raise InvalidError(
                "Say for whom the link is.",
                code="recipient_required",
                errors=[FieldProblem("/recipient", "missing", "Name a contact, or somebody.")],
            )
        return recipient_of(body, None)
    found = at.linked([RecordName(type="contact", id=body.contact_id)])
    contact = found.get(body.contact_id)
    if contact is None:
        where, sentence = "/recipient/contact_id", "There is no such contact."
        raise InvalidError(
            "The recipient is not there.",
            code="broken_link",
            errors=[FieldProblem(where, "no_such_record", sentence)],
        )
    return recipient_of(body, contact)


def _show(share: Share) -> str:
    return ShareView.of(share).model_dump_json()
