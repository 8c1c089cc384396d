"""Analysing one run's transcript: document in, analysis document and typed outcome out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from functions.insight.analysis import Spending, UnusableReplyError, analyse_call, most_tokens
from functions.insight.keys import analysis_key, belongs
from functions.insight.model import Analysis, Reason, Transcript, Usage
from functions.insight.ports import (
    Budget,
    DocumentStore,
    Kind,
    LanguageModel,
    ProviderError,
    ResultLog,
)
from functions.insight.prompts import ANALYSE_CALL
from functions.insight.results import MAX_DOCUMENT_BYTES, Desk, digest
from functions.insight.router import NoProviderError
from functions.shared.quotas import EXCEEDED, QuotaExceededError, Quotas, spent_on

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_DETAILS: dict[Kind, str] = {
    "throttled": "The language model is too busy at the moment.",
    "timeout": "The language model did not answer in time.",
    "unavailable": "The language model is not available at the moment.",
    "refused": "The language model refused to analyse the call.",
    "malformed": "The language model gave an unreadable answer.",
    "misconfigured": "The language model is not set up correctly.",
    "too_large": "The call is too long for the language model.",
    "over_budget": "The call is over the budget for analysis.",
}


class Task(BaseModel):
    """The state machine's input; `recorded_at` is when the call took place, if it is known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: Annotated[str, Field(min_length=1)]
    video: Annotated[str, Field(min_length=1)]
    run: Annotated[int, Field(ge=1)]
    source: Annotated[int, Field(ge=1)] = 1
    transcript_key: str | None = None
    recorded_at: AwareDatetime | None = None


def analyse(
    task: Task,
    *,
    model: LanguageModel,
    identity: str,
    budget: Budget,
    documents: DocumentStore,
    log: ResultLog,
    quotas: Quotas,
    now: datetime,
) -> dict[str, Any]:
    """Return the step's outcome: ok, skipped or failed; `identity` names the models in order.
    Raises UnavailableError when our own storage does not answer, ValueError for a key outside the
    video's files."""
    key = analysis_key(task.workspace, task.video, task.run)
    desk = Desk("analysis", task.video, task.run, key, documents, log, now, task.source)
    if task.transcript_key is None:
        return desk.skip(_reason("no_transcript", "There is no transcript to analyse."))
    if not belongs(task.transcript_key, task.workspace, task.video):
        raise ValueError("the transcript lies outside the video's own files")
    raw = documents.read(task.transcript_key, limit=MAX_DOCUMENT_BYTES)
    if raw is None:
        return desk.fail(_reason("transcript_missing", "The transcript is no longer there."))
    transcript = Transcript.model_validate_json(raw)
    if not transcript.words:
        return desk.skip(_reason("no_speech", "Nobody speaks in the video."))
    day = call_date(task, now)
    input_hash = digest(transcript.model_dump_json(), ANALYSE_CALL.name, identity, day.isoformat())
    known = desk.reusable(input_hash)
    if known:
        return _ok(key, known.summary, known.usage)
    claim = spent_on("model_tokens", task.video, task.run)
    try:
        quotas.reserve(claim, most_tokens(transcript, ANALYSE_CALL, day, budget))
    except QuotaExceededError as refusal:
        return desk.fail(_reason(EXCEEDED, refusal.detail))
    desk.begin()
    spending = Spending(budget)
    try:
        analysis = analyse_call(
            transcript, model=model, prompt=ANALYSE_CALL, call_date=day, spending=spending
        )
    except (ProviderError, NoProviderError) as error:
        quotas.settle(claim, _tokens(spending))
        last = error.errors[-1] if isinstance(error, NoProviderError) else error
        return desk.fail(_reason(f"model_{last.kind}", _DETAILS[last.kind]), spending.usage)
    except UnusableReplyError:
        quotas.settle(claim, _tokens(spending))
        detail = "The language model's answer could not be used, nor could its second try."
        return desk.fail(_reason("model_reply_unusable", detail), spending.usage)
    quotas.settle(claim, _tokens(spending))
    document = analysis.model_dump(mode="json") | {"usage": spending.usage.model_dump()}
    result = desk.finish(document, input_hash, summarise(analysis), spending.usage)
    return _ok(key, result.summary, result.usage)


def _tokens(spending: Spending) -> int:
    return spending.usage.input_tokens + spending.usage.output_tokens


def call_date(task: Task, now: datetime) -> date:
    """The day of the call: as told, else the day the video's id was made, else today (UTC)."""
    if task.recorded_at:
        return task.recorded_at.astimezone(UTC).date()
    body = task.video.partition("_")[2]
    if len(body) == 26 and set(body) <= set(_ALPHABET):
        value = 0
        for character in body:
            value = value << 5 | _ALPHABET.index(character)
        born = (value >> 80) / 1000  # a UUIDv7 begins with its time in milliseconds
        if born <= now.timestamp():
            return datetime.fromtimestamp(born, UTC).date()
    return now.astimezone(UTC).date()


def summarise(analysis: Analysis) -> dict[str, Any]:
    """The short form that travels with events and records."""
    return {
        "summary": " ".join(one.text for one in analysis.summary)[:1_000],
        "action_items": [
            {
                "text": one.text,
                "owner": one.owner,
                "due_on": one.due_on.isoformat() if one.due_on else None,
            }
            for one in analysis.action_items[:10]
        ],
        "topics": [one.name for one in analysis.topics],
        "counts": {
            "summary": len(analysis.summary),
            "action_items": len(analysis.action_items),
            "topics": len(analysis.topics),
            "objections": len(analysis.objections),
            "next_steps": len(analysis.next_steps),
            "dropped": analysis.dropped,
        },
    }


def _ok(key: str, summary: Mapping[str, Any], usage: Usage) -> dict[str, Any]:
    return {
        "outcome": "ok",
        "analysis_key": key,
        "summary": dict(summary),
        "usage": usage.model_dump(),
    }


def _reason(code: str, detail: str) -> Reason:
    return Reason(code=code, detail=detail, step="analyse")
