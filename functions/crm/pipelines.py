"""Pipelines: ordered stages that deals or leads move through, and what may become of a stage.

A workspace has one pipeline of each record type from the start. Its id follows from the
workspace's, so nothing need be written for it, and what it holds is written here until somebody
changes it.

A stage is known by its `key`, which never changes and is never used again; everything that names
a stage names the key. Its `kind` is fixed too: what is in a won stage is won.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions.shared.caller import Caller
from functions.shared.clock import iso, now
from functions.shared.errors import ConflictError, FieldProblem, InvalidError
from functions.shared.ids import derived_id
from functions.shared.record import Record

RecordType = Literal["deal", "lead"]
StageKind = Literal["open", "won", "lost"]
StageState = Literal["active", "archiving", "archived"]

StageKey = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"),
    Field(description="A stage's key.", examples=["proposal"]),
]
PipelineId = Annotated[
    str,
    StringConstraints(pattern=r"^pip_[0-9a-hjkmnp-tv-z]{26}$"),
    Field(description="A pipeline; left out: the one that the workspace began with."),
]
LossReason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S"),
    Field(description="Why it was lost; of what is in a stage of kind `lost` alone."),
]

RECORD_TYPES: tuple[RecordType, ...] = ("deal", "lead")
# Of one workspace, besides the two it is born with; of one pipeline, and with archived stages.
MAX_PIPELINES, MAX_STAGES, MAX_STAGES_EVER, MAX_REQUIRED = 50, 30, 100, 20
# How long a pipeline may be kept in memory before a write looks at it again, and how long after a
# stage was closed a write that knew it open may still arrive: the kept copy's time, and the time
# that a function may run (30 s). A stage is emptied when that is over.
KEPT_SECONDS, DRAIN_SECONDS = 30, 75

_BORN = "2026-11-22T00:00:00.000Z"  # of what nobody made
_KEY = re.compile(r"[^a-z0-9]+")


class Stage(BaseModel):
    """A step of a pipeline; `probability` is that of winning, in percent."""

    model_config = ConfigDict(frozen=True)

    key: str
    name: str
    kind: StageKind
    probability: int
    required_fields: Sequence[str] = ()  # names of own fields, or custom.<name>
    position: int = 0  # among the active ones
    state: StageState = "active"
    moves_to: str | None = None  # the stage that an archived one's records went to
    archived_at: str | None = None


class Pipeline(Record):
    """An ordered list of stages."""

    PREFIX: ClassVar[str] = "pip"
    OBJECT: ClassVar[str] = "pipeline"

    name: str
    record_type: RecordType
    is_default: bool = False  # where records go that name none
    stages: Sequence[Stage]
    loss_reason_required: bool = False
    archived_at: str | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any], caller: Caller) -> Self:
        """Return a new pipeline of what a caller sent; raises InvalidError."""
        stages = checked_stages([Stage(**each) for each in fields["stages"]])
        return cls.born(caller, **{**fields, "stages": stages})

    @property
    def active(self) -> list[Stage]:
        """The stages that records may enter, in order."""
        return [each for each in self.stages if each.state == "active"]

    def stage(self, key: str) -> Stage | None:
        """Return a stage, active or not; None when there never was one."""
        return next((each for each in self.stages if each.key == key), None)

    def first(self, kind: StageKind = "open") -> Stage:
        """Return the first active stage of a kind: a pipeline always has one of each."""
        return next(each for each in self.active if each.kind == kind)

    def takes(self, key: str | None) -> bool:
        """Say whether a record may enter the stage (None: the first)."""
        if self.archived_at is not None:
            return False
        return key is None or any(each.key == key for each in self.active)

    def entered(self, key: str | None, pointer: str = "/stage") -> Stage:
        """Return the stage that a record enters; raises InvalidError when it may not."""
        if self.archived_at is not None:
            raise _refused("/pipeline_id", "pipeline_archived", "The pipeline is archived.")
        if key is None:
            return self.first()
        stage = self.stage(key)
        if stage is None:
            known = ", ".join(each.key for each in self.active)
            raise _refused(pointer, "unknown_stage", f"The pipeline's stages are: {known}.")
        if stage.state != "active":
            raise _refused(
                pointer, "stage_archived", f"The stage is archived; it is now '{stage.moves_to}'."
            )
        return stage

    def edited(self, wanted: Mapping[str, Any]) -> Self:
        """Return the next version under a caller's changes, or this very one when there are none.
        Raises InvalidError."""
        changes = dict(wanted)
        if "stages" in changes:
            changes["stages"] = self.restaged(changes["stages"])
        same = all(getattr(self, name) == value for name, value in changes.items())
        return self if same else self.changed(**changes)

    def closed(self, *, archived: bool) -> Self:
        """Return the pipeline as one that takes no more records, or takes them again. Raises
        ConflictError for the one that records go to by default."""
        if self.is_default:
            raise ConflictError(
                "Records that name no pipeline go to this one; it cannot be archived.",
                code="default_pipeline",
            )
        if (self.archived_at is not None) == archived:
            return self
        return self.changed(archived_at=iso(now()) if archived else None)

    def archiving(self, key: str, moves_to: str) -> Self:
        """Return the pipeline with a stage that takes no more records; those in it will go to
        another. The same pipeline when that is so already. Raises InvalidError, ConflictError."""
        stage, heir = self.stage(key), self.stage(moves_to)
        if stage is None:
            raise _refused("/stage", "unknown_stage", "The pipeline has no such stage.")
        if stage.state != "active" and stage.moves_to == moves_to:
            return self
        if stage.state != "active":
            raise ConflictError(
                f"The stage is archived already, in favour of '{stage.moves_to}'.",
                code="stage_archived",
            )
        if heir is None or heir.state != "active" or heir.key == key:
            raise _refused("/moves_to", "unknown_stage", "Name another active stage.")
        if heir.kind != stage.kind:
            raise _refused(
                "/moves_to", "other_kind", f"Name a stage of the same kind, '{stage.kind}'."
            )
        if any(each.state == "archiving" and each.moves_to == key for each in self.stages):
            raise ConflictError(
                "Another stage's records are still on their way here.", code="stage_in_use"
            )
        closed = stage.model_copy(
            update={"state": "archiving", "moves_to": moves_to, "archived_at": iso(now())}
        )
        return self.changed(stages=_placed(closed if e.key == key else e for e in self.stages))

    def emptied(self, key: str) -> Self:
        """Return the pipeline after the last record has left an archived stage."""
        closed = [
            each.model_copy(update={"state": "archived"}) if each.key == key else each
            for each in self.stages
        ]
        return self.changed(stages=closed)

    def restaged(self, wanted: Sequence[Mapping[str, Any]]) -> Sequence[Stage]:
        """Return the stages that a caller wants, in that order: known keys changed, new ones
        added. Raises InvalidError when one is left out, changes its kind or was archived."""
        known = {each.key: each for each in self.active}
        keys = [each["key"] for each in wanted]
        for position, each in enumerate(wanted):
            old = self.stage(each["key"])
            where = f"/stages/{position}"
            if old is not None and old.state != "active":
                raise _refused(f"{where}/key", "stage_archived", "This key is an archived stage's.")
            if old is not None and old.kind != each["kind"]:
                raise _refused(f"{where}/kind", "fixed", f"A stage stays '{old.kind}'.")
        if gone := [key for key in known if key not in keys]:
            raise _refused(
                "/stages", "stage_missing",
                f"The stage '{gone[0]}' has been left out; archive it, so that its records move.",
            )  # fmt: skip
        past = [each for each in self.stages if each.state != "active"]
        return checked_stages([*(Stage(**each) for each in wanted), *past])


def checked_stages(stages: Sequence[Stage]) -> Sequence[Stage]:
    """Return stages with their positions; raises InvalidError when they make no pipeline."""
    active = [each for each in stages if each.state == "active"]
    for kind in ("open", "won", "lost"):
        if not any(each.kind == kind for each in active):
            raise _refused("/stages", "kind_missing", f"A pipeline has a stage of kind '{kind}'.")
    if len(active) > MAX_STAGES or len(stages) > MAX_STAGES_EVER:
        raise _refused(
            "/stages", "too_many_stages",
            f"A pipeline has at most {MAX_STAGES} stages, {MAX_STAGES_EVER} with archived ones.",
        )  # fmt: skip
    for position, each in enumerate(active):
        if any(each.key == other.key for other in active[:position]):
            raise _refused(f"/stages/{position}/key", "duplicate", "Another stage has this key.")
    return _placed(stages)


def key_of(name: str) -> str:
    """Return the key of a stage for which a caller gave none: its name in lower-case ASCII, or
    `stage` when nothing of it is."""
    key = _KEY.sub("_", name.lower()).strip("_")
    return (key if key[:1].isalpha() else f"stage_{key}".strip("_"))[:40]


def default_id(workspace: str, record_type: RecordType) -> str:
    """Return the id of the pipeline that a workspace has from the start."""
    return derived_id(Pipeline.PREFIX, f"pipeline:{record_type}:{workspace}")


def born_with(workspace: str) -> list[Pipeline]:
    """Return the pipelines that a workspace has from the start, as they are until changed."""
    return [
        Pipeline(
            id=default_id(workspace, record_type),
            object=Pipeline.OBJECT,
            created_at=_BORN,
            updated_at=_BORN,
            created_by={"type": "system", "id": "reelate"},
            version=1,
            name=name,
            record_type=record_type,
            is_default=True,
            stages=_placed(stages),
        )
        for record_type, (name, stages) in _TEMPLATES.items()
    ]


def _stages(*rows: tuple[str, str, StageKind, int]) -> list[Stage]:
    return [
        Stage(key=key, name=name, kind=kind, probability=odds) for key, name, kind, odds in rows
    ]


_TEMPLATES: Mapping[RecordType, tuple[str, Sequence[Stage]]] = {
    "deal": (
        "Sales",
        _stages(
            ("qualification", "Qualification", "open", 10),
            ("discovery", "Discovery", "open", 25),
            ("proposal", "Proposal", "open", 50),
            ("negotiation", "Negotiation", "open", 75),
            ("won", "Won", "won", 100),
            ("lost", "Lost", "lost", 0),
        ),
    ),
    "lead": (
        "Leads",
        _stages(
            ("new", "New", "open", 5),
            ("working", "Working", "open", 15),
            ("qualified", "Qualified", "open", 40),
            ("converted", "Converted", "won", 100),
            ("disqualified", "Disqualified", "lost", 0),
        ),
    ),
}


def _placed(stages: Any) -> list[Stage]:
    """Return the active stages with their positions, then the others."""
    known = list(stages)
    active = [each for each in known if each.state == "active"]
    placed = [each.model_copy(update={"position": n}) for n, each in enumerate(active)]
    return [*placed, *(each for each in known if each.state != "active")]


def _refused(pointer: str, code: str, sentence: str) -> InvalidError:
    return InvalidError(
        "The pipeline does not allow this; see `errors`.",
        code=code,
        errors=[FieldProblem(pointer, code, sentence)],
    )
