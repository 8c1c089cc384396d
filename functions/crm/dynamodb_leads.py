"""Leads in DynamoDB: scored in each of their writes, assigned in their first.

pattern                  index  requests                              units (1 KB items)
create                   table  1 TransactWriteItems                  as StagedRecords
  ... where rules assign table  + 1 invoke of identity/check          + 1 WRU
                                (+ 1 UpdateItem where several are
                                there)
change, move             table  1 GetItem + 1 TransactWriteItems      as StagedRecords
assign                   table  2 GetItem + 1 TransactWriteItems      as change, and as above
                                + 1 invoke (+ 1 UpdateItem)

Of the rules each knows what `dynamodb_rules` says: as a rule at no cost.
"""

from collections.abc import Callable, Sequence
from typing import Any

from functions.crm.assignment import Assigner, Assignment, Turns, nobody
from functions.crm.dynamodb_definitions import definitions_of, offered_sources
from functions.crm.dynamodb_pipelines import Pipelines
from functions.crm.dynamodb_rules import TurnCounts, assignment_rules, scoring_rules
from functions.crm.dynamodb_staged import StagedRecords
from functions.crm.lead_rules import AssignmentRule, ScoringRule
from functions.crm.model import Lead
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.errors import ConflictError, FieldProblem, InvalidError, ReelateError
from functions.shared.table import ConditionFailedError, Item, Table
from functions.shared.writes import Also, nothing_else


