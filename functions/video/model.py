"""What a video is: the record, its artefacts, its runs with their steps, and reasons.

    waiting ──first part──> uploading ──S3 event──> processing ──package──> ready
       └──────── cancel / expire ────┴─> cancelled | expired      └──fail──> failed

`state` is the life of the video; each artefact has a state of its own, so a failed analysis
leaves the video `ready`, and a re-run that fails leaves what was there before.
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from functions.shared.record import OwnedRecord
from functions.video.caption_track import CaptionTrack
from functions.video.facts import Frozen, MediaFacts
from functions.video.media import Choice

MAX_LINKS = 20
MAX_SOURCE_BYTES = 5 * 10**12
MAX_SOURCES = 1_000  # files that one video may have had
MAX_LEFT_SOURCES = 20  # of them, that wait for their deletion: one transaction forgets them all

State = Literal["waiting", "uploading", "processing", "ready", "failed", "expired", "cancelled"]
ArtefactState = Literal["pending", "processing", "ready", "failed", "skipped"]
StepState = Literal["pending", "processing", "done", "failed", "skipped"]
RunState = Literal["processing", "succeeded", "failed", "cancelled"]
ArtefactName = Literal["renditions", "transcript", "analysis"]
From = Literal["inspect", "encode", "transcribe", "analyse"]
# What the picture shows, as its owner says: `auto` leaves it to the probe.
WantedContent = Literal["auto", "general", "talking_head", "screen_share"]
# Which engine renders the picture, as its owner wishes: `auto` leaves it to the rule (engine.py).
WantedEngine = Literal["auto", "ffmpeg", "mediaconvert"]
# How the bytes come: parts by their sender, one PUT of a small file, or fetched from an address.
Method = Literal["multipart", "single", "pull"]
UploadState = Literal["waiting", "uploading", "completed", "cancelled", "expired", "failed"]

# The steps of a run in order, each with its usual share (percent) of a run's work.
STEPS: Mapping[str, int] = {
    "inspect": 2,
    "plan": 2,
    "encode": 60,
    "encode_audio": 6,
    "capture": 3,
    "package": 7,
    "transcribe": 15,
    "analyse": 5,
}

_APPLICATION_TYPES = frozenset(
    f"application/{kind}"
    for kind in ("mp4", "mxf", "octet-stream", "ogg", "vnd.rn-realmedia", "x-matroska")
)


class Reason(Frozen):
    """Why something did not work: a stable code, a sentence a user understands, the step."""

    code: str
    detail: str
    step: str | None = None


class Link(Frozen):
    """A CRM record that the video concerns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["contact", "company", "deal"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]


def _printable(text: str) -> str:
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise ValueError("must not contain control characters")
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _media_type(text: str) -> str:
    kind = text.lower()
    if not kind.startswith(("video/", "audio/")) and kind not in _APPLICATION_TYPES:
        raise ValueError("must be a video or audio type, or application/octet-stream")
    return kind


Title = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
# Kept as the user's own words only: a file name never becomes a key, a path or an argument.
Filename = Annotated[
    str, StringConstraints(min_length=1, max_length=255), AfterValidator(_printable)
]
ContentType = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z]+/[A-Za-z0-9][A-Za-z0-9.+-]{0,99}$"),
    AfterValidator(_media_type),
]


class SourceFile(Frozen):
    """What the uploader says about the file; inspect finds out what it is."""

    filename: Filename
    content_type: ContentType
    size_bytes: Annotated[int, Field(ge=1, le=MAX_SOURCE_BYTES)]


class Upload(Frozen):
    """The upload that brings the source's bytes."""

    method: Method = "multipart"
    checksums: Literal["sha256"] | None = None  # what S3 holds every part against
    upload_id: str  # S3's, empty for a single PUT; internal
    part_size_bytes: int  # of every part but the last
    part_count: int
    expires_at: str
    completed_at: str | None = None
    source_url: str | None = None  # of a pull, which may hold a secret; internal
    source_etag: str | None = None  # of what was there when the pull began; internal
    sha256: str | None = None  # composite, as S3 writes it: `<base64>-<parts>`

    def completed(self, at: str) -> Self:
        """Return it complete since `at`, unless it was before, without the address that the file
        came from, which may hold a secret."""
        ended = {"completed_at": self.completed_at or at, "source_url": None}
        return self.model_copy(update=ended)


