"""The events that the video context publishes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.event_payloads import Link, OwnedPayload, Published, entries


class ReasonPayload(BaseModel):
    """Why something did not work: a stable code, a sentence, the step that said so."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str
    detail: str
    step: str | None = None


class VideoPayload(OwnedPayload):
    title: str
    state: str
    links: list[Link] = Field(default_factory=list)
    duration_ms: int | None = None
    reason: ReasonPayload | None = None


class VideoAnalysedPayload(VideoPayload):
    analysis: dict[str, Any] = Field(default_factory=dict)  # summary, action_items, topics, counts


EVENTS: dict[str, Published] = {
    **entries(
        "video",
        VideoPayload,
        {
            "video.created": "An upload was opened.",
            "video.updated": "A video's title, links, owner or team changed.",
            "video.uploaded": "All bytes arrived and processing began.",
            "video.ready": "All renditions can be played.",
            "video.failed": "Processing ended with a typed reason.",
            "video.cancelled": "The upload was cancelled.",
            "video.expired": "The upload did not complete in time.",
            "video.deleted": "The video was deleted.",
        },
    ),
    **entries(
        "video",
        VideoAnalysedPayload,
        {"video.analysed": "Summary, action items and topics are there, each with evidence."},
    ),
}
