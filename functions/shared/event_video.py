"""The events that the video context publishes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.event_payloads import Link, OwnedPayload, Payload, Published, entries


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


class SourcePayload(BaseModel):
    """A video's file, as its sender describes it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    filename: str
    content_type: str
    size_bytes: int


class ReplacementPayload(BaseModel):
    """A file that shall take the place of a video's, and what has become of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    number: int
    state: str
    reason: ReasonPayload | None = None
    run: int | None = None
    source: SourcePayload


class VideoReplacementPayload(VideoPayload):
    replacement: ReplacementPayload


class VideoSourcePayload(VideoPayload):
    source: SourcePayload
    source_number: int
    runs: int  # the newest run, which has made the renditions


class CaptionsPayload(BaseModel):
    """A caption track that somebody has made; `removed`: that the automatic one was removed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    language: str
    label: str
    kind: str
    default: bool = False
    source: str
    removed: bool = False


class VideoCaptionsPayload(VideoPayload):
    captions: list[CaptionsPayload] = Field(default_factory=list)


class VideoAnalysedPayload(VideoPayload):
    analysis: dict[str, Any] = Field(default_factory=dict)  # summary, action_items, topics, counts


class RecipientPayload(BaseModel):
    """For whom a share is."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    contact_id: str | None = None
    email: str | None = None
    name: str | None = None


class SharePayload(Payload):
    video_id: str
    video_title: str
    recipient: RecipientPayload
    links: list[Link] = Field(default_factory=list)
    expires_at: str
    has_passcode: bool = False
    domains: list[str] = Field(default_factory=list)
    allow_download: bool = False
    opened_count: int = 0
    last_opened_at: str | None = None


class ViewerPayload(RecipientPayload):
    """Who watches: the bearer of a share (`id`), or of a playback link that `id` got."""

    type: str
    id: str


class ViewPayload(BaseModel):
    """One viewing as it is then."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    session_id: str
    viewer: ViewerPayload
    percent: int
    quartile: int
    watched_ms: int
    duration_ms: int
    started_at: str
    seen_at: str


class VideoViewedPayload(Payload):
    title: str
    links: list[Link] = Field(default_factory=list)
    view: ViewPayload


class VideosMovedPayload(Payload):
    """How many videos' links a merge (`id`) has moved so far, and how many of these back."""

    videos: int
    videos_back: int


EVENTS: dict[str, Published] = {
    **entries(
        "video",
        VideosMovedPayload,
        {
            "merge.videos_moved": "The videos of merged records are linked to the winner, or, when "
            "that was undone, as they were: `videos` and `videos_back` count them.",
        },
        since="2026-11-25",
    ),
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
            "video.deleted": "The video was deleted (kept 30 days).",
        },
    ),
    **entries(
        "video",
        VideoReplacementPayload,
        {
            "video.replacement_opened": "A file is to take the place of a video's own.",
            "video.replacement_cancelled": "Such a file was given up.",
            "video.replacement_failed": "Such a file did not come, or the run on it ended with a "
            "typed reason: the video stays as it was.",
        },
        since="2026-11-25",
    ),
    **entries(
        "video",
        VideoSourcePayload,
        {
            "video.source_replaced": "Another file has taken the place of a video's own.",
            "video.source_deleted": "A video's file was deleted when its time was over; what was "
            "made of it stays.",
        },
        since="2026-11-25",
    ),
    **entries(
        "video",
        VideoCaptionsPayload,
        {
            "video.captions_changed": "A caption track was added, changed or removed: `captions` "
            "are those that people have made, beside the automatic one."
        },
        since="2026-11-25",
    ),
    **entries(
        "video",
        VideoPayload,
        {"video.restored": "A video's deletion was undone."},
        since="2026-11-25",
    ),
    **entries(
        "video",
        Payload,
        {"video.purged": "A video was made irrecoverable, with every byte of it."},
        since="2026-11-25",
    ),
    **entries(
        "video",
        VideoAnalysedPayload,
        {"video.analysed": "Summary, action items and topics are there, each with evidence."},
    ),
    **entries(
        "video",
        VideoViewedPayload,
        {"video.viewed": "A viewing began, or has seen another quarter of the video."},
        since="2026-11-24",
    ),
    **entries(
        "video",
        SharePayload,
        {
            "share.created": "A link to a video was made for a recipient.",
            "share.opened": "A recipient opened a link.",
            "share.revoked": "A link to a video was revoked.",
        },
        since="2026-11-24",
    ),
}
