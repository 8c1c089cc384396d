"""What the insight context needs from outside: models that read and listen, and places to keep.

ProviderError                what any provider may raise; `kind` says what to do about it
├── kind throttled, timeout, unavailable    may work later: retry, then the next provider
└── kind refused, malformed, misconfigured, too_large, over_budget    retrying is useless
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from functions.insight.model import Reason, Transcript, Usage

Kind = Literal[
    "throttled",
    "timeout",
    "unavailable",
    "refused",
    "malformed",
    "misconfigured",
    "too_large",
    "over_budget",
]
TRANSIENT: frozenset[Kind] = frozenset(("throttled", "timeout", "unavailable"))


class ProviderError(Exception):
    """A provider gave no usable answer; the message names no secret and no customer's words."""

    def __init__(
        self, kind: Kind, message: str, *, provider: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.provider = provider
        self.retry_after = retry_after  # seconds

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later."""
        return self.kind in TRANSIENT


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a language model."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Budget:
    """The most one call, or one job of several calls, may use."""

    max_input_tokens: int
    max_output_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens billed for one call."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's reply: `json` is None when the text is no JSON object; cost in USD or unknown."""

    json: Mapping[str, Any] | None
    text: str
    tokens: Tokens
    cost: float | None
    model: str
    provider: str
    latency_ms: int


class LanguageModel(Protocol):
    """A model that reads messages and replies with one JSON object of a given schema."""

    def complete(
        self,
        task: str,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        budget: Budget,
    ) -> Completion:
        """Reply to the messages; raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class SpeechJob:
    """One transcription of one run; the same job asked again is the same job."""

    workspace: str
    video: str
    run: int


@dataclass(frozen=True, slots=True)
class Audio:
    """A stored recording; `read` fetches its bytes, for recognisers that cannot reach S3."""

    bucket: str
    key: str
    size: int
    checksum: str
    duration_ms: int | None
    read: Callable[[], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Recognised:
    """The finished transcript and what it cost."""

    transcript: Transcript
    usage: Usage


@dataclass(frozen=True, slots=True)
class Pending:
    """The recogniser is still at work; ask again after about this many seconds."""

    wait_seconds: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The recogniser ended without a transcript; asking again would not help."""

    reason: Reason


Recognition = Recognised | Pending | Failed


class SpeechRecogniser(Protocol):
    """A service that turns a recording into words."""

    def recognise(self, job: SpeechJob, audio: Audio) -> Recognition:
        """Start the job or fetch its result; raises ProviderError."""
        ...

    @property
    def identity(self) -> str:
        """Provider, model and options: what decides whether an earlier result may be reused."""
        ...


class Embedder(Protocol):
    """A model that turns texts into vectors of equal length."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, in order; raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the object store knows of an object without reading it."""

    size: int
    checksum: str


class DocumentStore(Protocol):
    """Where recordings, transcripts and analyses are kept."""

    def head(self, key: str) -> StoredObject | None:
        """Size and checksum; None when there is no such object."""
        ...

    def read(self, key: str, *, limit: int) -> bytes | None:
        """The object's bytes; None when absent. Raises TooLargeError beyond `limit` bytes."""
        ...

    def read_start(self, key: str, *, count: int) -> bytes:
        """At most the first `count` bytes; empty when absent."""
        ...

    def write(self, key: str, document: bytes, kind: str = "application/json") -> None:
        """Store a document of this content type, replacing what was there."""
        ...

    def link(self, key: str, *, seconds: int) -> str:
        """A URL that anyone may read the object from for some seconds."""
        ...


Artefact = Literal["transcript", "analysis"]
State = Literal["processing", "ready", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Result:
    """The table's record of one artefact of one run."""

    artefact: Artefact
    video: str
    run: int
    state: State
    key: str | None = None
    input_hash: str | None = None
    size: int = 0
    etag: str | None = None
    reason: Reason | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    updated_at: str = ""
    source: int = 1  # number of the video's file that it was made of


class ResultLog(Protocol):
    """The results of one workspace's videos, latest and by run."""

    def record(self, result: Result) -> None: ...
    def latest(self, video: str, artefact: Artefact) -> Result | None: ...
    def of_run(self, video: str, artefact: Artefact, run: int) -> Result | None: ...
    def forget_before(self, video: str, source: int) -> None: ...
