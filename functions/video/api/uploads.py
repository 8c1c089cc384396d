"""/v1/videos/{video_id}/upload, …/parts, …/complete, …/cancel: the upload of a video's file."""

import dataclasses
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from functions.shared.caching import REVALIDATE
from functions.shared.exchange import Cursor
from functions.shared.openapi import operation, problems
from functions.shared.paging import Page
from functions.shared.web import router
from functions.video.api.bodies import Completion, PartsWanted
from functions.video.api.desk import OpenDesk
from functions.video.api.videos import CHANGE, Id, Reads, Writes, show
from functions.video.api.views import (
    PartPage,
    PartUrlList,
    PartUrlView,
    UploadSession,
    VideoView,
)

_OVER = (
    "409 `upload_cancelled`, `upload_expired` or `upload_complete` says why there is nothing to do."
)
PartLimit = Annotated[int, Query(ge=1, le=1_000, description="Parts in a page.")]


def routes(desk: OpenDesk) -> APIRouter:
    """Return the routes of the upload."""
    api = router(tags=["videos"])

    @api.get(
        "/v1/videos/{video_id}/upload", response_model=UploadSession, name="get_upload",
        summary="Get a video's upload",
        description="`waiting` until a part is asked for, then `uploading`; in the end "
        "`completed`, `cancelled`, `expired` or `failed`, with the reason.",
        responses={**problems(404), 304: {"description": "You have this state."}},
        openapi_extra=operation("videos:read", "IfNoneMatch", cache=REVALIDATE),
    )  # fmt: skip
    async def get(ask: Reads, video_id: Id) -> Response:
        return ask.show(
            desk(ask).videos.get(video_id),
            lambda video: UploadSession.of(video).model_dump_json(),
        )

    @api.post(
        "/v1/videos/{video_id}/parts", response_model=PartUrlList, name="address_parts",
        summary="Get addresses for parts",
        description="An address takes exactly its part, of exactly its size (and checksum, for an "
        "upload that was opened with `checksums`; its `headers` must be sent along), for an hour. "
        f"Asking again gives new addresses; an `Idempotency-Key` is not needed. {_OVER}",
        responses=CHANGE, openapi_extra=operation("videos:write"),
    )  # fmt: skip
    async def address(ask: Writes, video_id: Id, body: PartsWanted) -> Response:
        parts = desk(ask).uploads.parts_to_send(video_id, body.part_numbers, body.sha256)
        found = PartUrlList(data=[PartUrlView.of(part) for part in parts])
        return Response(found.model_dump_json(), media_type="application/json")

    @api.get(
        "/v1/videos/{video_id}/parts", response_model=PartPage, name="list_parts",
        summary="List the parts that have arrived",
        description="By number; an interrupted upload goes on with what is missing here, on any "
        f"device. {_OVER}",
        responses=problems(400, 404, 409, 422), openapi_extra=operation("videos:read"),
    )  # fmt: skip
    async def received(
        ask: Reads, video_id: Id, limit: PartLimit = 1_000, cursor: Cursor = None
    ) -> Response:
        uploads = desk(ask).uploads

        def fetch(start: dict[str, Any] | None) -> Page[Any]:
            after = start["after"] if start else 0
            parts, last = uploads.received(video_id, limit=limit, after=after)
            return Page(parts, None if last is None else {"after": last})

        return ask.page(
            f"parts:{video_id}", cursor, fetch, lambda part: json.dumps(dataclasses.asdict(part))
        )

    @api.post(
        "/v1/videos/{video_id}/complete", response_model=VideoView, name="complete_video",
        summary="Complete an upload",
        description="Name every part with its ETag. They are compared with what arrived (number, "
        "size, ETag, SHA-256, the file's size in all) before they are joined; 422 "
        "`parts_mismatch` names each difference and changes nothing. Completing again changes "
        f"nothing. Processing begins within seconds (event `video.uploaded`). {_OVER}",
        responses=CHANGE, openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def complete(ask: Writes, video_id: Id, body: Completion) -> Response:
        uploads = desk(ask).uploads
        return ask.changed(lambda also: uploads.complete(video_id, body.sent, also), show)

    @api.post(
        "/v1/videos/{video_id}/cancel", response_model=VideoView, name="cancel_video",
        summary="Cancel an upload",
        description="Throws away what has arrived. Cancelling again changes nothing; 409 "
        "`upload_complete` when all has arrived (delete the video instead). Event: "
        "`video.cancelled`. Of a file that was to take the place of the video's own: also when it "
        "has arrived, unless a run on it is going on; the video stays as it is. Event: "
        "`video.replacement_cancelled`.",
        responses=problems(400, 404, 409),
        openapi_extra=operation("videos:write", "IdempotencyKey"),
    )  # fmt: skip
    async def cancel(ask: Writes, video_id: Id) -> Response:
        uploads = desk(ask).uploads
        return ask.changed(lambda also: uploads.cancel(video_id, also), show)

    return api