class Replacement(Frozen):
    """A file that shall take the place of the video's own, from the opening of its upload until a
    run on it is ready; the last one that came to nothing stays in sight."""

    number: int
    state: UploadState = "waiting"
    reason: Reason | None = None  # why the upload failed, or the last run on the file
    source: SourceFile
    upload: Upload
    run: int | None = None  # the newest run on the file
    sight: tuple[str, ...] = ()  # as the video's; internal


class Artefact(Frozen):
    """A thing made of the video, with a state of its own."""

    state: ArtefactState = "pending"
    reason: Reason | None = None
    run: int | None = None  # under whose number its keys lie: the run that made, or began, it
    key: str | None = None  # internal
    summary: Mapping[str, Any] | None = None


class Artefacts(Frozen):
    """The three things a run makes."""

    renditions: Artefact = Artefact()
    transcript: Artefact = Artefact()
    analysis: Artefact = Artefact()

    def with_(self, name: ArtefactName, artefact: Artefact) -> Self:
        """Return these artefacts with one of them replaced."""
        return self.model_copy(update={name: artefact})


class Step(Frozen):
    """How far one step of a run is."""

    state: StepState = "pending"
    started_at: str | None = None
    ended_at: str | None = None
    reason: Reason | None = None
    outputs: Mapping[str, Any] = {}  # small JSON for later steps; internal


class Job(Frozen):
    """What MediaConvert has told of a run's job: how much is done, and the codes of its warnings
    and of its error."""

    id: str | None = None
    percent: int = 0
    warnings: tuple[int, ...] = ()
    error_code: int | None = None


class Run(Frozen):
    """One pass of the pipeline over the video."""

    number: int
    start: From  # `from` on the wire
    state: RunState = "processing"
    started_at: str
    ended_at: str | None = None
    reason: Reason | None = None
    steps: Mapping[str, Step]
    chunks_total: int = 0
    chunks_done: int = 0
    trouble: Reason | None = None  # why a batch was given up the last time; internal
    choice: Choice | None = None  # of the engine, from `plan` on
    job: Job | None = None  # of a run whose picture MediaConvert renders
    rev: int = 0  # counts the writes to the run; internal
    source: int = 1  # number of the file that it reads, or whose transcript
    new_source: bool = False  # whether it is the first run on the file; internal
    resumes: int | None = None  # number of the run with whose unfinished work it goes on

    @classmethod
    def begun(
        cls, number: int, start: From, at: str, source: int = 1, *, new_source: bool = False
    ) -> Self:
        """Return a new run: the steps from `start` on are pending."""
        names = tuple(STEPS)
        steps = {name: Step() for name in names[names.index(start) :]}
        if start != "inspect":  # the steps of this context record their own beginning
            steps[start] = Step(state="processing", started_at=at)
        return cls(
            number=number,
            start=start,
            started_at=at,
            steps=steps,
            source=source,
            new_source=new_source,
        )

    def going_on_with(self, broken: Self) -> Self:
        """Return this new run on the plan and the finished chunks of one that broke."""
        return self.model_copy(
            update={
                "resumes": broken.folder,
                "chunks_total": broken.chunks_total,
                "chunks_done": broken.chunks_done,
            }
        )

    @property
    def folder(self) -> int:
        """Return the number under which its renditions and chunks lie."""
        return self.resumes or self.number

    def with_step(self, name: str, **fields: Any) -> Self:
        """Return the run with some fields of one step replaced."""
        step = self.steps[name].model_copy(update=fields)
        return self._next(steps={**self.steps, name: step})

    def closed(self, state: RunState, at: str, reason: Reason | None = None) -> Self:
        """Return the run at its end; no step is left as if it still went on."""
        steps = {
            name: step
            if step.state not in ("pending", "processing")
            else step.model_copy(
                update={"state": _left_over(name, reason), "ended_at": at, "reason": reason}
            )
            for name, step in self.steps.items()
        }
        return self._next(state=state, ended_at=at, reason=reason, steps=steps)

    def step_state(self, name: str) -> StepState:
        """Return a step's state; `encode`, the work of many, is done with its last chunk."""
        state = self.steps[name].state
        if name == "encode" and state == "processing" and self._all_chunks_done:
            return "done"
        return state

    def step_percent(self, name: str) -> int:
        """Return how much of a step is done, 0 to 100; `encode` counts its chunks."""
        if self.step_state(name) not in ("pending", "processing"):
            return 100
        if name == "encode" and self.chunks_total:
            return 100 * self.chunks_done // self.chunks_total
        return self.job.percent if name == "encode" and self.job else 0

    @property
    def percent(self) -> int:
        """Return how much of the run's usual work is done, 0 to 100."""
        if self.state != "processing":
            return 100
        done = sum(STEPS[name] * self.step_percent(name) for name in self.steps)
        return int(done / sum(STEPS[name] for name in self.steps))

    @property
    def _all_chunks_done(self) -> bool:
        return 0 < self.chunks_total <= self.chunks_done

    def _next(self, **fields: Any) -> Self:
        return self.model_copy(update={"rev": self.rev + 1, **fields})


