"""Automations on trial, on the CRM's table: acts are played, and their transactions kept back.

pattern            index  requests                                    units (1 KB items)
try an automation  table  2 GetItem (it, the record)                  0.5 RRU + 1 RRU
  ... an action    table  as `dynamodb_acting`, without its           as there
                          transaction, and without a turn
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from functions.crm.automation import Automation
from functions.crm.automation_runs import facts_for
from functions.crm.automation_trials import Forecast, Trial, changes, emitted
from functions.crm.conditions import holds, read_by
from functions.crm.dynamodb_acting import Acting, last_activity
from functions.crm.dynamodb_together import rehearsed
from functions.crm.dynamodb_views import viewed
from functions.crm.model import KINDS
from functions.shared.caller import Caller
from functions.shared.check import Door
from functions.shared.clock import now
from functions.shared.errors import ReelateError
from functions.shared.table import Table
from functions.shared.writes import Also, nothing_else

_TASK = ("subject", "body", "due_at", "links", "owner_id", "team_id")


class Trials:
    """Tries automations on the records that a caller sees, as the system would run them."""

    def __init__(self, table: Table, caller: Caller, people: Callable[[Caller], Door]) -> None:
        self._table = table
        self._caller = caller
        self._people = people

    def run(self, automation: Automation, record_id: str, *, also: Also[Trial]) -> Trial:
        """Return what an automation would do on an event of a record now, and write nothing but
        what `also` asks for (the reply to an Idempotency-Key). Raises NotFoundError for a record
        that the caller does not see, or of another type, and UnavailableError."""
        trial = self._trial(automation, record_id)
        if kept := list(also(trial)):
            self._table.transact(kept)
        return trial

    def _trial(self, automation: Automation, record_id: str) -> Trial:
        kind = automation.record_type
        record = viewed(self._table, self._caller, kind).get(record_id, consistent=True)
        item = record.model_dump(mode="json", exclude_none=True)
        facts: dict[str, Any] = {}
        so = True
        if automation.condition is not None:
            known = facts_for(
                automation.condition, item, now(), lambda about: last_activity(self._table, about)
            )
            facts = {name: known.get(name) for name in sorted(read_by(automation.condition))}
            so = holds(automation.condition, known)
        return Trial(
            automation_id=automation.id,
            record={"type": KINDS[kind].OBJECT, "id": record.id},
            enabled=automation.enabled,
            holds=so,
            facts=facts,
            actions=[
                self._forecast(automation, position, record)
                for position in range(len(automation.actions))
            ],
        )

    def _forecast(self, automation: Automation, position: int, record: Any) -> Forecast:
        action = automation.actions[position]
        acting_as = replace(
            Caller.pipeline(self._table.workspace, self._caller.request_id),
            principal=automation.id,
            source="automation",
            cause={"event": "trial", "chain": [automation.id]},
        )
        candidates: list[str] = []

        def act(table: Table) -> Any:
            acting = Acting(table, acting_as, self._people)
            if action.type == "create_task":
                return acting.make_task(action, record, nothing_else)
            if action.target is not None:
                candidates.extend(acting.assigner(automation, position).candidates())
                return record
            return acting.change(automation, position, record.id, nothing_else)

        if action.type == "emit_event":
            return Forecast(type=action.type, outcome="would_act", changes=emitted(action))
        try:
            (done,) = rehearsed(self._table, [act])
        except ReelateError as error:
            if error.status >= 500:
                raise
            return Forecast(type=action.type, outcome="would_fail", reason=error.code)
        if action.target is not None:
            missing = not candidates
            return Forecast(
                type=action.type,
                outcome="would_fail" if missing else "would_act",
                reason="no_matching_rule" if missing else None,
                candidates=candidates,
            )
        if action.type == "create_task":
            told = done.model_dump(mode="json")
            made = {name: told[name] for name in _TASK if told[name] not in (None, [])}
            return Forecast(type=action.type, outcome="would_act", changes=made)
        differs = changes(record, done)
        outcome = "would_act" if differs else "would_change_nothing"
        return Forecast(type=action.type, outcome=outcome, changes=differs)
