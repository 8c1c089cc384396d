"""/v1/videos/{id}/transcript, /v1/videos/{id}/analysis.

A document up to INLINE_BYTES is the reply's body, as stored. A larger one (about four hours of
talk) would not fit through Lambda: the reply is 307 to a signed URL of the same JSON, good for a
few minutes. Both carry the same ETag.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from functions.insight.api.schemas import AnalysisView, TranscriptView
from functions.insight.ports import Artefact, DocumentStore, ResultLog
from functions.insight.reading import check_seen, find
from functions.shared.caching import REVALIDATE
from functions.shared.check import Door
from functions.shared.clock import now
from functions.shared.errors import NotFoundError
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router

INLINE_BYTES = 4_000_000
LINK_SECONDS = 300

Reads = Annotated[Exchange, asks("videos:read")]
Id = Annotated[str, Path(alias="id", description="The video's id.")]
Run = Annotated[
    int | None, Query(ge=1, le=9999, description="Result of this run instead of the latest.")
]
_RESPONSES: dict[int | str, dict[str, Any]] = {
    **problems(404, 422),
    304: {"description": "You have this version."},
    307: {"description": "Larger than 4 MB: follow `Location`, soon, to the same JSON."},
}
_EXTRA = operation("videos:read", "IfNoneMatch", cache=REVALIDATE)
_STATES = (
    " 404 while there is none: `code` is `{0}_not_ready` while it is being made (with "
    "`Retry-After`), `{0}_skipped` or `{0}_failed` with the reason as `detail`."
)


def routes(
    log: Callable[[Exchange], ResultLog],
    documents: Callable[[], DocumentStore],
    videos: Callable[[Exchange], Door],
) -> APIRouter:
    """Return the two routes over the caller's results and the media bucket; `videos` says which
    videos are there for a caller that does not see all."""
    api = router(tags=["insight"])

    def show(ask: Exchange, video: str, artefact: Artefact, run: int | None) -> Response:
        if ask.caller.visibility != "all":
            check_seen(videos(ask), video, artefact)
        result = find(log(ask), video, artefact, run, now())
        headers = {"etag": f'"{result.etag}"'}
        if ask.has(headers["etag"]):
            return Response(status_code=304, headers=headers)
        key = result.key or ""
        if result.size > INLINE_BYTES:
            # no-store: the link in it dies soon, the document's ETag must not keep it alive
            location = documents().link(key, seconds=LINK_SECONDS)
            return Response(
                status_code=307, headers={"location": location, "cache-control": "no-store"}
            )
        body = documents().read(key, limit=INLINE_BYTES)
        if body is None:
            raise NotFoundError(f"There is no {artefact} of this video.")
        return Response(body, headers=headers, media_type="application/json")

    @api.get(
        "/v1/videos/{id}/transcript", response_model=TranscriptView,
        name="get_transcript", summary="Get a video's transcript",
        description="Words with times, turns and speakers." + _STATES.format("transcript"),
        responses=_RESPONSES, openapi_extra=_EXTRA,
    )  # fmt: skip
    async def get_transcript(ask: Reads, video_id: Id, run: Run = None) -> Response:
        return show(ask, video_id, "transcript", run)

    @api.get(
        "/v1/videos/{id}/analysis", response_model=AnalysisView,
        name="get_analysis", summary="Get a video's analysis",
        description="Summary, action items, topics, objections and next steps, each with the "
        "words that were spoken as evidence." + _STATES.format("analysis"),
        responses=_RESPONSES, openapi_extra=_EXTRA,
    )  # fmt: skip
    async def get_analysis(ask: Reads, video_id: Id, run: Run = None) -> Response:
        return show(ask, video_id, "analysis", run)

    return api
