"""/v1/videos/{video_id}/source: another file for a video, under the same id."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from functions.shared.idempotency import Reply
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.video.api.bodies import NewSource, NewSourcePull
from functions.video.api.desk import OpenDesk
from functions.video.api.videos import Begins, Id
from functions.video.api.views import OpenUploadSession, UploadSession
from functions.video.uploads import Opened

_WHAT = (
    "Until a run on the new file is ready, the video is played, read and run as it was; then the "
    "new one takes its place: renditions, stills, the automatic captions, transcript, analysis and "
    "views are those of the new file. The old file is deleted within minutes, what was made of it "
    "within an hour and a half. Id, links, shares and playback links stay; captions that people "
    "have made stay too, marked as `outdated`. If the upload or the run comes to nothing, all "
    "stays as it was, and `replacement` says why: a file that has arrived can be tried again with "
    "a run from `inspect`, or given up with `…/cancel`. 409 `upload_open`, `replacement_open` or "
    "`not_uploaded` says why there is nothing to replace (yet). Events: "
    "`video.replacement_opened`, then `video.source_replaced`, `video.replacement_failed` or "
    "`video.replacement_cancelled`."
)


def routes(desk: OpenDesk) -> APIRouter:
    """Return the routes of replacing."""
    api = router(tags=["videos"])

    @api.post(
        "/v1/videos/{video_id}/source", response_model=OpenUploadSession, status_code=201,
        name="replace_source", summary="Replace a video's file",
        description="Opens an upload as `POST /v1/videos` does: parts, checksums, completion, "
        f"cancelling and expiry are those of `…/upload`, `…/parts`, `…/complete` and "
        f"`…/cancel`. {_WHAT}",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def replace(ask: Begins, video_id: Id, body: NewSource) -> Response:
        replacing = desk(ask).replacing
        return ask.once(
            lambda also: replacing.open(
                video_id, body.source, also, way=body.way, if_match=ask.if_match
            ),
            _reply(201, OpenUploadSession.opened),
        )

    @api.post(
        "/v1/videos/{video_id}/source/pull", response_model=UploadSession, status_code=202,
        name="pull_source", summary="Replace a video's file by one at an address",
        description="Fetches the file as `POST /v1/videos/pull` does, with the same refusals. "
        f"{_WHAT}",
        responses=problems(400, 404, 409, 412, 413, 415, 422),
        openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def pull(ask: Begins, video_id: Id, body: NewSourcePull) -> Response:
        replacing = desk(ask).replacing
        return ask.once(
            lambda also: replacing.pull(video_id, body.source_url, also, if_match=ask.if_match),
            _reply(202, lambda opened: UploadSession.of(opened.video)),
            recall_first=True,
        )

    return api


def _reply(status: int, view: Callable[[Opened], UploadSession]) -> Callable[[Opened], Reply]:
    def reply(opened: Opened) -> Reply:
        video = opened.video
        headers = {"etag": video.etag, "location": f"/v1/videos/{video.id}/upload"}
        return Reply(status, view(opened).model_dump_json(), headers)

    return reply
