"""The records of each type as bulk work changes them: what single changes of the type hold to, and
what rows say besides (`row_fields`).

    pattern                              index  requests                           units
    names of pipelines and stages        gsi1   0, or 1 Query for a lane           0.5 RRU per 4 KB
    turns that rules assign leads by     table  1 UpdateItem for each 100 leads    1 WRU
                                                of a rule, 1 more at a lane's end
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from functions.crm.assignment import Assignment
from functions.crm.bulk import BulkStore
from functions.crm.dynamodb_activities import Activities
from functions.crm.dynamodb_bulk import AskedOnce, BulkRecords
from functions.crm.dynamodb_deals import Deals, Products
from functions.crm.dynamodb_lead_sources import LeadSources
from functions.crm.dynamodb_leads import Leads
from functions.crm.dynamodb_rules import TurnBlocks, assignment_rules, scoring_rules
from functions.crm.dynamodb_staged import StagedRecords
from functions.crm.fields import Fields
from functions.crm.importables import IMPORTABLES
from functions.crm.model import Activity, Company, Contact, CrmRecord, Deal, Lead, StagedRecord
from functions.crm.pipelines import Pipeline, default_id
from functions.crm.product import Product
from functions.crm.row_fields import STAGING
from functions.crm.staged import moved
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.errors import FieldProblem, InvalidError
from functions.shared.ids import is_id
from functions.shared.table import Delete, Table
from functions.shared.writes import Write

S = TypeVar("S", bound=StagedRecord)

_REMEMBERED = 1_000  # rows whose turns are known, in case they are planned again


class BulkContacts(BulkRecords[Contact]):
    """Contacts."""


class BulkCompanies(BulkRecords[Company]):
    """Companies."""


class BulkProducts(BulkRecords[Product], Products):
    """Products."""


class BulkActivities(BulkRecords[Activity], Activities):
    """Activities; a row may say that a task is done."""

    def new(self, fields: Fields, record_id: str) -> Activity:
        record = super().new(fields, record_id)
        status = getattr(fields, "status", None)
        # done or not, it is one act
        return record if status is None else _as(record, record.in_state(status))

    def edited(self, old: Activity, patch: Fields) -> Activity:
        kind = getattr(patch, "type", None)
        if kind not in (None, old.type):
            raise _refused("/type", "fixed", f"It is a {old.type}, and stays one.")
        new = super().edited(old, patch)
        status = getattr(patch, "status", None)
        if status is None:
            return new
        done = new.in_state(status)
        return _next(old, done) if done is not new else new


class BulkStaged(BulkRecords[S], StagedRecords[S]):
    """Records in the stages of pipelines, which rows may know by their names."""

    _by_name: Mapping[str, tuple[str, str]] | None = None

    def new(self, fields: Fields, record_id: str) -> S:
        pipeline, stage = getattr(fields, "pipeline_id", None), getattr(fields, "stage", None)
        if pipeline is None and stage is None:
            return super().new(fields, record_id)
        known = self._called(pipeline, None)
        update = {"pipeline_id": known.id, "stage": stage and _key(known, stage)}
        return super().new(fields.model_copy(update=update), record_id)

    def edited(self, old: S, patch: Fields) -> S:
        new = super().edited(old, patch)
        told = {
            name: value
            for name in STAGING
            if name in patch.model_fields_set and (value := getattr(patch, name)) is not None
        }
        if not told:
            return new
        pipeline = self._called(told.get("pipeline_id"), old)
        here = pipeline.id == old.pipeline_id
        key = _key(pipeline, told["stage"]) if "stage" in told else old.stage if here else None
        stage = (pipeline.stage(key) if here and key == old.stage else None) or pipeline.entered(
            key
        )
        entered = moved(
            new, pipeline, stage, by=self._caller.actor, source=self._source,
            loss_reason=told.get("loss_reason"),
        )  # fmt: skip
        return new if entered is new else self._defined(_next(old, entered), old)

    def _passed(self, old: S, new: S) -> Sequence[Write]:
        if new.stage_entered_at >= old.stage_entered_at:
            return super()._passed(old, new)
        # A move is taken back: the stay before it goes on as if it had not ended.
        sort = f"{new.stage_entered_at}#{old.version - 1:09}"
        return [Delete({"pk": self._table.key("VISITS", old.id), "sk": sort})]

    def _called(self, name: str | None, old: S | None) -> Pipeline:
        """Return the pipeline that a row names, or its record's, or the workspace's first."""
        if name is None:
            first = default_id(self._table.workspace, self._kind.RECORD_TYPE)
            return self._pipeline(old.pipeline_id if old else first, None)
        if is_id(name, Pipeline.PREFIX):
            return self._pipeline(name, None)
        known = self._names()
        if name.casefold() not in known:
            said = f"The pipelines are: {', '.join(each for each, _ in known.values())}."
            raise _refused("/pipeline_id", "unknown_pipeline", said)
        return self._pipeline(known[name.casefold()][1], None)

    def _names(self) -> Mapping[str, tuple[str, str]]:
        """Return the pipelines' names and ids, as they were when a row named the first."""
        if self._by_name is None:
            self._by_name = {
                each.name.casefold(): (each.name, each.id)
                for each in self._pipelines.all()
                if each.record_type == self._kind.RECORD_TYPE and each.archived_at is None
            }
        return self._by_name


