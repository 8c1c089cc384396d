"""Replies of OpenAI-compatible servers, read: pure of HTTP, and tolerant of what servers add.

Transcriptions differ: `diarized_json` gives segments with speakers, `verbose_json` gives words
and segments, our offline server gives words with speakers. Times of words that no server gave are
spread over their segment, and the transcript says so.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from functions.insight.model import Transcript, TranscriptSource
from functions.insight.ports import ProviderError
from functions.insight.turns import (
    HeardSegment,
    HeardWord,
    name_speakers,
    spread,
    transcript,
)

Seconds = Annotated[float, Field(ge=0, le=10_000_000)]
Model = TypeVar("Model", bound=BaseModel)
_NAMES = (
    "english:en german:de french:fr spanish:es italian:it portuguese:pt dutch:nl polish:pl "
    "russian:ru ukrainian:uk turkish:tr arabic:ar hebrew:he hindi:hi chinese:zh japanese:ja "
    "korean:ko vietnamese:vi thai:th indonesian:id swedish:sv danish:da norwegian:no "
    "finnish:fi czech:cs slovak:sk hungarian:hu romanian:ro bulgarian:bg greek:el catalan:ca "
    "croatian:hr serbian:sr slovenian:sl estonian:et latvian:lv lithuanian:lt"
)
_LANGUAGES = dict(pair.split(":") for pair in _NAMES.split())


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Word(_Read):
    word: str = ""
    text: str = ""
    start: Seconds
    end: Seconds
    speaker: str | None = None
    probability: float | None = None
    confidence: float | None = None

    def heard(self, speaker: str | None = None) -> HeardWord:
        certainty = self.probability if self.probability is not None else self.confidence
        return HeardWord(
            self.word or self.text,
            round(self.start * 1000),
            round(self.end * 1000),
            self.speaker or speaker,
            certainty,
        )


class _Segment(_Read):
    text: str
    start: Seconds
    end: Seconds
    speaker: str | None = None
    words: list[_Word] = Field(default_factory=list)

    def heard(self) -> HeardSegment:
        return HeardSegment(
            self.text, round(self.start * 1000), round(self.end * 1000), self.speaker
        )


class _Transcription(_Read):
    text: str = ""
    language: str | None = None
    duration: Seconds | None = None
    words: list[_Word] | None = None
    segments: list[_Segment] | None = None


class _Choice(_Read):
    class _Message(_Read):
        content: str | None = None
        refusal: str | None = None

    message: _Message
    finish_reason: str | None = None


class _Usage(_Read):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Chat(_Read):
    """A chat completion."""

    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage | None = None
    model: str = ""


class _Vector(_Read):
    index: int
    embedding: list[float]


class Embeddings(_Read):
    """Vectors, not necessarily in the order of the texts."""

    data: list[_Vector]


def read_transcription(
    raw: bytes, *, provider: str, model: str, duration_ms: int | None
) -> Transcript:
    """The transcript of a reply; raises ProviderError `malformed`."""
    reply = _parsed(_Transcription, raw)
    if reply.words is None and reply.segments is None and reply.text.strip():
        raise ProviderError("malformed", "the transcription has no times")
    segments = [segment.heard() for segment in reply.segments or ()]
    words = [word.heard() for word in reply.words or ()]
    if not words:
        words = [
            word.heard(segment.speaker)
            for segment in reply.segments or ()
            for word in segment.words
        ]
    spread_out = not words and bool(segments)
    if spread_out:
        words = [word for segment in segments for word in spread(segment)]
    length = reply.duration
    return transcript(
        name_speakers(words, segments),
        language=_language(reply.language),
        duration_ms=duration_ms or (round(length * 1000) if length else None),
        source=TranscriptSource(
            provider=provider, model=model, word_times="spread" if spread_out else "measured"
        ),
    )


def read_chat(raw: bytes) -> tuple[str, Chat]:
    """The text of a chat completion; raises ProviderError `malformed` or `refused`."""
    reply = _parsed(Chat, raw)
    choice = reply.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ProviderError("refused", "the model refused")
    return choice.message.content or "", reply


def read_vectors(raw: bytes, count: int) -> list[list[float]]:
    """One vector per text, in order; raises ProviderError `malformed`."""
    vectors = {one.index: one.embedding for one in _parsed(Embeddings, raw).data}
    if sorted(vectors) != list(range(count)) or len({len(v) for v in vectors.values()}) > 1:
        raise ProviderError("malformed", "not one vector per text")
    return [vectors[index] for index in range(count)]


def json_object(text: str) -> Mapping[str, Any] | None:
    """The JSON object that a text is, also inside a Markdown code fence; None when it is none."""
    bare = text.strip()
    if bare.startswith("```"):
        bare = bare.partition("\n")[2].rpartition("```")[0]
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def transcription_fields(
    model: str, layout: str, language: str | None, *, openai: bool
) -> Sequence[tuple[str, str]]:
    """Form fields of a transcription request. OpenAI itself allows word times only with
    `verbose_json`, and wants to be told to cut long audio for its diarising model."""
    fields = [("model", model), ("response_format", layout)]
    if language:
        fields.append(("language", language))
    if layout == "diarized_json":
        fields.append(("chunking_strategy", "auto"))
    if layout == "verbose_json" or not openai:
        fields += [
            ("timestamp_granularities[]", "word"),
            ("timestamp_granularities[]", "segment"),
        ]
    return fields


def _language(name: str | None) -> str:
    said = (name or "").strip().lower()
    return _LANGUAGES.get(said, said) or "und"


def _parsed(kind: type[Model], raw: bytes) -> Model:
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        # positions and kinds only: the input may hold a customer's words
        where = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['type']}"
            for fault in error.errors(include_input=False, include_url=False)[:3]
        )
        raise ProviderError("malformed", f"unreadable reply ({where})") from error
