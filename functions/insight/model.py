"""The insight context's nouns: what was said in a recording (transcript) and what follows from it.

Both are stored whole as S3 JSON and are the bodies that the API answers, so their field names
are public. All times are integer milliseconds from the start of the recording.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_WORDS = 200_000  # about 22 hours of talk
MAX_WORD_CHARS = 100
MAX_SPEAKERS = 30  # what Amazon Transcribe tells apart at most
MAX_TEXT_CHARS = 500

Milliseconds = Annotated[int, Field(ge=0)]
Confidence = Annotated[float, Field(ge=0, le=1)]


class Frozen(BaseModel):
    """A value: unknown fields are ignored, so that an older reader takes a newer file."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Reason(Frozen):
    """Why a step gave no result, in a sentence that a user understands."""

    code: str
    detail: str
    step: Literal["transcribe", "analyse"]


class Usage(Frozen):
    """What one result cost; `cost_usd` is None when the price of the model is not known."""

    provider: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    audio_seconds: float = 0.0
    calls: int = 0
    cost_usd: float | None = 0.0

    def plus(self, other: "Usage") -> "Usage":
        """The sum; one unknown cost makes the sum unknown."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            provider=other.provider or self.provider,
            model=other.model or self.model,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            audio_seconds=self.audio_seconds + other.audio_seconds,
            calls=self.calls + other.calls,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


class Speaker(Frozen):
    """A voice of the recording; who it is in the CRM is another record's business."""

    id: str
    label: str


class Word(Frozen):
    """One spoken word as written by the recogniser, with the punctuation that follows it."""

    i: int
    text: Annotated[str, Field(min_length=1, max_length=MAX_WORD_CHARS)]
    start_ms: Milliseconds
    end_ms: Milliseconds
    speaker: str
    confidence: Confidence | None = None


class Turn(Frozen):
    """Consecutive words of one speaker; `first_word` and `last_word` are inclusive indices."""

    speaker: str
    start_ms: Milliseconds
    end_ms: Milliseconds
    text: str
    first_word: int
    last_word: int


class TranscriptSource(Frozen):
    """Where a transcript comes from; `spread` word times are estimates inside a timed segment."""

    provider: str
    model: str
    word_times: Literal["measured", "spread"] = "measured"
    diarised: bool = True


class Transcript(Frozen):
    """Everything that was said, as words, turns and speakers."""

    version: Literal[1] = 1
    language: str
    duration_ms: Milliseconds
    speakers: Annotated[tuple[Speaker, ...], Field(max_length=MAX_SPEAKERS)]
    words: Annotated[tuple[Word, ...], Field(max_length=MAX_WORDS)]
    turns: tuple[Turn, ...]
    source: TranscriptSource

    @model_validator(mode="after")
    def _indices_fit(self) -> Self:
        if any(word.i != place for place, word in enumerate(self.words)):
            raise ValueError("word indices must count up from 0")
        if any(not 0 <= t.first_word <= t.last_word < len(self.words) for t in self.turns):
            raise ValueError("a turn points outside the words")
        return self


class Evidence(Frozen):
    """Words of the recording that carry a statement: always as spoken, never as the model wrote."""

    quote: str
    start_ms: Milliseconds
    end_ms: Milliseconds
    speaker: str
    confidence: Confidence


class Statement(Frozen):
    """A sentence of the analysis with at least one piece of evidence."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARS)]
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class ActionItem(Statement):
    """A promise somebody made; the owner is a speaker's id or a name that was spoken."""

    owner: str | None = None
    due_on: date | None = None
    due_text: str | None = None


class Topic(Frozen):
    """A subject that was talked about."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class Sentiment(Frozen):
    """The mood of the call with the words that show it."""

    label: Literal["positive", "neutral", "negative", "mixed"]
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class AnalysisSource(Frozen):
    """Which model and prompt an analysis comes from, and how much of the call they saw."""

    provider: str
    model: str
    prompt_version: str
    parts: int = 1
    covered_ms: Milliseconds = 0


class Analysis(Frozen):
    """What follows from a call; `dropped` counts statements whose quotes were never spoken."""

    version: Literal[1] = 1
    summary: tuple[Statement, ...] = ()
    action_items: tuple[ActionItem, ...] = ()
    topics: tuple[Topic, ...] = ()
    objections: tuple[Statement, ...] = ()
    next_steps: tuple[Statement, ...] = ()
    sentiment: Sentiment | None = None
    source: AnalysisSource
    dropped: int = 0
    truncated: int = 0
