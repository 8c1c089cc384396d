"""Playback: links for those who may see a video, and what is behind a link for anyone."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from starlette.requests import Request

from functions.shared.clock import iso, now
from functions.shared.exchange import origin_of
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.video import keys
from functions.video.api.bodies import NewPlayback
from functions.video.api.desk import OpenDesk, OpenScreening
from functions.video.api.videos import CHANGE, Id, Reads, Writes
from functions.video.api.views import PlaybackView
from functions.video.model import Video
from functions.video.playback import (
    PURPOSE,
    Screening,
    check_playable,
    issue,
    revoke,
    started,
)

Token = Annotated[str, Path(description="The signed part of a playback link.")]
Rung = Annotated[
    str, Path(description="A rendition that the master playlist names, `audio` or `captions-de`.")
]
Language = Annotated[
    str, Path(description="The language of a caption track (BCP 47).", examples=["de"])
]
RunNumber = Annotated[int, Path(description="The run that made the segment.")]
SegmentPath = Annotated[str, Path(description="The segment, as the playlist names it.")]

_HLS, _VTT = "application/vnd.apple.mpegurl", "text/vtt"
OPEN: dict[str, Any] = {"security": []}
_PLAYLIST: dict[int | str, dict[str, Any]] = {
    **problems(401, 404),
    200: {"description": "An HLS playlist.", "content": {_HLS: {"schema": {"type": "string"}}}},
}
_CUES: dict[int | str, dict[str, Any]] = {
    **problems(401, 404),
    200: {"description": "WebVTT.", "content": {_VTT: {"schema": {"type": "string"}}}},
}
_REDIRECT: dict[int | str, dict[str, Any]] = {
    **problems(401, 404),
    302: {"description": "`Location` is the file's address, good for an hour."},
}


def routes(desk: OpenDesk, screening: OpenScreening) -> APIRouter:
    """Return the routes that give and revoke links, and those behind a link."""
    api = router(tags=["playback"])
    _add_links(api, desk)
    _add_playlists(api, screening)
    _add_files(api, screening)
    return api


def _add_links(api: APIRouter, desk: OpenDesk) -> None:
    @api.post(
        "/v1/videos/{video_id}/playback", response_model=PlaybackView, name="create_playback",
        summary="Get a playback link",
        description="The URL of an HLS playlist that plays without a key, for whoever has it, "
        "until it expires or is revoked, or until the video is given to somebody whose videos you "
        "may not see. Playable from the first finished seconds on while the "
        "rest is still encoded. Beside it lie `poster.jpg`, `video.mp4`, `audio.m4a`, "
        "`storyboard.jpg` with `storyboard.vtt`, and `waveform.json` (audiowaveform's format), "
        "and, of each language with captions, `captions-de.vtt` (`captions.vtt` is the first of "
        "them). 409 `not_playable` when there is nothing to play.",
        responses=CHANGE, openapi_extra=operation("videos:read", "IdempotencyKey"),
    )  # fmt: skip
    async def link(ask: Reads, video_id: Id, body: NewPlayback | None = None) -> Response:
        at, moment = desk(ask), now()
        chosen = body.expires_in_s if body else None
        lifetime = timedelta(seconds=chosen) if chosen else at.playback_lifetime
        token = issue(ask.signer(PURPOSE), ask.caller, video_id, moment, lifetime)
        link = f"{base_url(ask.request)}/v1/playback/{token}"
        shown = PlaybackView(
            url=f"{link}/master.m3u8",
            views_url=f"{link}/views",
            expires_at=iso(moment + lifetime),
        )

        def checked(video: Video) -> Video:
            check_playable(video)
            return video

        return ask.once(
            lambda also: at.videos.change(video_id, checked, also=also),
            lambda _video: Reply(200, shown.model_dump_json(), {}),
        )

    @api.post(
        "/v1/videos/{video_id}/playback/revoke", status_code=204, response_class=Response,
        name="revoke_playback", summary="Revoke all playback links",
        description="Links given until now stop working at once; a player that has its playlist "
        "already can fetch segments for at most an hour more.",
        responses=problems(400, 404, 409),
        openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def end(ask: Writes, video_id: Id) -> Response:
        videos = desk(ask).videos
        return ask.once(
            lambda also: revoke(videos, video_id, now(), also), lambda _video: Reply(204, "", {})
        )


def _add_playlists(api: APIRouter, screening: OpenScreening) -> None:
    @api.get(
        "/v1/playback/{token}/master.m3u8", response_class=Response, name="play",
        summary="The master playlist", responses=_PLAYLIST, openapi_extra=OPEN,
    )  # fmt: skip
    async def master(request: Request, token: Token) -> Response:
        """List the renditions of the video."""
        shown = screening(request, token)
        text = shown.master()
        _tell(shown, "master.m3u8", request)
        return _text(text, _HLS)

    @api.get(
        "/v1/playback/{token}/{rung}.m3u8", response_class=Response, name="play_rung",
        summary="One rendition's playlist", responses=_PLAYLIST, openapi_extra=OPEN,
    )  # fmt: skip
    async def rung(request: Request, token: Token, rung: Rung) -> Response:
        """List the segments of one rendition (`720p`, …, or `audio`). While the video is being
        encoded the playlist grows: an EVENT playlist that ends as VOD."""
        return _text(screening(request, token).track(rung), _HLS)


def _add_files(api: APIRouter, screening: OpenScreening) -> None:
    @api.get(
        "/v1/playback/{token}/segments/{run}/{path:path}", response_class=Response,
        status_code=302, name="play_segment", summary="One segment of a long video",
        responses=_REDIRECT, openapi_extra=OPEN,
    )  # fmt: skip
    async def segment(
        request: Request, token: Token, run: RunNumber, path: SegmentPath
    ) -> Response:
        """Redirect to a segment. Only the playlists of very long videos lead here."""
        return _redirect(screening(request, token).segment(run, path))

    @api.get(
        "/v1/playback/{token}/storyboard.vtt", response_class=Response, name="play_storyboard_cues",
        summary="Which part of the sheet shows which moment", responses=_CUES, openapi_extra=OPEN,
    )  # fmt: skip
    async def cues(request: Request, token: Token) -> Response:
        """List the storyboard's pictures: WebVTT cues that name parts of `storyboard.jpg`."""
        return _text(screening(request, token).storyboard(), _VTT)

    @api.get(
        "/v1/playback/{token}/captions.vtt", response_class=Response, status_code=302,
        name="play_captions", summary="The captions as one file", responses=_REDIRECT,
        openapi_extra=OPEN,
    )  # fmt: skip
    async def captions(request: Request, token: Token) -> Response:
        """Redirect to the default track of the captions, else the first by language (WebVTT); 404
        `not_playable_yet` until there is one."""
        return _redirect(screening(request, token).captions())

    @api.get(
        "/v1/playback/{token}/captions-{language}.vtt", response_class=Response, status_code=302,
        name="play_captions_track", summary="The captions of one language as one file",
        responses=_REDIRECT, openapi_extra=OPEN,
    )  # fmt: skip
    async def track(request: Request, token: Token, language: Language) -> Response:
        """Redirect to a caption track (WebVTT); 404 `not_playable_yet` when there is none."""
        return _redirect(screening(request, token).captions(language))

    for name, kind in (
        (keys.POSTER, "The poster picture"),
        (keys.MP4, "The video as one file"),
        (keys.M4A, "The sound as one file"),
        (keys.STORYBOARD, "Small pictures of the whole video in one sheet"),
        (keys.WAVEFORM, "Peaks of the sound"),
    ):
        _add_file(api, screening, name, kind)


