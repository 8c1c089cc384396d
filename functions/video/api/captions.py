"""/v1/videos/{video_id}/captions: the caption tracks of a video, one for each language."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Response

from functions.shared.caching import REVALIDATE
from functions.shared.errors import NotFoundError
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Limit
from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.video import tracks
from functions.video.api.caption_bodies import (
    CaptionsFullView,
    CaptionsPage,
    CaptionsPatch,
    CaptionsView,
    NewCaptions,
)
from functions.video.api.desk import OpenDesk
from functions.video.api.videos import CHANGE, Id, Reads, Writes
from functions.video.model import Video

if TYPE_CHECKING:
    from functions.video.captioning import Wanted

Tag = Annotated[
    str, Path(alias="language", description="The track's language (BCP 47).", examples=["de"])
]
_PATH = "/v1/videos/{video_id}/captions"
_EVENT = "Event: `video.captions_changed`."
_KEPT: dict[int | str, dict[str, Any]] = {
    **problems(404, 413),
    304: {"description": "You have this state."},
}


def routes(desk: OpenDesk) -> APIRouter:
    """Return the routes of caption tracks."""
    api = router(tags=["captions"])
    for ending, kind, title in (
        ("vtt", "text/vtt", "WebVTT"),
        ("srt", "application/x-subrip", "SubRip"),
    ):
        _add_file(api, desk, ending, kind, title)
    _add_reading(api, desk)
    _add_writing(api, desk)
    return api


def _add_file(api: APIRouter, desk: OpenDesk, ending: str, kind: str, title: str) -> None:
    async def file(ask: Reads, video_id: Id, language: Tag) -> Response:
        # Here and not above: few requests read or write cues.
        from functions.video import subrip, webvtt

        at = desk(ask)
        video = at.videos.get(video_id)
        track = tracks.track_of(video, _canonical(language))
        headers = {"etag": f'{track.etag[:-1]}.{ending}"'}
        if ask.has(headers["etag"]):
            return Response(status_code=304, headers=headers)
        cues = at.captioning().cues(video, track)
        text = webvtt.write(cues) if ending == "vtt" else subrip.write(cues)
        return Response(text, headers=headers, media_type=kind)

    api.add_api_route(
        f"{_PATH}/{{language}}.{ending}", file, methods=["GET"], response_class=Response,
        name=f"get_captions_file_{ending}", summary=f"Get a caption track as {title}",
        description="The track as a file.",
        responses={
            **_KEPT,
            200: {"description": f"{title}.", "content": {kind: {"schema": {"type": "string"}}}},
        },
        openapi_extra=operation("videos:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip


def _add_reading(api: APIRouter, desk: OpenDesk) -> None:
    @api.get(
        _PATH, response_model=CaptionsPage, name="list_captions",
        summary="List a video's caption tracks",
        description="The default one first, then by language. The automatic one is there as soon "
        "as there is a transcript with words in it, unless somebody has made a track of its "
        "language, or has deleted it. Each is a subtitle track in the playlists of playback.",
        responses=problems(400, 404, 422), openapi_extra=operation("videos:read"),
    )  # fmt: skip
    async def list_all(
        ask: Reads, video_id: Id, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
    ) -> Response:
        video = desk(ask).videos.get(video_id)

        def fetch(start: dict[str, Any] | None) -> Page[Any]:
            first = start["after"] if start else 0
            found = tracks.tracks(video)
            more = {"after": first + limit} if len(found) > first + limit else None
            return Page(found[first : first + limit], more)

        return ask.page(
            f"captions:{video_id}",
            cursor,
            fetch,
            lambda track: CaptionsView.of(video_id, track).model_dump_json(),
        )

    @api.get(
        f"{_PATH}/{{language}}", response_model=CaptionsFullView, name="get_captions",
        summary="Get a caption track",
        description="One track with its cues; with `.vtt` or `.srt` behind it, as a file.",
        responses=_KEPT, openapi_extra=operation("videos:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Reads, video_id: Id, language: Tag) -> Response:
        at = desk(ask)
        video = at.videos.get(video_id)
        track = tracks.track_of(video, _canonical(language))

        def view(_video: Video) -> str:
            cues = [
                {"start_ms": each.start_ms, "end_ms": each.end_ms, "text": each.text,
                 "settings": each.settings}
                for each in at.captioning().cues(video, track)
            ]  # fmt: skip
            head = json.loads(CaptionsView.of(video_id, track).model_dump_json())
            return json.dumps({**head, "cues": cues}, ensure_ascii=False)

        return ask.show(video, view, etag=track.etag)


def _add_writing(api: APIRouter, desk: OpenDesk) -> None:
    @api.post(
        _PATH, response_model=CaptionsView, status_code=201, name="create_captions",
        summary="Add a caption track",
        description="A track of one language, from a file (WebVTT or SubRip, UTF-8) or cue by "
        f"cue; at most {tracks.MAX_TRACKS} languages. It is read strictly: 422 "
        "`captions_invalid` names line and fault (`bad_time`, `out_of_order`, `bad_tag`, "
        "`not_utf8`, …); style sheets, regions and unknown markup are refused. It is shown in "
        "place of an automatic track of its language. 409 `captions_exist` when there is one that "
        f"somebody has made, `label_taken`, `too_many_tracks`. {_EVENT}",
        responses=CHANGE, openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Writes, video_id: Id, body: NewCaptions) -> Response:
        at = desk(ask)
        return ask.once(
            lambda also: at.captioning().create(
                video_id, body.language, _wanted(body, body.language), also
            ),
            _reply(body.language, 201, f"/v1/videos/{video_id}/captions/{body.language}"),
        )

    @api.patch(
        f"{_PATH}/{{language}}", response_model=CaptionsView, name="update_captions",
        summary="Change a caption track",
        description="JSON Merge Patch (RFC 7396) of label, kind and default, and of all cues, as "
        "a file or cue by cue. A change of the automatic track makes it yours: no later run "
        "touches it (`…/revert` takes the automatic one back). What the transcript says, and with "
        "it the evidence of every statement about the video, is not changed by it. Null gives a "
        f"field what it is in a new track. {_EVENT}",
        responses=CHANGE, openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def update(ask: Writes, video_id: Id, language: Tag, body: CaptionsPatch) -> Response:
        at, tag = desk(ask), _canonical(language)
        return ask.once(
            lambda also: at.captioning().change(
                video_id, tag, _wanted(body, tag), ask.if_match, also
            ),
            _reply(tag, 200),
        )  # fmt: skip

    @api.delete(
        f"{_PATH}/{{language}}", status_code=204, response_class=Response,
        name="delete_captions", summary="Delete a caption track",
        description="Players show it no more. An automatic one stays away until `…/revert`, "
        f"whatever later runs find. {_EVENT}",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete(ask: Writes, video_id: Id, language: Tag) -> Response:
        captioning, tag = desk(ask).captioning(), _canonical(language)
        return ask.deleted(lambda also: captioning.remove(video_id, tag, ask.if_match, also))

    @api.post(
        f"{_PATH}/{{language}}/revert", response_model=CaptionsView, name="revert_captions",
        summary="Take the automatic track back",
        description="The track of the transcript is shown again, in place of what was made of it, "
        f"or after it was deleted; 409 `no_automatic_track` when there is none. {_EVENT}",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def revert(ask: Writes, video_id: Id, language: Tag) -> Response:
        captioning, tag = desk(ask).captioning(), _canonical(language)
        return ask.once(
            lambda also: captioning.revert(video_id, tag, ask.if_match, also), _reply(tag, 200)
        )


def _reply(language: str, status: int, location: str | None = None) -> Callable[[Video], Reply]:
    def reply(video: Video) -> Reply:
        track = tracks.track_of(video, language)
        headers = {"etag": track.etag, **({"location": location} if location else {})}
        return Reply(status, CaptionsView.of(video.id, track).model_dump_json(), headers)

    return reply


def _wanted(body: NewCaptions | CaptionsPatch, language: str) -> "Wanted":
    """Return what a body asks for; null is what a new track has that says nothing."""
    # Here and not above: few requests write cues.
    from functions.video.captioning import Wanted
    from functions.video.captions import Cue

    new = {"label": language, "kind": "captions", "default": False}
    told = {name: getattr(body, name) for name in new if name in body.model_fields_set}
    cues = None if body.cues is None else [Cue(**each.model_dump()) for each in body.cues]
    fields: dict[str, Any] = {
        name: new[name] if value is None else value for name, value in told.items()
    }
    return Wanted(file=body.file, cues=cues, **fields)


def _canonical(language: str) -> str:
    try:
        return tracks.canonical(language)
    except ValueError as error:
        raise NotFoundError(
            "The video has no captions in this language.", code="no_captions"
        ) from error
