"""/v1/videos/{id}/transcript (and .vtt, .srt), /v1/videos/{id}/analysis."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from functions.insight.api.schemas import AnalysisView, TranscriptView
from functions.insight.api.shelf import CAPTION_STYLES, CaptionStyle, Shelf
from functions.shared.caching import REVALIDATE
from functions.shared.exchange import Exchange, asks
from functions.shared.openapi import operation, problems
from functions.shared.web import router

Reads = Annotated[Exchange, asks("videos:read")]
Id = Annotated[str, Path(alias="id", description="The video's id.")]
Run = Annotated[
    int | None, Query(ge=1, le=9999, description="Result of this run instead of the latest.")
]
_UNCHANGED = {"description": "You have this version."}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    **problems(404, 422),
    304: _UNCHANGED,
    307: {"description": "Larger than 4 MB: follow `Location`, soon, to the same JSON."},
}
_EXTRA = operation("videos:read", "IfNoneMatch", cache=REVALIDATE)
_STATES = (
    " 404 while there is none: `code` is `{0}_not_ready` while it is being made (with "
    "`Retry-After`), `{0}_skipped` or `{0}_failed` with the reason as `detail`."
)


def routes(shelf: Shelf) -> APIRouter:
    """Return the routes over what was made of a video."""
    api = router(tags=["insight"])

    @api.get(
        "/v1/videos/{id}/transcript", response_model=TranscriptView,
        name="get_transcript", summary="Get a video's transcript",
        description="Words with times, turns and speakers." + _STATES.format("transcript"),
        responses=_RESPONSES, openapi_extra=_EXTRA,
    )  # fmt: skip
    async def get_transcript(ask: Reads, video_id: Id, run: Run = None) -> Response:
        return shelf.show(ask, video_id, "transcript", run)

    @api.get(
        "/v1/videos/{id}/analysis", response_model=AnalysisView,
        name="get_analysis", summary="Get a video's analysis",
        description="Summary, action items, topics, objections and next steps, each with the "
        "words that were spoken as evidence." + _STATES.format("analysis"),
        responses=_RESPONSES, openapi_extra=_EXTRA,
    )  # fmt: skip
    async def get_analysis(ask: Reads, video_id: Id, run: Run = None) -> Response:
        return shelf.show(ask, video_id, "analysis", run)

    for style in CAPTION_STYLES:
        _add_captions(api, shelf, style)
    return api


def _add_captions(api: APIRouter, shelf: Shelf, style: CaptionStyle) -> None:
    async def get_captions(ask: Reads, video_id: Id, run: Run = None) -> Response:
        return shelf.captions(ask, video_id, run, style)

    shown = {style.kind: {"schema": {"type": "string"}}}
    api.add_api_route(
        f"/v1/videos/{{id}}/transcript.{style.name}", get_captions, methods=["GET"],
        response_class=Response, name=f"get_captions_{style.name}",
        summary=f"Get a video's captions ({style.title})",
        description="What was said, in lines that can be read in time: at most two of 42 columns, "
        "broken after sentences and clauses, of one speaker each. 404 as for the transcript.",
        responses={
            **problems(404, 413, 422),
            200: {"description": f"{style.title}.", "content": shown},
            304: _UNCHANGED,
        },
        openapi_extra=_EXTRA,
    )  # fmt: skip
