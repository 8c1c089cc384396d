"""/v1/videos: the record and its runs."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from functions.shared.caching import REVALIDATE
from functions.shared.exchange import DEFAULT_LIMIT, Cursor, Exchange, Limit, Related, asks
from functions.shared.expansion import links
from functions.shared.idempotency import Reply
from functions.shared.limits import START_COST
from functions.shared.openapi import operation, problems
from functions.shared.ownership import OWNERSHIP
from functions.shared.web import router
from functions.video.api.bodies import NewPull, NewRun, NewVideo, VideoPatch
from functions.video.api.desk import OpenDesk
from functions.video.api.views import OpenedVideoView, VideoPage, VideoSummary, VideoView
from functions.video.due import rescheduled
from functions.video.model import Link, Video
from functions.video.retention import FIELDS
from functions.video.uploads import Opened, default_title

Id = Annotated[str, Path(alias="video_id", description="The video's id.")]
Reads = Annotated[Exchange, asks("videos:read")]
Writes = Annotated[Exchange, asks("videos:write")]
# An upload, or a run, sets much more in motion than a record's change.
Begins = Annotated[Exchange, asks("videos:write", cost=START_COST)]
AmongDeleted = Annotated[
    bool, Query(description="Those that were deleted in the last 30 days, instead.")
]
CHANGE = problems(400, 404, 409, 412, 413, 415, 422)


def routes(desk: OpenDesk) -> APIRouter:
    """Return the routes of the record."""
    api = router(tags=["videos"])
    related = Related([links()], lambda ask, names: desk(ask).linked(names))

    @api.post(
        "/v1/videos", response_model=OpenedVideoView, status_code=201, name="create_video",
        summary="Open an upload",
        description="Makes a video in state `waiting` and an upload for its file. Send every part "
        "with `PUT` to its `url` (the first 20 are in the reply, `POST …/parts` gives the rest), "
        "keep the `ETag` of each reply, then `POST …/complete`. With `checksums` S3 takes no part "
        "whose bytes are not those of its SHA-256: `POST …/parts` names it for each. A small file "
        "with `sha256` comes in a single `PUT` and completes itself. Links must name records that "
        "you may read. Event: `video.created`.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def create(ask: Begins, body: NewVideo) -> Response:
        def reply(opened: Opened) -> Reply:
            video = opened.video
            headers = {"etag": video.etag, "location": f"/v1/videos/{video.id}"}
            return Reply(201, OpenedVideoView.opened(opened).model_dump_json(), headers)

        uploads = desk(ask).uploads
        return ask.once(
            lambda also: uploads.open(
                body.source,
                body.title,
                body.links,
                also,
                way=body.way,
                ownership=body.ownership,
                content=body.content,
                days_kept=body.days_kept,
                engine=body.engine,
            ),
            reply,
        )

    @api.post(
        "/v1/videos/pull", response_model=VideoView, status_code=202, name="pull_video",
        summary="Fetch a file from an address",
        description="Makes a video of the file at `source_url`, which is asked for its size at "
        "once and then fetched part by part; it goes on where it was cut off, for a day. 422 "
        "`source_not_public`, `source_not_found`, `source_forbidden`, `source_without_ranges`, "
        "`source_unavailable`, `source_empty` or `source_too_large` says why it cannot be; what "
        "turns out later is the video's `reason` (also `source_changed`, `source_too_slow`). Only "
        "public addresses are talked to, also where one redirects. The address is shown to nobody. "
        "Events: `video.created`, `video.failed`.",
        responses=problems(400, 409, 413, 415, 422),
        openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def pull(ask: Begins, body: NewPull) -> Response:
        uploads = desk(ask).uploads
        return ask.once(
            lambda also: uploads.pull(
                body.source_url,
                body.title,
                body.links,
                also,
                ownership=body.ownership,
                content=body.content,
                days_kept=body.days_kept,
                engine=body.engine,
            ),
            lambda opened: Reply(202, show(opened.video), {"etag": opened.video.etag}),
            recall_first=True,
        )

    @api.get(
        "/v1/videos", response_model=VideoPage, name="list_videos", summary="List videos",
        description="The workspace's videos, newest first; `next_cursor` leads on. The progress "
        "of runs is shown by the single video. With `deleted=true` those that were deleted in the "
        "last 30 days, the last deleted first.",
        responses=problems(400, 422), openapi_extra=operation("videos:read", expands=related.names),
    )  # fmt: skip
    async def list_all(
        ask: Reads,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        deleted: AmongDeleted = False,  # noqa: FBT002 - a query parameter
    ) -> Response:
        videos = desk(ask).videos
        read_page = videos.buried if deleted else videos.page
        return ask.page(
            "videos:deleted" if deleted else "videos",
            cursor,
            lambda start: read_page(limit=limit, start=start),
            lambda video: VideoSummary.of(video).model_dump_json(),
            related,
        )

    @api.get(
        "/v1/videos/{video_id}", response_model=VideoView, name="get_video", summary="Get a video",
        description="One video with its newest run, step by step. The `ETag` is "
        '`"<version>.<run>.<revision>"`: it changes with the run\'s progress too, so that '
        "`If-None-Match` follows it; `If-Match` heeds the version alone.",
        responses={**problems(404), 304: {"description": "You have this state."}},
        openapi_extra=operation(
            "videos:read", "IfNoneMatch", cache=REVALIDATE, expands=related.names
        ),
    )  # fmt: skip
    async def get(ask: Reads, video_id: Id) -> Response:
        return ask.show(desk(ask).videos.get(video_id), show, related)

    @api.patch(
        "/v1/videos/{video_id}", response_model=VideoView, name="update_video",
        summary="Update a video",
        description="JSON Merge Patch (RFC 7396) of title, links, content, engine, owner, team and "
        "of how long the video and its file are kept, for which you need `videos:delete` too. "
        "Event: `video.updated`.",
        responses=CHANGE, openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def patch(ask: Writes, video_id: Id, body: VideoPatch) -> Response:
        if FIELDS & body.model_fields_set:
            ask.require("videos:delete")
        at = desk(ask)
        links = at.uploads.known_links(body.links, video_id) if body.links else ()
        return ask.changed(
            lambda also: at.videos.change(
                video_id,
                lambda video: patched(video, body, links),
                event="updated",
                if_match=ask.if_match,
                also=also,
            ),
            show,
        )

    @api.post(
        "/v1/videos/{video_id}/runs", response_model=VideoView, status_code=202,
        name="run_video", summary="Run the pipeline again",
        description="Begins another run: from `inspect` (everything), `encode`, `transcribe` or "
        "`analyse`. What is there stays until the run replaces it. `encode` goes on after a run "
        "that broke (`timeout`, `internal`), within three days, and encodes only what that had not "
        "finished. 409 `run_open` while a run is going on, `not_uploaded`, `nothing_to_resume`, "
        "`no_renditions`, `no_transcript`, `source_deleted` when there is nothing to begin "
        "with.",
        responses=CHANGE, openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def run(ask: Begins, video_id: Id, body: NewRun) -> Response:
        pipeline = desk(ask).pipeline
        return ask.once(
            lambda also: pipeline.run_again(video_id, body.start, also),
            lambda video: Reply(202, show(video), {"etag": video.etag}),
        )

    @api.post(
        "/v1/videos/{video_id}/runs/cancel", response_model=VideoView, name="cancel_run",
        summary="Cancel the run",
        description="Ends the run that is going on. What it has finished stays, and so does what "
        "earlier runs made; a video that nothing can be played of yet is `failed` with the reason "
        "`run_cancelled`, and can be run again. 409 `no_run_open` when there is none. Event: "
        "`video.failed` in that case.",
        responses=CHANGE, openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def cancel(ask: Writes, video_id: Id) -> Response:
        pipeline = desk(ask).pipeline
        return ask.changed(
            lambda also: pipeline.cancel_run(video_id, if_match=ask.if_match, also=also), show
        )

    return api


def show(video: Video) -> str:
    """Render a video with its newest run."""
    return VideoView.of(video).model_dump_json(by_alias=True)


def patched(video: Video, body: VideoPatch, links: tuple[Link, ...]) -> Video:
    """Return the video with the patch applied, its links as they are kept; itself when that
    changes nothing."""
    fields: dict[str, object] = {}
    if "title" in body.model_fields_set:
        fields["title"] = body.title or default_title(video.source.filename)
    if "links" in body.model_fields_set:
        fields["links"] = links
    for wish in ("content", "engine"):
        if wish in body.model_fields_set:
            fields[wish] = getattr(body, wish) or "auto"
    also = (*OWNERSHIP, *FIELDS)
    fields |= {name: getattr(body, name) for name in also if name in body.model_fields_set}
    if all(getattr(video, name) == value for name, value in fields.items()):
        return video
    changed = video.changed(**fields)
    return rescheduled(video, changed) if FIELDS & fields.keys() else changed