class BulkDeals(BulkStaged[Deal], Deals):
    """Deals."""


class BulkLeads(BulkStaged[Lead], Leads):
    """Leads: scored, and assigned where a row names no owner. Of a row that is planned again the
    turn is the one that was taken for it."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._made: dict[str, Assignment | None] = {}

    def new(self, fields: Fields, record_id: str) -> Lead:
        record = super().new(fields, record_id)
        if "owner_id" in fields.model_fields_set:
            return record
        if record_id not in self._made:
            assigner = self._assigner()
            self._made[record_id] = None if assigner is None else assigner.choose(record.facts)
            if len(self._made) > _REMEMBERED:
                del self._made[next(iter(self._made))]
        made = self._made[record_id]
        return record if made is None else self._given(record, made)

    def edited(self, old: Lead, patch: Fields) -> Lead:
        new = super().edited(old, patch)
        if new is not old and old.converted_at is not None:
            raise _refused("", "lead_converted", "The lead has been converted.")
        return new

    def restored(self, old: Lead, was: Mapping[str, Any]) -> Lead:
        new = super().restored(old, was)
        return new if self._scoring is None else new.scored(self._scoring())


def opened(
    table: Table,
    record_type: str,
    caller: Caller,
    *,
    people: Door,
    staff: Door,
    dry: bool = False,
    declaring: bool = False,
) -> tuple[BulkStore, TurnBlocks]:
    """Return the records of a type, and the turns that its rules take. `people` and `staff` are as
    `dynamodb_leads` says. `declaring`: sources that nobody has declared are. `dry`: rules take no
    turns, and no source is declared."""
    turns = TurnBlocks(table)
    asked = AskedOnce(people)
    store: Any
    match record_type:
        case "deal":
            store = BulkDeals(table, caller, people=asked)
        case "activity":
            store = BulkActivities(table, caller, people=asked)
        case "product":
            store = BulkProducts(table, caller)
        case "lead":
            store = BulkLeads(
                table, caller, people=asked, staff=AskedOnce(staff), turns=turns,
                scoring=scoring_rules(table, caller).kept,
                assigning=None if dry else assignment_rules(table, caller).kept,
                declare=_declaring(table, caller, dry=dry) if declaring else None,
            )  # fmt: skip
        case "company":
            store = BulkCompanies(table, Company, caller, unique=["domain"], people=asked)
        case _:
            store = BulkContacts(table, Contact, caller, unique=["email"], people=asked)
    return store, turns


def _declaring(table: Table, caller: Caller, *, dry: bool) -> Callable[[str], None]:
    return (lambda _key: None) if dry else LeadSources(table, caller).declare


class Lookups:
    """The ids of records of any type by a value that occurs once, as one caller sees them."""

    def __init__(self, table: Table, caller: Caller) -> None:
        self._table = table
        self._caller = caller

    def ids(self, record_type: str, by: str, values: Sequence[str]) -> dict[str, str]:
        """Return ids by values (2 requests for each 100)."""
        what = IMPORTABLES[record_type]
        records: BulkRecords[CrmRecord] = BulkRecords(
            self._table, what.kind, self._caller, unique=what.unique
        )
        found = records.by_value(by, values)
        return {value: record.id for value, record in found.items()}


def _as(record: Activity, done: Activity) -> Activity:
    """Return a new record as it is after an act, at its first version."""
    return done.model_copy(update={"version": record.version, "updated_at": record.updated_at})


def _next(old: Any, new: Any) -> Any:
    """Return the record after several changes as one."""
    return new.model_copy(update={"version": old.version + 1})


def _key(pipeline: Pipeline, text: str) -> str:
    """Return the key of a stage that is called so; raises InvalidError."""
    if pipeline.stage(text) is not None:
        return text
    for each in pipeline.active:
        if each.name.casefold() == text.casefold():
            return each.key
    known = ", ".join(each.name for each in pipeline.active)
    raise _refused("/stage", "unknown_stage", f"The pipeline's stages are: {known}.")


def _refused(pointer: str, code: str, sentence: str) -> InvalidError:
    fault = FieldProblem(pointer, code, sentence)
    return InvalidError("The row does not fit; see `errors`.", code=code, errors=[fault])


__all__ = ["Lookups", "opened"]
