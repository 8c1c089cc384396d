"""Transcribing one run's recording: recogniser in, transcript document and typed outcome out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from functions.insight.captions import cues, vtt
from functions.insight.keys import belongs, captions_key, transcript_key
from functions.insight.model import Reason, Transcript, Usage
from functions.insight.ports import (
    Audio,
    DocumentStore,
    Failed,
    Kind,
    Pending,
    ProviderError,
    Result,
    ResultLog,
    SpeechJob,
    SpeechRecogniser,
)
from functions.insight.results import Desk, digest
from functions.insight.sound import HEAD_BYTES, duration_ms
from functions.shared.quotas import EXCEEDED, QuotaExceededError, Quotas, minutes, spent_on

MAX_AUDIO_BYTES = 1024 * 1024 * 1024  # of what is read into memory at all
MAX_ATTEMPTS = 2_000  # at 15 s each more than eight hours: no service takes that long
_DETAILS: dict[Kind, str] = {
    "throttled": "The speech service is too busy at the moment.",
    "timeout": "The speech service did not answer in time.",
    "unavailable": "The speech service is not available at the moment.",
    "refused": "The speech service refused the recording.",
    "malformed": "The speech service gave an unreadable answer.",
    "misconfigured": "The speech service is not set up correctly.",
    "too_large": "The recording is too large for the speech service.",
    "over_budget": "The recording is over the budget for transcription.",
}


class Task(BaseModel):
    """The state machine's input."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: Annotated[str, Field(min_length=1)]
    video: Annotated[str, Field(min_length=1)]
    run: Annotated[int, Field(ge=1)]
    source: Annotated[int, Field(ge=1)] = 1
    speech_key: str | None = None
    # The sound of another video of the workspace, of the same bytes, from which this one's was
    # taken over: what was heard in it was heard here.
    twin_speech_key: str | None = None
    attempt: int = 0


def transcribe(
    task: Task,
    *,
    recogniser: SpeechRecogniser,
    documents: DocumentStore,
    bucket: str,
    log: ResultLog,
    quotas: Quotas,
    now: datetime,
) -> dict[str, Any]:
    """Return the step's outcome: ok, skipped, pending or failed. Raises UnavailableError when
    our own storage does not answer, ValueError for a key outside the video's files."""
    key = transcript_key(task.workspace, task.video, task.run)
    desk = Desk("transcript", task.video, task.run, key, documents, log, now, task.source)
    desk.leave_replaced_files(first=task.attempt == 0)
    if task.speech_key is None:
        return desk.skip(_reason("no_audio", "The video has no sound."))
    audio = _audio(task, task.speech_key, documents, bucket)
    if audio is None:
        return desk.fail(_reason("audio_missing", "The recording's sound is no longer there."))
    input_hash = digest(recogniser.identity, audio.checksum, str(audio.size))
    known = desk.reusable(input_hash) or _heard_in_twin(
        task, desk, input_hash, recogniser.identity, documents
    )
    if known:
        # what an attempt wrote that broke off before its captions, or an earlier run
        captions = _caption(task, documents, Transcript.model_validate(desk.document()))
        return _ok(key, {**known.summary, "captions": captions}, known.usage)
    claim = spent_on("transcribed_minutes", task.video, task.run)
    try:
        # Where the file does not say how long it is, a byte is a millisecond: rather too much.
        quotas.reserve(claim, minutes(audio.duration_ms or audio.size))
    except QuotaExceededError as refusal:
        return desk.fail(_reason(EXCEEDED, refusal.detail))
    desk.begin()
    try:
        heard = recogniser.recognise(SpeechJob(task.workspace, task.video, task.run), audio)
    except ProviderError as error:
        quotas.release(claim)
        return desk.fail(_reason(f"speech_{error.kind}", _DETAILS[error.kind]))
    if isinstance(heard, Pending):
        if task.attempt >= MAX_ATTEMPTS:
            quotas.release(claim)
            return desk.fail(_reason("speech_timeout", _DETAILS["timeout"]))
        return {"outcome": "pending", "wait_seconds": heard.wait_seconds}
    if isinstance(heard, Failed):
        quotas.release(claim)
        return desk.fail(heard.reason)
    length = round(heard.usage.audio_seconds * 1000) or heard.transcript.duration_ms
    quotas.settle(claim, minutes(length))
    if not heard.transcript.words:
        return desk.skip(_reason("no_speech", "Nobody speaks in the video."), heard.usage)
    captions = _caption(task, documents, heard.transcript)
    document = heard.transcript.model_dump(mode="json") | {"usage": heard.usage.model_dump()}
    summary = summarise(heard.transcript) | {"captions": captions}
    result = desk.finish(document, input_hash, summary, heard.usage)
    return _ok(key, result.summary, result.usage)


def _heard_in_twin(
    task: Task, desk: Desk, input_hash: str, identity: str, documents: DocumentStore
) -> Result | None:
    """Take over the transcript of a video of the same bytes, if the same recogniser has made it."""
    key = task.twin_speech_key
    if key is None:
        return None
    workspace, video, *_ = key.split("/")
    if workspace != task.workspace or not belongs(key, workspace, video):
        raise ValueError("the other recording lies outside the workspace's files")
    sound = documents.head(key)
    if sound is None:
        return None
    # a copy has a checksum of its own where the bucket encrypts
    theirs = digest(identity, sound.checksum, str(sound.size))
    return desk.taken_over(video, theirs, input_hash)


def _caption(task: Task, documents: DocumentStore, transcript: Transcript) -> int:
    """Write what players show of a transcript, and return how many captions that are. Before the
    transcript is recorded: from then on playlists name it."""
    made = cues(transcript)
    key = captions_key(task.workspace, task.video, task.run)
    documents.write(key, vtt(made).encode(), "text/vtt")
    return len(made)


def summarise(transcript: Transcript) -> dict[str, Any]:
    """The few numbers that travel with events and records."""
    return {
        "language": transcript.language,
        "words": len(transcript.words),
        "speakers": len(transcript.speakers),
        "duration_ms": transcript.duration_ms,
    }


def _audio(task: Task, key: str, documents: DocumentStore, bucket: str) -> Audio | None:
    if not belongs(key, task.workspace, task.video):
        raise ValueError("the recording lies outside the video's own files")
    stored = documents.head(key)
    if stored is None:
        return None
    return Audio(
        bucket=bucket,
        key=key,
        size=stored.size,
        checksum=stored.checksum,
        duration_ms=duration_ms(documents.read_start(key, count=HEAD_BYTES)),
        read=lambda: documents.read(key, limit=MAX_AUDIO_BYTES) or b"",
    )


def _ok(key: str, summary: Mapping[str, Any], usage: Usage) -> dict[str, Any]:
    return {
        "outcome": "ok",
        "transcript_key": key,
        "summary": dict(summary),
        "usage": usage.model_dump(),
    }


def _reason(code: str, detail: str) -> Reason:
    return Reason(code=code, detail=detail, step="transcribe")