def _add_file(api: APIRouter, screening: OpenScreening, name: str, kind: str) -> None:
    async def file(request: Request, token: Token) -> Response:
        shown = screening(request, token)
        address = shown.file(name)
        if name in (keys.MP4, keys.M4A):
            _tell(shown, name, request)
        return _redirect(address)

    api.add_api_route(
        f"/v1/playback/{{token}}/{name}", file, methods=["GET"], status_code=302,
        response_class=Response, name=f"play_{name.partition('.')[0]}", summary=kind,
        description="Redirect to the file; 404 `not_playable_yet` until it is there.",
        responses=_REDIRECT, openapi_extra=OPEN,
    )  # fmt: skip


def _tell(shown: Screening, name: str, request: Request) -> None:
    event = request.scope["aws.event"]
    origin = origin_of(event) | {"request_id": event["reelate.request_id"]}
    shown.tell(started(shown.grant, name, now(), **origin))


def base_url(request: Request) -> str:
    """Return the URL, without a trailing slash, under which the caller sees `/v1`.

    On AWS the request context names the domain, and its path holds what stands before `/v1`:
    the stage, or a custom domain's base path. A local proxy has neither: there it is the Host.
    """
    context = request.scope["aws.event"]["requestContext"]
    domain = context.get("domainName")
    if domain:
        before = str(context.get("path", "")).partition("/v1/")[0]
        return f"https://{domain}{before}"
    return f"http://{request.headers.get('host', 'localhost')}"


def _text(text: str, kind: str) -> Response:
    return Response(text, media_type=kind)


def _redirect(address: str) -> Response:
    return Response(status_code=302, headers={"location": address})
