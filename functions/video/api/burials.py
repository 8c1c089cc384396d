"""/v1/videos/{video_id}, …/restore, …/purge: deletion, its undoing, and its end."""

from typing import Annotated

from fastapi import APIRouter, Response

from functions.shared.errors import PreconditionRequiredError
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router
from functions.video.api.desk import OpenDesk
from functions.video.api.videos import Id, Writes, show
from functions.video.api.views import VideoView

Purges = Annotated[Exchange, asks("videos:purge")]
Deletes = Annotated[Exchange, asks("videos:delete")]


def routes(desk: OpenDesk) -> APIRouter:
    """Return the routes of a video's end."""
    api = router(tags=["videos"])

    @api.delete(
        "/v1/videos/{video_id}", status_code=204, response_class=Response, name="delete_video",
        summary="Delete a video",
        description="The video is hidden, and no link of its playback works any more; a player "
        "that has its playlist already can fetch segments for at most an hour more. An upload that "
        "has not arrived and a run that is going on are given up; what is stored is kept, and "
        "counts, for 30 days, in which it can be restored. Event: `video.deleted`.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("videos:delete", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def delete(ask: Deletes, video_id: Id) -> Response:
        pipeline = desk(ask).pipeline
        return ask.deleted(lambda also: pipeline.delete(video_id, if_match=ask.if_match, also=also))

    @api.post(
        "/v1/videos/{video_id}/restore", response_model=VideoView, name="restore_video",
        summary="Restore a video",
        description="Undoes a deletion of the last 30 days. A run that was given up can be begun "
        "again; playback links from before stay dead, shares open again. Links to records that are "
        "gone for good are left out. One that is not deleted stays as it is. Event: "
        "`video.restored`.",
        responses=problems(400, 404, 409, 412),
        openapi_extra=operation("videos:write", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def restore(ask: Writes, video_id: Id) -> Response:
        at = desk(ask)
        return ask.changed(
            lambda also: at.pipeline.restore(
                video_id, at.links_left, if_match=ask.if_match, also=also
            ),
            show,
        )

    @api.post(
        "/v1/videos/{video_id}/purge", status_code=204, response_class=Response,
        name="purge_video", summary="Purge a video",
        description="Makes a video, deleted or not, irrecoverable at once: its fields, what the "
        "audit log knows of them, and every version of every byte of it, source, renditions, "
        "captions, transcript and analysis. `If-Match` says what you mean. Event: `video.purged`, "
        "which names it and no more.",
        responses=problems(400, 404, 409, 412, 428),
        openapi_extra=operation("videos:purge", "IdempotencyKey", "IfMatch"),
    )  # fmt: skip
    async def purge(ask: Purges, video_id: Id) -> Response:
        if ask.if_match is None:
            raise PreconditionRequiredError("Send `If-Match`: the version that is to be purged.")
        pipeline = desk(ask).pipeline
        return ask.deleted(
            lambda also: pipeline.purge(
                video_id,
                if_match=ask.if_match,
                also=lambda gone: [ask.forgets(video_id), *also(gone)],
            )
        )

    return api
