"""Moving records through the stages of pipelines: what a move asks for, what it leaves behind."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from functions.crm.model import Deal, LastMove, Lead, StagedRecord
from functions.crm.pipelines import Pipeline, RecordType, Stage
from functions.crm.ranks import newest
from functions.shared.clock import iso, now
from functions.shared.errors import FieldProblem, InvalidError

S = TypeVar("S", bound=StagedRecord)

STAGED: Mapping[RecordType, type[StagedRecord]] = {"deal": Deal, "lead": Lead}


@dataclass(frozen=True, slots=True)
class Move:
    """Where a record is to go. Both None of `after` and `before`: on top of the column."""

    stage: str
    pipeline_id: str | None = None
    after: str | None = None
    before: str | None = None
    loss_reason: str | None = None

    @property
    def anchor(self) -> str | None:
        return self.after or self.before


class Visit(BaseModel):
    """A record's stay in a stage, from its entry to its leaving (None: it is there)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    object: str = "stage_visit"
    pipeline_id: str
    stage: str
    entered_at: str
    left_at: str | None = None
    duration_ms: int  # until it left; until now when it is there
    entered_by: Mapping[str, str]
    source: str
    loss_reason: str | None = None


def placed(record: S, pipeline: Pipeline, *, source: str = "api") -> S:
    """Return a new record in the stage that it names, or in its pipeline's first, on top of the
    column. Raises InvalidError when it may not enter it."""
    stage = pipeline.entered(record.stage or None)
    _check_reason(record.loss_reason, stage)
    _check(record, pipeline, stage)
    return record.model_copy(
        update={
            "stage": stage.key,
            "status": stage.kind,
            "stage_probability": stage.probability,
            "rank": newest(milliseconds(record.created_at)),
            "stage_entered_at": record.created_at,
            "stage_entered_by": record.created_by,
            "stage_source": source,
            "closed_at": None if stage.kind == "open" else record.created_at,
        }
    )


def moved(
    record: S,
    pipeline: Pipeline,
    stage: Stage,
    *,
    by: Mapping[str, str],
    source: str = "api",
    rank: str | None = None,
    loss_reason: str | None = None,
    checked: bool = True,
) -> S:
    """Return a record in another stage, on top of its column unless a rank says where; the very
    same record when it is there already and stays where it lies.

    Raises InvalidError when the stage asks for fields that are not set (not `checked`: nobody
    asked the record, as when its stage is archived).
    """
    here = (record.pipeline_id, record.stage) == (pipeline.id, stage.key)
    _check_reason(loss_reason, stage)
    reason = None if stage.kind != "lost" else loss_reason or record.loss_reason
    if here:
        changes = {"rank": rank or record.rank, "loss_reason": reason}
        same = all(getattr(record, name) == value for name, value in changes.items())
        return record if same else record.changed(**changes)
    moment = now()
    candidate = record.changed(
        pipeline_id=pipeline.id,
        stage=stage.key,
        status=stage.kind,
        stage_probability=stage.probability,
        rank=rank or newest(int(moment.timestamp() * 1000)),
        stage_entered_at=iso(moment),
        stage_entered_by=by,
        stage_source=source,
        last_move=LastMove(
            from_pipeline_id=record.pipeline_id,
            from_stage=record.stage,
            time_in_stage_ms=since(record.stage_entered_at, moment),
        ),
        closed_at=None if stage.kind == "open" else _closed_at(record, stage, moment),
        loss_reason=reason,
    )
    if checked:
        _check(candidate, pipeline, stage)
    return candidate


def visit(record: StagedRecord, left_at: str | None = None) -> Visit:
    """Return a record's stay in the stage that it is in, or was in until `left_at`."""
    end = now() if left_at is None else datetime.fromisoformat(left_at)
    return Visit(
        pipeline_id=record.pipeline_id,
        stage=record.stage,
        entered_at=record.stage_entered_at,
        left_at=left_at,
        duration_ms=since(record.stage_entered_at, end),
        entered_by=record.stage_entered_by,
        source=record.stage_source,
        loss_reason=record.loss_reason,
    )


def since(begin: str, end: datetime) -> int:
    """Return the milliseconds from one moment to another, never less than none."""
    return max(0, int(end.timestamp() * 1000) - milliseconds(begin))


def milliseconds(moment: str) -> int:
    """Return a moment as Unix milliseconds."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def custom_requirements(pipeline: Pipeline) -> set[str]:
    """Return the names of the custom fields that stages require."""
    named = {name for stage in pipeline.active for name in stage.required_fields}
    return {name for name in named if name.startswith("custom.")}


def unknown_requirements(
    pipeline: Pipeline, custom: Collection[str] = (), old: Pipeline | None = None
) -> list[FieldProblem]:
    """Return a fault for each field that a stage requires and that its records do not have;
    `custom` are the names of their custom fields. What the `old` pipeline required already may
    stay, though the field is gone."""
    kind = STAGED.get(pipeline.record_type)
    known = set(kind.FIELDS.model_fields) - {"custom"} if kind else set()
    known |= {f"custom.{name}" for name in custom}
    known |= custom_requirements(old) if old else set()
    return [
        FieldProblem(
            f"/stages/{position}/required_fields/{number}",
            "unknown_field",
            f"A {pipeline.record_type} has no field '{name}'.",
        )
        for position, stage in enumerate(pipeline.active)
        for number, name in enumerate(stage.required_fields)
        if name not in known
    ]


def _check_reason(reason: str | None, stage: Stage) -> None:
    if reason is not None and stage.kind != "lost":
        fault = FieldProblem("/loss_reason", "not_lost", "Only what is lost has such a reason.")
        raise _refused([fault], "not_lost")


def _check(record: StagedRecord, pipeline: Pipeline, stage: Stage) -> None:
    missing = [
        FieldProblem(
            "/" + name.replace(".", "/", 1),
            "missing_required_field",
            f"The stage '{stage.name}' requires this field.",
        )
        for name in stage.required_fields
        if not _has(record, name)
    ]
    if stage.kind == "lost" and pipeline.loss_reason_required and record.loss_reason is None:
        missing.append(
            FieldProblem("/loss_reason", "missing_required_field", "Say why it was lost.")
        )
    if missing:
        raise _refused(missing, "missing_required_field")


def _has(record: StagedRecord, name: str) -> bool:
    head, _, own = name.partition(".")
    value: Any = getattr(record, head, None)
    if own:
        value = value.get(own) if isinstance(value, Mapping) else None
    return value is not None and value not in ("", [], ())


def _closed_at(record: StagedRecord, stage: Stage, moment: datetime) -> str:
    # from one won stage to another it has been won since the first
    return record.closed_at if record.closed_at and record.status == stage.kind else iso(moment)


def _refused(faults: Sequence[FieldProblem], code: str) -> InvalidError:
    return InvalidError(
        "The record cannot enter the stage; see `errors`.", code=code, errors=faults
    )