def _left_over(name: str, reason: Reason | None) -> StepState:
    return "failed" if reason and reason.step == name else "skipped"


class Video(OwnedRecord):
    """A video and what became of it."""

    PREFIX: ClassVar[str] = "vid"
    OBJECT: ClassVar[str] = "video"

    title: Title
    state: State = "waiting"
    reason: Reason | None = None
    links: tuple[Link, ...] = ()
    source: SourceFile
    source_number: int = 1  # counts the files that the video has had
    upload: Upload
    replacement: Replacement | None = None
    content: WantedContent = "auto"
    retention_days: int | None = None  # since its making; None: until somebody deletes it
    source_retention_days: int | None = None  # of its file, since that arrived
    source_deleted_at: str | None = None
    engine: WantedEngine = "auto"
    media: MediaFacts | None = None
    duration_ms: int | None = None
    artefacts: Artefacts = Artefacts()
    captions: tuple[CaptionTrack, ...] = ()  # what `tracks` shows, with the automatic one
    runs: int = 0  # number of the newest run; internal
    run_open: bool = False  # whether the newest run is still going; internal
    deleted_at: str | None = None
    playback_revoked_at: str | None = None  # tokens issued until then are dead; internal
    # Whose videos its uploader saw: finished work on equal bytes is taken over from among them.
    # Empty: from none. Internal.
    sight: tuple[str, ...] = ()
    sources: int = 1  # the last number that a file was given; internal
    left_sources: tuple[int, ...] = ()  # replaced, and not deleted yet; internal
    left_runs_at: str | None = None  # when what runs made of replaced files goes; internal
    broken_until: str | None = None  # how long what a broken run made is kept; internal
    sweeps_at: str | None = None  # when no worker of a run that failed is left; internal
    due_at: str | None = None  # when λ expire must look at this video; internal
    run: Run | None = Field(default=None, exclude=True)  # the newest run, an item of its own

    @property
    def upload_state(self) -> UploadState:
        """Return what has become of the upload, whatever becomes of the video after it."""
        if self.state in ("waiting", "cancelled", "expired"):
            return self.state
        if self.upload.completed_at is not None:
            return "completed"
        return "failed" if self.state == "failed" else "uploading"

    @property
    def etag(self) -> str:
        """Return `"<version>.<run>.<rev>"`: new with every change of the record and with every
        progress of its newest run. `If-Match` is compared by its version alone."""
        return f'"{self.version}.{self.runs}.{self.run.rev if self.run else 0}"'

    def changed(self, **fields: Any) -> Self:
        """Return the next version with some fields replaced; the attached run stays."""
        return super().changed(**{"run": self.run, **fields})
