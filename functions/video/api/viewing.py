"""Views: players tell what is watched, members read it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Response

from functions.shared.clock import iso, now
from functions.shared.errors import UnauthenticatedError
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Limit
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.video.api.desk import OpenDesk
from functions.video.api.playback import OPEN, Token
from functions.video.api.videos import Id, Reads
from functions.video.api.view_bodies import (
    Noted,
    ViewerPage,
    ViewerViewsView,
    ViewSession,
    ViewSessionPage,
    ViewsView,
    Watched,
)
from functions.video.model import MAX_SOURCES, Video
from functions.video.playback import Grant
from functions.video.viewing import Beat, Viewer

SourceNumber = Annotated[
    int | None,
    Query(ge=1, le=MAX_SOURCES, description="Of this of the video's files instead, by number."),
]
# From a playback link's token to what it grants; raises UnauthenticatedError for a dead one,
# RateLimitedError for one that tells too often.
OpenNotebook = Callable[[str], tuple[Grant, Callable[[Beat], None]]]


def routes(desk: OpenDesk, notebook: OpenNotebook) -> APIRouter:
    """Return the route that players tell by, and those that show what was watched."""
    api = router(tags=["viewing"])
    _add_telling(api, notebook)
    _add_reading(api, desk)
    return api


def shown_file(video: Video, asked: int | None) -> int:
    """Return the number of the file whose views are shown."""
    return asked or video.source_number


def _add_telling(api: APIRouter, notebook: OpenNotebook) -> None:
    @api.post(
        "/v1/playback/{token}/views", response_model=Noted, status_code=202, name="tell_views",
        summary="Tell what is watched",
        description="For players, of any page and without a key: the playback link is the "
        "permission, and what comes by one link is one session. Send what was played every ten "
        "seconds or so, and once more when the page is left (`fetch` with `keepalive: true`), each "
        "time under the next `sequence`; a reply that did not come is asked for again under the "
        "same one, and counts once. At most one in a second, for long. Numbers may overtake each "
        "other by 64. What nobody can have watched in the time since the link was made is not "
        "counted, nor what comes before the video is ready. Event: `video.viewed` when the session "
        "starts and at each quarter of the video that it has seen.",
        responses=problems(400, 413, 415, 422), openapi_extra=OPEN,
    )  # fmt: skip
    async def tell(token: Token, body: Watched) -> Response:
        grant, note = notebook(token)
        if grant.session is None:
            raise UnauthenticatedError(
                "The link is from before views were counted.", code="playback_link_invalid"
            )
        note(
            Beat(
                workspace=grant.viewer.workspace,
                video=grant.video,
                session=grant.session,
                viewer=Viewer(type=grant.viewer.kind, id=grant.viewer.principal),
                since=grant.issued_at,
                at=iso(now()),
                sequence=body.sequence,
                spans=tuple(body.played),
            )
        )
        shown = Noted(sequence=body.sequence).model_dump_json()
        return Response(shown, 202, media_type="application/json")


def _add_reading(api: APIRouter, desk: OpenDesk) -> None:
    @api.get(
        "/v1/videos/{video_id}/views", response_model=ViewsView, name="get_views",
        summary="What was watched of a video",
        description="All sessions together: how many got how far, and which parts were watched how "
        "much. Some seconds behind. Of each file that the video has had the views are kept apart; "
        "the newest one's are shown where `source` names no other.",
        responses=problems(404, 422), openapi_extra=operation("videos:read"),
    )  # fmt: skip
    async def total(ask: Reads, video_id: Id, source: SourceNumber = None) -> Response:
        at = desk(ask)
        number = shown_file(at.videos.get(video_id), source)
        shown = ViewsView.of(video_id, number, at.views.total(video_id, number))
        return Response(shown.model_dump_json(), media_type="application/json")

    @api.get(
        "/v1/videos/{video_id}/views/sessions", response_model=ViewSessionPage,
        name="list_view_sessions", summary="Who watched when",
        description="The viewings of a video, newest first; each is kept 400 days.",
        responses=problems(400, 404, 422), openapi_extra=operation("videos:read"),
    )  # fmt: skip
    async def sessions(
        ask: Reads,
        video_id: Id,
        source: SourceNumber = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        at = desk(ask)
        number = shown_file(at.videos.get(video_id), source)
        return ask.page(
            f"view sessions {video_id} {number}",
            cursor,
            lambda start: at.views.sessions(video_id, number, limit=limit, start=start),
            lambda each: ViewSession.of(*each).model_dump_json(),
        )

    @api.get(
        "/v1/videos/{video_id}/views/viewers", response_model=ViewerPage,
        name="list_viewers", summary="Who watched which parts",
        description="The viewers of a video, the newest share's first, each with all that it has "
        "watched.",
        responses=problems(400, 404, 422), openapi_extra=operation("videos:read"),
    )  # fmt: skip
    async def viewers(
        ask: Reads,
        video_id: Id,
        source: SourceNumber = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response:
        at = desk(ask)
        number = shown_file(at.videos.get(video_id), source)
        return ask.page(
            f"viewers {video_id} {number}",
            cursor,
            lambda start: at.views.viewers(video_id, number, limit=limit, start=start),
            lambda each: ViewerViewsView.of(each).model_dump_json(),
        )
