"""Showing what was made of a video: documents as they are stored, and the transcript as captions.

A document up to INLINE_BYTES is the reply's body, as stored. A larger one (about four hours of
talk) would not fit through Lambda: the reply is 307 to a signed URL of the same JSON, good for a
few minutes. Both carry the same ETag.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fastapi import Response

from functions.insight.captions import Cue, cues, srt, vtt
from functions.insight.model import Transcript
from functions.insight.ports import Artefact, DocumentStore, Result, ResultLog
from functions.insight.reading import check_seen, find
from functions.shared.check import Door
from functions.shared.clock import now
from functions.shared.errors import NotFoundError
from functions.shared.exchange import Exchange

INLINE_BYTES = 4_000_000
LINK_SECONDS = 300
# About fifteen hours of talk: what is longer is not read at once.
MAX_TRANSCRIPT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class CaptionStyle:
    """A format of captions: the ending of its path, its media type, how it is written."""

    name: str
    kind: str
    title: str
    write: Callable[[Iterable[Cue]], str]


CAPTION_STYLES = (
    CaptionStyle("vtt", "text/vtt", "WebVTT", vtt),
    CaptionStyle("srt", "application/x-subrip", "SubRip", srt),
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The caller's results and the media bucket; `videos` says which videos are there for a
    caller that does not see all."""

    log: Callable[[Exchange], ResultLog]
    documents: Callable[[], DocumentStore]
    videos: Callable[[Exchange], Door]

    def show(self, ask: Exchange, video: str, artefact: Artefact, run: int | None) -> Response:
        """Reply with a stored document."""
        result = self._result(ask, video, artefact, run)
        headers = {"etag": f'"{result.etag}"'}
        if ask.has(headers["etag"]):
            return Response(status_code=304, headers=headers)
        key = result.key or ""
        if result.size > INLINE_BYTES:
            # no-store: the link in it dies soon, the document's ETag must not keep it alive
            location = self.documents().link(key, seconds=LINK_SECONDS)
            return Response(
                status_code=307, headers={"location": location, "cache-control": "no-store"}
            )
        body = self._read(key, artefact, INLINE_BYTES)
        return Response(body, headers=headers, media_type="application/json")

    def captions(self, ask: Exchange, video: str, run: int | None, style: CaptionStyle) -> Response:
        """Reply with the transcript as captions; raises TooLargeError."""
        result = self._result(ask, video, "transcript", run)
        headers = {"etag": f'"{result.etag}-{style.name}"'}
        if ask.has(headers["etag"]):
            return Response(status_code=304, headers=headers)
        document = self._read(result.key or "", "transcript", MAX_TRANSCRIPT_BYTES)
        text = style.write(cues(Transcript.model_validate_json(document)))
        return Response(text, headers=headers, media_type=style.kind)

    def _result(self, ask: Exchange, video: str, artefact: Artefact, run: int | None) -> Result:
        if ask.caller.visibility != "all":
            check_seen(self.videos(ask), video, artefact)
        return find(self.log(ask), video, artefact, run, now())

    def _read(self, key: str, artefact: Artefact, limit: int) -> bytes:
        body = self.documents().read(key, limit=limit)
        if body is None:
            raise NotFoundError(f"There is no {artefact} of this video.")
        return body