class Leads(StagedRecords[Lead]):
    """The workspace's leads. `people` is asked to whom a caller may give one, `staff` (as the
    system) who of those whom a rule names is there. Without `scoring` rules scores stay as they
    are, without `assigning` ones no rule is asked. A source that nobody has declared is refused,
    unless there is something to `declare` it."""

    def __init__(
        self,
        table: Table,
        caller: Caller,
        *,
        scoring: Callable[[], Sequence[ScoringRule]] | None,
        assigning: Callable[[], Sequence[AssignmentRule]] | None = None,
        people: Door | None = None,
        staff: Door | None = None,
        turns: Turns | None = None,
        source: str | None = None,
        declare: Callable[[str], None] | None = None,
    ) -> None:
        pipelines = Pipelines(table, caller)
        super().__init__(table, Lead, caller, pipelines, people=people, source=source)
        self._scoring = scoring
        self._assigning = assigning
        self._staff = staff
        self._turns = turns or TurnCounts(table)
        self._declare = declare

    def create(
        self, record: Lead, *, also: Also[Lead] = nothing_else, assign: bool = False
    ) -> Lead:
        """As `StagedRecords.create`; `assign`: it becomes whose the rules say, and its maker's
        where none takes it. A turn that was taken for a lead that is refused is given back."""
        assigner = self._assigner() if assign else None
        if assigner is None:
            return super().create(record, also=also)
        record = self._defined(record, None)
        made = assigner.choose(record.facts)
        if made is None:
            return super().create(record, also=also)
        try:
            return super().create(self._given(record, made), also=also)
        except (ReelateError, ConditionFailedError):
            assigner.withdraw(made)
            raise

    def change(
        self,
        record_id: str,
        edit: Callable[[Lead], Lead],
        *,
        event: str = "updated",
        if_match: str | None = None,
        also: Also[Lead] = nothing_else,
    ) -> Lead:
        """As `StagedRecords.change`; raises ConflictError for a lead that has been converted,
        which only its un-conversion and the system (but no automation) change."""

        def edited(old: Lead) -> Lead:
            new = edit(old)
            if (
                new is not old
                and old.converted_at is not None
                and event != "unconverted"
                and (self._caller.kind != "system" or self._caller.cause is not None)
            ):
                raise ConflictError(
                    "The lead has been converted; change what it became.", code="lead_converted"
                )
            return new

        return super().change(record_id, edited, event=event, if_match=if_match, also=also)

    def assign(
        self, record_id: str, *, if_match: str | None = None, also: Also[Lead] = nothing_else
    ) -> Lead:
        """Ask the rules whose a lead is and give it to them. Raises as `change` does, and
        ConflictError when no rule takes it."""
        facts = self.get(record_id, consistent=True).facts
        assigner = self._assigner()
        if assigner is None or (made := assigner.choose(facts)) is None:
            raise nobody()
        try:
            return self.change(
                record_id,
                lambda old: old.given(**made.fields),
                event="assigned",
                if_match=if_match,
                also=also,
            )
        except (ReelateError, ConditionFailedError):
            assigner.withdraw(made)
            raise

    def would_be(self, new: Lead, old: Lead, others: Sequence[Lead] = ()) -> Lead:
        """As `CrmRecords.would_be`; whom a merge gives it to, no rule said, and the source that
        one of the leads has it may keep, declared or not."""
        if (new.owner_id, new.team_id) != (old.owner_id, old.team_id):
            new = new.model_copy(update={"assigned_by": None})
        if new.source in [each.source for each in others]:
            old = old.model_copy(update={"source": new.source})
        return super().would_be(new, old, others)

    def _revived(self, old: Lead) -> Lead:
        """As `StagedRecords._revived`; what rules say of it may have changed meanwhile."""
        new = super()._revived(old)
        if self._scoring is None or new.converted_at is not None:
            return new
        return new.scored(self._scoring())

    def _given(self, new: Lead, made: Assignment) -> Lead:
        """Return a new lead as a rule assigns it; raises InvalidError when the caller may not make
        such a lead at all."""
        super()._check_ownership(new, None)  # what the caller named is held to the caller
        return new.model_copy(update=made.fields)

    def _assigner(self) -> Assigner | None:
        rules = self._assigning and self._assigning()
        if not rules:
            return None
        if self._staff is None:
            raise RuntimeError("a lead is assigned where nobody can say who is there")
        return Assigner(rules, self._staff, self._turns)

    def _defined(self, new: Lead, old: Lead | None) -> Lead:
        kept = super()._defined(new, old)
        if kept.source is not None and (old is None or kept.source != old.source):
            self._check_source(kept.source)
        if self._scoring is None or kept is old or kept.converted_at is not None:
            return kept
        return kept.scored(self._scoring())

    def _check_source(self, key: str) -> None:
        good, known = offered_sources(self._table, key)
        if good:
            return
        if self._declare is not None and key not in definitions_of(self._table).sources:
            self._declare(key)
            return
        fault = FieldProblem("/source", "unknown_source", f"It is one of: {', '.join(known)}.")
        raise InvalidError(
            "The lead names a source that is not declared, or archived; see `/v1/lead-sources`.",
            code="unknown_source",
            errors=[fault],
        )

    def _check_ownership(self, new: Lead, old: Lead | None) -> None:
        # to whom a rule gives it was the administrator's to decide, not the caller's
        if new.assigned_by is None or (old is not None and old.assigned_by == new.assigned_by):
            super()._check_ownership(new, old)

    def _stamps(self, old: Lead, new: Lead, event: str) -> list[dict[str, Any]]:
        stamps = super()._stamps(old, new, event)
        known = {each["type"] for each in stamps}
        happened = {
            event: event in ("converted", "unconverted"),
            "assigned": (old.owner_id, old.team_id) != (new.owner_id, new.team_id),
            "scored": old.score != new.score,
        }
        more = [each for each, so in happened.items() if so and f"lead.{each}" not in known]
        return [*stamps, *(self._stamp(each) for each in more)]

    def _item(self, record: Lead, events: list[dict[str, Any]]) -> Item:
        born = record.version == 1 and record.assigned_by is not None
        return super()._item(record, [*events, self._stamp("assigned")] if born else events)


def leads(
    table: Table,
    caller: Caller,
    people: Door | None = None,
    staff: Door | None = None,
    *,
    source: str | None = None,
) -> Leads:
    """Return the workspace's leads, under its rules."""
    return Leads(
        table,
        caller,
        scoring=scoring_rules(table, caller).kept,
        assigning=assignment_rules(table, caller).kept,
        people=people,
        staff=staff,
        source=source,
    )


def moving(table: Table, caller: Caller, *, source: str | None = None) -> Leads:
    """Return the workspace's leads for whoever changes nothing that rules read: an owner, a stage.
    It needs no engine for conditions (layers/logic)."""
    return Leads(table, caller, scoring=None, source=source)
