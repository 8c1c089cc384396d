"""/v1/videos/{video_id}/transcript, /v1/videos/{video_id}/analysis.

A document up to INLINE_BYTES is the reply's body, as stored. A larger one (about four hours of
talk) would not fit through Lambda: the reply is 307 to a signed URL of the same JSON, good for a
few minutes. Both carry the same ETag.
"""

from typing import Annotated, Any

from fastapi import Query, Response

from functions.insight.api.schemas import AnalysisView, TranscriptView
from functions.insight.dynamodb import DynamoResults
from functions.insight.ports import Artefact, DocumentStore
from functions.insight.reading import find
from functions.insight.s3 import S3Documents
from functions.insight.settings import ApiSettings
from functions.shared.aws import client
from functions.shared.errors import NotFoundError
from functions.shared.exchange import Exchange, asks
from functions.shared.web import router

INLINE_BYTES = 4_000_000
LINK_SECONDS = 300

routes = router(tags=["insight"])
Reads = Annotated[Exchange, asks("videos:read")]
Run = Annotated[
    int | None, Query(ge=1, le=9999, description="Result of this run instead of the latest.")
]
_REDIRECT: dict[int | str, dict[str, Any]] = {
    307: {"description": "The document is larger than 4 MB: follow `Location` to the same JSON."},
    404: {
        "description": "No such video, or no result; `code` says which: `not_found`, "
        "`…_not_ready` (try again), `…_skipped`, `…_failed`."
    },
}


@routes.get(
    "/v1/videos/{video_id}/transcript",
    response_model=TranscriptView,
    responses=_REDIRECT,
    summary="Get a video's transcript",
)
async def get_transcript(video_id: str, ask: Reads, run: Run = None) -> Response:
    """Show words with times, turns and speakers."""
    return _document(ask, video_id, "transcript", run)


@routes.get(
    "/v1/videos/{video_id}/analysis",
    response_model=AnalysisView,
    responses=_REDIRECT,
    summary="Get a video's analysis",
)
async def get_analysis(video_id: str, ask: Reads, run: Run = None) -> Response:
    """Show summary, action items, topics, objections and next steps, each with the words that
    were spoken as evidence."""
    return _document(ask, video_id, "analysis", run)


def _document(ask: Exchange, video: str, artefact: Artefact, run: int | None) -> Response:
    settings = ApiSettings.from_env()
    result = find(DynamoResults(ask.table(settings.insight_table)), video, artefact, run)
    headers = {"etag": f'"{result.etag}"', "cache-control": "private, no-cache"}
    seen = ask.request.headers.get("if-none-match", "")
    if seen.strip() == "*" or headers["etag"] in [tag.strip() for tag in seen.split(",")]:
        return Response(status_code=304, headers=headers)
    documents: DocumentStore = S3Documents(client("s3"), settings.media_bucket)
    key = result.key or ""
    if result.size > INLINE_BYTES:
        # no-store: the link in it dies soon, the document's ETag must not keep it alive
        link = {"location": documents.link(key, seconds=LINK_SECONDS), "cache-control": "no-store"}
        return Response(status_code=307, headers=headers | link)
    body = documents.read(key, limit=INLINE_BYTES)
    if body is None:
        raise NotFoundError(f"There is no {artefact} of this video.")
    return Response(body, headers=headers, media_type="application/json")
