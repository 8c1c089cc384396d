"""What the video routes take."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from functions.shared.ownership import OWNERSHIP, MemberId, TeamId
from functions.video.addresses import Way
from functions.video.model import (
    MAX_LINKS,
    MAX_SOURCE_BYTES,
    ContentType,
    Filename,
    From,
    Link,
    SourceFile,
    Title,
    WantedContent,
    WantedEngine,
)
from functions.video.part_plan import SentPart
from functions.video.retention import FIELDS, Days

Links = Annotated[list[Link], Field(max_length=MAX_LINKS)]
PartNumber = Annotated[int, Field(ge=1, le=10_000)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$")]
_DIGEST = "7RFWqmYTQ2iy8zoKsVyzA3WMuzNpLhzhgjO9FMQCTn0="
Content = Annotated[
    WantedContent,
    Field(
        description="What the picture shows, which decides how it is encoded: `screen_share` keeps "
        "letters sharp, `talking_head` expects little motion. `auto`: what a sample of it shows."
    ),
]
_KEPT = (
    "Days after its making at which the video is deleted by itself (and can be restored for 30 "
    "days more); null: never."
)
_SOURCE_KEPT = (
    "Days after its arrival at which the file is deleted by itself, for good; all that was made of "
    "it stays. null: never."
)
_NOW = " What is over already goes within minutes."
_NEW = " Left out: as the workspace has chosen (`PATCH /v1/workspace`)."
Wish = Annotated[
    WantedEngine,
    Field(
        description="What renders the picture, where the deployment offers AWS Elemental "
        "MediaConvert too. `auto`: FFmpeg, the cheaper one, but for recordings that it would take "
        "too long for."
    ),
]
_EXAMPLE_LINK: JsonDict = {"type": "contact", "id": "con_06f8x3c7v2k9m4n8p1q5r7s2t3"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _New(_Body):
    title: Title | None = Field(default=None, description="The file's name when left out.")
    links: Links = Field(default_factory=list)
    content: Content = "auto"
    engine: Wish = "auto"
    owner_id: MemberId | None = None
    team_id: TeamId | None = None
    retention_days: Days | None = Field(default=None, description=_KEPT + _NEW)
    source_retention_days: Days | None = Field(default=None, description=_SOURCE_KEPT + _NEW)

    @property
    def days_kept(self) -> dict[str, int | None]:
        """How long it and its file shall be kept, as far as the body says so."""
        return self.model_dump(include=set(FIELDS), exclude_unset=True)

    @property
    def ownership(self) -> dict[str, str | None]:
        """Whose it shall be, as far as the body says so."""
        return self.model_dump(include=set(OWNERSHIP), exclude_unset=True)


class _File(_Body):
    filename: Filename
    content_type: ContentType
    size_bytes: int = Field(ge=1, le=MAX_SOURCE_BYTES)
    checksums: Literal["sha256"] | None = Field(
        default=None, description="Every part is held against its SHA-256, which its address names."
    )
    sha256: Sha256 | None = Field(
        default=None,
        description="The whole file's SHA-256 (base64): it comes in a single PUT. For files of one "
        "part, up to 8 MiB.",
    )

    @property
    def way(self) -> Way:
        """How the file shall come."""
        if self.sha256 is not None:
            return Way("single", sha256=self.sha256)
        return Way(checksums=self.checksums is not None)

    @property
    def source(self) -> SourceFile:
        return SourceFile(
            filename=self.filename, content_type=self.content_type, size_bytes=self.size_bytes
        )


class NewSource(_File):
    """A file that shall take the place of a video's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"filename": "call-cut.mp4", "content_type": "video/mp4", "size_bytes": 4_194_304}
            ]
        }
    )


class NewVideo(_File, _New):
    """A file that is about to be uploaded."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Discovery call",
                    "filename": "call.mp4",
                    "content_type": "video/mp4",
                    "size_bytes": 5_242_880,
                    "links": [_EXAMPLE_LINK],
                }
            ]
        }
    )


class _Address(_Body):
    source_url: Annotated[str, StringConstraints(min_length=1, max_length=2_048)] = Field(
        description="A public https address whose server gives byte ranges."
    )


class NewSourcePull(_Address):
    """A file that is to be fetched from an address, and shall take the place of a video's."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"source_url": "https://media.example/calls/call-cut.mp4"}]}
    )


class NewPull(_Address, _New):
    """A file that is to be fetched from an address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Discovery call",
                    "source_url": "https://media.example/calls/call.mp4",
                    "links": [_EXAMPLE_LINK],
                }
            ]
        }
    )


class VideoPatch(_Body):
    """Changes; null gives the title of the file's name, no links, or content or engine `auto`.
    Another content or engine is heeded by the next run from `inspect`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Second call", "links": [_EXAMPLE_LINK]}]}
    )

    title: Title | None = None
    links: Links | None = None
    content: Content | None = None
    engine: Wish | None = None
    owner_id: MemberId | None = None
    team_id: TeamId | None = None
    retention_days: Days | None = Field(default=None, description=_KEPT + _NOW)
    source_retention_days: Days | None = Field(default=None, description=_SOURCE_KEPT + _NOW)


class PartsWanted(_Body):
    """Parts that are to be sent next."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"part_numbers": [1]}]})

    part_numbers: list[PartNumber] = Field(min_length=1, max_length=100)
    sha256: list[Sha256] | None = Field(
        default=None,
        max_length=100,
        description="The parts' SHA-256 (base64), in the order of `part_numbers`; for an upload "
        "with checksums.",
    )


class SentPartBody(_Body):
    """A part as its sender knows it: the ETag is in the reply to its PUT."""

    part_number: PartNumber
    etag: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    sha256: Sha256 | None = None


class Completion(_Body):
    """All parts of the file; none for a single PUT."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"parts": [{"part_number": 1, "etag": '"9b2cf535f27731c9"'}]}]
        }
    )

    parts: list[SentPartBody] = Field(default=[], max_length=10_000)

    @property
    def sent(self) -> list[SentPart]:
        """The parts as the use case takes them."""
        return [SentPart(each.part_number, each.etag, each.sha256) for each in self.parts]


class NewRun(BaseModel):
    """Where another run begins; what earlier runs made before that is inherited."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"from": "analyse"}]}
    )

    start: From = Field(alias="from")


class NewPlayback(_Body):
    """How long a link lives; six hours when left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_in_s": 3600}]})

    expires_in_s: int | None = Field(default=None, ge=60, le=7 * 86_400)
